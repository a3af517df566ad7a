//! Commits of records and snapshots, made again from the files that a pack holds.

use git2::{ObjectType, Oid};
use portcullis_model::change::{ObjectName, Revision};
use portcullis_model::path::RepoPath;
use portcullis_record::{StoredEntry, StoredFile};
use std::collections::BTreeMap;

/// The mode of a file of a record.
pub(super) const PLAIN: u32 = 0o100_644;

/// These files as a repository would hold them, in the commit that `commit` writes of their tree on
/// top of the one before.
///
/// # Errors
/// Git cannot name them.
pub(super) fn store_again(
    files: BTreeMap<RepoPath, StoredFile>,
    before: Option<&Revision>,
    commit: impl FnOnce(&ObjectName) -> Vec<u8>,
) -> anyhow::Result<StoredEntry> {
    let tree = name_of_tree(&files)?;
    let commit = commit(&tree);
    let id = Oid::hash_object(ObjectType::Commit, &commit)?;
    let id = Revision::try_from(id.to_string()).map_err(anyhow::Error::msg)?;
    Ok(StoredEntry { id, commit, tree, parents: before.cloned().into_iter().collect(), files })
}

/// The name of the tree of these files, sorted by name.
fn name_of_tree(files: &BTreeMap<RepoPath, StoredFile>) -> anyhow::Result<ObjectName> {
    let mut tree = Vec::new();
    for (path, file) in files {
        let blob = Oid::hash_object(ObjectType::Blob, &file.bytes)?;
        tree.extend(format!("100644 {path}\0").into_bytes());
        tree.extend(blob.as_bytes());
    }
    let name = Oid::hash_object(ObjectType::Tree, &tree)?;
    ObjectName::try_from(name.to_string()).map_err(anyhow::Error::msg)
}
