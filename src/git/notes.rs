//! Notes of evidence: `refs/notes/portcullis`, as `git notes` writes them (git-notes(1)).
//!
//! A note is attached to a *tree* and not to a commit, because evidence is of content: whatever
//! commit has this tree, after a squash or a merge that changed nothing, has its evidence. `git
//! notes --ref=portcullis show 'HEAD^{tree}'` shows it.
//!
//! A clone does not bring notes by itself, so "there is no note here" never means "nothing was
//! recorded".

use crate::object::{Objects, parse_oid};
use crate::{Repository, tree};
use git2::{ErrorCode, Oid, ReferenceType};
use portcullis_model::change::ObjectName;
use portcullis_model::fact::{Gap, GapReason};
use portcullis_model::path::RepoPath;

/// What brings notes into a clone.
pub const FETCH: &str = "git fetch origin '+refs/notes/portcullis:refs/notes/portcullis'";

/// git spreads many notes over directories: so many levels of two digits are looked at.
const FANOUT: usize = 4;

impl Repository {
    /// Does this repository hold any notes under this ref?
    ///
    /// # Errors
    /// The ref cannot be read.
    pub fn has_notes(&self, notes: &str) -> Result<bool, Gap> {
        Ok(notes_tip(&self.git, notes)?.is_some())
    }

    /// The note on a tree under this ref; empty when there is none.
    ///
    /// # Errors
    /// An object is missing, or is not what notes consist of.
    pub fn note(&self, notes: &str, on: &ObjectName) -> Result<Vec<u8>, Gap> {
        let objects = self.trusted_objects()?;
        let Some(tip) = notes_tip(&self.git, notes)? else { return Ok(Vec::new()) };
        let parts = find_notes(&objects, objects.tree_of(tip)?, on)?;
        Ok(parts.into_iter().flat_map(|(_, bytes)| [bytes, b"\n".to_vec()].concat()).collect())
    }
}

/// Where the note on a tree lies, with its bytes: at more than one place after a merge by other
/// programs.
pub(super) fn find_notes(
    objects: &Objects<'_>,
    notes: Oid,
    on: &ObjectName,
) -> Result<Vec<(String, Vec<u8>)>, Gap> {
    let mut found = Vec::new();
    for depth in 0..FANOUT {
        let path = note_path(on, depth);
        if let Some(bytes) = tree::file_in(objects, notes, &RepoPath::from(path.as_str()))? {
            found.push((path, bytes));
        }
    }
    Ok(found)
}

/// `abcdef…` at depth 0, `ab/cdef…` at depth 1.
pub(super) fn note_path(on: &ObjectName, depth: usize) -> String {
    let (spread, rest) = on.as_str().split_at(2 * depth);
    let directories: String = spread
        .char_indices()
        .map(|(at, c)| if at % 2 == 1 { format!("{c}/") } else { c.to_string() })
        .collect();
    directories + rest
}

/// The commit that a ref of notes points to now.
pub(super) fn notes_tip(git: &git2::Repository, notes: &str) -> Result<Option<Oid>, Gap> {
    let untrusted = |detail: &str| {
        let remedy = "Remove the ref, and fetch it again from where the notes are kept";
        Gap::new(format!("the ref `{notes}`"), GapReason::Untrusted, detail, remedy)
    };
    let reference = match git.find_reference(notes) {
        Ok(reference) => reference,
        Err(error) if error.code() == ErrorCode::NotFound => return Ok(None),
        Err(error) => return Err(untrusted(error.message())),
    };
    match (reference.kind(), reference.target()) {
        (Some(ReferenceType::Direct), Some(target)) => parse_oid(&target.to_string()).map(Some),
        _ => Err(untrusted("it is a symbolic ref, which leads to notes of something else")),
    }
}
