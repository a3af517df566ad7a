//! `portcullis simulate`, `check --what-would-help` and `policy explain-decision`, on requests of a
//! made-up host.

use crate::schema::Printed;
use crate::support::gate::command;
use crate::support::sealing::{Shelf, portcullis, seal_request};
use portcullis_testkit::server::Server;
use portcullis_testkit::stage::{POLICY, REPORT, Stage};
use serde_json::Value;

/// A request that no one approved and whose suite did not run, sealed.
fn blocked(shelf: &Shelf, alter: impl FnOnce(&mut Stage)) -> Stage {
    let mut stage = Stage::honest().unwrap();
    stage.world.reviews.clear();
    std::fs::remove_file(stage.directory().join(REPORT)).unwrap();
    alter(&mut stage);
    let server = Server::start(stage.world.clone());
    seal_request(&stage, &server, &shelf.path("sealed.json"), &[]);
    stage
}

fn simulate(shelf: &Shelf, more: &[&str]) -> (i32, String) {
    let file = shelf.text("sealed.json");
    portcullis(&std::env::temp_dir(), &[&["simulate", &file], more].concat())
}

const EVERYTHING: [&str; 6] =
    ["--approve", "robin-example", "--approve", "alex-example", "--suite", "upload-regression"];

#[test]
fn what_was_assumed_is_judged_by_the_judge() {
    let shelf = Shelf::new();
    blocked(&shelf, |_| ());
    let (exit, text) = simulate(&shelf, &[&EVERYTHING[..], &["--format", "json"]].concat());
    assert_eq!(exit, 7, "{text}");
    let json: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&json["as_it_is"], &json["would_be"]), (&"block".into(), &"allow".into()), "{json:#}");
    assert_eq!(Printed::new("simulation").objection(&json), None);
    // One approval less, and the twin of each assumption.
    for (left_out, control) in
        [(0..2, "required-reviews"), (2..4, "required-reviews"), (4..6, "regression-tests")]
    {
        let rest: Vec<&str> = EVERYTHING
            .iter()
            .enumerate()
            .filter(|(at, _)| !left_out.contains(at))
            .map(|(_, one)| *one)
            .collect();
        let (exit, text) = simulate(&shelf, &[&rest[..], &["--format", "json"]].concat());
        let json: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((exit, &json["would_be"]), (7, &"block".into()), "{text}");
        assert_eq!(json["left"][0]["control"], control, "{text}");
    }
    // The author cannot approve, whatever is assumed.
    let own = ["--approve", "kim-example", "--approve", "robin-example", "--suite", "upload-regression"];
    assert!(simulate(&shelf, &own).1.contains("would be:  blocked"));
}

#[test]
fn attack_a_simulation_is_no_decision_no_seal_and_no_record() {
    let shelf = Shelf::new();
    blocked(&shelf, |_| ());
    let (exit, text) = simulate(&shelf, &[&EVERYTHING[..], &["--format", "json"]].concat());
    assert_eq!(exit, 7, "no pipeline takes it for allowed");
    shelf.put("simulation.json", text.as_bytes());
    let file = shelf.text("simulation.json");
    for arguments in [
        vec!["replay", &file],
        vec!["simulate", &file, "--approve", "robin-example"],
        vec!["policy", "explain-decision", &file],
        vec!["decide", "--facts", &file, "--policy", &file],
        vec!["signature", "verify", &file],
    ] {
        let (exit, said) = portcullis(&std::env::temp_dir(), &arguments);
        assert!(exit != 0 && exit != 7, "{arguments:?}: {exit} {said}");
    }
    let (_, said) = portcullis(&std::env::temp_dir(), &["replay", &file]);
    assert!(said.contains("this is a simulation"), "{said}");
    let text = simulate(&shelf, &EVERYTHING).1;
    assert!(text.starts_with("SIMULATION") && text.contains("no decision"), "{text}");
    // Nor is one that assumes nothing the decision in other words.
    assert_eq!(simulate(&shelf, &[]).0, 2);
    assert_eq!(simulate(&shelf, &["--suite", "upload"]).0, 2, "no suite of the policy");
}

