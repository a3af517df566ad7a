//! `portcullis status`: what is deployed, what waits, what blocks.

use crate::support::release;
use crate::support::sealing::{portcullis, said};
use portcullis_testkit::lane::{How, Lane};
use portcullis_testkit::server::Server;
use serde_json::Value;
use std::process::Command;

/// One landing is deployed, and these wait.
fn waiting(approved: &[bool]) -> Lane {
    let mut lane = Lane::begin();
    lane.land_file(How::Squash, true);
    let server = Server::start(lane.host());
    let base = lane.baseline().to_string();
    let verdict = release::judge(&lane, &server, lane.tip(), &["--base", &base, "--record"]);
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
    for approved in approved {
        lane.land_file(How::Merge, *approved);
    }
    lane
}

fn with_host(lane: &Lane, columns: &str, more: &[&str]) -> (i32, String) {
    let server = Server::start(lane.host());
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.env_clear().current_dir(lane.directory()).env("COLUMNS", columns);
    command.env("GITHUB_API_URL", server.address()).env("GITHUB_TOKEN", "a-token");
    command.args(["status", "production", "--host", "github", "--repository", "example-org/data-upload"]);
    said(&command.args(more).output().unwrap())
}

#[test]
fn nothing_waits_after_a_deployment() {
    let lane = waiting(&[]);
    let (exit, text) = with_host(&lane, "80", &[]);
    assert!(exit == 0 && text.starts_with("production: nothing waits\n"), "{text}");
    assert!(text.contains("production#1 of 1 record"), "{text}");
}

#[test]
fn landings_wait_with_the_state_that_the_gate_gives_them() {
    let lane = waiting(&[true, false]);
    for columns in ["80", "120"] {
        let (exit, text) = with_host(&lane, columns, &[]);
        assert!(
            exit == 0 && text.starts_with("production: 2 landings cannot be deployed: blocked"),
            "{text}"
        );
        assert!(text.contains(" allowed: ") && text.contains(" blocked: "), "{text}");
        let width: usize = columns.parse().unwrap();
        assert!(text.lines().all(|line| line.chars().count() <= width), "{columns}: {text}");
    }
    let (exit, json) = with_host(&lane, "80", &["--json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((exit, crate::schema::Printed::new("status").objection(&json)), (0, None));
    let states: Vec<_> = json["waiting"].as_array().unwrap().iter().map(|one| &one["state"]).collect();
    assert_eq!(states, ["allowed", "blocked"]);
    assert_eq!(json["deployed"]["name"], "production#1");
    assert_eq!(json["outcome"], "block");
    assert!(
        json["waiting"][1]["findings"]
            .as_array()
            .unwrap()
            .iter()
            .any(|one| one["control"] == "required-reviews")
    );
    // What the status says is what the gate says.
    let server = Server::start(lane.host());
    assert_eq!(release::judge(&lane, &server, lane.tip(), &[]).exit, 1);
}

#[test]
fn without_a_host_nothing_is_called_allowed() {
    let lane = waiting(&[true]);
    let (exit, json) = portcullis(lane.directory(), &["status", "production", "--branch", "main", "--json"]);
    let json: Value = serde_json::from_str(&json).unwrap_or_else(|_| panic!("{json}"));
    assert_eq!((exit, &json["host"]), (0, &"none".into()));
    assert_ne!(json["waiting"][0]["state"], "allowed");
    assert_ne!(json["outcome"], "allow");
}

#[test]
fn an_environment_without_records_or_with_broken_ones_has_no_status() {
    let lane = waiting(&[]);
    assert_eq!(portcullis(lane.directory(), &["status", "staging"]).0, 5);
    let git = git2::Repository::open(lane.directory()).unwrap();
    let tip = git.refname_to_id("refs/portcullis/deployments/production").unwrap();
    git.reference("refs/portcullis/deployments/staging", tip, true, "").unwrap();
    let (exit, text) = portcullis(lane.directory(), &["status", "staging"]);
    assert!(exit == 6 && text.contains("do not verify"), "{text}");
}
