//! What an engine's answer is worth: everything has to add up to what is known without the engine.

use super::answer::{CellPlace, EngineAnswer, EngineCell, EngineRow, SideSums};
use super::band::{DELETION, UPLOAD, count_shares, find_band, find_broken_band};
use super::fault::EngineFault;
use crate::control::{ControlRecord, RunSeed, make_controls};
use crate::join::ControlAnswer;
use crate::record::{Clock, RecordFacts};
use crate::row::{ManifestRow, split_halves};
use crate::totals::{BucketTotals, ClassTotals};
use portcullis_model::reconciliation::{DatasetSide, RecordClass};
use portcullis_wire::manifest::v1::ManifestV1;
use std::collections::{BTreeMap, BTreeSet};

/// What an answer is held against.
#[derive(Clone, Copy, Debug)]
pub struct EngineDemand<'d> {
    /// The header of the source's manifest.
    pub source: &'d ManifestV1,
    /// The header of the target's manifest.
    pub target: &'d ManifestV1,
    /// The clock of the comparison.
    pub clock: &'d Clock,
    /// What the control rows follow from.
    pub seed: &'d RunSeed,
    /// Up to how many records of a cell are listed.
    pub bound: u64,
}

/// An answer in which everything adds up, without its control rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JudgedAnswer {
    /// What each bucket counts.
    pub buckets: Vec<BucketTotals>,
    /// What became of the control records: all came back in their class.
    pub controls: Vec<ControlAnswer>,
    /// The listed records, by key.
    pub rows: Vec<EngineRow>,
    /// How many records of a class are not listed.
    pub unlisted: BTreeMap<RecordClass, u64>,
    /// The cells, without control records.
    pub cells: BTreeMap<CellPlace, EngineCell>,
    /// Rows of the target that were loaded after it was read, by its own clock.
    pub future_rows: u64,
    /// Operations that take effect after the source was read.
    pub scheduled: u64,
}

/// Judges an answer.
///
/// # Errors
/// Everything that does not add up.
pub fn judge_answer(
    demand: &EngineDemand<'_>,
    answer: &EngineAnswer,
) -> Result<JudgedAnswer, Vec<EngineFault>> {
    let mut rows: BTreeMap<u8, Vec<&EngineRow>> = BTreeMap::new();
    for row in &answer.rows {
        rows.entry(row.place.0).or_default().push(row);
    }
    let mut judged = JudgedAnswer::default();
    let mut faults = Vec::new();
    for bucket in 0..=255 {
        let rows = rows.remove(&bucket).unwrap_or_default();
        BucketJudge::new(demand, bucket, answer, rows, &mut faults).judge(&mut judged);
    }
    judged.rows.sort_by_key(|row| row.key);
    if faults.is_empty() { Ok(judged) } else { Err(faults) }
}

/// Judges the answer of one bucket; `None` where something does not add up.
pub(super) fn judge_bucket(
    demand: &EngineDemand<'_>,
    bucket: u8,
    answer: &EngineAnswer,
) -> Option<JudgedAnswer> {
    let (mut judged, mut faults) = (JudgedAnswer::default(), Vec::new());
    BucketJudge::new(demand, bucket, answer, answer.rows.iter().collect(), &mut faults).judge(&mut judged);
    faults.is_empty().then_some(judged)
}
/// The judgement of one bucket.
struct BucketJudge<'j> {
    demand: &'j EngineDemand<'j>,
    bucket: u8,
    cells: BTreeMap<CellPlace, EngineCell>,
    rows: Vec<&'j EngineRow>,
    controls: Vec<ControlRecord>,
    faults: &'j mut Vec<EngineFault>,
}

impl<'j> BucketJudge<'j> {
    fn new(
        demand: &'j EngineDemand<'j>,
        bucket: u8,
        answer: &EngineAnswer,
        rows: Vec<&'j EngineRow>,
        faults: &'j mut Vec<EngineFault>,
    ) -> Self {
        let first = (bucket, RecordClass::Unkeyed, 0);
        let last = (bucket, RecordClass::Superseded, u16::MAX);
        let cells = answer.cells.range(first..=last).map(|(place, cell)| (*place, *cell)).collect();
        let controls = make_controls(demand.seed, bucket, demand.clock);
        Self { demand, bucket, cells, rows, controls, faults }
    }

