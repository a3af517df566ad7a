//! Storing a deployment record: see [`portcullis_git::commit_writer`], which writes it and
//! moves its ref.

use portcullis_git::commit_writer::{NewCommit, WriteError, store_commit};
use portcullis_model::change::{ObjectName, Revision};
use portcullis_model::environment::Environment;
use portcullis_record::{PendingRecord, reference};
use std::path::Path;

/// A record that is stored for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Its commit, where the ref points now.
    pub commit: Revision,
    /// Its number.
    pub number: u64,
}

/// Why a record was not stored. The chain is what it was, unless the disk itself fails in the last
/// step.
#[derive(Debug)]
pub enum NotAppended {
    /// The chain has moved on since the record was sealed: judge again, on top of what is there
    /// now.
    Moved {
        /// The environment.
        environment: Environment,
        /// Its newest record now; `None` when there is none any more.
        tip: Option<Revision>,
    },
    /// The repository cannot be written.
    NotWritten(WriteError),
}

impl std::fmt::Display for NotAppended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            NotAppended::Moved { environment, tip } => {
                let tip = tip.as_ref().map_or("gone", Revision::as_str);
                write!(
                    f,
                    "not recorded: the record of {environment} has changed meanwhile and is now {tip}; judge again"
                )
            }
            NotAppended::NotWritten(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for NotAppended {}

/// Stores a sealed record in the repository that `path` is in, and moves the ref of its environment
/// to it.
///
/// # Errors
/// The chain has moved on, is locked, or the repository cannot be written. The ref is then as it
/// was.
pub fn append(path: &Path, sealed: &PendingRecord) -> Result<Appended, NotAppended> {
    let environment = &sealed.entry().environment;
    let commit = |tree: &ObjectName| sealed.commit(tree);
    let stored = store_commit(path, &new_commit(sealed, &reference(environment), &commit));
    let commit = stored.map_err(|error| match error {
        WriteError::Moved { tip, .. } => NotAppended::Moved { environment: environment.clone(), tip },
        other => NotAppended::NotWritten(other),
    })?;
    Ok(Appended { commit, number: sealed.entry().number })
}

fn new_commit<'a>(
    sealed: &'a PendingRecord,
    reference: &'a str,
    commit: &'a dyn Fn(&ObjectName) -> Vec<u8>,
) -> NewCommit<'a> {
    NewCommit {
        reference,
        previous: sealed.previous(),
        files: sealed.files(),
        commit,
        log: "portcullis: deployment recorded",
    }
}

#[cfg(test)]
mod tests;
