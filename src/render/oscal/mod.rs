//! OSCAL 1.2 (NIST): assessment results, and a plan of action and milestones for what is open.
//!
//! A finding is of an objective of our own below a control of a catalogue, never of the control
//! itself: the evidence serves the control, and whether the control is complied with is for people
//! to say. Every UUID is made of what was judged, so that the same decision gives the same
//! document.

use super::{Context, escape, origin, stable, summary};
use portcullis_model::decision::{Decision, Finding, Verdict};
use serde_json::{Value, json};

pub mod assessment;
pub mod poam;

/// The version of OSCAL that is written.
const OSCAL: &str = "1.2.3";

/// The namespace of our properties.
const NAMESPACE: &str = "urn:portcullis:oscal:v1";

/// What is written about one decision.
struct Paper<'a> {
    decision: &'a Decision,
    context: &'a Context<'a>,
    moment: String,
    /// The fingerprint of each finding, in their order.
    fingerprints: Vec<String>,
}

impl<'a> Paper<'a> {
    fn of(decision: &'a Decision, context: &'a Context<'a>) -> Self {
        let moment = origin::moment_text(context).unwrap_or_else(|| origin::UNKNOWN_MOMENT.to_string());
        Paper { decision, context, moment, fingerprints: stable::fingerprints(decision.findings.iter()) }
    }

    fn uuid(&self, parts: &[&str]) -> String {
        stable::uuid_in(self.decision, parts)
    }

    /// The findings with their fingerprints.
    fn findings(&self) -> impl Iterator<Item = (&'a Finding, &str)> {
        self.decision.findings.iter().zip(self.fingerprints.iter().map(String::as_str))
    }

    fn metadata(&self, title: &str) -> Value {
        let remarks = if self.moment == origin::UNKNOWN_MOMENT {
            "Nothing says when this was judged: the moment is a placeholder. "
        } else {
            ""
        };
        let advice = if self.context.style.advisory {
            "The gate only advises (advisory: the exit code is 0). "
        } else {
            ""
        };
        json!({
            "title": format!("{title}: {}", summary::outcome(self.decision.outcome)),
            "last-modified": self.moment,
            "version": env!("CARGO_PKG_VERSION"),
            "oscal-version": OSCAL,
            "props": self.props(),
            "remarks": format!(
                "{remarks}{advice}Controls are served by this evidence; whether they are complied with is not said here."
            ),
        })
    }

    /// The outcome and what was judged.
    fn props(&self) -> Vec<Value> {
        let properties = origin::outcome_properties(self.decision, self.context.style.advisory);
        let known = properties.as_object().into_iter().flatten();
        let texts = known.filter_map(|(name, value)| match value {
            Value::String(text) => Some(prop(name, text)),
            Value::Bool(flag) => Some(prop(name, &flag.to_string())),
            _ => None,
        });
        texts.collect()
    }

    fn observation(&self, finding: &Finding, fingerprint: &str) -> Value {
        let lines = summary::message_lines(finding);
        json!({
            "uuid": self.observation_uuid(fingerprint),
            "title": title_of(finding),
            "description": escape::prose(&lines.join(" ")),
            "props": [prop("verdict", summary::verdict(finding.verdict)), prop("control", &finding.control)],
            "methods": ["TEST"],
            "collected": self.moment,
        })
    }

    fn observation_uuid(&self, fingerprint: &str) -> String {
        self.uuid(&["observation", fingerprint])
    }

    fn risk_uuid(&self, fingerprint: &str) -> String {
        self.uuid(&["risk", fingerprint])
    }

    /// What is open, or was waived.
    fn risk(&self, finding: &Finding, fingerprint: &str) -> Value {
        let waived = finding.verdict == Verdict::Waived;
        let mut risk = json!({
            "uuid": self.risk_uuid(fingerprint),
            "title": title_of(finding),
            "description": escape::prose(&format!("{}: {}", summary::verdict(finding.verdict), finding.reason)),
            "statement": format!("Reason: {}", escape::prose(&finding.reason)),
            "status": if waived { "deviation-approved" } else { "open" },
            "related-observations": [{ "observation-uuid": self.observation_uuid(fingerprint) }],
        });
        if let Some(remedy) = &finding.remedy {
            risk["remediations"] = json!([{
                "uuid": self.uuid(&["remediation", fingerprint]),
                "lifecycle": "recommendation",
                "title": "What to do",
                "description": format!("help: {}", escape::prose(remedy)),
            }]);
        }
        risk
    }
}

/// Does a finding need a person to act, now or when its waiver ends?
fn is_open(finding: &Finding) -> bool {
    matches!(finding.verdict, Verdict::Broken | Verdict::Unproven | Verdict::Waived)
}

fn title_of(finding: &Finding) -> String {
    format!("Finding: {}", escape::prose(&format!("{}: {}", finding.control, finding.subject)))
}

fn prop(name: &str, value: &str) -> Value {
    json!({ "name": name, "ns": NAMESPACE, "value": string_of(value) })
}

/// A string as OSCAL has them: on one line, not empty, without white space at its ends.
fn string_of(text: &str) -> String {
    let text = escape::line(text);
    match text.trim() {
        "" => "none".to_string(),
        text => text.to_string(),
    }
}

/// The name of a control as part of a token (an NCName).
fn token_of(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' }).collect()
}

/// Puts a list there unless it is empty: OSCAL has no empty lists.
fn put_list(document: &mut Value, name: &str, list: Vec<Value>) {
    if !list.is_empty() {
        document[name] = Value::Array(list);
    }
}