    fn judge(mut self, judged: &mut JudgedAnswer) {
        let bucket = self.bucket;
        if self.cells.is_empty() {
            return self.faults.push(EngineFault::BucketMissing { bucket });
        }
        let before = self.faults.len();
        self.judge_side(DatasetSide::Source);
        self.judge_side(DatasetSide::Target);
        self.judge_classes();
        self.judge_lists();
        self.judge_controls(judged);
        if self.faults.len() == before {
            self.judge_left();
        }
        if self.faults.len() == before {
            self.count(judged);
        }
    }

    /// The classes cover exactly the rows of the manifest and the control rows.
    fn judge_side(&mut self, side: DatasetSide) {
        let bucket = self.bucket;
        let (header, rows): (_, fn(&ControlRecord) -> &[ManifestRow]) = match side {
            DatasetSide::Source => (self.demand.source, |control| &control.source),
            DatasetSide::Target => (self.demand.target, |control| &control.target),
        };
        let controls = sum_rows(self.controls.iter().flat_map(rows));
        let header = header.buckets.get(usize::from(bucket)).and_then(|header| {
            let (keys, digests) = (header.key_sum.parse().ok()?, header.digest_sum.parse().ok()?);
            SideSums { rows: header.rows, keys, digests }.plus(controls)
        });
        let part = |cell: &EngineCell| if side == DatasetSide::Source { cell.source } else { cell.target };
        let found = self.cells.values().try_fold(SideSums::default(), |sum, cell| sum.plus(part(cell)));
        let control_rows = controls.rows;
        let without = |rows: u64| rows.saturating_sub(control_rows);
        match (header, found) {
            (Some(expected), Some(found)) if expected == found => {}
            (Some(expected), Some(found)) if found.rows < expected.rows => {
                let (expected, found) = (without(expected.rows), without(found.rows));
                self.faults.push(EngineFault::RowsLost { bucket, side, expected, found });
            }
            (Some(expected), Some(found)) if found.rows > expected.rows => {
                let (expected, found) = (without(expected.rows), without(found.rows));
                self.faults.push(EngineFault::RowsRepeated { bucket, side, expected, found });
            }
            _ => self.faults.push(EngineFault::RowsOther { bucket, side }),
        }
    }

    /// No class has rows that it cannot have.
    fn judge_classes(&mut self) {
        let clock = self.demand.clock;
        for ((bucket, class, band), cell) in &self.cells {
            let broken = find_broken_rule(*class, cell);
            if let Some(rule) = broken.or_else(|| find_broken_band(*class, *band, cell, clock)) {
                self.faults.push(EngineFault::ClassImpossible { bucket: *bucket, class: *class, rule });
            }
        }
    }

    /// As many records are listed as were counted, where there are few; they add up to their cell.
    fn judge_lists(&mut self) {
        let mut lists: BTreeMap<CellPlace, (u64, Option<EngineCell>)> = BTreeMap::new();
        let mut keys = Vec::new();
        let is_control = |key: u128| self.controls.iter().any(|control| control.key == key);
        for row in &self.rows {
            let left = self.cells.get(&row.place).copied();
            let (listed, left) = lists.entry(row.place).or_insert((0, left));
            let counts = self.lists_all(row.place) || !is_control(row.key);
            *listed += u64::from(counts);
            *left = left.and_then(|left| left.minus(row.part));
            keys.push((row.key, row.place));
        }
        keys.sort_unstable();
        for pair in keys.windows(2) {
            if let [(one, _), (other, place)] = pair
                && one == other
            {
                self.faults.push(EngineFault::ListedTwice { bucket: self.bucket, class: place.1 });
            }
        }
        let places: BTreeSet<_> = self.cells.keys().chain(lists.keys()).copied().collect();
        for place in places {
            let (listed, left) = lists.remove(&place).unwrap_or((0, Some(EngineCell::default())));
            self.judge_list(place, listed, left);
        }
    }

    /// Whether every record of a cell is listed.
    fn lists_all(&self, place: CellPlace) -> bool {
        let counted = self.cells.get(&place).map_or(0, |cell| cell.keys);
        place.1.needs_budget() && counted <= self.demand.bound
    }

