//! What a host lists of deployments, and what it does not show, against the records and landings of
//! an audit: each attack with its honest twin.

use crate::audit::{deployed_twice, extended};
use crate::support::audited::{ALL, Audited, YEAR, audit, audit_with_host, begun, land_at};
use git2::Oid;
use portcullis_model::change::Revision;
use portcullis_testkit::answer_faults::AnswerFault;
use portcullis_testkit::lane::Lane;
use portcullis_testkit::server::{Act, Server};
use portcullis_testkit::world::{Deployed, Endpoint, World, minutes};
use serde_json::Value;
use std::io::Write as _;
use std::process::{Command, Stdio};

fn deployed(id: u64, commit: Oid, environment: &str, states: &[(&str, i64)]) -> Deployed {
    let states = states.iter().map(|(state, at)| ((*state).to_string(), minutes(*at)));
    let revision = Revision::try_from(commit.to_string()).unwrap();
    Deployed { id, revision, environment: environment.to_string(), states: states.collect() }
}

/// The audit of a lane that was deployed with two records, of which the host says more.
fn audited(lane: &Lane, alter: impl FnOnce(&mut World)) -> Audited {
    let mut host = lane.host();
    alter(&mut host.worlds[0]);
    let server = Server::start(host);
    audit_with_host(lane, &server.address(), &ALL)
}

/// The two deployments that the records allowed.
fn honest(lane: &Lane, first: Oid) -> Vec<Deployed> {
    vec![
        deployed(1, first, "production", &[("success", 200), ("inactive", 400)]),
        deployed(4, lane.tip(), "production", &[("success", 400)]),
    ]
}

/// A commit of the branch that no record allowed.
fn unrecorded(lane: &Lane) -> Oid {
    lane.baseline()
}

fn on_host(audited: &Audited) -> Vec<(&str, Option<u64>)> {
    let listed = audited.json["environments"][0]["on_host"].as_array().unwrap();
    listed.iter().map(|one| (one["id"].as_str().unwrap(), one["record"].as_u64())).collect()
}

#[test]
fn a_deployment_of_the_period_that_no_record_knows_is_an_exception_though_another_took_its_place() {
    let (lane, first) = deployed_twice();
    let twin = audited(&lane, |world| world.deployments = honest(&lane, first));
    assert_eq!(twin.exit, 0, "twin: {}\n{}", twin.text, twin.gaps());
    assert_eq!(on_host(&twin), [("1", Some(1)), ("4", Some(2))]);
    for environment in ["production", "Production", "PRODUCTION"] {
        let rogue = audited(&lane, |world| {
            let states = [("in_progress", 299), ("success", 300), ("inactive", 400)];
            world.deployments = honest(&lane, first);
            world.deployments.push(deployed(3, unrecorded(&lane), environment, &states));
        });
        assert_eq!(rogue.exit, 1, "{environment}: {}", rogue.text);
        assert_eq!(on_host(&rogue), [("1", Some(1)), ("3", None), ("4", Some(2))], "{environment}");
        let found = rogue.exceptions("records");
        let reason = found[0]["finding"]["reason"].as_str().unwrap();
        assert!(reason.contains("(deployment 3), which no record allowed"), "{found:?}");
    }
}

#[test]
fn what_was_never_deployed_or_elsewhere_or_at_another_time_is_no_exception() {
    let (lane, first) = deployed_twice();
    let more = audited(&lane, |world| {
        let bare = unrecorded(&lane);
        world.deployments = honest(&lane, first);
        world.deployments.push(deployed(5, bare, "production", &[("in_progress", 299), ("failure", 300)]));
        world.deployments.push(deployed(6, bare, "staging", &[("success", 300)]));
        world.deployments.push(deployed(7, bare, "production", &[("success", -500_000)]));
        world.deployments.push(deployed(8, bare, "production", &[("success", 2_000_000)]));
        world.deployments.push(deployed(9, lane.tip(), "production", &[("success", 2_100_000)]));
    });
    assert_eq!(more.exit, 0, "{}\n{}", more.text, more.gaps());
    // What is deployed now is listed whenever it was.
    assert_eq!(on_host(&more), [("1", Some(1)), ("4", Some(2)), ("9", Some(2))]);
}

