//! Landings that want to be in no audit, records that were tampered with, and approvals that came
//! too late: each with its honest twin.

use crate::audit::deployed_twice;
use crate::support::audited::{ALL, POLICY, YEAR, audit, audit_with_host, begun, commit_at, land_at};
use crate::support::checkout::Checkout;
use crate::support::release::{judge, subcommand};
use git2::Oid;
use portcullis_model::change::Revision;
use portcullis_testkit::lane::state::{Body, File, Op};
use portcullis_testkit::lane::{How, Lane};
use portcullis_testkit::server::Server;
use portcullis_testkit::stage::KIM;
use portcullis_testkit::world::{World, minutes};
use serde_json::Value;
use std::collections::BTreeSet;

/// One landing before the period, three in it, of which the second has another date, and one after
/// it.
fn with_date(date: &str) -> (Checkout, String) {
    let checkout = begun();
    land_at(&checkout, "2025-12-30T12:00:00Z", "before");
    land_at(&checkout, "2026-02-01T12:00:00Z", "first");
    let odd = land_at(&checkout, date, "odd");
    land_at(&checkout, "2026-04-01T12:00:00Z", "third");
    land_at(&checkout, "2027-01-10T12:00:00Z", "after");
    (checkout, odd)
}

#[test]
fn a_landing_is_not_hidden_by_a_date_from_before_the_period() {
    for date in ["1970-01-02T00:00:00Z", "2025-12-31T12:00:00Z", "1970-01-01T00:00:00Z"] {
        let (checkout, odd) = with_date(date);
        let audited = audit(checkout.path(), &YEAR);
        assert_eq!((audited.landings(), audited.exit), (3, 3), "{date}: {}", audited.text);
        assert!(audited.anomalies().contains(&odd), "{date}: {}", audited.anomalies());
    }
}

#[test]
fn a_landing_is_not_hidden_by_a_date_from_after_the_period_or_in_the_future() {
    for date in ["2027-02-01T12:00:00Z", "2038-01-01T00:00:00Z", "2099-01-01T00:00:00Z"] {
        let (checkout, odd) = with_date(date);
        let audited = audit(checkout.path(), &YEAR);
        assert_eq!(audited.landings(), 3, "{date}: {}", audited.text);
        assert!(audited.anomalies().contains(&odd), "{date}: {}", audited.anomalies());
    }
    // Also as the newest landing of the branch.
    let checkout = begun();
    land_at(&checkout, "2026-02-01T12:00:00Z", "first");
    let odd = land_at(&checkout, "2038-01-01T00:00:00Z", "odd");
    let audited = audit(checkout.path(), &YEAR);
    assert_eq!(audited.landings(), 2, "{}", audited.text);
    assert!(audited.anomalies().contains(&odd), "{}", audited.anomalies());
}

#[test]
fn twin_honest_dates_are_taken_as_they_are() {
    let (checkout, _) = with_date("2026-03-01T12:00:00Z");
    let audited = audit(checkout.path(), &YEAR);
    assert_eq!((audited.landings(), audited.anomalies().as_str()), (3, "[]"));
    let excluded = &audited.json["branches"][0]["excluded"];
    assert_eq!(
        (&excluded[0]["steps"], &excluded[1]["steps"]),
        (&Value::from(2), &Value::from(1)),
        "{excluded}"
    );
}

#[test]
fn two_audits_of_adjoining_periods_leave_nothing_between_them() {
    for date in
        ["1970-01-02T00:00:00Z", "2026-06-15T00:00:00Z", "2027-03-01T12:00:00Z", "2038-01-01T00:00:00Z"]
    {
        let (checkout, _) = with_date(date);
        let mut seen = BTreeSet::new();
        for (since, until) in [("2025-01-01", "2026-02-28"), ("2026-03-01", "2027-05-01")] {
            let audited = audit(checkout.path(), &["--since", since, "--until", until, "--no-deployments"]);
            let landings = audited.json["landings"].as_array().unwrap();
            seen.extend(landings.iter().map(|landing| landing["landed"].as_str().unwrap().to_string()));
        }
        assert_eq!(seen.len(), 5, "{date}: all but the first commit, which landed on nothing");
    }
}

