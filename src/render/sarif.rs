//! The `sarif` format: SARIF 2.1.0 (OASIS), within the limits of GitHub's code scanning.
//!
//! `kind` says what a finding is, as the standard has it (3.27.9): what could not be seen is
//! `open`, whose `level` is then `none`. Consumers that know no kinds, GitHub's among them, would
//! see no difference to a note; so an outcome that stops the change is a result of its own, of
//! level `error`. What holds is left out unless everything was asked for, because the same
//! consumers show each result as a problem.

use super::{Context, ControlGuide, Format, escape, json, origin, stable, summary};
use portcullis_model::decision::{Decision, Finding, Outcome, Place, Verdict};
use portcullis_model::facts::POLICY_PATH;
use serde_json::{Value, json};
use std::io;

/// The format.
pub static FORMAT: Format = Format {
    name: "sarif",
    about: "SARIF 2.1.0, for code scanning",
    write: write_decision,
    failure: None,
    log_safe: true,
};

pub(super) const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// How many results of a run GitHub accepts (GitHub docs, "SARIF results exceed one or more
/// limits").
pub(super) const RESULTS: usize = 25_000;

/// The rule of the outcome itself.
const OUTCOME_RULE: &str = "outcome";

/// The root of the repository, for relative paths.
const ROOT: &str = "%SRCROOT%";

fn write_decision(decision: &Decision, context: &Context<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let log = json!({ "$schema": SCHEMA, "version": "2.1.0", "runs": [run_of(decision, context)] });
    json::write_value(&log, out)
}

fn run_of(decision: &Decision, context: &Context<'_>) -> Value {
    let style = context.style;
    let rules = RuleTable::new(decision, context.controls);
    let summed: &[Verdict] = if style.verbose { &summary::SUMMED } else { &[] };
    let shown: Vec<&Finding> =
        summary::SHOWN.iter().chain(summed).flat_map(|verdict| summary::of(decision, *verdict)).collect();
    let left_out = shown.len().saturating_sub(RESULTS - 1);
    let fingerprints = stable::fingerprints(shown.iter().copied());
    let findings = shown.iter().zip(fingerprints).take(RESULTS - 1);
    let findings =
        findings.map(|(finding, fingerprint)| rules.result_of(finding, fingerprint, style.advisory));
    let stops = decision.outcome != Outcome::Allow;
    let outcome = stops.then(|| rules.outcome_result(decision, style.advisory, left_out));
    let mut run = json!({
        "tool": { "driver": {
            "name": "Portcullis",
            "semanticVersion": env!("CARGO_PKG_VERSION"),
            "rules": rules.descriptors(),
        } },
        "automationDetails": { "id": run_id(decision), "guid": stable::uuid_in(decision, &["sarif"]) },
        "originalUriBaseIds": { ROOT: { "description": { "text": "The root of the repository." } } },
        "columnKind": "unicodeCodePoints",
        "results": outcome.into_iter().chain(findings).collect::<Vec<_>>(),
        "properties": {
            "portcullis": origin::outcome_properties(decision, style.advisory),
            "counts": summary::counts(decision),
            "leftOut": left_out,
        },
    });
    if let Some(provenance) = provenance_of(decision, context) {
        run["versionControlProvenance"] = json!([provenance]);
    }
    run
}

/// What tells runs of one kind from those of another: GitHub calls all before the last `/` the
/// category.
fn run_id(decision: &Decision) -> String {
    match &decision.judged.environment {
        Some(environment) => format!("portcullis/deployment/{}/", escape::uri_path(environment.as_bytes())),
        None => "portcullis/change/".to_string(),
    }
}

fn provenance_of(decision: &Decision, context: &Context<'_>) -> Option<Value> {
    let mut provenance = json!({ "repositoryUri": origin::repository_address(decision, context)? });
    if let Some(head) = &decision.judged.head {
        provenance["revisionId"] = json!(head.as_str());
    }
    Some(provenance)
}

/// The rules of a run: every documented control, and what else findings name.
struct RuleTable<'a> {
    names: Vec<&'a str>,
    guides: &'a [ControlGuide<'a>],
}

