//! Storing a deployment record. Together with `note_writer`, which writes in the same way, this is the only code of the program
//! that writes to a repository which is not its own.
//!
//! The order is what keeps the chain whole. First the files, the tree and the commit are written, and read again; nobody can see
//! them yet. Then one step moves the ref, under git's own lock, and only if it still points to the record that the new one
//! stands upon. Whoever is stopped before that step (killed, out of space, too late) leaves objects that nothing
//! refers to, which git sweeps away in time. Each file is flushed to the disk before the ref names it.

use super::discover::discover;
use super::neutralise;
use super::object::{object_name, oid, revision};
use super::record::tip;
use super::trust::distrust;
use crate::model::change::Revision;
use crate::model::environment::Environment;
use crate::record::{PendingRecord, reference};
use git2::{ConfigLevel, ErrorCode, ObjectType, Odb, Oid};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often a lock is tried that somebody else holds.
const TRIES: u32 = 40;
/// How long to wait between two tries.
const PAUSE: Duration = Duration::from_millis(50);

/// A record that is stored for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Its commit, where the ref points now.
    pub commit: Revision,
    /// Its number.
    pub number: u64,
}

/// Why a record was not stored. The chain is what it was, unless the disk itself fails in the last step.
#[derive(Debug)]
pub enum Refusal {
    /// The chain has moved on since the record was sealed: judge again, on top of what is there now.
    Moved {
        /// The environment.
        environment: Environment,
        /// Its newest record now; `None` when there is none any more.
        tip: Option<Revision>,
    },
    /// Somebody holds the lock of the ref, or was killed while holding it.
    Locked {
        /// The lock.
        file: PathBuf,
    },
    /// The repository cannot be written.
    Failed(anyhow::Error),
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Refusal::Moved { environment, tip } => {
                let tip = tip.as_ref().map_or("gone", Revision::as_str);
                write!(
                    f,
                    "not recorded: the record of {environment} has changed meanwhile and is now {tip}; judge again"
                )
            }
            Refusal::Locked { file } => {
                let file = file.display();
                write!(
                    f,
                    "not recorded: `{file}` is locked; if nobody is recording or fetching, a process was killed there: \
                     remove that file, and judge again"
                )
            }
            Refusal::Failed(error) => write!(f, "not recorded: {error:#}"),
        }
    }
}

impl std::error::Error for Refusal {}

impl From<anyhow::Error> for Refusal {
    fn from(error: anyhow::Error) -> Self {
        Refusal::Failed(error)
    }
}

type Result<T> = std::result::Result<T, Refusal>;

/// Stores a sealed record in the repository that `path` is in, and moves the ref of its environment to it.
///
/// # Errors
/// The chain has moved on, is locked, or the repository cannot be written. The ref is then as it was.
pub fn append(path: &Path, sealed: &PendingRecord) -> Result<Appended> {
    let git = open(path)?;
    let commit = write_objects(&git, sealed)?;
    move_ref(&git, sealed, commit)?;
    Ok(Appended { commit: revision(commit).map_err(failed)?, number: sealed.entry().number })
}

pub(super) fn open(path: &Path) -> Result<git2::Repository> {
    neutralise().map_err(failed)?;
    let git = discover(path)?.git;
    if let Some(gap) = distrust(&git) {
        return Err(failed(gap));
    }
    flush_to_disk(&git)?;
    Ok(git)
}

pub(super) fn failed(error: impl std::fmt::Display) -> Refusal {
    Refusal::Failed(anyhow::anyhow!("{error}"))
}

/// Has libgit2 flush objects and refs of this repository. It takes that from the configuration when it first needs the objects
/// or refs, and from nowhere else for one repository only; so the configuration gets one more layer, above all
/// others, for as long as the repository is open. The configuration of the repository stays as it is.
fn flush_to_disk(git: &git2::Repository) -> Result<()> {
    let mut layer = tempfile::NamedTempFile::new().map_err(failed)?;
    layer.write_all(b"[core]\n\tfsyncObjectFiles = true\n").map_err(failed)?;
    let mut config = git.config().map_err(failed)?;
    config.add_file(layer.path(), ConfigLevel::App, true).map_err(failed)?;
    match config.get_bool("core.fsyncObjectFiles") {
        Ok(true) => Ok(()),
        _ => Err(failed("libgit2 cannot be told to flush what it writes to the disk")),
    }
}

fn write_objects(git: &git2::Repository, sealed: &PendingRecord) -> Result<Oid> {
    let odb = git.odb().map_err(failed)?;
    let mut tree = Vec::new();
    for (name, bytes) in sealed.files() {
        let id = write(&odb, ObjectType::Blob, bytes)?;
        tree.extend([b"100644 ", name.as_bytes(), b"\0", id.as_bytes()].concat());
    }
    let tree = write(&odb, ObjectType::Tree, &tree)?;
    write(&odb, ObjectType::Commit, &sealed.commit(&object_name(tree).map_err(failed)?))
}

/// Writes an object, and reads it again: one of this name that was here before may be damaged, and is not replaced.
pub(super) fn write(odb: &Odb<'_>, kind: ObjectType, bytes: &[u8]) -> Result<Oid> {
    let cannot = |error: git2::Error| failed(format!("a {kind} cannot be written: {}", error.message()));
    let id = odb.write(kind, bytes).map_err(cannot)?;
    let again = odb.read(id).map_err(cannot)?;
    match again.data() == bytes {
        true => Ok(id),
        false => Err(failed(format!("the {kind} {id} holds other bytes than were written"))),
    }
}

/// Compare and swap.
fn move_ref(git: &git2::Repository, sealed: &PendingRecord, to: Oid) -> Result<()> {
    let name = reference(&sealed.entry().environment);
    let from = match sealed.previous() {
        Some(previous) => oid(previous.as_str()).map_err(failed)?,
        None => Oid::ZERO_SHA1,
    };
    for _ in 0..TRIES {
        // With a zero for what is expected libgit2 demands that there be no such ref; `force` only lets an existing one be moved.
        match git.reference_matching(&name, to, true, from, "portcullis: deployment recorded") {
            Ok(_) => return Ok(()),
            Err(error) if error.code() == ErrorCode::Locked => std::thread::sleep(PAUSE),
            Err(error) => return Err(why(git, sealed, (from, to), &error)),
        }
    }
    Err(Refusal::Locked { file: git.commondir().join(format!("{name}.lock")) })
}

/// Whatever libgit2 says, a chain that has moved is the reason to name.
fn why(
    git: &git2::Repository,
    sealed: &PendingRecord,
    (from, to): (Oid, Oid),
    error: &git2::Error,
) -> Refusal {
    let environment = &sealed.entry().environment;
    let name = reference(environment);
    match tip(git, environment) {
        Ok(Some(tip)) if tip == to && error.code() != ErrorCode::Modified => {
            failed(format!("`{name}` was moved, but the disk does not confirm it: {}", error.message()))
        }
        Ok(tip) if tip.unwrap_or(Oid::ZERO_SHA1) != from => {
            Refusal::Moved { environment: environment.clone(), tip: tip.and_then(|tip| revision(tip).ok()) }
        }
        Ok(_) => failed(format!("the ref `{name}` cannot be moved: {}", error.message())),
        Err(gap) => failed(gap),
    }
}

#[cfg(test)]
mod tests;
