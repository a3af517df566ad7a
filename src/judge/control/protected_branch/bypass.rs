//! Who bypasses a rule.
//!
//! Several sources can impose one rule, and all hold at once: an actor bypasses the rule only by
//! bypassing each of them (GitHub docs, "About rulesets", on layering). So every source is a
//! lock, and the question is whether one person or machine may pass all the locks of a rule. Lists
//! name groups as well as single actors, so the answer has three values: surely not, surely, and
//! perhaps (a team and a user: is the user in the team?).

use super::rules::fulfils;
use super::settings::{AllowedActor, has_number};
use portcullis_model::fact::{Fact, Gap};
use portcullis_model::host::AccountConventions;
use portcullis_model::id::ActorId;
use portcullis_model::protection::{ActorKind, Bypass, BypassMode, Protection, Requirement, Rule};

/// The role of a repository that stands for its administrators, by the conventions of the host.
#[derive(Clone, Copy, Debug)]
pub struct RoleConvention<'c> {
    administrators: Option<&'c str>,
}

impl<'c> RoleConvention<'c> {
    /// That of a host.
    pub fn of(accounts: &'c AccountConventions) -> Self {
        RoleConvention { administrators: accounts.administrator_role.as_deref() }
    }
}

/// What is known of bypassing one rule.
#[derive(Debug, Default)]
pub struct Ways<'a> {
    /// AllowedActors that may, or perhaps may.
    pub ways: Vec<Way<'a>>,
    /// Lists or whole sources that could let anyone round and were not seen.
    pub hidden: Vec<&'a Gap>,
}

/// An actor, and how it passes the locks.
#[derive(Debug)]
pub struct Way<'a> {
    /// The actor.
    pub actor: &'a Bypass,
    /// Does it pass all locks for certain?
    pub certain: bool,
    /// What was not seen and could show that it does not pass; without one, it is a question of who
    /// is in which group.
    pub doubts: Vec<&'a Gap>,
    /// The sources whose lists hold this very actor, each with the mode there.
    pub sources: Vec<(&'a str, BypassMode)>,
}

/// One source that imposes the rule, and the actors that the policy would not let round it there.
struct Lock<'a> {
    source: &'a str,
    actors: Vec<&'a Bypass>,
}

/// Finds the ways round a wanted rule. A rule that nothing imposes has none: that is a finding of
/// its own.
pub fn ways_around<'a>(
    wanted: &Rule,
    protection: &'a Protection,
    allowed: &[AllowedActor],
    roles: RoleConvention<'_>,
) -> Ways<'a> {
    let imposing: Vec<&Requirement> =
        protection.requirements.iter().filter(|seen| fulfils(&seen.rule, wanted)).collect();
    let hidden: Vec<&Gap> = imposing.iter().filter_map(|seen| gap_of(&seen.bypass)).collect();
    let locks: Vec<Lock<'a>> =
        imposing.iter().filter_map(|seen| lock_of(seen, wanted, allowed, roles)).collect();
    if imposing.is_empty() {
        return Ways { ways: Vec::new(), hidden: protection.unseen.iter().collect() };
    }
    if locks.is_empty() {
        return Ways { ways: Vec::new(), hidden };
    }
    let doubts = hidden.into_iter().chain(&protection.unseen).collect();
    Ways { ways: ways_through(&locks, &doubts, roles), hidden: Vec::new() }
}

fn gap_of<T>(fact: &Fact<T>) -> Option<&Gap> {
    match fact {
        Fact::Known(_) => None,
        Fact::Gap(gap) => Some(gap),
    }
}

fn lock_of<'a>(
    seen: &'a Requirement,
    wanted: &Rule,
    allowed: &[AllowedActor],
    roles: RoleConvention<'_>,
) -> Option<Lock<'a>> {
    let actors = seen.bypass.value()?.iter();
    let offending = actors.filter(|actor| {
        is_usable(actor.mode, wanted) && !allowed.iter().any(|entry| roles.permits(entry, actor))
    });
    Some(Lock { source: &seen.source, actors: offending.collect() })
}

/// The actors that may pass all locks. If one lock has none, no one does: an actor that passes,
/// passes that lock as one of them.
fn ways_through<'a>(locks: &[Lock<'a>], doubts: &Vec<&'a Gap>, roles: RoleConvention<'_>) -> Vec<Way<'a>> {
    let mut ways: Vec<Way<'a>> = Vec::new();
    for lock in locks {
        let passing: Vec<_> = lock.actors.iter().filter(|actor| passes_all(actor, locks)).collect();
        if passing.is_empty() {
            return Vec::new();
        }
        for actor in passing {
            if !ways.iter().any(|way| roles.is_listed_as(way.actor, actor)) {
                ways.push(way_of(actor, locks, doubts, roles));
            }
        }
    }
    ways
}

/// Could it be that someone who is this actor is in the list of every lock?
fn passes_all(actor: &Bypass, locks: &[Lock<'_>]) -> bool {
    locks.iter().all(|lock| lock.actors.iter().any(|other| may_overlap(actor, other)))
}

fn way_of<'a>(
    actor: &'a Bypass,
    locks: &[Lock<'a>],
    doubts: &[&'a Gap],
    roles: RoleConvention<'_>,
) -> Way<'a> {
    let listed = |lock: &Lock<'a>| {
        let entry = lock.actors.iter().find(|other| roles.is_listed_as(actor, other));
        entry.map(|entry| (lock.source, entry.mode))
    };
    let sources: Vec<_> = locks.iter().filter_map(listed).collect();
    let certain = doubts.is_empty() && sources.len() == locks.len();
    Way { actor, certain, doubts: doubts.to_vec(), sources }
}

