//! `--seal`: every decision in one file, whole or not at all.

use crate::schema::Printed;
use crate::support::gate::command;
use crate::support::queue::{Batch, Method};
use crate::support::release;
use crate::support::sealing::{Shelf, exit_of, portcullis, said, seal_request};
use portcullis_testkit::lane::Lane;
use portcullis_testkit::lane::plan::{FLAVOURS, HOWS, Plan, SHAPES};
use portcullis_testkit::lane::plant::Plant;
use portcullis_testkit::server::Server;
use portcullis_testkit::stage::Stage;
use serde_json::Value;
use std::path::Path;

fn read(shelf: &Shelf, name: &str) -> Value {
    serde_json::from_slice(&shelf.read(name)).unwrap()
}

/// The honest request, altered.
fn staged(alter: impl FnOnce(&mut Stage)) -> Stage {
    let mut stage = Stage::honest().unwrap();
    alter(&mut stage);
    stage
}

/// Seals the decision on the request of a stage: exit code and text.
fn seal(stage: &Stage, file: &Path, more: &[&str]) -> (i32, String) {
    seal_request(stage, &Server::start(stage.world.clone()), file, more)
}

#[test]
fn a_request_of_any_outcome_is_sealed_and_replays_to_the_byte() {
    let shelf = Shelf::new();
    let schema = Printed::new("sealed");
    let blocked = |stage: &mut Stage| stage.world.reviews.clear();
    let unseen = |stage: &mut Stage| stage.world.request.title = "\u{202e}##[group]::stop".into();
    for (name, exit, outcome, stage) in [
        ("allowed", 0, "allow", staged(|_| ())),
        ("blocked", 1, "block", staged(blocked)),
        ("hostile", 0, "allow", staged(unseen)),
    ] {
        let decision = shelf.text("decision.json");
        let format = format!("json={decision}");
        let (code, text) = seal(&stage, &shelf.path(name), &["--format", &format]);
        assert_eq!(code, exit, "{text}");
        assert!(text.contains("sealed in "), "{text}");
        let sealed = read(&shelf, name);
        assert_eq!(schema.objection(&sealed), None);
        assert_eq!(sealed["outcome"], outcome);
        assert_eq!(sealed["decision"]["text"].as_str().unwrap().as_bytes(), shelf.read("decision.json"));
        assert_eq!(sealed["judged"]["head"], stage.head().to_string());
        assert_eq!(sealed["links"]["request"], "https://github.com/example-org/data-upload/pull/7");
        let (exit, text) = shelf.replay(name, &["--head", &stage.head().to_string()]);
        assert!(exit == 0 && text.starts_with("identical: "), "{text}");
        assert!(text.contains("nothing here is signed") && !text.contains("##["), "{text}");
    }
}

#[test]
fn what_only_a_host_knows_is_sealed_as_undetermined_and_replays() {
    let (shelf, stage) = (Shelf::new(), staged(|_| ()));
    let file = shelf.text("undetermined");
    let base = stage.base.to_string();
    let head = stage.head().to_string();
    let arguments = ["check", "--host", "none", "--base", &base, "--head", &head, "--seal", &file];
    let (exit, text) = portcullis(stage.directory(), &arguments);
    assert_eq!(exit, 3, "{text}");
    let (exit, text) = shelf.replay("undetermined", &[]);
    assert!(exit == 0 && text.contains("decision: undetermined"), "{text}");
}

#[test]
fn every_input_has_its_digest() {
    let (shelf, stage) = (Shelf::new(), staged(|_| ()));
    seal(&stage, &shelf.path("sealed"), &[]);
    let sealed = read(&shelf, "sealed");
    let inputs = sealed["inputs"].as_array().unwrap();
    let named = |kind: &str, name: &str| {
        let found = inputs.iter().find(|input| input["kind"] == kind && input["name"] == name);
        found.unwrap_or_else(|| panic!("no {kind} {name}: {inputs:?}"))["digest"].clone()
    };
    assert_eq!(named("policy", "policy.toml"), sealed["policy"]["digest"]);
    assert_eq!(named("facts", "facts.json"), sealed["facts"]["digest"]);
    let report = std::fs::read(stage.directory().join("target/upload-regression.xml")).unwrap();
    let digest = portcullis_model::digest::Digest::of(&report).to_string();
    assert_eq!(named("report", "target/upload-regression.xml"), digest);
    assert!(named("text-before", ".github/CODEOWNERS").is_string());
    assert!(sealed["program"]["version"].as_str().unwrap().starts_with("portcullis "));
    let commit = &sealed["program"]["commit"];
    assert!(commit.is_null() || commit.as_str().is_some_and(|name| name.len() >= 40), "{commit}");
}

