//! The `oscal-poam` format: a plan of action and milestones with an item for each open exception.

use super::super::json;
use super::{Context, Paper, escape, is_open, put_list, string_of, summary, title_of};
use crate::Format;
use portcullis_model::decision::{Decision, Finding};
use serde_json::{Value, json};
use std::io;

/// The format.
pub static FORMAT: Format = Format {
    name: "oscal-poam",
    about: "An OSCAL 1.2 plan of action and milestones: what is broken, unproven or waived",
    write: write_decision,
    failure: None,
    log_safe: true,
};

fn write_decision(decision: &Decision, context: &Context<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let paper = Paper::of(decision, context);
    let open: Vec<(&Finding, &str)> = paper.findings().filter(|(finding, _)| is_open(finding)).collect();
    let items: Vec<Value> = open.iter().map(|(finding, print)| item_of(&paper, finding, print)).collect();
    let system = decision.judged.repository.as_deref().unwrap_or("unknown");
    let mut plan = json!({
        "uuid": paper.uuid(&["poam"]),
        "metadata": paper.metadata("Exceptions that are open"),
        "system-id": { "id": string_of(system) },
        "poam-items": if items.is_empty() { vec![no_item(&paper)] } else { items },
    });
    let observations = open.iter().map(|(finding, print)| paper.observation(finding, print)).collect();
    put_list(&mut plan, "observations", observations);
    put_list(&mut plan, "risks", open.iter().map(|(finding, print)| paper.risk(finding, print)).collect());
    json::write_value(&json!({ "plan-of-action-and-milestones": plan }), out)
}

fn item_of(paper: &Paper<'_>, finding: &Finding, fingerprint: &str) -> Value {
    let word = summary::verdict(finding.verdict);
    json!({
        "uuid": paper.uuid(&["poam-item", fingerprint]),
        "title": title_of(finding),
        "description": format!("{word}: {}", escape::prose(&summary::message_lines(finding).join(" "))),
        "related-observations": [{ "observation-uuid": paper.observation_uuid(fingerprint) }],
        "related-risks": [{ "risk-uuid": paper.risk_uuid(fingerprint) }],
    })
}

/// OSCAL has no plan without an item.
fn no_item(paper: &Paper<'_>) -> Value {
    let outcome = summary::outcome_and_advice(paper.decision, paper.context.style.advisory);
    json!({
        "uuid": paper.uuid(&["poam-item", "none"]),
        "title": "No open exceptions",
        "description": format!("{outcome}: no finding is broken, unproven or waived."),
    })
}
