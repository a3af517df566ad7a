//! Whether each person who approved fits each role: yes, no, or it could not be seen.

use super::ownership::Ownerships;
use super::{DoubtMode, RoleApprovals};
use crate::control::shared::approval::{Approval, Approvals};
use crate::control::shared::identity::{Identity, NamedByAddress};
use crate::control::{Case, Role};
use portcullis_model::codeowners::{Owner, OwnerLines};
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::id::AccountId;
use portcullis_model::person::{Account, Login, TeamName, Who};
use std::collections::BTreeMap;

/// The answer to one question about one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum MemberAnswer {
    Yes,
    No,
    Unclear(Gap),
}

impl MemberAnswer {
    /// Yes if any is yes; otherwise the first that is unclear.
    fn any(answers: impl IntoIterator<Item = MemberAnswer>) -> MemberAnswer {
        let mut unclear = MemberAnswer::No;
        for answer in answers {
            match answer {
                MemberAnswer::Yes => return MemberAnswer::Yes,
                MemberAnswer::Unclear(_) if unclear == MemberAnswer::No => unclear = answer,
                MemberAnswer::Unclear(_) | MemberAnswer::No => {}
            }
        }
        unclear
    }

    fn of(holds: bool) -> MemberAnswer {
        if holds { MemberAnswer::Yes } else { MemberAnswer::No }
    }
}

/// Someone who approved.
pub(super) struct Approver {
    /// Does the approval count?
    pub counts: MemberAnswer,
    /// Do they fit the demand's roles, in its order?
    roles: Vec<MemberAnswer>,
    /// Do they own the lines of CODEOWNERS that decide over touched files?
    lines: BTreeMap<OwnerLines, MemberAnswer>,
}

impl Approver {
    pub(super) fn fits(&self, role: usize, doubt: DoubtMode) -> bool {
        self.roles.get(role).is_some_and(|answer| answer.holds(doubt))
    }

    pub(super) fn owns(&self, lines: &OwnerLines, doubt: DoubtMode) -> bool {
        self.lines.get(lines).is_some_and(|answer| answer.holds(doubt))
    }

    /// What could not be seen about this person.
    pub(super) fn gaps(&self) -> impl Iterator<Item = &Gap> {
        let answers = std::iter::once(&self.counts).chain(&self.roles).chain(self.lines.values());
        answers.filter_map(|answer| match answer {
            MemberAnswer::Unclear(gap) => Some(gap),
            MemberAnswer::Yes | MemberAnswer::No => None,
        })
    }
}

/// Someone of whom it is asked who they are.
#[derive(Clone, Copy)]
pub(super) struct Somebody<'a> {
    who: &'a Who,
    login: &'a Login,
    /// The number of the account, where the host said it.
    account: Option<&'a AccountId>,
}

impl<'a> Somebody<'a> {
    /// Known by a login only.
    pub(super) fn by_login(who: &'a Who, login: &'a Login) -> Self {
        Somebody { who, login, account: None }
    }

    /// Is this account theirs? One account is told from another by its number, and by its login
    /// only where no number is known; the identity map joins several.
    fn has(self, identity: &Identity<'_>, account: &Account) -> bool {
        let same = match self.account {
            Some(id) => *id == account.id,
            None => *self.login == account.login,
        };
        same || (matches!(self.who, Who::Known(_)) && identity.of_account(account) == *self.who)
    }
}

/// Everyone whose approval counts or might.
pub(super) fn all(
    case: &Case<'_>,
    approvals: &Approvals,
    roles: &[(&RoleApprovals, &Role)],
    ownerships: &Ownerships,
) -> Vec<Approver> {
    let counted = approvals.counted.iter().map(|approval| (approval, MemberAnswer::Yes));
    let unclear =
        approvals.unclear.iter().map(|(approval, gap)| (approval, MemberAnswer::Unclear(gap.clone())));
    let identity = Identity::of(case);
    counted
        .chain(unclear)
        .map(|(approval, counts)| assess_approver(case, &identity, approval, counts, roles, ownerships))
        .collect()
}

fn assess_approver(
    case: &Case<'_>,
    identity: &Identity<'_>,
    approval: &Approval,
    counts: MemberAnswer,
    roles: &[(&RoleApprovals, &Role)],
    ownerships: &Ownerships,
) -> Approver {
    let who = Somebody { who: &approval.who, login: &approval.login, account: Some(&approval.account) };
    let owns =
        |owners: &[Owner]| MemberAnswer::any(owners.iter().map(|owner| is_owner(case, identity, who, owner)));
    let lines: BTreeMap<_, _> =
        ownerships.lines.iter().map(|(line, owned)| (line.clone(), owns(&owned.owners))).collect();
    let fits = |(wanted, role): &(&RoleApprovals, &Role)| match is_given_as(approval, wanted) {
        true => is_in(case, identity, who, role, &lines),
        false => MemberAnswer::No,
    };
    let roles = roles.iter().map(fits).collect();
    Approver { counts, roles, lines }
}

/// A reviewer who names roles speaks in no other.
fn is_given_as(approval: &Approval, wanted: &RoleApprovals) -> bool {
    approval.roles.is_empty() || approval.roles.contains(wanted.role.get_ref())
}

