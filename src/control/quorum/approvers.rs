//! Whether each person who approved fits each role: yes, no, or it could not be seen.

use super::ownership::Ownerships;
use super::{Doubt, RoleApprovals};
use crate::control::approval::{Approval, Approvals};
use crate::control::{Case, Role};
use crate::model::codeowners::Owner;
use crate::model::fact::{Fact, Gap, GapReason};
use crate::model::person::{Login, TeamName, Who};
use std::collections::BTreeMap;

/// The answer to one question about one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Yes,
    No,
    Unclear(Gap),
}

impl Answer {
    /// Yes if any is yes; otherwise the first that is unclear.
    fn any(answers: impl IntoIterator<Item = Answer>) -> Answer {
        let mut unclear = Answer::No;
        for answer in answers {
            match answer {
                Answer::Yes => return Answer::Yes,
                Answer::Unclear(_) if unclear == Answer::No => unclear = answer,
                Answer::Unclear(_) | Answer::No => {}
            }
        }
        unclear
    }

    fn of(holds: bool) -> Answer {
        if holds { Answer::Yes } else { Answer::No }
    }
}

/// Somebody who approved.
pub(super) struct Approver {
    /// Does the approval count?
    pub counts: Answer,
    /// Do they fit the demand's roles, in its order?
    roles: Vec<Answer>,
    /// Do they own the lines of CODEOWNERS that decide over touched files?
    lines: BTreeMap<u64, Answer>,
}

impl Approver {
    pub(super) fn fits(&self, role: usize, doubt: Doubt) -> bool {
        self.roles.get(role).is_some_and(|answer| answer.holds(doubt))
    }

    pub(super) fn owns(&self, line: u64, doubt: Doubt) -> bool {
        self.lines.get(&line).is_some_and(|answer| answer.holds(doubt))
    }

    /// What could not be seen about this person.
    pub(super) fn gaps(&self) -> impl Iterator<Item = &Gap> {
        let answers = std::iter::once(&self.counts).chain(&self.roles).chain(self.lines.values());
        answers.filter_map(|answer| match answer {
            Answer::Unclear(gap) => Some(gap),
            Answer::Yes | Answer::No => None,
        })
    }
}

/// Everybody whose approval counts or might.
pub(super) fn all(
    case: &Case<'_>,
    approvals: &Approvals,
    roles: &[(&RoleApprovals, &Role)],
    ownerships: &Ownerships,
) -> Vec<Approver> {
    let counted = approvals.counted.iter().map(|approval| (approval, Answer::Yes));
    let unclear = approvals.unclear.iter().map(|(approval, gap)| (approval, Answer::Unclear(gap.clone())));
    counted
        .chain(unclear)
        .map(|(approval, counts)| approver(case, approval, counts, roles, ownerships))
        .collect()
}

fn approver(
    case: &Case<'_>,
    approval: &Approval,
    counts: Answer,
    roles: &[(&RoleApprovals, &Role)],
    ownerships: &Ownerships,
) -> Approver {
    let who = &approval.who;
    let owns = |owners: &[Owner]| Answer::any(owners.iter().map(|owner| is_owner(case, who, owner)));
    let lines: BTreeMap<_, _> =
        ownerships.lines.iter().map(|(line, owned)| (*line, owns(&owned.owners))).collect();
    let roles = roles.iter().map(|(_, role)| is_in(case, who, role, &lines)).collect();
    Approver { counts, roles, lines }
}

fn is_in(case: &Case<'_>, who: &Who, role: &Role, lines: &BTreeMap<u64, Answer>) -> Answer {
    let owners = lines.values().filter(|_| role.code_owners).cloned();
    Answer::any(std::iter::once(is_named(case, who, role)).chain(owners))
}

/// Is this person in the role by account or by team?
pub(super) fn is_named(case: &Case<'_>, who: &Who, role: &Role) -> Answer {
    let users = role.users.iter().map(|user| is_user(case, who, user));
    let teams = role.teams.iter().map(|team| is_member(case, who, team));
    Answer::any(users.chain(teams))
}

fn is_user(case: &Case<'_>, who: &Who, login: &Login) -> Answer {
    Answer::of(case.scope.people.by_login(login) == *who)
}

fn is_member(case: &Case<'_>, who: &Who, team: &TeamName) -> Answer {
    let people = &case.scope.people;
    match case.facts.host.members.get(team) {
        Some(Fact::Known(members)) => Answer::of(members.iter().any(|it| people.by_login(&it.login) == *who)),
        Some(Fact::Gap(gap)) => Answer::Unclear(gap.clone()),
        None => Answer::Unclear(Gap::not_asked(
            format!("the members of team {team}"),
            "Gather the facts again, with the members of every team that the policy and CODEOWNERS name.",
        )),
    }
}

fn is_owner(case: &Case<'_>, who: &Who, owner: &Owner) -> Answer {
    match owner {
        Owner::User(login) => is_user(case, who, login),
        Owner::Team(team) => is_member(case, who, team),
        Owner::Email(address) => match case.scope.people.by_email(address) {
            Who::Unattributed(_) => Answer::Unclear(Gap::new(
                format!("whose address `{address}` in CODEOWNERS is"),
                GapReason::NotVisible,
                "the host does not tell which account uses an address",
                "Add the address to `[[people]]` in the policy, or name the owner by login.",
            )),
            known => Answer::of(known == *who),
        },
    }
}