impl<'a> RuleTable<'a> {
    fn new(decision: &'a Decision, guides: &'a [ControlGuide<'a>]) -> Self {
        let documented = guides.iter().map(|guide| guide.name);
        let found = decision.findings.iter().map(|finding| finding.control.as_str());
        let mut names: Vec<&str> = documented.chain(found).chain([OUTCOME_RULE]).collect();
        names.sort_unstable();
        names.dedup();
        RuleTable { names, guides }
    }

    fn index_of(&self, name: &str) -> usize {
        self.names.binary_search(&name).unwrap_or_default()
    }

    fn descriptors(&self) -> Vec<Value> {
        self.names.iter().map(|name| self.descriptor_of(name)).collect()
    }

    fn descriptor_of(&self, name: &str) -> Value {
        let sections = self.guides.iter().find(|guide| guide.name == name).map(|guide| &guide.sections[..]);
        let requires = match (sections.and_then(|sections| sections.first()), name) {
            (Some((_, text)), _) => *text,
            (None, OUTCOME_RULE) => "Every control of the policy is met, waived or exempt.",
            (None, _) => "The gate can judge the change.",
        };
        let first = first_sentence(requires);
        let help: Vec<String> = sections
            .unwrap_or_default()
            .iter()
            .map(|(title, text)| format!("## {title}\n\n{text}"))
            .collect();
        let help = if help.is_empty() { requires.to_string() } else { help.join("\n\n") };
        json!({
            "id": escape::line(name),
            "shortDescription": { "text": first },
            "fullDescription": { "text": requires },
            "help": { "text": help, "markdown": help },
            "defaultConfiguration": { "level": "error" },
            "properties": { "tags": ["portcullis"], "precision": "very-high" },
        })
    }

    fn result_of(&self, finding: &Finding, fingerprint: String, advisory: bool) -> Value {
        let (kind, level) = kind_and_level(finding.verdict, advisory);
        let lines = summary::message_lines(finding);
        let advice = if advisory { "advisory: " } else { "" };
        let text = format!("{advice}{}: {}", summary::verdict(finding.verdict), lines.join("\n"));
        let mut result = json!({
            "ruleId": escape::line(&finding.control),
            "ruleIndex": self.index_of(&finding.control),
            "kind": kind,
            "level": level,
            "message": { "text": escape::sarif_message(&text) },
            "locations": [location_of(finding.place.as_ref(), Some(finding))],
            "partialFingerprints": fingerprints_of(&fingerprint),
            "properties": { "verdict": summary::verdict(finding.verdict), "advisory": advisory },
        });
        if finding.verdict == Verdict::Waived {
            let justification = summary::message_text(&finding.reason);
            result["suppressions"] =
                json!([{ "kind": "external", "status": "accepted", "justification": justification }]);
        }
        result
    }

    /// The outcome as a result, so that no consumer takes a stop for a pass.
    fn outcome_result(&self, decision: &Decision, advisory: bool, left_out: usize) -> Value {
        let mut lines = summary::outcome_lines(decision, advisory);
        if left_out > 0 {
            lines.push(format!(
                "{} had no room here and are in the JSON output",
                summary::plural(left_out as u64, "finding")
            ));
        }
        let level = if advisory { "warning" } else { "error" };
        json!({
            "ruleId": OUTCOME_RULE,
            "ruleIndex": self.index_of(OUTCOME_RULE),
            "kind": "fail",
            "level": level,
            "message": { "text": escape::sarif_message(&lines.join("\n")) },
            "locations": [location_of(None, None)],
            "partialFingerprints": fingerprints_of("0:1"),
        })
    }
}

fn kind_and_level(verdict: Verdict, advisory: bool) -> (&'static str, &'static str) {
    match verdict {
        Verdict::Broken | Verdict::Waived => ("fail", if advisory { "warning" } else { "error" }),
        Verdict::Unproven => ("open", "none"),
        Verdict::Noted => ("review", "none"),
        Verdict::Met => ("pass", "none"),
        Verdict::Exempt => ("notApplicable", "none"),
    }
}

/// The first one is the only name that GitHub knows.
fn fingerprints_of(fingerprint: &str) -> Value {
    json!({ "primaryLocationLineHash": fingerprint, "portcullis/v1": fingerprint })
}

/// The place, or the policy, which every finding goes back to. GitHub wants a line in any case.
fn location_of(place: Option<&Place>, finding: Option<&Finding>) -> Value {
    let path = place.map_or(POLICY_PATH.as_bytes(), |place| place.path.as_bytes());
    let line = place.and_then(|place| place.line).unwrap_or(1).clamp(1, i32::MAX as u64);
    let mut location = json!({ "physicalLocation": {
        "artifactLocation": { "uri": escape::uri_path(path), "uriBaseId": ROOT },
        "region": { "startLine": line },
    } });
    if let Some(finding) = finding {
        let name = escape::clip(&escape::line(&finding.subject.name), 250);
        location["logicalLocations"] = json!([{ "name": name, "kind": finding.subject.kind.as_str() }]);
    }
    location
}

/// The first sentence of a text, on one line.
pub(super) fn first_sentence(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    text.split_once(". ").map_or(text.clone(), |(first, _)| format!("{first}."))
}
