//! Which actions lead to *allowed*? Nothing is guessed: the judge is asked with sets of actions
//! applied, the smallest first, a bounded number of times.

use crate::action::{AssumedAction, known_accounts};
use crate::simulation::{decide_after, stopping};
use portcullis_judge::control::protected_branch::is_imposed;
use portcullis_judge::decide::decide_facts;
use portcullis_judge::policy::Policy;
use portcullis_model::decision::{Decision, Finding, Outcome, SubjectKind};
use portcullis_model::fact::Fact;
use portcullis_model::gathered::GatheredFacts;
use portcullis_model::person::{AccountKind, Login};
use portcullis_model::protection::Rule;
use std::collections::BTreeSet;

/// So many people are tried at most.
const PEOPLE: usize = 10;

/// So many sets are told.
pub const SETS: usize = 5;

/// The judge is asked at most so often.
const ASKED: u64 = 3000;

/// What was found.
#[derive(Clone, Debug)]
pub enum Help {
    /// It is allowed as it is.
    Needless,
    /// These sets suffice, and no part of one does: the smallest that there are, at most [`SETS`].
    Sets {
        /// The sets.
        sets: Vec<Vec<AssumedAction>>,
        /// How many of that size there are more.
        more: u64,
    },
    /// All actions together do not suffice. What is left then.
    None(Vec<Finding>),
    /// They do together, and the judge was asked as often as it may be before a smallest set was
    /// found.
    Unknown(Vec<AssumedAction>),
}

/// Looks for the smallest sets of actions after which the facts are allowed.
pub fn find_help(policy: &Policy, facts: &GatheredFacts) -> Help {
    let decision = decide_facts(policy, facts);
    if decision.outcome == Outcome::Allow {
        return Help::Needless;
    }
    let actions = list_actions(policy, facts, &decision);
    let search = HelpSearch { policy, facts };
    let all = decide_after(policy, facts, &actions);
    if all.outcome != Outcome::Allow {
        return Help::None(stopping(&all).cloned().collect());
    }
    let (needed, others): (Vec<_>, Vec<_>) =
        actions.iter().cloned().partition(|action| !search.suffices_without(&actions, action));
    search.smallest(needed, &others)
}

struct HelpSearch<'a> {
    policy: &'a Policy,
    facts: &'a GatheredFacts,
}

impl HelpSearch<'_> {
    fn suffices(&self, actions: &[AssumedAction]) -> bool {
        decide_after(self.policy, self.facts, actions).outcome == Outcome::Allow
    }

    fn suffices_without(&self, actions: &[AssumedAction], one: &AssumedAction) -> bool {
        let rest: Vec<AssumedAction> = actions.iter().filter(|action| *action != one).cloned().collect();
        self.suffices(&rest)
    }

    /// The smallest sets: what is needed in any case, with as few of the others as suffice.
    fn smallest(&self, needed: Vec<AssumedAction>, others: &[AssumedAction]) -> Help {
        let mut asked = 0;
        for size in 0..=others.len() {
            let (mut sets, mut more) = (Vec::new(), 0);
            for chosen in Combinations::of(others.len(), size) {
                asked += 1;
                if asked > ASKED {
                    return Help::Unknown([needed, others.to_vec()].concat());
                }
                let picked = chosen.iter().filter_map(|place| others.get(*place)).cloned();
                let set: Vec<AssumedAction> = needed.iter().cloned().chain(picked).collect();
                match self.suffices(&set) {
                    true if sets.len() < SETS => sets.push(set),
                    true => more += 1,
                    false => {}
                }
            }
            if !sets.is_empty() {
                return Help::Sets { sets, more };
            }
        }
        Help::Unknown([needed, others.to_vec()].concat())
    }
}

/// Every choice of so many places, in their order.
struct Combinations {
    places: usize,
    next: Option<Vec<usize>>,
}

impl Combinations {
    fn of(places: usize, size: usize) -> Self {
        Combinations { places, next: (size <= places).then(|| (0..size).collect()) }
    }
}

