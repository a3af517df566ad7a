//! A run of a reconciliation for people: a table of 80 columns.

use jiff::Timestamp;
use portcullis_judge::control::reconciled::describe_share;
use portcullis_model::reconciliation::run::{ComparedManifest, RecordBreak};
use portcullis_model::reconciliation::{ReconciliationRun, RecordClass, RunOutcome, RunPopulation};
use std::collections::BTreeMap;

/// How many open differences are named.
const NAMED: usize = 10;

/// A run, and what is shown beside it.
pub struct RunShown<'r> {
    /// The run.
    pub run: &'r ReconciliationRun,
    /// The budgets of the policy, where it is at hand.
    pub budgets: Option<&'r BTreeMap<RecordClass, u64>>,
    /// The short name of its commit; `None` where it was not kept.
    pub kept: Option<&'r str>,
    /// What is worth knowing and blocks nothing.
    pub notes: &'r [String],
    /// Where it went wrong.
    pub exposure: &'r [String],
    /// Differences that the policy accepts, in words.
    pub accepted: &'r [String],
}

/// Writes a run.
pub fn write_run_text(shown: &RunShown<'_>) -> String {
    let run = shown.run;
    let mut text = write_head(shown);
    let manifests = &run.manifests;
    text += &write_manifest("source", &manifests.source);
    text += &write_manifest("target", &manifests.target);
    manifests.rejects.iter().for_each(|one| text += &write_manifest("rejects", one));
    manifests.receipts.iter().for_each(|one| text += &write_manifest("receipts", one));
    if !run.classes.is_empty() {
        text += &write_classes(run, shown.budgets);
    }
    text += &write_list("\nnothing can be concluded:", &run.faults);
    let unmet = run.shares.iter().filter(|share| !share.is_met());
    let unmet: Vec<String> = unmet.map(describe_share).collect();
    text += &write_list("\ntoo few arrived in time:", &unmet);
    text += &write_breaks(shown);
    text += &write_list("\naccepted by the policy:", shown.accepted);
    text += &write_list("\nwhere it went wrong:", shown.exposure);
    text += &write_list("\nchanged in kind:", &run.drift);
    text += &write_list("\nto know:", shown.notes);
    if run.outcome == RunOutcome::Unconfirmed {
        text += &write_next_steps(&run.dataset);
    }
    text
}

fn write_head(shown: &RunShown<'_>) -> String {
    let run = shown.run;
    let kept = match shown.kept {
        Some(commit) => format!("run {} ({commit})", run.number),
        None => "not kept".to_string(),
    };
    let outcome = match run.outcome {
        RunOutcome::Green => "GREEN",
        RunOutcome::Unconfirmed => "UNCONFIRMED",
        RunOutcome::OverBudget => "OVER BUDGET",
        RunOutcome::Broken => "BROKEN",
    };
    let part = match run.population {
        RunPopulation::Full => "",
        RunPopulation::Changes => ", some records only",
    };
    format!("{}: {outcome}\n{kept}, {}{part}\n\n", run.dataset, run.time)
}

fn write_manifest(name: &str, manifest: &ComparedManifest) -> String {
    let ComparedManifest { as_of, rows, isolation, .. } = manifest;
    format!("  {name:<9} {:>15} rows   read {as_of}   {}\n", group(*rows), isolation.as_str())
}

fn write_classes(run: &ReconciliationRun, budgets: Option<&BTreeMap<RecordClass, u64>>) -> String {
    let budget_title = if budgets.is_some() { "budget" } else { "" };
    let title = format!("  {:<20} {:>15} {:>12} {budget_title:>8}", "class", "records", "confirmed");
    let mut text = format!("\n{}\n", title.trim_end());
    for (class, count) in &run.classes {
        let budget = budgets.filter(|_| class.needs_budget()).map(|all| all.get(class).copied().unwrap_or(0));
        let open = count.confirmed.saturating_sub(count.accepted);
        let over = if budget.is_some_and(|budget| open > budget) { "  over" } else { "" };
        let accepted = match count.accepted {
            0 => String::new(),
            accepted => format!("  {} accepted", group(accepted)),
        };
        let mark = format!("{over}{accepted}");
        let confirmed = if class.needs_budget() { group(count.confirmed) } else { String::new() };
        let budget = budget.map(group).unwrap_or_default();
        let line =
            format!("  {:<20} {:>15} {confirmed:>12} {budget:>8}{mark}", class.as_str(), group(count.seen));
        text += line.trim_end();
        text.push('\n');
    }
    let found: Vec<RecordClass> = run.classes.keys().copied().filter(|class| class.needs_budget()).collect();
    if !found.is_empty() {
        text.push('\n');
    }
    for class in found {
        text += &format!("  {}: {}\n", class.as_str(), class.meaning());
    }
    text
}

