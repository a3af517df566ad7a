//! Which approvals of a request count, and why the others do not.
//!
//! An approval counts when it is the current opinion of a person who had no part in the change, who
//! may write to the repository, and who gave it on the judged head against the present base branch.
//! Opinions are counted by person: all accounts that the identity map gives to one person speak
//! with one voice.
//!
//! An approval is of what the head holds beyond the base branch. Where merging the head brings
//! something else, because the branch holds some of its commits without their content, no one can
//! say what was approved: see [`portcullis_model::change::Basis`].
//!
//! Unless the settings want the head itself, a commit that the head is but for *updates*, clean
//! merges of the base, represents the head: such a merge brings nothing that was not in the request
//! or on the branch before. So a person who wrote, committed or pushed only updates had no part in
//! the change. What is proved is decided by git's objects, see [`Updates`]. How a review knows what
//! it was given on, and what of that counts, is in `reviewed`.
//!
//! | review | what it does |
//! | --- | --- |
//! | approved | counts until the same person requests changes, or an opinion of theirs that is not older is dismissed |
//! | approved, on another commit that does not represent the head | counts for nothing, and replaces the same person's older approval of the head |
//! | changes requested | objects until the same person approves or it is dismissed, also across new commits |
//! | dismissed | takes every older approval of the same person with it |
//! | commented, pending | nothing |
//!
//! An objection counts when its account may write, or when it could not be seen what the account
//! may do; so does the objection of a bot. The objection of a deleted account remains until someone
//! dismisses it. An objection of someone who may only read does not count (GitHub docs, "About pull
//! request reviews").

use crate::control::{Case, finding};
use independence::Involved;
use jiff::Timestamp;
use portcullis_model::change::{Change, Revision, Updates};
use portcullis_model::decision::{Finding, SubjectKind, Verdict};
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::id::{AccountId, ReviewId};
use portcullis_model::person::{Account, AccountKind, Login, Who};
use portcullis_model::review::{ChangeRequest, Permission, Review, ReviewState};
use reviewed::JudgedContent;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

mod independence;
mod reviewed;

pub use reviewed::ApprovalSubject;

/// What the reviews of a request come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Approvals {
    /// The independent approvals of the judged head, one for each person, sorted.
    pub counted: Vec<Approval>,
    /// Every approval that does not count, with its reason, one sentence each.
    pub rejected: Vec<String>,
    /// Standing objections of people whose objection counts, one sentence each.
    pub objections: Vec<String>,
    /// Mailboxes in the commits that belong to no one we know: each may be one of the approvers.
    pub unattributed: Vec<String>,
    /// No one who had a part in the change is a person: who made the machines write it is not
    /// known.
    pub by_machines: bool,
    /// Approvals that do not count only because the commit they were given on was derived.
    pub derived: Vec<String>,
    /// Approvals of which something could not be seen, with the gap: each might count if it could.
    /// None is by a person who is counted already.
    pub unclear: Vec<(Approval, Gap)>,
}

impl Approvals {
    /// The finding of a control that reviewers object; `None` when none does. `request` is its
    /// number.
    pub fn objection_finding(&self, control: &str, request: &str) -> Option<Finding> {
        let first = self.objections.first()?;
        let found = finding(control, Verdict::Broken, SubjectKind::Request, request, first)
            .remedy(
                "Ask the reviewers who requested changes to approve, or dismiss their reviews with a reason.",
            )
            .details(self.objections.clone());
        Some(found)
    }
}

/// An approval that counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Approval {
    /// The person.
    pub who: Who,
    /// The account that approved.
    pub login: Login,
    /// The host's identifier of that account.
    pub account: AccountId,
    /// The review.
    pub review: ReviewId,
    /// The commit it was given on; `None` for a tree.
    pub commit: Option<Revision>,
    /// What that commit was derived from, where the host does not state it.
    pub derived_from: Option<String>,
}

