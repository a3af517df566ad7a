//! Report files to test runs: pure parsers, one file per format, and the table of them.

use crate::model::test_run::TestRun;

pub mod junit;

/// Why a report says nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportError {
    /// The line, counted from 1, where reading ended; `None` when it is about the whole file.
    pub line: Option<u64>,
    /// What is wrong, in one sentence.
    pub message: String,
}

/// A report format.
pub struct Format {
    /// Its name.
    pub name: &'static str,
    /// Do these bytes look like it?
    pub detect: fn(&[u8]) -> bool,
    /// Reads it.
    pub parse: fn(&[u8]) -> Result<TestRun, ReportError>,
}

/// Every format, sorted by name.
pub static TABLE: &[&Format] = &[&junit::FORMAT];

/// Reads a report in whatever format it is.
///
/// # Errors
/// What is wrong with it: unknown format, not well formed, truncated, too large, too deep.
pub fn parse(_bytes: &[u8]) -> Result<TestRun, ReportError> {
    todo!()
}
