//! Differences that a person accepts, for a reason, until a day. They are counted and shown like
//! all others, and do not count against a budget.

use super::{ClassCount, Dataset, RecordClass};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// One difference of one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptedDifference {
    /// The keyed key of the record.
    pub key: u128,
    /// The class that it may have.
    pub class: RecordClass,
    /// The sequence of the operation; `None`: any.
    pub sequence: Option<i64>,
    /// The first moment at which it is not accepted any more.
    pub until: Timestamp,
    /// Who accepts it.
    pub by: String,
    /// Why.
    pub reason: String,
}

impl AcceptedDifference {
    /// Whether it is accepted by what was read at this moment.
    #[must_use]
    pub fn is_in_force(&self, at: Timestamp) -> bool {
        at < self.until
    }

    /// The bucket that its record is in.
    #[must_use]
    pub const fn bucket(&self) -> u8 {
        self.key.to_be_bytes()[0]
    }

    /// Whether it is about this difference.
    #[must_use]
    pub fn is_of(&self, key: u128, class: RecordClass, sequence: i64) -> bool {
        self.key == key && self.class == class && self.sequence.is_none_or(|one| one == sequence)
    }
}

impl Dataset {
    /// The differences that are accepted by what was read at this moment.
    #[must_use]
    pub fn accepted_at(&self, at: Timestamp) -> Vec<AcceptedDifference> {
        self.accepted.iter().filter(|one| one.is_in_force(at)).cloned().collect()
    }

    /// The counts of a run at a later moment: a class has no more accepted records
    /// than are accepted then.
    #[must_use]
    pub fn limit_accepted(
        &self,
        classes: &BTreeMap<RecordClass, ClassCount>,
        at: Timestamp,
    ) -> BTreeMap<RecordClass, ClassCount> {
        let in_force =
            |class| self.accepted.iter().filter(|one| one.class == class && one.is_in_force(at)).count();
        let limit = |(class, count): (&RecordClass, &ClassCount)| {
            (*class, ClassCount { accepted: count.accepted.min(in_force(*class) as u64), ..*count })
        };
        classes.iter().map(limit).collect()
    }
}
