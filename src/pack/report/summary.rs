//! The first screen: how the audit ends, its trend, what was waived, what could not be shown.

use super::links::Links;
use super::parts::{self, Table, cell, nothing, number};
use super::text::{Outside, count, day, duration, grouped, show_hidden};
use super::words::{self, badge};
use super::{ReportInput, chart, links};
use maud::{Markup, html};
use portcullis_wire::audit::v1::{AuditPeriodV1, AuditV1, ExceptionV1, TrendPointV1};
use portcullis_wire::pack::v1::PeopleV1;

/// How many lines of a list the first screen shows.
const FIRST: usize = 6;

/// The period in words.
pub(super) fn period_words(period: &AuditPeriodV1) -> String {
    match (&period.since, &period.until, &period.range) {
        (Some(since), Some(until), _) => format!("{} to {}", day(since), day(until)),
        (Some(since), None, _) => format!("from {}", day(since)),
        (None, Some(until), _) => format!("until {}", day(until)),
        (None, None, Some(range)) => show_hidden(range),
        (None, None, None) => "the whole history".to_string(),
    }
}

/// The section.
pub(super) fn section(input: &ReportInput<'_>, links: &Links) -> Markup {
    let audit = input.audit;
    let (tone, heading, sentence) = words::outcome(audit);
    html! {
        section #summary aria-labelledby="summary-h" {
            h2 #summary-h { "Summary" }
            div class={ "verdict " (tone.class()) } {
                span.mark aria-hidden="true" { (tone.mark()) }
                p { strong class=(tone.class()) { (heading) } span.plain { (sentence) } }
            }
            (figures(audit))
            (trend(audit))
            h3 #let-through { "What was waived or could be bypassed" }
            (let_through(audit, links))
            h3 #not-shown { "What could not be shown" }
            (gaps(audit, links))
            (held_of_people(input.people))
        }
    }
}

fn figures(audit: &AuditV1) -> Markup {
    let counts = &audit.counts;
    let watched = audit.protection.iter().filter_map(|branch| branch.longest_unwatched).max();
    html! {
        dl.figures {
            (figure("Landings", &grouped(counts.landings), &count(counts.commits, "commit", "commits")))
            (figure("Deployments", &grouped(counts.deployments), &format!("{} landings not deployed", grouped(counts.never_deployed))))
            (figure("Open exceptions", &grouped(counts.open_exceptions), &format!("of {}", count(counts.exceptions, "exception", "exceptions"))))
            (figure("Waived", &grouped(counts.exceptions - counts.open_exceptions.min(counts.exceptions)), &format!("of {}", count(counts.exceptions, "exception", "exceptions"))))
            (figure("Not shown", &grouped(audit.gaps.len() as u64), &count(counts.undetermined, "landing undetermined", "landings undetermined")))
            @if let Some(watched) = watched {
                (figure("Unwatched", &duration(watched), "longest time between two looks at the protection"))
            }
        }
    }
}

fn figure(name: &str, value: &str, note: &str) -> Markup {
    html! { div { dt { (name) } dd { (value) small { (note) } } } }
}

fn trend(audit: &AuditV1) -> Markup {
    if audit.trend.is_empty() {
        return Markup::default();
    }
    html! {
        h3 #trend { "Landings by month" }
        div.beside {
            figure {
                (chart::trend(&audit.trend, "Landings of each month, by how they came out. The table beside holds the numbers."))
                (chart::legend())
            }
            (Table {
                filter: None,
                compact: true,
                caption: "Landings by month and by how they came out".to_string(),
                columns: &["Month", "Landings#", "Met#", "Waived#", "Not shown#", "Not met#", "Deployed#"],
                rows: html! { @for point in &audit.trend { (trend_row(point)) } },
            }.write())
        }
    }
}

fn trend_row(point: &TrendPointV1) -> Markup {
    html! {
        tr {
            th scope="row" {
                @if point.landings > 0 { a href=(links::month_page(&point.month)) { (point.month) } } @else { (point.month) }
            }
            (number("Landings", point.landings)) (number("Met", point.allowed)) (number("Waived", point.waived))
            (number("Not shown", point.undetermined)) (number("Not met", point.blocked)) (number("Deployed", point.deployments))
        }
    }
}

