//! The `oscal` format: assessment results.

use super::super::{ControlGuide, json};
use super::{Context, Paper, escape, is_open, prop, put_list, summary, token_of};
use crate::Format;
use portcullis_model::decision::{Decision, Finding, Outcome, Verdict};
use portcullis_model::facts::POLICY_PATH;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io;

/// The format.
pub static FORMAT: Format = Format {
    name: "oscal",
    about: "OSCAL 1.2 assessment results, by the control ids of NIST SP 800-53",
    write: write_decision,
    failure: None,
    log_safe: true,
};

/// The framework whose control ids OSCAL catalogues have.
const FRAMEWORK: &str = "NIST SP 800-53 Rev. 5";

fn write_decision(decision: &Decision, context: &Context<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let paper = Paper::of(decision, context);
    let policy = paper.uuid(&["policy"]);
    let mut results = json!({
        "uuid": paper.uuid(&["assessment-results"]),
        "metadata": paper.metadata("Assessment by Portcullis"),
        "import-ap": { "href": format!("#{policy}"), "remarks": "The policy is the plan." },
        "results": [result_of(&paper)],
        "back-matter": { "resources": [policy_resource(decision, &policy)] },
    });
    let objectives = list_objectives(context.controls);
    if !objectives.is_empty() {
        results["local-definitions"] = json!({ "objectives-and-methods": objectives });
    }
    json::write_value(&json!({ "assessment-results": results }), out)
}

fn policy_resource(decision: &Decision, uuid: &str) -> Value {
    let mut link = json!({ "href": POLICY_PATH });
    if let Some(policy) = &decision.policy {
        link["hashes"] = json!([{ "algorithm": "SHA-256", "value": policy.digest.hex() }]);
    }
    json!({ "uuid": uuid, "title": "The policy that was applied", "rlinks": [link] })
}

