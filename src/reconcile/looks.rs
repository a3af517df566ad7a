//! What a look shows of terms for certain, and what only a later look can show: a record that is
//! not there may be on its way, like every difference. Only shares that two looks saw are missed.

use crate::record::{Clock, RecordFacts};
use crate::row::ManifestRow;
use crate::totals::{ShareTotals, each_term};
use portcullis_model::reconciliation::RecordClass;

/// Of the records whose term has passed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TermLooks {
    /// Records that missed it for certain: they came later by the target's own clock, or two looks
    /// after the term did not see them.
    pub certain: u64,
    /// All records that a second look reads again.
    pub again: ShareTotals,
    /// Those among them that missed it for certain.
    pub again_certain: u64,
}

impl TermLooks {
    fn add(&mut self, other: &Self) {
        self.certain += other.certain;
        self.again.due += other.again.due;
        self.again.arrived += other.again.arrived;
        self.again_certain += other.again_certain;
    }
}

/// For each term of uploads and of deletions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShareLooks {
    /// Uploads and amendments.
    pub uploads: Vec<TermLooks>,
    /// Deletions.
    pub deletions: Vec<TermLooks>,
}

impl ShareLooks {
    /// Adds those of another bucket.
    pub fn add(&mut self, other: &Self) {
        for (sums, looks) in [(&mut self.uploads, &other.uploads), (&mut self.deletions, &other.deletions)] {
            sums.resize(sums.len().max(looks.len()), TermLooks::default());
            sums.iter_mut().zip(looks).for_each(|(sum, look)| sum.add(look));
        }
    }

    /// Counts a record. `before` is when an earlier look saw it not as it should be; `again`,
    /// whether a second look will read it.
    #[inline]
    pub(crate) fn count(&mut self, facts: &RecordFacts, clock: &Clock, before: Option<i64>, again: bool) {
        let terms = clock.terms_of(facts.operation).len();
        // Of all records the classes are the measure.
        if terms < 2 || facts.operations != 1 || facts.is_unkeyed() {
            return;
        }
        let is_right = facts.is_right(clock.target_sequenced);
        let looks = if facts.operation == b'D' { &mut self.deletions } else { &mut self.uploads };
        looks.resize(terms, TermLooks::default());
        each_term(facts, clock, |number, due, arrived| {
            let certain = !arrived && (is_right || before.is_some_and(|before| before > due));
            let Some(look) = looks.get_mut(number) else { return };
            look.certain += u64::from(certain);
            if again {
                look.again.due += 1;
                look.again.arrived += u64::from(arrived);
                look.again_certain += u64::from(certain);
            }
        });
    }
}

/// A record that is pending, and whose first term has passed: its share may be missed.
pub(crate) fn misses_a_term(facts: &RecordFacts, clock: &Clock) -> bool {
    let mut missed = false;
    if facts.operations == 1 && clock.terms_of(facts.operation).len() > 1 {
        each_term(facts, clock, |_, _, arrived| missed |= !arrived);
    }
    missed
}

/// A row of a manifest of breaks that is a difference. The others are pending: they are looked at
/// again for their share alone.
#[must_use]
pub(crate) fn is_difference(row: &ManifestRow) -> bool {
    row.digest >> 64 != RecordClass::Pending as u128
}
