//! What the host alone decides: the controls that ask for nothing but what protects the branch.

use crate::control::{Case, Control, unproven};
use crate::policy::Policy;
use jiff::Timestamp;
use portcullis_model::decision::{Finding, SubjectKind};
use portcullis_model::fact::{Fact, Gap};
use portcullis_model::facts::{Facts, HostFacts};
use portcullis_model::inquiry::{Inquiry, Topic};

/// Judges what protects a branch, without any change to it: by each control of the policy that asks
/// for nothing else. A policy without such a control leaves no finding.
pub fn judge_protection(policy: &Policy, host: HostFacts, observed: Timestamp) -> Vec<Finding> {
    let facts = facts_of_host(host, observed);
    let touched = Fact::Known(Vec::new());
    let case = Case { facts: &facts, deployment: None, scope: &policy.scope, touched: &touched };
    let branch = facts.host.branch.value().map_or("the branch", |branch| branch.name.as_str());
    let mut findings = Vec::new();
    for (name, control) in policy.controls.iter().filter(|(_, control)| asks_protection_alone(&***control)) {
        let unseen = |gap| vec![unproven(name, SubjectKind::Branch, branch, &gap)];
        findings.extend(control.check(&case).unwrap_or_else(unseen));
    }
    findings.sort();
    findings
}

fn asks_protection_alone(control: &dyn Control) -> bool {
    let mut inquiry = Inquiry::default();
    control.ask(&mut inquiry);
    let is_known = |topic: &Topic| matches!(topic, Topic::Protection | Topic::Administration);
    inquiry.topics.contains(&Topic::Protection) && inquiry.topics.iter().all(is_known)
}

fn facts_of_host(host: HostFacts, observed: Timestamp) -> Facts {
    let unasked = || Gap::not_asked("a change", "The protection is judged by itself.");
    Facts {
        observed: Fact::Known(observed),
        inquiry: Inquiry::default(),
        change: Fact::Gap(unasked()),
        gate: Fact::Gap(unasked()),
        host,
        reports: Fact::Gap(unasked()),
        line_coverage: Fact::Gap(unasked()),
        evidence: Fact::Gap(unasked()),
        signed: Facts::no_signed_reviews(),
    }
}
