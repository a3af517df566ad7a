//! The comparison of one bucket: all manifests are read side by side, key by key.

use crate::compared::ComparedManifests;
use crate::control::RunSeed;
use crate::control::{ControlRecord, make_controls};
use crate::looks::{ShareLooks, is_difference, misses_a_term};
use crate::manifest::{BucketWriter, ManifestFault};
use crate::precedence::classify_quickly;
use crate::record::{Clock, RecordFacts};
use crate::row::{CONFIRMED, ManifestRow};
use crate::stream::RowStream;
use crate::totals::BucketTotals;
use portcullis_model::reconciliation::{AcceptedDifference, Isolation, RecordClass};
use std::collections::BTreeMap;

/// A control record and the class in which it came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ControlAnswer {
    /// Its bucket.
    pub bucket: u8,
    /// The class that it has.
    pub expected: RecordClass,
    /// The class in which it came back; `None`: it did not.
    pub found: Option<RecordClass>,
}

/// A record that is not as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeenDifference {
    /// The keyed key.
    pub key: u128,
    /// Its class.
    pub class: RecordClass,
    /// The operation that it should show; `U` where the source has none.
    pub operation: u8,
    /// The sequence of that operation; of the record, where the source has none.
    pub sequence: i64,
    /// When a run saw the difference first, in seconds since 1970.
    pub opened: i64,
    /// Two looks saw it.
    pub confirmed: bool,
    /// The policy accepts it.
    pub accepted: bool,
    /// Where the rows of both sides are in their buckets, to name the fields of a stale record.
    pub places: (u64, u64),
}

impl SeenDifference {
    /// Its row in a manifest of breaks.
    pub(crate) const fn break_row(&self) -> ManifestRow {
        ManifestRow {
            key: self.key,
            digest: (self.class as u128) << 64,
            sequence: self.sequence,
            time: self.opened,
            operation: self.operation,
            marks: if self.confirmed { CONFIRMED } else { 0 },
        }
    }
}

/// What became of the differences that earlier runs saw.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BreakCounts {
    /// Differences that no run saw before.
    pub opened: u64,
    /// Those that an earlier run saw.
    pub continued: u64,
    /// Those of earlier runs that are none any more.
    pub resolved: u64,
    /// When the oldest open one was seen first.
    pub oldest: Option<i64>,
    /// Confirmed records for each class.
    pub confirmed: BTreeMap<RecordClass, u64>,
    /// Those among the confirmed that the policy accepts.
    pub accepted: BTreeMap<RecordClass, u64>,
}

impl BreakCounts {
    /// Adds those of another bucket.
    pub fn add(&mut self, other: &Self) {
        self.opened += other.opened;
        self.continued += other.continued;
        self.resolved += other.resolved;
        self.oldest = [self.oldest, other.oldest].into_iter().flatten().min();
        for (sums, counts) in [(&mut self.confirmed, &other.confirmed), (&mut self.accepted, &other.accepted)]
        {
            counts.iter().for_each(|(class, count)| *sums.entry(*class).or_default() += count);
        }
    }
}

/// What the comparison of a bucket found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BucketFindings {
    /// What it counts, without control records.
    pub totals: BucketTotals,
    /// What became of the control records.
    pub controls: Vec<ControlAnswer>,
    /// Records that are not as they should be, by key: of each class as many as were asked for.
    pub seen: Vec<SeenDifference>,
    /// What became of earlier differences.
    pub breaks: BreakCounts,
    /// What a later look can still change of shares.
    pub looks: ShareLooks,
    /// Rejects for each reason, by its place in the header of the reject log.
    pub reasons: BTreeMap<u64, u64>,
    /// Rows of the reject log and receipts whose key neither side has.
    pub unmatched_answers: u64,
    /// Rows of the target that were loaded after it was read, by its own clock.
    pub future_rows: u64,
    /// Operations that take effect after the source was read.
    pub scheduled: u64,
}

/// Files that a comparison writes on its way.
#[derive(Default)]
pub(crate) struct JoinOutputs {
    pub(crate) breaks: Option<BucketWriter>,
    /// Breaks, and pending records that missed a term.
    pub(crate) again: Option<BucketWriter>,
    pub(crate) gone: Option<BucketWriter>,
}

