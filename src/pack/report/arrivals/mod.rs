//! Whether the records that were uploaded arrived: for each dataset a chart of classes over time,
//! the stretches over budget, the times without a run and the open differences; the incidents with
//! their notices; and a page with every run of a dataset.

mod chart;
mod incidents;
mod slots;
mod words;

use super::ReportInput;
use super::links::{Links, dataset_anchor};
use super::parts::{Table, cell, nothing, number};
use super::population::PageWriter;
use super::shell::Page;
use super::text::{Outside, count, duration, grouped, moment, short_hash};
use super::words::badge;
use crate::item_path::{BadPath, ItemPath};
use crate::places::run_folder;
use maud::{Markup, html};
use portcullis_wire::audit::v1::{
    AuditPeriodV1, AuditedDatasetV1, AuditedRunV1, BadStretchV1, OpenBreaksV1, RunSilenceV1,
};
use slots::SlotRow;

/// So many of the oldest differences are shown.
const OLDEST: usize = 10;

/// So many runs has the page of a dataset.
const MOST_RUNS: usize = 1000;

/// The page of every run of a dataset.
fn runs_page(dataset: &str) -> String {
    format!("arrivals/{}.html", run_folder(dataset).replace("runs/", ""))
}

/// The section.
pub(super) fn section(input: &ReportInput<'_>, links: &Links) -> Markup {
    let audit = input.audit;
    html! {
        section #arrivals aria-labelledby="arrivals-h" {
            h2 #arrivals-h { "Records that arrived" }
            @match &audit.arrivals {
                None if audit.title.period.range.is_some() => {
                    (nothing("Runs of reconciliation and incidents were not looked at: they belong to times, and a range of commits has none."))
                },
                None => {
                    (nothing("Runs of reconciliation and incidents were not looked at: the policy of today defines no dataset and names no one who has to be told of incidents, and this repository holds no run and no register."))
                },
                Some(arrivals) => {
                    p { "A run compares what was meant to be sent with what the receiver holds. Its counts are held against the budgets of the policy that it was made with, whatever the run says of itself. No content of a record is in a run or in this pack: keys are keyed digests." }
                    @for dataset in &arrivals.datasets { (dataset_part(dataset, &audit.title.period, links)) }
                    h3 #incidents { "Incidents and notices" }
                    (incidents::part(arrivals.register.as_ref(), links))
                },
            }
        }
    }
}

fn dataset_part(dataset: &AuditedDatasetV1, period: &AuditPeriodV1, links: &Links) -> Markup {
    let name = dataset.dataset.as_str();
    html! {
        h3 id=(dataset_anchor(name)) { "Dataset " code { (Outside(name)) } }
        @if let Some(why) = words::unreadable(dataset) { div.note { p { (badge(why.0, why.1)) " " (Outside(&why.2)) } } } @else {
            p { (summary(dataset)) " " a href=(runs_page(name)) { "Every run, one by one" } "." }
            (chart_part(dataset, period))
            (stretches(&dataset.stretches, name, links))
            (silences(&dataset.silences, name))
            (breaks(dataset.breaks.as_ref(), name))
        }
    }
}

/// How many runs there are, how they came out, and who compared.
fn summary(dataset: &AuditedDatasetV1) -> Markup {
    let runs = dataset.runs.len() as u64;
    let outcomes = words::count_outcomes(&dataset.runs);
    let every = dataset.expected_every.map_or_else(
        || "The policy does not say how often one is due.".to_string(),
        |every| format!("One is due every {}.", duration(every)),
    );
    html! {
        (count(runs, "run", "runs")) " in the period"
        @if !outcomes.is_empty() { ": " @for (at, (tone, text)) in outcomes.iter().enumerate() { @if at > 0 { " " } (badge(*tone, text)) } }
        ". " (every) " " (words::compared_by(&dataset.runs)) "."
        @if !dataset.in_policy { " The policy of today does not define this dataset any more." }
    }
}

fn chart_part(dataset: &AuditedDatasetV1, period: &AuditPeriodV1) -> Markup {
    let Some(slots) = slots::Slots::of(dataset, period) else { return Markup::default() };
    let classes = slots.classes();
    html! {
        div.beside {
            figure {
                (chart::classes_over_time(&slots, &classes, dataset))
                (chart::legend(&classes, !dataset.silences.is_empty(), dataset.stretches.iter().any(words::has_deployment)))
                figcaption { (slots.caption()) }
            }
            (slot_table(&slots, &classes, dataset))
        }
    }
}

