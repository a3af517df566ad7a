//! `portcullis replay` of deployment records, other policies, and records whose facts were left
//! out.

use crate::support::recorder::{
    POLICY, chain, commit, decided, deployed, environment, facts, init, production, said,
};
use crate::support::release;
use crate::support::sealing::{Shelf, portcullis};
use portcullis_cli::record::{DeploymentRecording, record_decision};
use portcullis_record::{RecordedBaseline, RecordedOrigin};
use portcullis_testkit::lane::{How, Lane};
use portcullis_testkit::server::Server;
use serde_json::Value;
use std::path::Path;
use tempfile::TempDir;

/// Records so many made-up deployments.
fn recorded(count: usize) -> TempDir {
    let directory = TempDir::new().unwrap();
    init(directory.path());
    deployed(directory.path(), count);
    directory
}

/// Records one more without its facts.
fn record_without_facts(directory: &Path, candidate: &str) {
    let chain = chain(directory);
    let last = chain.as_ref().unwrap().last().unwrap();
    let baseline =
        RecordedBaseline { commit: last.entry.candidate.clone(), origin: RecordedOrigin::Recorded };
    let (environment, candidate) = (production(), commit(candidate));
    let facts = facts(directory, &environment, chain.as_ref(), &candidate, &baseline);
    let recording = DeploymentRecording {
        environment: &environment,
        tip: chain.as_ref().and_then(|chain| chain.tip()),
        candidate: &candidate,
        baseline,
        decision: &decided(&facts),
        facts: &facts,
        policy: POLICY,
        omit_facts: true,
        key: None,
        recorder: "robin-example",
        time: "2026-01-02T03:04:05Z".parse().unwrap(),
    };
    record_decision(directory, &recording).unwrap();
}

/// A lane of three landings, the first two deployed and recorded.
fn released(more: &[&str]) -> (Lane, Vec<String>) {
    let mut lane = Lane::begin();
    let mut tips = vec![lane.baseline()];
    for how in [How::Squash, How::Merge, How::Rebase] {
        tips.push(lane.land_file(how, true));
    }
    let server = Server::start(lane.host());
    let base = tips[0].to_string();
    let arguments = [&["--base", &base, "--record"], more].concat();
    let verdict = release::judge(&lane, &server, tips[2], &arguments);
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
    (lane, tips.iter().map(ToString::to_string).collect())
}

#[test]
fn every_made_up_record_replays_to_the_byte() {
    let directory = recorded(3);
    for name in ["production", "production#1", "production#2", "production#3"] {
        let (exit, text) = portcullis(directory.path(), &["replay", name]);
        assert!(exit == 0 && text.starts_with("identical: production#"), "{name}: {text}");
    }
    assert_eq!(portcullis(directory.path(), &["replay", "production#4"]).0, 2);
    assert_eq!(portcullis(directory.path(), &["replay", "staging"]).0, 5);
}

/// Two records that the program wrote when its facts were of version 3.
#[test]
fn records_of_an_earlier_version_replay() {
    let directory = TempDir::new().unwrap();
    init(directory.path());
    let bundle = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/records/facts-v3.bundle");
    let fetch = ["fetch", "--quiet", "--update-head-ok", bundle, "refs/*:refs/*"];
    assert!(
        std::process::Command::new("git")
            .current_dir(directory.path())
            .args(fetch)
            .status()
            .unwrap()
            .success()
    );
    for name in ["production#1", "production#2"] {
        let (exit, text) = portcullis(directory.path(), &["replay", name]);
        // Its words were others then: what they were is shown, and it is not called identical.
        assert!(
            exit == 3 && text.contains("portcullis 0.1.0") && text.contains("other words"),
            "{name}: {text}"
        );
        assert!(text.contains("outcome: allow, the same") && !text.contains("added:"), "{name}: {text}");
    }
}

