//! The sources. To add one, write its file, and add it to [`TABLE`].

use super::source::DueSource;
use clap::builder::PossibleValuesParser;
use jiff::{SignedDuration, Timestamp};

mod emergencies;
mod notices;
mod procedure;
mod reconciliation;
mod records;
mod snapshots;
mod training;

/// Every source, in the order in which they are asked.
pub static TABLE: [&dyn DueSource; 7] = [
    &reconciliation::ExpectedRuns,
    &notices::ExpectedNotices,
    &snapshots::ExpectedSnapshots,
    &records::ExpectedRecords,
    &emergencies::ExpectedReviews,
    &training::ExpectedTraining,
    &procedure::ExpectedApproval,
];

/// Their names, for clap.
pub fn names() -> PossibleValuesParser {
    PossibleValuesParser::new(TABLE.iter().map(|source| source.name()))
}

/// How often something was changed that is changed from time to time, by the time of the last
/// change: a later one is a higher number.
fn changes_at(last: Timestamp) -> u64 {
    last.as_second().unsigned_abs() / 60
}

/// The last moment in time, where the first moment that is too late is known.
fn last_before(end: Timestamp) -> Timestamp {
    end.saturating_sub(SignedDuration::from_secs(1)).unwrap_or(end)
}