fn is_in(
    case: &Case<'_>,
    identity: &Identity<'_>,
    who: Somebody<'_>,
    role: &Role,
    lines: &BTreeMap<OwnerLines, MemberAnswer>,
) -> MemberAnswer {
    let owners = lines.values().filter(|_| role.code_owners).cloned();
    MemberAnswer::any(std::iter::once(is_named(case, identity, who, role)).chain(owners))
}

/// Is this person in the role by account or by team?
pub(super) fn is_named(
    case: &Case<'_>,
    identity: &Identity<'_>,
    who: Somebody<'_>,
    role: &Role,
) -> MemberAnswer {
    let users = role.users.iter().map(|user| is_user(case, who, user));
    let teams = role.teams.iter().map(|team| is_member(case, identity, who, team));
    MemberAnswer::any(users.chain(teams))
}

fn is_user(case: &Case<'_>, who: Somebody<'_>, login: &Login) -> MemberAnswer {
    MemberAnswer::of(case.scope.people.by_login(login) == *who.who)
}

fn is_member(case: &Case<'_>, identity: &Identity<'_>, who: Somebody<'_>, team: &TeamName) -> MemberAnswer {
    match case.facts.host.members.get(team) {
        Some(Fact::Known(members)) => {
            MemberAnswer::of(members.iter().any(|member| who.has(identity, member)))
        }
        Some(Fact::Gap(gap)) => MemberAnswer::Unclear(gap.clone()),
        None => MemberAnswer::Unclear(Gap::not_asked(
            format!("the members of team {team}"),
            "Gather the facts again, with the members of every team that the policy and CODEOWNERS name.",
        )),
    }
}

fn is_owner(case: &Case<'_>, identity: &Identity<'_>, who: Somebody<'_>, owner: &Owner) -> MemberAnswer {
    match owner {
        Owner::User(login) => is_user(case, who, login),
        Owner::Team(team) | Owner::Role(team) => is_member(case, identity, who, team),
        Owner::UserOrTeam(name) => MemberAnswer::any([
            is_user(case, who, &Login::new(name.as_str())),
            is_member(case, identity, who, name),
        ]),
        Owner::Email(address) => match identity.of_address(address) {
            NamedByAddress::InMap(known) => MemberAnswer::of(known == *who.who),
            NamedByAddress::Number(number, _) if who.account == Some(&number) => MemberAnswer::Yes,
            NamedByAddress::Number(_, known) if known == *who.who => unclear_owner(
                address,
                "the host did not report the account with that number, and the login may belong to someone else today",
            ),
            NamedByAddress::Number(..) => MemberAnswer::No,
            NamedByAddress::Login(..) => unclear_owner(
                address,
                "it names a login without the number of an account, and the login may have belonged to someone else",
            ),
            NamedByAddress::Nobody => {
                unclear_owner(address, "the host does not say which account uses an address")
            }
        },
    }
}

fn unclear_owner(address: &str, detail: &str) -> MemberAnswer {
    MemberAnswer::Unclear(Gap::new(
        format!("whose address `{address}` in CODEOWNERS is"),
        GapReason::NotVisible,
        detail,
        "Add the address to `[[people]]` in the policy, or name the owner by login.",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::testing::{World, account, gap};

    /// A name that may be an account or a group, and a role in the repository: the host says who is
    /// in either. What it did not say is unclear, and never a yes.
    #[test]
    fn owners_of_other_hosts_are_who_the_host_says() {
        let name = |text: &str| TeamName::of_host(text);
        let answer = |owner: &Owner, members: Option<Fact<Vec<Account>>>| {
            let mut world = World::honest();
            let team = owner.team().cloned();
            members.zip(team).map(|(fact, team)| world.host().members.insert(team, fact));
            let case = world.case();
            let (who, kim) = (Who::Login(Login::new("kim")), account("kim"));
            let somebody = Somebody { who: &who, login: &kim.login, account: Some(&kim.id) };
            is_owner(&case, &Identity::of(&case), somebody, owner)
        };
        let of = |logins: &[&str]| Some(Fact::Known(logins.iter().map(|login| account(login)).collect()));
        for owner in [Owner::UserOrTeam(name("reviewers")), Owner::Role(name("@@maintainer"))] {
            assert_eq!(answer(&owner, of(&["sam", "kim"])), MemberAnswer::Yes, "{owner}");
            assert_eq!(answer(&owner, of(&["sam"])), MemberAnswer::No, "{owner}");
            assert_eq!(answer(&owner, of(&[])), MemberAnswer::No, "{owner}");
            let unseen = answer(&owner, Some(Fact::Gap(gap())));
            assert_eq!(unseen, MemberAnswer::Unclear(gap()), "{owner}");
            assert!(matches!(answer(&owner, None), MemberAnswer::Unclear(_)), "{owner}");
        }
        let herself = Owner::UserOrTeam(name("Kim"));
        assert_eq!(answer(&herself, of(&[])), MemberAnswer::Yes, "the account of that name");
        assert_eq!(answer(&herself, None), MemberAnswer::Yes);
        assert_eq!(Owner::Role(name("@@maintainer")).to_string(), "@@maintainer");
        assert_eq!(herself.to_string(), "@kim");
    }
}
