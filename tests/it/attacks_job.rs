//! Attacks on the job that the gate runs in: a verdict that is shown on another commit, and claims that do not agree.
//! Each attack has an honest twin; see `tests/ATTACKS.md`, sections 98 and 103.

use crate::support::gate::{Verdict, command};
use crate::support::job::{self, Event, named, request};
use git2::Oid;
use portcullis_testkit::history::Edit;
use portcullis_testkit::lane::Lane;
use portcullis_testkit::server::Server;
use portcullis_testkit::stage::{KIM, POLICY, Stage};
use serde_json::{Value, json};
use std::process::Command;

/// Code of the area that nobody reviewed.
const UNREVIEWED: Edit<'static> = Edit::Write("services/upload/load.sql", "DELETE FROM records;\n");

fn honest() -> Stage {
    Stage::honest().unwrap()
}

/// A commit that no request of the stage has, on top of its base.
fn beside(stage: &mut Stage) -> Oid {
    stage.history.commit(KIM, &[stage.base], "Unreviewed", &[UNREVIEWED]).unwrap()
}

/// The same, on top of the request's head.
fn beyond(stage: &mut Stage) -> Oid {
    let head = stage.head();
    stage.history.commit(KIM, &[head], "Unreviewed", &[UNREVIEWED]).unwrap()
}

fn strings(arguments: &[String]) -> Vec<&str> {
    arguments.iter().map(String::as_str).collect()
}

/// Undetermined, with a finding of the gate that says this; and a remedy.
fn refused(verdict: &Verdict, text: &str) {
    verdict.expect(3, "gate-integrity", text);
    let remedies = verdict.findings("gate-integrity", "unproven");
    assert!(remedies.iter().all(|finding| finding["remedy"].is_string()), "{}", verdict.text);
}

// Section 103: a verdict of another commit.

/// The group holds the approved request and, behind it, code that nobody reviewed.
fn group(stage: &mut Stage) -> Event {
    let other = beside(stage);
    let repository = stage.world.repository.clone();
    let group = stage.history.commit(KIM, &[other, stage.head()], "Merge #7", &[UNREVIEWED]).unwrap();
    let reference = format!("refs/heads/gh-readonly-queue/main/pr-7-{}", stage.base);
    let payload = json!({
        "action": "checks_requested",
        "merge_group": {
            "head_sha": group.to_string(), "head_ref": reference, "base_sha": stage.base.to_string(),
            "base_ref": "refs/heads/main",
        },
        "repository": { "full_name": repository, "id": 77, "default_branch": "main" },
    });
    Event::of("merge_group", group, &reference, payload)
}

#[test]
fn a_merge_group_is_not_judged_by_one_of_its_requests() {
    let mut stage = honest();
    let event = group(&mut stage);
    refused(&event.judge(&stage, &[]), "shows no merge queue for branch main");
    refused(&event.judge(&stage, &strings(&named(&stage))), "merge_group");
    let head = [named(&stage), vec!["--head".into(), event.sha.clone()]].concat();
    refused(&event.judge(&stage, &strings(&head)), "merge_group");
    let alone = ["--host", "none", "--base", "main", "--head", &event.sha];
    refused(&event.judge(&stage, &alone), "merge_group");
}

#[test]
fn events_of_a_request_are_judged_on_its_head() {
    let mut stage = honest();
    let head = stage.head().to_string();
    for name in ["pull_request", "pull_request_review", "pull_request_review_comment"] {
        let event = Event::of_request(&mut stage, name);
        for more in
            [vec![], named(&stage), vec!["--request".into(), "7".into()], vec!["--head".into(), head.clone()]]
        {
            let verdict = event.judge(&stage, &strings(&more));
            assert_eq!(
                (verdict.exit, &verdict.json["judged"]["head"]),
                (0, &json!(head)),
                "{}",
                verdict.text
            );
        }
    }
    let target = Event::of_request_target(&stage);
    assert_eq!(target.judge(&stage, &[]).exit, 0, "{}", target.judge(&stage, &[]).text);
}