#[test]
fn nothing_that_could_be_gathered_is_sealed_and_never_called_reproduced() {
    let (shelf, stage) = (Shelf::new(), staged(|_| ()));
    let server = Server::start(stage.world.clone());
    let file = shelf.text("nothing");
    // The check of the job is shown on another commit than the one that is named.
    let arguments = ["check", "--seal", &file, "--head", &stage.base.to_string()];
    let (exit, text) = said(&command(&stage, &server, &arguments).output().unwrap());
    assert_eq!(exit, 3, "{text}");
    let sealed = read(&shelf, "nothing");
    assert!(sealed["facts"].is_null() && sealed["policy"].is_null() && sealed["outcome"] == "undetermined");
    let (exit, text) = shelf.replay("nothing", &[]);
    assert!(exit == 3 && text.contains("nothing could be gathered"), "{text}");
}

#[test]
fn a_batch_is_sealed_and_replays() {
    let shelf = Shelf::new();
    for (count, name) in [(1, "one"), (2, "two")] {
        let batch = Batch::built(count, Method::Squash);
        let verdict = batch.judge(&["--seal", &shelf.text(name)]);
        assert_eq!(verdict.exit, 0, "{}", verdict.text);
        assert_eq!(read(&shelf, name)["judged"]["requests"].as_array().unwrap().len(), count);
        assert_eq!(shelf.replay(name, &[]).0, 0);
    }
}

const PLANTS: [Plant; 4] = [Plant::DirectPush, Plant::LatePush, Plant::Unapproved, Plant::FailedCheck];

/// Requests of every kind, landed in every way, by a seed.
fn random_lane(seed: u64, landings: usize) -> Lane {
    let mut lane = Lane::begin();
    for number in 0..landings {
        let at = seed as usize * 7 + number;
        let (how, flavour, shape) =
            (HOWS[at % HOWS.len()], FLAVOURS[at % FLAVOURS.len()], SHAPES[(at / 3) % SHAPES.len()]);
        let plant = (seed % 2 == 1 && number == 1).then_some(PLANTS[at % PLANTS.len()]);
        Plan { how, flavour, shape, plant, seed: seed * 100 + number as u64 }.play(&mut lane);
    }
    lane
}

#[test]
fn random_deployments_are_sealed_and_replay_to_the_byte() {
    let shelf = Shelf::new();
    let mut outcomes = std::collections::BTreeSet::new();
    for seed in 0..6 {
        let lane = random_lane(seed, 3);
        let server = Server::start(lane.host());
        let name = format!("deployment-{seed}");
        let (base, file) = (lane.baseline().to_string(), shelf.text(&name));
        let verdict = release::judge(&lane, &server, lane.tip(), &["--base", &base, "--seal", &file]);
        assert!([0, 1, 3].contains(&verdict.exit), "{}", verdict.text);
        outcomes.insert(read(&shelf, &name)["outcome"].as_str().unwrap().to_string());
        assert_eq!(exit_of(&shelf.read(&name)), 0, "{seed}");
        let (exit, text) = shelf.replay(&name, &[]);
        assert!(exit == 0 && text.contains("environment production"), "{text}");
    }
    assert!(outcomes.len() > 1, "{outcomes:?}");
}

#[test]
fn facts_that_were_gathered_elsewhere_are_decided_and_sealed() {
    let (shelf, stage) = (Shelf::new(), staged(|_| ()));
    let server = Server::start(stage.world.clone());
    let [facts, policy, file] = ["facts.json", "policy.toml", "sealed"].map(|name| shelf.text(name));
    let (exit, text) = said(&command(&stage, &server, &["facts", "-o", &facts]).output().unwrap());
    assert_eq!(exit, 0, "{text}");
    shelf.put("policy.toml", portcullis_testkit::stage::POLICY.as_bytes());
    let decide = ["decide", "--facts", &facts, "--policy", &policy, "--seal", &file];
    let (exit, text) = portcullis(stage.directory(), &decide);
    assert_eq!(exit, 0, "{text}");
    assert_eq!(shelf.replay("sealed", &[]).0, 0);
    assert_eq!(
        read(&shelf, "sealed")["facts"]["text"].as_str().unwrap().as_bytes(),
        shelf.read("facts.json")
    );
    // Over its own input nothing is written.
    let over = ["decide", "--facts", &facts, "--policy", &policy, "--seal", &facts];
    assert_eq!(portcullis(stage.directory(), &over).0, 2);
    // And the sealed file is no facts.
    let (exit, text) = portcullis(stage.directory(), &["decide", "--facts", &file, "--policy", &policy]);
    assert!(exit == 5 && text.contains("use `portcullis replay`"), "{text}");
}

