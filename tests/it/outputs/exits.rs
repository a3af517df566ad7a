//! The exit code is the decision's, whatever the format.

use super::decisions::{every_decision, of_kept_facts};
use portcullis_cli::record::facts_json;
use portcullis_model::decision::Outcome;
use portcullis_render as render;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

const POLICY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/testkit/portcullis.toml");

/// What a job about the request of the kept facts is told.
const EVENT: &str = r#"{
  "repository": { "full_name": "example-org/data-upload" },
  "number": 7,
  "pull_request": {
    "number": 7,
    "base": { "ref": "main", "sha": "5990b7fb1e839e25ac7774df15420912b5ce85e3" },
    "head": { "ref": "batches", "sha": "f016d42faa78aa9f014aef602a4aed50b994a98f" }
  }
}"#;

fn decide(facts: &Path, format: &str, more: &[&str]) -> (Option<i32>, Vec<u8>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.env_clear().args(["decide", "--policy", POLICY, "--format", format, "--facts"]).arg(facts);
    let output = command.args(more).output().unwrap();
    (output.status.code(), output.stdout)
}

#[test]
fn every_format_ends_with_the_same_exit_code() {
    let directory = tempfile::tempdir().unwrap();
    let mut seen = BTreeSet::new();
    for (outcome, exit) in [(Outcome::Allow, 0), (Outcome::Block, 1), (Outcome::Undetermined, 3)] {
        let is_it = |name: &str| name.ends_with("on github");
        let judged =
            every_decision().iter().find(|it| is_it(&it.name) && it.decision.outcome == outcome).unwrap();
        let facts = directory.path().join(format!("{exit}.json"));
        std::fs::write(&facts, facts_json(judged.facts.clone().unwrap()).unwrap()).unwrap();
        for format in render::TABLE {
            let (code, out) = decide(&facts, format.name, &[]);
            assert_eq!(code, Some(exit), "{}", format.name);
            assert!(!out.is_empty(), "{}", format.name);
            assert_eq!(decide(&facts, format.name, &["--advisory"]).0, Some(0), "{}", format.name);
            seen.insert(code);
        }
    }
    assert_eq!(seen.len(), 3);
}

/// All at once, each into its file, and one to stdout: the code is still that of the decision.
#[test]
fn all_formats_at_once_are_written_and_end_with_the_code_of_the_decision() {
    let directory = tempfile::tempdir().unwrap();
    let judged = every_decision().iter().find(|it| it.name == "stale-approval on github").unwrap();
    let facts = directory.path().join("facts.json");
    std::fs::write(&facts, facts_json(judged.facts.clone().unwrap()).unwrap()).unwrap();
    let files: Vec<String> = render::TABLE
        .iter()
        .map(|format| format!("{}={}", format.name, directory.path().join(format.name).display()))
        .collect();
    let more: Vec<&str> = files.iter().flat_map(|file| ["--format", file]).collect();
    let (code, _) = decide(&facts, "json", &more);
    assert_eq!(code, Some(1));
    for format in render::TABLE {
        let written = std::fs::read(directory.path().join(format.name)).unwrap();
        assert_eq!(written, decide(&facts, format.name, &[]).1, "{}", format.name);
    }
}

/// In the log of a job a format is either guarded or harmless as it is: then a redirected file is that document.
#[test]
fn a_document_that_a_job_redirects_is_the_document() {
    let directory = tempfile::tempdir().unwrap();
    let judged = of_kept_facts("change");
    let facts = directory.path().join("facts.json");
    std::fs::write(&facts, facts_json(judged.facts.unwrap()).unwrap()).unwrap();
    let event = directory.path().join("event.json");
    std::fs::write(&event, EVENT).unwrap();
    for format in render::TABLE.iter().filter(|format| format.log_safe) {
        let plain = decide(&facts, format.name, &[]);
        let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
        command.env_clear().env("GITHUB_ACTIONS", "true").env("GITHUB_EVENT_NAME", "pull_request");
        command.env("GITHUB_REPOSITORY", "example-org/data-upload").env("GITHUB_EVENT_PATH", &event);
        command.args(["decide", "--policy", POLICY, "--format", format.name, "--facts"]).arg(&facts);
        let output = command.output().unwrap();
        assert_eq!((output.status.code(), output.stdout), plain, "{}", format.name);
    }
}

/// Neither the language, the time zone nor the directory that the gate runs in is in a document.
#[test]
fn another_locale_time_zone_and_directory_give_the_same_bytes() {
    let directory = tempfile::tempdir().unwrap();
    let judged = of_kept_facts("deployment");
    let facts = directory.path().join("facts.json");
    std::fs::write(&facts, facts_json(judged.facts.unwrap()).unwrap()).unwrap();
    for format in render::TABLE {
        let run = |zone: &str, locale: &str, place: &Path| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
            command.env_clear().env("TZ", zone).env("LC_ALL", locale).current_dir(place);
            command.args(["decide", "--policy", POLICY, "--format", format.name, "--facts"]).arg(&facts);
            command.output().unwrap().stdout
        };
        let here = run("UTC", "C", Path::new("/"));
        assert_eq!(here, run("Asia/Tokyo", "tr_TR.UTF-8", directory.path()), "{}", format.name);
        assert!(!here.is_empty());
    }
}