#[test]
fn a_merge_hides_no_commit_and_nothing_that_it_adds_itself() {
    let checkout = begun();
    land_at(&checkout, "2026-02-01T12:00:00Z", "first");
    checkout.git(&["checkout", "-q", "-b", "topic", "HEAD~1"]);
    land_at(&checkout, "1999-01-01T12:00:00Z", "old");
    land_at(&checkout, "2026-02-02T12:00:00Z", "new");
    checkout.git(&["checkout", "-q", "main"]);
    checkout.git(&["merge", "-q", "--no-ff", "--no-commit", "topic"]);
    land_at(&checkout, "2026-02-03T12:00:00Z", "slipped-in");
    let audited = audit(checkout.path(), &YEAR);
    let branch = &audited.json["branches"][0];
    assert_eq!((&branch["landings"], &branch["commits"]), (&Value::from(2), &Value::from(4)), "{branch}");
    assert_eq!(branch["proof"]["each_in_one_landing"], true);
    let explanation = &audited.json["landings"][1]["explanation"];
    assert_eq!(explanation["by"], "residual", "{explanation}");
    assert_eq!(explanation["residual"][0]["path"], "services/upload/slipped-in.sql");
}

#[test]
fn twin_a_clean_merge_is_explained() {
    let checkout = begun();
    land_at(&checkout, "2026-02-01T12:00:00Z", "first");
    checkout.git(&["checkout", "-q", "-b", "topic", "HEAD~1"]);
    land_at(&checkout, "2026-02-02T12:00:00Z", "new");
    checkout.git(&["checkout", "-q", "main"]);
    checkout.git_at("2026-02-03T12:00:00Z", &["merge", "-q", "--no-ff", "-m", "Merge", "topic"]);
    let audited = audit(checkout.path(), &YEAR);
    let explanation = &audited.json["landings"][1]["explanation"];
    assert_eq!(
        (&explanation["by"], &explanation["residual_parts"]),
        (&Value::from("replay"), &Value::from(0))
    );
}

#[test]
fn a_branch_that_was_rewound_since_a_record_saw_it_is_an_exception() {
    let (lane, first) = deployed_twice();
    assert_eq!(audit(lane.directory(), &ALL).exit, 0, "twin: it was not");
    lane.history.branch("main", first).unwrap();
    let audited = audit(lane.directory(), &ALL);
    assert_eq!(audited.exit, 1, "{}", audited.text);
    assert!(!audited.exceptions("population").is_empty(), "{}", audited.json["exceptions"]);
    assert_eq!(audited.json["branches"][0]["lost"][0], lane.tip().to_string());
}

const RECORDS: &str = "refs/portcullis/deployments/production";

#[test]
fn a_chain_of_records_with_a_hole_or_a_cut_beginning_does_not_verify() {
    let (lane, _) = deployed_twice();
    let git = lane.history.repository();
    let tip = git.find_reference(RECORDS).unwrap().peel_to_commit().unwrap();
    let who = tip.author();
    let alone = git.commit(None, &who, &who, tip.message().unwrap(), &tip.tree().unwrap(), &[]).unwrap();
    git.reference(RECORDS, alone, true, "cut").unwrap();
    let audited = audit(lane.directory(), &ALL);
    assert_eq!(audited.exit, 6, "{}", audited.text);
    let production = &audited.json["environments"][0];
    assert_eq!(production["holes"], serde_json::json!([1]), "{production}");
    assert!(!production["problems"].as_array().unwrap().is_empty());
    assert!(!audited.exceptions("records").is_empty());
}

#[test]
fn a_chain_that_was_cut_at_its_end_contradicts_the_host() {
    let (lane, _) = deployed_twice();
    let git = lane.history.repository();
    let tip = git.find_reference(RECORDS).unwrap().peel_to_commit().unwrap();
    let mut host = lane.host();
    host.worlds[0].deployments = vec![done(5, lane.tip(), 200)];
    let server = Server::start(host);
    let whole = audit_with_host(&lane, &server.address(), &ALL);
    assert_eq!(whole.exit, 0, "twin: {}\n{}", whole.text, whole.gaps());
    assert_eq!(whole.json["environments"][0]["on_host"][0]["record"], 2);
    git.reference(RECORDS, tip.parent_id(0).unwrap(), true, "cut").unwrap();
    let cut = audit_with_host(&lane, &server.address(), &ALL);
    assert_eq!(cut.exit, 1, "{}", cut.text);
    let found = cut.exceptions("records");
    assert!(found[0]["finding"]["reason"].as_str().unwrap().contains("which no record allowed"), "{found:?}");
    assert!(cut.json["counts"]["never_deployed"].as_u64().unwrap() > 0);
}

