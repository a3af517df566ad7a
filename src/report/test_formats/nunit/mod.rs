//! NUnit's own XML, versions 2 and 3.
//!
//! | version 3 (`test-run`) | version 2 (`test-results`) | means |
//! | --- | --- | --- |
//! | `Passed` | `Success`, or executed and `success="True"` | passed |
//! | `Failed`, `Warning` | `Failure` | failed |
//! | `Failed` with a label `Error`, `Invalid` or `Cancelled` | `Error`, `NotRunnable`, `Invalid`, `Cancelled` | could not be run to its end |
//! | `Skipped`, `Inconclusive` | `Ignored`, `Skipped`, `Inconclusive`, or not executed | skipped |
//! | another word, or none | another word, or none and nothing else | error, and a contradiction |
//!
//! - A `failure` element contradicts a test whatever its word says, and so do `executed` and
//!   `success`.
//! - So do an assertion that failed, and any other word of failure; an unknown part of a test is an
//!   error and a contradiction.
//! - A suite that failed although no test within it did (a one-time set-up or tear-down) is an
//!   error outside the tests.
//! - A test is known by its full name, below the names of its suites that the full name does not
//!   hold. Where that is not enough to tell two apart, by all of them. Two of one name are two
//!   tests, and the worst decides.
//! - The summaries of run and suites are held against their tests. The outermost element may be a
//!   single `test-suite`.
//!
//! Users, machines, paths and output are not kept, of times only the first and the last.

mod document;
mod outcome;
#[cfg(test)]
mod tests;

use super::ReportParser;
use document::NunitDocument;
use portcullis_report_shared::error::ReportError;
use portcullis_report_shared::input::Input;
use portcullis_report_shared::xml;
use portcullis_testrun::test_run::TestRun;

/// The format.
pub static FORMAT: ReportParser =
    ReportParser { name: "nunit", detect: is_nunit, parse: parse_nunit, streams: true };

const ROOTS: &[&str] = &["test-run", "test-results", "test-suite"];

fn is_nunit(bytes: &[u8]) -> bool {
    xml::has_root(bytes, ROOTS)
}

fn parse_nunit(input: Input<'_>) -> Result<TestRun, ReportError> {
    let mut document = NunitDocument::default();
    xml::read(input, ROOTS, xml::LIMITS, &mut document)?;
    Ok(document.finish())
}