/// The numbers of the chart.
fn slot_table(slots: &slots::Slots<'_>, classes: &[&str], dataset: &AuditedDatasetV1) -> Markup {
    let rows: Vec<SlotRow<'_>> = slots.rows();
    if rows.is_empty() {
        return nothing(&format!(
            "In each {} of the period that has a run, no record differed and no run was due that did not come.",
            slots.unit()
        ));
    }
    let heads: Vec<String> =
        [format!("{} from", words::capital(slots.unit())), "Came out".to_string(), "Runs#".to_string()]
            .into_iter()
            .chain(classes.iter().map(|class| format!("{class}#")))
            .collect();
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    let quiet = slots.quiet();
    html! {
        div {
            (Table {
                filter: None,
                compact: true,
                caption: format!("{}: the numbers of the chart", super::text::show_hidden(&dataset.dataset)),
                columns: &heads,
                rows: html! { @for row in &rows { (slot_row(row, classes)) } },
            }.write())
            @if quiet > 0 {
                p.quiet { "Not listed: " (count(quiet, slots.unit(), &format!("{}s", slots.unit()))) " in which no record differed." }
            }
        }
    }
}

fn slot_row(row: &SlotRow<'_>, classes: &[&str]) -> Markup {
    html! {
        tr {
            th scope="row" { (row.day) }
            (cell("Came out", &html! {
                @if let Some(run) = row.worst { (words::outcome_badge(&run.outcome)) }
                @if row.silent { @if row.worst.is_some() { " " } (badge(super::words::Tone::Unproven, "no run")) }
            }))
            (number("Runs", row.runs))
            @for class in classes { (number(class, row.worst.map_or(0, |run| words::seen(run, class)))) }
        }
    }
}

fn stretches(all: &[BadStretchV1], name: &str, links: &Links) -> Markup {
    if all.is_empty() {
        return nothing("No run was over budget.");
    }
    Table {
        filter: None,
        compact: false,
        caption: format!(
            "{}: runs over budget, and what was deployed before them",
            super::text::show_hidden(name)
        ),
        columns: &["First bad run", "Over budget", "Last good run", "Deployed before it", "Good again"],
        rows: html! { @for stretch in all { (stretch_row(stretch, links)) } },
    }
    .write()
}

fn stretch_row(stretch: &BadStretchV1, links: &Links) -> Markup {
    let over = |one: &portcullis_wire::audit::v1::OverBudgetV1| {
        format!("{} {} ({} allowed)", one.class, grouped(one.count), grouped(one.budget))
    };
    html! {
        tr {
            th scope="row" {
                "run " (stretch.first_bad.number) ", " (moment(&stretch.first_bad.as_of))
                @if stretch.runs > 1 { br; span.quiet { (count(stretch.runs, "run", "runs")) " over budget, the last is run " (stretch.last_bad.number) } }
            }
            (cell("Over budget", &html! {
                @if stretch.over.is_empty() { "too few records arrived in time" }
                ul.plain { @for one in &stretch.over { li { (over(one)) } } }
            }))
            (cell("Last good run", &words::mark_or(stretch.last_good.as_ref(), "none before it was good")))
            (cell("Deployed before it", &words::exposure(stretch.exposure.as_ref(), stretch.last_good.is_some(), links)))
            (cell("Good again", &words::mark_or(stretch.good_again.as_ref(), "not in this period")))
        }
    }
}

fn silences(all: &[RunSilenceV1], name: &str) -> Markup {
    if all.is_empty() {
        return Markup::default();
    }
    Table {
        filter: None,
        compact: false,
        caption: format!("{}: times in which a run was due and none came", super::text::show_hidden(name)),
        columns: &["Due", "Which runs", "Counted from", "Ended"],
        rows: html! {
            @for silence in all {
                tr {
                    th scope="row" { (moment(&silence.due)) }
                    (cell("Which runs", &html! { (words::due_run(&silence.of)) ", every " (duration(silence.every)) }))
                    (cell("Counted from", &html! {
                        @match silence.after { Some(number) => { "run " (number) ", " }, None => { "the policy, " } } (moment(&silence.since))
                    }))
                    (cell("Ended", &html! {
                        @match silence.ended_by {
                            Some(number) => { "by run " (number) ", " (moment(&silence.until)) },
                            None => { (badge(super::words::Tone::Broken, "not ended")) " up to " (moment(&silence.until)) },
                        }
                    }))
                }
            }
        },
    }
    .write()
}

