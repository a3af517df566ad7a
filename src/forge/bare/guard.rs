//! What protects a server: its hooks and settings, as requirements of a branch.
//!
//! The hook judges by the policy at the base, so it imposes whatever that demands. No hook stops
//! whoever may change the repository on the server itself (a shell, a push over a local path): that
//! they exist is known, and who they are is not.

use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::protection::{ActorKind, Bypass, BypassMode, Protection, Requirement, Rule};

/// What has to hold for the hook to judge: its names in [`ServerGuard::checks`].
pub const HOOK_CHECKS: [&str; 3] = ["hooks-path", "pre-receive", "pre-receive-digest"];

/// git's own settings that refuse pushes to branches, and what each imposes (git-config(1)).
const SETTINGS: [(&str, Rule); 2] =
    [("receive.denyDeletes", Rule::NoDeletion), ("receive.denyNonFastForwards", Rule::NoForcePush)];

/// The state of the hooks and settings of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerGuard {
    /// How it was seen, for people: `the server's hook`, `refs/portcullis/server of 2026-…`.
    pub source: String,
    /// How many approvals the policy demands of every change; 0 for none.
    pub approvals: u64,
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
    /// What protects every deployment branch.
    pub fn protection(&self) -> Protection {
        let unseen = self.checks.iter().filter(|check| check.holds.is_none()).map(|check| self.unseen(check));
        Protection { requirements: self.requirements(self.approvals), unseen: unseen.collect() }
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
    pub(super) fn requirements(&self, approvals: u64) -> Vec<Requirement> {
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
        ServerGuard { source: "a test".to_string(), approvals: 2, checks: all.map(check).collect() }
    }

    fn rules(guard: &ServerGuard) -> Vec<Rule> {
        let mut rules: Vec<Rule> =
            guard.protection().requirements.into_iter().map(|requirement| requirement.rule).collect();
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
        assert_eq!(guard.protection().unseen.len(), 1);
    }

    #[test]
    fn someone_with_access_to_the_server_always_gets_round_it() {
        for requirement in guard(&HOOK_CHECKS).protection().requirements {
            let actors = requirement.bypass.known().unwrap().clone();
            assert_eq!(actors.iter().map(|actor| actor.kind).collect::<Vec<_>>(), [ActorKind::ServerAccess]);
        }
    }
}