/// A bypass that works only on change requests opens no way round the need for one, nor to force
/// pushes and deletions (GitHub REST, `bypass_mode`: "`pull_request` means that an actor can only
/// bypass rules on pull requests").
fn is_usable(mode: BypassMode, rule: &Rule) -> bool {
    mode != BypassMode::ChangeRequest
        || !matches!(rule, Rule::ChangeRequest | Rule::NoForcePush | Rule::NoDeletion)
}

impl RoleConvention<'_> {
    /// Is this the actor that an entry of the policy means?
    pub fn permits(self, entry: &AllowedActor, actor: &Bypass) -> bool {
        let kind = self.kind_of(entry.kind, entry.id.as_ref());
        kind == self.kind_of(actor.kind, actor.id.as_ref()) && (!has_number(kind) || entry.id == actor.id)
    }

    /// The kind, with the two names of a repository's administrators made one.
    fn kind_of(self, kind: ActorKind, id: Option<&ActorId>) -> ActorKind {
        let is_administrators = id.is_some() && id.map(ActorId::as_str) == self.administrators;
        match kind {
            ActorKind::RepositoryRole if is_administrators => ActorKind::Administrators,
            _ => kind,
        }
    }

    /// Is this an actor that represents administrators of the repository, the organisation, the
    /// enterprise or the server?
    pub fn is_administrative(self, actor: &Bypass) -> bool {
        matches!(
            self.kind_of(actor.kind, actor.id.as_ref()),
            ActorKind::Administrators
                | ActorKind::OrganizationAdmin
                | ActorKind::Enterprise
                | ActorKind::ServerAccess
        )
    }

    /// Are these certainly the same actor?
    fn is_same(self, one: &Bypass, other: &Bypass) -> bool {
        let kind = self.kind_of(one.kind, one.id.as_ref());
        kind == self.kind_of(other.kind, other.id.as_ref())
            && kind != ActorKind::Other
            && (!has_number(kind) || same_identity(one, other) == Some(true))
    }

    /// Does an entry name this actor, or is it this very entry (which of an unknown kind may
    /// represent several actors)?
    fn is_listed_as(self, actor: &Bypass, entry: &Bypass) -> bool {
        std::ptr::eq(actor, entry) || self.is_same(actor, entry)
    }
}

/// Could one person or machine be both? Only what is surely disjoint is not: different users,
/// different apps, apps and users, apps and teams (teams consist of people), and deploy keys, which
/// are none of all these. Writers and people with access to the server may hold any key.
fn may_overlap(one: &Bypass, other: &Bypass) -> bool {
    use ActorKind::{App, DeployKey, Other, ServerAccess, Team, User, Writers};
    match (one.kind, other.kind) {
        (Writers | ServerAccess, _) | (_, Writers | ServerAccess) => true,
        (User, User) | (App, App) => same_identity(one, other) != Some(false),
        (App, User | Team) | (User | Team, App) => false,
        (DeployKey, DeployKey | Other) | (Other, DeployKey) => true,
        (DeployKey, _) | (_, DeployKey) => false,
        _ => true,
    }
}

/// Do two actors of one kind have the same number, or without numbers the same name? `None`: that
/// does not say it. Different names never tell two actors apart: the host writes some actors now by
/// one name and now by another.
fn same_identity(one: &Bypass, other: &Bypass) -> Option<bool> {
    match (&one.id, &other.id) {
        (Some(one), Some(other)) => Some(one == other),
        _ => (one.name.is_some() && one.name == other.name).then_some(true),
    }
}

/// The actor for people, with its number and name where there are any.
pub fn describe_actor(actor: &Bypass) -> String {
    let number = actor.id.as_ref().map_or_else(String::new, |id| format!(" {id}"));
    let name = actor.name.as_ref().map_or_else(String::new, |name| format!(" ({name})"));
    let kind = match actor.kind {
        ActorKind::Administrators => return format!("the administrators of the repository{name}"),
        ActorKind::RepositoryRole => return format!("the repository role{number}{}", role_name(actor)),
        ActorKind::OrganizationAdmin => return format!("the owners of the organisation{name}"),
        ActorKind::DeployKey => return format!("every deploy key{name}"),
        ActorKind::Writers => return format!("every account that may write{name}"),
        ActorKind::ServerAccess => return format!("everyone with access to the server{name}"),
        ActorKind::Enterprise => "the owners of the enterprise, or a role there,",
        ActorKind::Team => "team",
        ActorKind::User => "user",
        ActorKind::App => "app",
        ActorKind::Other => "an actor of an unknown kind,",
    };
    format!("{kind}{number}{name}").trim_end_matches(',').to_string()
}

/// An actor that the policy allows to bypass, for people.
pub fn describe_allowed(actor: &AllowedActor) -> String {
    let mode = BypassMode::Always;
    describe_actor(&Bypass { kind: actor.kind, id: actor.id.clone(), name: None, mode })
}

/// The role's name: the host's, or that of the roles every repository has on GitHub, which gives
/// numbers alone. (GitHub publishes no table; the Terraform provider's page on
/// `github_repository_ruleset` says: maintain 2, write 4, admin 5.)
fn role_name(actor: &Bypass) -> String {
    let known = match actor.id.as_ref().map(ActorId::as_str) {
        Some("2") => Some("maintain"),
        Some("4") => Some("write"),
        Some("5") => Some("admin"),
        _ => None,
    };
    actor.name.as_deref().or(known).map_or_else(String::new, |name| format!(" ({name})"))
}

/// When an actor may, for people.
pub fn describe_mode(mode: BypassMode) -> &'static str {
    match mode {
        BypassMode::Always => "always, including direct pushes",
        BypassMode::ChangeRequest => "when merging a change request",
        BypassMode::Exempt => "always, without an entry in the host's log",
    }
}
