//! Parts that several pages use.

use super::links::Links;
use super::text::{Outside, count, grouped};
use super::words::{self, badge};
use maud::{Markup, html};
use portcullis_wire::audit::v1::AuditedTimeV1;
use portcullis_wire::decision::v1::FindingV1;

/// A table: its caption, its columns and its rows. Rows are `tr` elements.
pub(super) struct Table<'a> {
    /// The name of its filter; none where it has no filter.
    pub(super) filter: Option<&'a str>,
    /// Is it a small table of numbers, which narrow screens show as a table too?
    pub(super) compact: bool,
    /// What it shows.
    pub(super) caption: String,
    /// The heads of its columns; a name that ends with `#` is of a column of numbers.
    pub(super) columns: &'a [&'a str],
    /// Its rows.
    pub(super) rows: Markup,
}

impl Table<'_> {
    pub(super) fn write(self) -> Markup {
        html! {
            div.scroll role="region" aria-label=(self.caption) tabindex="0" {
                table class=(if self.compact { "compact" } else { "stack" }) data-filter=[self.filter] {
                    caption { (self.caption) }
                    thead { tr {
                        @for column in self.columns {
                            @match column.strip_suffix('#') {
                                Some(name) => { th.number scope="col" { (name) } },
                                None => { th scope="col" { (column) } },
                            }
                        }
                    } }
                    tbody { (self.rows) }
                }
            }
        }
    }
}

/// A cell with the head of its column, which narrow screens show beside it.
pub(super) fn cell(label: &str, content: &Markup) -> Markup {
    html! { td data-label=(label) { (content) } }
}

/// A cell with a number.
pub(super) fn number(label: &str, number: u64) -> Markup {
    html! { td.number data-label=(label) { (grouped(number)) } }
}

/// A moment with its source.
pub(super) fn time(time: &AuditedTimeV1) -> Markup {
    html! {
        (super::text::moment_or(time.at.as_deref(), "not known"))
        @if time.at.is_some() { " " span.quiet { (words::time_source(time.source)) } }
    }
}

/// What a control found, with its reason, what it rests on and what to do.
pub(super) fn finding(finding: &FindingV1) -> Markup {
    let (tone, word) = words::verdict(finding.verdict);
    html! {
        div.finding {
            h3 { (badge(tone, word)) " " code { (finding.control) } ", " (words::subject_kind(finding.subject.kind)) " " (Outside(&finding.subject.name)) }
            p { (Outside(&finding.reason)) }
            @if let Some(place) = &finding.place {
                p.quiet { "At " code { (Outside(place.path.as_str())) @if let Some(line) = place.line { ":" (line) } } }
            }
            (details(&finding.details))
            @if let Some(remedy) = &finding.remedy { p { strong { "What to do: " } (Outside(remedy)) } }
        }
    }
}

/// What a finding rests on: all of it up to this many lines.
const MOST_DETAILS: usize = 20;

fn details(details: &[String]) -> Markup {
    let more = details.len().saturating_sub(MOST_DETAILS);
    html! {
        @if !details.is_empty() {
            ul {
                @for detail in details.iter().take(MOST_DETAILS) { li { (Outside(detail)) } }
                @if more > 0 { li.quiet { (count(more as u64, "more line is in audit.json", "more lines are in audit.json")) } }
            }
        }
    }
}

/// Logins, separated by commas.
pub(super) fn names(names: &[String]) -> Markup {
    html! {
        @if names.is_empty() { span.quiet { "no one known" } }
        @for (at, name) in names.iter().enumerate() { @if at > 0 { ", " } (Outside(name)) }
    }
}

/// Links to the first items, and how many more there are.
pub(super) fn items(ids: &[String], most: usize, links: &Links, depth: usize) -> Markup {
    let more = ids.len().saturating_sub(most);
    html! {
        @for (at, id) in ids.iter().take(most).enumerate() { @if at > 0 { ", " } (links.item(id, depth)) }
        @if more > 0 { " and " (count(more as u64, "more", "more")) }
    }
}

/// A sentence where there is nothing to list.
pub(super) fn nothing(sentence: &str) -> Markup {
    html! { p.quiet { (sentence) } }
}