/// What confirms a difference that one look saw.
fn write_next_steps(dataset: &str) -> String {
    format!(
        "\nnext, because one look confirms nothing:\n  \
         portcullis reconcile run {dataset} --key-file KEY\n\
         or, where the two sides never meet:\n  \
         portcullis reconcile compare SOURCE TARGET --breaks BREAKS\n  \
         portcullis reconcile extract {dataset} --side source --only BREAKS \\\n      \
         --key-file KEY -o SOURCE2\n  \
         portcullis reconcile extract {dataset} --side target --only BREAKS \\\n      \
         --key-file KEY -o TARGET2\n  \
         portcullis reconcile compare SOURCE2 TARGET2 --previous BREAKS\n"
    )
}

fn write_breaks(shown: &RunShown<'_>) -> String {
    let run = shown.run;
    if run.breaks.is_empty() {
        return String::new();
    }
    let mut text = String::from("\nopen, oldest first:\n");
    let (mut named, mut open) = (0, 0);
    for one in &run.breaks {
        open += usize::from(!one.accepted);
        if !one.accepted && open > NAMED {
            continue;
        }
        named += 1;
        let state = if one.accepted {
            ", accepted"
        } else if one.confirmed {
            ""
        } else {
            ", unconfirmed"
        };
        // Without the chain no run is known that saw it first.
        let since = shown.kept.map(|_| format!(", {}", age(one, run.time))).unwrap_or_default();
        text += &format!("  {}  {}{since}{state}\n", one.key, one.class.as_str());
    }
    let more = (run.breaks.len().saturating_sub(named) as u64).saturating_add(run.unlisted_breaks);
    if more > 0 {
        text += &format!("  and {} more\n", group(more));
    }
    text
}

/// Since which run, and for how long.
fn age(one: &RecordBreak, now: Timestamp) -> String {
    let seconds = now.duration_since(one.since).as_secs().max(0);
    let length = match seconds {
        0..=86_399 => return format!("since run {}", one.opened),
        _ => seconds / 86_400,
    };
    format!("since run {}, {} ago", one.opened, crate::plural(length.unsigned_abs(), "day"))
}

fn write_list(title: &str, lines: &[String]) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let mut text = format!("{title}\n");
    lines.iter().for_each(|line| text += &format!("  - {line}\n"));
    text
}

/// One line on a run, for a list.
pub fn write_run_line(run: &ReconciliationRun) -> String {
    let differences: u64 =
        run.classes.iter().filter(|(class, _)| class.needs_budget()).map(|(_, count)| count.seen).sum();
    let part = if run.population == RunPopulation::Full { "" } else { ", some records only" };
    format!(
        "{:>4}  {}  {:<11}  {}{part}",
        run.number,
        run.time,
        run.outcome.as_str(),
        count_differing(differences)
    )
}

/// How many records differ.
pub fn count_differing(records: u64) -> String {
    let verb = if records == 1 { "differs" } else { "differ" };
    format!("{} {verb}", crate::plural(records, "record"))
}

/// Digits in groups of three.
fn group(number: u64) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && place % 3 == first % 3 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[test]
fn digits_are_grouped_from_the_right() {
    assert_eq!(
        [0, 12, 123, 1234, 1_234_567, 123_456].map(group),
        ["0", "12", "123", "1,234", "1,234,567", "123,456"]
    );
}
