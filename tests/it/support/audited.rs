//! `portcullis audit` as an auditor runs it, and a repository whose commits have the dates that a
//! test gives them.
#![allow(dead_code, reason = "each test uses its own part of this")]
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "test support: a failure here is a failed test"
)]

use super::checkout::Checkout;
use crate::support::clean::CleanEnvironment as _;
use portcullis_testkit::lane::Lane;
use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// The policy of the repository with dates.
pub const POLICY: &str = r#"schema = 1
[project]
name = "Record upload"
[branches]
deployment = ["main"]
[[data-processing]]
name = "upload"
purpose = "Loads, amends and deletes records"
paths = ["services/upload/**"]
[controls.required-reviews]
approvals = 1
"#;

/// The present of every audit here, after the last commit of a lane.
pub const AS_OF: &str = "2027-06-01T00:00:00Z";

/// What an audit came to.
pub struct Audited {
    pub exit: i32,
    pub json: Value,
    /// What was written to stderr.
    pub text: String,
}

impl Audited {
    /// How many landings there are.
    pub fn landings(&self) -> usize {
        self.json["landings"].as_array().map_or(0, Vec::len)
    }

    /// The landing of a commit.
    pub fn landing(&self, commit: &str) -> &Value {
        let all = self.json["landings"].as_array().unwrap();
        all.iter().find(|landing| landing["landed"] == commit).unwrap()
    }

    /// The exceptions of a control.
    pub fn exceptions(&self, control: &str) -> Vec<&Value> {
        let all = self.json["exceptions"].as_array().unwrap();
        all.iter().filter(|one| one["control"] == control).collect()
    }

    /// Everything that could not be shown, as one text.
    pub fn gaps(&self) -> String {
        self.json["gaps"].to_string()
    }

    /// What is odd about dates, as one text.
    pub fn anomalies(&self) -> String {
        self.json["branches"][0]["anomalies"].to_string()
    }
}

/// Runs an audit, with the present of these tests.
pub fn audit(directory: &Path, arguments: &[&str]) -> Audited {
    run(Command::new(env!("CARGO_BIN_EXE_portcullis")).clean_env().current_dir(directory), arguments)
}

/// The same with a host.
pub fn audit_with_host(lane: &Lane, address: &str, arguments: &[&str]) -> Audited {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.clean_env().current_dir(lane.directory());
    command.env("GITHUB_API_URL", address).env("GITHUB_TOKEN", "a-token-of-the-job");
    let host = ["--host", "github", "--repository", "example-org/data-upload"];
    run(&mut command, &[&host, arguments].concat())
}

fn run(command: &mut Command, arguments: &[&str]) -> Audited {
    let output =
        command.args(["audit", "--as-of", AS_OF, "--format", "json"]).args(arguments).output().unwrap();
    Audited {
        exit: output.status.code().unwrap(),
        json: serde_json::from_slice(&output.stdout).unwrap_or_default(),
        text: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// All that a lane holds.
pub const ALL: [&str; 4] = ["--since", "2026-01-01", "--until", "2027-12-31"];

/// The year 2026.
pub const YEAR: [&str; 5] = ["--since", "2026-01-01", "--until", "2026-12-31", "--no-deployments"];

/// A repository with a policy, begun in 2025.
pub fn begun() -> Checkout {
    let new = Checkout::empty();
    new.write("portcullis.toml", POLICY);
    commit_at(&new, "2025-06-01T12:00:00Z", "Begin");
    new
}

/// Commits a new file at a date; the commit.
pub fn land_at(checkout: &Checkout, date: &str, name: &str) -> String {
    checkout.write(&format!("services/upload/{name}.sql"), name);
    commit_at(checkout, date, name)
}

/// Commits everything at a date; the commit.
pub fn commit_at(checkout: &Checkout, date: &str, message: &str) -> String {
    checkout.git(&["add", "-A"]);
    checkout.git_at(date, &["commit", "-q", "-m", message]);
    checkout.git(&["rev-parse", "HEAD"])
}
