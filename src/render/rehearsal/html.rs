//! A rehearsal as a page: one file that loads nothing, needs no script, and can be printed.

use super::{
    GIT_ALONE, NO_DECISION, day_of, describe_change, describe_effect, describe_facts, describe_past,
    describe_policy, find_landing, headline, is_git_alone, outcome_word, short_id, verdict_word,
};
use crate::plural;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use portcullis_model::visible::show_hidden;
use portcullis_pack::report::STYLE;
use portcullis_wire::decision::v1::{FindingV1, OutcomeV1, VerdictV1};
use portcullis_wire::rehearsal::v1::{RehearsalV1, RehearsedCountsV1, RehearsedLandingV1};
use sha2::{Digest, Sha256};

/// The anchors of the sections, and their titles.
const CONTENTS: [(&str, &str); 8] = [
    ("outcomes", "Outcomes"),
    ("controls", "By control"),
    ("areas", "By area"),
    ("telling", "Most telling"),
    ("settings", "One other setting"),
    ("changes", "The other policy"),
    ("landings", "Every landing"),
    ("limits", "What this does not show"),
];

/// The whole file.
pub fn write_page(rehearsal: &RehearsalV1) -> String {
    let title = format!("Rehearsal: {}", show_hidden(&rehearsal.project));
    let digest = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    let policy =
        format!("default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'");
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                meta name="color-scheme" content="light dark";
                meta name="generator" content=(rehearsal.program);
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#content" { "Skip to the content" }
                header.top { div { p.eyebrow { (NO_DECISION) } h1 { (title) } (head_facts(rehearsal)) } }
                div.frame {
                    (contents(rehearsal))
                    main id="content" tabindex="-1" { (sections(rehearsal)) }
                }
                footer { div { p {
                    "Written by " (rehearsal.program) " as of " (rehearsal.past.as_of)
                    ". This page loads nothing: it is one file, and shows the same without a network."
                } } }
            }
        }
    };
    page.into_string()
}

/// Text that people outside chose: what a reader would not see is shown as its escape, and its
/// direction does not reach the text around it.
fn outside(text: &str) -> Markup {
    html! { bdi { (show_hidden(text)) } }
}

fn head_facts(rehearsal: &RehearsalV1) -> Markup {
    let fact = |name: &str, value: &str| html! { div { dt { (name) } dd { (show_hidden(value)) } } };
    html! {
        dl.facts {
            (fact("Policy", &describe_policy(&rehearsal.policy)))
            @if let Some(other) = &rehearsal.other { (fact("Compared with", &describe_policy(other))) }
            (fact("Past", &describe_past(rehearsal)))
            (fact("Facts", &describe_facts(rehearsal)))
        }
    }
}

fn contents(rehearsal: &RehearsalV1) -> Markup {
    let shown = CONTENTS.iter().filter(|(anchor, _)| *anchor != "changes" || rehearsal.other.is_some());
    html! {
        nav.contents aria-label="Contents" {
            ol { @for (anchor, title) in shown { li { a href={ "#" (anchor) } { (title) } } } }
        }
    }
}

fn sections(rehearsal: &RehearsalV1) -> Markup {
    html! {
        (section("outcomes", "Outcomes", outcomes(rehearsal)))
        (section("controls", "By control", controls(rehearsal)))
        (section("areas", "By area", areas(rehearsal)))
        (section("telling", "Most telling", telling(rehearsal)))
        (section("settings", "What one other setting would change", settings(rehearsal)))
        @if rehearsal.other.is_some() { (section("changes", "What the other policy changes", changes(rehearsal))) }
        (section("landings", "Every landing", landings(rehearsal)))
        (section("limits", "What this does not show", limits(rehearsal)))
    }
}

fn section(anchor: &str, title: &str, body: Markup) -> Markup {
    html! { section id=(anchor) { h2 { (title) } (body) } }
}

