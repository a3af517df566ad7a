//! The gate as a GitHub Actions job runs it: the real binary, only the job's environment, a host on this machine.
#![allow(dead_code, reason = "each test binary uses its own part of this")]
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "test support: a failure here is a failed test"
)]

use crate::support::clean::CleanEnvironment as _;
use portcullis_testkit::server::{Server, Site};
use portcullis_testkit::stage::Stage;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::{Command, Output};

/// What the gate said.
#[derive(Debug)]
pub struct Verdict {
    /// The exit code.
    pub exit: i32,
    /// The decision; `Null` when there is none.
    pub json: Value,
    /// Everything that it wrote, for messages.
    pub text: String,
}

impl Verdict {
    /// What a run of the gate came to.
    pub fn of(output: &Output) -> Verdict {
        let out = String::from_utf8_lossy(&output.stdout);
        let json = serde_json::from_str(&out).unwrap_or(Value::Null);
        let text = format!("{out}{}", String::from_utf8_lossy(&output.stderr));
        Verdict { exit: output.status.code().unwrap_or(-1), json, text }
    }

    /// The findings of one control with one verdict (`broken`, `unproven`, `noted`, `met`, `exempt`).
    pub fn findings(&self, control: &str, verdict: &str) -> Vec<&Value> {
        let all = self.json["findings"].as_array().map_or(&[][..], Vec::as_slice);
        all.iter().filter(|f| f["control"] == control && f["verdict"] == verdict).collect()
    }

    /// The paths by which data-processing areas are touched, as the decision writes them.
    pub fn touched(&self) -> Vec<&str> {
        let areas = self.json["areas"].as_array().map_or(&[][..], Vec::as_slice);
        let touches = areas.iter().flat_map(|area| area["touches"].as_array().unwrap());
        touches.map(|touch| touch["path"].as_str().unwrap()).collect()
    }

    /// Panics unless the gate ended with this exit code, and, when it stopped the change, this control says so and its
    /// reason or details hold this text.
    pub fn expect(&self, exit: i32, control: &str, text: &str) {
        assert_eq!(self.exit, exit, "{}", self.text);
        let verdict = match exit {
            0 => return,
            1 => "broken",
            _ => "unproven",
        };
        let findings = self.findings(control, verdict);
        let says = |finding: &&Value| format!("{} {}", finding["reason"], finding["details"]).contains(text);
        assert!(findings.iter().any(says), "no {verdict} finding of {control} says `{text}`: {}", self.text);
        assert!(findings.iter().all(|finding| finding["subject"]["name"].is_string()), "{}", self.text);
    }
}

/// A job that judges the stage's request: environment, event file, command.
pub fn command<S: Site>(stage: &Stage, server: &Server<S>, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.clean_env().current_dir(stage.directory()).args(arguments);
    command
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_REPOSITORY", &stage.world.repository)
        .env("GITHUB_API_URL", server.address())
        .env("GITHUB_TOKEN", "a-token-of-the-job")
        .env("GITHUB_EVENT_PATH", event(stage));
    command
}

/// The event file of the stage's request, beside the repository's files.
pub fn event(stage: &Stage) -> PathBuf {
    let request = &stage.world.request;
    let event = json!({ "pull_request": {
        "number": request.id.number(), "head": { "sha": stage.head().to_string() },
        "base": { "ref": request.base_branch.as_str(), "sha": stage.base.to_string() },
    }});
    let path = stage.directory().join("event.json");
    std::fs::write(&path, event.to_string()).unwrap();
    path
}

/// Judges the stage as it is, over HTTP, with nothing but the environment of a job.
pub fn judge(stage: &Stage) -> Verdict {
    judge_at(stage, &Server::start(stage.world.clone()))
}

/// Judges the stage against a server that may misbehave.
pub fn judge_at<S: Site>(stage: &Stage, server: &Server<S>) -> Verdict {
    Verdict::of(&command(stage, server, &["check", "--format", "json"]).output().unwrap())
}

/// Judges the stage by a command that was changed.
pub fn judge_by(stage: &Stage, change: impl FnOnce(&mut Command)) -> Verdict {
    let server = Server::start(stage.world.clone());
    let mut command = command(stage, &server, &["check", "--format", "json"]);
    change(&mut command);
    Verdict::of(&command.output().unwrap())
}

/// Bends an honest stage and judges it.
pub fn judge_altered(alter: impl FnOnce(&mut Stage)) -> Verdict {
    let mut stage = Stage::honest().unwrap();
    alter(&mut stage);
    judge(&stage)
}
