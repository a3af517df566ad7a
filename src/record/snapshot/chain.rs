//! Checking snapshots, one after the other, oldest first.

use super::fault::{SnapshotFault, SnapshotProblem};
use super::{LARGEST_SNAPSHOT, SNAPSHOT, look_digest, snapshot_commit, snapshot_reference};
use crate::chain::CLOCKS;
use crate::stored::StoredEntry;
use jiff::Timestamp;
use portcullis_model::change::{BranchName, Revision};
use portcullis_model::digest::Digest;
use portcullis_model::snapshot::{ProtectionLook, Snapshot, StoredLook};
use portcullis_wire::snapshot::v1::{VERSION, read_snapshot, write_snapshot};
use std::rc::Rc;

/// A snapshot of a chain, with what it saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotLink {
    /// Its commit.
    pub commit: Revision,
    /// The SHA-256 of its `snapshot.json`.
    pub digest: Digest,
    /// What it says.
    pub snapshot: Snapshot,
    /// What it saw, wherever that is stored.
    pub look: Rc<ProtectionLook>,
}

/// The snapshots of one branch, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotChain {
    /// The ref.
    pub reference: String,
    /// The commit of each snapshot, oldest first; never empty.
    pub commits: Vec<Revision>,
    /// The snapshots that could be read, oldest first. Believe them only when there are no
    /// problems.
    pub links: Vec<SnapshotLink>,
    /// What is wrong.
    pub problems: Vec<SnapshotProblem>,
}

impl SnapshotChain {
    /// The commit of the newest snapshot.
    pub fn tip(&self) -> Option<&Revision> {
        self.commits.last()
    }

    /// The branch, as the first snapshot of this ref that can be read names it.
    pub fn branch(&self) -> Option<&BranchName> {
        let names = self.links.iter().map(|link| &link.snapshot.branch);
        names.into_iter().find(|name| snapshot_reference(name) == self.reference)
    }

    /// The newest snapshot that holds a look itself.
    pub(super) fn newest_look(&self) -> Option<&SnapshotLink> {
        self.links.iter().rev().find(|link| matches!(link.snapshot.look, StoredLook::New(_)))
    }
}

/// The newest look that was stored whole.
struct KeptLook {
    number: u64,
    digest: Digest,
    look: Rc<ProtectionLook>,
}

/// Verifies snapshots one by one.
pub struct SnapshotVerifier {
    chain: SnapshotChain,
    clock: Timestamp,
    /// Host and repository that every snapshot has to be of.
    repository: Option<String>,
    previous: Option<SnapshotLink>,
    kept: Option<KeptLook>,
}

impl SnapshotVerifier {
    /// Begins with the first snapshot of a ref; `clock` is the present.
    pub fn new(reference: String, clock: Timestamp) -> Self {
        let chain = SnapshotChain { reference, commits: Vec::new(), links: Vec::new(), problems: Vec::new() };
        SnapshotVerifier { chain, clock, repository: None, previous: None, kept: None }
    }

    /// The snapshots have to be of this repository of this kind of host.
    #[must_use]
    pub fn of_repository(mut self, host: &str, repository: &str) -> Self {
        self.repository = Some(name_repository(host, repository));
        self
    }

    /// Takes the next snapshot.
    pub fn push(&mut self, stored: &StoredEntry) {
        let before = self.chain.commits.last().cloned();
        self.chain.commits.push(stored.id.clone());
        let place = self.chain.commits.len() as u64;
        let mut faults = Vec::new();
        if !stored.parents.iter().eq(before.iter()) {
            faults.push(SnapshotFault::Parents);
        }
        let link = match read_stored_snapshot(stored) {
            Ok((snapshot, digest)) => {
                faults.extend(self.faults_of(stored, &snapshot, &digest, place, before.as_ref()));
                self.link_of(stored, snapshot, digest, &mut faults)
            }
            Err(fault) => {
                faults.push(fault);
                None
            }
        };
        let problem = |fault| SnapshotProblem { place, commit: stored.id.clone(), fault };
        self.chain.problems.extend(faults.into_iter().map(problem));
        self.chain.links.extend(link.clone());
        self.previous = link;
    }

