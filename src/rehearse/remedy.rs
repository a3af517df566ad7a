//! Which rules a host has to impose so that the controls of protection are met, and not one more:
//! found by asking the controls again with each of them left out.

use crate::suite::ASSUMED;
use portcullis_judge::control::Case;
use portcullis_judge::policy::Policy;
use portcullis_model::decision::{Finding, Verdict};
use portcullis_model::fact::Fact;
use portcullis_model::facts::Facts;
use portcullis_model::protection::{Requirement, Rule};

/// What has to be imposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulesToImpose {
    /// The rules, in the order in which the policy reader has them. None where all is met.
    pub rules: Vec<Rule>,
    /// What is not met now.
    pub findings: Vec<Finding>,
    /// What would not be met even if every rule were imposed.
    pub left: Vec<Finding>,
}

/// Finds them, for a branch whose protection was seen.
pub fn find_rules(policy: &Policy, facts: &Facts) -> RulesToImpose {
    let findings = unmet(policy, facts, &[]);
    let wanted: Vec<Rule> =
        policy.controls.values().flat_map(|control| control.wanted_rules()).cloned().collect();
    let left = unmet(policy, facts, &wanted);
    if findings.is_empty() || findings.len() == left.len() {
        return RulesToImpose { rules: Vec::new(), findings, left };
    }
    let mut rules = wanted;
    for rule in rules.clone() {
        let fewer: Vec<Rule> = rules.iter().filter(|other| **other != rule).cloned().collect();
        if unmet(policy, facts, &fewer).len() <= left.len() {
            rules = fewer;
        }
    }
    RulesToImpose { rules, findings, left }
}

/// What the controls that ask for rules find broken or unproven, if these were imposed, too.
fn unmet(policy: &Policy, facts: &Facts, imposed: &[Rule]) -> Vec<Finding> {
    let mut facts = facts.clone();
    impose(&mut facts, imposed);
    let touched = Fact::Known(Vec::new());
    let case = Case { facts: &facts, deployment: None, scope: &policy.scope, touched: &touched };
    let protecting = policy.controls.iter().filter(|(_, control)| !control.wanted_rules().is_empty());
    let found = protecting.flat_map(|(name, control)| {
        let kind = portcullis_model::decision::SubjectKind::Branch;
        control
            .check(&case)
            .unwrap_or_else(|gap| vec![portcullis_judge::control::unproven(name, kind, "branch", &gap)])
    });
    found.filter(|found| matches!(found.verdict, Verdict::Broken | Verdict::Unproven)).collect()
}

fn impose(facts: &mut Facts, rules: &[Rule]) {
    let Fact::Known(protection) = &mut facts.host.protection else { return };
    if let (Fact::Known(branch), false) = (&mut facts.host.branch, rules.is_empty()) {
        branch.protected = true;
    }
    let requirement = |rule: &Rule| Requirement {
        rule: rule.clone(),
        source: ASSUMED.to_string(),
        bypass: Fact::Known(Vec::new()),
    };
    protection.requirements.extend(rules.iter().map(requirement));
}
