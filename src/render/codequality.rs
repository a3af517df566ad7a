//! The `codequality` format: the members of a code quality report that GitLab documents ("Code
//! Quality", "Import code quality results").
//!
//! The report is a list of problems, and an empty list is good news. So an outcome that stops the
//! change is an entry of its own, and so is advice.

use super::{Context, Format, escape, json, stable, summary};
use portcullis_model::decision::{Decision, Finding, Outcome, Place, Verdict};
use portcullis_model::facts::POLICY_PATH;
use serde_json::{Value, json};
use std::io;

/// The format.
pub static FORMAT: Format = Format {
    name: "codequality",
    about: "A code quality report, for GitLab",
    write: write_decision,
    failure: None,
    log_safe: true,
};

fn write_decision(decision: &Decision, context: &Context<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let advisory = context.style.advisory;
    let shown: Vec<&Finding> =
        summary::SHOWN.iter().flat_map(|verdict| summary::of(decision, *verdict)).collect();
    let fingerprints = stable::fingerprints(shown.iter().copied());
    let findings =
        shown.iter().zip(fingerprints).map(|(finding, fingerprint)| entry_of(finding, fingerprint, advisory));
    let says_outcome = advisory || decision.outcome != Outcome::Allow;
    let outcome = says_outcome.then(|| outcome_entry(decision, advisory));
    json::write_value(&outcome.into_iter().chain(findings).collect(), out)
}

fn outcome_entry(decision: &Decision, advisory: bool) -> Value {
    let severity = match (decision.outcome, advisory) {
        (Outcome::Allow, _) => "info",
        (_, true) => "minor",
        (_, false) => "blocker",
    };
    let description = summary::outcome_lines(decision, advisory).join("; ");
    let fingerprint = stable::uuid_of(&["outcome", decision.judged.environment.as_deref().unwrap_or("")]);
    json!({
        "description": format!("Portcullis: {description}"),
        "check_name": "portcullis/outcome",
        "fingerprint": fingerprint,
        "severity": severity,
        "location": location_of(None),
    })
}

fn entry_of(finding: &Finding, fingerprint: String, advisory: bool) -> Value {
    let severity = match (finding.verdict, advisory) {
        (Verdict::Broken, false) => "critical",
        (Verdict::Unproven, false) => "major",
        (Verdict::Broken | Verdict::Unproven | Verdict::Waived, _) => "minor",
        (Verdict::Noted | Verdict::Met | Verdict::Exempt, _) => "info",
    };
    let advice = if advisory { " (advisory)" } else { "" };
    let lines = summary::message_lines(finding).join("; ");
    json!({
        "description": format!("{}{advice}: {lines}", summary::verdict(finding.verdict)),
        "check_name": format!("portcullis/{}", escape::line(&finding.control)),
        "fingerprint": fingerprint,
        "severity": severity,
        "location": location_of(finding.place.as_ref()),
    })
}

/// The path as git quotes it where it is not plain text: then no file of the repository has its
/// name, and GitLab shows the entry without a link.
fn location_of(place: Option<&Place>) -> Value {
    let path = place.map_or_else(|| POLICY_PATH.to_string(), |place| place.path.to_string());
    let line = place.and_then(|place| place.line).unwrap_or(1).clamp(1, i32::MAX as u64);
    json!({ "path": escape::line(&path), "lines": { "begin": line } })
}
