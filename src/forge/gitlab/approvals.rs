//! The reading plan for reviews: who approves now, when and on what, who took an approval back, and
//! whose commits these are.
//!
//! Of an approval GitLab keeps that it is there, and (in newer servers) since when. One that is
//! taken back or reset vanishes; only notes of the system remember it.

use super::notes::{Remark, Said, retargeted};
use super::versions::reviewed_at;
use super::{GitLabRequest, translate, wire};
use crate::http::gaps::contradiction;
use crate::{Forge, ReviewFacts};
use jiff::Timestamp;
use portcullis_model::change::{Commit, Revision};
use portcullis_model::fact::{Fact, Gap};
use portcullis_model::host::OwnAddresses;
use portcullis_model::id::AccountId;
use portcullis_model::person::{Account, AccountKind, NoReply};
use portcullis_model::review::{CommitAccounts, Review, ReviewSource, ReviewState, ReviewedContent};
use std::collections::{BTreeMap, BTreeSet};

/// How many addresses of commits are looked up.
const ADDRESSES: usize = 3;

impl GitLabRequest<'_> {
    pub(super) fn review_facts(&self, commits: &[Commit]) -> ReviewFacts {
        let remarks = self.remarks();
        let base_changed = remarks.as_ref().map(|remarks| retargeted(remarks)).map_err(Clone::clone);
        let mut reviews = self.all_reviews(&remarks);
        let mut people = reviewers(reviews.as_deref().unwrap_or_default());
        let unseen = self.host.look_closer(&mut people);
        if let Ok(reviews) = &mut reviews {
            reviews.iter_mut().for_each(|review| review.reviewer = closer(review.reviewer.take(), &people));
        }
        people.retain(|account| account.kind != AccountKind::Bot);
        let mut permissions = self.host.permissions(&people);
        for account in people {
            if let Some(gap) = unseen.get(&account.id) {
                permissions.insert(account.login, Fact::Gap(gap.clone()));
            }
        }
        let owners = self.owners_of_addresses(commits);
        let attribution = Fact::from(owners.as_ref().map(|it| attributed(commits, it)).map_err(Clone::clone));
        let co_authors = Fact::from(owners.map(|it| co_authors(commits, &it)));
        let (reviews, base_changed) = (reviews.into(), base_changed.into());
        ReviewFacts { reviews, permissions, base_changed, attribution, co_authors }
    }

    /// Approvals, objections, and what the notes say of approvals that are not there any more.
    fn all_reviews(&self, remarks: &Result<Vec<Remark>, Gap>) -> Result<Vec<Review>, Gap> {
        let approvals = self.approvals()?;
        let versions = self.versions();
        let told = remarks.as_deref().unwrap_or_default();
        let mut reviews: Vec<Review> = former_approvals(&approvals, told);
        for one in &approvals.approved_by {
            reviews.push(self.approval(one, told, &versions)?);
        }
        reviews.extend(self.objections()?);
        reviews.sort_by(|a, b| (a.submitted, &a.id).cmp(&(b.submitted, &b.id)));
        (1..).zip(&mut reviews).for_each(|(position, review)| review.position = position);
        Ok(reviews)
    }

    /// Who approves now.
    fn approvals(&self) -> Result<wire::Approvals, Gap> {
        let what = format!("the approvals of request {}", self.id);
        let seen: wire::Approvals = self.host.client.get(&what, &self.at(&["approvals"]))?;
        let is_other = seen.iid.is_some() && seen.iid != self.id.number();
        if is_other { Err(contradiction(&what, "they are of another request")) } else { Ok(seen) }
    }

    fn approval(
        &self,
        one: &wire::ApprovedBy,
        told: &[Remark],
        versions: &Result<Vec<wire::Version>, Gap>,
    ) -> Result<Review, Gap> {
        let newest = one.user.as_ref().and_then(|user| newest_remark(told, user.id));
        let noted = newest.filter(|remark| remark.said == Said::Approved);
        let submitted = one.approved_at.or(noted.map(|remark| remark.at));
        let who = one.user.as_ref().map_or("a deleted account", |user| &user.username);
        let reviewed = match newest {
            // An older server gives no time; then a withdrawal is at odds with the approval.
            Some(remark) if remark.said == Said::Unapproved && submitted.is_none_or(|at| at <= remark.at) => {
                let detail = format!("note {} says that it was taken back at {}", remark.id, remark.at);
                ReviewedContent::Unseen(contradiction(&format!("the approval by {who}"), detail))
            }
            _ => reviewed_at(who, submitted, versions),
        };
        let id = one.user.as_ref().map_or("nobody".to_string(), |user| user.id.to_string());
        let id = format!("approval-of-{id}");
        let reviewer = one.user.clone().map(translate::account);
        let (position, state) = (0, ReviewState::Approved);
        Ok(Review {
            id: id.into(),
            position,
            reviewer,
            state,
            reviewed,
            submitted,
            source: ReviewSource::Host,
        })
    }

    /// Reviewers who want changes.
    fn objections(&self) -> Result<Vec<Review>, Gap> {
        let what = format!("the reviewers of request {}", self.id);
        let reviewers: Vec<wire::Reviewer> = self.host.client.list(&what, &self.at(&["reviewers"]))?;
        let mut objections = Vec::new();
        for reviewer in reviewers {
            match reviewer.state.as_str() {
                "requested_changes" => objections.push(objection(reviewer.user)),
                "unreviewed" | "reviewed" | "approved" | "unapproved" | "review_started" => (),
                other => return Err(translate::unknown_kind(&what, "state of a reviewer", other)),
            }
        }
        Ok(objections)
    }

    /// GitLab attributes commits by addresses, and tells only of those that people made public, and
    /// of those that it gave them. The rest is for the identity map of the policy.
    fn owners_of_addresses(&self, commits: &[Commit]) -> Result<AddressOwners, Gap> {
        let of_commit = |commit: &Commit| {
            let mailboxes = [&commit.author, &commit.committer].into_iter().chain(&commit.co_authors);
            mailboxes.map(|it| it.email.to_ascii_lowercase()).collect::<Vec<_>>()
        };
        let addresses: BTreeSet<String> = commits.iter().flat_map(of_commit).collect();
        let mut owners = AddressOwners::new();
        for address in addresses.into_iter().filter(|address| self.is_looked_up(address)).take(ADDRESSES) {
            let owner = self.owner_of(&address)?;
            owners.extend(owner.map(|owner| (address, owner)));
        }
        Ok(owners)
    }

    /// Of the host's own addresses those with the number of an account are looked up.
    fn is_looked_up(&self, address: &str) -> bool {
        let Some((_, domain)) = address.rsplit_once('@').filter(|(_, domain)| !domain.is_empty()) else {
            return false;
        };
        let is_own = |own: &String| {
            domain.strip_suffix(own.as_str()).is_some_and(|it| it.is_empty() || it.ends_with('.'))
        };
        !self.host.domains.iter().any(is_own) || self.number_in(address).is_some()
    }

    /// The number of the account that a private commit address is of.
    fn number_in(&self, address: &str) -> Option<AccountId> {
        let (conventions, domains) = (self.host.conventions(), &self.host.domains);
        match NoReply::read(address, OwnAddresses { domains, accounts: &conventions.accounts }) {
            NoReply::Numbered(number, _) => Some(number),
            NoReply::Named(_) | NoReply::Unreadable | NoReply::Other => None,
        }
    }

    /// The account of this number; `None` where the host shows none.
    fn account_numbered(&self, what: &str, number: &AccountId) -> Result<Option<Account>, Gap> {
        let reply = self.host.client.look(what, &["users", number.as_str()])?;
        if reply.response.status == 404 {
            return Ok(None);
        }
        let user: wire::User = reply.read(what)?;
        if AccountId::from(user.id) == *number {
            Ok(Some(translate::account(user)))
        } else {
            Err(contradiction(what, format!("the host answered for account {}", user.id)))
        }
    }

    fn owner_of(&self, address: &str) -> Result<Option<Account>, Gap> {
        let what = format!("whose address {address} is");
        if let Some(number) = self.number_in(address) {
            return self.account_numbered(&what, &number);
        }
        let found: Vec<wire::User> = self.host.client.list_with(&what, &["users"], &[("search", address)])?;
        let has_it = |user: &wire::User| {
            user.public_email.as_ref().is_some_and(|email| email.eq_ignore_ascii_case(address))
        };
        let mut owners = found.into_iter().filter(has_it);
        match (owners.next(), owners.next()) {
            (Some(_), Some(_)) => Err(contradiction(&what, "two accounts have it")),
            (owner, _) => Ok(owner.map(translate::account)),
        }
    }
}

