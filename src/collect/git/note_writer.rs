//! Storing evidence in a note. Like a deployment record it is written whole before one step moves the ref, and only if
//! nobody else has moved it meanwhile; then the note is read again and written anew. So recorders that race lose nothing.

use super::notes::{place, places, tip};
use super::object::{Objects, object_name, revision};
use super::record_writer::{Refusal, failed, open, write};
use super::trust::CloneKind;
use crate::evidence::{NOTES, add_line};
use crate::model::change::{ObjectName, Revision};
use git2::build::TreeUpdateBuilder;
use git2::{ErrorCode, FileMode, ObjectType, Oid};
use std::path::Path;
use std::time::Duration;

/// How often it is tried again when somebody else was faster or holds the lock.
const TRIES: u32 = 200;
/// How long to wait for a lock.
const PAUSE: Duration = Duration::from_millis(20);

/// Adds a line to the note on a tree, and returns the commit of the notes.
///
/// # Errors
/// The ref stays locked, or the repository cannot be written.
pub fn append_line(
    path: &Path,
    on: &ObjectName,
    line: &[u8],
    time: jiff::Timestamp,
) -> Result<Revision, Refusal> {
    let git = open(path)?;
    for _ in 0..TRIES {
        let from = tip(&git).map_err(failed)?;
        let Some(to) = commit(&git, from, on, line, time)? else {
            return from.map_or_else(
                || Err(failed("there is nothing to write")),
                |tip| revision(tip).map_err(failed),
            );
        };
        let expected = from.unwrap_or(Oid::ZERO_SHA1);
        match git.reference_matching(NOTES, to, true, expected, "portcullis: evidence recorded") {
            Ok(_) => return revision(to).map_err(failed),
            Err(error) if error.code() == ErrorCode::Locked => std::thread::sleep(PAUSE),
            Err(_) if tip(&git).map_err(failed)? != from => {}
            Err(error) => return Err(failed(format!("`{NOTES}` cannot be moved: {}", error.message()))),
        }
    }
    Err(Refusal::Locked { file: git.commondir().join(format!("{NOTES}.lock")) })
}

/// The notes with one line more, on top of `from`; `None` when the line is there already.
fn commit(
    git: &git2::Repository,
    from: Option<Oid>,
    on: &ObjectName,
    line: &[u8],
    time: jiff::Timestamp,
) -> Result<Option<Oid>, Refusal> {
    let objects = Objects::of(git, CloneKind::Full).map_err(failed)?;
    let before = match from {
        Some(tip) => objects.tree_of(tip).map_err(failed)?,
        None => write(&git.odb().map_err(failed)?, ObjectType::Tree, b"")?,
    };
    let found = places(&objects, before, on).map_err(failed)?;
    let (path, note) = found.into_iter().next().unwrap_or_else(|| (place(on, 1), Vec::new()));
    let longer = add_line(&note, line);
    if longer == note {
        return Ok(None);
    }
    let odb = git.odb().map_err(failed)?;
    let blob = write(&odb, ObjectType::Blob, &longer)?;
    let tree = git.find_tree(before).map_err(failed)?;
    let mut update = TreeUpdateBuilder::new();
    let tree = update.upsert(path, blob, FileMode::Blob).create_updated(git, &tree).map_err(failed)?;
    let text = commit_text(&object_name(tree).map_err(failed)?, from, time);
    write(&odb, ObjectType::Commit, text.as_bytes()).map(Some)
}

fn commit_text(tree: &ObjectName, parent: Option<Oid>, time: jiff::Timestamp) -> String {
    let parent = parent.map(|parent| format!("parent {parent}\n")).unwrap_or_default();
    let who = format!("portcullis <> {} +0000", time.as_second());
    format!("tree {tree}\n{parent}author {who}\ncommitter {who}\n\nTest evidence recorded\n")
}