/// Everything that is the same for all buckets.
pub(crate) struct JoinSettings<'j> {
    pub(crate) manifests: &'j ComparedManifests,
    pub(crate) clock: Clock,
    pub(crate) seed: RunSeed,
    /// How many records of each class and bucket are kept.
    pub(crate) listed: u64,
    /// Differences that the policy accepts at the moment at which the target was read.
    pub(crate) accepted: Vec<AcceptedDifference>,
}

impl JoinSettings<'_> {
    /// A difference that was seen before is confirmed by this look: it is later, and the rows of
    /// both sides hold together.
    fn confirms(&self) -> bool {
        let manifests = self.manifests;
        let holds = |isolation: Isolation| isolation != Isolation::None;
        let isolated = [&manifests.source, &manifests.target].into_iter().all(|m| holds(m.isolation()));
        let before = manifests.breaks.as_ref().map(|breaks| breaks.header().as_of_second());
        isolated && before.is_some_and(|before| before < self.clock.target_as_of)
    }
}

/// The comparison of one bucket on its way.
struct Join<'j> {
    settings: &'j JoinSettings<'j>,
    confirms: bool,
    source: RowStream,
    target: RowStream,
    rejects: RowStream,
    receipts: RowStream,
    gone: RowStream,
    breaks: RowStream,
    answers_sequenced: (bool, bool),
    outputs: JoinOutputs,
    controls: std::vec::IntoIter<ControlRecord>,
    control: Option<ControlRecord>,
    listed: BTreeMap<RecordClass, u64>,
    findings: BucketFindings,
}

/// Compares a bucket.
///
/// # Errors
/// A manifest is not what its header says, or an output cannot be written.
pub(crate) fn join_bucket(
    settings: &JoinSettings<'_>,
    bucket: u8,
    outputs: JoinOutputs,
) -> Result<(BucketFindings, JoinOutputs), ManifestFault> {
    let controls = make_controls(&settings.seed, bucket, &settings.clock);
    let rows =
        |rows: fn(&ControlRecord) -> &Vec<ManifestRow>| controls.iter().flat_map(rows).copied().collect();
    let manifests = settings.manifests;
    let sequenced = |manifest: &Option<crate::manifest::Manifest>| {
        manifest.as_ref().is_none_or(|manifest| manifest.header().high_water.is_some())
    };
    let mut join = Join {
        settings,
        confirms: settings.confirms(),
        source: RowStream::open(Some(&manifests.source), bucket, rows(|control| &control.source))?,
        target: RowStream::open(Some(&manifests.target), bucket, rows(|control| &control.target))?,
        rejects: RowStream::open(manifests.rejects.as_ref(), bucket, rows(|control| &control.rejects))?,
        receipts: RowStream::open(manifests.receipts.as_ref(), bucket, rows(|control| &control.receipts))?,
        gone: RowStream::open(manifests.gone.as_ref(), bucket, rows(|control| &control.gone))?,
        breaks: RowStream::open(manifests.breaks.as_ref(), bucket, Vec::new())?,
        answers_sequenced: (sequenced(&manifests.rejects), sequenced(&manifests.receipts)),
        outputs,
        controls: controls.clone().into_iter(),
        control: None,
        listed: BTreeMap::new(),
        findings: BucketFindings { totals: BucketTotals::new(&settings.clock), ..BucketFindings::default() },
    };
    join.control = join.controls.next();
    join.run(bucket)?;
    Ok((join.findings, join.outputs))
}