fn done(id: u64, commit: Oid, minute: i64) -> portcullis_testkit::world::Deployed {
    portcullis_testkit::world::Deployed::done(id, Revision::try_from(commit.to_string()).unwrap(), minute)
}

#[test]
fn without_any_record_nothing_is_said_to_be_in_order() {
    let mut lane = Lane::begin();
    landed(&mut lane, vec![Op::Slot(10, 1, "work\n".into())], |_| ());
    let server = Server::start(lane.host());
    let audited = audit_with_host(&lane, &server.address(), &ALL);
    assert_eq!(audited.exit, 3, "{}", audited.text);
    assert!(audited.gaps().contains("a clone does not bring them by itself"), "{}", audited.gaps());
    let landings = audit_with_host(&lane, &server.address(), &[&ALL[..], &["--no-deployments"]].concat());
    assert_eq!(landings.exit, 0, "twin: {}\n{}", landings.text, landings.gaps());
}

/// Lands an approved change after something was done to its request.
fn landed(lane: &mut Lane, ops: Vec<Op>, alter: impl FnOnce(&mut World)) -> String {
    let mut draft = lane.open(lane.tip());
    lane.push(&mut draft, KIM, ops);
    draft.approved();
    alter(&mut draft.world);
    lane.land(vec![draft], How::Squash, &[], &[], "Land it");
    lane.tip().to_string()
}

#[test]
fn an_approval_after_the_landing_does_not_count() {
    let mut lane = Lane::begin();
    let honest = landed(&mut lane, vec![Op::Slot(10, 1, "honest\n".into())], |_| ());
    let late = landed(&mut lane, vec![Op::Slot(10, 2, "late\n".into())], |world| {
        world.reviews.iter_mut().for_each(|review| review.submitted = Some(minutes(200)));
    });
    let server = Server::start(lane.host());
    let audited = audit_with_host(&lane, &server.address(), &[&ALL[..], &["--no-deployments"]].concat());
    assert_eq!(audited.exit, 1, "{}", audited.text);
    let landing = audited.landing(&late);
    assert_eq!(landing["then"]["outcome"], "block", "{landing:#}");
    let approval = &landing["approvals"][0];
    assert_eq!(
        (&approval["counts"], &approval["before_landing"]),
        (&Value::from(false), &Value::from(false))
    );
    assert!(approval["why_not"].as_str().unwrap().contains("after the change had landed"), "{approval}");
    assert_eq!(audited.landing(&honest)["then"]["outcome"], "allow", "twin");
}

fn waiver(created: &str, expires: &str) -> Op {
    let text = format!(
        "schema = 1\n\n[[waivers]]\nid = \"W-7\"\ncontrol = \"required-reviews\"\narea = \"upload\"\nreason = \"the register was down\"\n\
         ticket = \"OPS-31\"\nrequester = \"kim-example\"\napprover = \"robin-example\"\ncreated = \"{created}\"\n\
         expires = \"{expires}\"\n"
    );
    Op::Put(700, File::new("portcullis-waivers.toml", Body::Text(text)))
}

/// A landing with a waiver, and one without any approval after it; all land at the same moment of
/// the host, on the fifth of January 2026.
fn waived(created: &str, expires: &str) -> (Lane, String) {
    let mut lane = Lane::begin();
    landed(&mut lane, vec![waiver(created, expires)], |_| ());
    let bare =
        landed(&mut lane, vec![Op::Slot(10, 2, "no one looked\n".into())], |world| world.reviews.clear());
    (lane, bare)
}

#[test]
fn a_waiver_that_was_not_in_force_then_does_not_help_though_it_is_today() {
    let (lane, bare) = waived("2027-05-28", "2027-06-05");
    let server = Server::start(lane.host());
    let audited = audit_with_host(&lane, &server.address(), &[&ALL[..], &["--no-deployments"]].concat());
    let landing = audited.landing(&bare);
    assert_eq!(landing["then"]["outcome"], "block", "{landing:#}");
    assert_eq!(landing["today"]["outcome"], "allow", "{landing:#}");
    assert_eq!(audited.exit, 1, "{}", audited.text);
    assert!(audited.json["counts"]["open_exceptions"].as_u64().unwrap() > 0);
}

