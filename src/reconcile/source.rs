//! What a connector gives: rows of raw values, one after the other, with how they hold together.
//!
//! A connector translates nothing: the canonical form is made here, by the field's rule, so that
//! two connectors cannot disagree on what a value means. It never loads a whole file or result.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use portcullis_model::reconciliation::Isolation;
use std::fmt;

/// A value as a system gave it.
#[derive(Clone, Debug, PartialEq)]
pub enum RawValue {
    /// NULL, or a column or member that is not there where the format tells it from empty.
    Null,
    /// Text, decoded from the system's character set.
    Text(String),
    /// A whole number.
    Integer(i128),
    /// A decimal number as digits with at most one point and a sign; never through a float.
    Decimal(String),
    /// A binary floating-point number, where the system has nothing better.
    Float(f64),
    /// True or false, where the system has a type for it.
    Boolean(bool),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A day.
    Date(Date),
    /// Day and time without a zone.
    LocalTime(DateTime),
    /// A point in time.
    Instant(Timestamp),
    /// There is a value, and it cannot be read (a zero date, bytes that are no text): why.
    Unreadable(String),
}

/// Rows of one side, read once from the first to the last.
pub trait RecordSource {
    /// How the rows hold together in time.
    fn isolation(&self) -> Isolation;

    /// Reads the next row into `values`: one value for each column that was asked for when the
    /// source was opened, in that order. `false` after the last row.
    ///
    /// # Errors
    ///
    /// What cannot be read. The extraction ends: half a source is no source.
    fn read_row(&mut self, values: &mut Vec<RawValue>) -> Result<bool, SourceError>;

    /// How many rows the system itself says there are (a trailer record, a count in the same
    /// snapshot), known at the latest after the last row. `None`: it says nothing.
    fn announced_rows(&self) -> Option<u64>;

    /// How much of the whole was read, from 0 to 1; `None`: it is not known before the end.
    fn share_read(&self) -> Option<f64> {
        None
    }

    /// Where the row that was read last is, for messages: file and line, or the row's number.
    fn place(&self) -> String;
}

/// Why a source could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceError {
    /// File and line, or the query and the row's number.
    pub place: String,
    /// What was required and what was found. Never the content of a record.
    pub problem: String,
    /// What to do.
    pub remedy: String,
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} {}", self.place, self.problem, self.remedy)
    }
}

impl std::error::Error for SourceError {}
