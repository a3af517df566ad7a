//! What became of each review, in the order of the reviews.

use super::independence::Involved;
use super::opinions::Opinion;
use super::{Approval, Approvals};
use portcullis_model::fact::Gap;
use portcullis_model::id::ReviewId;
use portcullis_model::person::{Account, Login, Who};
use portcullis_model::review::{Review, ReviewSource, ReviewState};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn roles_of(source: &ReviewSource) -> BTreeSet<String> {
    match source {
        ReviewSource::Signed(signed) => signed.roles.clone(),
        ReviewSource::Host | ReviewSource::Imported(_) => BTreeSet::new(),
    }
}

pub(super) fn vouched_by(source: &ReviewSource) -> Option<String> {
    match source {
        ReviewSource::Host => None,
        ReviewSource::Signed(signed) => Some(format!("it is signed with {}", signed.key)),
        ReviewSource::Imported(imported) => {
            Some(format!("it is imported from {}, with {}", imported.source.as_str(), imported.vouched_by))
        }
    }
}

fn signing_key(source: &ReviewSource) -> Option<String> {
    match source {
        ReviewSource::Signed(signed) => Some(signed.key.clone()),
        ReviewSource::Host | ReviewSource::Imported(_) => None,
    }
}

pub(super) const ONCE: &str = "the same person is counted once";

/// The sentences carry the position of their review until they are sorted by it.
#[derive(Default)]
pub(super) struct Sorted {
    counted: BTreeMap<Who, Approval>,
    /// With the position of the review.
    unclear: BTreeMap<Who, (u64, Approval, Gap)>,
    rejected: BTreeSet<(u64, String)>,
    objections: BTreeSet<(u64, String)>,
    /// Who gave approvals that would count if derived commits did.
    pub(super) derived: BTreeSet<Login>,
}

impl Sorted {
    pub(super) fn ghost(&mut self, review: &Review) {
        let (at, id) = (review.position, &review.id);
        match review.state {
            ReviewState::Approved => {
                self.rejected.insert((at, format!("review {id} does not count: its account is deleted")));
            }
            ReviewState::ChangesRequested => {
                self.objections.insert((at, format!("a deleted account requested changes (review {id})")));
            }
            ReviewState::Commented | ReviewState::Dismissed | ReviewState::Pending => {}
        }
    }

    pub(super) fn reject(&mut self, opinion: &Opinion<'_>, why: &str) {
        self.reject_review(opinion.review.position, &opinion.review.id, &opinion.account.login, why);
    }

    pub(super) fn reject_review(&mut self, at: u64, review: &ReviewId, login: &Login, why: &str) {
        self.rejected.insert((at, format!("review {review} by {login} does not count: {why}")));
    }

    /// Takes an approval without a flaw, unless a newer one of the same person is taken already.
    pub(super) fn accept(&mut self, who: &Who, opinion: &Opinion<'_>, may_write: Result<bool, Gap>) {
        let Review { id, position, reviewed, source, submitted, .. } = opinion.review;
        let Account { login, id: account, .. } = opinion.account;
        let approval = Approval {
            who: who.clone(),
            login: login.clone(),
            account: account.clone(),
            review: id.clone(),
            commit: reviewed.commit().cloned(),
            derived_from: reviewed.derived_from().map(str::to_string),
            roles: roles_of(source),
            vouched_by: vouched_by(source),
            given: *submitted,
            key: signing_key(source),
        };
        let seen = self.counted.contains_key(who);
        match may_write {
            Ok(false) => self.reject(opinion, "this account may not write to the repository"),
            Ok(true) if !seen => self.count(approval),
            Err(gap) if !seen && !self.unclear.contains_key(who) => {
                self.unclear.insert(who.clone(), (*position, approval, gap));
            }
            Ok(true) | Err(_) => self.reject(opinion, ONCE),
        }
    }

    pub(super) fn count(&mut self, approval: Approval) {
        if let Some((at, unclear, _)) = self.unclear.remove(&approval.who) {
            self.reject_review(at, &unclear.review, &unclear.login, ONCE);
        }
        self.counted.insert(approval.who.clone(), approval);
    }

    pub(super) fn object(&mut self, opinion: &Opinion<'_>, may_write: Result<bool, Gap>) {
        let (Review { id, position, .. }, login) = (opinion.review, &opinion.account.login);
        let sentence = match may_write {
            Ok(false) => return,
            Ok(true) => format!("{login} requested changes (review {id})"),
            Err(gap) => format!("{login} requested changes (review {id}), and {gap}"),
        };
        self.objections.insert((*position, sentence));
    }

    pub(super) fn finish(self, involved: &Involved<'_>) -> Approvals {
        let Sorted { counted, unclear, rejected, objections, derived } = self;
        let sentences = |of: BTreeSet<(u64, String)>| of.into_iter().map(|(_, sentence)| sentence).collect();
        Approvals {
            derived: derived.into_iter().map(|login| login.to_string()).collect(),
            unclear: unclear.into_values().map(|(_, approval, gap)| (approval, gap)).collect(),
            counted: counted.into_values().collect(),
            rejected: sentences(rejected),
            objections: sentences(objections),
            unattributed: involved.unattributed(),
            by_machines: involved.are_machines(),
            unreliable: Vec::new(),
        }
    }
}
