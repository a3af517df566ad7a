//! Opinions that a person took back under another of their names.
//!
//! Each name has a chain of its own, and nothing says which of two chains is older. So an approval
//! does not outlive a withdrawal of the same commit that is the last word of another chain of the
//! same person.

use super::chain::{ChainLink, LinkedStatements};
use super::opinions::Asked;
use portcullis_attest::signers::AllowedSigners;
use portcullis_model::change::Revision;
use portcullis_model::fact::Gap;
use portcullis_model::signed::ReviewVerdict;
use std::collections::{BTreeMap, BTreeSet};

/// The commits whose opinion each reviewer took back last.
pub(super) struct Withdrawn(BTreeMap<String, BTreeSet<Revision>>);

impl Withdrawn {
    /// Of all chains that could be read.
    pub fn of<T>(asked: &Asked<'_>, chains: &[(String, T, Result<LinkedStatements, Gap>)]) -> Self {
        let readable =
            chains.iter().filter_map(|(reviewer, _, chain)| Some((reviewer, chain.as_ref().ok()?)));
        Withdrawn(readable.map(|(reviewer, chain)| (reviewer.clone(), taken_back(asked, chain))).collect())
    }

    /// What the person of this name took back under others, with the name.
    pub fn beside(&self, signers: &AllowedSigners, reviewer: &str) -> BTreeMap<Revision, String> {
        let others = self.0.iter().filter(|(name, commits)| {
            *name != reviewer && !commits.is_empty() && signers.are_one(name, reviewer)
        });
        others
            .flat_map(|(name, commits)| commits.iter().map(|commit| (commit.clone(), name.clone())))
            .collect()
    }
}

fn taken_back(asked: &Asked<'_>, chain: &[ChainLink]) -> BTreeSet<Revision> {
    let mut commits = BTreeSet::new();
    for link in chain.iter().filter(|link| asked.is_ours(&link.review.statement)) {
        let commit = &link.review.subject.commit;
        match link.review.statement.verdict {
            ReviewVerdict::Approve | ReviewVerdict::Reject => {
                commits.remove(commit);
            }
            // A statement that does not verify takes nothing back.
            ReviewVerdict::Withdraw if asked.verify(link).is_ok() => {
                commits.insert(commit.clone());
            }
            ReviewVerdict::WithdrawAll if asked.verify(link).is_ok() => {
                commits.extend(asked.question.commits.iter().cloned());
            }
            ReviewVerdict::Withdraw | ReviewVerdict::WithdrawAll | ReviewVerdict::Comment => {}
        }
    }
    commits
}
