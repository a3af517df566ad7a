//! The CI job of the gate for each host. A host is a file here and a line in [`TABLE`].

use crate::proposal::Proposal;

mod gitea;
mod github;
mod gitlab;

/// How the gate runs in the CI of a host.
pub struct GateJob {
    /// The names of the kinds of host.
    pub hosts: &'static [&'static str],
    /// The file that is written, for the kind of host.
    pub file: fn(&str) -> &'static str,
    /// The text of that file.
    pub write: fn(&Proposal, &str) -> String,
    /// What the policy asks of the host's protection beside what it asks of every host.
    pub protection: &'static str,
    /// What is left to do, in sentences.
    pub left: &'static [&'static str],
}

/// The jobs, sorted by the names of their hosts.
pub static TABLE: &[&GateJob] = &[&gitea::JOB, &github::JOB, &gitlab::JOB];

/// The job for a kind of host.
pub fn find(host: &str) -> Option<&'static GateJob> {
    TABLE.iter().find(|job| job.hosts.contains(&host)).copied()
}

/// The branches of the policy as a list in YAML.
fn branch_list(proposal: &Proposal) -> String {
    let names: Vec<String> =
        proposal.branches.iter().map(|branch| format!("\"{}\"", branch.pattern)).collect();
    if names.is_empty() { "[\"main\", \"release/*\"]".to_string() } else { format!("[{}]", names.join(", ")) }
}

/// Where a command writes beside its reports: folders that a checkout must not track.
pub(crate) fn evidence_file(suite: &str) -> String {
    format!("out/{suite}.evidence.json")
}

/// The command that runs a suite and records how it went.
fn record_command(one: &crate::found::FoundRunner) -> String {
    let reports: Vec<String> = one.runner.reports.iter().map(|glob| format!("--report '{glob}'")).collect();
    format!(
        "portcullis evidence record --suite {} {} -o {} -- sh -c '{}'",
        one.runner.name,
        reports.join(" "),
        evidence_file(one.runner.name),
        one.runner.command
    )
}
