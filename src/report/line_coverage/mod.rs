//! Coverage reports to lines: pure parsers, one file per format, and the table of them.
//!
//! A parser says of each file which lines can be executed and which were, under the name that the report has. What that name
//! means in the repository is for [`places()`]. What is cut off, garbled or beyond a limit is an error: a report that lost its
//! end must not look like one of fewer lines. A line that any test executed was executed, so what a report says twice adds up.

use super::{MAXIMUM_BYTES, ReportError};
use crate::model::line_coverage::{CoverageFormat, FileLines};
use crate::model::own_times::OwnTimes;
use gathered::Gathered;
use std::collections::BTreeMap;

mod cobertura;
mod gathered;
mod go_cover;
mod jacoco;
mod lcov;
mod llvm_cov;
mod place;

pub use lcov::may_be_checksum_of;
pub use place::places;

/// What a report says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reported {
    /// The files it names.
    pub files: Vec<ReportedFile>,
    /// Where it speaks against itself, each one sentence.
    pub contradictions: Vec<String>,
    /// The times that it names.
    pub times: OwnTimes,
}

/// What a report says of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportedFile {
    /// Its name, or, where the format leaves it open, each name that it may have. Sorted, and never empty.
    pub names: Vec<String>,
    /// Its lines.
    pub lines: FileLines,
    /// Digests of lines, where the format has them.
    pub checksums: BTreeMap<u32, String>,
}

/// A coverage format.
pub struct Format {
    /// Which one.
    pub format: CoverageFormat,
    /// Do these bytes look like it?
    pub detect: fn(&[u8]) -> bool,
    /// Reads it.
    parse: fn(&[u8]) -> Result<Gathered, ReportError>,
}

/// Every format, sorted by name.
pub static TABLE: &[&Format] =
    &[&cobertura::FORMAT, &go_cover::FORMAT, &jacoco::FORMAT, &lcov::FORMAT, &llvm_cov::FORMAT];

/// Reads a coverage report. Its content decides what it is, unless somebody says.
///
/// # Errors
/// What is wrong with it: unknown format, not well formed, truncated, too large, or of no file at all.
pub fn parse(bytes: &[u8], said: Option<CoverageFormat>) -> Result<(CoverageFormat, Reported), ReportError> {
    if bytes.len() > MAXIMUM_BYTES {
        return Err(ReportError::whole(format!("it is larger than {MAXIMUM_BYTES} bytes")));
    }
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(ReportError::whole("it is empty"));
    }
    let is_it = |format: &Format| match said {
        Some(said) => format.format == said,
        None => (format.detect)(bytes),
    };
    let format = TABLE.iter().find(|format| is_it(format)).ok_or_else(unknown)?;
    let reported = (format.parse)(bytes)?.finish();
    if reported.files.is_empty() {
        return Err(ReportError::whole("it names no file, so it shows nothing of any"));
    }
    Ok((format.format, reported))
}

fn unknown() -> ReportError {
    let names: Vec<&str> = TABLE.iter().map(|format| format.format.as_str()).collect();
    let message = format!("it is in none of the coverage formats that can be read ({})", names.join(", "));
    ReportError::whole(message)
}

#[cfg(test)]
mod tests;
