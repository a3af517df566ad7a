//! Facts that an exporter of another version control system states: what of them the policy
//! accepts, and the words that say in every output that no one observed them.

use super::GATE;
use crate::control::{finding, unproven};
use crate::policy::{AcceptedAssertions, Policy};
use jiff::{SignedDuration, Timestamp};
use portcullis_model::assertion::Assertion;
use portcullis_model::decision::{Finding, SubjectKind, Verdict};
use portcullis_model::facts::Facts;

/// How far the clocks of two machines may be apart.
const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// The label, and why the policy does not accept what it is about. None for facts that were
/// observed.
pub(super) fn judge_assertion(policy: &Policy, facts: &Facts) -> Vec<Finding> {
    let Some(assertion) = &facts.host.asserted else { return Vec::new() };
    let repository = facts.host.repository.as_deref().unwrap_or_default();
    let objections = match &policy.asserted {
        Some(accepted) if accepted.accept => objections(accepted, assertion, repository, facts),
        _ => vec![refuse_all(assertion, repository)],
    };
    [label(assertion, repository)].into_iter().chain(objections).collect()
}

fn label(assertion: &Assertion, repository: &str) -> Finding {
    let reason = format!("everything in this decision is {}", assertion.label());
    let details = vec![
        format!("repository: {repository}"),
        format!("exported at {}", assertion.exported),
        format!("evidence file: {}", assertion.digest.as_str()),
    ];
    start(Verdict::Noted, assertion, reason)
        .remedy("Make sure that no one but the exporter could write the evidence file.")
        .details(details)
}

fn start(verdict: Verdict, assertion: &Assertion, reason: impl Into<String>) -> Finding {
    let name = format!("asserted by {}", assertion.exporter.name);
    finding(GATE, verdict, SubjectKind::Change, name, reason)
}

fn refuse_all(assertion: &Assertion, repository: &str) -> Finding {
    start(Verdict::Unproven, assertion, "the policy does not accept facts that Portcullis did not observe")
        .remedy(format!(
            "To judge by what an exporter states, say so in the policy, in a change of its own: `[asserted]` with `accept = true` and `repository = \"{}\"`.",
            repository.escape_default()
        ))
}

fn objections(
    accepted: &AcceptedAssertions,
    assertion: &Assertion,
    repository: &str,
    facts: &Facts,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    if repository != accepted.repository {
        let reason = format!(
            "the evidence file is of the repository {repository}, and the policy of {}",
            accepted.repository
        );
        findings.push(
            start(Verdict::Unproven, assertion, reason)
                .remedy("Export the repository that the policy names under `[asserted]`."),
        );
    }
    let name = &assertion.exporter.name;
    if accepted.exporters.as_ref().is_some_and(|exporters| !exporters.contains(name)) {
        let reason = format!("the policy does not accept the exporter {name}");
        findings.push(
            start(Verdict::Unproven, assertion, reason)
                .remedy("Use an exporter that the policy lists under `[asserted] exporters`."),
        );
    }
    match facts.observed.known() {
        Ok(observed) => findings.extend(judge_age(accepted.max_age, assertion, *observed)),
        Err(gap) => findings.push(unproven(GATE, SubjectKind::Change, "the export", &gap)),
    }
    findings
}

fn judge_age(longest: SignedDuration, assertion: &Assertion, observed: Timestamp) -> Option<Finding> {
    let age = observed.duration_since(assertion.exported);
    let reason = if age > longest {
        let limit = longest.as_hours();
        format!(
            "the evidence file was exported at {}, and the policy accepts {limit} hours",
            assertion.exported
        )
    } else if age < -SKEW {
        format!("the evidence file says that it was exported at {}, which is yet to come", assertion.exported)
    } else {
        return None;
    };
    Some(start(Verdict::Unproven, assertion, reason).remedy("Export the change again, and judge it then."))
}

/// Findings name revisions as their system does.
pub(super) fn speak_plainly(findings: &mut [Finding], facts: &Facts) {
    let Some(assertion) = &facts.host.asserted else { return };
    for finding in findings {
        let Finding { subject, reason, remedy, details, .. } = finding;
        let texts = [&mut subject.name, reason].into_iter().chain(remedy).chain(details);
        texts.for_each(|text| assertion.speak_plainly(text));
    }
}
