//! The register of incidents as it lies in a repository. The rules for it are in
//! [`portcullis_incident`].
//!
//! A fresh clone does not hold it: `git clone` and CI checkouts fetch branches and tags. So "there
//! is no register here" never means "there was no incident".

use crate::collect::records::FETCH;
use jiff::Timestamp;
use portcullis_git::Repository;
use portcullis_git::commit_writer::{NewCommit, WriteError, store_commit};
use portcullis_git::stored_commit::StoredCommit;
use portcullis_incident::register::StoredIncident;
use portcullis_incident::{
    IncidentRegister, PendingIncident, REGISTER_REF, RegisterVerifier, read_casefiles,
};
use portcullis_model::change::{ObjectName, Revision};
use portcullis_model::fact::{Gap, GapReason};
use portcullis_model::incident::IncidentFacts;
use std::collections::BTreeMap;
use std::path::Path;

/// A register is read up to this length: thirty entries a day for nine years.
const LONGEST: usize = 100_000;

/// The mode of every file of an entry.
const PLAIN: u32 = 0o100_644;

/// The register, checked; `None` where this repository holds none.
///
/// # Errors
/// An object is missing, or the register is longer than any that is read.
pub fn read_register(repository: &Repository, clock: Timestamp) -> Result<Option<IncidentRegister>, Gap> {
    let Some(tip) = repository.ref_tip(REGISTER_REF)? else { return Ok(None) };
    let line = repository.line_to(&tip, LONGEST)?.ok_or_else(report_too_long)?;
    let mut verifier = RegisterVerifier::new(clock);
    for commit in line {
        verifier.push(&incident_of(repository.stored_commit(&commit)?));
    }
    Ok(Some(verifier.finish()))
}

/// What the register says, as far as clocks are concerned.
///
/// # Errors
/// There is none here, it cannot be read, or it does not verify.
pub fn read_incident_facts(repository: &Repository, clock: Timestamp) -> Result<IncidentFacts, Gap> {
    let what = format!("the register of incidents below `{REGISTER_REF}`");
    let Some(register) = read_register(repository, clock)? else {
        let remedy =
            format!("Fetch it: `{FETCH}`. Where there never was an incident: `portcullis incident begin`.");
        return Err(Gap::new(what, GapReason::MissingObject, "it is not in this repository", remedy));
    };
    let remedy = "See `portcullis incident verify`, and restore the ref from a clone that has it.";
    let broken = |detail: String| Gap::new(what.clone(), GapReason::Contradiction, detail, remedy);
    if let Some(problem) = register.problems.first() {
        return Err(broken(problem.to_string()));
    }
    let tip = register.tip().cloned().ok_or_else(|| broken("it holds no entry".to_string()))?;
    let incidents = read_casefiles(&register.links).into_iter().map(|file| file.history).collect();
    Ok(IncidentFacts { tip, entries: register.commits.len() as u64, incidents })
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