/// An event that happens on the default branch, and names a request only in passing.
fn on_default_branch(stage: &Stage, name: &'static str) -> Event {
    let head = stage.head().to_string();
    let requests = json!([{ "number": 7, "head": { "sha": head, "ref": "batches" } }]);
    let repository = json!({ "full_name": stage.world.repository, "id": 77, "default_branch": "main" });
    let payload = match name {
        "workflow_run" => json!({ "workflow_run": { "head_sha": head, "id": 900, "pull_requests": requests },
            "repository": repository }),
        "issue_comment" => {
            json!({ "issue": { "number": 7, "pull_request": {} }, "comment": { "body": "gate" },
            "repository": repository })
        }
        "check_run" => {
            json!({ "check_run": { "head_sha": head, "pull_requests": requests }, "repository": repository })
        }
        "check_suite" => json!({ "check_suite": { "head_sha": head, "pull_requests": requests },
            "repository": repository }),
        _ => json!({ "repository": repository }),
    };
    Event::of(name, stage.base, "refs/heads/main", payload)
}

#[test]
fn a_job_on_the_default_branch_gives_no_verdict_of_a_request() {
    let stage = honest();
    for name in [
        "schedule",
        "workflow_dispatch",
        "workflow_run",
        "repository_dispatch",
        "issue_comment",
        "check_run",
        "check_suite",
        "status",
        "issues",
        "label",
    ] {
        let event = on_default_branch(&stage, name);
        refused(&event.judge(&stage, &[]), name);
        refused(&event.judge(&stage, &strings(&named(&stage))), name);
        refused(&event.judge(&stage, &["--request", "7"]), name);
    }
}

#[test]
fn an_event_that_nobody_knows_gives_no_verdict() {
    let mut stage = honest();
    let event = Event { name: "pull_request_merged", ..Event::of_request(&mut stage, "pull_request") };
    refused(&event.judge(&stage, &[]), "pull_request_merged");
    refused(&event.judge(&stage, &strings(&named(&stage))), "pull_request_merged");
    let event = Event { name: "PULL_REQUEST", ..Event::of_request(&mut stage, "pull_request") };
    refused(&event.judge(&stage, &[]), "PULL_REQUEST");
}

fn push(stage: &Stage, commit: Oid) -> Event {
    let repository = json!({ "full_name": stage.world.repository, "id": 77, "default_branch": "main" });
    let payload =
        json!({ "ref": "refs/heads/batches", "after": commit.to_string(), "repository": repository });
    Event::of("push", commit, "refs/heads/batches", payload)
}

#[test]
fn a_push_of_another_commit_gives_no_verdict_of_the_request() {
    let mut stage = honest();
    for commit in [beside(&mut stage), beyond(&mut stage), stage.base] {
        let event = push(&stage, commit);
        refused(&event.judge(&stage, &[]), "push");
        refused(&event.judge(&stage, &strings(&named(&stage))), "push");
        let head = [named(&stage), vec!["--head".into(), stage.head().to_string()]].concat();
        refused(&event.judge(&stage, &strings(&head)), "push");
    }
    for name in ["release", "create", "deployment"] {
        let event = Event { name, payload: json!({}), ..push(&stage, stage.base) };
        refused(&event.judge(&stage, &strings(&named(&stage))), name);
    }
}

#[test]
fn a_push_of_the_head_of_the_request_is_judged_as_the_request() {
    let stage = honest();
    let event = push(&stage, stage.head());
    for more in [named(&stage), vec!["--request".into(), "7".into()]] {
        let verdict = event.judge(&stage, &strings(&more));
        assert_eq!(verdict.exit, 0, "{}", verdict.text);
        assert_eq!(verdict.json["judged"]["head"], stage.head().to_string());
    }
}

#[test]
fn arguments_do_not_turn_a_job_to_another_commit_or_request() {
    let mut stage = honest();
    let repository = stage.world.repository.clone();
    let mut event = Event::of_request(&mut stage, "pull_request");
    refused(&event.judge(&stage, &["--head", &stage.base.to_string()]), "shown on");
    refused(&event.judge(&stage, &["--host", "none", "--base", "main", "--head", "main"]), "shown on");
    // The job is of request 9; the request that was approved is 7.
    let attack = beside(&mut stage);
    event.payload["number"] = json!(9);
    event.payload["pull_request"]["number"] = json!(9);
    event.payload["pull_request"]["head"]["sha"] = json!(attack.to_string());
    event.reference = "refs/pull/9/merge".into();
    event.sha = attack.to_string();
    refused(&event.judge(&stage, &["--repository", &repository, "--request", "7"]), "request 7");
    // Another repository has an approved request of the same number.
    let event = Event::of_request(&mut stage, "pull_request");
    let elsewhere = |job: &mut Command| _ = job.env("GITHUB_REPOSITORY", "example-org/elsewhere");
    let mut other = event.clone();
    other.payload["repository"]["full_name"] = json!("example-org/elsewhere");
    other.payload["pull_request"]["base"]["repo"]["full_name"] = json!("example-org/elsewhere");
    refused(&other.judge_in(&stage, &strings(&named(&stage)), elsewhere), "example-org/elsewhere");
}

