//! The parsers of reports, as the program is given them: bytes in, a run or executed lines out.
//!
//! The program itself names only [`ReportReaders`], so that a changed parser leaves it as it is
//! built. What is not well formed, cut off, or beyond a limit is an error and never a shorter run.

pub use portcullis_report_shared::error::ReportError;
pub use portcullis_test_formats::{
    ReportParser, TABLE, detect_format, find_format, parse, parse_as, parse_stream,
};
pub use portcullis_testrun::reading::{MAXIMUM_BYTES, MAXIMUM_STREAM};

use portcullis_testrun::line_coverage::{CoverageFormat, Reported};
use portcullis_testrun::reading::{ReportReaders, StreamedRun};
use portcullis_testrun::test_run::{ReportFormat, TestRun};
use std::io::{self, Read};

pub mod line_coverage;

/// All parsers.
pub static READERS: &dyn ReportReaders = &AllParsers;

#[derive(Debug)]
struct AllParsers;

impl ReportReaders for AllParsers {
    fn detect_tests(&self, head: &[u8]) -> Option<&'static str> {
        detect_format(head).map(|format| format.name)
    }

    fn read_tests(&self, bytes: &[u8], said: Option<ReportFormat>) -> Result<TestRun, ReportError> {
        said.map_or_else(|| parse(bytes), |said| parse_as(said.name(), bytes))
    }

    fn stream_tests(
        &self,
        source: &mut dyn Read,
        length: u64,
        said: Option<ReportFormat>,
    ) -> io::Result<StreamedRun> {
        parse_stream(source, length, said.map(ReportFormat::name))
    }

    fn detect_coverage(&self, head: &[u8]) -> Option<CoverageFormat> {
        line_coverage::TABLE.iter().find(|format| (format.detect)(head)).map(|format| format.format)
    }

    fn read_coverage(
        &self,
        bytes: &[u8],
        said: Option<CoverageFormat>,
    ) -> Result<(CoverageFormat, Reported), ReportError> {
        line_coverage::parse(bytes, said)
    }
}
