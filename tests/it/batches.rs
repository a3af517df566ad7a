//! The gate in the job of a merge queue: the real binary, a real repository, a host on this machine.

use crate::support::gate::{Verdict, command};
use crate::support::queue::{Batch, METHODS, Method};
use portcullis_model::change::BranchName;
use portcullis_testkit::history::Edit;
use portcullis_testkit::server::Server;
use portcullis_testkit::stage::{KIM, POLICY, revision};
use portcullis_testkit::world::{Bend, Endpoint};
use serde_json::{Value, json};

/// Code of the area that nobody reviewed.
const UNREVIEWED: Edit<'static> = Edit::Write("services/upload/other.sql", "DELETE FROM records;\n");

const RED: &str = r#"<testsuites><testsuite name="upload-regression" tests="3" failures="1" errors="0" skipped="0">
    <testcase classname="upload" name="loads_new_records"/><testcase classname="upload" name="amends_records"/>
    <testcase classname="upload" name="deletes_records"><failure message="gone"/></testcase>
</testsuite></testsuites>"#;

fn allowed(batch: &Batch) -> Verdict {
    let verdict = batch.judge(&[]);
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
    verdict
}

/// The subjects of findings with this verdict.
fn subjects(verdict: &Verdict, control: &str, word: &str) -> Vec<String> {
    let name = |finding: &&Value| finding["subject"]["name"].as_str().unwrap().to_string();
    verdict.findings(control, word).iter().map(name).collect()
}

#[test]
fn honest_batches_of_one_two_and_three_requests_are_allowed_however_they_land() {
    for method in METHODS {
        for count in 1..=3 {
            let batch = Batch::built(count, method);
            let verdict = allowed(&batch);
            let numbers: Vec<usize> = (7..7 + count).collect();
            assert_eq!(verdict.json["judged"]["requests"], json!(numbers), "{}", verdict.text);
            assert_eq!(verdict.json["judged"]["head"], batch.tip.to_string());
            assert_eq!(verdict.json["judged"]["base"], batch.stage.base.to_string());
            // Each request is judged by itself, the tests once.
            let reviews = subjects(&verdict, "required-reviews", "met");
            for number in numbers {
                assert!(
                    reviews.iter().any(|name| name.ends_with(&number.to_string())),
                    "{method:?}: {reviews:?}"
                );
            }
            assert_eq!(subjects(&verdict, "regression-tests", "met").len(), 1, "{}", verdict.text);
            assert_eq!(subjects(&verdict, "reviewed-landings", "met").len(), count + 1, "{}", verdict.text);
        }
    }
}

#[test]
fn requests_that_the_queue_takes_in_another_order_are_allowed() {
    let mut batch = Batch::of(3);
    [2, 0, 1].into_iter().for_each(|at| batch.add(at, Method::Squash));
    assert_eq!(allowed(&batch).json["judged"]["requests"], json!([9, 7, 8]));
}

#[test]
fn requests_behind_the_batch_and_one_that_is_not_built_yet_have_no_part_in_it() {
    let mut batch = Batch::of(3);
    batch.add(0, Method::Merge);
    let (tip, before) = (batch.tip, batch.before);
    batch.add(1, Method::Merge);
    batch.list(2, batch.tip);
    batch.entries()[2].commit = None;
    (batch.tip, batch.before) = (tip, before);
    batch.host.worlds[1].reviews.clear();
    let event = batch.event();
    assert_eq!(event.sha, tip.to_string());
    assert_eq!(allowed(&batch).json["judged"]["requests"], json!([7]));
}

/// Where the checks of single entries need not pass, the check of the last one is the only one that stops the first.
#[test]
fn one_request_without_review_stops_the_whole_batch_wherever_it_is() {
    for method in METHODS {
        for at in 0..3 {
            let mut batch = Batch::built(3, method);
            batch.host.worlds[at].reviews.clear();
            let verdict = batch.judge(&[]);
            verdict.expect(1, "required-reviews", "0 of");
            let number = (7 + at).to_string();
            let broken = subjects(&verdict, "required-reviews", "broken");
            assert!(broken.iter().all(|name| name.ends_with(&number)), "{method:?}: {broken:?}");
        }
    }
}

#[test]
fn a_check_of_one_request_that_failed_stops_the_batch() {
    let mut batch = Batch::built(2, Method::Squash);
    batch.host.worlds[1].checks.retain(|check| check.name != "regression");
    let verdict = batch.judge(&[]);
    verdict.expect(1, "required-checks", "wrote no check");
    assert_eq!(subjects(&verdict, "required-checks", "broken"), ["regression in request 8"]);
}