impl Join<'_> {
    fn run(&mut self, bucket: u8) -> Result<(), ManifestFault> {
        while let Some(key) = self.next_key() {
            let mut facts = RecordFacts { key, ..RecordFacts::default() };
            while let Some(row) = self.target.take(key)? {
                facts.take_record(&row);
            }
            while let Some(row) = self.source.take(key)? {
                facts.take_operation(&row, &self.settings.clock);
            }
            self.take_answers(&mut facts)?;
            facts.take_clock(&self.settings.clock);
            let class = classify_quickly(&facts, &self.settings.clock);
            if self.control.as_ref().is_some_and(|control| control.key == key) {
                self.answer_control(bucket, class);
            } else {
                self.count(&facts, class)?;
            }
        }
        while let Some(control) = self.control.take() {
            self.findings.controls.push(ControlAnswer { bucket, expected: control.class, found: None });
            self.control = self.controls.next();
        }
        Ok(())
    }

    /// The next key that any manifest has. Differences of earlier runs come with their keys, too:
    /// one that neither side has any more is resolved.
    #[inline]
    fn next_key(&self) -> Option<u128> {
        let sides = [self.source.next_key(), self.target.next_key()];
        let others =
            [self.gone.next_key(), self.breaks.next_key(), self.rejects.next_key(), self.receipts.next_key()];
        sides.into_iter().chain(others).flatten().min()
    }

    #[inline]
    fn take_answers(&mut self, facts: &mut RecordFacts) -> Result<(), ManifestFault> {
        let (key, clock) = (facts.key, &self.settings.clock);
        let is_known = facts.operations + facts.records > 0;
        while let Some(row) = self.rejects.take(key)? {
            facts.take_reject(&row, self.answers_sequenced.0, clock);
            self.findings.unmatched_answers += u64::from(!is_known);
            if self.control.as_ref().is_none_or(|control| control.key != key) {
                *self.findings.reasons.entry((row.digest >> 64) as u64).or_default() += 1;
            }
        }
        while let Some(row) = self.receipts.take(key)? {
            self.findings.unmatched_answers += u64::from(!is_known);
            facts.take_receipt(&row, self.answers_sequenced.1, clock);
        }
        while let Some(row) = self.gone.take(key)? {
            let is_of_this = facts.take_gone(&row);
            self.keep_gone(facts, &row, is_of_this)?;
        }
        Ok(())
    }

    /// Keeps knowing that a record was gone, as long as no later operation brings it back.
    fn keep_gone(
        &mut self,
        facts: &RecordFacts,
        row: &ManifestRow,
        is_of_this: bool,
    ) -> Result<(), ManifestFault> {
        let is_control = self.control.as_ref().is_some_and(|control| control.key == facts.key);
        let is_written_below = facts.operation == b'D' && facts.records == 0 && !facts.gone_early;
        match &mut self.outputs.gone {
            Some(gone) if is_of_this && !is_control && !is_written_below => gone.push(*row, &[]),
            _ => Ok(()),
        }
    }

    fn answer_control(&mut self, bucket: u8, class: RecordClass) {
        let Some(control) = self.control.take() else { return };
        let answer = ControlAnswer { bucket, expected: control.class, found: Some(class) };
        self.findings.controls.push(answer);
        self.control = self.controls.next();
    }

    #[inline]
    fn count(&mut self, facts: &RecordFacts, class: RecordClass) -> Result<(), ManifestFault> {
        let clock = &self.settings.clock;
        if facts.operations + facts.records > 0 {
            self.findings.totals.count(facts, class, clock);
            let read = clock.target_as_of.saturating_add(clock.skew);
            self.findings.future_rows +=
                u64::from(clock.target_timed && facts.records > 0 && facts.target_time > read);
            let effective = clock.source_as_of.saturating_add(clock.skew);
            self.findings.scheduled += u64::from(facts.operations == 1 && facts.time > effective);
        }
        if class == RecordClass::Ok && facts.operation != b'D' && self.breaks.next_key() != Some(facts.key) {
            self.findings.looks.count(facts, &self.settings.clock, None, false);
            return Ok(());
        }
        self.note_gone(facts)?;
        let before = self.take_break(facts.key)?;
        self.look(facts, class, before)?;
        let before = before.filter(is_difference);
        if class.needs_budget() {
            self.see(facts, class, before)
        } else {
            self.findings.breaks.resolved += u64::from(before.is_some());
            Ok(())
        }
    }

    /// Counts what is certain of the terms of a record, and notes one that is to be looked at
    /// again.
    fn look(
        &mut self,
        facts: &RecordFacts,
        class: RecordClass,
        before: Option<ManifestRow>,
    ) -> Result<(), ManifestFault> {
        let clock = &self.settings.clock;
        let is_waiting = class == RecordClass::Pending && misses_a_term(facts, clock);
        let is_again = is_waiting || class.needs_budget() && class != RecordClass::Late;
        let seen = before.filter(|row| row.sequence == facts.sequence);
        let seen = seen.filter(|row| self.confirms || row.has(CONFIRMED));
        let before =
            seen.and(self.settings.manifests.breaks.as_ref()).map(|breaks| breaks.header().as_of_second());
        self.findings.looks.count(facts, clock, before, is_again);
        let Some(again) = self.outputs.again.as_mut().filter(|_| is_waiting) else { return Ok(()) };
        let (key, sequence, operation) = (facts.key, facts.sequence, facts.operation);
        let digest = (class as u128) << 64;
        again.push(ManifestRow { key, digest, sequence, time: clock.target_as_of, operation, marks: 0 }, &[])
    }

    fn note_gone(&mut self, facts: &RecordFacts) -> Result<(), ManifestFault> {
        // What is gone before its time is no deletion that was done.
        let is_done = facts.operation == b'D' && facts.records == 0 && !facts.gone_early;
        let is_gone = is_done && !facts.is_unkeyed();
        match &mut self.outputs.gone {
            Some(gone) if is_gone => {
                let (key, sequence, time) = (facts.key, facts.sequence, self.settings.clock.target_as_of);
                gone.push(ManifestRow { key, digest: 0, sequence, time, operation: b'D', marks: 0 }, &[])
            }
            _ => Ok(()),
        }
    }

    fn take_break(&mut self, key: u128) -> Result<Option<ManifestRow>, ManifestFault> {
        let mut before = None;
        while let Some(row) = self.breaks.take(key)? {
            before = before.or(Some(row));
        }
        Ok(before)
    }

    /// Notes a difference: in its class, with its age, and in the manifest of breaks.
    fn see(
        &mut self,
        facts: &RecordFacts,
        class: RecordClass,
        before: Option<ManifestRow>,
    ) -> Result<(), ManifestFault> {
        let has_operation = facts.operations > 0;
        let seen = SeenDifference {
            key: facts.key,
            class,
            operation: if has_operation { facts.operation } else { b'U' },
            sequence: if has_operation { facts.sequence } else { facts.target_sequence },
            opened: self.settings.clock.target_as_of,
            confirmed: false,
            accepted: false,
            places: (self.source.place(), self.target.place()),
        };
        let mut seen = self.date(seen, before);
        let accepts = |one: &AcceptedDifference| one.is_of(seen.key, seen.class, seen.sequence);
        seen.accepted = self.settings.accepted.iter().any(accepts);
        let records = if class == RecordClass::Unkeyed {
            facts.operations + facts.superseded + facts.records
        } else {
            1
        };
        if seen.confirmed {
            *self.findings.breaks.confirmed.entry(class).or_default() += records;
        }
        if seen.confirmed && seen.accepted {
            *self.findings.breaks.accepted.entry(class).or_default() += records;
        }
        let listed = self.listed.entry(class).or_default();
        if seen.accepted {
            self.findings.seen.push(seen);
        } else if *listed < self.settings.listed {
            *listed += 1;
            self.findings.seen.push(seen);
        }
        self.write_break(&seen)
    }

    /// Gives a difference the age of the one that an earlier run saw, and confirms it.
    fn date(&mut self, mut seen: SeenDifference, before: Option<ManifestRow>) -> SeenDifference {
        // A late arrival is over: no second look shows more of it, and no run reports it again.
        if seen.class == RecordClass::Late {
            seen.confirmed = true;
            self.findings.breaks.resolved += u64::from(before.is_some());
            return seen;
        }
        let counts = &mut self.findings.breaks;
        let same_operation = before.filter(|row| row.sequence == seen.sequence);
        let same = same_operation.filter(|row| row.digest >> 64 == seen.class as u128);
        seen.confirmed = same_operation.is_some_and(|row| self.confirms || row.has(CONFIRMED));
        match same {
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
        seen
    }

    fn write_break(&mut self, seen: &SeenDifference) -> Result<(), ManifestFault> {
        if seen.class == RecordClass::Late {
            return Ok(());
        }
        let row = seen.break_row();
        let outputs = [&mut self.outputs.breaks, &mut self.outputs.again];
        outputs.into_iter().flatten().try_for_each(|output| output.push(row, &[]))
    }
}
