//! Policies that differ from one in a single setting. Each is read as any policy is, so that what
//! is not valid is never tried.

use portcullis_judge::control::find_kind;
use portcullis_judge::policy::house::HouseTexts;
use portcullis_judge::policy::{Policy, line_of};
use portcullis_model::inquiry::Inquiry;
use toml::{Table, Value};

/// So many are tried at most.
pub const MOST: usize = 200;

/// The table of the controls, and that of the areas.
const CONTROLS: &str = "controls";
const AREAS: &str = "data-processing";

/// A policy with one setting changed.
#[derive(Clone, Debug)]
pub struct PolicyVariant {
    /// The setting, as a path in the policy: `controls.required-reviews.approvals`.
    pub setting: String,
    /// Its line in the policy, counted from 1.
    pub line: Option<u64>,
    /// What it is, as the policy may write it.
    pub from: String,
    /// What was tried in its place; `None` where it was left out.
    pub to: Option<String>,
    /// The policy with the change.
    pub policy: Policy,
}

/// One step on the way to a setting.
#[derive(Clone, Debug)]
enum SettingStep {
    Key(String),
    Place(usize),
}

/// A change of the text.
struct SettingEdit {
    way: Vec<SettingStep>,
    /// `None`: the setting is left out.
    to: Option<Value>,
}

/// The policies with one setting changed that ask for nothing that `asked` does not hold, in the
/// order of the settings.
pub fn change_settings(policy: &Policy, asked: &Inquiry) -> Vec<PolicyVariant> {
    let Ok(table) = policy.text.parse::<Table>() else { return Vec::new() };
    let edits = list_edits(&table);
    let variants = edits.iter().filter_map(|edit| read_variant(policy, &table, edit));
    variants.filter(|variant| asks_for_no_more(&variant.policy, asked)).take(MOST).collect()
}

fn asks_for_no_more(policy: &Policy, asked: &Inquiry) -> bool {
    asked.clone().union(policy.inquiry(None)) == *asked
}

fn list_edits(table: &Table) -> Vec<SettingEdit> {
    let mut edits = Vec::new();
    if let Some(Value::Array(areas)) = table.get(AREAS) {
        let way = |place| vec![SettingStep::Key(AREAS.to_string()), SettingStep::Place(place)];
        edits.extend((0..areas.len()).map(|place| SettingEdit { way: way(place), to: None }));
        for (place, area) in areas.iter().enumerate() {
            visit(area, &way(place), &mut edits);
        }
    }
    if let Some(Value::Table(controls)) = table.get(CONTROLS) {
        for (name, settings) in controls {
            let way = vec![SettingStep::Key(CONTROLS.to_string()), SettingStep::Key(name.clone())];
            if find_kind(name).is_some_and(|kind| !kind.always_on) {
                edits.push(SettingEdit { way: way.clone(), to: None });
            }
            visit(settings, &way, &mut edits);
        }
    }
    edits
}

/// Every change of a value and of what is below it.
fn visit(value: &Value, way: &[SettingStep], edits: &mut Vec<SettingEdit>) {
    let mut add = |to| edits.push(SettingEdit { way: way.to_vec(), to });
    match value {
        Value::Boolean(is) => add(Some(Value::Boolean(!is))),
        Value::Integer(number) => {
            add(Some(Value::Integer(number - 1)));
            add(Some(Value::Integer(number + 1)));
        }
        Value::Array(list) => {
            for place in 0..list.len() {
                edits.push(SettingEdit { way: with_step(way, SettingStep::Place(place)), to: None });
            }
        }
        Value::Table(table) => {
            for (key, value) in table {
                let way = with_step(way, SettingStep::Key(key.clone()));
                if matches!(value, Value::Table(_) | Value::String(_)) {
                    edits.push(SettingEdit { way: way.clone(), to: None });
                }
                visit(value, &way, edits);
            }
        }
        Value::String(_) | Value::Float(_) | Value::Datetime(_) => {}
    }
}

fn with_step(way: &[SettingStep], step: SettingStep) -> Vec<SettingStep> {
    way.iter().cloned().chain([step]).collect()
}

fn read_variant(policy: &Policy, table: &Table, edit: &SettingEdit) -> Option<PolicyVariant> {
    let whole = Value::Table(table.clone());
    let from = find(&whole, &edit.way)?;
    let mut changed = whole.clone();
    apply(&mut changed, &edit.way, edit.to.clone())?;
    let text = toml::to_string(&changed).ok()?;
    let variant = Policy::parse_extending(&text, &policy.host, &HouseTexts::in_policy(policy)).ok()?;
    Some(PolicyVariant {
        setting: name_setting(&whole, &edit.way),
        line: line_of_setting(&policy.text, from, &edit.way),
        from: show_value(from),
        to: edit.to.as_ref().map(show_value),
        policy: variant,
    })
}

