//! Do these approvals fill these roles, with a different person in each?
//!
//! A demand names a number of approvals and roles with a number each. It holds when there are that
//! many independent approvals, and when the people can be dealt out so that no one fills two roles
//! and every role has its number. A role of code owners needs more: every touched file that
//! CODEOWNERS gives an owner has one of its owners among the people dealt to that role. A touched
//! file without an owner needs nothing of it, unless it is inside a data-processing area: then
//! no one can approve it, and the demand is broken. Where no touched file has an owner and no one
//! else is in the role, the role itself asks for no one; its number still counts towards the
//! approvals that are needed altogether.
//!
//! What could not be seen is judged twice. The demand is *met* when it holds with every doubt taken
//! against the change, *broken* when it does not even hold with every doubt taken in its favour,
//! and *unproven* in between. Doubts are: an approval by an account of unknown permission, a team
//! whose members were not seen, an owner known by an address only, an unreadable line of
//! CODEOWNERS, and a mailbox in the commits that belongs to no one we know. Such a mailbox may be
//! that of any approver, so with `u` of them every number grows by `u`: whichever `u` people drop
//! out, enough are left.
//!
//! Dealing out people is a search over those who fit several roles. It gives up after a fixed
//! number of trials (see `assignment`), and having given up is never taken for success: the demand
//! is then unproven.

use super::approval::{Approval, Approvals};
use super::identity::Identity;
use crate::control::{Case, Role, find_kind, finding};
use approvers::{Approver, MemberAnswer, Somebody};
use assignment::{Assignee, Filled, Seats, assign_people};
use ownership::Ownerships;
use portcullis_model::change::{Change, FileChange};
use portcullis_model::decision::{Finding, SubjectKind, Verdict};
use portcullis_model::fact::{Gap, GapReason};
use portcullis_model::id::RequestId;
use portcullis_model::person::{Login, Who};
use portcullis_model::waiver;
use remedy::remedy_for;
use serde::Deserialize;
use shortfall::Shortfall;
use std::num::NonZeroU64;
use toml::Spanned;

mod approvers;
mod assignment;
mod ownership;
mod remedy;
mod shortfall;

/// A role and how many of its people have to approve, as settings write it.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RoleApprovals {
    /// The name of the role, from `[roles]`.
    #[cfg_attr(test, schemars(with = "String"))]
    pub role: Spanned<String>,
    /// How many people of the role must approve.
    pub approvals: NonZeroU64,
}

/// What is demanded of the approvals.
#[derive(Clone, Debug)]
pub struct Demand<'a> {
    /// How many different people have to approve altogether; never less than all roles together
    /// need.
    pub approvals: u64,
    /// The roles to fill.
    pub roles: &'a [RoleApprovals],
    /// The files whose owners a role of code owners means.
    pub files: &'a [&'a FileChange],
    /// Does each of these files need an owner, wherever it is?
    pub all_owned: bool,
}

/// Whether a demand holds, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// Met, unproven or broken.
    pub verdict: Verdict,
    /// Why, in one sentence.
    pub reason: String,
    /// What to do, unless it is met.
    pub remedy: Option<String>,
    /// Every approval with what became of it, and every doubt, one sentence each.
    pub details: Vec<String>,
    /// The request, where it has landed and only an approval from before would have helped.
    late: Option<RequestId>,
}

impl Judgement {
    /// The finding of a control that follows.
    pub fn finding(&self, control: &str, kind: SubjectKind, name: impl Into<String>) -> Finding {
        let found = finding(control, self.verdict, kind, name, &self.reason).details(self.details.clone());
        let late =
            self.late.as_ref().filter(|_| self.remedy.is_some()).map(|request| too_late(control, request));
        Finding { remedy: late.or_else(|| self.remedy.clone()), ..found }
    }
}

/// What is left to do about a request that has landed: an approval that is given now does not
/// count.
fn too_late(control: &str, request: &RequestId) -> String {
    let now = "It has landed, and an approval that is given now does not count.";
    if find_kind(control).is_some_and(|kind| !kind.waivable.at_all()) {
        return format!(
            "{now} No waiver covers what steers the gate: deploy a commit from before it, or remove it from the branch and land it again with the required approvals."
        );
    }
    format!(
        "{now} Have a waiver approved in {} (`control = \"{control}\"`, `requests = [{request}]`), or deploy a commit from before it.",
        waiver::PATH
    )
}

