//! The register of incidents as it lies in a repository. The rules for it are in
//! [`portcullis_incident`].
//!
//! A fresh clone does not hold it: `git clone` and CI checkouts fetch branches and tags. So "there
//! is no register here" never means "there was no incident".

use crate::records::FETCH;
use jiff::Timestamp;
use portcullis_git::Repository;
use portcullis_git::commit_writer::{NewCommit, WriteError, store_commit};
use portcullis_git::stored_commit::StoredCommit;
use portcullis_incident::register::StoredIncident;
use portcullis_incident::{
    IncidentRegister, PendingIncident, REGISTER_REF, RegisterVerifier, read_casefiles,
};
use portcullis_model::change::{ObjectName, Revision};
use portcullis_model::deployment::Deployment;
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::incident::IncidentFacts;
use portcullis_model::inquiry::{Inquiry, Topic};
use std::collections::BTreeMap;
use std::path::Path;

/// A register is read up to this length: thirty entries a day for nine years.
const LONGEST: usize = 100_000;

/// The entries of a register have no more bytes than this together.
const LARGEST: usize = 256 << 20;

/// The mode of every file of an entry.
const PLAIN: u32 = 0o100_644;

/// The register, checked; `None` where this repository holds none.
///
/// # Errors
/// An object is missing, or the register is longer than any that is read.
pub fn read_register(repository: &Repository, clock: Timestamp) -> Result<Option<IncidentRegister>, Gap> {
    let Some(tip) = repository.ref_tip(REGISTER_REF)? else { return Ok(None) };
    let line = repository.line_to(&tip, LONGEST)?.ok_or_else(report_too_long)?;
    verify_line(repository, &line, clock).map(Some)
}

/// What the register says, where the policy asks for it.
pub fn ask_incidents(
    repository: &Repository,
    inquiry: &Inquiry,
    observed: Option<&Timestamp>,
) -> Fact<IncidentFacts> {
    match (inquiry.topics.contains(&Topic::Incidents), observed) {
        (true, Some(clock)) => read_incident_facts(repository, *clock).into(),
        _ => Deployment::no_incidents_asked(),
    }
}

/// What the register says, as far as clocks are concerned.
///
/// # Errors
/// There is none here, it cannot be read, or it does not verify.
fn read_incident_facts(repository: &Repository, clock: Timestamp) -> Result<IncidentFacts, Gap> {
    let register = read_whole_register(repository, clock)?;
    let tip = register.tip().cloned().ok_or_else(|| no_such_register(GapReason::Malformed, "it is empty"))?;
    let incidents = read_casefiles(&register.links).into_iter().map(|file| file.history).collect();
    Ok(IncidentFacts { tip, entries: register.commits.len() as u64, incidents })
}

fn no_such_register(reason: GapReason, detail: &str) -> Gap {
    let remedy =
        format!("Fetch it: `{FETCH}`. Where there never was an incident: `portcullis incident begin`.");
    Gap::new(format!("the register of incidents below `{REGISTER_REF}`"), reason, detail, remedy)
}

/// The register, where it is here and verifies.
///
/// # Errors
/// There is none here, it cannot be read, or it does not verify.
pub fn read_whole_register(repository: &Repository, clock: Timestamp) -> Result<IncidentRegister, Gap> {
    let what = format!("the register of incidents below `{REGISTER_REF}`");
    let Some(register) = read_register(repository, clock)? else {
        return Err(no_such_register(GapReason::MissingObject, "it is not in this repository"));
    };
    let remedy = "See `portcullis incident verify`, and restore the ref from a clone that has it.";
    match register.problems.first() {
        Some(problem) => Err(Gap::new(what, GapReason::Contradiction, problem.to_string(), remedy)),
        None => Ok(register),
    }
}

/// How the register here differs from what the facts of a deployment say that it was.
///
/// # Errors
/// There is no register here, or it cannot be read.
pub fn find_register_change(repository: &Repository, facts: &Deployment) -> Result<Option<String>, Gap> {
    let Some(seen) = facts.incidents.value() else { return Ok(None) };
    let tip = repository.ref_tip(REGISTER_REF)?;
    let tip =
        tip.ok_or_else(|| no_such_register(GapReason::MissingObject, "it is not in this repository"))?;
    let mut line = repository.line_to(&tip, LONGEST)?.ok_or_else(report_too_long)?;
    line.truncate(usize::try_from(seen.entries).unwrap_or(usize::MAX));
    if line.last() != Some(&seen.tip) || line.len() as u64 != seen.entries {
        let (entries, tip) = (seen.entries, seen.tip.short());
        return Ok(Some(format!("the register of incidents had {entries} entries up to {tip}, and has not")));
    }
    let register = verify_line(repository, &line, Timestamp::MAX)?;
    let incidents: Vec<_> = read_casefiles(&register.links).into_iter().map(|file| file.history).collect();
    let same = register.problems.is_empty() && incidents == seen.incidents;
    Ok((!same).then(|| "the register of incidents says something else".to_string()))
}

/// The entries of a line of commits, checked.
fn verify_line(
    repository: &Repository,
    line: &[Revision],
    clock: Timestamp,
) -> Result<IncidentRegister, Gap> {
    let (mut verifier, mut size) = (RegisterVerifier::new(clock), 0);
    for commit in line {
        let stored = repository.stored_commit(commit)?;
        size += stored.files.values().map(|file| file.bytes.len()).sum::<usize>();
        if size > LARGEST {
            return Err(report_too_large());
        }
        verifier.push(&incident_of(stored));
    }
    Ok(verifier.finish())
}

fn report_too_large() -> Gap {
    Gap::new(
        format!("the register of incidents below `{REGISTER_REF}`"),
        GapReason::Truncated,
        format!("its entries have more than {} MiB", LARGEST >> 20),
        "Find out who wrote them.",
    )
}

fn report_too_long() -> Gap {
    Gap::new(
        format!("the register of incidents below `{REGISTER_REF}`"),
        GapReason::Truncated,
        format!("there are more than {LONGEST} entries"),
        "Find out who wrote them.",
    )
}

fn incident_of(stored: StoredCommit) -> StoredIncident {
    let mut files = Some(BTreeMap::new());
    for (path, file) in stored.files {
        match (&mut files, file.mode) {
            (Some(plain), PLAIN) => drop(plain.insert(path.to_string(), file.bytes)),
            _ => files = None,
        }
    }
    StoredIncident { id: stored.id, commit: stored.bytes, tree: stored.tree, parents: stored.parents, files }
}

/// Stores an entry in the repository that `path` is in, and moves the ref of the register to it.
///
/// # Errors
/// The register has moved on, is locked, or the repository cannot be written. The ref is then as it
/// was.
pub fn append_incident(path: &Path, pending: &PendingIncident) -> Result<Revision, WriteError> {
    let commit = |tree: &ObjectName| pending.commit(tree);
    let new = NewCommit {
        reference: REGISTER_REF,
        previous: pending.previous.as_ref(),
        files: &pending.files,
        commit: &commit,
        log: "portcullis: entry of the register of incidents",
    };
    store_commit(path, &new)
}
