//! Every ready policy is a policy, and says in plain sentences what each of its lines does.

use crate::schema::Printed;
use portcullis_judge::policy::{Policy, show};
use std::path::{Path, PathBuf};

fn ready_policies() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
    let entries = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    assert!(files.len() >= 2, "there are ready policies: {files:?}");
    files
}

#[test]
fn every_ready_policy_is_read_without_a_mistake() {
    let mistakes: String = ready_policies().iter().filter_map(|file| mistakes(file)).collect();
    assert!(mistakes.is_empty(), "{mistakes}");
}

fn mistakes(file: &Path) -> Option<String> {
    let text = std::fs::read_to_string(file).unwrap();
    let problems = Policy::parse(&text).err()?;
    Some(show(&file.display().to_string(), &text, &problems))
}

#[test]
fn every_setting_of_a_ready_policy_is_explained_by_the_line_above_it() {
    for file in ready_policies() {
        let text = std::fs::read_to_string(&file).unwrap();
        let mut above = "";
        for (index, line) in text.lines().enumerate() {
            let is_setting = line.contains(" = ") && !line.starts_with('#');
            let is_sentence = above.starts_with("# ") && above.ends_with('.');
            assert!(!is_setting || is_sentence, "{}:{}: {line}", file.display(), index + 1);
            above = line;
        }
    }
}

#[test]
fn every_ready_policy_conforms_to_the_schema() {
    let schema = Printed::new("policy");
    for file in ready_policies() {
        let text = std::fs::read_to_string(&file).unwrap();
        assert_eq!(schema.objection(&toml::from_str(&text).unwrap()), None, "{}", file.display());
        // A misspelt key is a mistake for the schema as for the program.
        let misspelt: serde_json::Value = toml::from_str(&text.replace("force-push", "force-pull")).unwrap();
        assert!(schema.objection(&misspelt).is_some(), "{}", file.display());
    }
}
