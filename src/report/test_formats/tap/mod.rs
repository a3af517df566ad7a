//! TAP, the Test Anything Protocol, versions 12 to 14: Perl, bats, node, pgTAP and many small
//! runners.
//!
//! A report is lines (`line.rs`): a plan, test points, and around them what is for people. A
//! subtest is indented by four spaces, has a plan of its own, and ends with the test point of the
//! enclosing level that it explains (`stream.rs`).
//!
//! - A report without a plan is cut off; a plan that differs from what is shown is a contradiction,
//!   and so are a plan in the middle, a number out of sequence, and a subtest without its test
//!   point.
//! - `TODO`, `SKIP` and `XFAIL` are *skipped*, whether `ok` or `not ok` precedes them (bats writes
//!   a skipped test as `not ok`).
//! - A plan of before there were directives says itself what is to be done (`1..5 todo 2;`) or why
//!   it is empty (`1..0 skipped`).
//! - After `pragma +strict` a line that is no TAP is an error of the run, as the protocol lets a
//!   report ask for. So is a comment in which the runner itself says that it failed (Perl's
//!   Test::More, node, tape), where no test shows it.
//! - KTAP, the Linux kernel's form, is made into TAP (`kernel.rs`).
//! - `Bail out!` is an error of the run. `1..0` is a run without tests.
//! - A test without a description is known by its place: `(test 3)`. Two of one name are two tests,
//!   the worst decides.
//!
//! Other lines that are none of this are ignored, as the protocol says. Diagnostics are never kept.

mod kernel;
mod line;
mod stream;
#[cfg(test)]
mod tests;

use super::ReportParser;
use kernel::Kernel;
use line::TapLine;
use portcullis_report_shared::encoding::decode_head;
use portcullis_report_shared::error::ReportError;
use portcullis_report_shared::input::{Input, read_lines};
use portcullis_testrun::test_run::TestRun;
use stream::Streams;

/// The format.
pub static FORMAT: ReportParser =
    ReportParser { name: "tap", detect: is_tap, parse: parse_tap, streams: true };

fn is_tap(bytes: &[u8]) -> bool {
    let head = decode_head(bytes);
    let mut lines = head.lines().map(str::trim_end).filter(|line| !line.is_empty());
    let tells = |line: &str| {
        !matches!(
            TapLine::of(line).1,
            TapLine::Other | TapLine::Comment(_) | TapLine::Pragma(_) | TapLine::Diagnostics
        )
    };
    // What runners say before they begin may come first; XML and JSON never do.
    head.lines().any(kernel::is_version)
        || !head.trim_start().starts_with(['<', '{', '[']) && lines.any(tells)
}

fn parse_tap(input: Input<'_>) -> Result<TestRun, ReportError> {
    let mut streams = Streams::default();
    let mut kernel = None;
    let (mut last, mut ends_in_a_test) = (0, false);
    read_lines(input, |line| {
        last = line.number;
        if kernel.is_none() {
            kernel = Kernel::begins(line.text, streams.has_begun());
            streams.kernel |= kernel.is_some();
        }
        let translated = kernel.as_mut().map(|kernel| kernel.line(line.text));
        let (text, next) = match &translated {
            None => (line.text, line.next.unwrap_or_default()),
            Some(line) => (line.as_deref().unwrap_or("# nothing"), ""),
        };
        ends_in_a_test = !line.ends && matches!(TapLine::of(text).1, TapLine::Test(_));
        streams.take(text, next).map_err(|message| ReportError::at(last, message))
    })?;
    // A name that is cut short would be another test.
    if ends_in_a_test {
        return Err(ReportError::at(last, "it is cut off in the name of a test: its last line has no end"));
    }
    streams.finish().map_err(|message| ReportError::at(last, message))
}
