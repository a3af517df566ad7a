//! Coverage reports to lines: pure parsers, one file per format, and the table of them.
//!
//! A parser says of each file which lines can be executed and which were, under the name that the
//! report has. What that name means in the repository is for the caller. What is cut off, garbled
//! or beyond a limit is an error: a report that lost its end must not look like one of fewer lines.
//! A line that any test executed was executed, so what a report says twice adds up.

use gathered::GatheredCoverage;
use portcullis_report_shared::error::ReportError;
use portcullis_testrun::line_coverage::{CoverageFormat, Reported};
use portcullis_testrun::reading::MAXIMUM_BYTES;

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

/// The format of test reports that a file is in. Their parsers are in a crate of their own, which
/// this one does not know.
pub type TestFormatOf = fn(&[u8]) -> Option<&'static str>;

/// Reads a coverage report. Its content decides what it is, unless the caller says. What is a test
/// report by `test_format` is answered with that.
///
/// # Errors
/// What is wrong with it: unknown format, not well formed, truncated, too large, or of no file at
/// all.
pub fn parse(
    bytes: &[u8],
    said: Option<CoverageFormat>,
    test_format: TestFormatOf,
) -> Result<(CoverageFormat, Reported), ReportError> {
    let answer = || foreign::answer(bytes, test_format);
    if bytes.len() > MAXIMUM_BYTES {
        return Err(ReportError::whole(format!("it is larger than {MAXIMUM_BYTES} bytes")));
    }
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(ReportError::whole("it is empty"));
    }
    let looks_like = TABLE.iter().find(|format| (format.detect)(bytes));
    let said_format = TABLE.iter().find(|format| said == Some(format.format));
    let format = said_format.or(looks_like).ok_or_else(|| unknown_format(answer()))?;
    let reported = (format.parse)(bytes)
        .map_err(|error| explain_mistake(format, looks_like.copied(), answer(), error))?
        .finish();
    if reported.files.is_empty() {
        let nothing = || "it names no file, so it shows nothing of any".to_string();
        return Err(ReportError::whole(answer().unwrap_or_else(nothing)));
    }
    Ok((format.format, reported))
}

/// What to answer where a report cannot be read in the named format: what it looks like, if that is
/// another one.
fn explain_mistake(
    format: &CoverageParser,
    looks_like: Option<&CoverageParser>,
    answer: Option<String>,
    error: ReportError,
) -> ReportError {
    let name = format.format.as_str();
    let other = looks_like.map(|other| other.format.as_str()).filter(|other| *other != name);
    match (other, answer) {
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
fn unknown_format(answer: Option<String>) -> ReportError {
    let names: Vec<&str> = TABLE.iter().map(|format| format.format.as_str()).collect();
    let names = names.join(", ");
    ReportError::whole(match answer {
        Some(answer) => format!("{answer} (the formats that can be read are {names})"),
        None => format!("it is in none of the coverage formats that can be read ({names})"),
    })
}

#[cfg(test)]
mod tests;
