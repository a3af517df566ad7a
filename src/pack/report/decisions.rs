//! The sealed decisions that were handed over to the audit.

use super::ReportInput;
use super::parts::{Table, cell, nothing};
use super::text::{Outside, count, moment, short_hash};
use super::words::{self, Tone, badge};
use crate::places::seal_path;
use maud::{Markup, html};
use portcullis_wire::audit::v1::{AuditedSealV1, SealStandingV1};
use portcullis_wire::decision::v1::OutcomeV1;

/// So many are on the page; the others are files of the pack and in `audit.json`.
const SHOWN: usize = 500;

/// The section.
pub(super) fn section(input: &ReportInput<'_>) -> Markup {
    let seals = &input.audit.sealed;
    let more = seals.len().saturating_sub(SHOWN);
    html! {
        section #decisions aria-labelledby="decisions-h" {
            h2 #decisions-h { "Sealed decisions" }
            @if seals.is_empty() { (nothing("No sealed decision was handed over to this audit.")) } @else {
                p { "Decisions of the gate that were sealed when they were made, each with its policy and its facts. They were taken again for this audit. That there are no others does not follow from them." }
                (Table {
                    filter: Some("decisions"),
                    compact: false,
                    caption: count(seals.len() as u64, "sealed decision", "sealed decisions"),
                    columns: &["Decision", "Sealed", "Judged", "Outcome", "Taken again", "Signature"],
                    rows: html! { @for seal in seals.iter().take(SHOWN) { (row(seal)) } },
                }.write())
                @if more > 0 { p.quiet { (count(more as u64, "more is", "more are")) " in audit.json and below " code { "decisions" } "." } }
            }
        }
    }
}

fn row(seal: &AuditedSealV1) -> Markup {
    let (tone, word) = outcome(seal.outcome);
    html! {
        tr id={ "decision-" (seal.number) } {
            th scope="row" {
                @match seal_path(seal.number) { Ok(path) => { a href=(path) { (seal.number) } }, Err(_) => { (seal.number) } }
                " " (short_hash(seal.digest.as_str()))
            }
            (cell("Sealed", &html! { (moment(&seal.time)) " by " (Outside(&seal.sealer)) }))
            (cell("Judged", &judged(seal)))
            (cell("Outcome", &html! { (badge(tone, word)) @if seal.advisory { " " span.quiet { "(only advised)" } } }))
            (cell("Taken again", &html! { @match seal.standing {
                SealStandingV1::Reproduced => { "the same decision" },
                SealStandingV1::Irreproducible => { span.quiet { (Outside(seal.why.as_deref().unwrap_or("not possible"))) } },
            } }))
            (cell("Signature", &html! { @if seal.signed { "beside the file" } @else { "none" } }))
        }
    }
}

fn judged(seal: &AuditedSealV1) -> Markup {
    let judged = &seal.judged;
    html! {
        @match &judged.environment {
            Some(environment) => { "deployment to " (Outside(environment)) },
            None if judged.requests.len() > 1 => { "batch" },
            None => { "change" },
        }
        @for request in &judged.requests { " " (Outside(&words::request(request))) }
        @if let Some(head) = &judged.head { " at " (short_hash(head.as_str())) }
    }
}

fn outcome(outcome: OutcomeV1) -> (Tone, &'static str) {
    match outcome {
        OutcomeV1::Allow => (Tone::Met, "allow"),
        OutcomeV1::Undetermined => (Tone::Unproven, "undetermined"),
        OutcomeV1::Block => (Tone::Broken, "block"),
    }
}