/// Judges a demand.
///
/// # Errors
/// The gate's texts could not be seen and a role of code owners needs them; or a role is not in the
/// policy.
pub fn judge_demand(case: &Case<'_>, approvals: &Approvals, demand: &Demand<'_>) -> Result<Judgement, Gap> {
    let table = Table::of(case, approvals, demand)?;
    let (certain, possible) = (table.shortfalls(DoubtMode::Against), table.shortfalls(DoubtMode::InFavour));
    let (verdict, shortfalls) = match (certain.is_empty(), possible.iter().any(Shortfall::is_final)) {
        (true, _) => (Verdict::Met, certain),
        (false, true) => (Verdict::Broken, possible),
        (false, false) => (Verdict::Unproven, certain),
    };
    let doubts = if verdict == Verdict::Met { Vec::new() } else { table.doubts() };
    // Mailboxes come first among the doubts; behind them are gaps, which may still be closed.
    let by_gap = verdict == Verdict::Unproven && approvals.unattributed.is_empty() && !doubts.is_empty();
    let landed = case.facts.host.request.value().filter(|request| request.merged.is_some());
    Ok(Judgement {
        late: landed.filter(|_| !by_gap).map(|request| request.id.clone()),
        verdict,
        reason: reason_for(verdict, approvals, &shortfalls),
        remedy: doubt_first(verdict, &doubts).or_else(|| remedy_for(case, approvals, &shortfalls)),
        details: list_details(case, approvals, &shortfalls, doubts),
    })
}

/// Is this person in the role, by account or by team? Owning files makes no one one of these.
///
/// # Errors
/// They are in none that was seen, and not every team was seen.
pub fn is_named(case: &Case<'_>, who: &Who, login: &Login, role: &Role) -> Result<bool, Gap> {
    let identity = Identity::of(case);
    match approvers::is_named(case, &identity, Somebody::by_login(who, login), role) {
        MemberAnswer::Yes => Ok(true),
        MemberAnswer::No => Ok(false),
        MemberAnswer::Unclear(gap) => Err(gap),
    }
}

/// Every file that counts as touched: those of the change, and those that single commits on the way
/// touch where the policy asks for them.
///
/// # Errors
/// They could not be seen.
pub fn touched_files<'a>(case: &Case<'a>) -> Result<Vec<&'a FileChange>, Gap> {
    let facts = case.facts;
    let change = facts.change.known()?;
    let mut files: Vec<_> = change.files.iter().collect();
    if facts.inquiry.each_commit {
        files.extend(change.on_the_way.known()?);
    }
    Ok(files)
}

/// The finding about a change of nothing: an empty range is no proof that nothing happened.
pub fn nothing_to_judge(control: &str, change: &Change) -> Option<Finding> {
    let empty = change.commits.is_empty() && change.files.is_empty();
    let found = || {
        let reason = "there is nothing to judge: no commit and no file between base and head";
        finding(control, Verdict::Unproven, SubjectKind::Change, change.head.short(), reason)
            .remedy("Name a head with commits that the base does not have.")
    };
    empty.then(found)
}

/// How doubts are taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum DoubtMode {
    Against,
    InFavour,
}

/// Everything about one demand that does not depend on how doubts are taken.
struct Table<'a> {
    demand: &'a Demand<'a>,
    roles: Vec<(&'a RoleApprovals, &'a Role)>,
    ownerships: Ownerships,
    approvers: Vec<Approver>,
    unattributed: &'a [String],
}

impl<'a> Table<'a> {
    fn of(case: &Case<'a>, approvals: &'a Approvals, demand: &'a Demand<'a>) -> Result<Self, Gap> {
        let roles =
            demand.roles.iter().map(|wanted| find_role(case, wanted)).collect::<Result<Vec<_>, _>>()?;
        let by_owners = roles.iter().any(|(_, role)| role.code_owners);
        let ownerships = if by_owners { Ownerships::of(case, demand)? } else { Ownerships::default() };
        let approvers = approvers::all(case, approvals, &roles, &ownerships);
        Ok(Table { demand, roles, ownerships, approvers, unattributed: &approvals.unattributed })
    }