    fn judge_list(&mut self, place: CellPlace, listed: u64, left: Option<EngineCell>) {
        let (bucket, class, _) = place;
        let counted = self.cells.get(&place).map_or(0, |cell| cell.keys);
        let required = match (class.needs_budget(), self.lists_all(place)) {
            (false, _) => 0,
            (true, true) => counted,
            (true, false) => 1,
        };
        let is_whole = !self.lists_all(place) || listed == 0 || left == Some(EngineCell::default());
        if listed != required {
            self.faults.push(EngineFault::ListDiffers { bucket, class, counted, listed });
        } else if left.is_none() || !is_whole {
            let rule = "the rows of the listed records are not those of the count";
            self.faults.push(EngineFault::ClassImpossible { bucket, class, rule });
        }
    }

    /// Every control record came back in its class, with its own rows, and is taken out.
    fn judge_controls(&mut self, judged: &mut JudgedAnswer) {
        let bucket = self.bucket;
        for control in std::mem::take(&mut self.controls) {
            let class = control.class;
            let Some(place) = self.rows.iter().position(|row| row.key == control.key) else {
                self.faults.push(EngineFault::ControlLost { bucket, class });
                continue;
            };
            let row = self.rows.swap_remove(place);
            let found = row.place.1;
            let (band, part) = measure_control(&control, self.demand.clock);
            let left = self.cells.get(&row.place).and_then(|cell| cell.minus(part));
            match left {
                _ if found != class => self.faults.push(EngineFault::ControlMoved { bucket, class, found }),
                Some(left) if row.place.2 == band && row.part == part => {
                    self.cells.insert(row.place, left);
                    judged.controls.push(ControlAnswer { bucket, expected: class, found: Some(found) });
                }
                _ => {
                    let rule = "its control row came back with other rows or terms";
                    self.faults.push(EngineFault::ClassImpossible { bucket, class, rule });
                }
            }
        }
    }

    /// Nor has a class rows that it cannot have when the control rows are taken out: they may have
    /// hidden a number that is too large for the records.
    fn judge_left(&mut self) {
        self.cells.retain(|_, cell| *cell != EngineCell::default());
        self.judge_classes();
        if let Some(rule) = self.find_other_state() {
            let (bucket, class) = (self.bucket, RecordClass::Ok);
            self.faults.push(EngineFault::ClassImpossible { bucket, class, rule });
        }
    }

    /// What the headers say of the records that live, if the cells say otherwise.
    fn find_other_state(&self) -> Option<&'static str> {
        let header = |side: &'j ManifestV1| side.buckets.get(usize::from(self.bucket));
        let (Some(source), Some(target)) = (header(self.demand.source), header(self.demand.target)) else {
            return Some("the headers do not have this bucket");
        };
        let sum = |counts: &dyn Fn(&CellPlace) -> bool| -> u128 {
            self.cells.iter().filter(|(place, _)| counts(place)).map(|(_, cell)| u128::from(cell.keys)).sum()
        };
        let living = sum(&|(_, _, band)| (UPLOAD..DELETION).contains(band));
        // The latest of several operations, and rows without a key, are counted by themselves.
        let doubtful = sum(&|(_, class, band)| {
            *band == 0
                && matches!(
                    class,
                    RecordClass::Unkeyed | RecordClass::SourceDuplicate | RecordClass::Incomparable
                )
        });
        let is_right = |(_, class, _): &CellPlace| {
            matches!(class, RecordClass::Ok | RecordClass::Late | RecordClass::Unacknowledged)
        };
        if !(living..=living + doubtful).contains(&u128::from(source.living)) {
            return Some("other records live after all operations of the source");
        }
        (source.state != target.state && self.cells.keys().all(is_right))
            .then_some("the sides hold other records, so that not every one is right")
    }

    /// Counts what is left as the comparison does.
    fn count(&mut self, judged: &mut JudgedAnswer) {
        let mut totals = BucketTotals::new(self.demand.clock);
        let mut listed: BTreeMap<CellPlace, u64> = BTreeMap::new();
        for row in &self.rows {
            *listed.entry(row.place).or_default() += 1;
            judged.rows.push(**row);
        }
        for (place, cell) in &self.cells {
            let (bucket, class, band) = *place;
            *totals.class_mut(class) += ClassTotals {
                records: cell.records,
                source_rows: cell.source.rows - cell.superseded,
                target_rows: cell.target.rows,
            };
            *totals.class_mut(RecordClass::Superseded) +=
                ClassTotals { records: cell.superseded, source_rows: cell.superseded, target_rows: 0 };
            if !count_shares(&mut totals, band, cell.keys) {
                let rule = "its band is none of these terms";
                self.faults.push(EngineFault::ClassImpossible { bucket, class, rule });
            }
            let unlisted = cell.keys - listed.get(place).copied().unwrap_or(0).min(cell.keys);
            if class.needs_budget() && unlisted > 0 {
                *judged.unlisted.entry(class).or_default() += unlisted;
            }
            judged.cells.insert(*place, *cell);
            judged.future_rows += cell.future;
            judged.scheduled += cell.scheduled;
        }
        judged.buckets.push(totals);
    }
}

