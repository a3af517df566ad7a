//! The gate before a deployment, as a job runs it: the real binary over HTTP.
#![allow(dead_code, reason = "each test binary uses its own part of this")]
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "test support: a failure here is a failed test"
)]

use super::gate::Verdict;
use crate::support::clean::CleanEnvironment as _;
use git2::Oid;
use portcullis_testkit::lane::Lane;
use portcullis_testkit::server::{Server, Site};
use std::process::Command;

/// Judges a deployment of a commit; `more` are further arguments.
pub fn judge<S: Site>(lane: &Lane, server: &Server<S>, head: Oid, more: &[&str]) -> Verdict {
    let output =
        command(lane, &server.address(), head).args(["--format", "json"]).args(more).output().unwrap();
    Verdict::of(&output)
}

/// The same for another environment.
pub fn judge_to<S: Site>(
    environment: &str,
    lane: &Lane,
    server: &Server<S>,
    head: Oid,
    more: &[&str],
) -> Verdict {
    let mut command = subcommand_to("check", environment, lane, &server.address(), head);
    Verdict::of(&command.args(["--format", "json"]).args(more).output().unwrap())
}

/// The command, without a format.
pub fn command(lane: &Lane, address: &str, head: Oid) -> Command {
    subcommand("check", lane, address, head)
}

/// `check` or `facts` of a deployment.
pub fn subcommand(name: &str, lane: &Lane, address: &str, head: Oid) -> Command {
    subcommand_to(name, "production", lane, address, head)
}

/// The same for another environment.
pub fn subcommand_to(name: &str, environment: &str, lane: &Lane, address: &str, head: Oid) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.clean_env().current_dir(lane.directory());
    command.env("GITHUB_API_URL", address).env("GITHUB_TOKEN", "a-token-of-the-job");
    command.args([name, "--environment", environment, "--host", "github"]);
    command.args(["--repository", "example-org/data-upload", "--head", &head.to_string()]);
    command
}

/// The same with the first commit of the lane as asserted baseline.
pub fn judge_from_start(lane: &Lane) -> Verdict {
    judge_from(lane, lane.baseline())
}

/// The same with another asserted baseline.
pub fn judge_from(lane: &Lane, baseline: Oid) -> Verdict {
    let server = Server::start(lane.host());
    judge(lane, &server, lane.tip(), &["--base", &baseline.to_string()])
}
