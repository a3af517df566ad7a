//! The comparison that an accepted answer is. What an engine need not know is added here: what
//! earlier runs saw, and the reasons of rejects.

use super::answer::EngineRow;
use super::fault::EngineFault;
use super::judge::JudgedAnswer;
use super::plan::EnginePlan;
use super::shard::answer_bucket;
use crate::compare::Comparison;
use crate::join::{BreakCounts, SeenDifference};
use crate::looks::{ShareLooks, is_difference};
use crate::manifest::{Manifest, ManifestFault};
use crate::row::{CONFIRMED, ManifestRow};
use portcullis_model::reconciliation::{AcceptedDifference, Isolation, RecordClass};
use std::collections::{BTreeMap, BTreeSet};

/// The buckets that are compared again, whatever is drawn: those in which an answer has
/// differences, because a second look asks for the records that are listed, and believes what it
/// sees of them; and those of rows without a key, without a canonical form or with a mark, of which
/// the sums of the headers say little.
#[must_use]
pub fn find_doubtful_buckets(plan: &EnginePlan<'_>, judged: &JudgedAnswer) -> BTreeSet<u8> {
    let differing = judged.cells.keys().filter(|(_, class, _)| class.needs_budget());
    let sides = [&plan.manifests.source, &plan.manifests.target];
    let headers = sides.iter().flat_map(|side| (0_u8..=255).zip(&side.header().buckets));
    let marked = headers.filter(|(_, bucket)| bucket.unkeyed + bucket.incomparable + bucket.marked > 0);
    differing.map(|(bucket, ..)| *bucket).chain(marked.map(|(bucket, _)| bucket)).collect()
}

/// Compares some buckets again and holds the answer against them. Those who run an engine cannot
/// know which, if they are drawn after it answered.
///
/// # Errors
/// A manifest is refused.
pub fn compare_buckets_again(
    plan: &EnginePlan<'_>,
    judged: &JudgedAnswer,
    buckets: &BTreeSet<u8>,
) -> Result<Vec<EngineFault>, ManifestFault> {
    let mut faults = Vec::new();
    for bucket in buckets {
        let here = answer_bucket(plan, *bucket)?;
        let demand = plan.demand();
        // Our own answer has the control records of one bucket only; the others are not looked at.
        // Where it does not add up, the engine's answer agrees with nothing.
        let here = super::judge::judge_bucket(&demand, *bucket, &here).unwrap_or_default();
        faults.extend(find_differences(*bucket, judged, &here));
    }
    Ok(faults)
}

fn find_differences(bucket: u8, judged: &JudgedAnswer, here: &JudgedAnswer) -> Vec<EngineFault> {
    let is_here = |place: &(u8, RecordClass, u16)| place.0 == bucket;
    let places: BTreeSet<_> = judged.cells.keys().chain(here.cells.keys()).copied().filter(is_here).collect();
    let mut faults = Vec::new();
    for place in places {
        let (engine, own) = (judged.cells.get(&place), here.cells.get(&place));
        if engine != own {
            let count = |cell: Option<&super::EngineCell>| cell.map_or(0, |cell| cell.records);
            let (engine, here) = (count(engine), count(own));
            faults.push(EngineFault::BucketDiffers { bucket, class: place.1, engine, here });
        }
    }
    let of_bucket: Vec<&EngineRow> = judged.rows.iter().filter(|row| row.place.0 == bucket).collect();
    let other = of_bucket.iter().find(|row| !here.rows.contains(row));
    faults.extend(other.map(|row| EngineFault::ListOther { bucket, class: row.place.1 }));
    faults
}

