//! What protects a server: its hooks and settings, as requirements of a branch.
//!
//! The hook judges by the policy at the base, so it imposes whatever that demands. No hook stops
//! whoever may change the repository on the server itself (a shell, a push over a local path): that
//! they exist is known, and who they are is not.

use portcullis_model::change::BranchName;
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::protection::{ActorKind, Bypass, BypassMode, Protection, Requirement, Rule};

/// What has to hold for the hook to judge: its names in [`ServerGuard::checks`].
pub const HOOK_CHECKS: [&str; 3] = ["hooks-path", "pre-receive", "pre-receive-digest"];

/// git's own settings that refuse pushes to branches, and what each imposes (git-config(1)).
const SETTINGS: [(&str, Rule); 2] =
    [("receive.denyDeletes", Rule::NoDeletion), ("receive.denyNonFastForwards", Rule::NoForcePush)];

/// What is found of a setting that is `false` in the repository.
pub const SWITCHED_OFF: &str = "it is off";

/// How the names of checks of gitolite's own rules begin; what may be done and the ref follow.
pub const GITOLITE_PREFIX: &str = "gitolite: ";

/// What gitolite's rules let people do with a ref.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GitoliteRight {
    /// Move it forward.
    Write,
    /// Move it elsewhere, with force.
    Rewind,
    /// Delete it.
    Delete,
}

impl GitoliteRight {
    /// The word for it in names of checks.
    pub fn word(self) -> &'static str {
        match self {
            GitoliteRight::Write => "write",
            GitoliteRight::Rewind => "rewind",
            GitoliteRight::Delete => "delete",
        }
    }
}

/// The rules of gitolite that protect a branch where no one has the right.
const GITOLITE_RULES: [(GitoliteRight, Rule); 2] =
    [(GitoliteRight::Rewind, Rule::NoForcePush), (GitoliteRight::Delete, Rule::NoDeletion)];

/// The state of the hooks and settings of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerGuard {
    /// How it was seen, for people: `the server's hook`, `refs/portcullis/server of 2026-…`.
    pub source: String,
    /// What was looked at.
    pub checks: Vec<GuardCheck>,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuardCheck {
    /// Its name.
    pub name: String,
    /// Does it hold? `None` where it could not be seen.
    pub holds: Option<bool>,
    /// What was found, in one sentence.
    pub found: String,
}

impl ServerGuard {
    /// What protects a deployment branch, of which the hook demands so many approvals.
    pub fn protection(&self, branch: &BranchName, approvals: &Fact<u64>) -> Protection {
        let of_other = |check: &GuardCheck| {
            check.name.starts_with(GITOLITE_PREFIX) && !check.name.ends_with(&format!(" refs/heads/{branch}"))
        };
        let unseen = self.checks.iter().filter(|check| check.holds.is_none() && !of_other(check));
        let uncounted = approvals.known().err();
        let unseen = unseen.map(|check| self.unseen(check)).chain(uncounted).collect();
        let mut requirements = self.requirements(approvals.value().copied().unwrap_or_default());
        requirements.extend(self.requirements_of_gitolite(branch));
        Protection { requirements, unseen }
    }

    /// What gitolite's rules allow to no one. People who can change its rules bypass it, and so do
    /// people with a shell on the server.
    fn requirements_of_gitolite(&self, branch: &BranchName) -> Vec<Requirement> {
        let is_denied = |right: GitoliteRight| {
            self.holds(&format!("{GITOLITE_PREFIX}{} refs/heads/{branch}", right.word()))
        };
        let denied = GITOLITE_RULES.iter().filter(|(right, _)| is_denied(*right));
        let administrators =
            Bypass { kind: ActorKind::Administrators, id: None, name: None, mode: BypassMode::Exempt };
        let locked = denied.map(|(_, rule)| {
            let mut lock = impose_rule(rule.clone(), format!("gitolite's rules ({})", self.source));
            if let Fact::Known(actors) = &mut lock.bypass {
                actors.push(administrators.clone());
            }
            lock
        });
        locked.collect()
    }

    /// May the server do without it? Where the hook judges every push, it protects deployment
    /// branches by itself, and git's settings and gitolite's rules are further locks. A setting
    /// that is gone is not one that was switched off.
    pub fn does_without(&self, check: &GuardCheck) -> bool {
        let is_off = SETTINGS.iter().any(|(name, _)| *name == check.name) && check.found == SWITCHED_OFF;
        (is_off || check.name.starts_with(GITOLITE_PREFIX)) && self.judges()
    }

    fn check(&self, name: &str) -> Option<&GuardCheck> {
        self.checks.iter().find(|check| check.name == name)
    }

    fn holds(&self, name: &str) -> bool {
        self.check(name).is_some_and(|check| check.holds == Some(true))
    }

    /// Does the hook judge every push?
    pub fn judges(&self) -> bool {
        HOOK_CHECKS.iter().all(|name| self.holds(name))
    }

    /// Everything that is imposed; so many approvals by the hook, if any.
    fn requirements(&self, approvals: u64) -> Vec<Requirement> {
        let counted = (approvals > 0).then_some(Rule::Approvals(approvals));
        let of_hook = [Rule::ChangeRequest, Rule::DismissStale, Rule::NoForcePush, Rule::NoDeletion];
        let of_hook = of_hook.into_iter().chain(counted).filter(|_| self.judges());
        let of_hook = of_hook.map(|rule| (rule, format!("the pre-receive hook ({})", self.source)));
        let settings = SETTINGS.iter().filter(|(name, _)| self.holds(name));
        let settings = settings.map(|(name, rule)| (rule.clone(), format!("{name} ({})", self.source)));
        of_hook.chain(settings).map(|(rule, source)| impose_rule(rule, source)).collect()
    }

