//! TestNG's own XML (`testng-results.xml`).
//!
//! | `status` of a `test-method` | means |
//! | --- | --- |
//! | `PASS` | passed; an `exception` beside it was an expected one |
//! | `FAIL` | failed |
//! | `SKIP` | skipped |
//! | `SUCCESS_PERCENTAGE_FAILURE` | flaky: this invocation failed, and few enough did |
//! | another word, or none | error, and a contradiction |
//!
//! - **Set-up and tear-down** are methods with `is-config="true"`. One that failed is an error
//!   outside the tests, whatever TestNG's own exit status was; one that passed or was skipped is no
//!   test.
//! - **Retries**: an attempt that was tried again has `retried="true"`. Before version 7 TestNG
//!   calls it skipped and says no more: there, a skipped record with an exception other than
//!   `SkipException`, beside a record of the same test that ran, is such an attempt. The last
//!   attempt that passed after one is flaky.
//! - A test is known by `suite > test > class > method(parameters)`. Invocations with equal
//!   parameters are several tests under one name, and the worst decides.
//! - What TestNG does not write is not passed over, see `strict.rs`.
//! - The counts of the root are held against the methods. A suite that TestNG wrote to a file of
//!   its own (`url`) is refused.
//!
//! Signatures, messages and output are not kept, of times only the first and the last.

mod document;
mod method;
#[cfg(test)]
mod tests;

use super::ReportParser;
use document::TestngDocument;
use portcullis_report_shared::error::ReportError;
use portcullis_report_shared::input::Input;
use portcullis_report_shared::xml;
use portcullis_testrun::test_run::TestRun;

/// The format.
pub static FORMAT: ReportParser =
    ReportParser { name: "testng", detect: is_testng, parse: parse_testng, streams: true };

const ROOTS: &[&str] = &["testng-results"];

fn is_testng(bytes: &[u8]) -> bool {
    xml::has_root(bytes, ROOTS)
}

fn parse_testng(input: Input<'_>) -> Result<TestRun, ReportError> {
    let mut document = TestngDocument::default();
    xml::read(input, ROOTS, xml::LIMITS, &mut document)?;
    document.finish().map_err(ReportError::whole)
}
