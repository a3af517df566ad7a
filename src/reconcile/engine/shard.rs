//! The answer of one bucket, made here: many machines compare a bucket each, and their answers are
//! judged together as those of an engine are. They may come in any order.

use super::answer::{AnswerMarks, CellPlace, EngineAnswer, EngineCell, EngineRow, SideSums, write_line};
use super::band::find_band;
use super::judge::{measure_record, sum_rows};
use super::plan::EnginePlan;
use crate::control::{ControlRecord, make_controls};
use crate::manifest::{Manifest, ManifestFault};
use crate::precedence::classify;
use crate::record::RecordFacts;
use crate::row::{ManifestRow, split_halves};
use crate::stream::RowStream;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

/// Compares a bucket, and gives the answer that an engine gives for it.
///
/// # Errors
/// A manifest is refused.
pub fn answer_bucket(plan: &EnginePlan<'_>, bucket: u8) -> Result<EngineAnswer, ManifestFault> {
    let mut join = ShardJoin::open(plan, bucket)?;
    while let Some(key) = join.next_key() {
        join.take_key(key)?;
    }
    Ok(join.finish())
}

impl EngineAnswer {
    /// Writes the answer as lines with these marks.
    ///
    /// # Errors
    /// Those of the output.
    pub fn write(&self, output: &mut impl Write, marks: &AnswerMarks) -> std::io::Result<()> {
        for (place, cell) in &self.cells {
            write_line(output, marks, *place, None, cell)?;
        }
        for row in &self.rows {
            write_line(output, marks, row.place, Some((row.key, row.sequence, row.operation)), &row.part)?;
        }
        Ok(())
    }
}

/// The comparison of a bucket on its way. Memory grows with what is listed alone.
struct ShardJoin<'p> {
    plan: &'p EnginePlan<'p>,
    bucket: u8,
    source: RowStream,
    target: RowStream,
    rejects: RowStream,
    receipts: RowStream,
    gone: RowStream,
    sequenced: (bool, bool),
    controls: BTreeSet<u128>,
    cells: BTreeMap<CellPlace, EngineCell>,
    /// Records that may be listed, those of control records apart.
    listed: BTreeMap<CellPlace, Vec<EngineRow>>,
    found: Vec<EngineRow>,
}

impl<'p> ShardJoin<'p> {
    fn open(plan: &'p EnginePlan<'p>, bucket: u8) -> Result<Self, ManifestFault> {
        let controls = make_controls(&plan.seed, bucket, &plan.clock);
        let open = |manifest: Option<&Manifest>, rows: fn(&ControlRecord) -> &Vec<ManifestRow>| {
            RowStream::open(manifest, bucket, controls.iter().flat_map(rows).copied().collect())
        };
        let manifests = plan.manifests;
        Ok(Self {
            source: open(Some(&manifests.source), |control| &control.source)?,
            target: open(Some(&manifests.target), |control| &control.target)?,
            rejects: open(manifests.rejects.as_ref(), |control| &control.rejects)?,
            receipts: open(manifests.receipts.as_ref(), |control| &control.receipts)?,
            gone: open(manifests.gone.as_ref(), |control| &control.gone)?,
            sequenced: plan.answers_sequenced(),
            controls: controls.iter().map(|control| control.key).collect(),
            plan,
            bucket,
            cells: BTreeMap::new(),
            listed: BTreeMap::new(),
            found: Vec::new(),
        })
    }

    fn next_key(&self) -> Option<u128> {
        let streams = [&self.source, &self.target, &self.rejects, &self.receipts, &self.gone];
        streams.into_iter().filter_map(RowStream::next_key).min()
    }

    fn take_key(&mut self, key: u128) -> Result<(), ManifestFault> {
        let mut facts = RecordFacts { key, ..RecordFacts::default() };
        let (mut source, mut target) = (SideSums::default(), SideSums::default());
        while let Some(row) = self.target.take(key)? {
            facts.take_record(&row);
            target = target.plus(sum_rows([&row].into_iter())).unwrap_or(target);
        }
        while let Some(row) = self.source.take(key)? {
            facts.take_operation(&row, &self.plan.clock);
            source = source.plus(sum_rows([&row].into_iter())).unwrap_or(source);
        }
        self.take_answers(&mut facts)?;
        if source.rows + target.rows == 0 {
            return Ok(());
        }
        let clock = &self.plan.clock;
        facts.take_clock(clock);
        let place = (self.bucket, classify(&facts, clock), find_band(&facts, clock));
        let part = measure_record(&facts, clock, (source, target));
        let has_operation = facts.operations > 0;
        self.add(EngineRow {
            place,
            key,
            sequence: if has_operation { facts.sequence } else { facts.target_sequence },
            operation: if has_operation { facts.operation } else { b'U' },
            part,
        });
        Ok(())
    }

    fn take_answers(&mut self, facts: &mut RecordFacts) -> Result<(), ManifestFault> {
        let (key, clock) = (facts.key, &self.plan.clock);
        while let Some(row) = self.rejects.take(key)? {
            facts.take_reject(&row, self.sequenced.0, clock);
        }
        while let Some(row) = self.receipts.take(key)? {
            facts.take_receipt(&row, self.sequenced.1, clock);
        }
        while let Some(row) = self.gone.take(key)? {
            facts.take_gone(&row);
        }
        Ok(())
    }

    fn add(&mut self, row: EngineRow) {
        let cell = self.cells.entry(row.place).or_default();
        *cell = cell.plus(row.part).unwrap_or(*cell);
        if self.controls.contains(&row.key) {
            self.found.push(row);
        } else if row.place.1.needs_budget() {
            // Keys rise, so the first record of a cell comes first.
            let listed = self.listed.entry(row.place).or_default();
            if listed.is_empty() || (listed.len() as u64) < self.plan.bound {
                listed.push(row);
            }
        }
    }

    /// Of a cell with too many records, only those with the first half of the least key are listed.
    fn finish(self) -> EngineAnswer {
        let mut rows = self.found;
        for (place, mut listed) in self.listed {
            let is_many = self.cells.get(&place).is_some_and(|cell| cell.keys > self.plan.bound);
            if is_many {
                let half = |row: &EngineRow| split_halves(row.key).0;
                let first = listed.first().map(half);
                listed.retain(|row| Some(half(row)) == first);
            }
            rows.extend(listed);
        }
        rows.sort_by_key(|row| (row.place, row.key));
        EngineAnswer { cells: self.cells, rows }
    }
}