    /// How many people may drop out.
    fn spare(&self, doubt: DoubtMode) -> usize {
        if doubt == DoubtMode::Against { self.unattributed.len() } else { 0 }
    }

    fn present(&self, doubt: DoubtMode) -> impl Iterator<Item = &Approver> {
        self.approvers.iter().filter(move |approver| approver.counts.holds(doubt))
    }

    fn shortfalls(&self, doubt: DoubtMode) -> Vec<Shortfall> {
        let mut shortfalls = self.short_total(doubt);
        shortfalls.extend((0..self.roles.len()).filter_map(|role| self.short_role(role, doubt)));
        shortfalls.extend(self.ownerships.problems(doubt).map(Shortfall::Owners));
        shortfalls.extend(self.uncovered(doubt));
        if shortfalls.is_empty() {
            shortfalls.extend(self.short_dealing(doubt));
        }
        shortfalls
    }

    fn short_total(&self, doubt: DoubtMode) -> Vec<Shortfall> {
        let by_roles = self
            .demand
            .roles
            .iter()
            .map(|role| to_usize(role.approvals.get()))
            .fold(0, usize::saturating_add);
        let needed = to_usize(self.demand.approvals).max(by_roles).saturating_add(self.spare(doubt));
        let present = self.present(doubt).count();
        if present < needed {
            vec![Shortfall::People { present, needed, spare: self.spare(doubt) }]
        } else {
            Vec::new()
        }
    }

    fn needed(&self, index: usize, doubt: DoubtMode) -> usize {
        let Some((wanted, role)) = self.roles.get(index) else { return usize::MAX };
        let only_owners = role.code_owners && role.users.is_empty() && role.teams.is_empty();
        if only_owners && self.ownerships.ask_for_nobody(doubt) {
            return 0;
        }
        to_usize(wanted.approvals.get()).saturating_add(self.spare(doubt))
    }

    fn short_role(&self, index: usize, doubt: DoubtMode) -> Option<Shortfall> {
        let needed = self.needed(index, doubt);
        let present = self.present(doubt).filter(|approver| approver.fits(index, doubt)).count();
        let name = self.roles.get(index).map_or("", |(wanted, _)| wanted.role.get_ref());
        (present < needed).then(|| Shortfall::Role {
            name: name.to_string(),
            present,
            needed,
            spare: self.spare(doubt),
        })
    }

    /// Demands of CODEOWNERS that too few of the people present can meet.
    fn uncovered(&self, doubt: DoubtMode) -> Vec<Shortfall> {
        let owners = |lines| self.present(doubt).filter(|approver| approver.owns(lines, doubt)).count();
        let all = self.ownerships.lines.iter().map(|(lines, owned)| (lines, owned, owners(lines)));
        let short =
            all.filter(|(_, owned, present)| *present < owned.approvals.saturating_add(self.spare(doubt)));
        short.map(|(lines, owned, present)| Shortfall::Owners(owned.lacking(lines, present))).collect()
    }

    fn short_dealing(&self, doubt: DoubtMode) -> Option<Shortfall> {
        let seats: Vec<_> =
            self.roles.iter().enumerate().map(|(index, (_, role))| self.seats(index, role, doubt)).collect();
        let people: Vec<_> = self.present(doubt).map(|approver| self.person(approver, doubt)).collect();
        match assign_people(&people, &seats) {
            Filled::Yes => None,
            Filled::No => Some(Shortfall::Dealing),
            Filled::GaveUp => Some(Shortfall::TooMany),
        }
    }

    fn seats(&self, index: usize, role: &Role, doubt: DoubtMode) -> Seats {
        let owned = self.ownerships.lines.values().filter(|_| role.code_owners);
        let owners =
            owned.map(|owned| owned.approvals.saturating_add(self.spare(doubt))).enumerate().collect();
        Seats { people: self.needed(index, doubt), owners }
    }

    fn person(&self, approver: &Approver, doubt: DoubtMode) -> Assignee {
        Assignee {
            roles: (0..self.roles.len()).filter(|role| approver.fits(*role, doubt)).collect(),
            owns: self.owned_by(approver, doubt),
        }
    }

    /// The places of the demands of CODEOWNERS that this person can meet.
    fn owned_by(&self, approver: &Approver, doubt: DoubtMode) -> Vec<usize> {
        let lines = self.ownerships.lines.keys().enumerate();
        lines.filter(|(_, lines)| approver.owns(lines, doubt)).map(|(place, _)| place).collect()
    }

