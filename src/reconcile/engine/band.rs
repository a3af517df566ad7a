//! Bands: which terms of an operation have passed, and which of them its arrival met, as one
//! number, so that shares are counted in the same groups as classes.
//!
//! Terms of a dataset rise. So a record that met one met all later ones, and where one has passed
//! all earlier ones have: two counts say everything. A band is `KPPMM`: the kind, 1 for uploads
//! and amendments, 2 for deletions; how many terms have passed; how many were missed. 0 is a record
//! without an operation, or with several unlike ones.

use super::reach::{clamp, reach};
use crate::record::{Clock, RecordFacts};
use crate::totals::BucketTotals;

/// Bands of uploads and amendments begin here.
pub(super) const UPLOAD: u16 = 10_000;

/// Bands of deletions begin here.
pub(super) const DELETION: u16 = 20_000;

/// The band of a record.
pub(super) fn find_band(facts: &RecordFacts, clock: &Clock) -> u16 {
    if facts.operations != 1 || facts.is_unkeyed() {
        return 0;
    }
    let terms = clock.terms_of(facts.operation);
    let is_deletion = facts.operation == b'D';
    let due = |within: i64| clamp(facts.time).saturating_add(reach(within, clock.skew));
    let count = |missed: &dyn Fn(i64) -> bool| -> u16 {
        terms.iter().filter(|term| missed(due(term.within))).fold(0, |count, _| count + 1)
    };
    let passed = count(&|due| clock.target_as_of > due);
    let is_timed = clock.target_timed && !is_deletion;
    let missed = match facts.is_right(clock.target_sequenced) {
        false => count(&|_| true),
        true => count(&|due| is_timed && clamp(facts.target_time) > due),
    };
    (if is_deletion { DELETION } else { UPLOAD }) + 100 * passed + missed
}

/// Counts the records of a band among the shares of a bucket. False: there is no such band.
pub(super) fn count_shares(totals: &mut BucketTotals, band: u16, records: u64) -> bool {
    let (shares, rest) = match band {
        0 => return true,
        UPLOAD..DELETION => (&mut totals.uploads, band - UPLOAD),
        DELETION..30_000 => (&mut totals.deletions, band - DELETION),
        _ => return false,
    };
    let (passed, missed) = (usize::from(rest / 100), usize::from(rest % 100));
    if passed.max(missed) > shares.len() {
        return false;
    }
    for (place, share) in shares.iter_mut().enumerate().take(passed) {
        share.due += records;
        share.arrived += if place >= missed { records } else { 0 };
    }
    true
}
