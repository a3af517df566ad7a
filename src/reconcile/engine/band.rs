//! Bands: which terms of an operation have passed, and which of them its arrival met, as one
//! number, so that shares are counted in the same groups as classes.
//!
//! Terms of a dataset rise. So a record that met one met all later ones, and where one has passed
//! all earlier ones have: two counts say everything. A band is `KPPMM`: the kind, 1 for uploads
//! and amendments, 2 for deletions; how many terms have passed; how many were missed. 0 is a record
//! without an operation, or with several unlike ones.

use super::answer::{EngineCell, SideSums};
use super::reach::{clamp, reach};
use crate::record::{Clock, RecordFacts};
use crate::totals::BucketTotals;
use portcullis_model::reconciliation::RecordClass;

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

/// What a class and a band say together of the rows of a cell, if the cell says otherwise. So no
/// difference hides among records that are as they should be: the rows of both sides are those of
/// the headers, and here they have to be the same rows.
pub(super) fn find_broken_band(
    class: RecordClass,
    band: u16,
    cell: &EngineCell,
    clock: &Clock,
) -> Option<&'static str> {
    if let Some(rule) = find_broken_operations(class, band, cell) {
        return Some(rule);
    }
    let missed = usize::from(band % 100);
    let is_upload = (UPLOAD..DELETION).contains(&band);
    let terms = clock.terms_of(if is_upload { b'U' } else { b'D' }).len();
    // Rows that later operations replaced are in the sums of the source alone.
    let is_plain = cell.superseded == 0;
    let (holds, rule) = match class {
        RecordClass::Ok if is_upload && missed == terms && clock.late_since == i64::MIN => {
            (false, "a record that missed every term is late")
        }
        RecordClass::Ok | RecordClass::Late | RecordClass::Unacknowledged if is_upload => (
            cell.target.rows == cell.keys
                && (!is_plain || cell.source == cell.target)
                && (clock.target_timed || missed == 0),
            "the target has each, with the content of the source",
        ),
        RecordClass::Ok | RecordClass::Unacknowledged => (
            band >= DELETION
                && missed == 0
                && cell.target == SideSums::default()
                && (!is_plain || cell.source.digests == 0),
            "the source deleted each, and the target has none",
        ),
        RecordClass::Late => (false, "each was uploaded or amended"),
        RecordClass::AcknowledgedAbsent | RecordClass::Stale => {
            (is_upload && missed == terms, "each was uploaded or amended, and missed every term")
        }
        RecordClass::Undeleted => {
            (band >= DELETION && missed == terms, "each was deleted, and missed every term")
        }
        RecordClass::Missing | RecordClass::Rejected | RecordClass::RejectedUnlogged => {
            (band >= UPLOAD && missed == terms, "each has an operation that missed every term")
        }
        RecordClass::Pending => return find_impossible_wait(band, terms, cell, clock),
        _ => return None,
    };
    (!holds).then_some(rule)
}

/// Why a cell of records that wait can have none: what is wrong after its last term waits only
/// where the target may be newer than what the source showed.
fn find_impossible_wait(band: u16, terms: usize, cell: &EngineCell, clock: &Clock) -> Option<&'static str> {
    let (passed, missed) = (usize::from(band % DELETION % UPLOAD / 100), usize::from(band % 100));
    let is_there = cell.target.rows == cell.keys;
    let may_be_newer = clock.target_timed && clock.target_sequenced && is_there;
    let (holds, rule) = match band {
        0 => (
            clock.target_timed && is_there,
            "the target has each, and may have loaded it after the source was read",
        ),
        _ if missed != terms => (false, "each operation missed every term that has passed"),
        DELETION.. => {
            (passed < terms && is_there, "the target has each, and a term of its deletion has not passed")
        }
        _ => (
            passed < terms || may_be_newer,
            "a term has not passed, or the target has a later version of each",
        ),
    };
    (!holds).then_some(rule)
}

/// What a band says of the operations of a cell, if the cell says otherwise: a record with a band
/// has one that counts, and one without has none, or several unlike ones.
fn find_broken_operations(class: RecordClass, band: u16, cell: &EngineCell) -> Option<&'static str> {
    let counting = cell.source.rows.checked_sub(cell.superseded);
    let (holds, rule) = match (class, band) {
        (RecordClass::Unkeyed | RecordClass::SourceDuplicate, _) => (band == 0, "it has no terms"),
        (_, 1..) => (counting == Some(cell.keys), "each has one operation that counts"),
        (RecordClass::Incomparable, 0) => (
            counting.is_some_and(|rows| rows / 2 >= cell.keys),
            "each has at least two operations that count",
        ),
        _ => (cell.source == SideSums::default() && cell.superseded == 0, "none has an operation"),
    };
    (!holds).then_some(rule)
}