/// How far independence goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Independence {
    /// What becomes of the approval of the account that pushed the head.
    pub last_pusher: LastPusher,
    /// What becomes of approvals from before the base was merged into the request.
    pub updates: AfterUpdate,
    /// What is approved, for the setting on derived commits.
    pub subject: ApprovalSubject,
}

/// Whether an approval outlives a clean merge of the base into the request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum AfterUpdate {
    /// It does if recomputing the merge proves that it adds nothing.
    #[default]
    Proved,
    /// It does not: only an approval of the head itself counts.
    Exact,
}

/// Whether the account that pushed the head, or a commit of it before, may approve it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum LastPusher {
    /// They may not. GitHub calls this "Require approval of the most recent reviewable push".
    #[default]
    Exclude,
    /// They may, and the host is not asked who pushed.
    Ignore,
}

/// Sorts the reviews of the request.
///
/// # Errors
/// A fact without which no approval can be counted: the change, the request and its author, its
/// reviews, its base, who its commits are attributed to, what merging it brings, and (unless it is
/// ignored) who pushed the head.
pub fn count_approvals(case: &Case<'_>, independence: Independence) -> Result<Approvals, Gap> {
    let change = case.facts.change.known()?;
    let request = request_of(case, change)?;
    change.basis.known()?;
    let none = Updates::default();
    let updates = if independence.updates == AfterUpdate::Proved { &change.updates } else { &none };
    let bench = Bench {
        case,
        content: JudgedContent::of(case, change, updates, independence.subject),
        base_changed: *case.facts.host.base_changed.known()?,
        merged: request.merged,
        involved: Involved::of(case, change, updates, independence.last_pusher)?,
    };
    let reviews = case.facts.host.reviews.known()?;
    let mut sorted = Sorted::default();
    reviews.iter().filter(|review| review.reviewer.is_none()).for_each(|review| sorted.ghost(review));
    for (who, opinions) in opinions_by_person(&bench.involved, reviews) {
        bench.judge(&who, &opinions, &mut sorted);
    }
    Ok(sorted.finish(&bench.involved))
}

/// The request, which has to be at the judged head.
fn request_of<'a>(case: &Case<'a>, change: &Change) -> Result<&'a ChangeRequest, Gap> {
    let request = match &case.facts.host.request {
        Fact::Known(request) => request,
        Fact::Gap(gap) => return Err(gap.clone()),
    };
    if request.head == change.head {
        return Ok(request);
    }
    Err(Gap::new(
        format!("request {} at the judged head {}", request.id, change.head.short()),
        GapReason::Contradiction,
        format!("the host says that its head is {}", request.head.short()),
        "Judge the head that the request has now.",
    ))
}

/// One review that says something, and who gave it.
struct Opinion<'a> {
    review: &'a Review,
    account: &'a Account,
}

impl Opinion<'_> {
    fn is(&self, state: ReviewState) -> bool {
        self.review.state == state
    }

    /// Its place in time. Where the host gives none, an approval comes first and replaces nothing,
    /// and anything else comes last and is replaced by nothing.
    fn order(&self) -> (bool, Option<Timestamp>, u64) {
        let last = self.review.submitted.is_none() && !self.is(ReviewState::Approved);
        (last, self.review.submitted, self.review.position)
    }
}

fn opinions_by_person<'a>(involved: &Involved<'_>, reviews: &'a [Review]) -> BTreeMap<Who, Vec<Opinion<'a>>> {
    let mut people: BTreeMap<Who, Vec<Opinion<'a>>> = BTreeMap::new();
    for review in reviews {
        let silent = matches!(review.state, ReviewState::Commented | ReviewState::Pending);
        if let Some(account) = review.reviewer.as_ref().filter(|_| !silent) {
            people.entry(involved.who(account)).or_default().push(Opinion { review, account });
        }
    }
    people.values_mut().for_each(|opinions| opinions.sort_by_key(Opinion::order));
    people
}