/// Whatever the outcome: a decision that could not be sealed does not count, and nothing is shown
/// of it.
#[test]
fn a_seal_that_cannot_be_written_fails_whatever_the_outcome() {
    let shelf = Shelf::new();
    for stage in [staged(|_| ()), staged(|stage| stage.world.reviews.clear())] {
        for more in [&[][..], &["--advisory"]] {
            let (exit, text) = seal(&stage, &shelf.path("no/such/directory"), more);
            assert_eq!(exit, 5, "{text}");
            assert!(text.contains("there is no directory") && !text.contains("allowed:"), "{text}");
        }
    }
}

#[test]
fn a_seal_takes_the_place_of_an_earlier_one_and_of_nothing_else() {
    let (shelf, stage) = (Shelf::new(), staged(|_| ()));
    let file = shelf.path("sealed");
    assert_eq!(seal(&stage, &file, &[]).0, 0);
    assert_eq!(seal(&stage, &file, &[]).0, 0, "an earlier seal");
    shelf.put("empty", b"");
    assert_eq!(seal(&stage, &shelf.path("empty"), &[]).0, 0, "an empty file, as mktemp makes it");
    shelf.put("kept", b"a text that somebody keeps");
    let (exit, text) = seal(&stage, &shelf.path("kept"), &[]);
    assert!(exit == 5 && text.contains("another file is there"), "{text}");
    assert_eq!(shelf.read("kept"), b"a text that somebody keeps");
    std::os::unix::fs::symlink(&file, shelf.path("link")).unwrap();
    let (exit, text) = seal(&stage, &shelf.path("link"), &[]);
    assert!(exit == 5 && text.contains("symbolic link"), "{text}");
    std::os::unix::fs::symlink("/nowhere/at/all", shelf.path("dangling")).unwrap();
    assert_eq!(seal(&stage, &shelf.path("dangling"), &[]).0, 5);
    let (exit, text) = seal(&stage, Path::new("/dev/null"), &[]);
    assert!(exit == 5 && text.contains("it is not a file"), "{text}");
    let format = format!("json={}", file.display());
    assert_eq!(seal(&stage, &file, &["--format", &format]).0, 2, "two files in one place");
    let report = format!("--report={}", shelf.text("sealed"));
    assert_eq!(seal(&stage, &file, &[&report]).0, 2, "over a report");
    assert_eq!(std::fs::read_dir(shelf.path("")).unwrap().count(), 5, "nothing is left beside them");
}

/// The author of a change commits a file as it would be sealed, and sees to it that the run ends
/// early.
#[test]
fn a_run_without_a_decision_leaves_no_sealed_file_of_another() {
    let (shelf, stage) = (Shelf::new(), staged(|_| ()));
    assert_eq!(seal(&stage, &shelf.path("sealed"), &[]).0, 0);
    let file = shelf.text("sealed");
    let nowhere = ["check", "--host", "none", "--base", "nowhere", "--seal", &file];
    let (exit, text) = portcullis(stage.directory(), &nowhere);
    assert_eq!(exit, 5, "{text}");
    assert!(!shelf.path("sealed").exists());
}

#[test]
fn advice_is_sealed_as_advice() {
    let (shelf, stage) = (Shelf::new(), staged(|stage| stage.world.reviews.clear()));
    assert_eq!(seal(&stage, &shelf.path("advice"), &["--advisory"]).0, 0);
    let sealed = read(&shelf, "advice");
    assert_eq!((&sealed["outcome"], &sealed["advisory"]), (&"block".into(), &true.into()));
    let (exit, text) = shelf.replay("advice", &[]);
    assert!(exit == 0 && text.contains("decision: blocked, advisory"), "{text}");
}

#[test]
fn facts_that_are_left_out_leave_their_digest_and_no_proof() {
    let (shelf, stage) = (Shelf::new(), staged(|_| ()));
    let (exit, text) = seal(&stage, &shelf.path("sealed"), &["--omit-facts"]);
    assert!(exit == 0 && text.contains("not reproducible: facts omitted"), "{text}");
    let sealed = read(&shelf, "sealed");
    assert!(sealed["facts"]["text"].is_null() && sealed["facts"]["digest"].is_string());
    let (exit, text) = shelf.replay("sealed", &[]);
    assert!(exit == 3 && text.contains("not reproducible: facts omitted"), "{text}");
    assert!(!text.contains("identical"), "{text}");
    let (exit, text) = shelf.replay("sealed", &["--json"]);
    assert!(exit == 3 && text.contains("\"result\": \"not-reproducible\""), "{text}");
    // There is nothing that they could be left out of.
    let server = Server::start(stage.world.clone());
    assert_eq!(said(&command(&stage, &server, &["check", "--omit-facts"]).output().unwrap()).0, 2);
}

#[test]
fn the_version_names_the_commit_or_says_that_it_is_not_known() {
    let (exit, text) = portcullis(Path::new("."), &["--version"]);
    let start = format!("portcullis {} (commit ", env!("CARGO_PKG_VERSION"));
    assert!(exit == 0 && text.starts_with(&start) && text.ends_with(")\n"), "{text}");
}
