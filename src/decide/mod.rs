//! Policy and facts to a decision: the file that an auditor reads first.
//!
//! 1. Which branch is judged? Only a deployment branch is. Any other gets no answer, so that no verdict on a side
//!    branch can be carried to a deployment branch.
//! 2. Every control of the policy is asked. A control that lacks a fact leaves an *unproven* finding.
//! 3. When the change itself alters the policy, the altered policy is asked too, and whatever it finds
//!    beyond the first counts as well: the stricter of old and new.
//! 4. The outcome is the maximum over all findings.

use crate::control::{Case, unproven};
use crate::model::decision::{
    Decision, Finding, Judged, Outcome, PolicyOrigin, PolicyReference, SCHEMA, SubjectKind, TouchedArea,
};
use crate::model::fact::{Fact, Gap};
use crate::model::facts::Facts;
use crate::policy::Policy;

mod gate;

/// The name under which the gate itself speaks, of its policy and its base.
const GATE: &str = "gate-integrity";

/// Judges the facts by the policy.
pub fn decide(policy: &Policy, facts: &Facts) -> Decision {
    let (mut areas, mut findings) = judge(policy, facts);
    findings.extend(gate::not_asked(policy, facts));
    findings.extend(gate::unseen(facts));
    findings.extend(gate::base_moved(facts));
    findings.extend(gate::empty(facts));
    findings.extend(gate::unrelated(facts));
    if let Some(text) = altered(policy, facts) {
        match Policy::parse(text) {
            Ok(altered) => stricter(&mut areas, &mut findings, judge(&altered, facts)),
            Err(problems) => findings.push(gate::invalid_after(problems.len())),
        }
    }
    let origin = if before(facts) == Some(&policy.text) { PolicyOrigin::Base } else { PolicyOrigin::Given };
    let reference =
        PolicyReference { project: policy.project.clone(), digest: policy.digest.clone(), origin };
    sealed(judged(facts), Some(reference), areas, findings)
}

/// The decision when not even the policy could be seen.
pub fn undetermined(judged: Judged, gap: &Gap) -> Decision {
    let subject = judged.head.as_ref().map_or_else(|| "unknown".to_string(), |head| head.short().to_string());
    sealed(judged, None, Vec::new(), vec![unproven(GATE, SubjectKind::Change, subject, gap)])
}

fn sealed(
    judged: Judged,
    policy: Option<PolicyReference>,
    areas: Vec<TouchedArea>,
    mut findings: Vec<Finding>,
) -> Decision {
    findings.sort();
    findings.dedup();
    Decision { schema: SCHEMA, outcome: Outcome::of(&findings), judged, policy, areas, findings }
}

fn judge(policy: &Policy, facts: &Facts) -> (Vec<TouchedArea>, Vec<Finding>) {
    let touched = Fact::from(touched(policy, facts));
    let areas = touched.value().cloned().unwrap_or_default();
    if let Some(finding) = gate::outside(policy, facts) {
        return (areas, vec![finding]);
    }
    let case = Case { facts, scope: &policy.scope, touched: &touched };
    let mut findings = Vec::new();
    for (name, control) in &policy.controls {
        let unseen = |gap| vec![unproven(name, SubjectKind::Change, head(facts), &gap)];
        findings.extend(control.check(&case).unwrap_or_else(unseen));
    }
    (areas, findings)
}

fn touched(policy: &Policy, facts: &Facts) -> Result<Vec<TouchedArea>, Gap> {
    let change = facts.change.known()?;
    let on_the_way = if policy.each_commit { change.on_the_way.known()?.as_slice() } else { &[] };
    policy.scope.inventory.touched(change.files.iter().chain(on_the_way), &facts.inquiry)
}

fn before(facts: &Facts) -> Option<&String> {
    facts.gate.value()?.policy_before.as_ref()
}

/// Rule 3: the policy as the change would leave it, if the change alters the one we judge by.
fn altered<'f>(policy: &Policy, facts: &'f Facts) -> Option<&'f String> {
    let after = facts.gate.value()?.policy_after.as_ref()?;
    (before(facts) == Some(&policy.text) && *after != policy.text).then_some(after)
}

fn stricter(
    areas: &mut Vec<TouchedArea>,
    findings: &mut Vec<Finding>,
    (more_areas, more): (Vec<TouchedArea>, Vec<Finding>),
) {
    areas.extend(
        more_areas
            .into_iter()
            .filter(|more| !areas.iter().any(|area| area.area == more.area))
            .collect::<Vec<_>>(),
    );
    let new =
        more.into_iter().filter(|f| f.verdict.outcome() > Some(Outcome::Allow) && !findings.contains(f));
    let new: Vec<_> = new
        .map(|mut finding| {
            finding.details.push("asked by the policy as this change would leave it".to_string());
            finding
        })
        .collect();
    findings.extend(new);
}

fn head(facts: &Facts) -> String {
    facts.change.value().map_or_else(|| "unknown".to_string(), |change| change.head.short().to_string())
}

fn judged(facts: &Facts) -> Judged {
    let (change, request) = (facts.change.value(), facts.host.request.value());
    Judged {
        repository: facts.host.repository.clone(),
        request: request.map(|request| request.number),
        title: request.map(|request| request.title.clone()),
        branch: request.map(|request| request.base_branch.clone()),
        base: change.map(|change| change.base.clone()),
        head: change.map(|change| change.head.clone()),
        commits: change.map(|change| change.commits.len() as u64),
        files: change.map(|change| change.files.len() as u64),
    }
}

#[cfg(test)]
mod tests;
