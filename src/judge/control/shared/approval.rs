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
//! Signed reviews ([`super::reviews`]) are opinions like any other. Each chain is a list of its
//! own: within it a later statement replaces an earlier one, and no one knows what is older of two
//! lists, so an objection in one of them is not answered by an approval in another.
//!
//! An objection counts when its account may write, or when it could not be seen what the account
//! may do; so does the objection of a bot. The objection of a deleted account remains until someone
//! dismisses it. An objection of someone who may only read does not count (GitHub docs, "About pull
//! request reviews").

use super::reviews::{AllReviews, is_alone};
use crate::control::{Case, finding, unproven};
use independence::Involved;
use jiff::Timestamp;
use opinions::{Opinion, find_withdrawal, objections_in, opinions_by_person};
use portcullis_model::change::{Change, Revision, Updates};
use portcullis_model::decision::{Finding, SubjectKind, Verdict};
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::id::{AccountId, ReviewId};
use portcullis_model::person::{Account, AccountKind, Login, Who};
use portcullis_model::review::{ChangeRequest, Permission, ReviewSource, ReviewState};
use portcullis_model::signed::ReviewChain;
use reviewed::JudgedContent;
use serde::Deserialize;
use sorted::Sorted;
use std::collections::BTreeSet;

mod independence;
mod opinions;
mod reviewed;
mod sorted;

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
    /// Chains of signed reviews that cannot be relied on, of people whose objection would count.
    pub unreliable: Vec<Gap>,
}

impl Approvals {
    /// The findings of a control that reviewers object, or that it cannot be seen whether they do.
    /// `request` is its number.
    pub fn objection_findings(&self, control: &str, request: &str) -> Vec<Finding> {
        let unreliable =
            self.unreliable.iter().map(|gap| unproven(control, SubjectKind::Request, request, gap));
        self.objection_finding(control, request).into_iter().chain(unreliable).collect()
    }

    fn objection_finding(&self, control: &str, request: &str) -> Option<Finding> {
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
    /// The roles that the reviewer named; empty: every role that they have.
    pub roles: BTreeSet<String>,
    /// What vouches for it beside the host, as the end of a sentence; `None` for a host's own.
    pub vouched_by: Option<String>,
    /// When it was given, as the host states it; `None` where no host does.
    pub given: Option<Timestamp>,
    /// The fingerprint of the key that signed it; `None` for a host's own.
    pub key: Option<String>,
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
/// A fact without which no approval can be counted: the register of people where the policy names
/// one and it cannot be read, the change, the request and its author, its reviews, its base, who
/// its commits are attributed to, what merging it brings, and (unless it is ignored) who pushed the
/// head.
pub fn count_approvals(case: &Case<'_>, independence: Independence) -> Result<Approvals, Gap> {
    let change = case.facts.change.known()?;
    let request = request_of(case, change)?;
    case.scope.check_identities()?;
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
    let AllReviews { reviews, passed_over, unreliable } = AllReviews::of(case)?;
    let mut sorted = Sorted::default();
    reviews.iter().filter(|review| review.reviewer.is_none()).for_each(|review| sorted.ghost(review));
    for (who, opinions) in opinions_by_person(&bench.involved, &reviews) {
        bench.judge(&who, &opinions, &mut sorted);
    }
    let mut approvals = sorted.finish(&bench.involved);
    approvals.rejected.extend(passed_over);
    for (chain, gap) in unreliable {
        bench.doubt_chain(chain, &gap, &mut approvals);
        approvals.unreliable.push(gap);
    }
    Ok(approvals)
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
            let why = if opinion.is_signed() { "its reviewer withdrew it" } else { "it was dismissed" };
            sorted.reject(opinion, why);
        }
        // Newest first: of several approvals of one person the newest counts.
        for opinion in opinions.iter().rev().filter(|opinion| opinion.is(ReviewState::Approved)) {
            match self.flaw(who, opinion, opinions) {
                Some(flaw) => {
                    sorted.reject(opinion, &flaw);
                    self.note_derived(who, opinion, opinions, sorted);
                }
                None => sorted.accept(who, opinion, self.may_count(who, opinion)),
            }
        }
        for opinion in objections_in(opinions) {
            sorted.object(opinion, self.may_write(opinion));
        }
    }

