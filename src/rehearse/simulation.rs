//! What if? Facts with actions applied, judged by the judge itself. The result is a simulation, and
//! no form of a decision is made of it.

use crate::action::AssumedAction;
use portcullis_judge::decide::decide_facts;
use portcullis_judge::policy::Policy;
use portcullis_model::decision::{Decision, Finding, Verdict};
use portcullis_model::gathered::GatheredFacts;

/// What the judge says before and after.
#[derive(Clone, Debug)]
pub struct Simulated {
    /// Of the facts as they are.
    pub before: Decision,
    /// Of the facts as they would be.
    pub after: Decision,
}

impl Simulated {
    /// Judges facts as they are and as they would be after the actions.
    pub fn of(policy: &Policy, facts: &GatheredFacts, actions: &[AssumedAction]) -> Self {
        Simulated { before: decide_facts(policy, facts), after: decide_after(policy, facts, actions) }
    }

    /// What stopped it before and does not any more.
    pub fn resolved(&self) -> Vec<&Finding> {
        only_in(&self.before, &self.after)
    }

    /// What stops it after and did not before.
    pub fn appeared(&self) -> Vec<&Finding> {
        only_in(&self.after, &self.before)
    }

    /// What still stops it.
    pub fn left(&self) -> Vec<&Finding> {
        stopping(&self.after).collect()
    }
}

/// The decision that would be taken of the facts after the actions.
pub fn decide_after(policy: &Policy, facts: &GatheredFacts, actions: &[AssumedAction]) -> Decision {
    let mut facts = facts.clone();
    actions.iter().for_each(|action| action.apply(policy, &mut facts));
    decide_facts(policy, &facts)
}

/// The findings that keep a decision from being *allowed*.
pub fn stopping(decision: &Decision) -> impl Iterator<Item = &Finding> {
    decision.findings.iter().filter(|found| matches!(found.verdict, Verdict::Broken | Verdict::Unproven))
}

fn only_in<'d>(of: &'d Decision, other: &Decision) -> Vec<&'d Finding> {
    let has = |found: &&Finding| {
        stopping(other).any(|one| one.control == found.control && one.subject == found.subject)
    };
    stopping(of).filter(|found| !has(found)).collect()
}
