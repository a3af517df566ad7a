//! The events of `go test -json`, one on each line; gotestsum writes the same.
//!
//! - A test that has begun and has no end could not be run to its end, and a package without an end
//!   is a contradiction: the report is cut off. (After a panic Go reports no end of the tests that
//!   ran; Go 1.19 loses one also when a test prints without a line's end.)
//! - A package that failed although none of its tests did is an error outside the tests, and so is
//!   one that was not built: depending on Go's version an event or a plain line says so. Other
//!   lines that are not JSON are what the tools say to people; they are ignored.
//! - A package that Go did not run again, because nothing it knows of had changed, is *replayed*.
//! - A test that is run again within one run of its package (`-count`) is several tests of one
//!   name, and the worst decides: Go fails when one of them does. A later run of a package with
//!   only tests that failed before is how gotestsum (`--rerun-fails`) tries them again: they are
//!   attempts. Any other later run of a package is a run of its own.
//!
//! A field that Go does not write, or does not write there, is not passed over (`strict.rs`), and
//! neither is an error of a test (`OutputType`) in a package that passed.
//!
//! Go before 1.20 takes a line that a test prints, such as `--- PASS: TestX`, for an event; later
//! versions mark their own.
//!
//! A test is known by `package > name`, a subtest by Go's own `Test/subtest`; a test with subtests
//! is a test too. What cannot be seen: the lines of a whole package that are missing, from the
//! first to the last.

mod events;
#[cfg(test)]
mod tests;
mod wire;

use super::ReportParser;
use events::Packages;
use portcullis_report_shared::encoding::decode_head;
use portcullis_report_shared::error::{ContentError, ReportError};
use portcullis_report_shared::input::{Input, read_lines};
use portcullis_report_shared::json;
use portcullis_testrun::test_run::TestRun;
use wire::GoEvent;

/// The format.
pub static FORMAT: ReportParser =
    ReportParser { name: "go-test", detect: is_go_test, parse: parse_go_test, streams: true };

fn is_go_test(bytes: &[u8]) -> bool {
    json::keys(bytes).iter().any(|key| key == "Action") || decode_head(bytes).lines().any(is_failed_build)
}

/// `FAIL example.test/upload [build failed]`
fn is_failed_build(line: &str) -> bool {
    let line = line.trim_end();
    line.starts_with("FAIL\t") && (line.ends_with(" failed]"))
}

fn parse_go_test(input: Input<'_>) -> Result<TestRun, ReportError> {
    let mut packages = Packages::default();
    read_lines(input, |line| {
        let at = |message: ContentError| ReportError::at(line.number, message);
        match json::line::<GoEvent>(line.text).map_err(at)? {
            Some(event) => packages.take(&event).map_err(at)?,
            None => packages.say(line.text),
        }
        Ok(())
    })?;
    packages.finish().map_err(ReportError::whole)
}