#[test]
fn twin_a_waiver_that_was_in_force_is_shown_with_who_granted_it() {
    let (lane, bare) = waived("2026-01-01", "2026-01-09");
    let server = Server::start(lane.host());
    let audited = audit_with_host(&lane, &server.address(), &[&ALL[..], &["--no-deployments"]].concat());
    let landing = audited.landing(&bare);
    assert_eq!(
        (&landing["then"]["outcome"], &landing["waivers"][0]),
        (&Value::from("allow"), &Value::from("W-7"))
    );
    let found = audited.exceptions("required-reviews");
    assert!(!found.is_empty() && found.iter().all(|one| one["standing"] == "waived"), "{found:?}");
    assert_eq!(found[0]["let_through"][0]["who"], "robin-example", "{}", found[0]);
    assert_eq!(audited.json["waivers"][0]["used_by"][0], landing["id"]);
    assert_eq!(
        (audited.exit, &audited.json["counts"]["open_exceptions"]),
        (1, &Value::from(0)),
        "{}",
        audited.text
    );
}

#[test]
fn a_policy_that_was_weakened_and_restored_is_judged_as_it_was_and_shown() {
    let checkout = begun();
    land_at(&checkout, "2026-02-01T12:00:00Z", "first");
    checkout.write("portcullis.toml", &POLICY.replace("services/upload/**", "nowhere/**"));
    let weakening = commit_at(&checkout, "2026-02-02T12:00:00Z", "Weaken");
    let meanwhile = land_at(&checkout, "2026-02-03T12:00:00Z", "meanwhile");
    checkout.write("portcullis.toml", POLICY);
    commit_at(&checkout, "2026-02-04T12:00:00Z", "Restore");
    let audited = audit(checkout.path(), &YEAR);
    let policies = audited.json["title"]["policies"].as_array().unwrap();
    let digests: Vec<&Value> = policies.iter().map(|policy| &policy["digest"]).collect();
    assert_eq!(digests.len(), 2, "in force for the landings after each: {policies:?}");
    assert_eq!(policies[1]["from"], weakening);
    let landing = audited.landing(&meanwhile);
    assert_eq!(landing["areas"], serde_json::json!([]), "the area was taken away");
    assert_ne!(landing["then"]["policy"], landing["today"]["policy"]);
    let area = &audited.json["areas"][0];
    assert_eq!(area["area"], "upload");
}

#[test]
fn landings_on_a_policy_that_cannot_be_read_are_undetermined() {
    let checkout = begun();
    let good = land_at(&checkout, "2026-02-01T12:00:00Z", "first");
    checkout.write("portcullis.toml", "schema = 1\n[project\n");
    commit_at(&checkout, "2026-02-02T12:00:00Z", "Break");
    let meanwhile = land_at(&checkout, "2026-02-03T12:00:00Z", "meanwhile");
    checkout.write("portcullis.toml", POLICY);
    commit_at(&checkout, "2026-02-04T12:00:00Z", "Mend");
    let audited = audit(checkout.path(), &YEAR);
    assert!([1, 3].contains(&audited.exit), "{}", audited.text);
    let landing = audited.landing(&meanwhile);
    assert_eq!(
        (&landing["then"]["outcome"], &landing["areas"]),
        (&Value::from("undetermined"), &Value::Null)
    );
    assert!(audited.gaps().contains("the policy that was in force"), "{}", audited.gaps());
    let problems: Vec<bool> = audited.json["title"]["policies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["problem"].is_string())
        .collect();
    assert_eq!(problems, [false, true]);
    assert!(audited.landing(&good)["areas"].is_array(), "twin");
}

#[test]
fn an_empty_period_is_no_praise() {
    let checkout = begun();
    land_at(&checkout, "2026-02-01T12:00:00Z", "first");
    let empty = ["--since", "2026-05-01", "--until", "2026-05-31", "--no-deployments"];
    let audited = audit(checkout.path(), &empty);
    assert_eq!((audited.exit, &audited.json["outcome"]), (3, &Value::from("empty")), "{}", audited.text);
    let output = checkout.portcullis(&[&["audit"][..], &empty].concat());
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("the period is empty") && !text.contains("no exceptions"), "{text}");
    let full = ["--since", "2026-01-01", "--until", "2026-02-28", "--no-deployments"];
    assert_eq!(audit(checkout.path(), &full).landings(), 1, "twin");
}

