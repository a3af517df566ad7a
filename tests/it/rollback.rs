//! Going back: only to what passed the gate before, and only with leave that another person gave
//! (class 7 of the attack catalogue).

use crate::support::forger::{Forgery, facts, replaced};
use crate::support::gate::Verdict;
use crate::support::recorder::said;
use crate::support::release::{command, judge};
use git2::Oid;
use jiff::{SignedDuration, Timestamp};
use portcullis_record::RecordedOrigin;
use portcullis_testkit::answer_faults::AnswerFault;
use portcullis_testkit::lane::state::{Body, File, Op};
use portcullis_testkit::lane::{How, Lane, ROBIN};
use portcullis_testkit::server::Server;
use portcullis_testkit::stage::KIM;
use portcullis_testkit::world::Endpoint;

fn land(lane: &mut Lane, ops: Vec<Op>, approved: bool) -> Oid {
    let mut draft = lane.open(lane.tip());
    lane.push(&mut draft, KIM, ops);
    draft.approved();
    if !approved {
        draft.world.reviews.clear();
    }
    lane.land(vec![draft], How::Squash, &[], &[], "Land it");
    lane.tip()
}

fn work(lane: &mut Lane, text: &str) -> Oid {
    land(lane, vec![Op::Slot(10, 1, format!("{text}\n"))], true)
}

fn judged(lane: &Lane, head: Oid, more: &[&str]) -> Verdict {
    judge(lane, &Server::start(lane.host()), head, more)
}

/// Two deployments on record: the older and the newer.
fn deployed() -> (Lane, Oid, Oid) {
    let mut lane = Lane::begin();
    let older = work(&mut lane, "the older");
    let base = lane.baseline().to_string();
    assert_eq!(judged(&lane, older, &["--base", &base, "--record"]).exit, 0);
    let newer = work(&mut lane, "the newer");
    assert_eq!(judged(&lane, newer, &["--record"]).exit, 0);
    (lane, older, newer)
}

/// A day ago, tomorrow and so on, in whole seconds.
fn days(count: i64) -> Timestamp {
    let moment = Timestamp::now() + SignedDuration::from_hours(24 * count);
    Timestamp::from_second(moment.as_second()).unwrap()
}

fn entry(from: Oid, to: Oid) -> String {
    let (created, expires) = (days(-1), days(1));
    format!(
        "schema = 1\n\n[[rollbacks]]\nid = \"R-1\"\nenvironment = \"production\"\nfrom = \"{from}\"\nto = \"{to}\"\n\
         reason = \"closed cases stay\"\nticket = \"OPS-902\"\nrequester = \"kim-example\"\n\
         approver = \"robin-example\"\ncreated = \"{created}\"\nexpires = \"{expires}\"\n"
    )
}

fn leave(text: &str) -> Op {
    Op::Put(700, File::new("portcullis-waivers.toml", Body::Text(text.to_string())))
}

#[test]
fn an_approved_rollback_is_allowed_recorded_and_shown_everywhere() {
    let (mut lane, older, newer) = deployed();
    let text = entry(newer, older);
    land(&mut lane, vec![leave(&text)], true);
    let server = Server::start(lane.host());
    for format in ["terminal", "markdown", "github", "json"] {
        let output = command(&lane, &server.address(), older).args(["--format", format]).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(output.status.code(), Some(0), "{format}: {text}");
        for part in ["a rollback", "R-1", "robin-example", "closed cases stay", "OPS-902"] {
            assert!(text.replace('`', "").contains(part), "{format}: no `{part}` in {text}");
        }
    }
    let verdict = judge(&lane, &server, older, &["--record"]);
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
    assert_eq!(verdict.findings("gate-integrity", "waived").len(), 1);
    // What is undone counts as touched.
    assert!(verdict.touched().contains(&"services/upload/file-10.sql"), "{}", verdict.text);
    let (exit, text) = said(lane.directory(), &["list"]);
    assert!(exit == 0 && text.contains("(rollback)"), "{text}");
    let (exit, text) = said(lane.directory(), &["verify", "production", "--deployed", &older.to_string()]);
    assert_eq!(exit, 0, "{text}");
    // Forward again, over the same landings and a new one.
    let tip = work(&mut lane, "mended");
    let forward = judged(&lane, tip, &["--record"]);
    assert_eq!(forward.exit, 0, "{}", forward.text);
    assert_eq!(forward.json["judged"]["base"], older.to_string());
    // The leave was for going back from one commit, and is used up with it.
    judged(&lane, older, &[]).expect(1, "gate-integrity", "R-1 does not allow it: it begins at");
}

