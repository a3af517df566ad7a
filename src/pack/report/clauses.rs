//! What each control found, and the clauses that it gives evidence for.

use super::ReportInput;
use super::links::Links;
use super::parts::{Table, cell, nothing, number};
use super::text::{Outside, count, moment_or, short_hash};
use maud::{Markup, html};
use portcullis_wire::audit::v1::{AuditedControlV1, PolicyInForceV1};

/// The section.
pub(super) fn section(input: &ReportInput<'_>, links: &Links) -> Markup {
    let audit = input.audit;
    html! {
        section #controls aria-labelledby="controls-h" {
            h2 #controls-h { "Controls, policies and clauses" }
            p { "A clause that is named here is served by evidence in this pack. That is not a statement that anyone complies with it." }
            (Table {
                filter: Some("controls"),
                compact: false,
                caption: "What each control found in the period".to_string(),
                columns: &["Control", "Met#", "Not met#", "Not shown#", "Waived#", "Exempt#", "Served by evidence"],
                rows: html! { @for control in &audit.controls { (control_row(control, links)) } },
            }.write())
            h3 { "Policies in force" }
            @if audit.title.policies.is_empty() { (nothing("No policy was in force for a landing of the period.")) } @else {
                (Table {
                    filter: None,
                    compact: false,
                    caption: "Policies in force, oldest first".to_string(),
                    columns: &["Policy", "Branch", "From", "First landing", "Last landing", "Landings#"],
                    rows: html! { @for policy in &audit.title.policies { (policy_row(policy)) } },
                }.write())
            }
        }
    }
}

fn control_row(control: &AuditedControlV1, links: &Links) -> Markup {
    html! {
        tr id={ "control-" (control.control) } {
            th scope="row" { @match links.control(&control.control) { Some(page) => { a href=(page) { code { (control.control) } } }, None => { code { (control.control) } } } }
            (number("Met", control.met)) (number("Not met", control.broken)) (number("Not shown", control.unproven))
            (number("Waived", control.waived)) (number("Exempt", control.exempt))
            (cell("Served by evidence", &clauses_of(control)))
        }
    }
}

/// The clauses of a control, behind a line that says how many there are.
fn clauses_of(control: &AuditedControlV1) -> Markup {
    html! {
        @if control.clauses.is_empty() { span.quiet { "none named" } } @else {
            details {
                summary { (count(control.clauses.len() as u64, "clause", "clauses")) }
                ul.plain { @for clause in &control.clauses { li { (Outside(clause)) } } }
            }
        }
    }
}

fn policy_row(policy: &PolicyInForceV1) -> Markup {
    html! {
        tr {
            th scope="row" {
                @match &policy.digest { Some(digest) => { (short_hash(digest.as_str())) }, None => "no policy" }
                @if let Some(problem) = &policy.problem { " " span.quiet { (Outside(problem)) } }
            }
            (cell("Branch", &html! { (Outside(&policy.branch)) }))
            (cell("From", &short_hash(policy.from.as_str())))
            (cell("First landing", &moment_or(policy.since.as_deref(), "not known")))
            (cell("Last landing", &moment_or(policy.until.as_deref(), "not known")))
            (number("Landings", policy.landings))
        }
    }
}