/// The class of the style sheet for an outcome.
fn class_of(outcome: OutcomeV1) -> &'static str {
    match outcome {
        OutcomeV1::Allow => "met",
        OutcomeV1::Undetermined => "unproven",
        OutcomeV1::Block => "broken",
    }
}

fn badge(outcome: OutcomeV1) -> Markup {
    html! { span class={ "badge " (class_of(outcome)) } { (outcome_word(outcome)) } }
}

fn outcomes(rehearsal: &RehearsalV1) -> Markup {
    let mark = match rehearsal.outcome {
        OutcomeV1::Allow => "✓",
        OutcomeV1::Undetermined => "?",
        OutcomeV1::Block => "✕",
    };
    html! {
        div class={ "verdict " (class_of(rehearsal.outcome)) } {
            span.mark aria-hidden="true" { (mark) }
            p { strong { (headline(rehearsal)) } span.plain { (NO_DECISION) } }
        }
        (figures(rehearsal.counts))
        @if let Some(counts) = rehearsal.other_counts { h3 { "By the other policy" } (figures(counts)) }
    }
}

fn figures(counts: RehearsedCountsV1) -> Markup {
    let figure = |name: &str, count: u64| html! { div { dt { (name) } dd { (count) } } };
    html! {
        dl.figures {
            (figure("landings", counts.landings))
            (figure("allowed", counts.allowed))
            (figure("undetermined", counts.undetermined))
            (figure("blocked", counts.blocked))
        }
    }
}

