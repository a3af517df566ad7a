//! The answer that an honest engine gives, without an engine: each key is judged by itself.

use super::super::band::find_band;
use super::super::{ANSWER_COLUMNS, EnginePlan};
use super::corpus::Corpus;
use crate::control::make_controls;
use crate::precedence::classify;
use crate::record::RecordFacts;
use crate::row::{ManifestRow, split_halves};
use portcullis_model::reconciliation::RecordClass;
use std::collections::{BTreeMap, BTreeSet};

/// A key with its rows.
#[derive(Clone, Debug, Default)]
struct Rows {
    source: Vec<ManifestRow>,
    target: Vec<ManifestRow>,
    rejects: Vec<ManifestRow>,
    receipts: Vec<ManifestRow>,
    gone: Vec<ManifestRow>,
}

/// What one line says, in the order of the columns after `text`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) part: &'static str,
    pub(super) bucket: u8,
    pub(super) class: RecordClass,
    pub(super) band: u16,
    pub(super) key: u128,
    pub(super) sequence: i64,
    pub(super) operation: u8,
    /// Keys, records, superseded; rows, keys and digests of both sides; future, scheduled.
    pub(super) numbers: [i128; 11],
}

/// An answer, line by line, to be bent.
#[derive(Clone, Debug)]
pub(super) struct Lines {
    pub(super) run: String,
    pub(super) text: String,
    pub(super) lines: Vec<Line>,
}

impl Lines {
    /// As an engine prints it.
    pub(super) fn print(&self) -> String {
        let line = |line: &Line| {
            let (k1, k2) = split_halves(line.key);
            let numbers: Vec<_> = line.numbers.iter().map(ToString::to_string).collect();
            let Line { part, bucket, class, band, sequence, operation, .. } = line;
            let start = format!("{},{},{part},{bucket},{}", self.run, self.text, class.as_str());
            format!("{start},{band},{k1},{k2},{sequence},{operation},{}\n", numbers.join(","))
        };
        self.lines.iter().map(line).collect()
    }

    /// The names of the columns, as some engines print them first.
    pub(super) fn head() -> String {
        ANSWER_COLUMNS.join(",") + "\n"
    }
}

/// The honest answer to a plan over a corpus.
pub(super) fn answer_honestly(plan: &EnginePlan<'_>, corpus: &Corpus) -> Lines {
    let mut rows: BTreeMap<u128, Rows> = BTreeMap::new();
    let mut add = |read: fn(&mut Rows) -> &mut Vec<ManifestRow>, list: &[ManifestRow]| {
        list.iter().for_each(|row| read(rows.entry(row.key).or_default()).push(*row));
    };
    let mut control_keys = BTreeSet::new();
    for control in (0..=255).flat_map(|bucket| make_controls(&plan.seed, bucket, &plan.clock)) {
        control_keys.insert(control.key);
        add(|rows| &mut rows.source, &control.source);
        add(|rows| &mut rows.target, &control.target);
        add(|rows| &mut rows.rejects, &control.rejects);
        add(|rows| &mut rows.receipts, &control.receipts);
        add(|rows| &mut rows.gone, &control.gone);
    }
    add(|rows| &mut rows.source, &corpus.source);
    add(|rows| &mut rows.target, &corpus.target);
    add(|rows| &mut rows.rejects, &corpus.rejects);
    add(|rows| &mut rows.receipts, &corpus.receipts);
    add(|rows| &mut rows.gone, &corpus.gone);
    let sides = rows.into_iter().filter(|(_, rows)| rows.source.len() + rows.target.len() > 0);
    let lines: Vec<Line> = sides.map(|(key, rows)| judge_key(plan, key, rows)).collect();
    let mut cells: BTreeMap<(u8, RecordClass, u16), Vec<&Line>> = BTreeMap::new();
    lines.iter().for_each(|line| cells.entry((line.bucket, line.class, line.band)).or_default().push(line));
    let mut answer = Vec::new();
    let mut listed = Vec::new();
    for ((bucket, class, band), members) in &cells {
        let mut numbers = [0; 11];
        members
            .iter()
            .for_each(|line| numbers.iter_mut().zip(line.numbers).for_each(|(sum, one)| *sum += one));
        answer.push(Line {
            part: "cell",
            bucket: *bucket,
            class: *class,
            band: *band,
            key: 0,
            sequence: 0,
            operation: 0,
            numbers,
        });
        let is_control = |line: &Line| control_keys.contains(&line.key);
        let half = |line: &Line| split_halves(line.key).0;
        let first = members.iter().filter(|line| !is_control(line)).map(|line| half(line)).min();
        let few = members.len() as u64 <= plan.bound;
        let shows = |line: &Line| class.needs_budget() && (few || Some(half(line)) == first);
        listed.extend(
            members.iter().filter(|line| is_control(line) || shows(line)).map(|line| (*line).clone()),
        );
    }
    answer.extend(listed);
    Lines { run: plan.run(), text: plan.write_text().digest.hex().to_string(), lines: answer }
}

fn judge_key(plan: &EnginePlan<'_>, key: u128, mut rows: Rows) -> Line {
    let clock = &plan.clock;
    let mut facts = RecordFacts { key, ..RecordFacts::default() };
    rows.source.sort_by_key(ManifestRow::order);
    rows.target.sort_by_key(ManifestRow::order);
    rows.target.iter().for_each(|row| facts.take_record(row));
    rows.source.iter().for_each(|row| facts.take_operation(row, clock));
    rows.rejects.iter().for_each(|row| facts.take_reject(row, true, clock));
    rows.receipts.iter().for_each(|row| facts.take_receipt(row, true, clock));
    for row in &rows.gone {
        facts.take_gone(row);
    }
    facts.take_clock(clock);
    let class = classify(&facts, clock);
    let sum = |rows: &[ManifestRow], half: fn(&ManifestRow) -> i64| -> i128 {
        rows.iter().map(|row| i128::from(half(row))).sum()
    };
    let key_half: fn(&ManifestRow) -> i64 = |row| split_halves(row.key).1;
    let digest_half: fn(&ManifestRow) -> i64 = |row| split_halves(row.digest).1;
    let count = |rows: &[ManifestRow]| i128::try_from(rows.len()).unwrap();
    let is_unkeyed = class == RecordClass::Unkeyed;
    let records = if is_unkeyed { count(&rows.source) + count(&rows.target) } else { 1 };
    let superseded = if is_unkeyed { 0 } else { i128::from(facts.superseded) };
    let is_future = facts.records > 0 && facts.target_time > clock.target_as_of + clock.skew;
    let is_scheduled = facts.operations == 1 && facts.time > clock.source_as_of + clock.skew;
    Line {
        part: "row",
        bucket: key.to_be_bytes()[0],
        class,
        band: find_band(&facts, clock),
        key,
        sequence: if facts.operations > 0 { facts.sequence } else { facts.target_sequence },
        operation: if facts.operations > 0 { facts.operation } else { b'U' },
        numbers: [
            1,
            records,
            superseded,
            count(&rows.source),
            sum(&rows.source, key_half),
            sum(&rows.source, digest_half),
            count(&rows.target),
            sum(&rows.target, key_half),
            sum(&rows.target, digest_half),
            i128::from(is_future),
            i128::from(is_scheduled),
        ],
    }
}
