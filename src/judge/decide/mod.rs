//! Policy and facts to a decision: the file that an auditor reads first.
//!
//! 1. Which branch is judged? Only a deployment branch is. Any other gets no answer, so that no
//!    verdict on a side branch can be carried to a deployment branch.
//! 2. Every control of the policy is asked. A control that lacks a fact leaves an *unproven*
//!    finding.
//! 3. When the change itself alters the policy, the altered policy is asked too, and whatever it
//!    finds beyond the first counts as well: the stricter of old and new.
//! 4. Waivers in force allow what they cover; see `waivers`.
//! 5. The outcome is the maximum over all findings.

use crate::control::{Case, gate_integrity, unproven};
use crate::policy::house::HouseTexts;
use crate::policy::{Policy, Problem};
use documents::DocumentCase;
use portcullis_model::decision::{
    Decision, Finding, Judged, Outcome, PolicyOrigin, PolicyReference, SubjectKind, TouchedArea,
};
use portcullis_model::fact::{Fact, Gap};
use portcullis_model::facts::{Detour, Facts};
use portcullis_model::gathered::GatheredFacts;
use portcullis_model::inquiry::TextPurpose;
use portcullis_model::waiver::About;
use waivers::ScopedFinding;

mod asserted;
mod audited;
mod batch;
mod deployed;
mod deployment;
mod documents;
mod gate;
mod host;
mod landing;
mod owner;
mod rollback;
mod waivers;

pub use audited::{AuditedApproval, audit_approvals, decide_landed};
pub use batch::decide_batch;
pub use deployment::decide_deployment;
pub use host::judge_protection;
pub use landing::judge_alone;

/// The control in whose name the gate itself speaks, of its policy and its base.
const GATE: &str = gate_integrity::KIND.name;

/// Judges what was gathered, be it of a change, of a batch or of a deployment, by the policy.
pub fn decide_facts(policy: &Policy, facts: &GatheredFacts) -> Decision {
    match facts {
        GatheredFacts::Change(facts) => decide(policy, facts),
        GatheredFacts::Batch(facts) => decide_batch(policy, facts),
        GatheredFacts::Deployment(facts) => decide_deployment(policy, facts),
    }
}

/// Judges the facts by the policy.
pub fn decide(policy: &Policy, facts: &Facts) -> Decision {
    let policy = &*policy.in_force(facts);
    let (mut areas, mut found) = judge_change(policy, facts);
    found.extend(gate::not_asked(policy, facts).map(ScopedFinding::firm));
    found.extend(gate::unseen(facts).into_iter().map(ScopedFinding::firm));
    found.extend(asserted::judge_assertion(policy, facts).into_iter().map(ScopedFinding::firm));
    found.extend(gate::base_moved(facts).map(ScopedFinding::firm));
    found.extend(gate::empty(facts).map(ScopedFinding::firm));
    found.extend(gate::unrelated(facts).map(ScopedFinding::firm));
    found.extend(gate::detours(&facts.host.detours, &head_of(facts)).map(ScopedFinding::firm));
    let mut after = None;
    if let Some(text) = altered_policy(policy, facts) {
        match read_altered(policy, text, facts) {
            Ok(altered) => {
                let altered = altered.in_force(facts).into_owned();
                stricter_of(&mut areas, &mut found, judge_change(&altered, facts));
                after = Some(altered);
            }
            Err(problems) => found.push(ScopedFinding::firm(gate::invalid_after(problems.len()))),
        }
    }
    let lasting = after.as_ref().unwrap_or(policy);
    found.extend(gate::invalid_register(lasting, facts).map(ScopedFinding::firm));
    found.extend(gate::lost_house(lasting, facts).map(ScopedFinding::firm));
    if gate::outside(policy, facts).is_none() {
        let (altered, about) = (after.as_ref(), about_change(facts));
        DocumentCase { policy, altered, facts, deployment: None, about }.judge(&mut found);
    }
    let mut findings = waivers::of_change(policy, after.as_ref(), facts, found);
    asserted::speak_plainly(&mut findings, facts);
    sealed_decision(judged_commits(facts), Some(policy_reference(policy, facts)), areas, findings)
}

fn policy_reference(policy: &Policy, facts: &Facts) -> PolicyReference {
    let origin =
        if policy_before(facts) == Some(&policy.text) { PolicyOrigin::Base } else { PolicyOrigin::Given };
    let house = policy.house.as_ref().map(|house| house.reference.clone());
    PolicyReference { project: policy.project.clone(), digest: policy.digest.clone(), origin, house }
}

/// The decision when not even the policy could be seen.
pub fn undetermined(judged: Judged, gap: &Gap) -> Decision {
    undetermined_by(judged, gap, &[])
}

