//! The workflows, actions and jobs that people copy: each is read by a YAML parser, every command line of ours in one is a line that
//! the program would take, and what they use of us exists. `.ci/lint-workflows` holds them against the linters of others.

use crate::book::objection_to_line;
use serde::Deserialize as _;
use serde_yaml_ng::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files of a folder below `.github`, also of its folders, sorted.
fn files(folder: &str) -> Vec<PathBuf> {
    let mut all = Vec::new();
    let mut folders = vec![root().join(".github").join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { all.push(path) }
        }
    }
    all.sort();
    all
}

fn name(file: &Path) -> String {
    file.strip_prefix(root()).unwrap().display().to_string()
}

fn is_yaml(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "yml" || extension == "yaml")
}

/// Everything that is YAML: examples, workflows, actions, hooks.
fn yaml_files() -> Vec<PathBuf> {
    let folders = ["examples", "workflows", "actions"].into_iter().flat_map(files);
    folders.filter(|file| is_yaml(file)).chain([root().join(".pre-commit-hooks.yaml")]).collect()
}

fn documents(file: &Path) -> Vec<Value> {
    let text = fs::read_to_string(file).unwrap();
    let documents = serde_yaml_ng::Deserializer::from_str(&text);
    let read = |document| Value::deserialize(document).unwrap_or_else(|why| panic!("{}: {why}", name(file)));
    documents.map(read).collect()
}

/// Every string of a document that is no key.
fn strings<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
    match value {
        Value::String(text) => found.push(text),
        Value::Sequence(values) => values.iter().for_each(|value| strings(value, found)),
        Value::Mapping(members) => members.values().for_each(|value| strings(value, found)),
        _ => {}
    }
}

/// The steps of every job of a workflow, and of a composite action.
fn steps(document: &Value) -> Vec<&Value> {
    let jobs = document["jobs"].as_mapping().into_iter().flat_map(|jobs| jobs.values());
    let lists = jobs.map(|job| &job["steps"]).chain([&document["runs"]["steps"]]);
    lists.filter_map(Value::as_sequence).flatten().collect()
}

/// The lines of a script that call the program, with what a shell would leave out left out.
fn command_lines(text: &str) -> Vec<String> {
    let text = text.replace("\\\n", " ").replace("\"$PROGRAM\" check", "portcullis check");
    let lines = text.lines().map(str::trim).filter(|line| line.starts_with("portcullis "));
    let optional = regex::Regex::new(r"\$\{\w+:\+([^}]*)\}").unwrap();
    lines.map(|line| optional.replace_all(line, "$1").replace("\"${arguments[@]}\"", "")).collect()
}