    fn unseen(&self, check: &GuardCheck) -> Gap {
        let remedy = "Run `portcullis hook check` on the server, as the owner of the repository.";
        Gap::new(format!("{} on the server", check.name), GapReason::NotVisible, check.found.clone(), remedy)
    }
}

fn impose_rule(rule: Rule, source: String) -> Requirement {
    let owner = Bypass { kind: ActorKind::ServerAccess, id: None, name: None, mode: BypassMode::Exempt };
    Requirement { rule, source, bypass: Fact::Known(vec![owner]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(holding: &[&str]) -> ServerGuard {
        let all = HOOK_CHECKS.into_iter().chain(SETTINGS.map(|(name, _)| name));
        let check = |name: &str| GuardCheck {
            name: name.to_string(),
            holds: Some(holding.contains(&name)),
            found: String::new(),
        };
        ServerGuard { source: "a test".to_string(), checks: all.map(check).collect() }
    }

    fn main() -> BranchName {
        BranchName::new("main")
    }

    fn rules(guard: &ServerGuard) -> Vec<Rule> {
        let mut rules: Vec<Rule> = guard
            .protection(&main(), &Fact::Known(2))
            .requirements
            .into_iter()
            .map(|requirement| requirement.rule)
            .collect();
        rules.sort();
        rules.dedup();
        rules
    }

    #[test]
    fn a_hook_imposes_only_what_each_of_its_parts_lets_it() {
        assert!(rules(&guard(&HOOK_CHECKS)).contains(&Rule::Approvals(2)), "the twin");
        for missing in HOOK_CHECKS {
            let rest: Vec<&str> = HOOK_CHECKS.into_iter().filter(|name| *name != missing).collect();
            assert_eq!(rules(&guard(&rest)), [], "{missing}");
        }
        assert_eq!(rules(&guard(&["receive.denyDeletes"])), [Rule::NoDeletion]);
        assert_eq!(rules(&guard(&["receive.denyNonFastForwards"])), [Rule::NoForcePush]);
    }

    #[test]
    fn what_was_not_seen_is_a_gap_and_imposes_nothing() {
        let mut guard = guard(&HOOK_CHECKS);
        guard.checks[1].holds = None;
        assert_eq!(rules(&guard), []);
        assert_eq!(guard.protection(&main(), &Fact::Known(2)).unseen.len(), 1);
    }

    #[test]
    fn someone_with_access_to_the_server_always_gets_round_it() {
        for requirement in guard(&HOOK_CHECKS).protection(&main(), &Fact::Known(2)).requirements {
            let actors = requirement.bypass.known().unwrap().clone();
            assert_eq!(actors.iter().map(|actor| actor.kind).collect::<Vec<_>>(), [ActorKind::ServerAccess]);
        }
    }

    fn with_gitolite(holding: &[&str], gitolite: &[(&str, Option<bool>)]) -> ServerGuard {
        let mut guard = guard(holding);
        guard.checks.extend(gitolite.iter().map(|(name, holds)| GuardCheck {
            name: format!("{GITOLITE_PREFIX}{name}"),
            holds: *holds,
            found: String::new(),
        }));
        guard
    }

    #[test]
    fn rules_of_gitolite_protect_the_branch_that_they_are_of() {
        let both = [("rewind refs/heads/main", Some(true)), ("delete refs/heads/main", Some(true))];
        assert_eq!(rules(&with_gitolite(&[], &both)), [Rule::NoForcePush, Rule::NoDeletion]);
        for name in ["rewind refs/heads/other", "rewind refs/heads/domain", "write refs/heads/main"] {
            assert_eq!(rules(&with_gitolite(&[], &[(name, Some(true))])), [], "{name}");
        }
        assert_eq!(rules(&with_gitolite(&[], &[("rewind refs/heads/main", Some(false))])), []);
        let silent = with_gitolite(&[], &[("rewind refs/heads/main", None), ("rewind refs/heads/x", None)]);
        let seen = silent.protection(&main(), &Fact::Known(2));
        assert_eq!((seen.requirements.len(), seen.unseen.len()), (0, 1), "a gap of this branch");
    }

    #[test]
    fn people_who_change_the_rules_of_gitolite_get_round_them() {
        let seen = with_gitolite(&HOOK_CHECKS, &[("delete refs/heads/main", Some(true))])
            .protection(&main(), &Fact::Known(2));
        let of_gitolite = seen.requirements.iter().find(|one| one.source.starts_with("gitolite")).unwrap();
        let kinds: Vec<ActorKind> =
            of_gitolite.bypass.known().unwrap().iter().map(|actor| actor.kind).collect();
        assert_eq!(kinds, [ActorKind::ServerAccess, ActorKind::Administrators]);
    }

    #[test]
    fn a_server_does_without_further_locks_only_where_the_hook_judges() {
        let open = |guard: &ServerGuard, name: &str, found: &str| {
            let check = guard.checks.iter().find(|check| check.name == name).unwrap();
            guard.does_without(&GuardCheck { found: found.to_string(), ..check.clone() })
        };
        assert!(open(&guard(&HOOK_CHECKS), "receive.denyDeletes", SWITCHED_OFF));
        assert!(!open(&guard(&HOOK_CHECKS), "receive.denyDeletes", "it is not set in the repository"));
        assert!(!open(&guard(&HOOK_CHECKS[..2]), "receive.denyDeletes", SWITCHED_OFF));
        assert!(!open(&guard(&HOOK_CHECKS), "pre-receive", SWITCHED_OFF));
    }
}
