//! A round as one page: three numbers, a matrix of repositories and columns, what is wrong in how
//! many of them, and how each repository did over the year.
//!
//! The page is one file that asks for nothing else; its style is in it, and its
//! Content-Security-Policy allows that and nothing more. It needs no script.

use crate::columns::{Column, TABLE};
use crate::groups::{FindingGroup, group_findings};
use crate::round::{RoundCounts, count_items};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use portcullis_model::fleet::{FleetItem, FleetRound, FleetStanding, FleetVerdict};
use portcullis_model::visible::show_hidden;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

mod strip;

const STYLE: &str = include_str!("style.css");

/// So many repositories of a group are named.
const NAMED: usize = 12;

/// How a repository did at the time of a round.
pub type PastVerdicts = Vec<(Timestamp, BTreeMap<String, FleetVerdict>)>;

/// What a page is written from.
#[derive(Clone, Copy, Debug)]
pub struct PageInput<'a> {
    /// The round.
    pub round: &'a FleetRound,
    /// Its repositories, worst first.
    pub items: &'a [FleetItem],
    /// The rounds of the year up to this one, oldest first; empty where none were kept.
    pub past: &'a PastVerdicts,
}

/// Writes the page.
pub fn write_page(input: &PageInput<'_>) -> String {
    let counts = count_items(input.items);
    let title = format!("Fleet of {}", name_scope(input.round));
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(security_policy());
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#matrix" { "Skip to the matrix" }
                header {
                    h1 { (title) }
                    p.quiet {
                        "Round " (input.round.number) ", " (day_and_time(input.round.time)) ", on " (show_hidden(&input.round.scope.host))
                        @if let Some(shard) = &input.round.scope.shard { ", shard " (show_hidden(shard)) }
                    }
                }
                main { (figures(counts)) (unlisted(input.round)) (groups(input.items)) (matrix(input)) (columns()) }
                footer { p { "Written by " (show_hidden(&input.round.tool)) ". This page loads nothing: it is one file, and shows the same without a network." } }
            }
        }
    };
    markup.into_string()
}

/// What the scope is called: the organisation, or the list.
pub fn name_scope(round: &FleetRound) -> String {
    match &round.scope.organisation {
        Some(organisation) => show_hidden(organisation),
        None => "a list of repositories".to_string(),
    }
}

fn security_policy() -> String {
    let digest = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    format!("default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'")
}

fn figures(counts: RoundCounts) -> Markup {
    let RoundCounts { in_scope, looked_at, unknown } = counts;
    html! {
        dl.figures {
            div { dt { "In scope" } dd { (in_scope) } }
            div { dt { "Looked at" } dd { (looked_at) } }
            div { dt { "Unknown" small { "something could not be seen" } } dd { (unknown) } }
        }
    }
}

fn unlisted(round: &FleetRound) -> Markup {
    html! { @if let Some(why) = &round.unlisted {
        p.note.unproven { "The list of repositories may lack some: " (show_hidden(why)) }
    } }
}

fn groups(items: &[FleetItem]) -> Markup {
    let groups = group_findings(items);
    html! {
        section aria-labelledby="findings" {
            h2 id="findings" { "What to do" }
            @if groups.is_empty() { p { "Nothing: every repository meets what is asked of it." } }
            @for group in &groups { (write_group(group)) }
        }
    }
}

fn write_group(group: &FindingGroup<'_>) -> Markup {
    let more = group.repositories.len().saturating_sub(NAMED);
    html! {
        article.finding {
            h3 { (badge(group.verdict)) " " (group.column) ": " (show_hidden(group.reason)) }
            @if let Some(remedy) = group.remedy { p { (show_hidden(remedy)) } }
            p.quiet {
                (group.count()) ": "
                @for (place, name) in group.repositories.iter().take(NAMED).enumerate() {
                    @if place > 0 { ", " } (show_hidden(name))
                }
                @if more > 0 { " and " (more) " more" }
            }
        }
    }
}

fn matrix(input: &PageInput<'_>) -> Markup {
    let has_past = input.past.len() > 1;
    html! {
        section aria-labelledby="matrix" {
            h2 id="matrix" tabindex="-1" { "Repositories" }
            div.scroll role="region" aria-label="Repositories and columns" tabindex="0" {
                table {
                    caption { "How each repository does by each column, worst first, and since when" }
                    thead { tr {
                        th scope="col" { "Repository" }
                        @for column in TABLE { th scope="col" { (column.name) } }
                        @if has_past { th scope="col" { "Rounds of the year" } }
                    } }
                    tbody { @for item in input.items {
                        tr {
                            th scope="row" { (show_hidden(&item.repository)) }
                            @for column in TABLE { td { (cell(item.standing(column.name))) } }
                            @if has_past { td { (strip::write_strip(&item.repository, input.past)) } }
                        }
                    } }
                }
            }
        }
    }
}

fn cell(standing: Option<&FleetStanding>) -> Markup {
    html! { @if let Some(standing) = standing {
        (badge(standing.verdict)) " "
        @if standing.verdict != FleetVerdict::Exempt { span.since { "since " (day(standing.since)) } }
    } }
}

/// A verdict as a word with a sign, so that no colour is needed to tell it.
fn badge(verdict: FleetVerdict) -> Markup {
    let sign = match verdict {
        FleetVerdict::Exempt => "–",
        FleetVerdict::Met => "✓",
        FleetVerdict::Unproven => "?",
        FleetVerdict::Broken => "✗",
    };
    html! { span class={ "badge " (verdict.as_str()) } { span aria-hidden="true" { (sign) " " } (verdict.as_str()) } }
}

fn columns() -> Markup {
    html! {
        section aria-labelledby="columns" {
            h2 id="columns" { "The columns" }
            dl.facts { @for Column { name, about, .. } in TABLE { dt { (name) } dd { (about) } } }
            p { "A verdict is " (badge(FleetVerdict::Met)) " where it holds, " (badge(FleetVerdict::Broken)) " where it does not, "
                (badge(FleetVerdict::Unproven)) " where it could not be seen, and " (badge(FleetVerdict::Exempt)) " where nothing asks for it." }
        }
    }
}

fn day(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d").to_string()
}

fn day_and_time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M UTC").to_string()
}