#[test]
fn outside_of_a_job_arguments_stay_as_they_are() {
    let stage = honest();
    let server = Server::start(stage.world.clone());
    let mut gate = command(&stage, &server, &["check", "--format", "json"]);
    gate.args(named(&stage)).env_remove("GITHUB_ACTIONS").env_remove("GITHUB_EVENT_PATH");
    let verdict = Verdict::of(&gate.output().unwrap());
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
}

/// What `decide` says of gathered facts in the job of an event.
fn decided(stage: &Stage, event: &Event) -> Verdict {
    let server = Server::start(stage.world.clone());
    let facts = stage.directory().join("facts.json");
    let mut gather = command(stage, &server, &["facts", "-o", &facts.display().to_string()]);
    gather.args(named(stage)).env_remove("GITHUB_ACTIONS");
    let output = gather.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    std::fs::write(stage.directory().join("policy.toml"), POLICY).unwrap();
    let arguments = ["decide", "--facts", "facts.json", "--policy", "policy.toml", "--format", "json"];
    let mut decide = command(stage, &server, &arguments);
    event.enter(stage, &mut decide);
    Verdict::of(&decide.output().unwrap())
}

#[test]
fn gathered_facts_give_no_verdict_in_a_job_of_another_commit() {
    let mut stage = honest();
    let event = group(&mut stage);
    refused(&decided(&stage, &event), "merge_group");
    let event = on_default_branch(&stage, "schedule");
    refused(&decided(&stage, &event), "schedule");
    let commit = beyond(&mut stage);
    refused(&decided(&stage, &push(&stage, commit)), "shown on");
}

#[test]
fn gathered_facts_are_judged_in_a_job_of_their_commit() {
    let mut stage = honest();
    let event = Event::of_request(&mut stage, "pull_request");
    let verdict = decided(&stage, &event);
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
    let verdict = decided(&stage, &push(&stage, stage.head()));
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
}

/// A job before a deployment of the lane to production.
fn deploying(lane: &Lane, name: &str, sha: Oid, payload: &Value, more: &[&str]) -> Verdict {
    job::deploying(lane, name, sha, payload, &[&["--environment", "production"], more].concat())
}

fn lane() -> Lane {
    use portcullis_testkit::lane::plan::{FLAVOURS, HOWS, Plan, SHAPES};
    let mut lane = Lane::begin();
    for (how, seed) in HOWS.iter().copied().zip(7_u64..9) {
        Plan { how, flavour: FLAVOURS[0], shape: SHAPES[0], plant: None, seed }.play(&mut lane);
    }
    lane
}

#[test]
fn a_deployment_is_judged_for_the_commit_of_the_job() {
    let lane = lane();
    let (tip, earlier) = (lane.tip().to_string(), lane.line[lane.line.len() - 2]);
    let pushed = |sha: Oid| json!({ "ref": "refs/heads/main", "after": sha.to_string() });
    let named = ["--head", tip.as_str()];
    refused(&deploying(&lane, "push", earlier, &pushed(earlier), &named), "shown on");
    let deployment = json!({ "deployment": { "sha": earlier.to_string() } });
    refused(&deploying(&lane, "deployment", earlier, &deployment, &named), "shown on");
    let group = json!({ "merge_group": { "head_sha": tip, "base_sha": earlier.to_string() } });
    refused(&deploying(&lane, "merge_group", lane.tip(), &group, &named), "merge_group");
    refused(&deploying(&lane, "something_new", lane.tip(), &json!({}), &named), "something_new");
    let request = json!({ "pull_request": { "number": 9, "head": { "sha": earlier.to_string() } } });
    refused(&deploying(&lane, "pull_request_target", earlier, &request, &named), "shown on");
}