/// The same, where something was between the gate and the host.
pub fn undetermined_by(judged: Judged, gap: &Gap, detours: &[Detour]) -> Decision {
    let subject = judged.head.as_ref().map_or_else(|| "unknown".to_string(), |head| head.short().to_string());
    let noted = gate::detours(detours, &subject);
    let findings = [unproven(GATE, SubjectKind::Change, subject, gap)].into_iter().chain(noted).collect();
    sealed_decision(judged, None, Vec::new(), findings)
}

fn sealed_decision(
    judged: Judged,
    policy: Option<PolicyReference>,
    areas: Vec<TouchedArea>,
    mut findings: Vec<Finding>,
) -> Decision {
    findings.sort();
    findings.dedup();
    Decision { outcome: Outcome::of(&findings), judged, policy, areas, findings }
}

fn judge_change(policy: &Policy, facts: &Facts) -> (Vec<TouchedArea>, Vec<ScopedFinding>) {
    let touched = Fact::from(touched_areas(policy, facts));
    let areas = touched.value().cloned().unwrap_or_default();
    if let Some(finding) = gate::outside(policy, facts) {
        return (areas, vec![ScopedFinding::firm(finding)]);
    }
    let case = Case { facts, deployment: None, scope: &policy.scope, touched: &touched };
    let about = about_change(facts);
    let mut found = Vec::new();
    for (name, control) in policy.controls.iter().filter(|(_, control)| control.kind().stage.has_changes()) {
        let unseen = |gap| vec![unproven(name, SubjectKind::Change, head_of(facts), &gap)];
        let findings = control.check(&case).unwrap_or_else(unseen);
        found.extend(findings.into_iter().map(|finding| ScopedFinding::of(finding, &about, &touched)));
    }
    (areas, found)
}

/// What waivers look at in the findings of a change.
fn about_change(facts: &Facts) -> About {
    About {
        commits: facts.change.value().map(|change| change.head.clone()).into_iter().collect(),
        request: facts.host.request.value().map(|request| request.id.clone()),
        ..About::default()
    }
}

fn touched_areas(policy: &Policy, facts: &Facts) -> Result<Vec<TouchedArea>, Gap> {
    let change = facts.change.known()?;
    let on_the_way = if policy.each_commit { change.on_the_way.known()?.as_slice() } else { &[] };
    policy.scope.inventory.touched(change.files.iter().chain(on_the_way), &facts.inquiry)
}

fn policy_before(facts: &Facts) -> Option<&String> {
    facts.gate.value()?.before(TextPurpose::Policy)
}

/// The altered policy. Its house policy is among the facts, or that of the policy in force.
fn read_altered(policy: &Policy, text: &str, facts: &Facts) -> Result<Policy, Vec<Problem>> {
    let houses = HouseTexts::in_facts(facts).and(HouseTexts::in_policy(policy));
    Policy::parse_extending(text, &policy.host, &houses)
}

/// Rule 3: the policy as the change would leave it, if the change alters the one we judge by.
fn altered_policy<'f>(policy: &Policy, facts: &'f Facts) -> Option<&'f String> {
    let after = facts.gate.value()?.after(TextPurpose::Policy)?;
    (policy_before(facts) == Some(&policy.text) && *after != policy.text).then_some(after)
}

fn stricter_of(
    areas: &mut Vec<TouchedArea>,
    found: &mut Vec<ScopedFinding>,
    (more_areas, more): (Vec<TouchedArea>, Vec<ScopedFinding>),
) {
    areas.extend(
        more_areas
            .into_iter()
            .filter(|more| !areas.iter().any(|area| area.area == more.area))
            .collect::<Vec<_>>(),
    );
    let known = |new: &ScopedFinding| found.iter().any(|found| found.finding == new.finding);
    let stops = |new: &ScopedFinding| new.finding.verdict.outcome() > Some(Outcome::Allow);
    let new: Vec<_> = more.into_iter().filter(|new| stops(new) && !known(new)).map(by_altered).collect();
    found.extend(new);
}

/// The areas of the altered policy are not those that a waiver was granted for.
fn by_altered(mut found: ScopedFinding) -> ScopedFinding {
    found.finding.details.push("required by the policy as this change would leave it".to_string());
    found.about.iter_mut().for_each(|about| about.area = None);
    found
}

fn head_of(facts: &Facts) -> String {
    facts.change.value().map_or_else(|| "unknown".to_string(), |change| change.head.short().to_string())
}

fn judged_commits(facts: &Facts) -> Judged {
    let (change, request) = (facts.change.value(), facts.host.request.value());
    Judged {
        repository: facts.host.repository.clone(),
        environment: None,
        request: request.map(|request| request.id.clone()),
        requests: Vec::new(),
        title: request.map(|request| request.title.clone()),
        branch: request.map(|request| request.base_branch.clone()),
        base: change.map(|change| change.base.clone()),
        head: change.map(|change| change.head.clone()),
        commits: change.map(|change| change.commits.len() as u64),
        files: change.map(|change| change.files.len() as u64),
        asserted: facts.host.asserted.clone(),
    }
}

#[cfg(test)]
mod tests;
