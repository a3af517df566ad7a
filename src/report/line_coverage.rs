//! Parsers of coverage reports.

pub use portcullis_coverage_formats::{CoverageParser, TABLE};
pub use portcullis_testrun::line_coverage::{Reported, ReportedFile};

use portcullis_report_shared::error::ReportError;
use portcullis_testrun::line_coverage::CoverageFormat;

/// Reads a coverage report. Its content decides what it is, unless the caller says.
///
/// # Errors
/// What is wrong with it: unknown format, not well formed, truncated, too large, or of no file at
/// all.
pub fn parse(bytes: &[u8], said: Option<CoverageFormat>) -> Result<(CoverageFormat, Reported), ReportError> {
    portcullis_coverage_formats::parse(bytes, said, |bytes| {
        portcullis_test_formats::detect_format(bytes).map(|format| format.name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_of_tests_is_none_of_coverage() {
        for (text, name) in [
            ("<testsuites><testsuite name='a'/></testsuites>", "junit"),
            ("TAP version 14\n1..1\nok 1 - a\n", "tap"),
        ] {
            let answer = format!("it is a report of tests ({name}) and none of coverage");
            for said in [None, Some(CoverageFormat::Lcov)] {
                let message = parse(text.as_bytes(), said).unwrap_err().message;
                assert!(message.contains(&answer), "{message}");
            }
        }
    }
}