    /// Why an approval does not count, whatever its account may do.
    fn flaw(&self, who: &Who, opinion: &Opinion<'_>, opinions: &[Opinion<'_>]) -> Option<String> {
        self.flaw_of_person(who, opinion.account)
            .or_else(|| self.flaw_of_assertion(who, opinion.account))
            .or_else(|| self.flaw_of_source(who, opinion))
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

    /// Where an exporter states the reviews, the policy says who may approve.
    fn flaw_of_assertion(&self, who: &Who, account: &Account) -> Option<String> {
        self.case.facts.host.asserted.as_ref()?;
        let scope = self.case.scope;
        let is_named = matches!(who, Who::Known(_))
            || scope.roles.values().any(|role| role.users.contains(&account.login));
        (!is_named).then(|| "the policy names this account neither in `[[people]]` nor in a role".to_string())
    }

    /// Why what vouches for an approval does not suffice.
    fn flaw_of_source(&self, who: &Who, opinion: &Opinion<'_>) -> Option<String> {
        let no_one = self.involved.who_gave(opinion.review, opinion.account).is_none();
        match &opinion.review.source {
            ReviewSource::Host => None,
            ReviewSource::Imported(imported) if !self.is_import_reviewer(who) => Some(format!(
                "it is imported from {}, and `[reviews] imported-reviewers` in the policy does not name the reviewer",
                imported.source.as_str()
            )),
            ReviewSource::Signed(_) | ReviewSource::Imported(_) if no_one => Some(
                "the allowed signers call the owner of its key by a pattern, or by names of several people".into(),
            ),
            ReviewSource::Signed(_) | ReviewSource::Imported(_)
                if !is_alone(self.case.facts) && !self.case.scope.people.has_login(who) =>
            {
                Some(
                    "`[[people]]` in the policy does not name its signer with a login on the host, so an account of \
                     theirs may have a part in the change"
                        .into(),
                )
            }
            ReviewSource::Signed(_) | ReviewSource::Imported(_) => None,
        }
    }

    fn is_import_reviewer(&self, who: &Who) -> bool {
        let scope = self.case.scope;
        let Who::Known(index) = who else { return false };
        let Some(person) = scope.people.0.get(*index) else { return false };
        let namesakes = scope.people.0.iter().filter(|other| other.name == person.name).count();
        namesakes == 1 && scope.reviews.imported_reviewers.contains(&person.name)
    }

    fn flaw_of_content(&self, opinion: &Opinion<'_>, opinions: &[Opinion<'_>]) -> Option<String> {
        self.content.find_flaw(&opinion.review.reviewed).or_else(|| self.find_replacement(opinion, opinions))
    }

    /// A later approval of something else, in the same list, takes an earlier one of the head with
    /// it.
    fn find_replacement(&self, opinion: &Opinion<'_>, opinions: &[Opinion<'_>]) -> Option<String> {
        let elsewhere = |other: &Opinion<'_>| !self.content.is_head(&other.review.reviewed);
        let mut later =
            opinions.iter().filter(|other| other.list() == opinion.list() && other.order() > opinion.order());
        later.find(|other| other.is(ReviewState::Approved) && elsewhere(other)).map(|other| {
            format!("the same person later approved another commit (review {})", other.review.id)
        })
    }

    /// Notes an approval that would count if derived commits did.
    fn note_derived(&self, who: &Who, opinion: &Opinion<'_>, opinions: &[Opinion<'_>], sorted: &mut Sorted) {
        let flawless = self.content.refuses(&opinion.review.reviewed).is_some()
            && self.flaw_of_person(who, opinion.account).is_none()
            && self.flaw_of_source(who, opinion).is_none()
            && find_withdrawal(opinion, opinions).is_none()
            && self.flaw_of_time(opinion).is_none();
        if flawless {
            sorted.derived.insert(opinion.account.login.clone());
        }
    }

    fn flaw_of_time(&self, opinion: &Opinion<'_>) -> Option<String> {
        if !opinion.is_of_host() {
            // The time in a statement is only the signer's word. Its target says for which branch
            // it is, and the reader passes over one whose base holds the head already. Imported
            // ones have no time that anything vouches for, and are for a branch as well.
            return None;
        }
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
    fn may_count(&self, who: &Who, opinion: &Opinion<'_>) -> Result<bool, Gap> {
        let may_write = self.may_write(opinion)?;
        if let Some(gap) = self.involved.doubt(who).filter(|_| may_write) {
            return Err(gap.clone());
        }
        match self.content.find_doubt(&opinion.review.reviewed) {
            Some(gap) if may_write => Err(gap.clone()),
            _ => Ok(may_write && self.content.is_head(&opinion.review.reviewed)),
        }
    }

    /// A chain that cannot be relied on may hold an approval as well as an objection.
    fn doubt_chain(&self, chain: &ReviewChain, gap: &Gap, approvals: &mut Approvals) {
        let signed = self.case.facts.signed.value();
        let Some(person) = signed.and_then(|signed| signed.signer(&chain.reviewer)) else { return };
        let account = person.account(&chain.reviewer);
        let Some(who) = self.case.scope.people.by_signer(person, self.case.facts.host.own_addresses()) else {
            return;
        };
        let is_counted = approvals.counted.iter().any(|approval| approval.who == who);
        if is_counted || self.flaw_of_person(&who, &account).is_some() {
            return;
        }
        let approval = Approval {
            who,
            login: account.login,
            account: account.id,
            review: ReviewId::from(chain.reviewer.clone()),
            commit: None,
            derived_from: None,
            roles: BTreeSet::new(),
            vouched_by: None,
            given: None,
            key: None,
        };
        approvals.unclear.push((approval, gap.clone()));
    }

    /// A signer may: the list of allowed signers at the base says so. Of other systems the policy
    /// names the people who may.
    fn may_write(&self, opinion: &Opinion<'_>) -> Result<bool, Gap> {
        // What an exporter states of permissions is no host's answer: the policy names who may
        // approve, and the objection of anyone counts.
        if self.case.facts.host.asserted.is_some() {
            return Ok(true);
        }
        match &opinion.review.source {
            ReviewSource::Signed(_) => return Ok(true),
            ReviewSource::Imported(_) => {
                let who = self.involved.who_gave(opinion.review, opinion.account);
                return Ok(who.is_some_and(|who| self.is_import_reviewer(&who)));
            }
            ReviewSource::Host => {}
        }
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

#[cfg(test)]
mod signed_tests;
#[cfg(test)]
mod tests;
