//! Storing evidence in a note. Like a deployment record it is written whole before one step moves
//! the ref, and only if nobody else has moved it meanwhile; then the note is read again and written
//! anew. So recorders that race lose nothing.

use crate::commit_writer::{WriteError, open_to_write, write_failed, write_object};
use crate::notes::{find_notes, note_path, notes_tip};
use crate::object::{Objects, object_name, revision_of};
use crate::trust::CloneKind;
use git2::build::TreeUpdateBuilder;
use git2::{ErrorCode, FileMode, ObjectType, Oid};
use portcullis_model::change::{ObjectName, Revision};
use std::path::Path;
use std::time::Duration;

/// How often it is tried again when another process was faster or holds the lock.
const TRIES: u32 = 200;
/// How long to wait for a lock.
const PAUSE: Duration = Duration::from_millis(20);

/// Extends the note on a tree under the ref `notes`, and returns the commit of the notes. `extend`
/// makes the new note of the old one; when it changes nothing, nothing is written.
///
/// # Errors
/// The ref stays locked, or the repository cannot be written.
pub fn extend_note(
    path: &Path,
    notes: &str,
    on: &ObjectName,
    extend: impl Fn(&[u8]) -> Vec<u8>,
    time: jiff::Timestamp,
) -> Result<Revision, WriteError> {
    let git = open_to_write(path)?;
    for _ in 0..TRIES {
        let from = notes_tip(&git, notes).map_err(write_failed)?;
        let Some(to) = write_note_commit(&git, from, on, &extend, time)? else {
            return from.map_or_else(
                || Err(write_failed("there is nothing to write")),
                |tip| revision_of(tip).map_err(write_failed),
            );
        };
        let expected = from.unwrap_or(Oid::ZERO_SHA1);
        match git.reference_matching(notes, to, true, expected, "portcullis: evidence recorded") {
            Ok(_) => return revision_of(to).map_err(write_failed),
            Err(error) if error.code() == ErrorCode::Locked => std::thread::sleep(PAUSE),
            Err(_) if notes_tip(&git, notes).map_err(write_failed)? != from => {}
            Err(error) => {
                return Err(write_failed(format!("`{notes}` cannot be moved: {}", error.message())));
            }
        }
    }
    Err(WriteError::Locked { file: git.commondir().join(format!("{notes}.lock")) })
}

/// A commit of the notes with the note extended, on top of `from`; `None` when that changes
/// nothing.
fn write_note_commit(
    git: &git2::Repository,
    from: Option<Oid>,
    on: &ObjectName,
    extend: &dyn Fn(&[u8]) -> Vec<u8>,
    time: jiff::Timestamp,
) -> Result<Option<Oid>, WriteError> {
    let objects = Objects::of(git, CloneKind::Full).map_err(write_failed)?;
    let before = match from {
        Some(tip) => objects.tree_of(tip).map_err(write_failed)?,
        None => write_object(&git.odb().map_err(write_failed)?, ObjectType::Tree, b"")?,
    };
    let found = find_notes(&objects, before, on).map_err(write_failed)?;
    let (path, note) = found.into_iter().next().unwrap_or_else(|| (note_path(on, 1), Vec::new()));
    let longer = extend(&note);
    if longer == note {
        return Ok(None);
    }
    let odb = git.odb().map_err(write_failed)?;
    let blob = write_object(&odb, ObjectType::Blob, &longer)?;
    let tree = git.find_tree(before).map_err(write_failed)?;
    let mut update = TreeUpdateBuilder::new();
    let tree = update.upsert(path, blob, FileMode::Blob).create_updated(git, &tree).map_err(write_failed)?;
    let text = commit_text(&object_name(tree).map_err(write_failed)?, from, time);
    write_object(&odb, ObjectType::Commit, text.as_bytes()).map(Some)
}

fn commit_text(tree: &ObjectName, parent: Option<Oid>, time: jiff::Timestamp) -> String {
    let parent = parent.map(|parent| format!("parent {parent}\n")).unwrap_or_default();
    let who = format!("portcullis <> {} +0000", time.as_second());
    format!("tree {tree}\n{parent}author {who}\ncommitter {who}\n\nTest evidence recorded\n")
}
