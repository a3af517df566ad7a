//! The class of a record, worked out from its rows alone.

use super::{ANSWER_TERM, Case, DELETION_TERM, SKEW, SOURCE_AS_OF, TARGET_AS_OF, TERM};
use crate::row::{ACCEPTED, INCOMPARABLE, MARKED, ManifestRow, UNKEYED};
use portcullis_model::reconciliation::RecordClass;

/// The class of a case and how many of its operations are superseded, worked out from the rows
/// alone. `None`: no side has a row.
#[must_use]
pub fn class_of_case(case: &Case) -> Option<(RecordClass, u64)> {
    use RecordClass as C;
    let (source, target) = (&case.source, &case.target);
    if source.is_empty() && target.is_empty() {
        return None;
    }
    let any = |rows: &[ManifestRow], mark: u8| rows.iter().any(|row| row.marks & mark != 0);
    let top = source.iter().map(|row| row.sequence).max();
    let mut latest: Vec<&ManifestRow> = source.iter().filter(|row| Some(row.sequence) == top).collect();
    latest.sort_by_key(|row| row.order());
    latest.dedup();
    if latest.iter().any(|row| row.marks & UNKEYED != 0) || any(target, UNKEYED) {
        return Some((C::Unkeyed, 0));
    }
    let superseded = (source.len() - latest.len()) as u64;
    let class = class_of_latest(case, &latest, &any);
    Some((class, superseded))
}

fn class_of_latest(
    case: &Case,
    latest: &[&ManifestRow],
    any: &dyn Fn(&[ManifestRow], u8) -> bool,
) -> RecordClass {
    use RecordClass as C;
    let target = &case.target;
    let there = !target.is_empty();
    let Some(last) = latest.last() else { return class_without_operation(case, any) };
    let deleted = last.operation == b'D';
    let term = if deleted { DELETION_TERM } else { TERM };
    let overdue = TARGET_AS_OF > last.time + term + SKEW || is_behind(case);
    let same = |row: &&ManifestRow| row.sequence == last.sequence;
    let receipt = case.receipts.iter().find(same);
    let refused = case.receipts.iter().filter(same).any(|row| row.digest == 0);
    let accepted = case
        .receipts
        .iter()
        .filter(same)
        .any(|row| row.digest == ACCEPTED && row.time + SKEW <= TARGET_AS_OF);
    let logged = case.rejects.iter().any(|row| same(&row));
    let too_early = deleted && !there && last.time > TARGET_AS_OF + SKEW;
    let right = if deleted { !there && !too_early } else { shows(last, target) };
    let blurred = latest.iter().any(|row| row.marks & INCOMPARABLE != 0) || any(target, INCOMPARABLE);
    if !deleted && there && blurred {
        C::Incomparable
    } else if latest.len() > 1 {
        C::SourceDuplicate
    } else if any(target, MARKED) {
        C::TestData
    } else if target.len() > 1 {
        C::Duplicate
    } else if !deleted && !there && accepted {
        C::AcknowledgedAbsent
    } else if deleted && there && case.gone.iter().any(|row| same(&row)) {
        C::Resurrected
    } else if deleted && there && overdue {
        C::Undeleted
    } else if !right && logged {
        C::Rejected
    } else if !right && refused {
        C::RejectedUnlogged
    } else if too_early || !right && overdue && !there {
        C::Missing
    } else if !right && overdue {
        let newer = target[0].sequence > last.sequence && target[0].time >= SOURCE_AS_OF - SKEW;
        if newer { C::Pending } else { C::Stale }
    } else if !right {
        C::Pending
    } else if TARGET_AS_OF > last.time + ANSWER_TERM + SKEW && receipt.is_none() && !logged {
        C::Unacknowledged
    } else if !deleted && target[0].time > last.time + TERM + SKEW {
        C::Late
    } else {
        C::Ok
    }
}

fn class_without_operation(case: &Case, any: &dyn Fn(&[ManifestRow], u8) -> bool) -> RecordClass {
    let target = &case.target;
    if any(target, MARKED) {
        RecordClass::TestData
    } else if target.len() > 1 {
        RecordClass::Duplicate
    } else if !case.gone.is_empty() {
        RecordClass::Resurrected
    } else if target[0].time < SOURCE_AS_OF - SKEW {
        RecordClass::Extra
    } else {
        RecordClass::Pending
    }
}

/// The target has exactly what an upload or amendment leads to.
fn shows(row: &ManifestRow, target: &[ManifestRow]) -> bool {
    target.len() == 1 && target[0].digest == row.digest && target[0].sequence >= row.sequence
}

/// Every state that the target may show is that after the last operation whose term has passed, or
/// after a later one.
fn is_behind(case: &Case) -> bool {
    let is_due = |row: &&ManifestRow| {
        let term = if row.operation == b'D' { DELETION_TERM } else { TERM };
        TARGET_AS_OF > row.time + term + SKEW
    };
    let Some(due) = case.source.iter().filter(is_due).map(|row| row.sequence).max() else { return false };
    let shows = |row: &ManifestRow| match (row.operation, case.target.as_slice()) {
        (b'D', target) => target.is_empty() && row.time <= TARGET_AS_OF + SKEW,
        (_, [one]) => one.digest == row.digest && one.sequence >= row.sequence,
        _ => false,
    };
    !case.source.iter().any(|row| row.sequence >= due && shows(row))
}