#[test]
fn a_period_that_ends_before_it_begins_and_a_branch_that_is_not_there_are_named() {
    let checkout = begun();
    let first = land_at(&checkout, "2026-02-01T12:00:00Z", "first");
    let reversed = audit(checkout.path(), &["--since", "2026-06-01", "--until", "2026-01-01"]);
    assert_eq!(reversed.exit, 2, "{}", reversed.text);
    assert!(reversed.text.contains("ends before it begins"), "{}", reversed.text);
    assert_eq!(audit(checkout.path(), &[&format!("{first}..main~1")]).exit, 2);
    let missing = audit(checkout.path(), &[&YEAR[..], &["--branch", "release"]].concat());
    assert_eq!(missing.exit, 5, "{}", missing.text);
    assert!(missing.text.contains("there is no branch release"), "{}", missing.text);
    assert_eq!(audit(checkout.path(), &[&YEAR[..], &["--branch", "main"]].concat()).landings(), 1, "twin");
}

#[test]
fn a_shallow_clone_shows_no_population() {
    let checkout = begun();
    land_at(&checkout, "2026-02-01T12:00:00Z", "first");
    land_at(&checkout, "2026-02-02T12:00:00Z", "second");
    let clones = tempfile::tempdir().unwrap();
    let from = format!("file://{}", checkout.path().display());
    for (name, depth, landings) in [("shallow", Some("--depth=2"), 0), ("whole", None, 2)] {
        let place = clones.path().join(name);
        let mut arguments = vec!["clone", "-q"];
        arguments.extend(depth);
        checkout.git(&[&arguments[..], &[&from, place.to_str().unwrap()]].concat());
        let audited = audit(&place, &YEAR);
        assert_eq!((audited.exit, audited.landings()), (3, landings), "{name}: {}", audited.text);
        assert_eq!(audited.gaps().contains("shallow clone"), depth.is_some(), "{}", audited.gaps());
    }
}

#[test]
fn saved_facts_that_the_repository_contradicts_are_refused() {
    let (lane, _) = deployed_twice();
    let server = Server::start(lane.host());
    let base = lane.baseline().to_string();
    let mut gather = subcommand("facts", &lane, &server.address(), lane.tip());
    let output = gather.args(["--base", &base]).output().unwrap();
    let honest: Value = serde_json::from_slice(&output.stdout).unwrap();
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("facts.json");
    let run = |facts: &Value| {
        std::fs::write(&file, facts.to_string()).unwrap();
        let named = ["--no-deployments", "--facts", file.to_str().unwrap()];
        audit(lane.directory(), &[&ALL[..], &named].concat())
    };
    let twin = run(&honest);
    assert_eq!(twin.exit, 0, "{}\n{}", twin.text, twin.gaps());
    let mut forged = honest.clone();
    let path = forged.pointer_mut("/landings/known/0/files/known").unwrap();
    *path = serde_json::json!([]);
    let refused = run(&forged);
    assert_eq!(refused.exit, 6, "{}", refused.text);
    assert!(refused.text.contains("the repository contradicts these facts"), "{}", refused.text);
}

#[test]
fn a_deployment_past_the_gate_is_named() {
    let (mut lane, _) = deployed_twice();
    let pushed = landed(&mut lane, vec![Op::Slot(11, 1, "past the gate\n".into())], |_| ());
    let mut host = lane.host();
    host.worlds[0].deployments = vec![done(9, Oid::from_str(&pushed).unwrap(), 300)];
    let server = Server::start(host);
    let audited = audit_with_host(&lane, &server.address(), &ALL);
    assert_eq!(audited.exit, 1, "{}", audited.text);
    assert_eq!(audited.json["environments"][0]["on_host"][0]["record"], Value::Null);
    let verdict = judge(&lane, &server, lane.tip(), &[]);
    assert_eq!(verdict.exit, 1, "the deployment gate says so too: {}", verdict.text);
}