#[test]
fn a_deployment_of_the_commit_of_the_job_or_of_one_that_a_person_names_is_judged() {
    let lane = lane();
    let (tip, earlier) = (lane.tip().to_string(), lane.line[lane.line.len() - 2]);
    let pushed = json!({ "ref": "refs/heads/main", "after": tip });
    let named = ["--head", tip.as_str()];
    // Made by a job of another workflow run, which GitHub names in the event.
    let made = json!({ "deployment": { "sha": tip }, "workflow_run": { "id": 900, "head_sha": tip } });
    let mut status = made.clone();
    status["deployment_status"] = json!({ "state": "pending" });
    for (name, sha, payload, more) in [
        ("push", lane.tip(), &pushed, &named[..]),
        ("push", lane.tip(), &pushed, &[]),
        ("deployment", lane.tip(), &json!({ "deployment": { "sha": tip } }), &[]),
        ("deployment", lane.tip(), &made, &[]),
        ("deployment_status", lane.tip(), &status, &[]),
        ("workflow_dispatch", earlier, &json!({ "inputs": {} }), &named),
        ("schedule", lane.tip(), &json!({ "schedule": "0 4 * * *" }), &[]),
    ] {
        let verdict = deploying(&lane, name, sha, payload, more);
        assert_eq!(verdict.exit, 0, "{name}: {}", verdict.text);
        assert_eq!(verdict.json["judged"]["head"], tip, "{name}");
    }
}

/// A deployment that the event is of, to another environment than the one that is judged.
#[test]
fn a_deployment_is_judged_for_the_environment_of_the_job() {
    let lane = lane();
    let tip = lane.tip().to_string();
    for (name, environment) in [
        ("deployment", "staging"),
        ("deployment_status", "staging"),
        ("deployment", "prod"),
        ("deployment", "PROD"),
    ] {
        let mut payload = json!({ "deployment": { "sha": tip, "environment": environment } });
        if name == "deployment_status" {
            payload["deployment_status"] = json!({ "state": "pending", "environment": environment });
        }
        refused(&deploying(&lane, name, lane.tip(), &payload, &[]), "the deployment is to");
    }
    let two = json!({ "deployment": { "sha": tip, "environment": "production" },
        "deployment_status": { "state": "pending", "environment": "staging" } });
    refused(&deploying(&lane, "deployment_status", lane.tip(), &two, &[]), "the deployment is to");
    // The host has names that are none here.
    for environment in ["production", "Production", "Production / EU"] {
        let payload = json!({ "deployment": { "sha": tip, "environment": environment } });
        let verdict = deploying(&lane, "deployment", lane.tip(), &payload, &[]);
        assert_eq!(verdict.exit, 0, "{environment}: {}", verdict.text);
    }
}

// Section 98: claims that do not agree.

#[test]
fn an_event_file_that_was_written_anew_contradicts_the_job() {
    let mut stage = honest();
    let event = Event::of_request(&mut stage, "pull_request");
    // The job is of request 9; its event file was made to speak of 7, which is approved.
    let of_another = Event { reference: "refs/pull/9/merge".into(), ..event.clone() };
    refused(&of_another.judge(&stage, &[]), "refs/pull/9/merge");
    // The test merge is of another head.
    let attack = beside(&mut stage);
    let of_another = Event { sha: attack.to_string(), ..event.clone() };
    refused(&of_another.judge(&stage, &[]), "GITHUB_SHA");
    let mut pushed = push(&stage, stage.head());
    pushed.payload["after"] = json!(attack.to_string());
    refused(&pushed.judge(&stage, &["--request", "7"]), "after");
    let as_request = Event { payload: request(&stage), ..push(&stage, stage.base) };
    refused(&as_request.judge(&stage, &[]), "push");
    let as_push = Event { payload: push(&stage, stage.base).payload, ..event };
    refused(&as_push.judge(&stage, &[]), "pull_request");
}

/// What is changed in the job of an honest request, by variable.
const CONTRADICTIONS: [(&str, &str); 9] = [
    ("GITHUB_REPOSITORY_ID", "78"),
    ("GITHUB_BASE_REF", "release"),
    ("GITHUB_HEAD_REF", "somebody-elses"),
    ("GITHUB_RUN_ID", "not a number"),
    ("GITHUB_RUN_ATTEMPT", "0"),
    ("GITHUB_WORKFLOW_REF", "example-org/data-upload/.github/workflows/gate.yml@refs/pull/9/merge"),
    ("GITHUB_REF", "refs/heads/main"),
    ("GITHUB_SHA", "main"),
    ("GITHUB_REPOSITORY_OWNER", "somebody-else"),
];

