//! Report files to test runs: pure parsers, one file per format, and the table of them.
//!
//! A parser that is not sure says so. What is not well formed, cut off, or beyond a limit is an error and
//! never a shorter run: a report that lost its end must not look like one without failures.

use crate::model::test_run::TestRun;

mod attempts;
mod encoding;
pub mod junit;
pub mod line_coverage;
mod xml;

/// The largest report that is read, in bytes. A longer one is refused, never cut.
pub const MAXIMUM_BYTES: usize = 256 << 20;

/// Why a report says nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportError {
    /// The line, counted from 1, where reading ended; `None` when it is about the whole file.
    pub line: Option<u64>,
    /// What is wrong, in one sentence.
    pub message: String,
}

impl ReportError {
    /// An error about the whole file.
    fn whole(message: impl Into<String>) -> Self {
        ReportError { line: None, message: message.into() }
    }

    /// An error behind `before`, the bytes that were fine.
    fn after(before: &[u8], message: impl Into<String>) -> Self {
        let line = before.iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
        ReportError { line: Some(line), message: message.into() }
    }
}

impl std::fmt::Display for ReportError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
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

/// Reads a report in whatever format it is. The content decides, never the name of the file.
///
/// # Errors
/// What is wrong with it: unknown format, not well formed, truncated, too large, too deep.
pub fn parse(bytes: &[u8]) -> Result<TestRun, ReportError> {
    if bytes.len() > MAXIMUM_BYTES {
        return Err(ReportError::whole(format!("it is larger than {MAXIMUM_BYTES} bytes")));
    }
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(ReportError::whole("it is empty"));
    }
    let format = TABLE.iter().find(|format| (format.detect)(bytes)).ok_or_else(unknown)?;
    (format.parse)(bytes)
}

fn unknown() -> ReportError {
    let names: Vec<&str> = TABLE.iter().map(|format| format.name).collect();
    ReportError::whole(format!("it is in none of the formats that can be read ({})", names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_names_are_unique() {
        assert!(TABLE.windows(2).all(|pair| pair[0].name < pair[1].name));
    }

    #[test]
    fn what_is_no_report_is_an_error_that_names_the_known_formats() {
        for bytes in [&b"1..1\nok 1"[..], b"{}", b"<html><body>502</body></html>", b"\0\0", b"<report/>"] {
            let error = parse(bytes).unwrap_err();
            assert!(error.message.contains("junit"), "{error}");
        }
    }

    #[test]
    fn an_empty_file_is_said_to_be_empty() {
        for bytes in [&b""[..], b" \n\t"] {
            assert_eq!(parse(bytes).unwrap_err().message, "it is empty");
        }
    }
}
