//! The opinions of each person, in the order of the lists that they are in: the host's, and one
//! chain for each signer.

use super::independence::Involved;
use jiff::Timestamp;
use portcullis_model::person::{Account, Who};
use portcullis_model::review::{Review, ReviewSource, ReviewState};
use std::collections::BTreeMap;

/// One review that says something, and who gave it.
pub(super) struct Opinion<'a> {
    pub(super) review: &'a Review,
    pub(super) account: &'a Account,
}

impl Opinion<'_> {
    pub(super) fn is(&self, state: ReviewState) -> bool {
        self.review.state == state
    }

    /// The list that it is in: the host's, or the chain of one reviewer. Nothing says which of two
    /// opinions of different lists is older.
    pub(super) fn list(&self) -> Option<&str> {
        match &self.review.source {
            ReviewSource::Host => None,
            ReviewSource::Signed(signed) => Some(&signed.chain),
            ReviewSource::Imported(imported) => Some(imported.source.as_str()),
        }
    }

    pub(super) fn is_signed(&self) -> bool {
        matches!(self.review.source, ReviewSource::Signed(_))
    }

    pub(super) fn is_of_host(&self) -> bool {
        self.review.source == ReviewSource::Host
    }

    /// Its place in its list. Where the host gives no time, an approval comes first and replaces
    /// nothing, and anything else comes last and is replaced by nothing. A chain, and
    /// another system, has an order of its own.
    pub(super) fn order(&self) -> (bool, Option<Timestamp>, u64) {
        let last = self.review.submitted.is_none() && !self.is(ReviewState::Approved) && self.is_of_host();
        (last, self.review.submitted, self.review.position)
    }
}

/// The newest opinion of each list of one person, where it objects.
pub(super) fn objections_in<'o, 'a>(opinions: &'o [Opinion<'a>]) -> Vec<&'o Opinion<'a>> {
    let mut newest: BTreeMap<Option<&str>, &Opinion<'a>> = BTreeMap::new();
    for opinion in opinions.iter().filter(|opinion| !opinion.is(ReviewState::Dismissed)) {
        newest.insert(opinion.list(), opinion);
    }
    newest.into_values().filter(|opinion| opinion.is(ReviewState::ChangesRequested)).collect()
}

pub(super) fn opinions_by_person<'a>(
    involved: &Involved<'_>,
    reviews: &[&'a Review],
) -> BTreeMap<Who, Vec<Opinion<'a>>> {
    let mut people: BTreeMap<Who, Vec<Opinion<'a>>> = BTreeMap::new();
    for review in reviews {
        let silent = matches!(review.state, ReviewState::Commented | ReviewState::Pending);
        if let Some(account) = review.reviewer.as_ref().filter(|_| !silent) {
            let who = involved.who_gave(review, account);
            let who = who.unwrap_or_else(|| Who::Account(account.id.clone()));
            people.entry(who).or_default().push(Opinion { review, account });
        }
    }
    people.values_mut().for_each(|opinions| opinions.sort_by_key(Opinion::order));
    people
}

/// What the same person did later (or at the same moment) that takes the approval back.
pub(super) fn find_withdrawal(approval: &Opinion<'_>, opinions: &[Opinion<'_>]) -> Option<String> {
    let elsewhere = objections_in(opinions).into_iter().find(|other| other.list() != approval.list());
    if let Some(other) = elsewhere {
        return Some(format!("the same person requested changes (review {})", other.review.id));
    }
    let mut later = opinions
        .iter()
        .rev()
        .filter(|other| other.list() == approval.list() && other.order() >= approval.order());
    later.find_map(|other| match other.review.state {
        ReviewState::ChangesRequested => {
            Some(format!("the same person later requested changes (review {})", other.review.id))
        }
        ReviewState::Dismissed => {
            Some(format!("a later opinion of the same person was dismissed (review {})", other.review.id))
        }
        ReviewState::Approved | ReviewState::Commented | ReviewState::Pending => None,
    })
}