#[test]
fn the_program_takes_every_command_line_of_an_example() {
    let mut seen = BTreeMap::new();
    let mut wrong = Vec::new();
    let scripts = files("actions").into_iter().chain(files("examples")).filter(|file| !is_yaml(file));
    let texts = scripts.map(|file| (name(&file), fs::read_to_string(&file).unwrap()));
    let of_yaml = yaml_files().into_iter().flat_map(|file| {
        let documents = documents(&file);
        let mut found = Vec::new();
        documents.iter().for_each(|document| strings(document, &mut found));
        found.into_iter().map(|text| (name(&file), text.to_string())).collect::<Vec<_>>()
    });
    for (file, text) in of_yaml.chain(texts) {
        for line in command_lines(&text) {
            *seen.entry(file.clone()).or_insert(0) += 1;
            wrong.extend(objection_to_line(&line).map(|why| format!("{file}: {line}: {why}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for file in [
        ".github/actions/gate/judge",
        ".github/examples/Jenkinsfile",
        ".github/examples/azure-pipelines.yml",
        ".github/examples/bitbucket-pipelines.yml",
        ".github/examples/forgejo-gate.yml",
        ".github/examples/github-tests.yml",
        ".github/examples/gitlab-ci.yml",
        ".github/examples/gitlab-component.yml",
        ".pre-commit-hooks.yaml",
    ] {
        assert!(seen.contains_key(file), "{file} calls nothing of ours: {seen:?}");
    }
}

/// In what place of a line a colon makes a mapping of a command is easily overlooked: scripts are lists of text.
#[test]
fn every_line_of_a_script_is_text() {
    for file in yaml_files() {
        for document in documents(&file) {
            let jobs = document.as_mapping().into_iter().flat_map(|members| members.values());
            for script in jobs.flat_map(|job| ["script", "before_script"].map(|name| job.get(name))).flatten()
            {
                let lines = script.as_sequence().unwrap();
                assert!(lines.iter().all(Value::is_string), "{}: {lines:?}", name(&file));
            }
        }
    }
}

#[test]
fn what_examples_use_of_us_is_there_and_gets_its_inputs() {
    let mut used = BTreeSet::new();
    for file in files("examples").into_iter().filter(|file| is_yaml(file)) {
        for document in documents(&file) {
            for step in steps(&document) {
                let Some(action) =
                    step["uses"].as_str().and_then(|uses| uses.strip_prefix("OWNER/portcullis/"))
                else {
                    continue;
                };
                let (place, commit) = action.split_once('@').unwrap();
                assert_eq!(commit, "0".repeat(40), "{}: a placeholder that cannot be a commit", name(&file));
                let definition = documents(&root().join(place).join("action.yml")).remove(0);
                let inputs = definition["inputs"].as_mapping().unwrap();
                let given = step["with"].as_mapping().unwrap();
                for key in given.keys() {
                    assert!(inputs.contains_key(key), "{}: {place} has no input {key:?}", name(&file));
                }
                for (key, input) in inputs.iter().filter(|(_, input)| input["required"] == Value::Bool(true))
                {
                    assert!(given.contains_key(key), "{}: {place} needs {key:?}: {input:?}", name(&file));
                }
                used.insert(place.to_string());
            }
        }
    }
    assert_eq!(used, BTreeSet::from([".github/actions/gate", ".github/actions/install"].map(String::from)));
}

#[test]
fn actions_of_others_are_pinned_and_no_checkout_keeps_credentials() {
    let pinned = regex::Regex::new(r"^[^@]+@[0-9a-f]{40}$").unwrap();
    for file in yaml_files() {
        let text = fs::read_to_string(&file).unwrap();
        for line in
            text.lines().filter(|line| line.trim_start().trim_start_matches("- ").starts_with("uses:"))
        {
            let (used, version) =
                line.split_once(" # v").unwrap_or_else(|| panic!("{}: {line}", name(&file)));
            let used = used.split_once("uses:").unwrap().1.trim();
            assert!(
                pinned.is_match(used) && version.starts_with(|c: char| c.is_ascii_digit()),
                "{}: {line}",
                name(&file)
            );
        }
        for document in documents(&file) {
            let is_checkout = |step: &&&Value| {
                step["uses"].as_str().is_some_and(|uses| uses.starts_with("actions/checkout@"))
            };
            for step in steps(&document).iter().filter(is_checkout) {
                assert_eq!(step["with"]["persist-credentials"], Value::Bool(false), "{}", name(&file));
            }
        }
    }
}

/// Rights are given job by job; what a workflow of GitHub does not name it has not.
#[test]
fn workflows_have_no_rights_but_those_of_their_jobs() {
    let workflows = files("examples").into_iter().filter(|file| name(file).contains("/github-"));
    for file in workflows.chain([root().join(".github/workflows/release.yml")]) {
        let document = documents(&file).remove(0);
        assert_eq!(
            document["permissions"].as_mapping().map(|rights| rights.len()),
            Some(0),
            "{}",
            name(&file)
        );
        for (job, definition) in document["jobs"].as_mapping().unwrap() {
            let rights = definition["permissions"].as_mapping().unwrap();
            assert!(!rights.is_empty(), "{}: {job:?}", name(&file));
            let is_tests = job.as_str() == Some("tests");
            let writes = rights.values().any(|right| right == "write");
            let has_secrets = serde_yaml_ng::to_string(definition).unwrap().contains("secrets.");
            assert!(
                !is_tests || !writes && !has_secrets,
                "{}: the tests run code of the change",
                name(&file)
            );
        }
    }
}

#[test]
fn the_page_names_every_example() {
    let page = fs::read_to_string(root().join("docs/install.md")).unwrap();
    for file in files("examples") {
        let link = format!("](../{})", name(&file));
        assert!(page.contains(&link), "docs/install.md does not name {}", name(&file));
    }
}

/// What the workflow of releases calls is a file that can be run here.
#[test]
fn the_workflow_of_releases_calls_scripts_of_ours() {
    let document = documents(&root().join(".github/workflows/release.yml")).remove(0);
    let scripts = regex::Regex::new(r"\.ci/[a-z-]+").unwrap();
    let lines: Vec<String> =
        steps(&document).iter().filter_map(|step| Some(step["run"].as_str()?.to_string())).collect();
    let called: BTreeSet<String> = lines
        .iter()
        .flat_map(|line| scripts.find_iter(line).map(|found| found.as_str().to_string()))
        .collect();
    let expected = [".ci/image", ".ci/release", ".ci/release-draft", ".ci/try-package"];
    assert_eq!(called, BTreeSet::from(expected.map(String::from)));
    assert!(called.iter().all(|script| root().join(script).is_file()));
    // The names that they write are those that `cargo binstall` and the action ask for.
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    assert!(
        manifest
            .contains("/releases/download/v{ version }/portcullis-{ version }-{ target }{ archive-suffix }")
    );
    let install = fs::read_to_string(root().join(".github/actions/install/install")).unwrap();
    assert!(
        install.contains("/releases/download/v$VERSION/$archive")
            && install.contains("portcullis-$VERSION-$target")
    );
    let release = fs::read_to_string(root().join(".ci/release")).unwrap();
    assert!(release.contains("name=\"portcullis-$version-$target\""));
}
