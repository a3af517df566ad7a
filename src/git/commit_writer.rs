//! Storing a commit below a ref. Together with `note_writer`, which writes in the same way, this is
//! the only code of the program that writes to a repository which is not its own.
//!
//! The order keeps the chain whole. First the files, the tree and the commit are written, and read
//! again; no ref leads to them yet. Then one step moves the ref, under git's own lock, and only if
//! it still points to the commit that the new one was made for. A process that is stopped before
//! that step (killed, out of space, too late) leaves objects that nothing refers to, which git
//! sweeps away in time. Each file is flushed to the disk before the ref names it.

use crate::discover::discover_repository;
use crate::neutralise;
use crate::object::{object_name, parse_oid, revision_of};
use crate::server::open_git_directory;
use crate::stored_commit::read_ref;
use crate::trust::distrust;
use git2::{ConfigLevel, ErrorCode, ObjectType, Odb, Oid};
use portcullis_model::change::{ObjectName, Revision};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often a lock is tried that another process holds.
const TRIES: u32 = 40;
/// How long to wait between two tries.
const PAUSE: Duration = Duration::from_millis(50);

/// A commit that is to be stored.
pub struct NewCommit<'a> {
    /// The ref that is moved to it.
    pub reference: &'a str,
    /// What the ref has to point to until then; `None`: there must be no such ref.
    pub previous: Option<&'a Revision>,
    /// The files of its tree, by name: files of the root, of mode 644.
    pub files: &'a BTreeMap<&'a str, Vec<u8>>,
    /// Writes the commit, given the name of its tree.
    pub commit: &'a dyn Fn(&ObjectName) -> Vec<u8>,
    /// What the reflog says.
    pub log: &'a str,
}

/// Why nothing was stored. The ref is what it was, unless the disk itself fails in the last step.
#[derive(Debug)]
pub enum WriteError {
    /// The ref points elsewhere by now.
    Moved {
        /// The ref.
        reference: String,
        /// What it points to; `None` when it is gone.
        tip: Option<Revision>,
    },
    /// Another process holds the lock of the ref, or was killed while it held it.
    Locked {
        /// The lock.
        file: PathBuf,
    },
    /// The repository cannot be written.
    Failed(anyhow::Error),
}

impl std::fmt::Display for WriteError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            WriteError::Moved { reference, tip } => {
                let tip = tip.as_ref().map_or("gone", Revision::as_str);
                write!(f, "not recorded: `{reference}` has changed meanwhile and is now {tip}; judge again")
            }
            WriteError::Locked { file } => {
                let file = file.display();
                write!(
                    f,
                    "not recorded: `{file}` is locked; if nobody is recording or fetching, a process was killed there: \
                     remove that file, and judge again"
                )
            }
            WriteError::Failed(error) => write!(f, "not recorded: {error:#}"),
        }
    }
}

impl std::error::Error for WriteError {}

impl From<anyhow::Error> for WriteError {
    fn from(error: anyhow::Error) -> Self {
        WriteError::Failed(error)
    }
}

/// Stores a commit in the repository that `path` is in, and moves its ref to it.
///
/// # Errors
/// The ref points elsewhere, is locked, or the repository cannot be written. The ref is then as it
/// was.
pub fn store_commit(path: &Path, new: &NewCommit<'_>) -> Result<Revision, WriteError> {
    let git = open_to_write(path)?;
    let commit = write_objects(&git, new)?;
    move_ref(&git, new, commit)?;
    revision_of(commit).map_err(write_failed)
}

/// As [`store_commit`], in the repository whose git directory this is, whatever is around it.
///
/// # Errors
/// See [`store_commit`].
pub fn store_commit_in(git_directory: &Path, new: &NewCommit<'_>) -> Result<Revision, WriteError> {
    neutralise().map_err(write_failed)?;
    let git = prepare_to_write(open_git_directory(git_directory)?)?;
    let commit = write_objects(&git, new)?;
    move_ref(&git, new, commit)?;
    revision_of(commit).map_err(write_failed)
}

/// The first half of [`store_commit`]: writes the objects, and moves no ref.
///
/// # Errors
/// The repository cannot be written.
pub fn store_objects(path: &Path, new: &NewCommit<'_>) -> Result<Revision, WriteError> {
    revision_of(write_objects(&open_to_write(path)?, new)?).map_err(write_failed)
}