#[test]
fn attack_7_a_rollback_without_leave_is_blocked() {
    let (mut lane, older, newer) = deployed();
    judged(&lane, older, &[]).expect(1, "gate-integrity", "no one approved it");
    let base = lane.baseline();
    for (lines, expected) in [
        (entry(newer, base), "it ends at"),
        (entry(older, base), "it begins at"),
        (entry(newer, older).replace("\"production\"", "\"staging\""), "it is for staging"),
        (entry(newer, older).replace("\"robin-example\"", "\"kim-example\""), "cannot be read"),
        (entry(newer, older).replace("\"robin-example\"", "\"kim-example-admin\""), "cannot be read"),
        (entry(newer, older).replace("\"robin-example\"", "\"deploy[bot]\""), "cannot be read"),
        (entry(newer, older).replace("ticket", "tikcet"), "cannot be read"),
        ("schema = 1\n".to_string(), "names no rollback"),
    ] {
        land(&mut lane, vec![leave(&lines)], true);
        judged(&lane, older, &[]).expect(1, "gate-integrity", expected);
    }
    let text = entry(newer, older);
    let lines = text.lines().map(|line| match line.split_once(" = ") {
        Some(("created", _)) => format!("created = \"{}\"\n", days(-3)),
        Some(("expires", _)) => format!("expires = \"{}\"\n", days(-1)),
        _ => format!("{line}\n"),
    });
    let expired: String = lines.collect();
    land(&mut lane, vec![leave(&expired)], true);
    judged(&lane, older, &[]).expect(1, "gate-integrity", "it expired at");
}

#[test]
fn attack_7_leave_that_nobody_reviewed_is_none() {
    let (mut lane, older, newer) = deployed();
    let text = entry(newer, older);
    // Pushed past everybody.
    lane.direct(ROBIN, &[leave(&text)], "Leave to go back");
    judged(&lane, older, &[]).expect(1, "gate-integrity", "no one approved it");
    // Brought by a request that no owner of the gate approved.
    let (mut lane, older, newer) = deployed();
    land(&mut lane, vec![leave(&entry(newer, older))], false);
    judged(&lane, older, &[]).expect(1, "gate-integrity", "no one approved it");
    // Nor does it count when nobody can see whether it was.
    let (mut lane, older, newer) = deployed();
    land(&mut lane, vec![leave(&entry(newer, older))], true);
    let mut host = lane.host();
    for world in &mut host.worlds {
        world.faults.push((Endpoint::Reviews, AnswerFault::Refuse(403, "Not for you".into())));
    }
    assert_ne!(judge(&lane, &Server::start(host), older, &[]).exit, 0);
    let mut silent = lane.host();
    silent.silent = true;
    assert_ne!(judge(&lane, &Server::start(silent), older, &[]).exit, 0);
}

#[test]
fn attack_7_nothing_comes_back_that_did_not_pass_the_gate() {
    let (mut lane, _, newer) = deployed();
    let never = lane.baseline();
    land(&mut lane, vec![leave(&entry(newer, never))], true);
    judged(&lane, never, &[]).expect(1, "gate-integrity", "no record allowed");
    // The newest record says where a rollback begins, not the command line.
    let (mut lane, older, newer) = deployed();
    land(&mut lane, vec![leave(&entry(newer, older))], true);
    let verdict = judged(&lane, older, &["--base", &newer.to_string()]);
    verdict.expect(1, "gate-integrity", "no record says is deployed");
}

#[test]
fn attack_14_a_forged_rollback_does_not_verify() {
    let (mut lane, older, newer) = deployed();
    land(&mut lane, vec![leave(&entry(newer, older))], true);
    let gathered = facts(&lane, older, &[]);
    // What was never let through, with the leave and the facts of what was.
    let never = lane.baseline().to_string();
    let mut forged = Forgery::from(&lane, &replaced(&gathered, &older.to_string(), &never));
    forged.entry.baseline.origin = RecordedOrigin::Rollback;
    forged.push(&lane);
    let (exit, text) = said(lane.directory(), &["verify", "production"]);
    assert_eq!(exit, 6, "{text}");
    assert!(text.contains("goes back to a commit that no record before it let through"), "{text}");
    assert_eq!(judged(&lane, older, &[]).exit, 6);
}