/// What every opinion is compared with.
struct Bench<'a> {
    case: &'a Case<'a>,
    content: JudgedContent<'a>,
    base_changed: Option<Timestamp>,
    merged: Option<Timestamp>,
    involved: Involved<'a>,
}

impl Bench<'_> {
    /// Judges all opinions of one person, oldest first.
    fn judge(&self, who: &Who, opinions: &[Opinion<'_>], sorted: &mut Sorted) {
        for opinion in opinions.iter().filter(|opinion| opinion.is(ReviewState::Dismissed)) {
            sorted.reject(opinion, "it was dismissed");
        }
        // Newest first: of several approvals of one person the newest counts.
        for opinion in opinions.iter().rev().filter(|opinion| opinion.is(ReviewState::Approved)) {
            match self.flaw(who, opinion, opinions) {
                Some(flaw) => {
                    sorted.reject(opinion, &flaw);
                    self.note_derived(who, opinion, opinions, sorted);
                }
                None => sorted.accept(who, opinion, self.may_count(opinion)),
            }
        }
        let mut standing = opinions.iter().rev().filter(|opinion| !opinion.is(ReviewState::Dismissed));
        if let Some(opinion) = standing.next().filter(|opinion| opinion.is(ReviewState::ChangesRequested)) {
            sorted.object(opinion, self.may_write(opinion));
        }
    }

    /// Why an approval does not count, whatever its account may do.
    fn flaw(&self, who: &Who, opinion: &Opinion<'_>, opinions: &[Opinion<'_>]) -> Option<String> {
        self.flaw_of_person(who, opinion.account)
            .or_else(|| find_withdrawal(opinion, opinions))
            .or_else(|| self.flaw_of_content(opinion, opinions))
            .or_else(|| self.flaw_of_time(opinion))
    }

    fn flaw_of_person(&self, who: &Who, account: &Account) -> Option<String> {
        match account.kind {
            AccountKind::Human if self.case.scope.people.is_machine(who) => {
                Some("the policy says that this account is a machine".into())
            }
            AccountKind::Human => self.involved.part(who, account).map(|part| format!("this person {part}")),
            AccountKind::Bot => Some("it is by a bot".into()),
            AccountKind::Mannequin => {
                Some("it is by a mannequin, an unclaimed placeholder of an import".into())
            }
            AccountKind::Other => Some("it is not by a person's account".into()),
        }
    }

    fn flaw_of_content(&self, opinion: &Opinion<'_>, opinions: &[Opinion<'_>]) -> Option<String> {
        self.content.find_flaw(&opinion.review.reviewed).or_else(|| self.find_replacement(opinion, opinions))
    }

    /// A later approval of something else takes an earlier one of the head with it.
    fn find_replacement(&self, opinion: &Opinion<'_>, opinions: &[Opinion<'_>]) -> Option<String> {
        let elsewhere = |other: &Opinion<'_>| !self.content.is_head(&other.review.reviewed);
        let mut later = opinions.iter().filter(|other| other.order() > opinion.order());
        later.find(|other| other.is(ReviewState::Approved) && elsewhere(other)).map(|other| {
            format!("the same person later approved another commit (review {})", other.review.id)
        })
    }

    /// Notes an approval that would count if derived commits did.
    fn note_derived(&self, who: &Who, opinion: &Opinion<'_>, opinions: &[Opinion<'_>], sorted: &mut Sorted) {
        let flawless = self.content.refuses(&opinion.review.reviewed).is_some()
            && self.flaw_of_person(who, opinion.account).is_none()
            && find_withdrawal(opinion, opinions).is_none()
            && self.flaw_of_time(opinion).is_none();
        if flawless {
            sorted.derived.insert(opinion.account.login.clone());
        }
    }

    fn flaw_of_time(&self, opinion: &Opinion<'_>) -> Option<String> {
        let Some(submitted) = opinion.review.submitted else {
            return Some("the host does not say when it was given".into());
        };
        if self.merged.is_some_and(|merged| submitted > merged) {
            return Some("it was given after the change had landed".into());
        }
        let changed = self.base_changed.filter(|changed| submitted <= *changed)?;
        Some(format!("it was not given after the base branch of the request was changed at {changed}"))
    }

    /// Whether an approval without a flaw counts: its account may write, and its commit represents
    /// the head.
    fn may_count(&self, opinion: &Opinion<'_>) -> Result<bool, Gap> {
        let may_write = self.may_write(opinion)?;
        if let Some(gap) = self.involved.doubt(opinion.account).filter(|_| may_write) {
            return Err(gap.clone());
        }
        match self.content.find_doubt(&opinion.review.reviewed) {
            Some(gap) if may_write => Err(gap.clone()),
            _ => Ok(may_write && self.content.is_head(&opinion.review.reviewed)),
        }
    }

    fn may_write(&self, opinion: &Opinion<'_>) -> Result<bool, Gap> {
        let login = &opinion.account.login;
        let permission = self.case.facts.host.permissions.get(login).ok_or_else(|| {
            Gap::not_asked(
                format!("what {login} may do in the repository"),
                "Gather the facts again, with the permissions of every reviewer.",
            )
        })?;
        Ok(*permission.known()? >= Permission::Write)
    }
}

