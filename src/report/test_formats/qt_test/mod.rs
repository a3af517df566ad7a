//! Qt Test's own XML (`-o FILE,xml`), as Qt 4 to 6 write it.
//!
//! | said in a function, or of a data row in it | means |
//! | --- | --- |
//! | `Incident type="pass"` | passed |
//! | `Incident type="fail"`, `xpass` (a failure that was expected and did not come) | failed |
//! | `xfail`, and the verdicts of blacklisted functions: `bpass`, `bfail`, `bxpass`, `bxfail` | skipped: its result was declared not to matter |
//! | `Incident` or `Message` of the type `skip` | skipped |
//! | `Message type="qfatal"` | could not be run to its end |
//! | another type, or nothing at all | error, and a contradiction |
//!
//! - The worst of what is said of a row decides. `initTestCase` and `cleanupTestCase` are functions
//!   like others. After a failed or skipped `initTestCase` Qt leaves out the functions that it did
//!   not run.
//! - What Qt does not write is not passed over, see `strict.rs`.
//! - A test is known by `object > function > row`. Two of one name are two tests, and the worst
//!   decides.
//!
//! A program that ends in the middle of a function leaves a document without an end, which is
//! refused. There is no summary and there are no times. Descriptions and paths are not kept.

mod document;
#[cfg(test)]
mod tests;

use super::ReportParser;
use document::QtTestDocument;
use portcullis_report_shared::error::ReportError;
use portcullis_report_shared::input::Input;
use portcullis_report_shared::xml;
use portcullis_testrun::test_run::TestRun;

/// The format.
pub static FORMAT: ReportParser =
    ReportParser { name: "qt-test", detect: is_qt_test, parse: parse_qt_test, streams: true };

const ROOTS: &[&str] = &["testcase"];

fn is_qt_test(bytes: &[u8]) -> bool {
    xml::has_root(bytes, ROOTS)
}

fn parse_qt_test(input: Input<'_>) -> Result<TestRun, ReportError> {
    let mut document = QtTestDocument::default();
    xml::read(input, ROOTS, xml::LIMITS, &mut document)?;
    document.finish().map_err(ReportError::whole)
}
