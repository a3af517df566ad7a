//! A corpus with known faults: both sides are built from a seed, faults of every kind and all pairs
//! of them are put in, and every engine has to count exactly these.
//!
//! What a single fault leads to is written down by hand in [`FAULTS`]. What two faults on one key
//! lead to is worked out by [`class_of_case`], which looks at the rows in another way than the
//! product: no fold, no facts, no table.

mod reference;

pub use reference::class_of_case;

use crate::manifest::{Manifest, ManifestFault, ManifestTitle, ManifestWriter};
use crate::record::{ALL_RECORDS, Clock, Term};
use crate::row::{ACCEPTED, INCOMPARABLE, MARKED, ManifestRow, RECEIVED, REFUSED, UNKEYED};
use jiff::{SignedDuration, Timestamp};
use portcullis_model::reconciliation::{Dataset, DeadlineShare, RecordClass};
use portcullis_wire::manifest::v1::{ManifestContentV1, ManifestIsolationV1, ManifestScopeV1};
use std::collections::BTreeMap;
use std::path::Path;

/// When the target was read.
pub const TARGET_AS_OF: i64 = 1_600_000_000;
/// When the source was read.
pub const SOURCE_AS_OF: i64 = TARGET_AS_OF - 300;
/// The greatest difference of the clocks.
pub const SKEW: i64 = 60;
/// The term of uploads.
pub const TERM: i64 = 7200;
/// The term of deletions.
pub const DELETION_TERM: i64 = 1800;
/// The term of answers.
pub const ANSWER_TERM: i64 = 600;

/// The dataset of the corpus.
#[must_use]
pub fn make_dataset() -> Dataset {
    let share = |share, within| DeadlineShare { share, within: SignedDuration::from_secs(within) };
    Dataset {
        deadlines: vec![share(500_000, 3600), share(1_000_000, TERM)],
        deletion_deadlines: vec![share(1_000_000, DELETION_TERM)],
        acknowledged_within: Some(SignedDuration::from_secs(ANSWER_TERM)),
        clock_skew: SignedDuration::from_secs(SKEW),
        ..Dataset::blank("corpus")
    }
}

/// The clock by which the corpus is judged.
#[must_use]
pub fn make_clock() -> Clock {
    let terms = vec![Term { share: 500_000, within: 3600 }, Term { share: ALL_RECORDS, within: TERM }];
    Clock {
        target_as_of: TARGET_AS_OF,
        source_as_of: SOURCE_AS_OF,
        skew: SKEW,
        terms,
        deletion_terms: vec![Term { share: ALL_RECORDS, within: DELETION_TERM }],
        answer_term: Some(ANSWER_TERM),
        late_since: i64::MIN,
        target_timed: true,
        target_sequenced: true,
    }
}

/// All rows of one key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Case {
    /// Operations of the source.
    pub source: Vec<ManifestRow>,
    /// Records of the target.
    pub target: Vec<ManifestRow>,
    /// Rows of the reject log.
    pub rejects: Vec<ManifestRow>,
    /// Receipts.
    pub receipts: Vec<ManifestRow>,
    /// Deletions that an earlier run saw.
    pub gone: Vec<ManifestRow>,
}

impl Case {
    /// An upload and an amendment that arrived in time and were accepted.
    #[must_use]
    pub fn honest(key: u128, digest: u128) -> Self {
        let row = |operation, sequence, time, digest| ManifestRow {
            key,
            digest,
            sequence,
            time,
            operation,
            marks: 0,
        };
        let (upload, amend) = (TARGET_AS_OF - 100_000, TARGET_AS_OF - 90_000);
        Self {
            source: vec![row(b'U', 1, upload, digest ^ 1), row(b'A', 2, amend, digest)],
            target: vec![row(b'U', 2, amend + 100, digest)],
            receipts: vec![row(b'U', 1, upload + 50, ACCEPTED), row(b'U', 2, amend + 50, ACCEPTED)],
            ..Self::default()
        }
    }

