//! The `gemara` format: an `EvaluationLog` of Gemara (OpenSSF), as JSON.
//!
//! An evaluation is a control with findings, and an assessment one of its findings. What could not
//! be seen is `Unknown`, and what is waived `Needs Review`: neither is ever `Passed`.

use super::{Context, Format, escape, json, origin, summary};
use portcullis_model::decision::{Decision, Finding, Outcome, Verdict};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io;

/// The format.
pub static FORMAT: Format = Format {
    name: "gemara",
    about: "An EvaluationLog of OpenSSF Gemara",
    write: write_decision,
    failure: None,
    log_safe: true,
};

/// The version of Gemara that is written.
const GEMARA: &str = "1.4.1";

/// The reference to our own controls.
const CONTROLS: &str = "portcullis";

/// What a finding or several come to. The order is the order of severity.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum LogResult {
    NotApplicable,
    Passed,
    NeedsReview,
    Unknown,
    Failed,
}

impl LogResult {
    fn of(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Broken => LogResult::Failed,
            Verdict::Unproven => LogResult::Unknown,
            Verdict::Waived | Verdict::Noted => LogResult::NeedsReview,
            Verdict::Met => LogResult::Passed,
            Verdict::Exempt => LogResult::NotApplicable,
        }
    }

    fn of_outcome(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Allow => LogResult::Passed,
            Outcome::Undetermined => LogResult::Unknown,
            Outcome::Block => LogResult::Failed,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            LogResult::NotApplicable => "Not Applicable",
            LogResult::Passed => "Passed",
            LogResult::NeedsReview => "Needs Review",
            LogResult::Unknown => "Unknown",
            LogResult::Failed => "Failed",
        }
    }
}

fn write_decision(decision: &Decision, context: &Context<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let moment = origin::moment_text(context).unwrap_or_else(|| origin::UNKNOWN_MOMENT.to_string());
    let mut of_control = BTreeMap::<&str, Vec<&Finding>>::new();
    for finding in &decision.findings {
        of_control.entry(&finding.control).or_default().push(finding);
    }
    let outcome = outcome_evaluation(decision, context.style.advisory, &moment);
    let controls = of_control.iter().map(|(name, findings)| evaluation(name, findings, &moment));
    let worst = decision.findings.iter().map(|finding| LogResult::of(finding.verdict)).max();
    let result = worst.unwrap_or(LogResult::Unknown).max(LogResult::of_outcome(decision.outcome));
    let log = json!({
        "metadata": metadata_of(decision, context),
        "target": target_of(decision, context),
        "result": result.as_str(),
        "evaluations": std::iter::once(outcome).chain(controls).collect::<Vec<_>>(),
    });
    json::write_value(&log, out)
}

fn metadata_of(decision: &Decision, context: &Context<'_>) -> Value {
    let version = env!("CARGO_PKG_VERSION");
    let outcome = summary::outcome_lines(decision, context.style.advisory).join("; ");
    json!({
        "id": super::stable::uuid_in(decision, &["gemara"]),
        "type": "EvaluationLog",
        "gemara-version": GEMARA,
        "description": format!("What Portcullis decided: {outcome}"),
        "author": { "id": "portcullis", "name": "Portcullis", "type": "Software", "version": version },
        "mapping-references": [{
            "id": CONTROLS,
            "title": "The controls of Portcullis",
            "version": version,
            "description": "`portcullis explain` documents each of them.",
        }],
    })
}

fn target_of(decision: &Decision, context: &Context<'_>) -> Value {
    let judged = &decision.judged;
    let name = escape::line(judged.repository.as_deref().unwrap_or("unknown"));
    let head = judged.head.as_ref().map(|head| head.as_str());
    let mut target = json!({
        "id": head.map_or_else(|| name.clone(), |head| format!("{name}@{head}")),
        "name": name,
        "type": "Software",
        "description": escape::line(&summary::judged(judged)),
    });
    if let Some(environment) = &judged.environment {
        target["environment"] = json!(escape::line(environment));
    }
    if let Some(address) = origin::repository_address(decision, context) {
        target["uri"] = json!(address);
    }
    target
}

fn evaluation(name: &str, findings: &[&Finding], moment: &str) -> Value {
    let result = findings.iter().map(|finding| LogResult::of(finding.verdict)).max();
    let name = escape::line(name);
    json!({
        "name": name,
        "result": result.unwrap_or(LogResult::Unknown).as_str(),
        "message": summary::plural(findings.len() as u64, "finding"),
        "control": { "reference-id": CONTROLS, "entry-id": name },
        "assessment-logs": findings.iter().map(|finding| assessment(&name, finding, moment)).collect::<Vec<_>>(),
    })
}

fn assessment(control: &str, finding: &Finding, moment: &str) -> Value {
    let lines = summary::message_lines(finding);
    let mut log = json!({
        "requirement": { "reference-id": CONTROLS, "entry-id": control },
        "description": format!("{control}: {}", summary::message_text(&finding.subject.to_string())),
        "result": LogResult::of(finding.verdict).as_str(),
        "message": format!("{}: {}", summary::verdict(finding.verdict), lines.join("\n")),
        "applicability": [finding.subject.kind.as_str()],
        "steps": [format!("portcullis explain {control}")],
        "steps-executed": 1,
        "start": moment,
    });
    if let Some(remedy) = &finding.remedy {
        log["recommendation"] = json!(summary::message_text(remedy));
    }
    log
}

fn outcome_evaluation(decision: &Decision, advisory: bool, moment: &str) -> Value {
    let result = LogResult::of_outcome(decision.outcome).as_str();
    let message = summary::outcome_lines(decision, advisory).join("\n");
    json!({
        "name": "outcome",
        "result": result,
        "message": message,
        "control": { "reference-id": CONTROLS, "entry-id": "outcome" },
        "assessment-logs": [{
            "requirement": { "reference-id": CONTROLS, "entry-id": "outcome" },
            "description": "The worst of all findings decides.",
            "result": result,
            "message": message,
            "applicability": ["policy"],
            "steps": ["portcullis decide"],
            "steps-executed": 1,
            "start": moment,
        }],
    })
}