    /// Every doubt, as a sentence and what would end it.
    fn doubts(&self) -> Vec<(String, String)> {
        let mailboxes = self.unattributed.iter().map(|mailbox| {
            let sentence =
                format!("`{mailbox}` in the commits belongs to no known account and may be any approver's");
            (
                sentence,
                "Add the address to `[[people]]` in the policy, or have more people approve.".to_string(),
            )
        });
        let gaps = self.approvers.iter().flat_map(Approver::gaps).chain(self.ownerships.gaps());
        let mut doubts: Vec<_> = mailboxes.collect();
        for gap in gaps {
            let doubt = (gap.to_string(), gap.remedy.clone());
            if !doubts.contains(&doubt) {
                doubts.push(doubt);
            }
        }
        doubts
    }
}

impl MemberAnswer {
    fn holds(&self, doubt: DoubtMode) -> bool {
        match self {
            MemberAnswer::Yes => true,
            MemberAnswer::No => false,
            MemberAnswer::Unclear(_) => doubt == DoubtMode::InFavour,
        }
    }
}

fn find_role<'a>(case: &Case<'a>, wanted: &'a RoleApprovals) -> Result<(&'a RoleApprovals, &'a Role), Gap> {
    let name = wanted.role.get_ref();
    let unknown = || {
        let what = format!("the people of role `{name}`");
        Gap::new(
            what,
            GapReason::Contradiction,
            "the policy has no such role",
            format!("Add `[roles.{name}]`."),
        )
    };
    case.scope.roles.get(name).map(|role| (wanted, role)).ok_or_else(unknown)
}

fn to_usize(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn reason_for(verdict: Verdict, approvals: &Approvals, shortfalls: &[Shortfall]) -> String {
    match verdict {
        Verdict::Met => {
            let logins: Vec<_> = approvals.counted.iter().map(|approval| approval.login.as_str()).collect();
            format!("approved independently by {}", logins.join(", "))
        }
        Verdict::Broken => list_shortfalls(shortfalls),
        _ => format!("the approvals cannot be shown to suffice: {}", list_shortfalls(shortfalls)),
    }
}

/// The first few; all of them are in the details.
fn list_shortfalls(shortfalls: &[Shortfall]) -> String {
    const SHOWN: usize = 4;
    let mut list: Vec<_> = shortfalls.iter().take(SHOWN).map(ToString::to_string).collect();
    if shortfalls.len() > SHOWN {
        list.push(format!("and {} more", shortfalls.len() - SHOWN));
    }
    list.join("; ")
}

fn doubt_first(verdict: Verdict, doubts: &[(String, String)]) -> Option<String> {
    doubts.first().filter(|_| verdict == Verdict::Unproven).map(|(_, remedy)| remedy.clone())
}

fn list_details(
    case: &Case<'_>,
    approvals: &Approvals,
    shortfalls: &[Shortfall],
    doubts: Vec<(String, String)>,
) -> Vec<String> {
    let counted = approvals.counted.iter().map(|approval| describe_counted(case, approval));
    let owners = shortfalls.iter().filter(|it| matches!(it, Shortfall::Owners(_))).map(ToString::to_string);
    let doubts = doubts.into_iter().map(|(doubt, _)| doubt);
    counted.chain(approvals.rejected.iter().cloned()).chain(owners).chain(doubts).collect()
}

/// That an approval counts, and where it was given if not on the head itself.
fn describe_counted(case: &Case<'_>, approval: &Approval) -> String {
    let Approval { login, review, .. } = approval;
    let head = case.facts.change.value().map(|change| &change.head);
    let mut why: Vec<String> = approval.vouched_by.iter().cloned().collect();
    why.extend(approval.commit.as_ref().filter(|commit| Some(*commit) != head).map(|commit| {
        format!("it was given on {}, and only clean merges of the base were added since", commit.short())
    }));
    let derived = match &approval.derived_from {
        Some(from) => format!(" (the host does not state its commit, which was derived from {from})"),
        None => String::new(),
    };
    match why.as_slice() {
        [] => format!("review {review} by {login} counts{derived}"),
        why => format!("review {review} by {login} counts: {}{derived}", why.join("; ")),
    }
}

#[cfg(test)]
mod tests;
