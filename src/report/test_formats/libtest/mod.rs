//! The events of Rust's libtest (`--format json`) and of nextest (`libtest-json`,
//! `libtest-json-plus`), one on each line.
//!
//! - A test that has begun and has no end could not be run to its end. A suite without an end is a
//!   contradiction, and so is one that claims more tests than are shown. A suite that failed
//!   although none of its tests did is an error.
//! - nextest writes how often a test was tried behind its name (`#3`). That is no part of the name:
//!   a test that passed at the third attempt is flaky. It names tests `crate::binary$test`, and is
//!   known by that: it also begins a suite anew for tests that end late, so its suites are not held
//!   to their plan.
//! - libtest names neither crate nor binary, so tests of several binaries can have one name, and
//!   nextest can run one again and again (`--stress-count`). They are several tests, and the worst
//!   decides.
//! - A field that none of the writers has is not passed over (`strict.rs`).
//! - Lines that are not JSON are what tests and tools print; they are ignored, save where cargo
//!   says that something failed and no test shows it.

mod events;
#[cfg(test)]
mod tests;
mod wire;

use super::ReportParser;
use events::LibtestSuites;
use portcullis_report_shared::error::{ContentError, ReportError};
use portcullis_report_shared::input::{Input, read_lines};
use portcullis_report_shared::json;
use portcullis_testrun::test_run::TestRun;
use wire::LibtestEvent;

/// The format.
pub static FORMAT: ReportParser =
    ReportParser { name: "libtest", detect: is_libtest, parse: parse_libtest, streams: true };

fn is_libtest(bytes: &[u8]) -> bool {
    let keys = json::keys(bytes);
    ["type", "event"].iter().all(|wanted| keys.iter().any(|key| key == wanted))
}

fn parse_libtest(input: Input<'_>) -> Result<TestRun, ReportError> {
    let mut suites = LibtestSuites::default();
    read_lines(input, |line| {
        let at = |message: ContentError| ReportError::at(line.number, message);
        match json::line::<LibtestEvent>(line.text).map_err(at)? {
            Some(event) => suites.take(&event).map_err(at)?,
            None => suites.say(line.text),
        }
        Ok(())
    })?;
    suites.finish().map_err(ReportError::whole)
}
