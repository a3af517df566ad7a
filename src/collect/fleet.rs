//! What the host of a fleet says of the protection of one repository, and rounds as they lie in a
//! repository. The rules for them are in [`portcullis_fleet::round`].

use crate::records::entry_of;
use portcullis_fleet::round::{KeptRound, PendingRound, RoundBefore, RoundFault, read_kept};
use portcullis_forge::{Forge, Question, ask_facts};
use portcullis_git::Repository;
use portcullis_git::commit_writer::{NewCommit, WriteError, store_commit};
use portcullis_model::change::{BranchName, ObjectName, Revision};
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::facts::HostFacts;
use portcullis_model::inquiry::Inquiry;
use std::collections::BTreeSet;
use std::path::Path;

/// Rounds are read up to this many of a year: one in an hour.
const LONGEST: usize = 24 * 366;

/// Asks a host what an inquiry wants to know of a branch, without any change to it.
pub fn look_at_branch(host: &dyn Forge, branch: &BranchName, inquiry: &Inquiry) -> HostFacts {
    match host.branch(branch) {
        Fact::Gap(gap) => unseen_host(host, &gap),
        Fact::Known(seen) => {
            let question = Question {
                request: Fact::Gap(Gap::not_asked("one change request", "The branch is asked about.")),
                branch: Fact::Known(seen.clone()),
                head: &seen.tip,
                commits: &[],
                before_updates: &[],
                owner_teams: BTreeSet::new(),
            };
            ask_facts(host, None, inquiry, question)
        }
    }
}

fn unseen_host(host: &dyn Forge, gap: &Gap) -> HostFacts {
    let unseen = HostFacts::unseen(host.kind(), gap);
    HostFacts {
        repository: Some(host.repository()),
        conventions: host.conventions(),
        domains: host.domains().to_vec(),
        ..unseen
    }
}

/// Why a round cannot be used.
#[derive(Debug)]
pub enum RoundError {
    /// It could not be read.
    Unseen(Gap),
    /// It does not verify: its commit, and what is wrong.
    Broken(Revision, RoundFault),
}

impl From<Gap> for RoundError {
    fn from(gap: Gap) -> Self {
        RoundError::Unseen(gap)
    }
}

/// The newest round below a ref, held against the one before it; `None` where there is none.
///
/// # Errors
/// It cannot be read, or does not verify.
pub fn read_newest(repository: &Repository, reference: &str) -> Result<Option<KeptRound>, RoundError> {
    let Some(tip) = repository.ref_tip(reference)? else { return Ok(None) };
    let mut stored = Vec::new();
    repository.each_stored_back(&tip, |commit| {
        stored.push(entry_of(commit));
        Ok(stored.len() < 2)
    })?;
    let [newest, rest @ ..] = stored.as_slice() else { return Ok(None) };
    let before = rest.first().map(RoundBefore::read).transpose();
    let kept = before.and_then(|before| read_kept(newest, before.as_ref()));
    kept.map(Some).map_err(|fault| RoundError::Broken(newest.id.clone(), fault))
}

/// Reads every round below a ref, oldest first.
///
/// # Errors
/// One cannot be read or does not verify, or there are too many.
pub fn each_round(
    repository: &Repository,
    reference: &str,
    mut each: impl FnMut(KeptRound),
) -> Result<(), RoundError> {
    let Some(tip) = repository.ref_tip(reference)? else { return Ok(()) };
    if repository.line_to(&tip, LONGEST)?.is_none() {
        return Err(RoundError::Unseen(too_many(reference)));
    }
    let (mut before, mut broken) = (None, None);
    repository.each_stored(&tip, LONGEST, |commit| {
        let stored = entry_of(commit);
        if broken.is_none() {
            match read_kept(&stored, before.as_ref()) {
                Ok(kept) => {
                    before = Some(RoundBefore::from(&kept));
                    each(kept);
                }
                Err(fault) => broken = Some(RoundError::Broken(stored.id, fault)),
            }
        }
        Ok(())
    })?;
    broken.map_or(Ok(()), Err)
}

fn too_many(reference: &str) -> Gap {
    Gap::new(
        format!("the rounds below `{reference}`"),
        GapReason::Truncated,
        format!("there are more than {LONGEST}"),
        "Find out who wrote them: one in an hour writes fewer in a year.",
    )
}

/// Stores a round in the repository that `path` is in, and moves the ref of its year to it.
///
/// # Errors
/// The ref has moved on, is locked, or the repository cannot be written. The ref is then as it was.
pub fn append_round(
    path: &Path,
    reference: &str,
    pending: &PendingRound,
    before: Option<&RoundBefore>,
) -> Result<Revision, WriteError> {
    let parent = before.map(|before| &before.commit);
    let commit = |tree: &ObjectName| pending.commit(tree, parent);
    let files = pending.files.iter().map(|(name, bytes)| (name.as_str(), bytes.clone())).collect();
    let new = NewCommit {
        reference,
        previous: parent,
        files: &files,
        commit: &commit,
        log: "portcullis: round over a fleet",
    };
    store_commit(path, &new)
}