#[test]
fn claims_of_the_job_that_do_not_agree_are_undetermined() {
    let mut stage = honest();
    let event = Event::of_request(&mut stage, "pull_request");
    for (variable, value) in CONTRADICTIONS {
        refused(&event.judge_in(&stage, &[], |job| _ = job.env(variable, value)), variable);
    }
    for path in ["/repository/full_name", "/pull_request/base/repo/full_name"] {
        let mut other = event.clone();
        *other.payload.pointer_mut(path).unwrap() = json!("example-org/elsewhere");
        refused(&other.judge(&stage, &[]), "example-org/elsewhere");
    }
}

#[test]
fn claims_of_an_honest_job_agree() {
    let mut stage = honest();
    let event = Event::of_request(&mut stage, "pull_request");
    let verdict = event.judge_in(&stage, &[], |job| {
        job.env("GITHUB_REPOSITORY_ID", "77")
            .env("GITHUB_BASE_REF", "main")
            .env("GITHUB_HEAD_REF", "batches");
        job.env("GITHUB_RUN_ID", "17")
            .env("GITHUB_RUN_ATTEMPT", "2")
            .env("GITHUB_REPOSITORY_OWNER", "example-org");
        let workflow = "example-org/data-upload/.github/workflows/gate.yml@refs/pull/7/merge";
        job.env("GITHUB_WORKFLOW_REF", workflow).env("GITHUB_JOB", "gate");
    });
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
    // A required workflow stands in another repository, on a branch of its own.
    let verdict = event.judge_in(&stage, &[], |job| {
        job.env("GITHUB_WORKFLOW_REF", "example-org/gates/.github/workflows/gate.yml@refs/heads/main");
    });
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
}

/// What `check` says in a format, in a job with these variables.
fn shown(format: &str, variables: &[(&str, &str)]) -> (i32, String) {
    let stage = honest();
    let server = Server::start(stage.world.clone());
    let mut job = command(&stage, &server, &["check", "--format", format]);
    let output = job.envs(variables.iter().copied()).output().unwrap();
    (output.status.code().unwrap(), String::from_utf8_lossy(&output.stdout).into_owned())
}

const SETTINGS: [(&str, &str); 10] = [
    ("HTTPS_PROXY", "http://kim:hidden-password@proxy.example.test:8080"),
    ("https_proxy", "http://proxy.example.test"),
    ("HTTP_PROXY", "http://proxy.example.test"),
    ("all_proxy", "socks5://proxy.example.test"),
    ("NO_PROXY", "example.test"),
    ("SSL_CERT_FILE", "/tmp/authority.pem"),
    ("SSL_CERT_DIR", "/tmp/authorities"),
    ("GITHUB_SERVER_URL", "https://github.com"),
    ("LD_PRELOAD", "/tmp/nothing.so"),
    ("LD_LIBRARY_PATH", "/tmp/nothing"),
];

#[test]
fn what_stands_between_the_gate_and_the_host_is_noted_in_every_format() {
    for format in ["terminal", "json", "github", "markdown"] {
        for (variable, value) in SETTINGS {
            let named = if variable == "GITHUB_SERVER_URL" { "GITHUB_API_URL" } else { variable };
            let (exit, text) = shown(format, &[(variable, value)]);
            assert_eq!(exit, 0, "an honest machine may have a proxy: {text}");
            // Markdown escapes the underscore.
            let plain = text.replace('\\', "");
            assert!(plain.contains(named) && !plain.contains("hidden-password"), "{format} {named}: {text}");
        }
    }
    // Also where nothing could be judged, and in facts that are judged elsewhere.
    let mut stage = honest();
    let event = group(&mut stage);
    let verdict = event.judge_in(&stage, &[], |job| _ = job.env("SSL_CERT_FILE", "/tmp/authority.pem"));
    assert_eq!((verdict.exit, verdict.findings("gate-integrity", "noted").len()), (3, 1), "{}", verdict.text);
    let server = Server::start(stage.world.clone());
    let mut facts = command(&stage, &server, &["facts"]);
    let gathered = facts.env("SSL_CERT_FILE", "/tmp/authority.pem").output().unwrap();
    assert!(String::from_utf8_lossy(&gathered.stdout).contains("/tmp/authority.pem"));
}

