//! The proof that the check checks: identities, control records, floors.

use super::{AnswerFault, AnswerFaultKind, JudgedHeaders, PastRun, is_confirming};
use crate::compare::Comparison;
use crate::control::make_controls;
use crate::join::ControlAnswer;
use crate::record::{ALL_RECORDS, Clock};
use crate::totals::BucketTotals;
use portcullis_model::reconciliation::{Dataset, RecordClass};
use portcullis_wire::manifest::v1::{BUCKETS, ManifestBucketV1, ManifestIsolationV1, ManifestV1};

/// How many buckets or control records a message names.
const NAMED: usize = 3;

pub(super) fn find_faults(
    dataset: &Dataset,
    headers: JudgedHeaders<'_>,
    answer: &Comparison,
    past: &[PastRun],
) -> Vec<AnswerFault> {
    let mut faults = Vec::new();
    let mut fault = |kind, text: String| faults.push(AnswerFault { kind, text });
    check_buckets(headers, answer, &mut fault);
    check_controls(answer, &mut fault);
    check_floors(dataset, headers, past, &mut fault);
    check_receipts(dataset, headers, &mut fault);
    check_announced(headers, &mut fault);
    check_ages(headers, past, &mut fault);
    check_gap(headers, &answer.clock, &mut fault);
    if answer.future_rows > 0 {
        fault(
            AnswerFaultKind::Clock,
            format!(
                "{} records were loaded after the target was read, by its own clock. Correct the clocks, or set \
                 `clock-skew` to their greatest difference.",
                answer.future_rows
            ),
        );
    }
    faults
}

type AddFault<'f> = dyn FnMut(AnswerFaultKind, String) + 'f;

/// The classes say something of each row once.
fn check_buckets(headers: JudgedHeaders<'_>, answer: &Comparison, fault: &mut AddFault<'_>) {
    if answer.buckets.len() != BUCKETS {
        let text = format!(
            "{BUCKETS} buckets are required, and the answer has {}. Compare again.",
            answer.buckets.len()
        );
        return fault(AnswerFaultKind::Buckets, text);
    }
    let sides = headers.source.buckets.iter().zip(&headers.target.buckets);
    let wrong: Vec<String> = answer
        .buckets
        .iter()
        .zip(sides)
        .enumerate()
        .filter_map(|(number, (totals, (source, target)))| {
            Some(format!("bucket {number}: {}", compare_rows(totals, source, target)?))
        })
        .collect();
    if !wrong.is_empty() {
        let text = format!(
            "The classes do not add up to the rows of the manifests in {} of {BUCKETS} buckets ({}{}). The answer is of \
             other or of half the rows; compare again.",
            wrong.len(),
            wrong.iter().take(NAMED).cloned().collect::<Vec<_>>().join("; "),
            if wrong.len() > NAMED { "; …" } else { "" },
        );
        fault(AnswerFaultKind::Rows, text);
    }
}

/// How the totals of a bucket contradict the headers, if they do.
fn compare_rows(
    totals: &BucketTotals,
    source: &ManifestBucketV1,
    target: &ManifestBucketV1,
) -> Option<String> {
    let (sum, unkeyed) = (totals.sum(), totals.class(RecordClass::Unkeyed));
    let equalities = [
        ("rows of the source", sum.source_rows, source.rows),
        ("rows of the target", sum.target_rows, target.rows),
        ("unkeyed rows of the source", unkeyed.source_rows, source.unkeyed),
        ("unkeyed rows of the target", unkeyed.target_rows, target.unkeyed),
    ];
    let unequal = equalities.into_iter().find(|(_, classified, manifest)| classified != manifest);
    if let Some((what, classified, manifest)) = unequal {
        return Some(format!("{classified} {what} have a class, and the manifest has {manifest}"));
    }
    let bounds = [
        ("incomparable", RecordClass::Incomparable, source.incomparable + target.incomparable),
        ("test-data", RecordClass::TestData, target.marked),
    ];
    let above = bounds.into_iter().find(|(_, class, most)| totals.class(*class).records > *most);
    let (what, class, most) = above?;
    Some(format!("{} records are {what}, and the manifests have at most {most}", totals.class(class).records))
}

fn check_controls(answer: &Comparison, fault: &mut AddFault<'_>) {
    let made = (0..=255_u8).flat_map(|bucket| {
        let controls = make_controls(&answer.seed, bucket, &answer.clock);
        controls.into_iter().map(move |control| (bucket, control.class))
    });
    let mut expected: Vec<_> = made.collect();
    expected.sort_unstable();
    let mut found: Vec<&ControlAnswer> = answer.controls.iter().collect();
    found.sort_unstable();
    let names: Vec<_> = found.iter().map(|control| (control.bucket, control.expected)).collect();
    let wrong: Vec<_> = found.iter().filter(|control| control.found != Some(control.expected)).collect();
    if names == expected && wrong.is_empty() {
        return;
    }
    let named = wrong.iter().take(NAMED).map(|control| {
        let found = control.found.map_or("lost", RecordClass::as_str);
        format!("{} of bucket {} came back as {found}", control.expected.as_str(), control.bucket)
    });
    let named: Vec<String> = named.collect();
    let text = format!(
        "{} control records have to come back in their class; {} did{}. The join lost or changed rows; compare again.",
        expected.len(),
        found.len() - wrong.len(),
        if named.is_empty() { String::new() } else { format!(" ({})", named.join("; ")) },
    );
    fault(AnswerFaultKind::Controls, text);
}