#[test]
fn what_no_request_of_the_batch_holds_is_refused() {
    for method in METHODS {
        // Within the commit that the queue built.
        let mut batch = Batch::of(2);
        batch.add(0, method);
        (batch.before, batch.tip) = (batch.tip, batch.build(1, method, &[UNREVIEWED]));
        batch.list(1, batch.tip);
        batch.judge(&[]).expect(1, "reviewed-landings", "services/upload/other.sql");
        // A commit of its own, before the last request or behind it.
        let mut batch = Batch::of(2);
        batch.add(0, method);
        batch.tip = batch.stage.history.commit(KIM, &[batch.tip], "One more", &[UNREVIEWED]).unwrap();
        batch.add(1, method);
        batch.judge(&[]).expect(1, "reviewed-landings", "services/upload/other.sql");
        let mut batch = Batch::built(2, method);
        batch.tip = batch.stage.history.commit(KIM, &[batch.tip], "One more", &[UNREVIEWED]).unwrap();
        let last = revision(batch.tip).unwrap();
        batch.entries()[1].commit = Some(last);
        batch.judge(&[]).expect(1, "reviewed-landings", "services/upload/other.sql");
    }
}

#[test]
fn a_step_that_the_queue_has_no_request_for_leaves_the_batch_undetermined() {
    let mut batch = Batch::built(2, Method::Merge);
    batch.entries().remove(0);
    // Request 7 is then content that request 8 does not hold.
    batch.judge(&[]).expect(1, "reviewed-landings", "services/upload/load.sql");
    let mut batch = Batch::built(2, Method::Merge);
    let tip = batch.stage.history.commit(KIM, &[batch.tip], "One more", &[UNREVIEWED]).unwrap();
    batch.tip = tip;
    batch.judge(&[]).expect(3, "gate-integrity", "no entry of the queue for main ends at");
}

#[test]
fn a_queue_that_names_its_requests_in_another_order_than_it_built_them_is_refused() {
    for method in METHODS {
        let mut batch = Batch::built(2, method);
        let (first, second) = (batch.entries()[0].commit.clone(), batch.entries()[1].commit.clone());
        batch.entries().reverse();
        (batch.entries()[0].commit, batch.entries()[1].commit) = (first, second);
        let verdict = batch.judge(&[]);
        assert_eq!(verdict.exit, 1, "{method:?}: {}", verdict.text);
        assert!(!verdict.findings("reviewed-landings", "broken").is_empty(), "{}", verdict.text);
    }
}

#[test]
fn a_head_that_moved_since_the_queue_took_it_is_refused() {
    let mut batch = Batch::built(2, Method::Squash);
    let old = *batch.commits[1].last().unwrap();
    let new = batch.stage.history.commit(KIM, &[old], "One more", &[UNREVIEWED]).unwrap();
    batch.host.worlds[1].request.head = revision(new).unwrap();
    let verdict = batch.judge(&[]);
    assert_eq!(verdict.exit, 1, "{}", verdict.text);
    let unproven = verdict.findings("gate-integrity", "unproven");
    assert!(
        unproven.iter().any(|one| one["reason"].as_str().unwrap().starts_with("the queue took it at")),
        "{}",
        verdict.text
    );
}

#[test]
fn a_request_for_another_branch_has_no_place_in_the_batch() {
    let mut batch = Batch::built(2, Method::Merge);
    batch.host.worlds[1].request.base_branch = BranchName::new("release");
    batch.judge(&[]).expect(3, "gate-integrity", "it is for branch release");
}

#[test]
fn a_red_report_stops_the_batch_and_is_judged_once() {
    let batch = Batch::built(2, Method::Merge);
    batch.stage.report(RED).unwrap();
    let verdict = batch.judge(&[]);
    verdict.expect(1, "regression-tests", "failed");
    assert_eq!(subjects(&verdict, "regression-tests", "broken").len(), 1, "{}", verdict.text);
}

#[test]
fn a_job_of_a_batch_judges_no_single_request_and_no_other_commit() {
    let batch = Batch::built(2, Method::Merge);
    let named = ["--host", "github", "--repository", "example-org/data-upload", "--request", "7"];
    for more in [&["--request", "7"][..], &named] {
        batch.judge(more).expect(3, "gate-integrity", "request 7 was named");
    }
    let (head, other) = (batch.stage.head().to_string(), batch.tip.to_string());
    batch.judge(&["--head", &head]).expect(3, "gate-integrity", "what would be judged is");
    let alone = ["--host", "none", "--base", "main"];
    batch.judge(&alone).expect(3, "gate-integrity", "something else would be judged");
    let deployment = ["--environment", "production", "--branch", "main", "--base", "main", "--head", &other];
    batch.judge(&deployment).expect(3, "gate-integrity", "has not landed");
    batch.judge(&["--repository", "example-org/other"]).expect(3, "gate-integrity", "was named");
    allowed(&batch);
}

