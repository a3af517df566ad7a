//! Control rows: for every bucket and class an invented record, put among the inputs of the join
//! and taken out of its totals. All of them must come back in their class. They prove the join, not
//! what was loaded.
//!
//! They follow from a seed. Nobody who does not know it can tell them from other rows.

use crate::record::Clock;
use crate::row::{ACCEPTED, INCOMPARABLE, MARKED, ManifestRow, UNKEYED};
use portcullis_model::reconciliation::RecordClass;
use sha2::{Digest as _, Sha256};

/// What control rows follow from. A result names it, so that the run can be made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunSeed(pub [u8; 32]);

impl RunSeed {
    /// A seed that follows from some texts, such as the digests of the headers that are compared.
    #[must_use]
    pub fn of(texts: &[&str]) -> Self {
        let mut digest = Sha256::new();
        digest.update(b"portcullis control rows, version 1");
        for text in texts {
            digest.update((text.len() as u64).to_be_bytes());
            digest.update(text.as_bytes());
        }
        Self(digest.finalize().into())
    }

    /// As results write it: 64 hexadecimal digits.
    #[must_use]
    pub fn to_text(self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The seed of 64 hexadecimal digits.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let byte = |[high, low]: &[u8; 2]| Some(digit(*high)? << 4 | digit(*low)?);
        let bytes: Option<Vec<u8>> = pairs.iter().map(byte).collect();
        bytes.filter(|_| rest.is_empty())?.try_into().ok().map(Self)
    }

    /// A value that follows from the seed and its purpose.
    fn derive(&self, bucket: u8, class: RecordClass, purpose: u8) -> u128 {
        let mut digest = Sha256::new();
        digest.update(self.0);
        digest.update([bucket, class as u8, purpose]);
        digest.finalize().iter().take(16).fold(0, |value, byte| value << 8 | u128::from(*byte))
    }
}

/// An invented record and the class in which it has to come back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlRecord {
    /// Its key.
    pub key: u128,
    /// Its class.
    pub class: RecordClass,
    /// Its rows in the source.
    pub source: Vec<ManifestRow>,
    /// In the target.
    pub target: Vec<ManifestRow>,
    /// In the reject log.
    pub rejects: Vec<ManifestRow>,
    /// Among the receipts.
    pub receipts: Vec<ManifestRow>,
    /// Among the records that an earlier run saw gone.
    pub gone: Vec<ManifestRow>,
}

/// How many seconds a control row is away from a moment that decides on its class.
const MARGIN: i64 = 1000;

/// The control records of a bucket, sorted by key. A class that no record can have by this clock
/// has none: late, where the target tells no times.
#[must_use]
pub fn make_controls(seed: &RunSeed, bucket: u8, clock: &Clock) -> Vec<ControlRecord> {
    let made = RecordClass::ALL.into_iter().filter(|class| can_have(*class, clock));
    let mut controls: Vec<_> = made.map(|class| make_control(seed, bucket, class, clock)).collect();
    controls.sort_by_key(|control| control.key);
    controls
}

fn can_have(class: RecordClass, clock: &Clock) -> bool {
    match class {
        RecordClass::Superseded => false,
        RecordClass::Late => clock.target_timed && clock.late_since < clock.target_as_of,
        RecordClass::Unacknowledged => clock.answer_term.is_some(),
        _ => true,
    }
}

fn make_control(seed: &RunSeed, bucket: u8, class: RecordClass, clock: &Clock) -> ControlRecord {
    let rest = seed.derive(bucket, class, 0) & (u128::MAX >> 8);
    let key = u128::from(bucket) << 120 | rest;
    let digest = seed.derive(bucket, class, 1);
    let (now, long_ago) = (clock.target_as_of, clock.target_as_of.saturating_sub(longest_term(clock)));
    let row = |operation, sequence, time| ManifestRow { key, digest, sequence, time, operation, marks: 0 };
    let other = |row: ManifestRow| ManifestRow { digest: digest ^ 1, ..row };
    let marked = |row: ManifestRow, marks| ManifestRow { marks, ..row };
    let accepting = |row: ManifestRow| ManifestRow { digest: ACCEPTED, ..row };
    let answer = ManifestRow { digest: 0, ..row(b'U', 2, long_ago.max(now.saturating_sub(clock.skew))) };
    let (old, new, deleted) = (row(b'U', 2, long_ago), row(b'U', 2, now), row(b'D', 2, long_ago));
    let before = row(b'U', 1, long_ago);
    let settled = ManifestRow { time: long_ago.min(clock.source_as_of), ..old };
    let settled = ManifestRow { time: settled.time.saturating_sub(clock.skew + MARGIN), ..settled };
    let mut control = ControlRecord {
        key,
        class,
        source: Vec::new(),
        target: Vec::new(),
        rejects: Vec::new(),
        receipts: Vec::new(),
        gone: Vec::new(),
    };
    let (source, target) = match class {
        RecordClass::Unkeyed => (vec![marked(old, UNKEYED)], vec![]),
        RecordClass::Incomparable => (vec![marked(old, INCOMPARABLE)], vec![old]),
        RecordClass::SourceDuplicate => (vec![old, other(old)], vec![old]),
        RecordClass::TestData => (vec![], vec![marked(settled, MARKED)]),
        RecordClass::Duplicate => (vec![old], vec![old, new]),
        RecordClass::Resurrected | RecordClass::Undeleted => (vec![before, deleted], vec![old]),
        RecordClass::Extra => (vec![], vec![settled]),
        RecordClass::AcknowledgedAbsent
        | RecordClass::Rejected
        | RecordClass::RejectedUnlogged
        | RecordClass::Missing => (vec![old], vec![]),
        RecordClass::Stale => (vec![old], vec![other(settled)]),
        RecordClass::Unacknowledged => (vec![old], vec![old]),
        RecordClass::Late => (vec![old], vec![new]),
        RecordClass::Pending => (vec![new], vec![]),
        RecordClass::Ok | RecordClass::Superseded => (vec![before, new], vec![new]),
    };
    match class {
        RecordClass::AcknowledgedAbsent | RecordClass::Late => control.receipts.push(accepting(answer)),
        RecordClass::RejectedUnlogged => control.receipts.push(answer),
        RecordClass::Rejected => control.rejects.push(answer),
        RecordClass::Resurrected => control.gone.push(ManifestRow { digest: 0, ..deleted }),
        _ => {}
    }
    (control.source, control.target) = (source, target);
    for rows in [&mut control.source, &mut control.target] {
        rows.sort_by_key(ManifestRow::order);
    }
    control
}

/// Longer ago than any term.
fn longest_term(clock: &Clock) -> i64 {
    let terms = clock.terms.iter().chain(&clock.deletion_terms).map(|term| term.within);
    let longest = terms.chain(clock.answer_term).max().unwrap_or(0);
    longest.saturating_add(clock.skew).saturating_add(MARGIN)
}
