//! What a GitHub Actions job says of itself for each event, as GitHub documents it, around the gate's own command.
#![allow(dead_code, reason = "each test binary uses its own part of this")]
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "test support: a failure here is a failed test"
)]

use super::gate::{Verdict, command};
use crate::support::clean::CleanEnvironment as _;
use git2::Oid;
use portcullis_testkit::lane::Lane;
use portcullis_testkit::server::Server;
use portcullis_testkit::stage::Stage;
use serde_json::{Value, json};
use std::process::Command;

/// The job of one event: its name, its variables, its event file.
#[derive(Clone)]
pub struct Event {
    /// `GITHUB_EVENT_NAME`.
    pub name: &'static str,
    /// `GITHUB_SHA`.
    pub sha: String,
    /// `GITHUB_REF`.
    pub reference: String,
    /// The event file.
    pub payload: Value,
}

impl Event {
    /// An event with a payload of its own.
    pub fn of(name: &'static str, sha: Oid, reference: &str, payload: Value) -> Event {
        Event { name, sha: sha.to_string(), reference: reference.to_string(), payload }
    }

    /// An event of the stage's request: `GITHUB_SHA` is the test merge of its head.
    pub fn of_request(stage: &mut Stage, name: &'static str) -> Event {
        let merge = test_merge(stage);
        let number = stage.world.request.id.clone();
        Event::of(name, merge, &format!("refs/pull/{number}/merge"), request(stage))
    }

    /// `pull_request_target`: `GITHUB_SHA` is a commit of the base.
    pub fn of_request_target(stage: &Stage) -> Event {
        Event::of("pull_request_target", stage.base, "refs/heads/main", request(stage))
    }

    /// Sets the variables and writes the event file.
    pub fn enter(&self, stage: &Stage, job: &mut Command) {
        let file = stage.directory().join("event.json");
        std::fs::write(&file, self.payload.to_string()).unwrap();
        job.env("GITHUB_EVENT_NAME", self.name)
            .env("GITHUB_SHA", &self.sha)
            .env("GITHUB_REF", &self.reference)
            .env("GITHUB_RUN_ID", "1001")
            .env("GITHUB_RUN_ATTEMPT", "1")
            .env("GITHUB_EVENT_PATH", file);
    }

    /// What `check` says in this job.
    pub fn judge(&self, stage: &Stage, more: &[&str]) -> Verdict {
        self.judge_in(stage, more, |_| ())
    }

    /// The same in a job that differs.
    pub fn judge_in(&self, stage: &Stage, more: &[&str], change: impl FnOnce(&mut Command)) -> Verdict {
        let server = Server::start(stage.world.clone());
        let mut job = command(stage, &server, &["check", "--format", "json"]);
        self.enter(stage, &mut job);
        job.args(more);
        change(&mut job);
        Verdict::of(&job.output().unwrap())
    }
}

/// What GitHub shows at `refs/pull/N/merge`.
pub fn test_merge(stage: &mut Stage) -> Oid {
    let tree = stage.history.repository().find_commit(stage.head()).unwrap().tree_id();
    let (base, head) = (stage.base, stage.head());
    let repository = stage.history.repository();
    let who =
        git2::Signature::new("GitHub", "noreply@github.com", &git2::Time::new(1_800_009_000, 0)).unwrap();
    let parents = [base, head].map(|id| repository.find_commit(id).unwrap());
    let tree = repository.find_tree(tree).unwrap();
    repository.commit(None, &who, &who, "Merge", &tree, &[&parents[0], &parents[1]]).unwrap()
}

/// The payload of an event of the stage's request.
pub fn request(stage: &Stage) -> Value {
    let request = &stage.world.request;
    json!({
        "action": "synchronize",
        "number": request.id.number(),
        "pull_request": {
            "number": request.id.number(),
            "head": { "sha": stage.head().to_string(), "ref": "batches" },
            "base": {
                "ref": request.base_branch.as_str(), "sha": stage.base.to_string(),
                "repo": { "full_name": stage.world.repository, "id": 77 },
            },
        },
        "repository": { "full_name": stage.world.repository, "id": 77, "default_branch": "main" },
    })
}

/// The arguments that name the stage's request.
pub fn named(stage: &Stage) -> Vec<String> {
    let number = stage.world.request.id.to_string();
    ["--host", "github", "--repository", &stage.world.repository, "--request", &number]
        .map(String::from)
        .to_vec()
}

/// A job before a deployment of the lane, which Kim started, with the lane's beginning as the baseline.
pub fn deploying(lane: &Lane, name: &str, sha: Oid, payload: &Value, more: &[&str]) -> Verdict {
    let server = Server::start(lane.host());
    let outside = tempfile::tempdir().unwrap();
    let event = outside.path().join("event.json");
    std::fs::write(&event, payload.to_string()).unwrap();
    let mut job = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    job.clean_env().current_dir(lane.directory());
    job.env("GITHUB_ACTIONS", "true").env("GITHUB_REPOSITORY", "example-org/data-upload");
    job.env("GITHUB_API_URL", server.address()).env("GITHUB_TOKEN", "a-token-of-the-job");
    job.env("GITHUB_EVENT_NAME", name)
        .env("GITHUB_SHA", sha.to_string())
        .env("GITHUB_REF", "refs/heads/main");
    job.env("GITHUB_EVENT_PATH", &event);
    job.env("GITHUB_ACTOR", "kim-example").env("GITHUB_TRIGGERING_ACTOR", "kim-example");
    job.args(["check", "--branch", "main", "--format", "json", "--base", &lane.baseline().to_string()])
        .args(more);
    Verdict::of(&job.output().unwrap())
}