fn let_through(audit: &AuditV1, links: &Links) -> Markup {
    let through: Vec<&ExceptionV1> =
        audit.exceptions.iter().filter(|exception| !exception.let_through.is_empty()).collect();
    if through.is_empty() {
        return nothing("No exception has a waiver or a known way round the rule.");
    }
    let more = through.len().saturating_sub(FIRST);
    html! {
        (Table {
            filter: None,
            compact: false,
            caption: "Exceptions with a waiver, or with a known way round the rule".to_string(),
            columns: &["Item", "What was not met", "By whom, and how", "Afterwards"],
            rows: html! { @for exception in through.iter().take(FIRST) { (through_row(audit, exception, links)) } },
        }.write())
        @if more > 0 { p { a href="#exceptions" { (count(more as u64, "more is among the exceptions", "more are among the exceptions")) } "." } }
    }
}

fn through_row(audit: &AuditV1, exception: &ExceptionV1, links: &Links) -> Markup {
    let (tone, word) = words::standing(exception.standing);
    html! {
        tr {
            th scope="row" { (links.item(&exception.item, 0)) " " (badge(tone, word)) }
            (cell("Not met", &html! { code { (exception.control) } ": " (Outside(&exception.finding.reason)) }))
            (cell("By", &html! { (passages(audit, exception)) }))
            (cell("Afterwards", &html! { (words::follow_up(exception.follow_up)) }))
        }
    }
}

/// What an exception passed by, with the reason that a waiver gives.
pub(super) fn passages(audit: &AuditV1, exception: &ExceptionV1) -> Markup {
    html! {
        ul.plain {
            @for passage in &exception.let_through {
                li {
                    @if let Some(who) = &passage.who { strong { (Outside(who)) } ", " }
                    (words::passed_by(passage.by)) " " (Outside(&passage.what))
                    @if let Some(waiver) = audit.waivers.iter().find(|waiver| passage.what == waiver.id) {
                        ": “" (Outside(&waiver.reason)) "”"
                    }
                }
            }
        }
    }
}

fn gaps(audit: &AuditV1, links: &Links) -> Markup {
    if audit.gaps.is_empty() {
        return nothing(
            "Everything that was asked could be shown. The section on limits says what no audit of this kind shows.",
        );
    }
    html! {
        (Table {
            filter: Some("gaps"),
            compact: false,
            caption: "What could not be shown".to_string(),
            columns: &["What", "Why", "Items", "What to do"],
            rows: html! {
                @for gap in &audit.gaps {
                    tr {
                        th scope="row" { (Outside(&gap.what)) }
                        (cell("Why", &html! { (Outside(&gap.why)) }))
                        (cell("Items", &html! {
                            @if gap.items == 0 { "the whole" } @else { (grouped(gap.items)) ": " (parts::items(&gap.first_items, 3, links, 0)) }
                        }))
                        (cell("What to do", &html! { @if let Some(remedy) = &gap.remedy { (Outside(remedy)) } }))
                    }
                }
            },
        }.write())
    }
}

fn held_of_people(people: PeopleV1) -> Markup {
    html! {
        div.note #people-held {
            h3 { "What this pack holds of people" }
            @match people {
                PeopleV1::Logins => {
                    p { "It names people by the logins of their accounts, with what each wrote, approved and deployed, and when. It holds no e-mail addresses, no names from commits, no output of tests and no source code." }
                },
                PeopleV1::Pseudonyms => {
                    p { "It names people by pseudonyms. The same person has the same pseudonym everywhere in it, with what each wrote, approved and deployed, and when. The person who holds the key can map them back; the key is not in the pack. It holds no e-mail addresses, no output of tests and no source code." }
                },
            }
            p { "Titles, reasons and names of branches are as people wrote them and can name a person." }
        }
    }
}