#[test]
fn a_plain_environment_has_nothing_to_note() {
    let (exit, text) = shown("json", &[("HTTPS_PROXY", ""), ("HOME", "/tmp")]);
    let decision: Value = serde_json::from_str(&text).unwrap();
    let noted = decision["findings"].as_array().unwrap().iter().any(|finding| finding["verdict"] == "noted");
    assert!(exit == 0 && !noted && !text.contains("PROXY"), "{text}");
}

#[test]
fn facts_from_before_detours_were_looked_at_are_still_read() {
    let earlier = include_str!("../../src/wire/facts/kept/change-v3.json");
    assert!(!earlier.contains("detours"), "the earlier form has no such field");
    portcullis_wire::facts::read_facts(earlier.as_bytes()).unwrap();
}

/// A runner of jobs, as far as it matters here: steps share a directory, `GITHUB_PATH` and `GITHUB_ENV`; jobs share nothing.
struct Runner {
    temporary: tempfile::TempDir,
}

impl Runner {
    fn new() -> Runner {
        Runner { temporary: tempfile::tempdir().unwrap() }
    }

    fn file(&self, name: &str) -> std::path::PathBuf {
        self.temporary.path().join(name)
    }

    /// Runs a step by the shell, with what earlier steps of this job left in the two files. `GITHUB_*` cannot be set.
    fn step(&self, job: &Command, script: &str) -> Verdict {
        let lines = |name| std::fs::read_to_string(self.file(name)).unwrap_or_default();
        let first = lines("path").lines().rev().map(|line| format!("{line}:")).collect::<String>();
        let program = std::path::Path::new(env!("CARGO_BIN_EXE_portcullis")).parent().unwrap();
        let mut step = Command::new("/bin/sh");
        step.args(["-c", script]).env_clear().current_dir(job.get_current_dir().unwrap());
        step.envs(job.get_envs().filter_map(|(name, value)| Some((name, value?))));
        step.env("PATH", format!("{first}{}:/usr/bin:/bin", program.display()));
        step.env("GITHUB_PATH", self.file("path")).env("GITHUB_ENV", self.file("env"));
        step.env("RUNNER_TEMP", self.temporary.path());
        let environment = lines("env");
        let set = environment.lines().filter_map(|line| line.split_once('='));
        step.envs(set.filter(|(name, _)| !name.starts_with("GITHUB_")));
        Verdict::of(&step.output().unwrap())
    }
}

/// What the change's tests do beside testing: a program of the gate's name that lets everything through; a proxy; an event file
/// that speaks of the approved request; and a report, which says what it likes.
const TESTS_OF_THE_CHANGE: &str = r#"
mkdir -p "$RUNNER_TEMP/bin"
printf '#!/bin/sh\necho allowed\n' > "$RUNNER_TEMP/bin/portcullis"
chmod +x "$RUNNER_TEMP/bin/portcullis"
echo "$RUNNER_TEMP/bin" >> "$GITHUB_PATH"
echo "HTTPS_PROXY=http://127.0.0.1:9" >> "$GITHUB_ENV"
echo "SSL_CERT_FILE=$RUNNER_TEMP/authority.pem" >> "$GITHUB_ENV"
echo "GITHUB_REF=refs/pull/7/merge" >> "$GITHUB_ENV"
if [ -n "$GITHUB_TOKEN" ]; then echo "$GITHUB_TOKEN" > "$RUNNER_TEMP/stolen"; fi
sed -i.bak 's/"number":9/"number":7/g' "$GITHUB_EVENT_PATH" 2>/dev/null
mkdir -p "$RUNNER_TEMP/handed-over"
cp target/upload-regression.xml "$RUNNER_TEMP/handed-over/report.xml"
"#;

const GATE: &str = "portcullis check --format json";
const GATE_WITH_ARTEFACT: &str =
    "portcullis check --format json --report upload-regression=$RUNNER_TEMP/evidence/report.xml";

/// The stage with a request that nobody approved, and the job of its event, whose token is a secret.
fn unapproved() -> (Stage, Event) {
    let mut stage = honest();
    stage.world.reviews.clear();
    let event = Event::of_request(&mut stage, "pull_request");
    (stage, event)
}