    /// All snapshots were seen.
    pub fn finish(self) -> SnapshotChain {
        self.chain
    }

    fn faults_of(
        &mut self,
        stored: &StoredEntry,
        snapshot: &Snapshot,
        digest: &Digest,
        place: u64,
        before: Option<&Revision>,
    ) -> Vec<SnapshotFault> {
        let mut faults = Vec::new();
        if snapshot_reference(&snapshot.branch) != self.chain.reference {
            faults.push(SnapshotFault::Branch(snapshot.branch.clone()));
        }
        let own = name_repository(&snapshot.host, &snapshot.repository);
        let expected = self.repository.get_or_insert_with(|| own.clone());
        if !expected.eq_ignore_ascii_case(&own) {
            faults.push(SnapshotFault::Repository(own, expected.clone()));
        }
        if snapshot.number != place {
            faults.push(SnapshotFault::Number(snapshot.number));
        }
        faults.extend(self.faults_after(snapshot, before.is_some()));
        if snapshot.time > self.clock.saturating_add(CLOCKS).unwrap_or(self.clock) {
            faults.push(SnapshotFault::Future);
        }
        if snapshot_commit(&stored.tree, before, snapshot, digest) != stored.commit {
            faults.push(SnapshotFault::Commit);
        }
        faults
    }

    /// What the snapshot before says otherwise. Of one that could not be read nothing is known, and
    /// it is a problem already.
    fn faults_after(&self, snapshot: &Snapshot, is_later: bool) -> Vec<SnapshotFault> {
        let mut faults = Vec::new();
        let is_known = !is_later || self.previous.is_some();
        let previous = self.previous.as_ref();
        if is_known && snapshot.previous.as_ref() != previous.map(|link| &link.digest) {
            faults.push(SnapshotFault::Previous);
        }
        let is_back = previous.is_some_and(|link| snapshot.time < link.snapshot.time);
        if is_back || snapshot.time.subsec_nanosecond() != 0 {
            faults.push(SnapshotFault::Time);
        }
        faults
    }

    fn link_of(
        &mut self,
        stored: &StoredEntry,
        snapshot: Snapshot,
        digest: Digest,
        faults: &mut Vec<SnapshotFault>,
    ) -> Option<SnapshotLink> {
        let look = match &snapshot.look {
            StoredLook::New(look) => match look_digest(look) {
                Ok(digest) => {
                    let look = Rc::new((**look).clone());
                    self.kept = Some(KeptLook { number: snapshot.number, digest, look: Rc::clone(&look) });
                    look
                }
                Err(error) => {
                    faults.push(SnapshotFault::Unreadable(error.to_string()));
                    return None;
                }
            },
            StoredLook::Same { number, digest } => match &self.kept {
                Some(kept) if kept.number == *number && kept.digest == *digest => Rc::clone(&kept.look),
                Some(kept) if kept.number == *number => {
                    faults.push(SnapshotFault::OtherLook(*number));
                    return None;
                }
                _ => {
                    faults.push(SnapshotFault::NoSuchLook(*number));
                    return None;
                }
            },
        };
        Some(SnapshotLink { commit: stored.id.clone(), digest, snapshot, look })
    }
}

/// The name of a repository with that of its host. Hosts compare both without capitals.
pub(super) fn name_repository(host: &str, repository: &str) -> String {
    format!("{repository} on {host}")
}

fn read_stored_snapshot(stored: &StoredEntry) -> Result<(Snapshot, Digest), SnapshotFault> {
    let bytes = stored.file(SNAPSHOT).filter(|_| stored.files.len() == 1).ok_or(SnapshotFault::Files)?;
    if bytes.len() > LARGEST_SNAPSHOT {
        return Err(SnapshotFault::Large);
    }
    let snapshot = read_snapshot(bytes).map_err(|why| SnapshotFault::Unreadable(why.to_string()))?;
    if snapshot.schema != VERSION {
        return Err(SnapshotFault::Schema(snapshot.schema));
    }
    match write_snapshot(snapshot.clone()) {
        Ok(canonical) if canonical == bytes => Ok((snapshot, Digest::of(bytes))),
        _ => Err(SnapshotFault::NotCanonical),
    }
}