    fn last(&self) -> ManifestRow {
        let last = self.source.iter().max_by_key(|row| row.order());
        last.or(self.target.first()).copied().unwrap_or_default()
    }

    /// The next operation of the key, without an answer or an effect.
    fn then(&mut self, operation: u8, time: i64) -> ManifestRow {
        let last = self.last();
        let digest = if operation == b'D' { 0 } else { last.digest ^ 2 };
        let row = ManifestRow { digest, sequence: last.sequence + 1, time, operation, marks: 0, ..last };
        self.source.push(row);
        row
    }

    fn answer(&self, time: i64, digest: u128) -> ManifestRow {
        let last = self.last();
        ManifestRow { digest, time, operation: b'U', marks: 0, ..last }
    }

    fn forget_last_receipt(&mut self) {
        let sequence = self.last().sequence;
        self.receipts.retain(|row| row.sequence != sequence);
    }
}

/// A fault: its name, what it leads to alone, and what it does to a record.
pub type Fault = (&'static str, RecordClass, fn(&mut Case));

/// Faults of every kind, and what is right in unusual ways.
pub const FAULTS: &[Fault] = &[
    ("nothing", RecordClass::Ok, |_| {}),
    ("missing", RecordClass::Missing, |case| {
        case.target.clear();
        case.forget_last_receipt();
    }),
    ("stale content", RecordClass::Stale, |case| case.target.iter_mut().for_each(|row| row.digest ^= 4)),
    ("stale version", RecordClass::Stale, |case| case.target.iter_mut().for_each(|row| row.sequence -= 1)),
    ("undeleted", RecordClass::Undeleted, |case| {
        case.then(b'D', TARGET_AS_OF - 80_000);
        let answer = case.answer(TARGET_AS_OF - 79_000, ACCEPTED);
        case.receipts.push(answer);
    }),
    ("resurrected", RecordClass::Resurrected, |case| {
        let row = case.then(b'D', TARGET_AS_OF - 80_000);
        case.gone.push(ManifestRow { digest: 0, marks: 0, ..row });
    }),
    ("deleted", RecordClass::Ok, |case| {
        case.then(b'D', TARGET_AS_OF - 80_000);
        let answer = case.answer(TARGET_AS_OF - 79_000, ACCEPTED);
        case.receipts.push(answer);
        case.target.clear();
    }),
    ("deleted before its time", RecordClass::Missing, |case| {
        case.then(b'D', TARGET_AS_OF + SKEW + 1);
        case.target.clear();
    }),
    ("deleted at its time by a clock that differs", RecordClass::Ok, |case| {
        case.then(b'D', TARGET_AS_OF + SKEW);
        case.target.clear();
    }),
    ("deletion to come", RecordClass::Pending, |case| {
        case.then(b'D', TARGET_AS_OF + 10_000);
    }),
    ("received and right", RecordClass::Ok, |case| {
        case.forget_last_receipt();
        let answer = case.answer(TARGET_AS_OF - 70_000, RECEIVED);
        case.receipts.push(answer);
    }),
    ("received and absent", RecordClass::Missing, |case| {
        case.forget_last_receipt();
        case.target.clear();
        let answer = case.answer(TARGET_AS_OF - 70_000, RECEIVED);
        case.receipts.push(answer);
    }),
    ("deletion in time", RecordClass::Pending, |case| {
        case.then(b'D', TARGET_AS_OF - 400);
    }),
    ("extra", RecordClass::Extra, |case| case.source.clear()),
    ("extra in motion", RecordClass::Pending, |case| {
        case.source.clear();
        case.target.iter_mut().for_each(|row| row.time = TARGET_AS_OF - 100);
    }),
    ("test data", RecordClass::TestData, |case| case.target.iter_mut().for_each(|row| row.marks |= MARKED)),
    ("duplicate", RecordClass::Duplicate, |case| {
        let again = case.target.first().copied();
        case.target.extend(again);
    }),
    ("source duplicate", RecordClass::SourceDuplicate, |case| {
        let last = case.last();
        case.source.push(ManifestRow { digest: last.digest ^ 8, ..last });
    }),
    ("sent twice", RecordClass::Ok, |case| {
        let last = case.source.iter().max_by_key(|row| row.order()).copied();
        case.source.extend(last);
    }),
    ("rejected", RecordClass::Rejected, |case| {
        case.forget_last_receipt();
        case.target.clear();
        let answer = case.answer(TARGET_AS_OF - 70_000, REFUSED);
        case.rejects.push(answer);
    }),
    ("rejected unlogged", RecordClass::RejectedUnlogged, |case| {
        case.forget_last_receipt();
        case.target.clear();
        let answer = case.answer(TARGET_AS_OF - 70_000, REFUSED);
        case.receipts.push(answer);
    }),
    ("acknowledged absent", RecordClass::AcknowledgedAbsent, |case| case.target.clear()),
    ("unacknowledged", RecordClass::Unacknowledged, Case::forget_last_receipt),
    ("late", RecordClass::Late, |case| {
        let due = case.last().time + TERM + SKEW;
        case.target.iter_mut().for_each(|row| row.time = (due + 1).min(TARGET_AS_OF));
    }),
    ("just in time", RecordClass::Ok, |case| {
        let due = case.last().time + TERM + SKEW;
        case.target.iter_mut().for_each(|row| row.time = due.min(TARGET_AS_OF));
    }),
    ("pending", RecordClass::Pending, |case| {
        case.then(b'A', TARGET_AS_OF - 500);
    }),
    ("unkeyed", RecordClass::Unkeyed, |case| {
        case.source.iter_mut().chain(&mut case.target).for_each(|row| row.marks |= UNKEYED);
    }),
    ("incomparable", RecordClass::Incomparable, |case| {
        case.target.iter_mut().for_each(|row| row.marks |= INCOMPARABLE);
    }),
    ("reject of an old operation", RecordClass::Ok, |case| {
        let first = case.source.first().copied();
        case.rejects.extend(first.map(|row| ManifestRow { digest: 0, ..row }));
    }),
];

/// A corpus: rows of all manifests, and what every engine has to find.
#[derive(Clone, Debug, Default)]
pub struct Corpus {
    /// The rows, case by case.
    pub cases: Vec<Case>,
    /// Records of each class.
    pub expected: BTreeMap<RecordClass, u64>,
    /// The class of each key, but of those that no side has.
    pub classes: BTreeMap<u128, RecordClass>,
}

/// A generator of numbers (SplitMix64).
#[derive(Clone, Debug)]
pub struct Numbers(pub u64);

impl Numbers {
    /// The next one.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A key or digest.
    pub fn draw_wide(&mut self) -> u128 {
        u128::from(self.draw()) << 64 | u128::from(self.draw())
    }
}

impl Corpus {
    /// So many honest records, each fault so many times, and each ordered pair of faults so many
    /// times on one key.
    #[must_use]
    pub fn make(seed: u64, honest: usize, singles: usize, pairs: usize) -> Self {
        let mut numbers = Numbers(seed);
        let mut corpus = Self::default();
        let mut add = |faults: &[&Fault]| {
            let mut case = Case::honest(numbers.draw_wide(), numbers.draw_wide() & !0xff);
            faults.iter().for_each(|(_, _, apply)| apply(&mut case));
            corpus.add(case);
        };
        (0..honest).for_each(|_| add(&[]));
        for fault in FAULTS {
            (0..singles).for_each(|_| add(&[fault]));
            for second in FAULTS {
                (0..pairs).for_each(|_| add(&[fault, second]));
            }
        }
        corpus
    }

    /// Adds a case. A row without a whole key shares its place with no row that has one.
    pub fn add(&mut self, mut case: Case) {
        let is_unkeyed = case.source.iter().chain(&case.target).any(|row| row.has(UNKEYED));
        if is_unkeyed {
            case.source.iter_mut().chain(&mut case.target).for_each(|row| row.marks |= UNKEYED);
        }
        let key = case.source.first().or(case.target.first()).map(|row| row.key);
        if let (Some((class, superseded)), Some(key)) = (class_of_case(&case), key) {
            let rows = if class == RecordClass::Unkeyed { case.source.len() + case.target.len() } else { 1 };
            *self.expected.entry(class).or_default() += rows as u64;
            if superseded > 0 {
                *self.expected.entry(RecordClass::Superseded).or_default() += superseded;
            }
            self.classes.insert(key, class);
        }
        self.cases.push(case);
    }

    /// All rows of one kind.
    #[must_use]
    pub fn rows(&self, of: fn(&Case) -> &Vec<ManifestRow>) -> Vec<ManifestRow> {
        self.cases.iter().flat_map(|case| of(case).iter().copied()).collect()
    }

    /// Writes a manifest of each kind into a folder, under the name of its content.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn write(&self, folder: &Path) -> Result<(), ManifestFault> {
        write_rows(folder, ManifestContentV1::Source, self.rows(|case| &case.source))?;
        write_rows(folder, ManifestContentV1::Target, self.rows(|case| &case.target))?;
        write_rows(folder, ManifestContentV1::Rejects, self.rows(|case| &case.rejects))?;
        write_rows(folder, ManifestContentV1::Receipts, self.rows(|case| &case.receipts))?;
        write_rows(folder, ManifestContentV1::Gone, self.rows(|case| &case.gone))?;
        Ok(())
    }
}