/// What the same person did later (or at the same moment) that takes the approval back.
fn find_withdrawal(approval: &Opinion<'_>, opinions: &[Opinion<'_>]) -> Option<String> {
    let mut later = opinions.iter().rev().filter(|other| other.order() >= approval.order());
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

const ONCE: &str = "the same person is counted once";

/// The sentences carry the position of their review until they are sorted by it.
#[derive(Default)]
struct Sorted {
    counted: BTreeMap<Who, Approval>,
    /// With the position of the review.
    unclear: BTreeMap<Who, (u64, Approval, Gap)>,
    rejected: BTreeSet<(u64, String)>,
    objections: BTreeSet<(u64, String)>,
    derived: BTreeSet<Login>,
}

impl Sorted {
    fn ghost(&mut self, review: &Review) {
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

    fn reject(&mut self, opinion: &Opinion<'_>, why: &str) {
        self.reject_review(opinion.review.position, &opinion.review.id, &opinion.account.login, why);
    }

    fn reject_review(&mut self, at: u64, review: &ReviewId, login: &Login, why: &str) {
        self.rejected.insert((at, format!("review {review} by {login} does not count: {why}")));
    }

    /// Takes an approval without a flaw, unless a newer one of the same person is taken already.
    fn accept(&mut self, who: &Who, opinion: &Opinion<'_>, may_write: Result<bool, Gap>) {
        let Review { id, position, reviewed, .. } = opinion.review;
        let Account { login, id: account, .. } = opinion.account;
        let approval = Approval {
            who: who.clone(),
            login: login.clone(),
            account: account.clone(),
            review: id.clone(),
            commit: reviewed.commit().cloned(),
            derived_from: reviewed.derived_from().map(str::to_string),
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

    fn count(&mut self, approval: Approval) {
        if let Some((at, unclear, _)) = self.unclear.remove(&approval.who) {
            self.reject_review(at, &unclear.review, &unclear.login, ONCE);
        }
        self.counted.insert(approval.who.clone(), approval);
    }

    fn object(&mut self, opinion: &Opinion<'_>, may_write: Result<bool, Gap>) {
        let (Review { id, position, .. }, login) = (opinion.review, &opinion.account.login);
        let sentence = match may_write {
            Ok(false) => return,
            Ok(true) => format!("{login} requested changes (review {id})"),
            Err(gap) => format!("{login} requested changes (review {id}), and {gap}"),
        };
        self.objections.insert((*position, sentence));
    }

    fn finish(self, involved: &Involved<'_>) -> Approvals {
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
        }
    }
}

#[cfg(test)]
mod tests;