fn job(stage: &Stage, server: &Server, event: &Event) -> Command {
    let mut job = command(stage, server, &[]);
    event.enter(stage, &mut job);
    job
}

#[test]
fn in_one_job_the_tests_of_a_change_answer_in_the_place_of_the_gate() {
    // Nothing that the gate could do: this is why the wiring has two jobs.
    let (stage, event) = unapproved();
    let server = Server::start(stage.world.clone());
    let (runner, job) = (Runner::new(), job(&stage, &server, &event));
    assert_eq!(runner.step(&job, GATE).exit, 1, "no one approved");
    runner.step(&job, TESTS_OF_THE_CHANGE);
    let gate = runner.step(&job, GATE);
    assert_eq!((gate.exit, gate.text.as_str()), (0, "allowed\n"));
    assert_eq!(std::fs::read_to_string(runner.file("stolen")).unwrap(), "a-token-of-the-job\n");
}

/// The tests in a job without secrets, then the gate in another one; only the artefact goes from one to the other.
fn in_two_jobs(stage: &Stage, event: &Event, tests: &str) -> Verdict {
    let server = Server::start(stage.world.clone());
    let first = Runner::new();
    let mut of_tests = job(stage, &server, event);
    of_tests.env_remove("GITHUB_TOKEN");
    first.step(&of_tests, tests);
    assert!(!first.file("stolen").exists(), "there is no secret to read");
    let second = Runner::new();
    let of_gate = job(stage, &server, event);
    std::fs::create_dir(second.file("evidence")).unwrap();
    std::fs::copy(first.file("handed-over/report.xml"), second.file("evidence/report.xml")).unwrap();
    std::fs::remove_file(stage.report_file()).unwrap();
    second.step(&of_gate, GATE_WITH_ARTEFACT)
}

#[test]
fn in_two_jobs_the_tests_of_a_change_hand_over_data_and_nothing_else() {
    let (stage, event) = unapproved();
    let verdict = in_two_jobs(&stage, &event, TESTS_OF_THE_CHANGE);
    verdict.expect(1, "required-reviews", "");
    assert!(verdict.findings("gate-integrity", "noted").is_empty(), "no proxy came along: {}", verdict.text);
    // A report that is a program or another file is no report.
    let (stage, event) = unapproved();
    let program =
        format!("{TESTS_OF_THE_CHANGE}\nprintf '#!/bin/sh\\n' > \"$RUNNER_TEMP/handed-over/report.xml\"\n");
    let verdict = in_two_jobs(&stage, &event, &program);
    assert_eq!(verdict.exit, 1, "{}", verdict.text);
    assert!(!verdict.findings("regression-tests", "unproven").is_empty(), "{}", verdict.text);
}

#[test]
fn in_two_jobs_an_honest_change_is_allowed() {
    let mut stage = honest();
    let event = Event::of_request(&mut stage, "pull_request");
    let hand_over = "mkdir -p \"$RUNNER_TEMP/handed-over\"; cp target/upload-regression.xml \"$RUNNER_TEMP/handed-over/report.xml\"";
    let verdict = in_two_jobs(&stage, &event, hand_over);
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
}

#[test]
fn in_one_job_the_gate_itself_notices_what_it_can() {
    // The tests rewrote the event file and set a proxy, and left the program alone.
    let mut stage = honest();
    let event = Event::of_request(&mut stage, "pull_request");
    let mut of_nine = Event { reference: "refs/pull/9/merge".into(), ..event };
    of_nine.payload["number"] = json!(9);
    of_nine.payload["pull_request"]["number"] = json!(9);
    let server = Server::start(stage.world.clone());
    let (runner, job) = (Runner::new(), job(&stage, &server, &of_nine));
    runner.step(&job, &TESTS_OF_THE_CHANGE.replace("$GITHUB_PATH", "$RUNNER_TEMP/unused"));
    let verdict = runner.step(&job, GATE);
    refused(&verdict, "refs/pull/9/merge");
    let noted = verdict.findings("gate-integrity", "noted");
    assert_eq!(noted.len(), 1, "{}", verdict.text);
    assert!(noted[0]["reason"].as_str().unwrap().contains("HTTPS_PROXY, SSL_CERT_FILE"), "{}", verdict.text);
}
