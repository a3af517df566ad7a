//! Who had which duty, and training.

use super::ReportInput;
use super::links::Links;
use super::parts::{self, Table, cell, nothing, number};
use super::text::{Outside, count};
use super::words::{self, badge};
use maud::{Markup, html};
use portcullis_wire::audit::v1::{AuditV1, AuditedPersonV1, DutyConflictV1};
use portcullis_wire::decision::v1::FindingV1;

/// How many conflicts the page lists.
const FIRST: usize = 100;

/// The section on duties.
pub(super) fn duties(input: &ReportInput<'_>, links: &Links) -> Markup {
    let audit = input.audit;
    html! {
        section #duties aria-labelledby="duties-h" {
            h2 #duties-h { "Segregation of duties" }
            (people_table(audit))
            h3 { "Two duties for one item" }
            p { "Listed whether the policy allows it or not." }
            @if audit.conflicts.is_empty() { (nothing("No one had two duties for one item.")) } @else { (conflicts(&audit.conflicts, links)) }
        }
    }
}

fn people_table(audit: &AuditV1) -> Markup {
    if audit.people.is_empty() {
        return nothing("No person is known in the period.");
    }
    Table {
        filter: Some("people"),
        compact: false,
        caption: "People of the period and their duties".to_string(),
        columns: &["Person", "Wrote#", "Approved#", "Deployed#", "Granted waivers#", "Administers", "Roles"],
        rows: html! { @for person in &audit.people { (person_row(person)) } },
    }
    .write()
}

fn person_row(person: &AuditedPersonV1) -> Markup {
    html! {
        tr {
            th scope="row" { (Outside(&person.who)) }
            (number("Wrote", person.wrote)) (number("Approved", person.approved)) (number("Deployed", person.deployed))
            (number("Granted waivers", person.waived))
            (cell("Administers", &html! {
                @match person.administers { Some(true) => "yes", Some(false) => "no", None => { span.quiet { "could not be seen" } } }
            }))
            (cell("Roles", &html! { @if person.roles.is_empty() { span.quiet { "none" } } @else { (parts::names(&person.roles)) } }))
        }
    }
}

fn conflicts(conflicts: &[DutyConflictV1], links: &Links) -> Markup {
    let more = conflicts.len().saturating_sub(FIRST);
    html! {
        (Table {
            filter: Some("duties"),
            compact: false,
            caption: count(conflicts.len() as u64, "case of two duties", "cases of two duties"),
            columns: &["Person", "Item", "Duties"],
            rows: html! {
                @for conflict in conflicts.iter().take(FIRST) {
                    tr {
                        th scope="row" { (Outside(&conflict.who)) }
                        (cell("Item", &links.item(&conflict.item, 0)))
                        (cell("Duties", &html! { @for (at, duty) in conflict.duties.iter().enumerate() { @if at > 0 { ", " } (words::duty(*duty)) } }))
                    }
                }
            },
        }.write())
        @if more > 0 { p.quiet { (count(more as u64, "more is in audit.json", "more are in audit.json")) } }
    }
}

/// The section on training.
pub(super) fn training(input: &ReportInput<'_>) -> Markup {
    let trained: Vec<_> = input.audit.people.iter().filter(|person| !person.training.is_empty()).collect();
    html! {
        section #training aria-labelledby="training-h" {
            h2 #training-h { "People and training" }
            @if trained.is_empty() { (nothing("No control of training was in force in the period, so nothing is said of anyone's training.")) } @else {
                p { "The newest finding of each kind that names a person. A person who is not listed took no part that asked for training; that is no statement about them." }
                (Table {
                    filter: Some("training"),
                    compact: false,
                    caption: "What controls of training found".to_string(),
                    columns: &["Person", "What it says of them", "Where", "Requirement there"],
                    rows: html! { @for person in trained { @for finding in &person.training { (training_row(&person.who, finding)) } } },
                }.write())
            }
        }
    }
}

fn training_row(who: &str, finding: &FindingV1) -> Markup {
    let (tone, word) = words::verdict(finding.verdict);
    let said =
        if finding.details.is_empty() { std::slice::from_ref(&finding.reason) } else { &finding.details[..] };
    html! {
        tr {
            th scope="row" { (Outside(who)) }
            (cell("What it says of them", &html! { ul.plain { @for sentence in said { li { (Outside(sentence)) } } } }))
            (cell("Where", &html! { (Outside(&finding.subject.name)) }))
            (cell("Requirement there", &badge(tone, word)))
        }
    }
}
