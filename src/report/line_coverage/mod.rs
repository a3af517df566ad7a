//! Coverage reports to lines: pure parsers, one file per format, and the table of them.
//!
//! A parser says of each file which lines can be executed and which were, under the name that the
//! report has. What that name means in the repository is for the caller. What is cut off, garbled
//! or beyond a limit is an error: a report that lost its end must not look like one of fewer lines.
//! A line that any test executed was executed, so what a report says twice adds up.

use super::MAXIMUM_BYTES;
use crate::error::ReportError;
use gathered::GatheredCoverage;
use portcullis_testrun::line_coverage::{CoverageFormat, FileLines};
use portcullis_testrun::own_times::OwnTimes;
use std::collections::BTreeMap;

mod clover;
mod cobertura;
mod coverage_py;
mod foreign;
mod gathered;
mod go_cover;
mod istanbul;
mod jacoco;
mod lcov;
mod llvm_cov;
mod looks;
mod opencover;
mod simplecov;
mod sonarqube;
mod values;
mod xccov;

pub use gathered::{has_drive, is_absolute};

/// What a report says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reported {
    /// The files it names.
    pub files: Vec<ReportedFile>,
    /// Where it contradicts itself, each one sentence.
    pub contradictions: Vec<String>,
    /// The times that it names.
    pub times: OwnTimes,
}

/// What a report says of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportedFile {
    /// Its name, or, where the format leaves it open, each name that it may have. Sorted, and never
    /// empty.
    pub names: Vec<String>,
    /// The executable lines, and those that were executed.
    pub lines: FileLines,
    /// Digests of lines, as LCOV has them: MD5, in Base64 or hexadecimal.
    pub checksums: BTreeMap<u32, String>,
}

/// A coverage format.
pub struct CoverageParser {
    /// Which one.
    pub format: CoverageFormat,
    /// Do these bytes look like it?
    pub detect: fn(&[u8]) -> bool,
    /// Reads it.
    parse: fn(&[u8]) -> Result<GatheredCoverage, ReportError>,
}

/// Every format, sorted by name.
pub static TABLE: &[&CoverageParser] = &[
    &clover::FORMAT,
    &cobertura::FORMAT,
    &coverage_py::FORMAT,
    &go_cover::FORMAT,
    &istanbul::FORMAT,
    &jacoco::FORMAT,
    &lcov::FORMAT,
    &llvm_cov::FORMAT,
    &opencover::FORMAT,
    &simplecov::FORMAT,
    &sonarqube::FORMAT,
    &xccov::FORMAT,
];

/// Reads a coverage report. Its content decides what it is, unless the caller says.
///
/// # Errors
/// What is wrong with it: unknown format, not well formed, truncated, too large, or of no file at
/// all.
pub fn parse(bytes: &[u8], said: Option<CoverageFormat>) -> Result<(CoverageFormat, Reported), ReportError> {
    if bytes.len() > MAXIMUM_BYTES {
        return Err(ReportError::whole(format!("it is larger than {MAXIMUM_BYTES} bytes")));
    }
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(ReportError::whole("it is empty"));
    }
    let looks_like = TABLE.iter().find(|format| (format.detect)(bytes));
    let said_format = TABLE.iter().find(|format| said == Some(format.format));
    let format = said_format.or(looks_like).ok_or_else(|| unknown_format(bytes))?;
    let reported = (format.parse)(bytes)
        .map_err(|error| explain_mistake(bytes, format, looks_like.copied(), error))?
        .finish();
    if reported.files.is_empty() {
        let nothing = || "it names no file, so it shows nothing of any".to_string();
        return Err(ReportError::whole(foreign::answer(bytes).unwrap_or_else(nothing)));
    }
    Ok((format.format, reported))
}

/// What to answer where a report cannot be read in the named format: what it looks like, if that is
/// another one.
fn explain_mistake(
    bytes: &[u8],
    format: &CoverageParser,
    looks_like: Option<&CoverageParser>,
    error: ReportError,
) -> ReportError {
    let name = format.format.as_str();
    let other = looks_like.map(|other| other.format.as_str()).filter(|other| *other != name);
    match (other, foreign::answer(bytes)) {
        (Some(other), _) => ReportError::whole(format!(
            "it is not in the format `{name}`, which was named for it: it looks like `{other}`"
        )),
        (None, Some(answer)) if looks_like.is_none() => {
            ReportError::whole(format!("it is not in the format `{name}`, which was named for it: {answer}"))
        }
        _ => error,
    }
}

/// What to answer where a report is in no format that is read: what it is, if that is known, and
/// what is read.
fn unknown_format(bytes: &[u8]) -> ReportError {
    let names: Vec<&str> = TABLE.iter().map(|format| format.format.as_str()).collect();
    let names = names.join(", ");
    ReportError::whole(match foreign::answer(bytes) {
        Some(answer) => format!("{answer} (the formats that can be read are {names})"),
        None => format!("it is in none of the coverage formats that can be read ({names})"),
    })
}

#[cfg(test)]
mod tests;