/// The rows of a side, with their sums.
pub(super) fn sum_rows<'r>(rows: impl Iterator<Item = &'r ManifestRow>) -> SideSums {
    rows.fold(SideSums::default(), |sum, row| SideSums {
        rows: sum.rows + 1,
        keys: sum.keys + i128::from(split_halves(row.key).1),
        digests: sum.digests + i128::from(split_halves(row.digest).1),
    })
}

/// The band of a control record, and what it adds to its cell.
fn measure_control(control: &ControlRecord, clock: &Clock) -> (u16, EngineCell) {
    let mut facts = RecordFacts { key: control.key, ..RecordFacts::default() };
    control.target.iter().for_each(|row| facts.take_record(row));
    control.source.iter().for_each(|row| facts.take_operation(row, clock));
    facts.take_clock(clock);
    let sides = (sum_rows(control.source.iter()), sum_rows(control.target.iter()));
    (find_band(&facts, clock), measure_record(&facts, clock, sides))
}

/// What a record adds to its cell.
pub(super) fn measure_record(
    facts: &RecordFacts,
    clock: &Clock,
    (source, target): (SideSums, SideSums),
) -> EngineCell {
    let is_unkeyed = facts.is_unkeyed();
    let read = clock.target_as_of.saturating_add(clock.skew);
    let effective = clock.source_as_of.saturating_add(clock.skew);
    EngineCell {
        keys: 1,
        records: if is_unkeyed { source.rows + target.rows } else { 1 },
        superseded: if is_unkeyed { 0 } else { facts.superseded },
        source,
        target,
        future: u64::from(clock.target_timed && facts.records > 0 && facts.target_time > read),
        scheduled: u64::from(facts.operations == 1 && facts.time > effective),
    }
}

/// What the class says of its rows, if the cell says otherwise.
fn find_broken_rule(class: RecordClass, cell: &EngineCell) -> Option<&'static str> {
    let EngineCell { keys, records, .. } = *cell;
    let Some(source) = cell.source.rows.checked_sub(cell.superseded) else {
        return Some("more operations are superseded than there are");
    };
    let target = cell.target.rows;
    if cell.future > keys.min(target) || cell.scheduled > keys.min(source) {
        return Some("no more records have a time to come than there are");
    }
    if class == RecordClass::Unkeyed {
        let adds_up = cell.source.rows.checked_add(target) == Some(records) && cell.superseded == 0;
        let holds = adds_up && (1..=records).contains(&keys);
        return (!holds).then_some("each row without a key is a record");
    }
    if keys != records || keys == 0 {
        return Some("each key is one record");
    }
    let (holds, rule) = match class {
        RecordClass::Incomparable => (source >= keys && target >= keys, "both sides have each record"),
        RecordClass::SourceDuplicate => (source / 2 >= keys, "the source has each at least twice"),
        RecordClass::TestData => (target >= keys, "the target has each"),
        RecordClass::Duplicate => (target / 2 >= keys, "the target has each at least twice"),
        RecordClass::AcknowledgedAbsent | RecordClass::Missing => {
            (source == keys && target == 0, "the source has each once, and the target none")
        }
        RecordClass::Resurrected => (source <= keys && target == keys, "the target has each once"),
        RecordClass::Undeleted | RecordClass::Stale | RecordClass::Late => {
            (source == keys && target == keys, "both sides have each once")
        }
        RecordClass::Extra => {
            (source == 0 && target == keys, "the target has each once, and the source none")
        }
        RecordClass::Rejected
        | RecordClass::RejectedUnlogged
        | RecordClass::Unacknowledged
        | RecordClass::Ok => {
            (source == keys && target <= keys, "the source has each once, and the target at most once")
        }
        RecordClass::Pending => (source <= keys && target <= keys, "each side has each at most once"),
        RecordClass::Superseded | RecordClass::Unkeyed => (false, "no record has this class"),
    };
    (!holds).then_some(rule)
}
