//! `portcullis snapshot`: what protects the deployment branches, written down for later.

use super::HostName;
use super::exit::Result;
use clap::{Args, Subcommand};
use std::path::{Path, PathBuf};

mod show;
mod take;

/// Arguments of `snapshot`.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Exit codes: 0 written, everything was seen; 3 written, something could not be seen; 2 no host or no branch \
                  named; 4 no policy that names the branches; 5 not written; 6 snapshots do not verify."
)]
pub struct SnapshotArguments {
    #[command(subcommand)]
    command: Option<SnapshotCommand>,
    /// Branch to look at. Repeatable. Default: the deployment branches of the policy at HEAD.
    #[arg(long = "branch", value_name = "NAME")]
    branches: Vec<String>,
    /// Host to ask. Default in a job of GitHub, GitLab, Gitea or Forgejo: that host.
    #[arg(long, value_enum)]
    host: Option<HostName>,
    /// Repository on the host. Default in a job of such a host: the job's repository.
    #[arg(long, value_name = "OWNER/NAME")]
    repository: Option<String>,
    /// Policy outside of the repository that names the branches.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Push each snapshot to this remote.
    #[arg(long, value_name = "REMOTE")]
    push: Option<String>,
}

/// What to do with the snapshots.
#[derive(Debug, Subcommand)]
pub enum SnapshotCommand {
    /// List the snapshots of every branch, or of one.
    List {
        /// Name of the branch.
        branch: Option<String>,
    },
    /// Verify the snapshots of every branch, or of one.
    Verify(SnapshotExpectations),
}

/// What the snapshots must hold.
#[derive(Debug, Args)]
pub struct SnapshotExpectations {
    /// Name of the branch. Default: every branch that has snapshots.
    branch: Option<String>,
    /// Commit of a snapshot that you kept elsewhere, such as the newest one of last time. The chain
    /// must still hold it.
    #[arg(long, value_name = "COMMIT", requires = "branch")]
    expect_tip: Option<String>,
    /// Smallest number of snapshots that must exist.
    #[arg(long, value_name = "N", requires = "branch")]
    at_least: Option<u64>,
    /// File that `portcullis record anchor` wrote, kept elsewhere: each chain must still hold the
    /// snapshot that it names. Repeatable.
    #[arg(long = "anchor", value_name = "FILE")]
    anchors: Vec<PathBuf>,
}

/// Writes snapshots, or lists or verifies them.
///
/// # Errors
/// Usage, environment or policy errors, or snapshots that do not verify.
pub fn run(directory: &Path, arguments: &SnapshotArguments) -> Result {
    match &arguments.command {
        None => take::run(directory, arguments),
        Some(SnapshotCommand::List { branch }) => show::list(directory, branch.as_deref()),
        Some(SnapshotCommand::Verify(expected)) => show::verify(directory, expected),
    }
}