/// A table whose cells keep the names of their columns on a narrow screen.
fn table(caption: &str, columns: &[&str], rows: &[(Markup, Vec<Markup>)]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(caption) {
            table.stack {
                caption { (caption) }
                thead { tr { @for column in columns { th scope="col" { (column) } } } }
                tbody {
                    @for (name, cells) in rows {
                        tr {
                            th scope="row" { (name) }
                            @for (cell, column) in cells.iter().zip(columns.iter().skip(1)) {
                                td data-label=(column) { (cell) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn number(count: u64) -> Markup {
    html! { (count) }
}

fn controls(rehearsal: &RehearsalV1) -> Markup {
    if is_git_alone(rehearsal) {
        return html! { p { (GIT_ALONE) } };
    }
    let asked = rehearsal.controls.iter().filter(|one| one.asked);
    let rows: Vec<_> = asked
        .map(|one| {
            let cells = [one.broken, one.unproven, one.waived, one.met].map(number);
            (html! { code { (one.control) } }, cells.to_vec())
        })
        .collect();
    let others: Vec<&str> =
        rehearsal.controls.iter().filter(|one| !one.asked).map(|one| one.control.as_str()).collect();
    html! {
        (table("Landings by the worst finding of each control", &["control", "broken", "unproven", "waived", "met"], &rows))
        @if !others.is_empty() { p.quiet { "Not asked of single landings: " (others.join(", ")) "." } }
    }
}

fn areas(rehearsal: &RehearsalV1) -> Markup {
    let rows: Vec<_> = rehearsal
        .areas
        .iter()
        .map(|one| {
            let counts = one.counts;
            let cells = [counts.landings, counts.blocked, counts.undetermined, counts.allowed].map(number);
            (outside(&one.area), cells.to_vec())
        })
        .collect();
    table("Landings that touch each area", &["area", "landings", "blocked", "undetermined", "allowed"], &rows)
}

fn telling(rehearsal: &RehearsalV1) -> Markup {
    if is_git_alone(rehearsal) {
        return html! { p { (GIT_ALONE) } };
    }
    let chosen = rehearsal.telling.iter().filter_map(|id| find_landing(rehearsal, id));
    html! {
        @if rehearsal.telling.is_empty() { p { "Every landing would have been allowed." } }
        @for landing in chosen {
            article.finding {
                h3 { (badge(landing.outcome)) " " (outside(&landing.subject)) }
                p.quiet { code { (short_id(&landing.id)) } ", " (day_of(landing)) (request_words(landing)) }
                (findings(&landing.findings))
            }
        }
    }
}

fn request_words(landing: &RehearsedLandingV1) -> String {
    match landing.requests.as_deref() {
        None => String::new(),
        Some([]) => ", no request".to_string(),
        Some(requests) => format!(", request {}", show_hidden(&requests.join(", "))),
    }
}

fn findings(all: &[FindingV1]) -> Markup {
    html! {
        ul { @for found in all {
            li {
                span class={ "badge " (verdict_class(found.verdict)) } { (verdict_word(found.verdict)) }
                " " code { (found.control) } ": " (outside(&found.reason))
                @if let Some(remedy) = &found.remedy { ". " span.quiet { (outside(remedy)) } }
            }
        } }
    }
}

fn verdict_class(verdict: VerdictV1) -> &'static str {
    match verdict {
        VerdictV1::Broken => "broken",
        VerdictV1::Unproven => "unproven",
        VerdictV1::Waived | VerdictV1::Noted => "waived",
        VerdictV1::Met | VerdictV1::Exempt => "met",
    }
}

fn settings(rehearsal: &RehearsalV1) -> Markup {
    let rows: Vec<_> = rehearsal
        .settings
        .iter()
        .map(|one| {
            let line = one.line.map_or_else(String::new, |line| line.to_string());
            let cells = vec![html! { (line) }, number(one.changed), html! { (describe_effect(one)) }];
            (html! { code { (show_hidden(&describe_change(one))) } }, cells)
        })
        .collect();
    let tried = plural(rehearsal.settings_tried, "setting");
    html! {
        p { (tried) " tried, one at a time. Every landing was judged again with each." }
        @if rows.is_empty() { p { "Every outcome stayed what it is." } } @else {
            (table("Settings that change most", &["setting", "line", "landings otherwise", "then"], &rows))
        }
    }
}

fn changes(rehearsal: &RehearsalV1) -> Markup {
    html! {
        @if rehearsal.changes.is_empty() { p { "Nothing: every landing has the same outcome by both." } }
        @for change in &rehearsal.changes {
            article.finding {
                h3 {
                    (badge(change.before)) ", then " (badge(change.after)) " "
                    @if let Some(landing) = find_landing(rehearsal, &change.id) { (outside(&landing.subject)) }
                }
                p.quiet { code { (short_id(&change.id)) } }
                @if !change.removed.is_empty() { p { "Only by the policy:" } (findings(&change.removed)) }
                @if !change.added.is_empty() { p { "Only by the other:" } (findings(&change.added)) }
            }
        }
    }
}

fn landings(rehearsal: &RehearsalV1) -> Markup {
    let row = |landing: &RehearsedLandingV1| {
        let areas = landing.areas.as_ref().map_or_else(|| "unknown".to_string(), |areas| areas.join(", "));
        let stops = landing.findings.iter().filter(|one| one.verdict == VerdictV1::Broken);
        let mut controls: Vec<&str> = stops.map(|one| one.control.as_str()).collect();
        controls.dedup();
        let cells = vec![
            html! { (day_of(landing)) },
            badge(landing.outcome),
            outside(&landing.subject),
            html! { (show_hidden(&areas)) },
            html! { (controls.join(", ")) },
        ];
        (html! { code { (short_id(&landing.id)) } }, cells)
    };
    let rows: Vec<_> = rehearsal.landings.iter().map(row).collect();
    table("Every landing, oldest first", &["landing", "day", "outcome", "subject", "areas", "broken"], &rows)
}

fn limits(rehearsal: &RehearsalV1) -> Markup {
    html! {
        @if !rehearsal.gaps.is_empty() {
            h3 { "Could not be seen" }
            ul { @for gap in &rehearsal.gaps {
                li {
                    (outside(&gap.what)) ": " (outside(&gap.why))
                    @if gap.items > 0 { " (" (plural(gap.items, "landing")) ")" }
                }
            } }
        }
        ul { @for limit in &rehearsal.limits { li { (limit) } } }
    }
}
