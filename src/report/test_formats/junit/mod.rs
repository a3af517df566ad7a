//! JUnit XML: what nearly every test runner can write, and no two write alike.
//!
//! There is no specification that runners follow. What is common is `testcase` elements, somewhere
//! below `testsuites` or `testsuite`, with child elements or attributes that say what went wrong.
//! So this reader
//!
//! - finds every `testcase`, however deep and below whatever elements,
//! - takes outcomes from elements and from the case's own attributes (`case.rs`), never from a
//!   suite's summary; what is unknown in a case is no pass,
//! - holds the summary against the elements and records where it claims more, or where a suite
//!   calls itself failed (`suite.rs`),
//! - gives each test a name (`identity.rs`) and folds records of one name into one outcome,
//! - keeps the first and the last `timestamp` of suites and cases,
//! - keeps nothing else: no properties, output, messages or host names. They can hold personal
//!   data.
//!
//! A document is read as a stream, without document types and entities. What is not one whole
//! well-formed document, or is deeper, longer or larger than any runner writes, is an error.

mod case;
mod document;
mod identity;
mod suite;
#[cfg(test)]
mod tests;

use super::ReportParser;
use document::JunitDocument;
use portcullis_report_shared::attempts::{Attempts, LIMITS};
use portcullis_report_shared::error::ReportError;
use portcullis_report_shared::input::Input;
use portcullis_report_shared::xml;
use portcullis_testrun::test_run::TestRun;

/// The format.
pub static FORMAT: ReportParser =
    ReportParser { name: "junit", detect: is_junit, parse: parse_junit, streams: true };

const ROOTS: &[&str] = &["testsuites", "testsuite"];

fn is_junit(bytes: &[u8]) -> bool {
    xml::has_root(bytes, ROOTS)
}

fn parse_junit(input: Input<'_>) -> Result<TestRun, ReportError> {
    let mut document = JunitDocument::new(Attempts::within(LIMITS.of(input.length())));
    xml::read(input, ROOTS, xml::LIMITS, &mut document)?;
    Ok(document.finish())
}