fn check_floors(dataset: &Dataset, headers: JudgedHeaders<'_>, past: &[PastRun], fault: &mut AddFault<'_>) {
    let floors = dataset.floors;
    let before = past.iter().find(|run| run.source_read.is_some() || run.target_read.is_some());
    let sides = [
        ("source", headers.source, floors.source_rows, before.and_then(|run| run.source_read)),
        ("target", headers.target, floors.target_rows, before.and_then(|run| run.target_read)),
    ];
    for (side, header, floor, before) in sides {
        let read = header.read;
        if read == 0 {
            fault(
                AnswerFaultKind::Floor,
                format!(
                    "The {side} has no rows. A comparison with nothing proves nothing; extract it again."
                ),
            );
        } else if read < floor {
            let text =
                format!("The {side} needs at least {floor} rows, and {read} were read. Extract it again.");
            fault(AnswerFaultKind::Floor, text);
        } else if let (Some(before), Some(fall)) = (before, floors.fall)
            && u128::from(read) * u128::from(ALL_RECORDS)
                < u128::from(before) * u128::from(ALL_RECORDS.saturating_sub(fall))
        {
            let text = format!(
                "The {side} fell from {before} rows to {read}, further than the floor allows. Extract it again, or raise \
                 `largest-fall` if so many records went away on purpose."
            );
            fault(AnswerFaultKind::Floor, text);
        }
    }
}

/// Without receipts no record is unacknowledged, and no one would miss them.
fn check_receipts(dataset: &Dataset, headers: JudgedHeaders<'_>, fault: &mut AddFault<'_>) {
    if dataset.acknowledged_within.is_some() && headers.receipts.is_none() {
        let text = "The dataset waits for the receiver's answers (`acknowledged-within`), and no receipts were read. \
                    Extract them, and give them to the comparison with `--receipts`.";
        fault(AnswerFaultKind::Receipts, text.to_string());
    }
}

fn check_announced(headers: JudgedHeaders<'_>, fault: &mut AddFault<'_>) {
    let all = [Some(headers.source), Some(headers.target), headers.rejects, headers.receipts];
    for header in all.into_iter().flatten() {
        if let Some(announced) = header.announced.filter(|announced| *announced != header.read) {
            let text = format!(
                "The system of the {} says that it has {announced} rows, and {} were read. Extract it again.",
                header.content, header.read
            );
            fault(AnswerFaultKind::Announced, text);
        }
    }
}

fn check_ages(headers: JudgedHeaders<'_>, past: &[PastRun], fault: &mut AddFault<'_>) {
    let Some(before) = past.first() else { return };
    for (header, before) in [(headers.source, before.source_as_of), (headers.target, before.target_as_of)] {
        if header.as_of_second() < before {
            let text = format!(
                "The {} was read before that of the run before. It is an old manifest; extract it again.",
                header.content
            );
            fault(AnswerFaultKind::Older, text);
        }
    }
}

/// The longest time between the two extractions, in seconds, where no deadline is longer.
const LONGEST_GAP: u64 = 24 * 3600;

/// What happened between the extractions of both sides is judged as being on its way. Where that is
/// longer than any deadline, an old manifest hides what never arrived.
fn check_gap(headers: JudgedHeaders<'_>, clock: &Clock, fault: &mut AddFault<'_>) {
    let longest = clock.terms.iter().chain(&clock.deletion_terms).map(|term| term.within).max();
    let allowed = longest.unwrap_or(0).saturating_add(clock.skew).unsigned_abs().max(LONGEST_GAP);
    let (source, target) = (headers.source.as_of_second(), headers.target.as_of_second());
    if source.abs_diff(target) > allowed {
        let older = if source < target { headers.source } else { headers.target };
        let text = format!(
            "The {} was read {} hours before the other side, and no deadline is that long. Extract both sides at about \
             the same time.",
            older.content,
            source.abs_diff(target) / 3600
        );
        fault(AnswerFaultKind::Older, text);
    }
}

pub(super) fn write_notes(headers: JudgedHeaders<'_>, answer: &Comparison) -> Vec<String> {
    let mut notes = Vec::new();
    let is_loose = |header: &ManifestV1| header.isolation == ManifestIsolationV1::None;
    for header in [headers.source, headers.target].into_iter().filter(|header| is_loose(header)) {
        notes.push(format!(
            "Nothing holds the rows of the {} together in time, so this look confirms no difference.",
            header.content
        ));
    }
    for header in [headers.source, headers.target] {
        let rows: u64 = header.buckets.iter().map(|bucket| bucket.incomparable).sum();
        if rows > 0 {
            notes.push(format!(
                "Rows of the {} whose time or a value cannot be read: {rows}. The extraction says which field and why; \
                 `portcullis reconcile explain` shows it of one record.",
                header.content
            ));
        }
    }
    if !answer.clock.target_timed {
        notes.push("The target does not say when a record was loaded, so no record is late.".to_string());
    }
    if answer.unmatched_answers > 0 {
        notes.push(format!(
            "Answers of the receiver to records that neither side has: {}.",
            answer.unmatched_answers
        ));
    }
    if answer.scheduled > 0 {
        notes.push(format!("Operations that take effect after the source was read: {}.", answer.scheduled));
    }
    if is_confirming(headers) {
        notes.push("Only the records of an earlier run's differences were compared.".to_string());
    }
    notes
}
