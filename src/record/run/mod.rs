//! Runs of a reconciliation: one commit for each run, each on top of the one before, below
//! `refs/portcullis/reconciliation/`.
//!
//! The chain is that of the deployment records and of the snapshots: each `run.json` names the
//! SHA-256 of the one before it, and the commit follows from it to the last byte. Beside it there
//! may be a `signature.json`, as beside a deployment record. A run keeps no content of any record.
//!
//! What is not in a run decides nothing: a gate judges the counts of a run by the budgets of its
//! own policy, and never by the word of the run on how it went.

mod chain;
mod fault;
mod pending;

pub use chain::{RunChain, RunLink, RunVerifier};
pub use fault::{RunChainFault, RunProblem};
pub use pending::{PendingRun, RunDraft, prepare_run};

use portcullis_model::change::{ObjectName, Revision};
use portcullis_model::digest::Digest;
use portcullis_model::reconciliation::ReconciliationRun;

/// The refs of all runs begin so.
pub const RUNS_PREFIX: &str = "refs/portcullis/reconciliation/";

/// What was compared and counted.
pub const RUN_FILE: &str = "run.json";

/// The largest `run.json`, in bytes.
pub const LARGEST_RUN: usize = 8 << 20;

/// How many open differences a run lists. What more there are is counted.
pub const LISTED_BREAKS: usize = 5000;

/// The ref of the runs of a dataset. Its name is lower-case letters, digits and hyphens, as the
/// policy has it.
#[must_use]
pub fn run_reference(dataset: &str) -> String {
    format!("{RUNS_PREFIX}{dataset}")
}

/// The commit of a run as git stores it.
#[must_use]
pub fn run_commit(
    tree: &ObjectName,
    parent: Option<&Revision>,
    run: &ReconciliationRun,
    digest: &Digest,
) -> Vec<u8> {
    let parent = parent.map(|parent| format!("parent {parent}\n")).unwrap_or_default();
    let who = format!("portcullis <> {} +0000", run.time.as_second());
    let message = format!("Run {} of {}\n\nRun: {digest}\n", run.number, run.dataset);
    format!("tree {tree}\n{parent}author {who}\ncommitter {who}\n\n{message}").into_bytes()
}

#[cfg(test)]
mod tests;