#[test]
fn attack_what_could_not_be_seen_is_not_assumed_away() {
    let shelf = Shelf::new();
    let mut stage = Stage::honest().unwrap();
    let refused =
        portcullis_testkit::server::Act::message(403, "Resource not accessible by integration", &[]);
    stage.world.reviews.clear();
    let server = Server::start(stage.world.clone()).trick("/reviews", usize::MAX, refused);
    seal_request(&stage, &server, &shelf.path("sealed.json"), &[]);
    let (exit, text) = simulate(&shelf, &["--approve", "robin-example", "--approve", "alex-example"]);
    assert!(exit == 7 && text.contains("would be:  undetermined"), "{text}");
}

#[test]
fn facts_are_simulated_by_the_policy_that_is_named() {
    let stage = Stage::honest().unwrap();
    let server = Server::start(stage.world.clone());
    let gathered = command(&stage, &server, &["facts", "-o", "facts.json"]).output().unwrap();
    assert!(gathered.status.success(), "{}", String::from_utf8_lossy(&gathered.stderr));
    let assume = ["simulate", "facts.json", "--approve", "robin-example"];
    let (exit, text) = portcullis(stage.directory(), &assume);
    assert!(exit == 2 && text.contains("--policy FILE") && !text.contains("decide --facts"), "{text}");
    std::fs::write(stage.directory().join("named.toml"), POLICY).unwrap();
    let named = [&assume[..], &["--policy", "named.toml"]].concat();
    let (exit, text) = portcullis(stage.directory(), &named);
    assert_eq!(exit, 7, "{text}");
}

#[test]
fn a_sealed_decision_that_was_altered_is_not_simulated() {
    let shelf = Shelf::new();
    blocked(&shelf, |_| ());
    let text = String::from_utf8(shelf.read("sealed.json")).unwrap().replacen("\"block\"", "\"allow\"", 1);
    shelf.put("sealed.json", text.as_bytes());
    assert_eq!(simulate(&shelf, &EVERYTHING).0, 6);
}

fn helped(stage: &Stage) -> (i32, String) {
    let server = Server::start(stage.world.clone());
    let output =
        command(stage, &server, &["check", "--what-would-help", "--format", "json"]).output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn the_smallest_sets_lead_to_allowed_and_no_part_of_them_does() {
    let shelf = Shelf::new();
    let stage = blocked(&shelf, |_| ());
    let (exit, text) = helped(&stage);
    assert_eq!(exit, 1, "the outcome stays: {text}");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("the suite `upload-regression` passes"), "{text}");
    assert!(text.contains("approves the head") && !text.contains("kim-example approves"), "{text}");
}

#[test]
fn an_allowed_request_needs_nothing_and_a_lost_one_is_not_helped() {
    let (exit, text) = helped(&Stage::honest().unwrap());
    assert!(exit == 0 && text.contains("nothing is needed"), "{text}");
    let mut stage = Stage::honest().unwrap();
    stage.world.reviews.clear();
    let refused =
        portcullis_testkit::server::Act::message(403, "Resource not accessible by integration", &[]);
    let server = Server::start(stage.world.clone()).trick("/reviews", usize::MAX, refused);
    let output =
        command(&stage, &server, &["check", "--what-would-help", "--format", "json"]).output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("no action here suffices, not even all of them"), "{text}");
}

#[test]
fn without_a_host_it_says_that_the_host_has_to_be_asked() {
    let stage = Stage::honest().unwrap();
    let head = stage.head().to_string();
    let arguments = ["check", "--host", "none", "--base", "main", "--head", &head, "--what-would-help"];
    let (_, text) = portcullis(stage.directory(), &arguments);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("no action here suffices, because the host was not asked"), "{text}");
    assert!(!text.contains("for Name the host") && text.contains("for. Name the host"), "{text}");
}

#[test]
fn a_decision_is_explained_with_the_lines_of_its_policy() {
    let shelf = Shelf::new();
    blocked(&shelf, |_| ());
    let file = shelf.text("sealed.json");
    let (exit, text) = portcullis(&std::env::temp_dir(), &["policy", "explain-decision", &file]);
    assert_eq!(exit, 0, "{text}");
    for part in [
        "blocked: ",
        "It touches `upload`",
        "paths = [\"services/upload/**\"",
        "[controls.required-reviews], line ",
        "| approvals = 1",
        "[controls.required-reviews.data-processing]",
        "| approvals = 2",
        "help: ",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 110), "{text}");
}
