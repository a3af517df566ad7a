//! The gate in the job of a merge queue: the real binary, a real repository, a host on this machine.

use crate::support::gate::{Verdict, command};
use crate::support::queue::{Batch, METHODS, Method};
use jiff::Timestamp;
use portcullis_model::change::BranchName;
use portcullis_testkit::answer_faults::AnswerFault;
use portcullis_testkit::history::Edit;
use portcullis_testkit::server::Server;
use portcullis_testkit::stage::{KIM, POLICY, revision};
use portcullis_testkit::world::Endpoint;
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

/// It would take the place of the branch's own line, and here it drops what the branch holds besides.
#[test]
fn a_batch_that_turns_the_line_of_the_branch_round_is_refused() {
    let mut batch = Batch::of(1);
    let (base, head) = (batch.stage.base, batch.stage.head());
    let tip =
        batch.stage.history.commit(KIM, &[base], "More", &[Edit::Write("docs/more.md", "More.\n")]).unwrap();
    batch.move_to(tip);
    batch.tip = batch.stage.history.commit(KIM, &[head, tip], "Merge", &[]).unwrap();
    batch.list(0, batch.tip);
    batch.judge(&[]).expect(1, "gate-integrity", "not on its first-parent line");
    let mut honest = Batch::of(1);
    let (base, more) = (honest.stage.base, Edit::Write("docs/more.md", "More.\n"));
    let tip = honest.stage.history.commit(KIM, &[base], "More", &[more]).unwrap();
    honest.move_to(tip);
    honest.add(0, Method::Merge);
    allowed(&honest);
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
    assert!(subjects(&verdict, "regression-tests", "broken").iter().all(|name| name == "upload-regression"));
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
    for (alter, says) in [
        (AnswerFault::Refuse(401, "Bad credentials".into()), "401"),
        (AnswerFault::Refuse(403, "Resource not accessible by integration".into()), "403"),
        (AnswerFault::Refuse(404, "Not Found".into()), "404"),
        (AnswerFault::Text(r#"{"data":null,"errors":[{"message":"no","type":"FORBIDDEN"}]}"#.into()), "no"),
        (AnswerFault::Text(r#"{"data":{"repository":null}}"#.into()), "no repository"),
        (AnswerFault::Drop("/data/repository/mergeQueue/entries/nodes/0/pullRequest".into()), "pullRequest"),
        (AnswerFault::Drop("/data/repository/mergeQueue/entries/nodes/2/headCommit".into()), "headCommit"),
        (
            AnswerFault::Set("/data/repository/mergeQueue/entries/nodes/1/pullRequest".into(), Value::Null),
            "does not show",
        ),
        (AnswerFault::Text("<html>".into()), ""),
    ] {
        let mut batch = Batch::built(3, Method::Squash);
        batch.host.worlds[0].faults.push((Endpoint::GraphQl, alter));
        batch.judge(&[]).expect(3, "gate-integrity", says);
    }
    // A request that the host does not show, or its reviews.
    for endpoint in [Endpoint::Request, Endpoint::Reviews, Endpoint::Activity] {
        let mut batch = Batch::built(3, Method::Squash);
        batch.host.worlds[1]
            .faults
            .push((endpoint, AnswerFault::Refuse(403, "Resource not accessible".into())));
        let verdict = batch.judge(&[]);
        assert_eq!(verdict.exit, 3, "{endpoint:?}: {}", verdict.text);
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

#[test]
fn facts_of_a_batch_whose_parts_disagree_are_refused() {
    let batch = Batch::built(2, Method::Squash);
    let server = Server::start(batch.host.clone());
    let written = batch.command(&server, &["facts"]).output().unwrap();
    let facts: Value = serde_json::from_slice(&written.stdout).unwrap();
    let directory = batch.stage.directory();
    std::fs::write(directory.join("policy.toml"), POLICY).unwrap();
    let decide = |facts: &Value| {
        std::fs::write(directory.join("facts.json"), facts.to_string()).unwrap();
        let arguments = ["decide", "--facts", "facts.json", "--policy", "policy.toml", "--format", "json"];
        Verdict::of(&batch.command(&server, &arguments).output().unwrap())
    };
    assert_eq!(decide(&facts).exit, 0, "{}", decide(&facts).text);
    let edited = |edit: &dyn Fn(&mut Value)| {
        let mut facts = facts.clone();
        edit(&mut facts);
        decide(&facts)
    };
    let landings = "/landings/known";
    for (number, edit) in [
        &(|facts: &mut Value| facts["queue"]["known"]["head"] = facts["queue"]["known"]["base"].clone())
            as &dyn Fn(&mut Value),
        &|facts| drop(facts.pointer_mut(landings).unwrap().as_array_mut().unwrap().remove(0)),
        &|facts| drop(facts.pointer_mut(landings).unwrap().as_array_mut().unwrap().pop()),
        &|facts| facts.pointer_mut(landings).unwrap().as_array_mut().unwrap().reverse(),
        &|facts| facts["whole"]["change"]["known"]["base"] = facts["head"].clone(),
    ]
    .into_iter()
    .enumerate()
    {
        let verdict = edited(edit);
        assert!(
            verdict.exit > 3 && verdict.text.contains("these are no facts"),
            "{number}: {}",
            verdict.text
        );
    }
    // Steps of the branch that no landing has, and a step without its request, or without its place in the queue.
    let first = "/landings/known/0";
    for (number, edit) in [
        &(|facts: &mut Value| {
            drop(facts.pointer_mut("/span/known/steps").unwrap().as_array_mut().unwrap().remove(0))
        }) as &dyn Fn(&mut Value),
        &|facts| facts.pointer_mut(first).unwrap()["requests"]["known"] = json!([]),
        &|facts| drop(facts.pointer_mut("/queue/known/entries").unwrap().as_array_mut().unwrap().remove(0)),
        &|facts| facts["queue"]["known"]["entries"][0]["request"] = json!(9),
    ]
    .into_iter()
    .enumerate()
    {
        let verdict = edited(edit);
        assert_eq!(verdict.exit, 3, "{number}: {}", verdict.text);
    }
}

#[test]
fn every_format_names_the_batch_and_the_request_that_stops_it() {
    let mut batch = Batch::built(2, Method::Merge);
    batch.host.worlds[1].reviews.clear();
    let server = Server::start(batch.host.clone());
    for format in ["terminal", "markdown", "github"] {
        let output = batch.command(&server, &["check", "--format", format]).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        // A terminal breaks lines where it likes.
        let text = String::from_utf8(output.stdout).unwrap();
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains("batch of requests 7, 8 into main"), "{format}: {text}");
        assert!(text.contains("upload in request 8"), "{format}: {text}");
    }
}

fn git(directory: &std::path::Path, arguments: &[&str]) {
    let output = std::process::Command::new("git").current_dir(directory).args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// After a squash no commit of the batch reaches the heads of its requests.
#[test]
fn a_clone_without_the_heads_of_the_requests_fetches_them() {
    let batch = Batch::built(2, Method::Squash);
    let origin = batch.stage.history.repository();
    for (at, commits) in batch.commits.iter().enumerate() {
        origin.reference(&format!("refs/pull/{}/head", 7 + at), *commits.last().unwrap(), true, "").unwrap();
    }
    batch.stage.history.branch("queue", batch.tip).unwrap();
    let place = tempfile::tempdir().unwrap();
    let from = batch.stage.directory().to_str().unwrap();
    git(place.path(), &["init", "-q", "-b", "none"]);
    git(place.path(), &["remote", "add", "origin", from]);
    git(place.path(), &["fetch", "-q", "--no-tags", "origin", "refs/heads/main:refs/remotes/origin/main"]);
    git(place.path(), &["fetch", "-q", "--no-tags", "origin", "refs/heads/queue"]);
    git(place.path(), &["checkout", "-q", "--detach", "FETCH_HEAD"]);
    let report = place.path().join("target/upload-regression.xml");
    std::fs::create_dir_all(report.parent().unwrap()).unwrap();
    std::fs::copy(batch.stage.report_file(), report).unwrap();
    let server = Server::start(batch.host.clone());
    let judge = || {
        let mut job = batch.command(&server, &["check", "--format", "json"]);
        Verdict::of(&job.current_dir(place.path()).output().unwrap())
    };
    let verdict = judge();
    verdict.expect(3, "reviewed-landings", &batch.commits[1][1].to_string()[..10]);
    let all = verdict.findings("reviewed-landings", "unproven");
    assert!(all.iter().all(|one| one["remedy"].to_string().contains("fetch")), "{}", verdict.text);
    git(place.path(), &["fetch", "-q", "origin", "+refs/pull/*/head:refs/remotes/pull/*"]);
    assert_eq!(judge().exit, 0, "{}", judge().text);
}

#[test]
fn a_waiver_at_the_tip_of_the_branch_covers_one_request_of_the_batch() {
    for (request, exit) in [(8, 0), (9, 1)] {
        let moment =
            |days: i64| Timestamp::from_second(Timestamp::now().as_second() + days * 86_400).unwrap();
        let waiver = format!(
            "schema = 1\n\n[[waivers]]\nid = \"W-1\"\ncontrol = \"required-checks\"\nrequests = [{request}]\n\
             reason = \"the runner is down\"\nticket = \"OPS-1\"\nrequester = \"kim-example\"\n\
             created = \"{}\"\nexpires = \"{}\"\napprover = \"alex-example\"\n",
            moment(-1),
            moment(1)
        );
        let mut batch = Batch::of(2);
        let base = batch.stage.base;
        let tip = batch.stage.history.commit(
            KIM,
            &[base],
            "Waiver",
            &[Edit::Write("portcullis-waivers.toml", &waiver)],
        );
        batch.move_to(tip.unwrap());
        (0..2).for_each(|at| batch.add(at, Method::Merge));
        batch.host.worlds[1].checks.clear();
        let verdict = batch.judge(&[]);
        assert_eq!(verdict.exit, exit, "{}", verdict.text);
        assert_eq!(
            verdict.findings("required-checks", "waived").len(),
            usize::from(exit == 0),
            "{}",
            verdict.text
        );
    }
}

/// What the gate says to do, done.
#[test]
fn what_the_gate_says_of_a_batch_helps() {
    let says = |verdict: &Verdict, control: &str, text: &str| {
        let all = [verdict.findings(control, "broken"), verdict.findings(control, "unproven")].concat();
        let found =
            all.iter().any(|one| one["remedy"].as_str().is_some_and(|remedy| remedy.starts_with(text)));
        assert!(found, "no remedy `{text}`: {}", verdict.text);
    };
    // It was built again since: the job of the new build is allowed.
    let mut batch = Batch::built(2, Method::Merge);
    let old = (batch.tip, batch.before);
    batch.queue(Vec::new());
    (batch.tip, batch.before) = (batch.stage.base, batch.stage.base);
    [1, 0].into_iter().for_each(|at| batch.add(at, Method::Squash));
    let new = (batch.tip, batch.before);
    (batch.tip, batch.before) = old;
    says(&batch.judge(&[]), "gate-integrity", "Wait for the job that the queue starts");
    (batch.tip, batch.before) = new;
    allowed(&batch);
    // What the queue built is not what the request is: taken out and added again, it is.
    let mut batch = Batch::of(1);
    batch.tip = batch.build(0, Method::Merge, &[UNREVIEWED]);
    batch.list(0, batch.tip);
    says(&batch.judge(&[]), "reviewed-landings", "Take the request out of the queue and add it again");
    batch.queue(Vec::new());
    batch.tip = batch.stage.base;
    batch.add(0, Method::Merge);
    allowed(&batch);
    // A request of another branch, or one that moved on, leaves the queue.
    for moved in [false, true] {
        let mut batch = Batch::built(2, Method::Merge);
        let world = &mut batch.host.worlds[1];
        match moved {
            true => world.request.head = revision(batch.stage.base).unwrap(),
            false => world.request.base_branch = BranchName::new("release"),
        }
        says(&batch.judge(&[]), "gate-integrity", "Take the request out of the queue");
        batch.queue(Vec::new());
        (batch.tip, batch.before) = (batch.stage.base, batch.stage.base);
        batch.add(0, Method::Merge);
        allowed(&batch);
    }
    // Arguments that a job of a batch leaves out.
    let batch = Batch::built(1, Method::Merge);
    says(&batch.judge(&["--request", "7"]), "gate-integrity", "Leave out --request, --host none");
    says(&batch.judge(&["--head", "main"]), "gate-integrity", "Leave out --head: a job of a batch");
    allowed(&batch);
}

/// One count for a request, a batch and a deployment, and it is what the host was really asked.
#[test]
fn a_verbose_check_counts_what_it_asked_of_the_host() {
    let batch = Batch::built(2, Method::Merge);
    let server = Server::start(batch.host.clone());
    let said = |arguments: &[&str]| {
        let output = batch.command(&server, arguments).output().unwrap();
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let verbose = said(&["check", "--verbose"]);
    let count =
        format!("requests sent to the host: {}, for a batch of 2 change requests", server.seen().len());
    assert!(verbose.contains(&count), "{count}: {verbose}");
    assert!(!said(&["check"]).contains("requests sent"), "the twin: without --verbose");
    let single = Server::start(batch.stage.world.clone());
    let output = command(&batch.stage, &single, &["check", "--verbose"]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let count = format!("requests sent to the host: {}\n", single.seen().len());
    assert!(text.contains(&count), "{count}: {text}");
}