fn breaks(breaks: Option<&OpenBreaksV1>, name: &str) -> Markup {
    let Some(breaks) = breaks else { return nothing("No difference is open at the last run.") };
    let name = super::text::show_hidden(name);
    html! {
        (Table {
            filter: None,
            compact: true,
            caption: format!("{name}: differences that are open at run {}, by age", breaks.run),
            columns: &["Class", "Open#", "Up to a day#", "Up to a week#", "Up to 30 days#", "Older#", "Oldest#"],
            rows: html! {
                @for class in &breaks.classes {
                    tr {
                        th scope="row" { (class.class) }
                        (number("Open", class.count)) (number("Up to a day", class.day)) (number("Up to a week", class.week))
                        (number("Up to 30 days", class.month)) (number("Older", class.older))
                        td.number data-label="Oldest" { (duration(class.oldest_age)) }
                    }
                }
            },
        }.write())
        @if breaks.unlisted > 0 { p.quiet { (count(breaks.unlisted, "more is", "more are")) " counted by the run and not listed in it." } }
        (oldest(breaks, &name))
    }
}

fn oldest(breaks: &OpenBreaksV1, name: &str) -> Markup {
    html! {
        details {
            summary { "The oldest of them" }
            (Table {
                filter: None,
                compact: true,
                caption: format!("{name}: the oldest open differences"),
                columns: &["Keyed key", "Class", "Since", "First seen by#", "Age#", "Confirmed"],
                rows: html! {
                    @for one in breaks.oldest.iter().take(OLDEST) {
                        tr {
                            th scope="row" { (short_hash(&one.key)) }
                            td { (one.class) }
                            td { (moment(&one.since)) }
                            td.number { "run " (one.opened) }
                            td.number { (duration(one.age)) }
                            td { @if one.confirmed { "yes" } @else { "no" } @if one.accepted { ", accepted" } }
                        }
                    }
                },
            }.write())
        }
    }
}

/// A page for each dataset, with its runs.
///
/// # Errors
/// A name of which no path can be made.
pub(super) fn pages<'a>(input: &'a ReportInput<'a>) -> Result<Vec<PageWriter<'a>>, BadPath> {
    let datasets = input.audit.arrivals.iter().flat_map(|arrivals| &arrivals.datasets);
    let readable = datasets.filter(|dataset| words::unreadable(dataset).is_none());
    readable
        .map(|dataset| {
            let write: Box<dyn FnOnce() -> String> = Box::new(move || runs_text(input, dataset));
            Ok((ItemPath::new(&runs_page(&dataset.dataset))?, write))
        })
        .collect()
}

fn runs_text(input: &ReportInput<'_>, dataset: &AuditedDatasetV1) -> String {
    let name = super::text::show_hidden(&dataset.dataset);
    let left_out = dataset.runs.len().saturating_sub(MOST_RUNS);
    let body = html! {
        section aria-label="Runs" {
            p { a href={ "../index.html#" (dataset_anchor(&dataset.dataset)) } { "Back to the audit" } }
            @if left_out > 0 { p.quiet { "The newest " (MOST_RUNS) " are shown; " code { "arrivals/runs.csv" } " holds all." } }
            (Table {
                filter: Some("runs"),
                compact: false,
                caption: format!("Runs of {name} in the period, the newest first"),
                columns: &["Run", "Ended", "Came out", "Compared", "What differed", "Compared by"],
                rows: html! { @for run in dataset.runs.iter().rev().take(MOST_RUNS) { (run_row(run)) } },
            }.write())
        }
    };
    let eyebrow = html! { "Change audit of " (Outside(input.audit.title.repository.as_deref().unwrap_or("a repository"))) };
    Page {
        title: format!("Runs of {name}"),
        eyebrow,
        below: Markup::default(),
        depth: 1,
        contents: &[],
        body,
    }
    .write(input)
}

fn run_row(run: &AuditedRunV1) -> Markup {
    html! {
        tr id={ "run-" (run.number) } {
            th scope="row" { "run " (run.number) br; (short_hash(run.commit.as_str())) }
            (cell("Ended", &html! { (moment(&run.time)) br; span.quiet { "both sides read by " (moment(&run.as_of)) } }))
            (cell("Came out", &html! {
                (words::outcome_badge(&run.outcome))
                @if run.said != run.outcome { " " span.quiet { "it says " (words::outcome(&run.said).1) } }
                @if let Some(note) = words::judge_note(run.judged_by) { br; span.quiet { (note) } }
            }))
            (cell("Compared", &html! { (words::population(&run.population)) ": " (grouped(run.source_rows)) " meant, " (grouped(run.target_rows)) " there" }))
            (cell("What differed", &words::differences(run)))
            (cell("Compared by", &words::signed_by(run)))
        }
    }
}
