//! What is known of one key, from all manifests: whole numbers and booleans, and nothing else, so
//! that an SQL engine can hold the same in columns.

use crate::row::{INCOMPARABLE, MARKED, ManifestRow, RECEIVED, REFUSED, UNKEYED};
use portcullis_model::reconciliation::{Dataset, DeadlineShare};
use portcullis_wire::manifest::v1::ManifestV1;

/// The last share: all records.
pub const ALL_RECORDS: u32 = 1_000_000;

/// The moments and terms by which a comparison judges. Seconds, all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clock {
    /// When the target was read. A deadline has passed when this is after it.
    pub target_as_of: i64,
    /// When the source was read. What was loaded later may come of an operation that it did not
    /// see.
    pub source_as_of: i64,
    /// The greatest difference of both clocks.
    pub skew: i64,
    /// Terms of uploads and amendments by share; the last one is that of all records.
    pub terms: Vec<Term>,
    /// Terms of deletions, likewise.
    pub deletion_terms: Vec<Term>,
    /// Term of the receiver's answer; `None`: none is awaited, or no receipts were read.
    pub answer_term: Option<i64>,
    /// Records that arrived late before this were reported by an earlier run.
    pub late_since: i64,
    /// Whether the target tells when a record was loaded.
    pub target_timed: bool,
    /// Whether the target tells the version of a record.
    pub target_sequenced: bool,
}

/// A share of the records and the seconds that they may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// The share in millionths.
    pub share: u32,
    /// Seconds from the operation to its arrival.
    pub within: i64,
}

impl Clock {
    /// The moments of two manifests and the terms of a dataset. `has_receipts` says whether
    /// receipts were read, `late_since` when the run before read the target.
    #[must_use]
    pub fn new(
        dataset: &Dataset,
        source: &ManifestV1,
        target: &ManifestV1,
        has_receipts: bool,
        late_since: Option<i64>,
    ) -> Self {
        let terms = read_terms(&dataset.deadlines);
        let deletion_terms = match dataset.deletion_deadlines.as_slice() {
            [] => terms.clone(),
            deadlines => read_terms(deadlines),
        };
        Self {
            target_as_of: target.as_of_second(),
            source_as_of: source.as_of_second(),
            skew: dataset.clock_skew.as_secs(),
            terms,
            deletion_terms,
            answer_term: dataset.acknowledged_within.filter(|_| has_receipts).map(|term| term.as_secs()),
            late_since: late_since.unwrap_or(i64::MIN),
            target_timed: target.timed,
            target_sequenced: target.high_water.is_some(),
        }
    }

    /// The terms of an operation.
    #[must_use]
    pub fn terms_of(&self, operation: u8) -> &[Term] {
        if operation == b'D' { &self.deletion_terms } else { &self.terms }
    }

    /// An operation of this time had not taken effect when the target was read, whichever clock is
    /// right.
    #[must_use]
    pub const fn is_early(&self, time: i64) -> bool {
        time > self.target_as_of.saturating_add(self.skew)
    }

    /// Until when the operation has to have arrived, with the difference of the clocks.
    #[must_use]
    pub fn due(&self, operation: u8, time: i64) -> i64 {
        let within = self.terms_of(operation).last().map_or(0, |term| term.within);
        time.saturating_add(within).saturating_add(self.skew)
    }
}

/// Without a deadline, a record has to be there at once.
fn read_terms(deadlines: &[DeadlineShare]) -> Vec<Term> {
    let term = |deadline: &DeadlineShare| Term { share: deadline.share, within: deadline.within.as_secs() };
    let mut terms: Vec<Term> = deadlines.iter().map(term).collect();
    if terms.last().is_none_or(|last| last.share < ALL_RECORDS) {
        let within = terms.last().map_or(0, |last| last.within);
        terms.push(Term { share: ALL_RECORDS, within });
    }
    terms
}

