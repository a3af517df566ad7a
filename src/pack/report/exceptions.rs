//! The exceptions, grouped by control.

use super::ReportInput;
use super::links::Links;
use super::parts::{self, Table, cell, nothing, number};
use super::population::PageWriter;
use super::shell::Page;
use super::text::{Outside, count};
use super::words::{self, badge};
use maud::{Markup, html};
use portcullis_wire::audit::v1::{AuditV1, ExceptionStandingV1, ExceptionV1};

/// How many exceptions of a control the first page shows.
const FIRST: usize = 5;

/// The section.
pub(super) fn section(input: &ReportInput<'_>, links: &Links) -> Markup {
    let audit = input.audit;
    html! {
        section #exceptions aria-labelledby="exceptions-h" {
            h2 #exceptions-h { "Exceptions" }
            @if audit.exceptions.is_empty() { (nothing("There are no exceptions.")) } @else {
                p { "Each exception is a requirement that an item did not meet. Open means that no one entitled to has waived it, or that its review afterwards is overdue." }
                (overview(audit, links))
                @for control in links.controls().keys() { (control_part(audit, control, links)) }
            }
        }
    }
}

fn of_control<'a>(audit: &'a AuditV1, control: &'a str) -> impl Iterator<Item = &'a ExceptionV1> {
    audit.exceptions.iter().filter(move |exception| exception.control == control)
}

fn overview(audit: &AuditV1, links: &Links) -> Markup {
    let open = |control: &str| {
        of_control(audit, control).filter(|exception| exception.standing == ExceptionStandingV1::Open).count()
            as u64
    };
    (Table {
        filter: None,
        compact: true,
        caption: "Exceptions by control".to_string(),
        columns: &["Control", "Exceptions#", "Open#", "Waived#"],
        rows: html! {
            @for (control, page) in links.controls() {
                @let all = of_control(audit, control).count() as u64;
                tr {
                    th scope="row" { a href=(page) { code { (control) } } }
                    (number("Exceptions", all)) (number("Open", open(control))) (number("Waived", all - open(control)))
                }
            }
        },
    })
    .write()
}

fn control_part(audit: &AuditV1, control: &str, links: &Links) -> Markup {
    let all: Vec<&ExceptionV1> = of_control(audit, control).collect();
    html! {
        h3 id={ "exceptions-" (control) } { code { (control) } " " span.quiet { "(" (count(all.len() as u64, "exception", "exceptions")) ")" } }
        (exceptions_table(audit, &all[..all.len().min(FIRST)], links, 0, None))
        @if let (true, Some(page)) = (all.len() > FIRST, links.control(control)) {
            p { a href=(page) { "All " (count(all.len() as u64, "exception", "exceptions")) " of this control" } }
        }
    }
}

fn exceptions_table(
    audit: &AuditV1,
    exceptions: &[&ExceptionV1],
    links: &Links,
    depth: usize,
    filter: Option<&str>,
) -> Markup {
    let caption =
        exceptions.first().map_or_else(String::new, |first| format!("Exceptions of {}", first.control));
    Table {
        filter,
        compact: false,
        caption,
        columns: &["Item", "Standing", "What was found", "Passed by", "Afterwards"],
        rows: html! { @for exception in exceptions { (row(audit, exception, links, depth)) } },
    }
    .write()
}

fn row(audit: &AuditV1, exception: &ExceptionV1, links: &Links, depth: usize) -> Markup {
    let (tone, word) = words::standing(exception.standing);
    html! {
        tr {
            th scope="row" { (links.item(&exception.item, depth)) }
            (cell("Standing", &badge(tone, word)))
            (cell("Found", &html! { (Outside(&exception.finding.reason)) }))
            (cell("Passed by", &html! {
                @if exception.let_through.is_empty() { span.quiet { "not known" } } @else { (super::summary::passages(audit, exception)) }
            }))
            (cell("Afterwards", &html! { (words::follow_up(exception.follow_up)) }))
        }
    }
}

/// A page for each control.
pub(super) fn pages<'a>(input: &'a ReportInput<'a>, links: &'a Links) -> Vec<PageWriter<'a>> {
    let page = |(control, path): (&'a String, &crate::ItemPath)| {
        let write: Box<dyn FnOnce() -> String> = Box::new(move || control_text(input, links, control));
        (path.clone(), write)
    };
    links.controls().iter().map(page).collect()
}

fn control_text(input: &ReportInput<'_>, links: &Links, control: &str) -> String {
    let all: Vec<&ExceptionV1> = of_control(input.audit, control).collect();
    let findings: Vec<_> = all.iter().take(MOST_IN_FULL).collect();
    let body = html! {
        section aria-label="Exceptions" {
            p { a href={ "../index.html#exceptions-" (control) } { "Back to the audit" } }
            (exceptions_table(input.audit, &all, links, 1, Some("exceptions")))
            h2 { "In full" }
            @for exception in &findings {
                h3 { (links.item(&exception.item, 1)) }
                (parts::finding(&exception.finding))
            }
            @if all.len() > findings.len() { p.quiet { "The first " (findings.len()) " are shown in full here; the pages of the landings and audit.json hold all." } }
        }
    };
    let title = format!("Exceptions of {control}");
    let eyebrow = html! { "Change audit of " (Outside(input.audit.title.repository.as_deref().unwrap_or("a repository"))) };
    Page { title, eyebrow, below: Markup::default(), depth: 1, contents: &[], body }.write(input)
}

/// How many exceptions a page shows in full.
const MOST_IN_FULL: usize = 200;
