//! The gate in jobs of CI systems that work with several hosts, and what it answers for each event of GitHub Actions.

use crate::support::gate::Verdict;
use crate::support::job::{self, Event, named};
use crate::support::queue::{Batch, Method};
use portcullis_testkit::lane::Lane;
use portcullis_testkit::lane::plan::{FLAVOURS, HOWS, Plan, SHAPES};
use portcullis_testkit::server::Server;
use portcullis_testkit::stage::Stage;
use serde_json::json;
use std::process::Command;

const NAMED: [&str; 4] = ["--host", "github", "--repository", "example-org/data-upload"];

/// `check` in a job with these variables and no others.
fn judge(stage: &Stage, variables: &[(&str, &str)], more: &[&str]) -> Verdict {
    let server = Server::start(stage.world.clone());
    let mut job = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    job.env_clear().current_dir(stage.directory()).args(["check", "--format", "json"]).args(more);
    job.envs(variables.iter().copied());
    job.env("GITHUB_API_URL", server.address()).env("GITHUB_TOKEN", "a-token-of-the-job");
    Verdict::of(&job.output().unwrap())
}

/// A build of the stage's request on Azure Pipelines, for a repository of this provider.
fn azure<'a>(head: &'a str, provider: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("TF_BUILD", "True"),
        ("BUILD_REPOSITORY_PROVIDER", provider),
        ("BUILD_REPOSITORY_NAME", "example-org/data-upload"),
        ("SYSTEM_PULLREQUEST_PULLREQUESTID", "7"),
        ("SYSTEM_PULLREQUEST_SOURCECOMMITID", head),
        ("SYSTEM_PULLREQUEST_TARGETBRANCH", "main"),
    ]
}

#[test]
fn a_job_of_a_host_that_cannot_be_asked_says_what_it_found() {
    let stage = Stage::honest().unwrap();
    let head = stage.head().to_string();
    let bitbucket = [
        ("BITBUCKET_BUILD_NUMBER", "3"),
        ("BITBUCKET_PR_ID", "7"),
        ("BITBUCKET_COMMIT", head.as_str()),
        ("BITBUCKET_REPO_FULL_NAME", "acme/upload"),
    ];
    let gerrit = [
        ("JENKINS_URL", "https://ci.example.test/"),
        ("GERRIT_CHANGE_NUMBER", "7"),
        ("GERRIT_PATCHSET_REVISION", &head),
        ("GERRIT_PROJECT", "acme/upload"),
    ];
    for (variables, host) in
        [(&azure(&head, "TfsGit")[..], "Azure Repos"), (&bitbucket, "Bitbucket"), (&gerrit, "Gerrit")]
    {
        let verdict = judge(&stage, variables, &[]);
        verdict.expect(3, "gate-integrity", &format!("request 7 at {head}"));
        verdict.expect(3, "gate-integrity", host);
        // What the remedy names: the head of the request is judged, whatever is checked out.
        let alone = judge(&stage, variables, &["--host", "none", "--base", "main"]);
        assert_eq!(alone.json["judged"]["head"], head, "{}", alone.text);
        let other = judge(&stage, variables, &["--host", "none", "--base", "main", "--head", "main"]);
        other.expect(3, "gate-integrity", "what would be judged is");
    }
    let branch = judge(&stage, &bitbucket[..1], &[]);
    branch.expect(3, "gate-integrity", "no such host can be asked yet");
}

#[test]
fn a_job_that_does_not_say_its_host_asks_none_by_its_own_word() {
    let stage = Stage::honest().unwrap();
    let head = stage.head().to_string();
    let jenkins = [
        ("JENKINS_URL", "https://ci.example.test/"),
        ("CHANGE_ID", "7"),
        ("GIT_COMMIT", head.as_str()),
        ("GIT_URL", "https://git.example.test/example-org/data-upload.git"),
    ];
    let circle = [
        ("CIRCLECI", "true"),
        ("CIRCLE_PULL_REQUEST", "https://git.example.test/example-org/data-upload/pull/7"),
        ("CIRCLE_SHA1", &head),
        ("CIRCLE_PROJECT_USERNAME", "example-org"),
        ("CIRCLE_PROJECT_REPONAME", "data-upload"),
    ];
    for variables in [&azure(&head, "GitHub")[..], &jenkins, &circle] {
        judge(&stage, variables, &[]).expect(3, "gate-integrity", "does not say on which host");
        for more in [&NAMED[..2], &NAMED] {
            let verdict = judge(&stage, variables, more);
            assert_eq!(
                (verdict.exit, &verdict.json["judged"]["head"]),
                (0, &json!(head)),
                "{}",
                verdict.text
            );
        }
        let other = judge(&stage, variables, &[&NAMED[..], &["--request", "8"]].concat());
        other.expect(3, "gate-integrity", "request 8 was named");
    }
    // A job that is of no request, and one of a system that tells no head.
    for variables in [&jenkins[..1], &[("ZUUL_UUID", "5e4d"), ("ZUUL_CHANGE", "7")]] {
        let verdict = judge(&stage, variables, &[]);
        assert_eq!(verdict.exit, 2, "{}", verdict.text);
        assert_eq!(verdict.text.contains("request 7"), variables.len() == 2, "{}", verdict.text);
        assert_eq!(judge(&stage, variables, &[&NAMED[..], &["--request", "7"]].concat()).exit, 0);
    }
    let unset = judge(&stage, &jenkins[..2], &NAMED);
    assert!(unset.exit > 3 && unset.text.contains("GIT_COMMIT is not set"), "{} {}", unset.exit, unset.text);
}

