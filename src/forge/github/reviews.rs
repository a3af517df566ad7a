//! The reading plan for reviews: who said what, may they, and whose commits are these.

use crate::ReviewFacts;
use crate::github::{GitHubRequest, translate, wire};
use crate::http::gaps::{contradiction, truncated};
use jiff::Timestamp;
use portcullis_model::change::{Commit, Revision};
use portcullis_model::fact::{Fact, Gap};
use portcullis_model::person::{Account, AccountKind, Login};
use portcullis_model::review::{CommitAccounts, Permission, Review, ReviewState};
use std::collections::{BTreeMap, BTreeSet};

/// How many commits are looked up one by one, beyond those that the request lists (GitHub lists
/// 250).
const SINGLE_COMMITS: usize = 300;

impl GitHubRequest<'_> {
    pub(super) fn review_facts(&self, commits: &[Commit]) -> ReviewFacts {
        let number = self.id.to_string();
        let reviews = self.all_reviews(&number);
        let permissions =
            reviews.as_ref().map_or_else(|_| BTreeMap::new(), |reviews| self.permissions(reviews));
        let base_changed = self.base_changed(&number).into();
        let attribution = self.attribution(&number, commits);
        let co_authors = match &attribution {
            Ok(attribution) => self.host.co_authors(commits, attribution).into(),
            Err(_) => Fact::Known(BTreeMap::new()),
        };
        let (reviews, attribution) = (reviews.into(), attribution.into());
        ReviewFacts { reviews, permissions, base_changed, attribution, co_authors }
    }

    fn all_reviews(&self, number: &str) -> Result<Vec<Review>, Gap> {
        let what = format!("the reviews of request {number}");
        let seen = self.host.client.list(&what, &self.host.at(&["pulls", number, "reviews"]))?;
        translate::reviews_are_of(&what, &self.names.borrow(), number, &seen)?;
        translate::reviews(&what, seen)
    }

    fn base_changed(&self, number: &str) -> Result<Option<Timestamp>, Gap> {
        let what = format!("the events of request {number}");
        let events: Vec<wire::IssueEvent> =
            self.host.client.list(&what, &self.host.at(&["issues", number, "events"]))?;
        Ok(translate::base_changed(&events))
    }

    /// One answer for each account whose opinion could count. Bots never count, so their
    /// permissions are not asked.
    fn permissions(&self, reviews: &[Review]) -> BTreeMap<Login, Fact<Permission>> {
        let opinion =
            |review: &&Review| matches!(review.state, ReviewState::Approved | ReviewState::ChangesRequested);
        let reviewers = reviews.iter().filter(opinion).filter_map(|review| review.reviewer.as_ref());
        let people: BTreeSet<&Account> =
            reviewers.filter(|account| account.kind != AccountKind::Bot).collect();
        people.into_iter().map(|account| (account.login.clone(), self.permission(account).into())).collect()
    }

    /// A 404 stays a gap: GitHub answers 200 with `none` for somebody without access, and 404 for a
    /// name that it does not know or does not show.
    fn permission(&self, of: &Account) -> Result<Permission, Gap> {
        let what = format!("what {} may do in the repository", of.login);
        let seen = self
            .host
            .client
            .get(&what, &self.host.at(&["collaborators", of.login.as_str(), "permission"]))?;
        translate::permission(&what, of, seen)
    }

    /// The accounts behind every commit of the change: from the request's own list, then one by
    /// one.
    fn attribution(
        &self,
        number: &str,
        commits: &[Commit],
    ) -> Result<BTreeMap<Revision, CommitAccounts>, Gap> {
        let what = format!("the accounts behind the commits of request {number}");
        let wanted: BTreeSet<&Revision> = commits.iter().map(|commit| &commit.id).collect();
        let mut found = BTreeMap::new();
        for seen in self.host.client.list(&what, &self.host.at(&["pulls", number, "commits"]))? {
            let (id, accounts) = translate::commit(&what, seen)?;
            found.insert(id, accounts);
        }
        found.retain(|id, _| wanted.contains(id));
        let missing: Vec<&Revision> = wanted.into_iter().filter(|id| !found.contains_key(*id)).collect();
        if missing.len() > SINGLE_COMMITS {
            return Err(truncated(&what, format!("{} commits are beyond what GitHub lists", missing.len())));
        }
        for id in missing {
            found.insert(id.clone(), self.accounts_of(id)?);
        }
        Ok(found)
    }

    fn accounts_of(&self, id: &Revision) -> Result<CommitAccounts, Gap> {
        let what = format!("the accounts behind commit {}", id.short());
        let (seen, accounts) =
            translate::commit(&what, self.host.client.get(&what, &self.host.at(&["commits", id.as_str()]))?)?;
        if seen == *id {
            Ok(accounts)
        } else {
            Err(contradiction(&what, format!("the host answered with {seen}")))
        }
    }
}
