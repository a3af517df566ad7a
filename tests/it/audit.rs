//! `portcullis audit` over honest histories: with a host, from records alone, from saved facts, and
//! with git alone.

use crate::schema::Printed;
use crate::support::audited::{ALL, AS_OF, YEAR, audit, audit_with_host, begun, commit_at, land_at};
use crate::support::release::{judge, subcommand};
use git2::Oid;
use portcullis_testkit::lane::plan::{FLAVOURS, HOWS, Plan, SHAPES};
use portcullis_testkit::lane::plant::Plant;
use portcullis_testkit::lane::state::Op;
use portcullis_testkit::lane::{How, Lane};
use portcullis_testkit::server::Server;
use portcullis_testkit::stage::KIM;
use serde_json::Value;
use std::process::Command;

fn extend(lane: &mut Lane, landings: usize) {
    for number in lane.landings.len().. {
        if lane.landings.len() >= landings {
            return;
        }
        let shape = SHAPES[(number + number / HOWS.len()) % SHAPES.len()];
        let flavour = FLAVOURS[number % FLAVOURS.len()];
        Plan { how: HOWS[number % HOWS.len()], flavour, shape, plant: None, seed: 1_000 + number as u64 }
            .play(lane);
    }
}

/// A lane with so many landings, every kind of them.
pub fn extended(landings: usize) -> Lane {
    let mut lane = Lane::begin();
    extend(&mut lane, landings);
    lane
}

/// A lane whose landings were deployed with two records.
pub fn deployed_twice() -> (Lane, Oid) {
    let mut lane = Lane::begin();
    extend(&mut lane, 4);
    let (base, first) = (lane.baseline().to_string(), lane.tip());
    let verdict = judge(&lane, &Server::start(lane.host()), first, &["--base", &base, "--record"]);
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
    extend(&mut lane, 8);
    let verdict = judge(&lane, &Server::start(lane.host()), lane.tip(), &["--record"]);
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
    (lane, first)
}

#[test]
fn honest_landings_have_no_exceptions_and_are_all_there() {
    let mut lane = Lane::begin();
    extend(&mut lane, 14);
    let server = Server::start(lane.host());
    let audited = audit_with_host(&lane, &server.address(), &[&ALL[..], &["--no-deployments"]].concat());
    assert_eq!(audited.exit, 0, "{}\n{}", audited.text, audited.gaps());
    assert_eq!(audited.json["outcome"], "no-exceptions");
    assert_eq!(audited.landings(), lane.landings.len());
    let proof = &audited.json["branches"][0]["proof"];
    assert_eq!(proof["each-in-one-landing"], Value::Null);
    assert_eq!(proof["each_in_one_landing"], true);
    let landing = &audited.json["landings"][0];
    assert_eq!(landing["time"]["source"], "host");
    let approvals = landing["approvals"].as_array().unwrap();
    let counted = approvals.iter().filter(|one| one["counts"] == true && one["before_landing"] == true);
    assert_eq!(counted.count(), 2, "{landing:#}");
    assert!(landing["authors"].to_string().contains("kim-example"), "{landing:#}");
    assert!(
        !landing["authors"].to_string().contains("robin-example"),
        "who approves did not write: {landing:#}"
    );
    assert_eq!(audited.json["protection"][0]["branch"], "main");
    assert_eq!(Printed::new("audit").objection(&audited.json), None);
    // The counts can be counted again with git alone.
    let by = proof["first_parents_by"].as_str().unwrap();
    let output = Command::new("sh").current_dir(lane.directory()).args(["-c", by]).output().unwrap();
    let counted = String::from_utf8(output.stdout).unwrap();
    let digest = proof["first_parents"].as_str().unwrap().trim_start_matches("sha256:");
    assert_eq!(counted.split(' ').next(), Some(digest));
}

