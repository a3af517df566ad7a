//! Robot Framework's `output.xml`, schema versions 3 to 5 (Robot Framework 3 to 7), of tests and of
//! tasks (`rpa="true"`).
//!
//! | the `status` of a test | means |
//! | --- | --- |
//! | `PASS` | passed, if nothing directly in the test failed |
//! | `FAIL` | failed |
//! | `SKIP` | skipped, also when a failed test was skipped by its tag |
//! | another word, or none | error, and a contradiction |
//!
//! - **A suite's tear-down that failed fails every test of the suite**, also those that are called
//!   passed: Robot Framework writes them before it runs the tear-down, and counts them as failed.
//!   So does this reader. After a tear-down that was skipped, what passed is skipped.
//! - A suite that failed although no test within it did is an error outside the tests (a set-up
//!   without tests).
//! - A test that `rebot --merge` took from a second run says what it was in the first: passed after
//!   failed is flaky.
//! - A run in which no keyword ran is a dry run, and a contradiction: it calls everything passed.
//! - The totals of `statistics` are held against the tests.
//! - What Robot Framework does not write is not passed over, see `strict.rs`, but within keywords
//!   and control structures: those may fail.
//! - A test is known by `suites > name`. Two of one name are two tests, and the worst decides.
//!
//! What `errors` lists (an import that failed, a warning) fails nothing in Robot Framework, and
//! nothing here. Messages, arguments and paths are not kept, of times only the first and the last.

mod document;
mod suite;
#[cfg(test)]
mod tests;

use super::ReportParser;
use document::RobotDocument;
use portcullis_report_shared::error::ReportError;
use portcullis_report_shared::input::Input;
use portcullis_report_shared::xml;
use portcullis_testrun::test_run::TestRun;

/// The format.
pub static FORMAT: ReportParser =
    ReportParser { name: "robot", detect: is_robot, parse: parse_robot, streams: true };

const ROOTS: &[&str] = &["robot"];

fn is_robot(bytes: &[u8]) -> bool {
    xml::has_root(bytes, ROOTS)
}

fn parse_robot(input: Input<'_>) -> Result<TestRun, ReportError> {
    let mut document = RobotDocument::default();
    // The text of a status says whether the test was run before; Robot Framework writes no control
    // characters.
    let limits = xml::XmlLimits { control_characters: false, ..xml::LIMITS };
    xml::read(input, ROOTS, limits, &mut document)?;
    document.finish().map_err(ReportError::whole)
}