/// What is known of one key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecordFacts {
    /// The keyed key.
    pub key: u128,
    /// Different operations with the latest sequence. 0: the source has none.
    pub operations: u64,
    /// Operations that are not among them: earlier ones, and repetitions of the latest.
    pub superseded: u64,
    /// The latest operation: `U`, `A` or `D`; 0 where the source has none.
    pub operation: u8,
    /// Its sequence.
    pub sequence: i64,
    /// The digest of the content that it leads to.
    pub digest: u128,
    /// When it takes effect.
    pub time: i64,
    /// Marks of the latest operations, all of them together.
    pub source_marks: u8,
    /// Marks of the operation that came last.
    pub last_marks: u8,
    /// Records of the target with this key.
    pub records: u64,
    /// The version of the record: the greatest, if there are several.
    pub target_sequence: i64,
    /// The digest of its content: of the record with the greatest version.
    pub target_digest: u128,
    /// When it was loaded: the earliest, if there are several.
    pub target_time: i64,
    /// Marks of the records, all of them together.
    pub target_marks: u8,
    /// The reject log has the latest operation.
    pub rejected: bool,
    /// A receipt says that the latest operation was refused.
    pub refused: bool,
    /// A receipt says that the latest operation was accepted, and the target was read later.
    pub accepted: bool,
    /// There is a receipt for the latest operation.
    pub answered: bool,
    /// An earlier run saw the record gone after this deletion, or after the last one there was.
    pub seen_gone: bool,
    /// The source was read after the record was loaded, or it is not known when it was loaded.
    pub settled: bool,
    /// The record is gone, and its deletion takes effect after the target was read.
    pub gone_early: bool,
    /// The last term has passed: of the latest operation, or of an earlier one that the target does
    /// not show, and neither does it show one after it. A newer operation puts nothing off. A
    /// record that is gone early had to be there.
    pub overdue: bool,
    /// The term of the receiver's answer has passed.
    pub answer_overdue: bool,
    /// The record was loaded after the last term, and after the run before this one.
    pub loaded_late: bool,
    /// Whether earlier operations are overdue.
    pub backlog: Backlog,
}

impl RecordFacts {
    /// A row of either side has no whole key.
    #[must_use]
    pub const fn is_unkeyed(&self) -> bool {
        (self.source_marks | self.target_marks) & UNKEYED != 0
    }

    /// The record should be there.
    #[must_use]
    pub const fn is_expected(&self) -> bool {
        matches!(self.operation, b'U' | b'A')
    }

    /// The target has exactly what the latest operation leads to. A version is compared where both
    /// sides have one: an older one with the same content is an amendment that did not arrive.
    #[must_use]
    pub const fn is_right(&self, target_sequenced: bool) -> bool {
        match self.operation {
            b'U' | b'A' => {
                self.records == 1
                    && self.target_digest == self.digest
                    && (!target_sequenced || self.target_sequence >= self.sequence)
            }
            b'D' => self.records == 0 && !self.gone_early,
            _ => false,
        }
    }

    /// The target has what an operation leads to.
    #[must_use]
    fn shows(&self, row: &ManifestRow, clock: &Clock) -> bool {
        if row.operation == b'D' {
            return self.records == 0 && !clock.is_early(row.time);
        }
        self.records == 1
            && self.target_digest == row.digest
            && (!clock.target_sequenced || self.target_sequence >= row.sequence)
    }

    /// The contents of both sides would decide, and one of them is incomparable.
    #[must_use]
    pub const fn is_incomparable(&self) -> bool {
        self.is_expected() && self.records > 0 && (self.source_marks | self.target_marks) & INCOMPARABLE != 0
    }

    /// The target has test data.
    #[must_use]
    pub const fn is_test_data(&self) -> bool {
        self.target_marks & MARKED != 0
    }

    /// How many rows of the source the class of this key says something of.
    #[must_use]
    pub const fn source_rows(&self) -> u64 {
        self.operations
    }

    /// Takes the next operation of the key, after all its records. Operations come in the order of
    /// [`ManifestRow::order`], and of those with the latest sequence, the last one is kept.
    #[inline]
    pub fn take_operation(&mut self, row: &ManifestRow, clock: &Clock) {
        let is_due = clock.target_as_of > clock.due(row.operation, row.time);
        self.backlog.take_operation(row.sequence, is_due, self.shows(row, clock));
        let is_repeated = self.operations > 0 && self.is_same(row);
        if self.operations == 0 || row.sequence > self.sequence {
            self.superseded += self.operations;
            self.operations = 1;
            self.source_marks = 0;
        } else if is_repeated {
            // One and the same operation, sent twice.
            self.superseded += 1;
        } else {
            self.operations += 1;
        }
        self.operation = row.operation;
        self.sequence = row.sequence;
        self.digest = row.digest;
        self.time = row.time;
        self.source_marks |= row.marks;
        self.last_marks = row.marks;
    }