#[test]
fn records_and_saved_facts_take_the_place_of_a_host() {
    let (lane, first) = deployed_twice();
    let audited = audit(lane.directory(), &ALL);
    assert_eq!(audited.exit, 0, "{}\n{}", audited.text, audited.gaps());
    assert_eq!(audited.landings(), lane.landings.len());
    let first_landing = &audited.json["landings"][0];
    assert_eq!(first_landing["source"], "the record production#1");
    assert_eq!(first_landing["deployments"][0]["number"], 1);
    assert_eq!(audited.json["counts"]["never_deployed"], 0);
    let deployments = audited.json["deployments"].as_array().unwrap();
    assert_eq!(deployments.len(), 2);
    let brought: usize = deployments.iter().map(|one| one["landings"].as_array().unwrap().len()).sum();
    assert_eq!(brought, lane.landings.len());
    assert_eq!(audited.json["protection"][0]["looks"].as_array().unwrap().len(), 2);
    assert!(audited.json["environments"][0]["unchecked"].to_string().contains("cut at its end"));
    // A range of commits instead of a time.
    let range = format!("{}..main", first);
    let audited = audit(lane.directory(), &[&range]);
    assert_eq!(audited.exit, 0, "{}\n{}", audited.text, audited.gaps());
    assert_eq!((audited.landings(), audited.json["deployments"].as_array().unwrap().len()), (4, 1));
    // Facts that were saved.
    let server = Server::start(lane.host());
    let facts = tempfile::tempdir().unwrap();
    let file = facts.path().join("facts.json");
    let mut gather = subcommand("facts", &lane, &server.address(), lane.tip());
    let base = lane.baseline().to_string();
    assert!(gather.args(["--base", &base, "-o"]).arg(&file).output().unwrap().status.success());
    let named = ["--no-deployments", "--facts", file.to_str().unwrap()];
    let audited = audit(lane.directory(), &[&ALL[..], &named].concat());
    assert_eq!(audited.exit, 0, "{}\n{}", audited.text, audited.gaps());
    assert!(audited.json["landings"][0]["source"].as_str().unwrap().starts_with("the facts in "));
}

#[test]
fn what_was_planted_is_an_exception_and_nothing_else_is() {
    let mut lane = Lane::begin();
    extend(&mut lane, 3);
    Plan { how: How::Merge, flavour: FLAVOURS[0], shape: SHAPES[0], plant: Some(Plant::Unapproved), seed: 9 }
        .play(&mut lane);
    extend(&mut lane, 6);
    let server = Server::start(lane.host());
    let audited = audit_with_host(&lane, &server.address(), &[&ALL[..], &["--no-deployments"]].concat());
    assert_eq!(audited.exit, 1, "{}", audited.text);
    let exceptions = audited.json["exceptions"].as_array().unwrap();
    let items: Vec<&str> = exceptions.iter().map(|one| one["item"].as_str().unwrap()).collect();
    let planted = lane.planted();
    assert!(!items.is_empty());
    for item in items {
        let short = &item.rsplit('@').next().unwrap()[..10];
        assert!(planted.contains_key(short), "{item} is honest");
    }
}

#[test]
fn an_audit_with_git_alone_shows_what_git_shows() {
    let checkout = begun();
    land_at(&checkout, "2026-02-01T12:00:00Z", "one");
    checkout.git(&["checkout", "-q", "-b", "topic"]);
    land_at(&checkout, "2026-02-02T12:00:00Z", "two");
    checkout.git(&["checkout", "-q", "main"]);
    checkout
        .git_at("2026-02-03T12:00:00Z", &["merge", "-q", "--no-ff", "-m", "OPS-118: load twice", "topic"]);
    let audited = audit(checkout.path(), &YEAR);
    assert_eq!((audited.exit, audited.landings()), (3, 2), "{}", audited.text);
    let merge = &audited.json["landings"][1];
    assert_eq!((&merge["commits"], &merge["explanation"]["by"]), (&Value::from(2), &Value::from("identity")));
    assert_eq!(
        (&merge["tickets"][0], &merge["time"]["source"]),
        (&Value::from("OPS-118"), &Value::from("commit"))
    );
    let author = merge["authors"][0].as_str().unwrap();
    assert!(author.starts_with("mailbox:") && author.len() == 24, "{author}");
    assert!(!audited.json.to_string().contains("kim@example.test"), "no address is in an audit");
    assert!(audited.gaps().contains("which requests brought a commit"));
    assert_eq!(audited.json["branches"][0]["excluded"][0]["steps"], 1);
}

