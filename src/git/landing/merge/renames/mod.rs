//! What a merge makes of files that one side moved.
//!
//! The rules are those of git's merge (merge-ort: git-merge(1), "ort"; `merge.renames` and
//! `merge.directoryRenames` at their defaults, git-config(1)), in its order, because which of
//! several equal files is the one that moved depends on it. Nothing here is asked where no side
//! deleted what matters to the other.
//!
//! | file | holds |
//! | --- | --- |
//! | `merge_info` | what each side deleted and added, and what of it matters |
//! | `detect` | which of it moved |
//! | `directories`, `directory_counts` | which directories moved with their files |
//! | `apply` | what becomes of each path |
//! | `hash_order` | the order in which git looks at things that have none |

use crate::landing::merge::model::{Level, Merge, MergeSides};
use crate::landing::store::Store;
use apply::{Rename, RenameApplier};
use detect::DetectedRenames;
use git2::Oid;
use portcullis_model::fact::Gap;

mod apply;
mod detect;
mod directories;
mod directory_counts;
mod hash_order;
mod merge_info;

/// Merges three trees, of which some files may have moved. `actual` is what landed, for showing
/// what a person decided.
///
/// # Errors
/// An object is missing, or more files may have moved than are compared here.
pub fn settle(
    store: &Store<'_, '_>,
    sides: MergeSides,
    actual: Option<Oid>,
    level: Level,
) -> Result<Merge, Gap> {
    let mut found = merge_info::walk(store, sides)?;
    let [ours, theirs] = &mut found.sides;
    let detected = [detect::detect(&store.similarity, ours)?, detect::detect(&store.similarity, theirs)?];
    let mut carry = RenameApplier::of(store, actual, found);
    if level == Level::Commits {
        carry.directories(&directories::conflicts(&detected));
    }
    carry.renames(sort_renames(detected))?;
    carry.merge()
}

/// Those of both sides, by where the file was, ours first.
fn sort_renames(detected: [DetectedRenames; 2]) -> Vec<Rename> {
    let mut renames = Vec::new();
    for (side, detected) in detected.into_iter().enumerate() {
        renames.extend(detected.renames.into_iter().map(|(from, to)| Rename { from, to, side: side + 1 }));
    }
    renames.sort_by(|one, other| one.from.cmp(&other.from));
    renames
}

/// The directory of a path, without a `/` at its end; empty for the root.
fn parent_of(path: &[u8]) -> &[u8] {
    path.iter().rposition(|byte| *byte == b'/').map_or(b"", |end| &path[..end])
}