pub(super) fn open_to_write(path: &Path) -> Result<git2::Repository, WriteError> {
    neutralise().map_err(write_failed)?;
    prepare_to_write(discover_repository(path)?.git)
}

fn prepare_to_write(git: git2::Repository) -> Result<git2::Repository, WriteError> {
    if let Some(gap) = distrust(&git) {
        return Err(write_failed(gap));
    }
    flush_to_disk(&git)?;
    Ok(git)
}

pub(super) fn write_failed(error: impl std::fmt::Display) -> WriteError {
    WriteError::Failed(anyhow::anyhow!("{error}"))
}

/// Has libgit2 flush objects and refs of this repository. It takes that from the configuration when
/// it first needs the objects or refs, and from nowhere else for one repository only; so the
/// configuration gets one more layer, above all others, for as long as the repository is open. The
/// configuration of the repository stays as it is.
fn flush_to_disk(git: &git2::Repository) -> Result<(), WriteError> {
    let mut layer = tempfile::NamedTempFile::new().map_err(write_failed)?;
    layer.write_all(b"[core]\n\tfsyncObjectFiles = true\n").map_err(write_failed)?;
    let mut config = git.config().map_err(write_failed)?;
    config.add_file(layer.path(), ConfigLevel::App, true).map_err(write_failed)?;
    match config.get_bool("core.fsyncObjectFiles") {
        Ok(true) => Ok(()),
        _ => Err(write_failed("libgit2 cannot be told to flush what it writes to the disk")),
    }
}

fn write_objects(git: &git2::Repository, new: &NewCommit<'_>) -> Result<Oid, WriteError> {
    let odb = git.odb().map_err(write_failed)?;
    let mut tree = Vec::new();
    for (name, bytes) in new.files {
        let id = write_object(&odb, ObjectType::Blob, bytes)?;
        tree.extend([b"100644 ", name.as_bytes(), b"\0", id.as_bytes()].concat());
    }
    let tree = write_object(&odb, ObjectType::Tree, &tree)?;
    write_object(&odb, ObjectType::Commit, &(new.commit)(&object_name(tree).map_err(write_failed)?))
}

/// Writes an object, and reads it again: one of this name that was here before may be damaged, and
/// is not replaced.
pub(super) fn write_object(odb: &Odb<'_>, kind: ObjectType, bytes: &[u8]) -> Result<Oid, WriteError> {
    let cannot =
        |error: git2::Error| write_failed(format!("a {kind} cannot be written: {}", error.message()));
    let id = odb.write(kind, bytes).map_err(cannot)?;
    let again = odb.read(id).map_err(cannot)?;
    match again.data() == bytes {
        true => Ok(id),
        false => Err(write_failed(format!("the {kind} {id} holds other bytes than were written"))),
    }
}

/// Compare and swap.
fn move_ref(git: &git2::Repository, new: &NewCommit<'_>, to: Oid) -> Result<(), WriteError> {
    let name = new.reference;
    let from = match new.previous {
        Some(previous) => parse_oid(previous.as_str()).map_err(write_failed)?,
        None => Oid::ZERO_SHA1,
    };
    for _ in 0..TRIES {
        // With a zero for what is expected libgit2 demands that there be no such ref; `force` only
        // lets an existing one be moved.
        match git.reference_matching(name, to, true, from, new.log) {
            Ok(_) => return Ok(()),
            Err(error) if error.code() == ErrorCode::Locked => std::thread::sleep(PAUSE),
            Err(error) => return Err(why_not_moved(git, name, (from, to), &error)),
        }
    }
    Err(WriteError::Locked { file: git.commondir().join(format!("{name}.lock")) })
}

/// Whatever libgit2 says, a ref that has moved is the reason to name.
fn why_not_moved(
    git: &git2::Repository,
    name: &str,
    (from, to): (Oid, Oid),
    error: &git2::Error,
) -> WriteError {
    match read_ref(git, name) {
        Ok(Some(tip)) if tip == to && error.code() != ErrorCode::Modified => {
            write_failed(format!("`{name}` was moved, but the disk does not confirm it: {}", error.message()))
        }
        Ok(tip) if tip.unwrap_or(Oid::ZERO_SHA1) != from => {
            let tip = tip.and_then(|tip| revision_of(tip).ok());
            WriteError::Moved { reference: name.to_string(), tip }
        }
        Ok(_) => write_failed(format!("the ref `{name}` cannot be moved: {}", error.message())),
        Err(gap) => write_failed(gap),
    }
}
