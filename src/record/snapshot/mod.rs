//! Snapshots of the protection of a branch: one commit for each look, each on top of the one
//! before, below `refs/portcullis/snapshots/`.
//!
//! The chain is that of the deployment records, with one file: each `snapshot.json` names the
//! SHA-256 of the one before it, and the commit follows from it to the last byte. A snapshot that
//! saw the same as before does not hold it again: it names the number of the snapshot that does,
//! and the SHA-256 of the look, so that neither can be exchanged for another. Such a snapshot is
//! some 600 bytes, and its time, tip and place in the chain are its own.
//!
//! A question that a host refused or did not answer is a look that could not see, and is stored
//! like any other.
//!
//! **What it cannot show.** Snapshots are not signed: anyone who can write the ref can write
//! another chain, or cut this one short. A server that only lets the ref grow prevents it, and what
//! is kept elsewhere shows it.

mod chain;
mod fault;
mod pending;

pub use chain::{SnapshotChain, SnapshotLink, SnapshotVerifier};
pub use fault::{SnapshotFault, SnapshotProblem};
pub use pending::{PendingSnapshot, SnapshotDraft, prepare_snapshot};

use portcullis_model::change::{BranchName, ObjectName, Revision};
use portcullis_model::digest::Digest;
use portcullis_model::snapshot::{ProtectionLook, Snapshot};
use portcullis_wire::snapshot::v1::write_look;

/// The refs of all snapshots begin so.
pub const SNAPSHOTS_PREFIX: &str = "refs/portcullis/snapshots/";

/// The one file of a snapshot.
pub const SNAPSHOT: &str = "snapshot.json";

/// The largest `snapshot.json`, in bytes.
pub const LARGEST_SNAPSHOT: usize = 8 << 20;

/// Names in a ref are no longer than this: a file system may hold each part of it as a file.
const LONGEST: usize = 200;

/// The ref of the snapshots of a branch. Lower-case letters, digits, `-` and `_` are written as
/// they are, and every other byte as `+` and two digits (gitolite refuses a `%` in a ref): names
/// that differ in capitals alone, or of which one would be a folder of the other, never meet. A
/// name that would be too long is replaced with its SHA-256.
pub fn snapshot_reference(branch: &BranchName) -> String {
    let mut name = String::new();
    for byte in branch.as_str().bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => name.push(char::from(byte)),
            _ => name.push_str(&format!("+{byte:02x}")),
        }
    }
    if name.is_empty() || name.len() > LONGEST {
        // No name that was written byte by byte has a `-` after a `+`.
        name = format!("+-{}", Digest::of(branch.as_str().as_bytes()).hex());
    }
    format!("{SNAPSHOTS_PREFIX}{name}")
}

/// The SHA-256 of a look.
///
/// # Errors
/// Those of the JSON writer; with these types there are none.
pub fn look_digest(look: &ProtectionLook) -> Result<Digest, serde_json::Error> {
    Ok(Digest::of(&write_look(look.clone())?))
}

/// The commit of a snapshot as git stores it, given the name of its tree, the snapshot before it
/// and the SHA-256 of its file.
pub fn snapshot_commit(
    tree: &ObjectName,
    parent: Option<&Revision>,
    snapshot: &Snapshot,
    digest: &Digest,
) -> Vec<u8> {
    let parent = parent.map(|parent| format!("parent {parent}\n")).unwrap_or_default();
    let who = format!("portcullis <> {} +0000", snapshot.time.as_second());
    let message = format!("Snapshot {}\n\nSnapshot: {digest}\n", snapshot.number);
    format!("tree {tree}\n{parent}author {who}\ncommitter {who}\n\n{message}").into_bytes()
}

#[cfg(test)]
mod tests;