impl Iterator for Combinations {
    type Item = Vec<usize>;

    fn next(&mut self) -> Option<Vec<usize>> {
        let now = self.next.take()?;
        let mut after = now.clone();
        let size = after.len();
        let moved = (0..size).rev().find(|at| now[*at] + size - at < self.places);
        if let Some(at) = moved {
            let from = now[at] + 1;
            after.iter_mut().skip(at).enumerate().for_each(|(step, place)| *place = from + step);
            self.next = Some(after);
        }
        Some(now)
    }
}

/// What could be done about the findings, in a fixed order.
fn list_actions(policy: &Policy, facts: &GatheredFacts, decision: &Decision) -> Vec<AssumedAction> {
    let mut actions = protecting_actions(policy, facts, decision);
    let names = |kind: SubjectKind| -> BTreeSet<&str> {
        let of_kind = stopping(decision).filter(move |found| found.subject.kind == kind);
        of_kind.map(|found| found.subject.name.as_str()).collect()
    };
    let suites = names(SubjectKind::Suite);
    let needs = policy.controls.values().flat_map(|control| control.suite_needs());
    let needs = needs.filter(|need| suites.iter().any(|name| name.contains(need.name)));
    actions.extend(needs.map(|need| AssumedAction::PassSuite(need.name.to_string())));
    let checks = policy.controls.values().flat_map(|control| control.wanted_checks());
    let checks: BTreeSet<String> = checks.map(|check| check.name.clone()).collect();
    actions.extend(checks.into_iter().map(AssumedAction::PassCheck));
    actions.extend(list_approvers(policy, facts).into_iter().map(AssumedAction::Approve));
    let colleagues = policy.approvals().clamp(1, 3);
    actions.extend((1..=colleagues).map(AssumedAction::ApproveByColleague));
    actions
}

fn protecting_actions(policy: &Policy, facts: &GatheredFacts, decision: &Decision) -> Vec<AssumedAction> {
    let protecting = policy.controls.iter().filter(|(_, control)| !control.wanted_rules().is_empty());
    let stops = |name: &str| stopping(decision).any(|found| found.control == name);
    let broken: Vec<_> = protecting.filter(|(name, _)| stops(name)).collect();
    let Fact::Known(protection) = &facts.whole().host.protection else { return Vec::new() };
    let imposed: Vec<Rule> = protection.requirements.iter().map(|one| one.rule.clone()).collect();
    let wanted = broken.iter().flat_map(|(_, control)| control.wanted_rules());
    let missing = wanted.filter(|rule| !is_imposed(&imposed, rule)).cloned();
    let mut actions: Vec<AssumedAction> = missing.map(AssumedAction::Protect).collect();
    let bypassed =
        protection.requirements.iter().any(|one| one.bypass.value().is_some_and(|all| !all.is_empty()));
    actions.extend((bypassed && !broken.is_empty()).then_some(AssumedAction::EmptyBypass));
    actions
}

/// People who may approve: those whom the roles of the policy name, the members of their teams, and
/// those who took part in the review.
fn list_approvers(policy: &Policy, facts: &GatheredFacts) -> Vec<Login> {
    let mut logins: Vec<Login> = policy.scope.roles.values().flat_map(|role| role.users.clone()).collect();
    for facts in facts.all_facts() {
        let people = known_accounts(&facts.host).into_iter().filter(|one| one.kind == AccountKind::Human);
        logins.extend(people.map(|account| account.login.clone()));
    }
    logins.sort();
    logins.dedup();
    logins.truncate(PEOPLE);
    logins
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn combinations_are_each_choice_once() {
        let all: Vec<Vec<usize>> = Combinations::of(4, 2).collect();
        assert_eq!(all, [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]]);
        assert_eq!(Combinations::of(3, 0).count(), 1);
        assert_eq!(Combinations::of(3, 3).count(), 1);
        assert_eq!(Combinations::of(2, 3).count(), 0);
        assert_eq!(Combinations::of(10, 4).count(), 210);
    }
}
