//! Boost.Test's XML: the report (`--report_format=XML --report_level=detailed`) and the log
//! (`--log_format=XML --log_level=test_suite`). Their outermost elements tell them apart.
//!
//! | the report says `result` | means |
//! | --- | --- |
//! | `passed` | passed, if no more assertions failed than were expected to; skipped, if those that were expected to did fail |
//! | `failed` | failed |
//! | `aborted`, `timed-out` | could not be run to its end |
//! | `skipped` | skipped |
//! | another word, or none | error, and a contradiction |
//!
//! - **The report calls passed what never ran**: tests behind a crash, tests of a suite whose
//!   fixture failed. So in a report in which something was aborted, a test that checked nothing
//!   counts as skipped.
//! - A suite that failed although no test within it did, or in which more assertions failed than in
//!   its tests (a fixture), is an error outside the tests. The counts of suites are held against
//!   their tests.
//! - In the log a test is failed by an `Error` or `FatalError` in it, and an `Exception` means that
//!   it did not run to its end. The log does not say which failures were expected
//!   (`expected_failures`): they count. The report does say it.
//! - What Boost.Test does not write is not passed over, see `strict.rs`. A suite is not passed in
//!   which more assertions failed than were expected to.
//! - A report of a lower level names no test, and a log of a lower one neither. Both are refused,
//!   with the setting that helps.
//! - A test is known by `suites > name`. Two of one name are two tests, and the worst decides.
//!
//! Disabled tests are in the log and not in the report. There are no times. Messages and paths are
//! not kept.

mod log;
mod report;
#[cfg(test)]
mod tests;

use super::ReportParser;
use portcullis_report_shared::error::ReportError;
use portcullis_report_shared::input::Input;
use portcullis_report_shared::xml;
use portcullis_testrun::test_run::TestRun;

/// The format.
pub static FORMAT: ReportParser =
    ReportParser { name: "boost-test", detect: is_boost_test, parse: parse_boost_test, streams: true };

const REPORT: &[&str] = &["testresult"];
const LOG: &[&str] = &["testlog"];

fn is_boost_test(bytes: &[u8]) -> bool {
    xml::root(bytes).is_some_and(|name| [REPORT, LOG].concat().contains(&name.as_str()))
}

fn parse_boost_test(input: Input<'_>) -> Result<TestRun, ReportError> {
    if xml::has_root(input.head(), LOG) {
        let mut log = log::BoostLog::default();
        xml::read(input, LOG, xml::LIMITS, &mut log)?;
        return log.finish().map_err(ReportError::whole);
    }
    let mut report = report::BoostReport::default();
    xml::read(input, REPORT, xml::LIMITS, &mut report)?;
    report.finish().map_err(ReportError::whole)
}