#[test]
fn a_recorded_deployment_replays_and_another_policy_shows_what_it_would_have_decided() {
    let (lane, tips) = released(&[]);
    let (exit, text) = portcullis(lane.directory(), &["replay", "production", "--head", &tips[2]]);
    assert!(
        exit == 0 && text.contains("identical: production#1") && text.contains("decision: allowed"),
        "{text}"
    );
    let shelf = Shelf::new();
    let policy = portcullis_testkit::lane::POLICY;
    assert!(policy.contains("approvals = 1"), "{policy}");
    shelf.put("stricter.toml", policy.replacen("approvals = 1", "approvals = 3", 1).as_bytes());
    let stricter = shelf.text("stricter.toml");
    let (exit, text) = portcullis(lane.directory(), &["replay", "production", "--policy", &stricter]);
    assert!(exit == 0, "{text}");
    assert!(
        text.contains("would have decided") && text.contains("outcome: allow before, block now"),
        "{text}"
    );
    let (exit, json) =
        portcullis(lane.directory(), &["replay", "production", "--policy", &stricter, "--json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((exit, &json["other_policy"]["difference"]["outcome_after"]), (0, &"block".into()));
    assert_eq!(crate::schema::Printed::new("replay").objection(&json), None);
    shelf.put("broken.toml", b"schema = 1\nwrong");
    let broken = shelf.text("broken.toml");
    assert_eq!(portcullis(lane.directory(), &["replay", "production", "--policy", &broken]).0, 4);
}

/// The policy of the work tree has no part in a replay.
#[test]
fn the_work_tree_has_no_part_in_a_replay() {
    let directory = recorded(1);
    std::fs::write(directory.path().join("portcullis.toml"), "schema = 1\n").unwrap();
    std::fs::write(directory.path().join("production"), "{}").unwrap();
    let (exit, text) = portcullis(directory.path(), &["replay", "production"]);
    assert!(exit == 0 && text.contains("identical: production#1"), "{text}");
    std::fs::write(directory.path().join("staging"), "{}").unwrap();
    let (exit, text) = portcullis(directory.path(), &["replay", "staging"]);
    assert!(exit == 5 && text.contains("write ./staging"), "{text}");
}

#[test]
fn what_a_list_prints_other_commands_take() {
    let directory = recorded(2);
    let (exit, text) = said(directory.path(), &["list"]);
    assert_eq!(exit, 0, "{text}");
    let names: Vec<&str> = text.split_whitespace().filter(|word| word.contains('#')).collect();
    assert_eq!(names, ["production#1", "production#2"], "{text}");
    let (exit, json) = said(directory.path(), &["list", "production", "--json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((exit, crate::schema::Printed::new("record-list").objection(&json)), (0, None));
    assert_eq!(json["environments"][0]["records"][1]["name"], "production#2");
    assert_eq!(json["environments"][0]["records"][1]["standing"], "reproduced");
    for name in names {
        assert_eq!(said(directory.path(), &["show", name]).0, 0);
        let (exit, text) = said(directory.path(), &["verify", name]);
        assert!(exit == 0 && text.matches("was reproduced").count() == 1, "{text}");
        assert_eq!(portcullis(directory.path(), &["replay", name]).0, 0);
    }
    assert_eq!(said(directory.path(), &["list", "production"]).0, 0);
    assert_eq!(said(directory.path(), &["list", "--environment", "production"]).0, 0);
    assert_eq!(said(directory.path(), &["show", "production#1", "2"]).0, 2, "two numbers");
    assert_eq!(said(directory.path(), &["show", "production#0"]).0, 2);
    assert_eq!(said(directory.path(), &["verify", "production#9"]).0, 2);
}

#[test]
fn a_record_without_its_facts_says_so_everywhere_and_is_never_verified() {
    let directory = recorded(1);
    record_without_facts(directory.path(), "candidate 2");
    let path = directory.path();
    let omitted = "not reproducible: facts omitted";
    let (exit, text) = said(path, &["list"]);
    assert!(exit == 0 && text.contains(omitted), "{text}");
    let (_, json) = said(path, &["list", "--json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    let record = &json["environments"][0]["records"][1];
    assert_eq!((&record["facts"], &record["standing"]), (&"omitted".into(), &"not-reproducible".into()));
    let (exit, text) = said(path, &["show", "production"]);
    assert!(exit == 0 && text.contains(omitted) && text.contains("(not kept)"), "{text}");
    let (exit, text) = said(path, &["show", "production", "--file", "facts.json"]);
    assert!(exit == 2 && text.contains(omitted), "{text}");
    let (exit, text) = said(path, &["verify", "production"]);
    assert!(
        exit == 3 && text.contains(omitted) && text.contains("1 of 2 records cannot be verified"),
        "{text}"
    );
    let (exit, text) = portcullis(path, &["replay", "production"]);
    assert!(exit == 3 && text.contains(omitted) && !text.contains("identical"), "{text}");
    assert_eq!(portcullis(path, &["replay", "production#1"]).0, 0, "the record before it");
}

/// The gate does not rely on a record without facts, and says why.
#[test]
fn a_deployment_on_top_of_a_record_without_facts_has_to_be_confirmed() {
    let (lane, tips) = released(&["--omit-facts"]);
    let server = Server::start(lane.host());
    let tip = lane.tip();
    let verdict = release::judge(&lane, &server, tip, &[]);
    assert_eq!(verdict.exit, 3, "{}", verdict.text);
    assert!(verdict.text.contains("not reproducible: facts omitted"), "{}", verdict.text);
    let confirmed = release::judge(&lane, &server, tip, &["--base", &tips[2], "--record"]);
    assert!(confirmed.exit == 0 && confirmed.text.contains("facts omitted"), "{}", confirmed.text);
    let (exit, text) = said(lane.directory(), &["verify", "production#2"]);
    assert!(exit == 0, "{text}");
    let (exit, text) = said(lane.directory(), &["verify", "production#1"]);
    assert!(exit == 3, "{text}");
}

#[test]
fn a_chain_that_does_not_verify_does_not_replay() {
    let directory = recorded(2);
    let git = git2::Repository::open(directory.path()).unwrap();
    let reference = "refs/portcullis/deployments/production";
    let tip = git.refname_to_id(reference).unwrap();
    // The second record under the name of another environment.
    git.reference("refs/portcullis/deployments/staging", tip, true, "").unwrap();
    let (exit, text) = portcullis(directory.path(), &["replay", "staging"]);
    assert!(exit == 6 && text.contains("do not verify"), "{text}");
    assert_eq!(portcullis(directory.path(), &["replay", environment("production").as_str()]).0, 0);
}

/// Every decision that was sealed by an earlier program is read. Its own words may have changed
/// since.
#[test]
fn sealed_decisions_of_earlier_versions_are_read() {
    let shelf = Shelf::new();
    let kept = include_str!("../../src/wire/sealed/kept/v1.json");
    shelf.put("kept", kept.as_bytes());
    let (exit, text) = shelf.replay("kept", &[]);
    assert!([0, 3].contains(&exit) && text.contains("decision: undetermined"), "{text}");
    let is_of_today = kept.contains(&format!("portcullis {}\"", env!("CARGO_PKG_VERSION")));
    assert!(exit == 0 || !is_of_today, "{text}");
}