#[test]
fn a_sample_is_the_same_everywhere_and_its_worksheet_is_harmless() {
    let checkout = begun();
    for number in 1..=9 {
        commit_named(&checkout, number);
    }
    let sample = |seed: &str| {
        let arguments = ["--sample", "3", "--seed", seed, "--stratify", "area"];
        audit(checkout.path(), &[&YEAR[..], &arguments].concat()).json["sample"].clone()
    };
    assert_eq!(sample("autumn"), sample("autumn"));
    assert_ne!(sample("autumn")["strata"], sample("winter")["strata"]);
    let strata = sample("autumn")["strata"].clone();
    assert_eq!(
        (&strata[0]["name"], &strata[0]["population"]),
        (&Value::from("outside every area"), &Value::from(3))
    );
    assert_eq!((&strata[1]["name"], &strata[1]["population"]), (&Value::from("upload"), &Value::from(6)));
    // Drawn again with standard tools.
    let drawn = &strata[1]["drawn"][0];
    let by_hand = format!("printf '%s\\n%s' 'autumn' '{}' | sha256sum", drawn["item"].as_str().unwrap());
    let output = Command::new("sh").args(["-c", &by_hand]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.split(' ').next(), drawn["draw"].as_str());
    let output = checkout.portcullis(&[&["audit", "--as-of", AS_OF, "--format", "csv"][..], &YEAR].concat());
    let sheet = String::from_utf8(output.stdout).unwrap();
    assert_eq!(sheet.lines().count(), 10, "{sheet}");
    assert!(sheet.starts_with("item,number,stratum,") && sheet.contains(",notes\r\n"), "{sheet}");
    assert!(sheet.contains("\"'=HYPERLINK(") && !sheet.contains(",=") && !sheet.contains(",\"="), "{sheet}");
}

fn commit_named(checkout: &crate::support::checkout::Checkout, number: u32) {
    let date = format!("2026-03-0{number}T12:00:00Z");
    let folder = if number.is_multiple_of(3) { "docs" } else { "services/upload" };
    checkout.write(&format!("{folder}/{number}.sql"), "x");
    commit_at(checkout, &date, &format!("=HYPERLINK(\"https://example.test\", {number})"));
}

#[test]
fn the_same_audit_has_the_same_bytes_in_another_place() {
    let checkout = begun();
    land_at(&checkout, "2026-02-01T23:30:00Z", "one");
    land_at(&checkout, "2026-12-31T23:59:59Z", "two");
    for format in ["json", "terminal", "markdown", "csv"] {
        let run = |zone: &str, locale: &str, directory: &str| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
            command.env_clear().env("TZ", zone).env("LC_ALL", locale).env("LANG", locale);
            command.current_dir(checkout.path().join(directory));
            let output =
                command.args(["audit", "--as-of", AS_OF, "--format", format]).args(YEAR).output().unwrap();
            assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
            output.stdout
        };
        let here = run("UTC", "C", ".");
        assert!(!here.is_empty());
        assert_eq!(here, run("Pacific/Auckland", "tr_TR.UTF-8", "services/upload"), "{format}");
    }
}

#[test]
fn the_policy_that_was_in_force_and_that_of_today_are_told_apart() {
    let (lane, _) = deployed_twice();
    let mut lane = lane;
    let server = Server::start(lane.host());
    let before = audit_with_host(&lane, &server.address(), &[&ALL[..], &["--no-deployments"]].concat());
    assert_eq!(before.json["title"]["policies"].as_array().unwrap().len(), 1);
    drop(server);
    let mut draft = lane.open(lane.tip());
    let stricter = portcullis_testkit::lane::POLICY.replace("approvals = 2", "approvals = 3");
    lane.push(&mut draft, KIM, vec![Op::Body(0, portcullis_testkit::lane::state::Body::Text(stricter))]);
    draft.approved();
    lane.land(vec![draft], How::Squash, &[], &[], "Three approvals");
    let server = Server::start(lane.host());
    let audited = audit_with_host(&lane, &server.address(), &[&ALL[..], &["--no-deployments"]].concat());
    let landing = &audited.json["landings"][0];
    assert_eq!(landing["then"]["outcome"], "allow", "{landing:#}");
    assert_ne!(landing["then"]["policy"], landing["today"]["policy"]);
    let touching = audited.json["landings"].as_array().unwrap();
    let touching =
        touching.iter().filter(|one| one["areas"].as_array().is_some_and(|areas| !areas.is_empty()));
    assert!(touching.clone().any(|one| one["today"]["outcome"] == "block"), "three approvals were not given");
    assert!(audited.json["counts"]["blocked_today"].as_u64().unwrap() > 0);
}