/// Accounts by address, in lower case.
type AddressOwners = BTreeMap<String, Account>;

fn attributed(commits: &[Commit], owners: &AddressOwners) -> BTreeMap<Revision, CommitAccounts> {
    let owner = |email: &str| owners.get(&email.to_ascii_lowercase()).cloned();
    let accounts = |commit: &Commit| CommitAccounts {
        author: owner(&commit.author.email),
        committer: owner(&commit.committer.email),
    };
    commits.iter().map(|commit| (commit.id.clone(), accounts(commit))).collect()
}

fn co_authors(commits: &[Commit], owners: &AddressOwners) -> AddressOwners {
    let addresses = commits.iter().flat_map(|commit| &commit.co_authors);
    let addresses = addresses.map(|it| it.email.to_ascii_lowercase());
    addresses.filter_map(|address| Some((address.clone(), owners.get(&address)?.clone()))).collect()
}

/// The newest note in which this account approved, or took that back.
fn newest_remark(told: &[Remark], account: u64) -> Option<&Remark> {
    let own = |remark: &&Remark| remark.author.as_ref().is_some_and(|author| author.id == account);
    told.iter().filter(own).rfind(|remark| matches!(remark.said, Said::Approved | Said::Unapproved))
}

/// Approvals that notes tell of and that are not there any more: their authors took them back, or a
/// push reset them. That somebody approved again is for the list of approvals to say.
fn former_approvals(approvals: &wire::Approvals, told: &[Remark]) -> Vec<Review> {
    let now: BTreeSet<u64> =
        approvals.approved_by.iter().filter_map(|one| one.user.as_ref()).map(|user| user.id).collect();
    let is_former = |remark: &&Remark| match (&remark.said, &remark.author) {
        (Said::Unapproved, _) => true,
        (Said::Approved, Some(author)) => !now.contains(&author.id),
        _ => false,
    };
    told.iter().filter(is_former).map(dismissed).collect()
}