    const fn is_same(&self, row: &ManifestRow) -> bool {
        row.sequence == self.sequence
            && row.operation == self.operation
            && row.digest == self.digest
            && row.time == self.time
            && row.marks == self.last_marks
    }

    /// The next record of the key.
    #[inline]
    pub fn take_record(&mut self, row: &ManifestRow) {
        self.target_time = if self.records == 0 { row.time } else { self.target_time.min(row.time) };
        self.records += 1;
        self.target_sequence = row.sequence;
        self.target_digest = row.digest;
        self.target_marks |= row.marks;
    }

    /// What follows from the clock, after all rows of the key were taken.
    #[inline]
    pub fn take_clock(&mut self, clock: &Clock) {
        let due = clock.due(self.operation, self.time);
        self.gone_early = self.operation == b'D' && self.records == 0 && clock.is_early(self.time);
        self.overdue =
            self.operations > 0 && (clock.target_as_of > due || self.backlog.is_behind() || self.gone_early);
        self.settled =
            !clock.target_timed || self.target_time < clock.source_as_of.saturating_sub(clock.skew);
        self.loaded_late = clock.target_timed
            && self.operations > 0
            && self.target_time > due
            && self.target_time > clock.late_since;
        let answer_due = |term: i64| self.time.saturating_add(term).saturating_add(clock.skew);
        self.answer_overdue = clock.answer_term.is_some_and(|term| clock.target_as_of > answer_due(term));
    }

    /// A row of the reject log. `sequenced` says whether its rows have sequences.
    #[inline]
    pub fn take_reject(&mut self, row: &ManifestRow, sequenced: bool, clock: &Clock) {
        self.rejected |= self.is_answered_by(row, sequenced, clock.skew);
    }

    /// A receipt, likewise.
    #[inline]
    pub fn take_receipt(&mut self, row: &ManifestRow, sequenced: bool, clock: &Clock) {
        if self.is_answered_by(row, sequenced, clock.skew) {
            let is_yes = row.digest != REFUSED && row.digest != RECEIVED;
            self.answered = true;
            self.refused |= row.digest == REFUSED;
            self.accepted |= is_yes && row.time.saturating_add(clock.skew) <= clock.target_as_of;
        }
    }

    /// A deletion that an earlier run saw done. Returns whether it is the one that counts here.
    #[inline]
    pub fn take_gone(&mut self, row: &ManifestRow) -> bool {
        let is_of_this = self.operations == 0 || row.sequence == self.sequence;
        self.seen_gone |= is_of_this;
        is_of_this
    }

    /// An answer of the receiver is to the latest operation: of its sequence, or, where answers
    /// have none, not earlier than it.
    #[must_use]
    const fn is_answered_by(&self, row: &ManifestRow, sequenced: bool, skew: i64) -> bool {
        if self.operations == 0 {
            return false;
        }
        if sequenced { row.sequence == self.sequence } else { row.time.saturating_add(skew) >= self.time }
    }
}

/// Whether the target is behind: the term of an operation has passed, and the target shows neither
/// what it leads to nor what a later one does. Operations come with rising sequences.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// The term of an operation has passed.
    has_due: bool,
    /// The target shows one since the last operation whose term has passed.
    is_shown: bool,
    /// The sequence of the operation that came last.
    sequence: Option<i64>,
    /// The target shows one of that sequence.
    is_step_shown: bool,
}

impl Backlog {
    /// The next operation of the key.
    #[inline]
    fn take_operation(&mut self, sequence: i64, is_due: bool, is_shown: bool) {
        if self.sequence != Some(sequence) {
            self.sequence = Some(sequence);
            self.is_step_shown = false;
        }
        self.is_step_shown |= is_shown;
        if is_due {
            self.has_due = true;
            self.is_shown = self.is_step_shown;
        } else {
            self.is_shown |= self.has_due && is_shown;
        }
    }

    /// The target is behind.
    #[must_use]
    pub const fn is_behind(&self) -> bool {
        self.has_due && !self.is_shown
    }
}