#[test]
fn a_list_that_was_not_seen_whole_is_never_none() {
    let (lane, first) = deployed_twice();
    for (endpoint, fault) in [
        (Endpoint::Deployments, AnswerFault::Refuse(403, "Resource not accessible".into())),
        (Endpoint::Deployments, AnswerFault::Refuse(404, "Not Found".into())),
        (Endpoint::Deployments, AnswerFault::StopAfter(1)),
        (Endpoint::Deployments, AnswerFault::SkipPage(2)),
        (Endpoint::Deployments, AnswerFault::Text("[]]".into())),
        (Endpoint::DeploymentStatuses, AnswerFault::Refuse(403, "Resource not accessible".into())),
        (Endpoint::DeploymentStatuses, AnswerFault::Set("/0/state".into(), "shipped".into())),
    ] {
        let name = format!("{endpoint:?} {fault:?}");
        let audited = audited(&lane, |world| {
            world.deployments = honest(&lane, first);
            world.page_size = 1;
            world.faults.push((endpoint, fault));
        });
        assert_eq!(audited.exit, 3, "{name}: {}\n{}", audited.text, audited.json["exceptions"]);
        assert!(audited.gaps().contains("the deployments to production"), "{name}: {}", audited.gaps());
        assert_ne!(audited.json["environments"][0]["on_host"], serde_json::json!([]), "{name}");
    }
    let whole = audited(&lane, |world| {
        world.deployments = honest(&lane, first);
        world.page_size = 1;
    });
    assert_eq!(whole.exit, 0, "twin: {}\n{}", whole.text, whole.gaps());
}

#[test]
fn approvals_that_could_not_be_seen_are_not_an_empty_list() {
    let lane = extended(2);
    let refused = Act::message(403, "Resource not accessible by integration", &[]);
    let server = Server::start(lane.host()).trick("/reviews", usize::MAX, refused);
    let audited = audit_with_host(&lane, &server.address(), &[&ALL[..], &["--no-deployments"]].concat());
    assert_eq!(audited.exit, 3, "{}", audited.text);
    let landing = &audited.json["landings"][0];
    assert!(landing["approvals_unseen"].as_str().unwrap().contains("the reviews of request"), "{landing:#}");
    assert!(audited.gaps().contains("the reviews of request"), "{}", audited.gaps());
    let twin = audit_with_host(
        &lane,
        &Server::start(lane.host()).address(),
        &[&ALL[..], &["--no-deployments"]].concat(),
    );
    let landing = &twin.json["landings"][0];
    assert_eq!((&landing["approvals_unseen"], twin.exit), (&Value::Null, 0), "{}", twin.text);
    assert!(!landing["approvals"].as_array().unwrap().is_empty());
}

#[test]
fn a_landing_whose_date_cannot_be_read_is_said_to_have_no_known_time() {
    let checkout = begun();
    land_at(&checkout, "2026-02-01T12:00:00Z", "first");
    land_at(&checkout, "2026-02-02T12:00:00Z", "second");
    let twin = audit(checkout.path(), &YEAR);
    assert!(!twin.gaps().contains("when landings came in"), "twin: {}", twin.gaps());
    let tree = checkout.git(&["rev-parse", "HEAD^{tree}"]);
    let parent = checkout.git(&["rev-parse", "HEAD"]);
    let who = "Kim Example <kim@example.test>";
    for date in ["soon +0000", "+0000", "99999999999999999999 +0000"] {
        let text = format!(
            "tree {tree}\nparent {parent}\nauthor {who} 1770000000 +0000\ncommitter {who} {date}\n\nUndated\n"
        );
        let mut git = Command::new("git")
            .current_dir(checkout.path())
            .args(["hash-object", "-t", "commit", "-w", "--literally", "--stdin"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        git.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let output = git.wait_with_output().unwrap();
        let commit = String::from_utf8(output.stdout).unwrap().trim().to_string();
        checkout.git(&["update-ref", "refs/heads/main", &commit]);
        let audited = audit(checkout.path(), &YEAR);
        let landing = audited.landing(&commit);
        assert_eq!(
            (&landing["time"]["at"], &landing["time"]["source"]),
            (&Value::Null, &"unknown".into()),
            "{date}"
        );
        assert!(audited.gaps().contains("when landings came in"), "{date}: {}", audited.gaps());
        assert!(audited.anomalies().contains(&commit), "{date}");
        assert!(!audited.json.to_string().contains("1970"), "{date}");
    }
}