#[test]
fn a_head_that_a_job_does_not_tell_is_set_where_the_gate_runs() {
    let mut stage = Stage::honest().unwrap();
    let (head, merge) = (stage.head().to_string(), job::test_merge(&mut stage).to_string());
    let short = &head[..12];
    for (told, says) in
        [(merge.as_str(), "a merge"), ("HEAD", "not the whole name"), (short, "not the whole name")]
    {
        let with = |commit| {
            let variables = [
                ("BUILDKITE", "true"),
                ("BUILDKITE_PULL_REQUEST", "7"),
                ("BUILDKITE_COMMIT", commit),
                ("BUILDKITE_REPO", "git@git.example.test:example-org/data-upload.git"),
            ];
            judge(&stage, &variables, &NAMED)
        };
        with(told).expect(3, "gate-integrity", says);
        assert_eq!(with(&head).exit, 0, "{}", with(&head).text);
    }
}

#[test]
fn what_is_deployed_is_judged_in_a_job_of_its_branch() {
    let lane = lane();
    let server = Server::start(lane.host());
    let (tip, first) = (lane.tip().to_string(), lane.baseline().to_string());
    let of_request = [
        ("CHANGE_ID", "9"),
        ("GIT_COMMIT", first.as_str()),
        ("GIT_URL", "git@x.test:example-org/data-upload"),
    ];
    for (variables, exit) in [(&of_request[..], 3), (&[], 0)] {
        let mut job = Command::new(env!("CARGO_BIN_EXE_portcullis"));
        job.env_clear().current_dir(lane.directory()).env("JENKINS_URL", "https://ci.example.test/");
        job.envs(variables.iter().copied());
        job.env("GITHUB_API_URL", server.address()).env("GITHUB_TOKEN", "a-token-of-the-job");
        job.args(["check", "--format", "json", "--environment", "production", "--branch", "main"])
            .args(NAMED);
        let verdict = Verdict::of(&job.args(["--base", &first, "--head", &tip]).output().unwrap());
        assert_eq!(verdict.exit, exit, "{}", verdict.text);
        let says = "Deploy in a job of the branch that is deployed from";
        assert_eq!(verdict.text.contains(says), exit == 3, "{}", verdict.text);
    }
}

fn lane() -> Lane {
    let mut lane = Lane::begin();
    Plan { how: HOWS[0], flavour: FLAVOURS[0], shape: SHAPES[0], plant: None, seed: 7 }.play(&mut lane);
    lane
}

/// The event of a job, of the head of request 7 or of the tip of `main`.
fn event(stage: &mut Stage, name: &'static str) -> Event {
    let (base, head) = (stage.base, stage.head());
    let repository = json!({ "full_name": stage.world.repository, "id": 77, "default_branch": "main" });
    match name {
        "pull_request" => Event::of_request(stage, name),
        "pull_request_target" => Event::of_request_target(stage),
        "push" => {
            let payload =
                json!({ "ref": "refs/heads/batches", "after": head.to_string(), "repository": repository });
            Event::of(name, head, "refs/heads/batches", payload)
        }
        "workflow_run" => {
            let run = json!({ "id": 900, "head_sha": head.to_string(), "pull_requests": [{ "number": 7 }] });
            Event::of(name, base, "refs/heads/main", json!({ "workflow_run": run, "repository": repository }))
        }
        _ => Event::of(name, base, "refs/heads/main", json!({ "repository": repository })),
    }
}

/// Each event: what `check` answers in its job, with request 7 named, and before a deployment of the job's commit.
const EVENTS: [(&str, i32, i32, i32); 7] = [
    ("pull_request", 0, 0, 3),
    ("pull_request_target", 0, 0, 3),
    ("push", 3, 0, 0),
    ("schedule", 3, 3, 0),
    ("workflow_dispatch", 3, 3, 0),
    ("workflow_run", 3, 3, 0),
    ("merge_group", 0, 3, 3),
];