/// Makes a comparison of an answer that adds up. Compare the buckets of `accepted` differences
/// again before: otherwise an engine could report these in place of others.
///
/// # Errors
/// The manifest of breaks or the reject log is refused.
pub fn make_comparison(
    plan: &EnginePlan<'_>,
    judged: JudgedAnswer,
    accepted: &[AcceptedDifference],
    listed: usize,
) -> Result<Comparison, ManifestFault> {
    let before = read_breaks(plan.manifests.breaks.as_ref(), &judged.rows)?;
    let confirms = confirms(plan);
    let mut breaks = BreakCounts::default();
    let mut seen = Vec::new();
    let mut counts: BTreeMap<RecordClass, usize> = BTreeMap::new();
    for row in &judged.rows {
        let mut record = date_record(plan, row, before.rows.get(&row.key), confirms, &mut breaks);
        record.accepted = accepted.iter().any(|one| one.is_of(record.key, record.class, record.sequence));
        if record.accepted && record.confirmed {
            *breaks.accepted.entry(record.class).or_default() += row.part.records;
        }
        let count = counts.entry(record.class).or_default();
        *count += usize::from(!record.accepted);
        if record.accepted || *count <= listed {
            seen.push(record);
        }
    }
    let unlisted: u64 = judged.unlisted.values().sum();
    breaks.opened += unlisted;
    // What is not listed may be what an earlier run saw.
    if unlisted == 0 {
        breaks.resolved += before.others;
    }
    Ok(Comparison {
        clock: plan.clock.clone(),
        seed: plan.seed,
        buckets: judged.buckets,
        controls: judged.controls,
        seen,
        breaks,
        looks: ShareLooks::default(),
        reasons: count_reasons(plan.manifests.rejects.as_ref())?,
        unmatched_answers: 0,
        future_rows: judged.future_rows,
        scheduled: judged.scheduled,
    })
}

/// A second look confirms where the rows of both sides hold together and the target is later.
fn confirms(plan: &EnginePlan<'_>) -> bool {
    let manifests = plan.manifests;
    let isolated =
        [&manifests.source, &manifests.target].into_iter().all(|m| m.isolation() != Isolation::None);
    let before = manifests.breaks.as_ref().map(|breaks| breaks.header().as_of_second());
    isolated && before.is_some_and(|before| before < plan.clock.target_as_of)
}

/// A listed record with the age of the difference that an earlier run saw.
fn date_record(
    plan: &EnginePlan<'_>,
    row: &EngineRow,
    before: Option<&ManifestRow>,
    confirms: bool,
    counts: &mut BreakCounts,
) -> SeenDifference {
    let class = row.place.1;
    let mut seen = SeenDifference {
        key: row.key,
        class,
        operation: row.operation,
        sequence: row.sequence,
        opened: plan.clock.target_as_of,
        confirmed: class == RecordClass::Late,
        accepted: false,
        places: (0, 0),
    };
    if class == RecordClass::Late {
        counts.resolved += u64::from(before.is_some());
    } else {
        let same_operation = before.filter(|row| row.sequence == seen.sequence);
        seen.confirmed = same_operation.is_some_and(|row| confirms || row.has(CONFIRMED));
        match same_operation.filter(|row| row.digest >> 64 == class as u128) {
            Some(row) => {
                seen.opened = row.time;
                counts.continued += 1;
            }
            None => {
                counts.opened += 1;
                counts.resolved += u64::from(before.is_some());
            }
        }
        counts.oldest = [counts.oldest, Some(seen.opened)].into_iter().flatten().min();
    }
    if seen.confirmed {
        *counts.confirmed.entry(class).or_default() += row.part.records;
    }
    seen
}

/// Differences of earlier runs: those of listed records, and how many others there are.
#[derive(Default)]
struct EarlierBreaks {
    rows: BTreeMap<u128, ManifestRow>,
    others: u64,
}

fn read_breaks(breaks: Option<&Manifest>, listed: &[EngineRow]) -> Result<EarlierBreaks, ManifestFault> {
    let mut earlier = EarlierBreaks::default();
    let keys: BTreeSet<u128> = listed.iter().map(|row| row.key).collect();
    each_row(breaks, |row| {
        if !is_difference(&row) {
            return;
        }
        if keys.contains(&row.key) {
            earlier.rows.entry(row.key).or_insert(row);
        } else {
            earlier.others += 1;
        }
    })?;
    Ok(earlier)
}

fn count_reasons(rejects: Option<&Manifest>) -> Result<BTreeMap<String, u64>, ManifestFault> {
    let names = rejects.map_or(&[][..], |rejects| &rejects.header().reasons);
    let mut reasons = BTreeMap::new();
    each_row(rejects, |row| {
        let name = usize::try_from(row.digest >> 64).ok().and_then(|place| names.get(place));
        *reasons.entry(name.cloned().unwrap_or_default()).or_default() += 1;
    })?;
    Ok(reasons)
}

fn each_row(manifest: Option<&Manifest>, mut take: impl FnMut(ManifestRow)) -> Result<(), ManifestFault> {
    let Some(manifest) = manifest else { return Ok(()) };
    for bucket in 0..=255 {
        let mut rows = manifest.open_bucket(bucket)?;
        while let Some(row) = rows.next_row()? {
            take(row);
        }
    }
    Ok(())
}
