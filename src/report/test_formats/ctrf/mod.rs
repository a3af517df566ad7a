//! CTRF, the Common Test Report Format: one JSON document that reporters of many runners write.
//!
//! - The outcome is in the `status` of each test: `passed`; `failed`; `skipped` and `pending` are
//!   skipped; `other` was not run to an end that is one of these. Another word is an error of the
//!   document.
//! - A `rawStatus` that names a failure, where the status does not, is a contradiction.
//! - A test that passed and is called flaky, was retried, or has attempts beside it, is flaky:
//!   nothing is tried again that passed.
//! - A test is known by `suite > name`. Two of one name are two tests, and the worst decides.
//! - A field that the format does not define is not passed over, see `strict.rs`, but within
//!   `extra`, which holds what a reporter likes.
//! - The summary is held against the tests.
//!
//! Paths, environments, messages, output and what reporters add are not kept.

#[cfg(test)]
mod tests;
mod wire;

use super::ReportParser;
use portcullis_report_shared::encoding::decode_text;
use portcullis_report_shared::error::ReportError;
use portcullis_report_shared::input::Input;
use portcullis_report_shared::json;
use portcullis_testrun::test_run::TestRun;

/// The format.
pub static FORMAT: ReportParser =
    ReportParser { name: "ctrf", detect: is_ctrf, parse: parse_ctrf, streams: false };

fn is_ctrf(bytes: &[u8]) -> bool {
    let members = json::members(bytes);
    // Other reports have a list of that name.
    let is_results = |key: &str, shape| key == "results" && shape == json::Shape::Object;
    members.iter().any(|(key, shape)| key == "reportFormat" || is_results(key, *shape))
}

fn parse_ctrf(input: Input<'_>) -> Result<TestRun, ReportError> {
    let text = decode_text(input.whole()?)?;
    let document: wire::CtrfDocument<'_> = json::document(&text)?;
    document.run().map_err(ReportError::whole)
}