#[test]
fn each_event_has_its_answer() {
    let lane = lane();
    let tip = lane.tip().to_string();
    for (name, alone, with_request, deployment) in EVENTS {
        let batch = Batch::built(1, Method::Merge);
        let mut stage = Stage::honest().unwrap();
        let own = event(&mut stage, name);
        let answer = |more: &[&str]| match name {
            "merge_group" => batch.judge(more),
            _ => own.judge(&stage, more),
        };
        let verdict = answer(&[]);
        assert_eq!(verdict.exit, alone, "{name}: {}", verdict.text);
        let named = named(&stage);
        let verdict = answer(&named.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(verdict.exit, with_request, "{name} of request 7: {}", verdict.text);
        let payload = match name {
            "merge_group" => json!({ "merge_group": { "head_sha": tip, "base_ref": "refs/heads/main" } }),
            "workflow_run" => json!({ "workflow_run": { "id": 900 } }),
            "push" => json!({ "ref": "refs/heads/main", "after": tip }),
            // Of a request whose head is not what would be deployed.
            "pull_request" | "pull_request_target" => {
                json!({ "pull_request": { "number": 9, "head": { "sha": lane.baseline().to_string() } } })
            }
            _ => json!({}),
        };
        let more = ["--environment", "production", "--head", &tip];
        let verdict = job::deploying(&lane, name, lane.tip(), &payload, &more);
        assert_eq!(verdict.exit, deployment, "{name} before a deployment: {}", verdict.text);
    }
}

/// A job of a branch shows its check on its own commit: a request that ends elsewhere is not judged there.
#[test]
fn a_job_of_a_branch_judges_a_request_only_where_it_ends() {
    let stage = Stage::honest().unwrap();
    let (head, base) = (stage.head().to_string(), stage.base.to_string());
    let of = |commit: &str| -> [Vec<(&'static str, String)>; 4] {
        let (commit, address) = (commit.to_string(), "git@git.example.test:example-org/data-upload.git");
        [
            vec![
                ("CIRCLECI", "true".to_string()),
                ("CIRCLE_SHA1", commit.clone()),
                ("CIRCLE_PROJECT_USERNAME", "example-org".to_string()),
                ("CIRCLE_PROJECT_REPONAME", "data-upload".to_string()),
            ],
            vec![
                ("BUILDKITE", "true".to_string()),
                ("BUILDKITE_PULL_REQUEST", "false".to_string()),
                ("BUILDKITE_COMMIT", commit.clone()),
                ("BUILDKITE_REPO", address.to_string()),
            ],
            vec![
                ("TF_BUILD", "True".to_string()),
                ("BUILD_REPOSITORY_PROVIDER", "GitHub".to_string()),
                ("BUILD_REPOSITORY_NAME", "example-org/data-upload".to_string()),
                ("BUILD_SOURCEVERSION", commit.clone()),
            ],
            vec![
                ("JENKINS_URL", "https://ci.example.test/".to_string()),
                ("GIT_COMMIT", commit),
                ("GIT_URL", address.to_string()),
            ],
        ]
    };
    let named = [&NAMED[..], &["--request", "7"]].concat();
    let judge_job = |variables: &[(&'static str, String)], more: &[&str]| {
        let variables: Vec<(&str, &str)> =
            variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        judge(&stage, &variables, more)
    };
    for variables in of(&base) {
        let elsewhere = judge_job(&variables, &named);
        elsewhere.expect(3, "gate-integrity", "and request 7 ends at");
        let none = ["--host", "none", "--base", "main", "--head", &head];
        judge_job(&variables, &none).expect(3, "gate-integrity", "what would be judged is");
        // Of no request, and none is named.
        judge_job(&variables, &NAMED).expect(3, "gate-integrity", "is of no request");
    }
    for variables in of(&head) {
        let twin = judge_job(&variables, &named);
        assert_eq!((twin.exit, &twin.json["judged"]["head"]), (0, &json!(head)), "{}", twin.text);
    }
    for variables in of("HEAD") {
        judge_job(&variables, &named).expect(3, "gate-integrity", "not the whole name of a commit");
    }
}

/// Any step, and who starts a pipeline with variables, can add the mark of another system and with it choose the host.
#[test]
fn a_job_of_two_systems_gets_no_verdict() {
    let mut stage = Stage::honest().unwrap();
    let event = event(&mut stage, "pull_request");
    let server = Server::start(stage.world.clone());
    let judge_with = |more: &[(&str, &str)]| {
        let mut job = crate::support::gate::command(&stage, &server, &["check", "--format", "json"]);
        event.enter(&stage, &mut job);
        Verdict::of(&job.envs(more.iter().copied()).output().unwrap())
    };
    judge_with(&[("GITLAB_CI", "true")]).expect(
        3,
        "gate-integrity",
        "GITHUB_ACTIONS and GITLAB_CI are both set",
    );
    let forged =
        [("GITLAB_CI", "true"), ("CI_PIPELINE_SOURCE", "push"), ("CI_PROJECT_PATH", "group/project")];
    judge_with(&forged).expect(3, "gate-integrity", "no job is of both");
    for twin in [&[][..], &[("GITLAB_CI", "false")], &[("JENKINS_URL", "https://ci.example.test/")]] {
        let verdict = judge_with(twin);
        assert_eq!(verdict.exit, 0, "{twin:?}: {}", verdict.text);
    }
}
