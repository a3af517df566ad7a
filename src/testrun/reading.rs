//! How the program reads reports: by parsers that it is given, so that it need not know them.

use crate::line_coverage::{CoverageFormat, Reported};
use crate::test_run::{ReportFormat, TestRun};
use std::fmt::Debug;
use std::io::{self, Read};

/// The largest report that is read as a whole, in bytes. A longer one is read in pieces, where its
/// format can be, or refused, and never cut.
pub const MAXIMUM_BYTES: usize = 256 << 20;

/// The largest report that is read in pieces, in bytes.
pub const MAXIMUM_STREAM: u64 = 2 << 30;

/// What a report that is read in pieces comes to: its format, if that is known, and the run.
pub type StreamedRun = (Option<&'static str>, Result<TestRun, ReportError>);

/// The parsers of reports. `portcullis-report` has them; what asks for them names only this.
pub trait ReportReaders: Debug + Sync {
    /// The format of test reports that the beginning of a file shows.
    fn detect_tests(&self, head: &[u8]) -> Option<&'static str>;

    /// Reads a test report as a whole: in the format that it is said to be in, or in that which its
    /// content shows.
    ///
    /// # Errors
    /// What is wrong with it: unknown format, not well formed, truncated, too large, too deep.
    fn read_tests(&self, bytes: &[u8], said: Option<ReportFormat>) -> Result<TestRun, ReportError>;

    /// Reads a test report from a stream of which `length` bytes are expected.
    ///
    /// # Errors
    /// The beginning of the stream cannot be read.
    fn stream_tests(
        &self,
        source: &mut dyn Read,
        length: u64,
        said: Option<ReportFormat>,
    ) -> io::Result<StreamedRun>;

    /// The format of coverage reports that the beginning of a file shows.
    fn detect_coverage(&self, head: &[u8]) -> Option<CoverageFormat>;

    /// Reads a coverage report. Its content decides what it is, unless the caller says.
    ///
    /// # Errors
    /// What is wrong with it: unknown format, not well formed, truncated, too large, or of no file
    /// at all.
    fn read_coverage(
        &self,
        bytes: &[u8],
        said: Option<CoverageFormat>,
    ) -> Result<(CoverageFormat, Reported), ReportError>;
}

/// Reads nothing: for what looks at the past, where reports of the work tree prove nothing, and for
/// the hooks of a server, which has no work tree.
pub static NO_READERS: &dyn ReportReaders = &NoReaders;

#[derive(Debug)]
struct NoReaders;

impl NoReaders {
    fn refusal() -> ReportError {
        ReportError::whole("reports are not read here")
    }
}

impl ReportReaders for NoReaders {
    fn detect_tests(&self, _: &[u8]) -> Option<&'static str> {
        None
    }

    fn read_tests(&self, _: &[u8], _: Option<ReportFormat>) -> Result<TestRun, ReportError> {
        Err(NoReaders::refusal())
    }

    fn stream_tests(&self, _: &mut dyn Read, _: u64, _: Option<ReportFormat>) -> io::Result<StreamedRun> {
        Ok((None, Err(NoReaders::refusal())))
    }

    fn detect_coverage(&self, _: &[u8]) -> Option<CoverageFormat> {
        None
    }

    fn read_coverage(
        &self,
        _: &[u8],
        _: Option<CoverageFormat>,
    ) -> Result<(CoverageFormat, Reported), ReportError> {
        Err(NoReaders::refusal())
    }
}

/// A report that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportError {
    /// The line, counted from 1, where reading ended; `None` when the error is about the whole
    /// file.
    pub line: Option<u64>,
    /// What is wrong, in one sentence that calls the report "it".
    pub message: String,
}

impl ReportError {
    /// An error in a line, counted from 1.
    pub fn at(line: usize, message: impl Into<String>) -> Self {
        ReportError { line: Some(line as u64), message: message.into() }
    }

    /// An error about the whole file.
    pub fn whole(message: impl Into<String>) -> Self {
        ReportError { line: None, message: message.into() }
    }

    /// An error right after these bytes, which were fine.
    pub fn after(before: &[u8], message: impl Into<String>) -> Self {
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

impl std::error::Error for ReportError {}
