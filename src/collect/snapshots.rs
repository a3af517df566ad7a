//! Snapshots of the protection of branches as they lie in a repository. The rules for them are in
//! [`portcullis_record::snapshot`].

use crate::records::entry_of;
use jiff::Timestamp;
use portcullis_forge::{Forge, Question, ask_facts};
use portcullis_git::Repository;
use portcullis_git::commit_writer::{NewCommit, WriteError, store_commit};
use portcullis_model::change::{BranchName, ObjectName, Revision};
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::inquiry::{Inquiry, Topic};
use portcullis_model::protection::Branch;
use portcullis_model::snapshot::ProtectionLook;
use portcullis_record::snapshot::{
    PendingSnapshot, SNAPSHOTS_PREFIX, SnapshotChain, SnapshotDraft, SnapshotVerifier, snapshot_reference,
};
use std::collections::BTreeSet;
use std::path::Path;

/// A chain is read up to this length: one snapshot an hour for eleven years.
const LONGEST: usize = 100_000;

/// The refs of all branches that have snapshots here, sorted.
///
/// # Errors
/// The refs cannot be read.
pub fn snapshot_refs(repository: &Repository) -> Result<Vec<String>, Gap> {
    repository.refs_below(SNAPSHOTS_PREFIX)
}

/// The snapshots below a ref, checked; `None` where there are none here. `of` is the kind of host
/// and the repository that they have to be of, where that is known.
///
/// # Errors
/// An object is missing, or the chain is longer than any that is read.
pub fn read_snapshots(
    repository: &Repository,
    reference: &str,
    clock: Timestamp,
    of: Option<(&str, &str)>,
) -> Result<Option<SnapshotChain>, Gap> {
    let Some(tip) = repository.ref_tip(reference)? else { return Ok(None) };
    let mut verifier = SnapshotVerifier::new(reference.to_string(), clock);
    if let Some((host, name)) = of {
        verifier = verifier.of_repository(host, name);
    }
    let line = repository.line_to(&tip, LONGEST)?.ok_or_else(|| too_long(reference))?;
    for commit in line {
        verifier.push(&entry_of(repository.stored_commit(&commit)?));
    }
    Ok(Some(verifier.finish()))
}

fn too_long(reference: &str) -> Gap {
    Gap::new(
        format!("the snapshots below `{reference}`"),
        GapReason::Truncated,
        format!("there are more than {LONGEST}"),
        "Find out who wrote them: a nightly job writes 365 in a year.",
    )
}

/// Asks a host what protects a branch: what the control `protected-branch` asks, and nothing else.
pub fn look_at(host: &dyn Forge, branch: &BranchName, time: Timestamp) -> SnapshotDraft {
    let (tip, look) = match host.branch(branch) {
        Fact::Gap(gap) => (Fact::Gap(gap.clone()), unseen_look(&gap)),
        Fact::Known(seen) => (Fact::Known(seen.tip.clone()), seen_look(host, &seen)),
    };
    let (kind, repository) = (host.kind().to_string(), host.repository());
    SnapshotDraft { branch: branch.clone(), host: kind, repository, time, tip, look }
}

fn unseen_look(gap: &Gap) -> ProtectionLook {
    ProtectionLook {
        protected: Fact::Gap(gap.clone()),
        protection: Fact::Gap(gap.clone()),
        administration: None,
    }
}

fn seen_look(host: &dyn Forge, branch: &Branch) -> ProtectionLook {
    let inquiry =
        Inquiry { topics: BTreeSet::from([Topic::Protection, Topic::Administration]), ..Inquiry::default() };
    let question = Question {
        request: Fact::Gap(Gap::not_asked("one change request", "the branch is asked about")),
        branch: Fact::Known(branch.clone()),
        head: &branch.tip,
        commits: &[],
        before_updates: &[],
        owner_teams: BTreeSet::new(),
    };
    let facts = ask_facts(host, None, &inquiry, question);
    ProtectionLook {
        protected: Fact::Known(branch.protected),
        protection: facts.protection,
        administration: facts.administration,
    }
}

/// Stores a snapshot in the repository that `path` is in, and moves the ref of its branch to it.
///
/// # Errors
/// The chain has moved on, is locked, or the repository cannot be written. The ref is then as it
/// was.
pub fn append_snapshot(path: &Path, pending: &PendingSnapshot) -> Result<Revision, WriteError> {
    let commit = |tree: &ObjectName| pending.commit(tree);
    let new = NewCommit {
        reference: &snapshot_reference(&pending.snapshot.branch),
        previous: pending.previous.as_ref(),
        files: &pending.files,
        commit: &commit,
        log: "portcullis: snapshot of the protection",
    };
    store_commit(path, &new)
}
