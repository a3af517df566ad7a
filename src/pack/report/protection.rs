//! What protected each branch over time: a bar for each requirement, with its lapses.

use super::links::Links;
use super::parts::{self, Table, cell, nothing};
use super::text::{Outside, count, day, duration, moment, moment_or};
use super::words::{self, badge};
use super::{ReportInput, chart};
use crate::places::snapshot_folder;
use maud::{Markup, html};
use portcullis_wire::audit::v1::{
    AuditPeriodV1, LapseV1, ProtectedBranchV1, ProtectionStateV1, RequirementOverTimeV1,
};

/// The section.
pub(super) fn section(input: &ReportInput<'_>, links: &Links) -> Markup {
    let branches = &input.audit.protection;
    html! {
        section #protection aria-labelledby="protection-h" {
            h2 #protection-h { "Protection over time" }
            p { "Protection is known at each look, and claimed only between two looks that agree. A bar of full height: it held. Lower: it was weaker, hidden or off. Without colour: between two looks that differ, or before the first one." }
            @if branches.is_empty() { (nothing("No look at the protection of a branch is known.")) }
            @for branch in branches { (branch_part(branch, &input.audit.title.period, links)) }
        }
    }
}

fn branch_part(branch: &ProtectedBranchV1, period: &AuditPeriodV1, links: &Links) -> Markup {
    let Some((from, to)) = bounds(branch, period) else {
        return html! { h3 { "Branch " (Outside(&branch.branch)) } (nothing("No one looked at its protection in the period.")) };
    };
    let unseen = branch.looks.iter().filter(|look| look.unseen.is_some()).count();
    html! {
        h3 { "Branch " (Outside(&branch.branch)) }
        p {
            (count(branch.looks.len() as u64, "look", "looks")) " from " (day_of(from)) " to " (day_of(to))
            @if unseen > 0 { ", of which " (unseen) " saw nothing" }
            @if let Some(longest) = branch.longest_unwatched { ". The longest time without a look is " (duration(longest)) } "."
            @if let Some(snapshots) = &branch.snapshots { " " (count(snapshots.count, "snapshot is", "snapshots are")) " below " code { (snapshot_folder(&branch.branch)) } ": each names the SHA-256 of the one before it." }
        }
        (Table {
            filter: None,
            compact: false,
            caption: format!("Requirements on {} from {} to {}", super::text::show_hidden(&branch.branch), day_of(from), day_of(to)),
            columns: &["Requirement", "Over the period", "Now", "Held since", "Lapses"],
            rows: html! { @for requirement in &branch.requirements { (row(requirement, from, to)) } },
        }.write())
        (lapses(branch, links))
    }
}

/// The first and the last second that the bars show.
fn bounds(branch: &ProtectedBranchV1, period: &AuditPeriodV1) -> Option<(i64, i64)> {
    let second = |text: &str| text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second);
    let looks: Vec<i64> = branch.looks.iter().filter_map(|look| second(&look.at)).collect();
    let from = period.since.as_deref().and_then(second).or_else(|| looks.first().copied())?;
    let to = period.until.as_deref().and_then(second).or_else(|| looks.last().copied())?;
    (!looks.is_empty()).then_some((from, to))
}

fn day_of(second: i64) -> String {
    jiff::Timestamp::from_second(second).map_or_else(|_| String::new(), |moment| day(&moment.to_string()))
}

fn row(requirement: &RequirementOverTimeV1, from: i64, to: i64) -> Markup {
    let last = requirement.spans.last().map(|span| span.state);
    let label = format!("{}: {}", requirement.requirement, spans_in_words(requirement));
    html! {
        tr {
            th scope="row" { code { (requirement.requirement) } }
            td.bar { (chart::protection(requirement, from, to, &label)) }
            (cell("At the last look", &html! { @match last { Some(state) => { (state_badge(state)) }, None => { span.quiet { "never seen" } } } }))
            (cell("Held since", &moment_or(requirement.since.as_deref(), "does not hold")))
            (cell("Lapses", &html! { @if requirement.lapses.is_empty() { "none seen" } @else { (requirement.lapses.len()) } }))
        }
    }
}

fn state_badge(state: ProtectionStateV1) -> Markup {
    let (tone, word) = words::protection(state);
    badge(tone, word)
}

fn spans_in_words(requirement: &RequirementOverTimeV1) -> String {
    let words: Vec<String> = requirement
        .spans
        .iter()
        .map(|span| {
            format!("{} from {} to {}", words::protection(span.state).1, day(&span.from), day(&span.to))
        })
        .collect();
    words.join("; ")
}

fn lapses(branch: &ProtectedBranchV1, links: &Links) -> Markup {
    let lapses: Vec<(&str, &LapseV1)> = branch
        .requirements
        .iter()
        .flat_map(|requirement| {
            requirement.lapses.iter().map(|lapse| (requirement.requirement.as_str(), lapse))
        })
        .collect();
    if lapses.is_empty() {
        return nothing("No lapse was seen.");
    }
    Table {
        filter: Some("lapses"),
        compact: false,
        caption: "Lapses, and the landings that may have come in meanwhile".to_string(),
        columns: &["Requirement", "State", "After", "Before", "Landings", "Areas"],
        rows: html! {
            @for (requirement, lapse) in lapses {
                tr {
                    th scope="row" { code { (requirement) } }
                    (cell("State", &state_badge(lapse.state)))
                    (cell("After", &lapse.after.as_deref().map_or_else(|| html! { "the beginning" }, moment)))
                    (cell("Before", &lapse.before.as_deref().map_or_else(|| html! { "not over at the last look" }, moment)))
                    (cell("Landings", &html! { @if lapse.landings.is_empty() { "none" } @else { (parts::items(&lapse.landings, 6, links, 0)) } }))
                    (cell("Areas", &html! { @if lapse.areas.is_empty() { "none" } @else { (parts::names(&lapse.areas)) } }))
                }
            }
        },
    }
    .write()
}
