//! Playwright's JSON (`--reporter=json`, with `PLAYWRIGHT_JSON_OUTPUT_NAME` or `outputFile`).
//!
//! Each test has an expected status and a result for each attempt. An attempt means
//!
//! | it ended | and was expected to | means |
//! | --- | --- | --- |
//! | `passed` | pass | passed; if it holds errors all the same: failed, and a contradiction |
//! | `failed`, `timedOut` | the same (`test.fail()`) | skipped: its failure was declared not to matter |
//! | `passed`, `failed`, `timedOut` | anything else | failed |
//! | `skipped` | be skipped | skipped |
//! | `skipped`, or there is no attempt at all | anything else | could not be run: a hook or an earlier test of its group failed, or the run ended |
//! | `interrupted`, or nothing | | could not be run to its end |
//!
//! - What passed after a failed attempt is flaky. An attempt that did not run, beside one that did,
//!   says nothing: its group was tried again.
//! - What Playwright calls the test (`status`, and `ok` of its spec) and what its attempts show
//!   have to agree: `unexpected` is never green, and neither is `flaky` passed. So are `stats`, of
//!   the versions that write them.
//! - Each of `errors` (a file that does not load, a failed global set-up or tear-down, no tests at
//!   all) is an error outside the tests.
//! - A field that Playwright does not write is not passed over, see `strict.rs`.
//! - `--list` writes a report of tests that all did not run.
//! - A test is known by `project > file > groups > title`. Two of one name are two tests, and the
//!   worst decides.
//!
//! Messages, output, attachments, annotations and places are not kept, of times only the first and
//! the last.

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
    ReportParser { name: "playwright", detect: is_playwright, parse: parse_playwright, streams: false };

fn is_playwright(bytes: &[u8]) -> bool {
    let keys = json::keys(bytes);
    ["config", "suites"].iter().all(|wanted| keys.iter().any(|key| key == wanted))
}

fn parse_playwright(input: Input<'_>) -> Result<TestRun, ReportError> {
    let text = decode_text(input.whole()?)?;
    let document: wire::PlaywrightDocument<'_> = json::document(&text)?;
    document.run().map_err(ReportError::whole)
}
