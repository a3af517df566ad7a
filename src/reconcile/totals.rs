//! What a comparison counts, bucket by bucket: the numbers that any engine has to give and that
//! the judgement holds against the headers.

use crate::record::{ALL_RECORDS, Clock, RecordFacts, Term};
use portcullis_model::reconciliation::RecordClass;
use std::ops::AddAssign;

/// How many classes there are.
pub const CLASSES: usize = RecordClass::ALL.len();

/// What a class counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClassTotals {
    /// Records of the class; of superseded, operations; of unkeyed, rows.
    pub records: u64,
    /// Rows of the source that it says something of.
    pub source_rows: u64,
    /// Rows of the target that it says something of.
    pub target_rows: u64,
}

impl AddAssign for ClassTotals {
    fn add_assign(&mut self, other: Self) {
        self.records += other.records;
        self.source_rows += other.source_rows;
        self.target_rows += other.target_rows;
    }
}

/// Of the records whose term for a share has passed: how many there are, and how many arrived
/// within it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ShareTotals {
    /// Records whose term has passed.
    pub due: u64,
    /// Those among them that arrived within it.
    pub arrived: u64,
}

impl ShareTotals {
    /// Whether at least this share (in millionths) arrived.
    #[must_use]
    pub fn meets(&self, share: u32) -> bool {
        u128::from(self.arrived) * u128::from(ALL_RECORDS) >= u128::from(self.due) * u128::from(share)
    }
}

/// What one bucket counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BucketTotals {
    classes: [ClassTotals; CLASSES],
    /// Uploads and amendments, for each term.
    pub uploads: Vec<ShareTotals>,
    /// Deletions, for each term.
    pub deletions: Vec<ShareTotals>,
}

impl BucketTotals {
    /// Nothing yet, by these terms.
    #[must_use]
    pub fn new(clock: &Clock) -> Self {
        let zeros = |terms: &[Term]| vec![ShareTotals::default(); terms.len()];
        let (uploads, deletions) = (zeros(&clock.terms), zeros(&clock.deletion_terms));
        Self { classes: Default::default(), uploads, deletions }
    }

    /// What a class counts.
    #[must_use]
    pub const fn class(&self, class: RecordClass) -> &ClassTotals {
        &self.classes[class as usize]
    }

    /// What a class counts, to change it.
    pub const fn class_mut(&mut self, class: RecordClass) -> &mut ClassTotals {
        &mut self.classes[class as usize]
    }

    /// The sum over all classes.
    #[must_use]
    pub fn sum(&self) -> ClassTotals {
        let mut sum = ClassTotals::default();
        self.classes.iter().for_each(|totals| sum += *totals);
        sum
    }

    /// Adds what another bucket counts, by the same terms.
    pub fn add(&mut self, other: &Self) {
        self.classes.iter_mut().zip(&other.classes).for_each(|(sum, totals)| *sum += *totals);
        for (sums, shares) in [(&mut self.uploads, &other.uploads), (&mut self.deletions, &other.deletions)] {
            sums.resize(sums.len().max(shares.len()), ShareTotals::default());
            for (sum, share) in sums.iter_mut().zip(shares) {
                sum.due += share.due;
                sum.arrived += share.arrived;
            }
        }
    }

    /// Counts a record.
    #[inline]
    pub fn count(&mut self, facts: &RecordFacts, class: RecordClass, clock: &Clock) {
        if class == RecordClass::Unkeyed {
            let source_rows = facts.operations + facts.superseded;
            let records = source_rows + facts.records;
            *self.class_mut(class) += ClassTotals { records, source_rows, target_rows: facts.records };
            return;
        }
        let (source_rows, target_rows) = (facts.source_rows(), facts.records);
        *self.class_mut(class) += ClassTotals { records: 1, source_rows, target_rows };
        if facts.superseded > 0 {
            let rows = facts.superseded;
            *self.class_mut(RecordClass::Superseded) +=
                ClassTotals { records: rows, source_rows: rows, target_rows: 0 };
        }
        // Of several different operations none says which term counts.
        if facts.operations == 1 {
            self.count_shares(facts, clock);
        }
    }

    #[inline]
    fn count_shares(&mut self, facts: &RecordFacts, clock: &Clock) {
        let shares = if facts.operation == b'D' { &mut self.deletions } else { &mut self.uploads };
        each_term(facts, clock, |number, _, arrived| {
            if let Some(share) = shares.get_mut(number) {
                share.due += 1;
                share.arrived += u64::from(arrived);
            }
        });
    }
}

/// Each term of a record's operation that has passed: its number, its end, and whether the record
/// arrived by then.
#[inline]
pub(crate) fn each_term(facts: &RecordFacts, clock: &Clock, mut take: impl FnMut(usize, i64, bool)) {
    let is_right = facts.is_right(clock.target_sequenced);
    let is_timed = clock.target_timed && facts.is_expected();
    for (number, term) in clock.terms_of(facts.operation).iter().enumerate() {
        let due = facts.time.saturating_add(term.within).saturating_add(clock.skew);
        if clock.target_as_of > due {
            take(number, due, is_right && (!is_timed || facts.target_time <= due));
        }
    }
}
