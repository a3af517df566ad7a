//! Catch2's own XML (`--reporter xml`), as versions 1 to 3 write it.
//!
//! | said by | means |
//! | --- | --- |
//! | `OverallResult success="true"` of a test case | passed, if nothing below contradicts it |
//! | `OverallResult success="false"` | failed |
//! | no `OverallResult`, or another word | error, and a contradiction: the case has no end |
//! | `FatalErrorCondition` (a signal, a crash) | error, whatever the case says |
//! | `Exception`, `Failure`, `Expression success="false"`, a section with `failures` in a case that is called a success | failed, and a contradiction |
//! | the same in a case with the tag `[!mayfail]` or `[!shouldfail]`, or `expectedFailures` | skipped: its result was declared not to matter |
//! | `skips` above 0, a `Skip` | skipped |
//! | an element or attribute that Catch2 does not write | see `strict.rs` |
//!
//! - `CHECK_NOFAIL`, `CHECKED_IF` and `CHECKED_ELSE` contradict nothing. A case tagged
//!   `[!shouldfail]` that passes is called a failure by Catch2 itself.
//! - The counts of cases (`OverallResultsCases`) of groups and the run are held against what is
//!   shown.
//! - A test is known by `program > name`; sections are part of their test. Two of one name are two
//!   tests, and the worst decides.
//!
//! A program that ends in the middle of a test leaves a document without an end, which is refused.
//! Tests that a filter left out are not in the report. There are no times. Messages, expressions,
//! output and paths are not kept.

mod case;
mod document;
#[cfg(test)]
mod tests;

use super::ReportParser;
use document::Catch2Document;
use portcullis_report_shared::error::ReportError;
use portcullis_report_shared::input::Input;
use portcullis_report_shared::xml;
use portcullis_testrun::test_run::TestRun;

/// The format.
pub static FORMAT: ReportParser =
    ReportParser { name: "catch2", detect: is_catch2, parse: parse_catch2, streams: true };

const ROOTS: &[&str] = &["catch", "catch2testrun", "catchtestrun"];

fn is_catch2(bytes: &[u8]) -> bool {
    xml::has_root(bytes, ROOTS)
}

fn parse_catch2(input: Input<'_>) -> Result<TestRun, ReportError> {
    let mut document = Catch2Document::default();
    xml::read(input, ROOTS, xml::LIMITS, &mut document)?;
    Ok(document.finish())
}