/// What a control of ours looks for, below each control of the catalogue that it serves.
fn list_objectives(guides: &[ControlGuide<'_>]) -> Vec<Value> {
    let pairs = guides.iter().flat_map(|guide| clauses_of(guide).map(move |clause| (guide, clause)));
    pairs.map(|(guide, clause)| objective_of(guide, clause)).collect()
}

fn objective_of(guide: &ControlGuide<'_>, clause: &str) -> Value {
    let requires = guide.sections.first().map_or("", |(_, text)| *text);
    let (name, one_line) = (guide.name, requires.split_whitespace().collect::<Vec<_>>().join(" "));
    json!({
        "control-id": clause,
        "description": format!("Evidence of `{name}` serves this control. That it is complied with is not said."),
        "parts": [{
            "id": objective_id(name, clause),
            "name": "assessment-objective",
            "title": format!("Portcullis: {name}"),
            "prose": one_line,
        }],
    })
}

fn clauses_of<'g>(guide: &'g ControlGuide<'_>) -> impl Iterator<Item = &'g str> {
    guide.clauses.iter().filter(|clause| clause.framework == FRAMEWORK).map(|clause| clause.id.as_ref())
}

fn objective_id(control: &str, clause: &str) -> String {
    format!("portcullis_{}_{}", token_of(control), token_of(clause))
}

fn result_of(paper: &Paper<'_>) -> Value {
    let judged = escape::prose(&summary::judged(&paper.decision.judged));
    let outcome = summary::outcome_and_advice(paper.decision, paper.context.style.advisory);
    let mut result = json!({
        "uuid": paper.uuid(&["result"]),
        "title": format!("Judgement: {outcome}"),
        "description": format!("{outcome}: {judged}; {}", summary::counts(paper.decision)),
        "start": paper.moment,
        "props": paper.props(),
        "reviewed-controls": reviewed_controls(paper.context.controls),
        "findings": list_findings(paper),
    });
    let observations = paper.findings().map(|(finding, print)| paper.observation(finding, print)).collect();
    put_list(&mut result, "observations", observations);
    let open = paper.findings().filter(|(finding, _)| is_open(finding));
    put_list(&mut result, "risks", open.map(|(finding, print)| paper.risk(finding, print)).collect());
    result
}

fn reviewed_controls(guides: &[ControlGuide<'_>]) -> Value {
    let clauses: BTreeSet<&str> = guides.iter().flat_map(|guide| clauses_of(guide)).collect();
    let description = "Controls that the evidence serves; none of them is assessed whole.";
    let mut selection = json!({ "description": description });
    let controls = clauses.iter().map(|clause| json!({ "control-id": clause })).collect();
    put_list(&mut selection, "include-controls", controls);
    json!({ "control-selections": [selection] })
}

/// One for the outcome, and one for each control with findings and each clause that it serves.
fn list_findings(paper: &Paper<'_>) -> Vec<Value> {
    let names: BTreeSet<&str> = paper.decision.findings.iter().map(|one| one.control.as_str()).collect();
    let mut findings = vec![outcome_finding(paper)];
    for name in names {
        let guide = paper.context.controls.iter().find(|guide| guide.name == name);
        let targets: Vec<String> = guide
            .into_iter()
            .flat_map(|guide| clauses_of(guide).map(|clause| objective_id(name, clause)))
            .collect();
        let targets =
            if targets.is_empty() { vec![format!("portcullis_{}", token_of(name))] } else { targets };
        findings.extend(targets.iter().filter_map(|target| control_finding(paper, name, target)));
    }
    findings
}

fn outcome_finding(paper: &Paper<'_>) -> Value {
    let (state, reason) = match paper.decision.outcome {
        Outcome::Allow => ("satisfied", "pass"),
        Outcome::Undetermined => ("not-satisfied", "other"),
        Outcome::Block => ("not-satisfied", "fail"),
    };
    let outcome = summary::outcome_and_advice(paper.decision, paper.context.style.advisory);
    json!({
        "uuid": paper.uuid(&["finding", "outcome"]),
        "title": "The policy as a whole",
        "description": format!("{outcome}: {}", summary::counts(paper.decision)),
        "target": {
            "type": "objective-id",
            "target-id": "portcullis_outcome",
            "status": { "state": state, "reason": reason, "remarks": outcome },
        },
    })
}

/// What the findings of a control come to; `None` where nothing was required, so that nothing was
/// shown either.
fn control_finding(paper: &Paper<'_>, name: &str, target: &str) -> Option<Value> {
    let of_control: Vec<(&Finding, &str)> =
        paper.findings().filter(|(finding, _)| finding.control == name).collect();
    let required = of_control.iter().filter(|(finding, _)| finding.verdict.outcome().is_some());
    let worst = required.map(|(finding, _)| finding.verdict).min()?;
    let (state, reason) = match worst {
        Verdict::Met => ("satisfied", "pass"),
        Verdict::Broken => ("not-satisfied", "fail"),
        Verdict::Unproven | Verdict::Waived => ("not-satisfied", "other"),
        Verdict::Noted | Verdict::Exempt => return None,
    };
    let observations: Vec<Value> = of_control
        .iter()
        .map(|(_, print)| json!({ "observation-uuid": paper.observation_uuid(print) }))
        .collect();
    let risks = of_control.iter().filter(|(finding, _)| is_open(finding));
    let risks = risks.map(|(_, print)| json!({ "risk-uuid": paper.risk_uuid(print) })).collect();
    let word = summary::verdict(worst);
    let mut finding = json!({
        "uuid": paper.uuid(&["finding", target]),
        "title": format!("Control {}: {word}", escape::prose(name)),
        "description": format!("The worst finding of this control is {word}."),
        "props": [prop("verdict", word)],
        "target": {
            "type": "objective-id",
            "target-id": target,
            "status": { "state": state, "reason": reason, "remarks": word },
        },
        "related-observations": observations,
    });
    put_list(&mut finding, "related-risks", risks);
    Some(finding)
}
