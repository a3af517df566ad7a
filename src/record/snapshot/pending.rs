//! A snapshot that is made and not yet stored.

use super::chain::{SnapshotChain, name_repository};
use super::fault::SnapshotFault;
use super::{LARGEST_SNAPSHOT, SNAPSHOT, look_digest, snapshot_commit};
use crate::TOOL;
use jiff::Timestamp;
use portcullis_model::change::{BranchName, ObjectName, Revision};
use portcullis_model::digest::Digest;
use portcullis_model::fact::{Fact, Gap};
use portcullis_model::snapshot::{ProtectionLook, Snapshot, StoredLook};
use portcullis_wire::snapshot::v1::{VERSION, write_snapshot};
use std::collections::BTreeMap;

/// What is to be stored.
#[derive(Clone, Debug)]
pub struct SnapshotDraft {
    /// The branch.
    pub branch: BranchName,
    /// The kind of host.
    pub host: String,
    /// The repository, as its host names it.
    pub repository: String,
    /// When the host was asked; kept to the second.
    pub time: Timestamp,
    /// Where the branch pointed.
    pub tip: Fact<Revision>,
    /// What was seen.
    pub look: ProtectionLook,
}

impl SnapshotDraft {
    /// Everything that could not be seen.
    pub fn gaps(&self) -> Vec<Gap> {
        let mut gaps = self.look.gaps();
        gaps.extend(self.tip.known().err());
        gaps.sort();
        gaps.dedup();
        gaps
    }
}

/// A snapshot that only needs to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingSnapshot {
    /// What it says.
    pub snapshot: Snapshot,
    /// The commit before it: the ref must still point to this one when it is stored.
    pub previous: Option<Revision>,
    /// Its one file.
    pub files: BTreeMap<&'static str, Vec<u8>>,
    digest: Digest,
}

impl PendingSnapshot {
    /// Its commit as git stores it, given the name of its tree.
    pub fn commit(&self, tree: &ObjectName) -> Vec<u8> {
        snapshot_commit(tree, self.previous.as_ref(), &self.snapshot, &self.digest)
    }
}

/// Makes a snapshot on top of the chain of its branch, which has to verify.
///
/// # Errors
/// What a check of the chain would find wrong with it.
pub fn prepare_snapshot(
    draft: SnapshotDraft,
    chain: Option<&SnapshotChain>,
) -> Result<PendingSnapshot, SnapshotFault> {
    let last = chain.and_then(|chain| chain.links.last());
    let unwritable = |error: serde_json::Error| SnapshotFault::Unreadable(error.to_string());
    let time = Timestamp::from_second(draft.time.as_second()).map_err(|_| SnapshotFault::Time)?;
    if last.is_some_and(|link| time < link.snapshot.time) {
        return Err(SnapshotFault::Time);
    }
    if let Some(link) = last {
        let earlier = name_repository(&link.snapshot.host, &link.snapshot.repository);
        let own = name_repository(&draft.host, &draft.repository);
        if !own.eq_ignore_ascii_case(&earlier) {
            return Err(SnapshotFault::Repository(own, earlier));
        }
    }
    let kept = chain.and_then(SnapshotChain::newest_look).filter(|kept| *kept.look == draft.look);
    let look = match kept {
        Some(kept) => StoredLook::Same {
            number: kept.snapshot.number,
            digest: look_digest(&kept.look).map_err(unwritable)?,
        },
        None => StoredLook::New(Box::new(draft.look)),
    };
    let snapshot = Snapshot {
        schema: VERSION,
        branch: draft.branch,
        number: last.map_or(1, |link| link.snapshot.number.saturating_add(1)),
        previous: last.map(|link| link.digest.clone()),
        host: draft.host,
        repository: draft.repository,
        time,
        tip: draft.tip,
        look,
        tool: TOOL.to_string(),
    };
    let bytes = write_snapshot(snapshot.clone()).map_err(unwritable)?;
    if bytes.len() > LARGEST_SNAPSHOT {
        return Err(SnapshotFault::Large);
    }
    let digest = Digest::of(&bytes);
    let previous = last.map(|link| link.commit.clone());
    Ok(PendingSnapshot { snapshot, previous, files: BTreeMap::from([(SNAPSHOT, bytes)]), digest })
}
