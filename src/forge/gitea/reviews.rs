//! The reading plan for reviews: who said what, on which commit, and may they.
//!
//! A review states its commit. Everything else that it says of itself has a trap:
//!
//! - `submitted_at` is when it was begun, and `updated_at` moves with a dismissal: time and order
//!   are taken from the timeline;
//! - `official` only means that the host would count it, by its own rules, and is taken from older
//!   reviews without a word: the latest opinion of a person counts, and what they may do is asked;
//! - `stale` compares patches, not commits.

use super::request::GiteaRequest;
use super::timeline::{base_changed, submissions};
use super::translate::{account, unknown_word};
use super::{administrators_only, is_page_of, lists, wire};
use crate::ReviewFacts;
use crate::http::gaps::{contradiction, malformed, truncated};
use jiff::Timestamp;
use portcullis_model::change::Commit;
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::person::{Account, AccountKind, Login};
use portcullis_model::review::{Permission, Review, ReviewSource, ReviewState, ReviewedContent};
use std::collections::{BTreeMap, BTreeSet};

impl GiteaRequest<'_> {
    pub(super) fn review_facts(&self, commits: &[Commit]) -> ReviewFacts {
        let reviews = self.all_reviews();
        let permissions =
            reviews.as_ref().map_or_else(|_| BTreeMap::new(), |reviews| self.permissions(reviews));
        ReviewFacts {
            reviews: reviews.into(),
            permissions,
            base_changed: self.timeline_fact(|entries| Ok(base_changed(entries))),
            attribution: self.attribution(commits).into(),
            // Neither host attributes the addresses of co-authors.
            co_authors: Fact::Known(BTreeMap::new()),
        }
    }

    fn all_reviews(&self) -> Result<Vec<Review>, Gap> {
        let number = self.id.to_string();
        let what = format!("the reviews of request {number}");
        let list = lists::List {
            counted: lists::Counted::AlsoHidden,
            ..lists::List::new(&what, self.host.at(&["pulls", &number, "reviews"]))
        };
        let seen: Vec<wire::PullReview> = self.host.list(&list)?;
        let names = self.names.borrow();
        if let Some(stray) = seen.iter().find(|review| !is_page_of(&review.pull_request_url, &names, &number))
        {
            let found = format!("review {} is of another request: {}", stray.id, stray.pull_request_url);
            return Err(contradiction(&what, found));
        }
        self.with_timeline(|entries| {
            let order = submissions(entries);
            check_all_listed(&what, &seen, &order)?;
            let reviews: Result<Vec<_>, Gap> =
                seen.into_iter().map(|one| self.review_of(&what, one, &order)).collect();
            let mut reviews: Vec<Review> = reviews?.into_iter().flatten().collect();
            reviews.sort_by(|a, b| (a.position, &a.id).cmp(&(b.position, &b.id)));
            Ok(reviews)
        })
    }

    /// `None` for what is listed as a review and is none: that somebody was asked for one.
    fn review_of(
        &self,
        what: &str,
        seen: wire::PullReview,
        order: &BTreeMap<u64, (u64, Timestamp)>,
    ) -> Result<Option<Review>, Gap> {
        let Some(state) = state_of(what, &seen)? else { return Ok(None) };
        let submitted = order.get(&seen.id).copied();
        if submitted.is_none() && state != ReviewState::Pending {
            return Err(undated(what, seen.id));
        }
        let (position, submitted) = submitted.map_or((0, None), |(place, at)| (place, Some(at)));
        let reviewed = match seen.commit_id.as_str() {
            "" => ReviewedContent::Unknown,
            id => ReviewedContent::Stated(self.host.revision(what, id)?),
        };
        let reviewer = seen.user.and_then(account);
        Ok(Some(Review {
            id: seen.id.into(),
            position,
            reviewer,
            state,
            reviewed,
            submitted,
            source: ReviewSource::Host,
        }))
    }

    /// One answer for each account whose opinion could count.
    fn permissions(&self, reviews: &[Review]) -> BTreeMap<Login, Fact<Permission>> {
        let is_opinion =
            |review: &&Review| matches!(review.state, ReviewState::Approved | ReviewState::ChangesRequested);
        let reviewers = reviews.iter().filter(is_opinion).filter_map(|review| review.reviewer.as_ref());
        let people: BTreeSet<&Account> =
            reviewers.filter(|account| account.kind != AccountKind::Bot).collect();
        people.into_iter().map(|account| (account.login.clone(), self.permission(account).into())).collect()
    }

    /// The host tells it to administrators of the repository, and to the person in question.
    fn permission(&self, of: &Account) -> Result<Permission, Gap> {
        let what = format!("what {} may do in the repository", of.login);
        let segments = self.host.at(&["collaborators", of.login.as_str(), "permission"]);
        let seen: wire::CollaboratorPermission =
            self.host.get(&what, &segments, &[]).map_err(administrators_only)?;
        // A login can be given up and registered again by somebody else.
        let user = seen.user.and_then(account);
        let user = user.ok_or_else(|| malformed(&what, "the answer does not say whose permission it is"))?;
        if user.id != of.id || user.login != of.login {
            return Err(contradiction(&what, format!("the host answered for account {}", user.id)));
        }
        match seen.permission.as_str() {
            "owner" | "admin" => Ok(Permission::Admin),
            "write" => Ok(Permission::Write),
            "read" => Ok(Permission::Read),
            "none" => Ok(Permission::None),
            other => Err(unknown_word(&what, "permission", other)),
        }
    }
}

/// The host counts reviews that it does not show, so a list that is cut looks like a whole one. The
/// timeline tells of each that was submitted.
fn check_all_listed(
    what: &str,
    seen: &[wire::PullReview],
    order: &BTreeMap<u64, (u64, Timestamp)>,
) -> Result<(), Gap> {
    let missing = order.keys().find(|id| seen.iter().all(|review| review.id != **id));
    missing.map_or(Ok(()), |id| {
        Err(truncated(what, format!("review {id}, which the timeline tells of, is not in the list")))
    })
}

/// A dismissal changes the review in place. It takes an opinion back; a comment was none.
fn state_of(what: &str, seen: &wire::PullReview) -> Result<Option<ReviewState>, Gap> {
    Ok(match (seen.state.as_str(), seen.dismissed) {
        ("APPROVED" | "REQUEST_CHANGES", true) => Some(ReviewState::Dismissed),
        ("APPROVED", false) => Some(ReviewState::Approved),
        ("REQUEST_CHANGES", false) => Some(ReviewState::ChangesRequested),
        ("COMMENT", _) => Some(ReviewState::Commented),
        ("PENDING", _) => Some(ReviewState::Pending),
        ("REQUEST_REVIEW", _) => None,
        (other, _) => return Err(unknown_word(what, "review state", other)),
    })
}

/// Without an entry in the timeline it is not known when a review was submitted, and which of two
/// is the later one.
fn undated(what: &str, review: u64) -> Gap {
    let found = format!("the timeline does not say when review {review} was submitted");
    let remedy = "Dismiss it, and have it given again; a review that was imported from another server has no entry there.";
    Gap::new(what, GapReason::Malformed, found, remedy)
}
