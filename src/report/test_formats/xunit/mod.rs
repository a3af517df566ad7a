//! xUnit.net's own XML, versions 1 to 3, which Fixie writes too.
//!
//! - The outcome is in the `result` of each test: `Pass`, `Fail`, `Skip`, `NotRun`. None or another
//!   word is an error and a contradiction. A `failure` element contradicts a test whatever its word
//!   says.
//! - Errors outside tests (`errors`, a failed set-up or clean-up) are errors of the run.
//! - So does any other word of failure; an unknown part of a test is an error and a contradiction.
//! - A test is known by `assembly > type > name`, and by the place of its assembly where two have
//!   one name. Two of one name are two tests, and the worst decides.
//! - The summaries of assemblies and collections are held against their tests.
//!
//! Paths, environments and output are not kept, of times only the first and the last.

mod document;
#[cfg(test)]
mod tests;

use super::ReportParser;
use document::XunitDocument;
use portcullis_report_shared::error::ReportError;
use portcullis_report_shared::input::Input;
use portcullis_report_shared::xml;
use portcullis_testrun::test_run::TestRun;

/// The format.
pub static FORMAT: ReportParser =
    ReportParser { name: "xunit", detect: is_xunit, parse: parse_xunit, streams: true };

const ROOTS: &[&str] = &["assemblies", "assembly"];

fn is_xunit(bytes: &[u8]) -> bool {
    xml::has_root(bytes, ROOTS)
}

fn parse_xunit(input: Input<'_>) -> Result<TestRun, ReportError> {
    let mut document = XunitDocument::default();
    xml::read(input, ROOTS, xml::LIMITS, &mut document)?;
    Ok(document.finish())
}
