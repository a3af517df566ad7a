//! JUnit XML.

use super::{Format, ReportError};
use crate::model::test_run::TestRun;

/// The format.
pub static FORMAT: Format = Format { name: "junit", detect, parse };

fn detect(_bytes: &[u8]) -> bool {
    todo!()
}

fn parse(_bytes: &[u8]) -> Result<TestRun, ReportError> {
    todo!()
}
