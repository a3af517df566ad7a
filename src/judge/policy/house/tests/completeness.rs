//! Every key that a policy can have has a row that says what stricter means.

use crate::policy::house::compare::all_rows;
use crate::policy::reference::policy_schema;
use serde_json::Value;

/// The paths of all keys below a schema: `*` for names, and for the tables of a list.
fn leaves(schema: &Value, path: &str, found: &mut Vec<String>) {
    let below = |name: &str| if path.is_empty() { name.to_string() } else { format!("{path}.{name}") };
    if let Some(properties) = schema["properties"].as_object().filter(|properties| !properties.is_empty()) {
        return properties.iter().for_each(|(name, value)| leaves(value, &below(name), found));
    }
    if schema["additionalProperties"].is_object() {
        return leaves(&schema["additionalProperties"], &below("*"), found);
    }
    if schema["items"]["properties"].is_object() {
        return leaves(&schema["items"], &below("*"), found);
    }
    found.push(path.to_string());
}

/// Is the key one of a row, or below it?
fn is_covered(path: &str) -> bool {
    let steps: Vec<&str> = path.split('.').collect();
    all_rows().any(|(key, _)| {
        let row: Vec<&str> = key.split('.').collect();
        row.len() <= steps.len() && row.iter().zip(&steps).all(|(row, step)| *row == "*" || row == step)
    })
}

/// Does a row name a key that there is, or one above some?
fn is_there(row: &str, paths: &[String]) -> bool {
    let row: Vec<&str> = row.split('.').collect();
    paths.iter().any(|path| {
        let steps: Vec<&str> = path.split('.').collect();
        row.len() <= steps.len()
            && row.iter().zip(&steps).all(|(row, step)| row == step || *row == "*" || *step == "*")
    })
}

#[test]
fn every_key_has_a_row() {
    let mut paths = Vec::new();
    leaves(&policy_schema(), "", &mut paths);
    assert!(paths.len() > 200, "{}", paths.len());
    let without: Vec<&String> = paths.iter().filter(|path| !is_covered(path)).collect();
    assert!(
        without.is_empty(),
        "say what stricter means: of a control in its strictness.rs, else in house/rules.rs: {without:#?}"
    );
}

/// A row above tables whose keys have rows says nothing of those; one that is the last word on its
/// key is no `Table`.
#[test]
fn tables_are_the_last_word_on_no_key() {
    use crate::control::strictness::Strictness;
    let mut paths = Vec::new();
    leaves(&policy_schema(), "", &mut paths);
    let covering = |path: &str| {
        let all = all_rows().filter(|(key, _)| {
            let (row, steps): (Vec<&str>, Vec<&str>) = (key.split('.').collect(), path.split('.').collect());
            row.len() <= steps.len() && row.iter().zip(&steps).all(|(row, step)| *row == "*" || row == step)
        });
        all.max_by_key(|(key, _)| key.split('.').count()).unwrap().1
    };
    let open: Vec<&String> = paths
        .iter()
        .filter(|path| !path.ends_with("timely-notices"))
        .filter(|path| matches!(covering(path).order, Strictness::Table | Strictness::Each(_)))
        .collect();
    assert!(open.is_empty(), "{open:#?}");
}

#[test]
fn every_row_is_of_a_key() {
    let mut paths = Vec::new();
    leaves(&policy_schema(), "", &mut paths);
    let mut keys: Vec<String> = all_rows().map(|(key, _)| key).collect();
    let unknown: Vec<&String> = keys.iter().filter(|key| !is_there(key, &paths)).collect();
    assert!(unknown.is_empty(), "{unknown:#?}");
    keys.sort_unstable();
    assert!(keys.windows(2).all(|pair| pair[0] != pair[1]), "a key has two rows");
}