fn dismissed(remark: &Remark) -> Review {
    Review {
        source: ReviewSource::Host,
        id: format!("note-{}", remark.id).into(),
        position: 0,
        reviewer: remark.author.clone().map(translate::account),
        state: ReviewState::Dismissed,
        reviewed: ReviewedContent::Unknown,
        submitted: Some(remark.at),
    }
}

/// GitLab does not say when changes were requested: the objection is taken to be the last word.
fn objection(user: Option<wire::User>) -> Review {
    let id = user.as_ref().map_or("nobody".to_string(), |user| user.id.to_string());
    Review {
        source: ReviewSource::Host,
        id: format!("objection-of-{id}").into(),
        position: 0,
        reviewer: user.map(translate::account),
        state: ReviewState::ChangesRequested,
        reviewed: ReviewedContent::Unknown,
        submitted: None::<Timestamp>,
    }
}

/// Everybody whose opinion could count, each once.
fn reviewers(reviews: &[Review]) -> Vec<Account> {
    let opinion =
        |review: &&Review| matches!(review.state, ReviewState::Approved | ReviewState::ChangesRequested);
    let all = reviews.iter().filter(opinion).filter_map(|review| review.reviewer.clone());
    let by_id: BTreeMap<AccountId, Account> = all.map(|account| (account.id.clone(), account)).collect();
    by_id.into_values().collect()
}

fn closer(account: Option<Account>, people: &[Account]) -> Option<Account> {
    account.map(|one| people.iter().find(|seen| seen.id == one.id).cloned().unwrap_or(one))
}
