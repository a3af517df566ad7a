//! Open Test Reporting, versions 0.1 and 0.2: the events that JUnit 5 and 6, PHPUnit and others
//! write (`open-test-report.xml`), and the tree that is made of them (`execution`).
//!
//! | `status` of a `result` | means |
//! | --- | --- |
//! | `SUCCESSFUL` | passed |
//! | `FAILED` | failed |
//! | `ERRORED` | could not be run to its end |
//! | `SKIPPED`, `ABORTED` (an assumption did not hold) | skipped |
//! | another word, or none | error, and a contradiction |
//!
//! - What has nothing below it is a test, unless its writer says that it is a container (JUnit's
//!   `type`); such a one counts when it was skipped, as a disabled class is. What its writer calls
//!   a test is one even if it has something below it.
//! - What the schemas do not define is not passed over, see `strict.rs`, but within `metadata`,
//!   `sources`, `attachments` and `infrastructure`, which hold what a writer likes. What was thrown
//!   in a result that is called successful contradicts it.
//! - What began and has no end could not be run to its end.
//! - A container that failed although nothing below it did (a set-up or tear-down of a class) is an
//!   error outside the tests.
//! - Events may come in any order. An event about something that never began, or below something
//!   that never began, is a contradiction.
//! - A test is known by the names from the root to it; a class is known by its whole name, where
//!   the report has it. Two of one name are two tests, and the worst decides.
//!
//! Hosts, users, messages, output and places are not kept, of times only the first and the last.

mod document;
mod events;
mod node;
#[cfg(test)]
mod tests;
mod tree;

use super::ReportParser;
use document::OtrDocument;
use portcullis_report_shared::encoding::decode_head;
use portcullis_report_shared::error::ReportError;
use portcullis_report_shared::input::Input;
use portcullis_report_shared::xml;
use portcullis_testrun::test_run::TestRun;

/// The format.
pub static FORMAT: ReportParser = ReportParser {
    name: "open-test-reporting",
    detect: is_open_test_reporting,
    parse: parse_open_test_reporting,
    streams: true,
};

const EVENTS: &[&str] = &["events"];
const TREE: &[&str] = &["execution"];

fn is_open_test_reporting(bytes: &[u8]) -> bool {
    let root = xml::root(bytes).is_some_and(|name| [EVENTS, TREE].concat().contains(&name.as_str()));
    root && decode_head(bytes).contains("schemas.opentest4j.org/reporting/")
}

fn parse_open_test_reporting(input: Input<'_>) -> Result<TestRun, ReportError> {
    if xml::has_root(input.head(), TREE) {
        return read_nodes::<tree::Tree>(input, TREE);
    }
    read_nodes::<events::Events>(input, EVENTS)
}

fn read_nodes<P: document::Parts>(input: Input<'_>, roots: &[&str]) -> Result<TestRun, ReportError> {
    let mut document = OtrDocument::<P>::default();
    xml::read(input, roots, xml::LIMITS, &mut document)?;
    document.finish().map_err(ReportError::whole)
}