fn find<'v>(value: &'v Value, way: &[SettingStep]) -> Option<&'v Value> {
    way.iter().try_fold(value, |value, step| match step {
        SettingStep::Key(key) => value.get(key),
        SettingStep::Place(place) => value.get(*place),
    })
}

fn apply(value: &mut Value, way: &[SettingStep], to: Option<Value>) -> Option<()> {
    let (last, parents) = way.split_last()?;
    let parent = parents.iter().try_fold(value, |value, step| match step {
        SettingStep::Key(key) => value.get_mut(key),
        SettingStep::Place(place) => value.get_mut(*place),
    })?;
    match (parent, last, to) {
        (Value::Table(table), SettingStep::Key(key), Some(to)) => drop(table.insert(key.clone(), to)),
        (Value::Table(table), SettingStep::Key(key), None) => drop(table.remove(key)),
        (Value::Array(list), SettingStep::Place(place), None) if *place < list.len() => {
            drop(list.remove(*place))
        }
        (_, _, _) => return None,
    }
    Some(())
}

/// An area is named by its name, everything else by its keys.
fn name_setting(whole: &Value, way: &[SettingStep]) -> String {
    let mut names = Vec::new();
    for (depth, step) in way.iter().enumerate() {
        match step {
            SettingStep::Key(key) => names.push(key.clone()),
            SettingStep::Place(_) => {
                let here = way.get(..=depth).and_then(|way| find(whole, way));
                names.extend(here.and_then(|area| area.get("name")?.as_str().map(str::to_string)));
            }
        }
    }
    names.join(".")
}

/// The line of the key, or of the text in a list.
fn line_of_setting(text: &str, value: &Value, way: &[SettingStep]) -> Option<u64> {
    let keys: Vec<&str> = way
        .iter()
        .map_while(|step| match step {
            SettingStep::Key(key) => Some(key.as_str()),
            SettingStep::Place(_) => None,
        })
        .collect();
    let of_area = || line_of(text, &[AREAS], value.get("name")?.as_str()?);
    match (keys.len() == way.len(), value) {
        (true, _) => line_of(text, &keys, ""),
        (false, Value::String(element)) => line_of(text, &keys, element),
        (false, _) => of_area(),
    }
}

fn show_value(value: &Value) -> String {
    match value {
        Value::Table(table) => {
            let keys: Vec<&str> = table.keys().map(String::as_str).collect();
            format!("a table of {}", if keys.is_empty() { "nothing".to_string() } else { keys.join(", ") })
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: &str = "schema = 1\n[project]\nname = \"Records\"\n[branches]\ndeployment = [\"main\"]\n\
        [[data-processing]]\nname = \"load\"\npurpose = \"Loads records\"\npaths = [\"load/**\", \"db/**\"]\n\
        [controls.required-reviews]\napprovals = 2\n\
        [controls.required-checks]\nchecks = [{ name = \"build\", app = \"github-actions\" }]\n";

    fn variants() -> Vec<PolicyVariant> {
        let policy = Policy::parse(POLICY).unwrap();
        change_settings(&policy, &policy.inquiry(None))
    }

    #[test]
    fn each_variant_differs_in_one_setting_and_is_a_policy() {
        let all = variants();
        let find = |setting: &str, to: Option<&str>| {
            all.iter().find(|one| one.setting == setting && one.to.as_deref() == to)
        };
        let fewer = find("controls.required-reviews.approvals", Some("1")).unwrap();
        assert_eq!((fewer.from.as_str(), fewer.line, fewer.policy.approvals()), ("2", Some(11), 1));
        assert_eq!(find("controls.required-reviews.approvals", Some("3")).unwrap().policy.approvals(), 3);
        let without = find("controls.required-checks", None).unwrap();
        assert!(!without.policy.controls.contains_key("required-checks"));
        assert!(without.policy.controls.contains_key("required-reviews"));
        let paths: Vec<_> = all.iter().filter(|one| one.setting == "data-processing.load.paths").collect();
        assert_eq!(paths.len(), 2, "each path by itself");
        assert!(paths.iter().all(|one| one.policy.scope.inventory.areas[0].paths.len() == 1));
    }

    #[test]
    fn what_is_no_policy_is_not_tried() {
        let all = variants();
        assert!(!all.iter().any(|one| one.setting == "data-processing.load"), "the only area");
        assert!(!all.iter().any(|one| one.setting == "data-processing.load.purpose" && one.to.is_none()));
    }

    #[test]
    fn a_variant_that_would_ask_for_more_is_not_tried() {
        let policy = Policy::parse(POLICY).unwrap();
        let nothing = Inquiry::default();
        assert!(change_settings(&policy, &nothing).is_empty());
    }
}