#[test]
fn a_batch_that_is_not_in_the_queue_any_more_is_undetermined() {
    let mut batch = Batch::built(2, Method::Merge);
    batch.queue(Vec::new());
    batch.judge(&[]).expect(3, "gate-integrity", "no entry of the queue for main ends at");
    batch.host.worlds[0].queue = None;
    batch.judge(&[]).expect(3, "gate-integrity", "shows no merge queue for branch main");
    // The branch moved on: what was built is not what would land.
    let mut batch = Batch::built(2, Method::Merge);
    let moved = batch.stage.history.commit(KIM, &[batch.stage.base], "Moved", &[UNREVIEWED]).unwrap();
    batch.stage.history.branch("main", moved).unwrap();
    batch.host.worlds.iter_mut().for_each(|world| world.branch.tip = revision(moved).unwrap());
    batch.judge(&[]).expect(3, "gate-integrity", "which the batch does not hold");
    // It has landed.
    let mut batch = Batch::built(2, Method::Merge);
    let landed = revision(batch.tip).unwrap();
    batch.host.worlds.iter_mut().for_each(|world| world.branch.tip = landed.clone());
    batch.judge(&[]).expect(3, "gate-integrity", "main holds it already");
}

#[test]
fn a_queue_that_the_host_does_not_show_whole_is_undetermined() {
    let mut batch = Batch::built(3, Method::Squash);
    batch.host.worlds[0].page_size = 2;
    batch.judge(&[]).expect(3, "gate-integrity", "longer than a page");
    for (bend, says) in [
        (Bend::Refuse(401, "Bad credentials".into()), "401"),
        (Bend::Refuse(403, "Resource not accessible by integration".into()), "403"),
        (Bend::Refuse(404, "Not Found".into()), "404"),
        (Bend::Text(r#"{"data":null,"errors":[{"message":"no","type":"FORBIDDEN"}]}"#.into()), "no"),
        (Bend::Text(r#"{"data":{"repository":null}}"#.into()), "no repository"),
        (Bend::Drop("/data/repository/mergeQueue/entries/nodes/0/pullRequest".into()), "pullRequest"),
        (Bend::Drop("/data/repository/mergeQueue/entries/nodes/2/headCommit".into()), "headCommit"),
        (
            Bend::Set("/data/repository/mergeQueue/entries/nodes/1/pullRequest".into(), Value::Null),
            "does not show",
        ),
        (Bend::Text("<html>".into()), ""),
    ] {
        let mut batch = Batch::built(3, Method::Squash);
        batch.host.worlds[0].bends.push((Endpoint::GraphQl, bend));
        batch.judge(&[]).expect(3, "gate-integrity", says);
    }
    // A request that the host does not show, or its reviews.
    for endpoint in [Endpoint::Request, Endpoint::Reviews, Endpoint::Activity] {
        let mut batch = Batch::built(3, Method::Squash);
        batch.host.worlds[1].bends.push((endpoint, Bend::Refuse(403, "Resource not accessible".into())));
        let verdict = batch.judge(&[]);
        assert_eq!(
            verdict.exit,
            if endpoint == Endpoint::Activity { 0 } else { 3 },
            "{endpoint:?}: {}",
            verdict.text
        );
    }
}

/// The variables of the runner name the queue's branch; a step of the job can only write the event file.
#[test]
fn an_event_file_of_another_batch_or_branch_gives_no_verdict() {
    let batch = Batch::built(2, Method::Merge);
    let server = Server::start(batch.host.clone());
    for (place, value, says) in [
        ("/merge_group/base_ref", json!("refs/heads/release"), "merge group for release"),
        ("/merge_group/base_ref", Value::Null, "which branch"),
        ("/merge_group/head_sha", json!(batch.before.to_string()), "GITHUB_SHA"),
        ("/merge_group/head_ref", json!("refs/heads/gh-readonly-queue/main/pr-9-x"), "GITHUB_REF"),
    ] {
        let mut event = batch.event();
        *event.payload.pointer_mut(place).unwrap() = value;
        let mut job = command(&batch.stage, &server, &["check", "--format", "json"]);
        event.enter(&batch.stage, &mut job);
        Verdict::of(&job.output().unwrap()).expect(3, "gate-integrity", says);
    }
}

#[test]
fn facts_of_a_batch_give_the_same_decision_and_facts_of_anything_else_give_none_in_its_job() {
    let mut batch = Batch::built(2, Method::Merge);
    std::fs::write(batch.stage.directory().join("policy.toml"), POLICY).unwrap();
    let decide = ["decide", "--facts", "facts.json", "--policy", "policy.toml", "--format", "json"];
    for exit in [0, 1] {
        let server = Server::start(batch.host.clone());
        let written = batch.command(&server, &["facts", "-o", "facts.json"]).output().unwrap();
        assert!(written.status.success(), "{}", String::from_utf8_lossy(&written.stderr));
        let decided = Verdict::of(&batch.command(&server, &decide).output().unwrap());
        let checked = batch.judge(&[]);
        assert_eq!(
            (decided.exit, &decided.json["findings"]),
            (exit, &checked.json["findings"]),
            "{}",
            decided.text
        );
        batch.host.worlds[0].reviews.clear();
    }
    let server = Server::start(batch.host.clone());
    let head = batch.tip.to_string();
    let alone = ["facts", "--host", "none", "--base", "main", "--head", &head, "-o", "facts.json"];
    assert!(batch.command(&server, &alone).output().unwrap().status.success());
    let decided = Verdict::of(&batch.command(&server, &decide).output().unwrap());
    decided.expect(3, "gate-integrity", "something else would be judged");
}