/// What a header of the corpus says.
#[must_use]
pub fn make_title(content: ManifestContentV1) -> ManifestTitle {
    let second = if content == ManifestContentV1::Source { SOURCE_AS_OF } else { TARGET_AS_OF };
    ManifestTitle {
        dataset: "corpus".to_string(),
        content,
        scope: ManifestScopeV1::Whole,
        as_of: Timestamp::from_second(second).unwrap_or_default(),
        isolation: ManifestIsolationV1::Snapshot,
        key_id: "0011223344556677".to_string(),
        definition: crate::canonical::digest_definition(&make_dataset()),
        settings: None,
        read: None,
        announced: None,
        timed: true,
        sequenced: true,
        columns: Vec::new(),
        reasons: if content == ManifestContentV1::Rejects { vec!["E1".to_string()] } else { Vec::new() },
        generator: "corpus".to_string(),
    }
}

/// Writes rows as a manifest of the corpus.
///
/// # Errors
/// The folder cannot be written.
pub fn write_rows(
    folder: &Path,
    content: ManifestContentV1,
    rows: Vec<ManifestRow>,
) -> Result<Manifest, ManifestFault> {
    write_titled(&folder.join(content.to_string()), make_title(content), rows)
}

/// Writes rows as a manifest of any title.
///
/// # Errors
/// The folder cannot be written.
pub fn write_titled(
    path: &Path,
    title: ManifestTitle,
    mut rows: Vec<ManifestRow>,
) -> Result<Manifest, ManifestFault> {
    rows.sort_by_key(ManifestRow::order);
    let writer = ManifestWriter::create(path, title.content, title.columns.len())?;
    let columns = vec![0; title.columns.len()];
    let mut rows = rows.into_iter().peekable();
    let mut buckets = Vec::new();
    for bucket in 0..=255 {
        let mut file = writer.begin_bucket(bucket)?;
        while let Some(row) = rows.next_if(|row| row.bucket() == bucket) {
            file.push(row, &columns)?;
        }
        buckets.push(file.finish()?);
    }
    writer.finish(title, buckets)?;
    Manifest::open(path)
}
