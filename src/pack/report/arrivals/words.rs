//! The words for runs, silences and exposure.

use super::super::links::Links;
use super::super::text::{Outside, count, grouped, moment};
use super::super::words::{self, Tone, badge};
use maud::{Markup, html};
use portcullis_model::reconciliation::RecordClass;
use portcullis_wire::audit::v1::{AuditedDatasetV1, AuditedRunV1, BadStretchV1, RunJudgeV1, RunMarkV1};
use portcullis_wire::incident::v1::{ExposedDeploymentV1, IncidentExposureV1};
use portcullis_wire::run::v1::{RunOutcomeV1, RunPopulationV1};
use std::collections::BTreeSet;

/// So many deployments are named.
const NAMED: usize = 5;

pub(super) fn outcome(outcome: &RunOutcomeV1) -> (Tone, &'static str) {
    match outcome {
        RunOutcomeV1::Green => (Tone::Met, "green"),
        RunOutcomeV1::Unconfirmed => (Tone::Unproven, "not confirmed"),
        RunOutcomeV1::OverBudget => (Tone::Broken, "over budget"),
        RunOutcomeV1::Broken => (Tone::Unproven, "shows nothing"),
    }
}

pub(super) fn outcome_badge(of: &RunOutcomeV1) -> Markup {
    let (tone, word) = outcome(of);
    badge(tone, word)
}

/// How many runs came out in each way, as far as any did.
pub(super) fn count_outcomes(runs: &[AuditedRunV1]) -> Vec<(Tone, String)> {
    let kinds =
        [RunOutcomeV1::Green, RunOutcomeV1::OverBudget, RunOutcomeV1::Unconfirmed, RunOutcomeV1::Broken];
    let of = |kind: &RunOutcomeV1| runs.iter().filter(|run| run.outcome == *kind).count() as u64;
    let counted = kinds.iter().map(|kind| (of(kind), outcome(kind)));
    counted
        .filter(|(number, _)| *number > 0)
        .map(|(number, (tone, word))| (tone, format!("{} {word}", grouped(number))))
        .collect()
}

/// Why nothing is known of the runs of a dataset.
pub(super) fn unreadable(dataset: &AuditedDatasetV1) -> Option<(Tone, &'static str, String)> {
    if let Some(first) = dataset.problems.first() {
        let why = format!("No run is believed: {first}.");
        return Some((Tone::Broken, "does not verify", why));
    }
    if let Some(why) = &dataset.unseen {
        return Some((Tone::Unproven, "not seen", why.clone()));
    }
    let absent = "No run of it is in the repository that was audited, and a clone does not bring runs by itself. That says nothing of the records.";
    dataset.chain.is_none().then(|| (Tone::Unproven, "not seen", absent.to_string()))
}

/// A class that is a difference, and how many records of it a run saw.
pub(super) fn seen(run: &AuditedRunV1, class: &str) -> u64 {
    run.classes.iter().find(|one| one.class == class).map_or(0, |one| one.seen)
}

pub(super) fn is_difference(class: &str) -> bool {
    RecordClass::from_name(class).is_some_and(RecordClass::needs_budget)
}

/// All records that differed.
pub(super) fn differing(run: &AuditedRunV1) -> u64 {
    let all = run.classes.iter().filter(|one| is_difference(&one.class));
    all.map(|one| one.seen).fold(0, u64::saturating_add)
}

pub(super) fn differences(run: &AuditedRunV1) -> Markup {
    let all: Vec<_> = run.classes.iter().filter(|one| is_difference(&one.class)).collect();
    html! {
        @if all.is_empty() && run.faults.is_empty() { "nothing" }
        @for (at, one) in all.iter().enumerate() { @if at > 0 { ", " } (one.class) " " (grouped(one.seen)) }
        @for fault in &run.faults { p { (Outside(fault)) } }
        @for drift in &run.drift { p.quiet { "New in kind: " (Outside(drift)) } }
        @if run.open_breaks > 0 { p.quiet { (count(run.open_breaks, "difference is", "differences are")) " open" } }
    }
}

pub(super) fn signed_by(run: &AuditedRunV1) -> Markup {
    html! {
        (Outside(&run.tool))
        @if let Some(signature) = &run.signature {
            @let (tone, word) = words::signature(signature.standing);
            br; (badge(tone, word))
            @for signer in &signature.signers { " " (Outside(signer)) }
        }
    }
}

/// Who compared, in a sentence.
pub(super) fn compared_by(runs: &[AuditedRunV1]) -> String {
    let tools: BTreeSet<&str> = runs.iter().map(|run| run.tool.as_str()).collect();
    let signers = runs.iter().filter_map(|run| run.signature.as_ref()).flat_map(|one| &one.signers);
    let signers: BTreeSet<&str> = signers.map(String::as_str).collect();
    let show = |names: BTreeSet<&str>| -> String {
        names.into_iter().map(super::super::text::show_hidden).collect::<Vec<_>>().join(", ")
    };
    match (tools.is_empty(), signers.is_empty()) {
        (true, _) => "No one compared in the period".to_string(),
        (false, true) => format!("Compared by {}; no run is signed", show(tools)),
        (false, false) => format!("Compared by {}, signed by {}", show(tools), show(signers)),
    }
}

pub(super) fn judge_note(judge: RunJudgeV1) -> Option<&'static str> {
    match judge {
        RunJudgeV1::Then => None,
        RunJudgeV1::Today => Some("by the budgets of today"),
        RunJudgeV1::Itself => Some("by its own word"),
    }
}

pub(super) fn population(of: &RunPopulationV1) -> &'static str {
    match of {
        RunPopulationV1::Full => "all records",
        RunPopulationV1::Changes => "those that changed",
    }
}

/// Which runs end a silence.
pub(super) fn due_run(of: &RunPopulationV1) -> &'static str {
    match of {
        RunPopulationV1::Full => "over all records",
        RunPopulationV1::Changes => "of any kind",
    }
}

pub(super) fn mark_or(mark: Option<&RunMarkV1>, none: &str) -> Markup {
    match mark {
        Some(mark) => html! { "run " (mark.number) ", " (moment(&mark.as_of)) },
        None => html! { span.quiet { (none) } },
    }
}

pub(super) fn has_deployment(stretch: &BadStretchV1) -> bool {
    stretch.exposure.as_ref().is_some_and(|exposure| !exposure.between.is_empty())
}

/// What was deployed between the last good run and the first bad one.
pub(super) fn exposure(exposure: Option<&IncidentExposureV1>, has_good: bool, links: &Links) -> Markup {
    let Some(exposure) = exposure else { return html! { span.quiet { "no deployment is recorded" } } };
    let (named, note) = match (exposure.between.as_slice(), has_good) {
        ([], true) => (exposure.before.as_slice(), "nothing between the two; deployed was"),
        ([], false) => (exposure.before.as_slice(), "deployed then was"),
        (between, _) => (between, ""),
    };
    let more = named.len().saturating_sub(NAMED);
    html! {
        @if !note.is_empty() { span.quiet { (note) " " } }
        @if named.is_empty() { "nothing" }
        ul.plain { @for one in named.iter().take(NAMED) { li { (deployment(one, links)) } } }
        @if more > 0 { "and " (more) " more" }
    }
}

fn deployment(one: &ExposedDeploymentV1, links: &Links) -> Markup {
    let time = one.time.to_string();
    html! { (links.item(&format!("{}#{}", one.environment, one.number), 0)) ", " (moment(&time)) }
}

/// A word at the beginning of a head.
pub(super) fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
