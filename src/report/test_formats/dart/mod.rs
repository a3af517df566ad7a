//! The events of `dart test --reporter json` (or `--file-reporter json:FILE`) and
//! `flutter test --machine`, one on each line.
//!
//! | `testDone` says | means |
//! | --- | --- |
//! | `success` | passed, or skipped where `skipped` is true |
//! | `failure` | failed |
//! | `error`, or another word (which is a contradiction) | could not be run to its end |
//!
//! - A test that has begun and has no end could not be run to its end. An error that comes after
//!   the end fails the test all the same.
//! - What is `hidden` and succeeded is no test: loading a file, `setUpAll`, `tearDownAll`. When
//!   they fail they are shown, and fail.
//! - `retry`: the runner writes an attempt that it repeats as the message `Retry: NAME` of the
//!   test. What passed after one is flaky.
//! - A run without its `done` is cut off, which is a contradiction; one whose `done` has no
//!   `success` was ended early, and one that did not succeed although no test failed is an error
//!   outside the tests. A stream may hold several runs, one behind the other.
//! - A test is known by `file > name`, the name with its groups; platforms other than `vm` follow
//!   the file. Two of one name are two tests, and the worst decides. Files are named from the
//!   directory of the package's tests on.
//! - A field that the runner does not write is not passed over, see `strict.rs`. Nor is an event
//!   about no test whose type or result names failure; other new types say nothing, and neither
//!   does what has no `time`: a test printed it.
//! - Lines that are not JSON objects are what tools print, and Flutter's own events; they are
//!   ignored.
//!
//! The events tell no time of day. Messages, stack traces and URLs are not kept.

mod events;
mod run;
#[cfg(test)]
mod tests;

use super::ReportParser;
use events::DartEvent;
use portcullis_report_shared::error::{ContentError, ReportError};
use portcullis_report_shared::input::{Input, read_lines};
use portcullis_report_shared::json;
use portcullis_testrun::test_run::TestRun;
use run::Runs;

/// The format.
pub static FORMAT: ReportParser =
    ReportParser { name: "dart", detect: is_dart, parse: parse_dart, streams: true };

fn is_dart(bytes: &[u8]) -> bool {
    let keys = json::keys(bytes);
    let has = |wanted: &str| keys.iter().any(|key| key == wanted);
    has("type") && has("time") && !has("event")
}

fn parse_dart(input: Input<'_>) -> Result<TestRun, ReportError> {
    let mut runs = Runs::default();
    read_lines(input, |line| {
        let at = |message: ContentError| ReportError::at(line.number, message);
        match json::line::<DartEvent<'_>>(line.text).map_err(at)? {
            Some(event) => runs.take(event).map_err(at),
            None => Ok(()),
        }
    })?;
    runs.finish().map_err(ReportError::whole)
}
