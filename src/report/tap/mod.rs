//! TAP, the Test Anything Protocol, versions 12 to 14: Perl, bats, node, pgTAP and many small runners.
//!
//! A report is lines (`line.rs`): a plan, test points, and around them what is for people. A subtest is indented by four
//! spaces, has a plan of its own, and ends with the test point of the enclosing level that it explains (`stream.rs`).
//!
//! - A report without a plan is cut off; a plan that differs from what is shown is a contradiction, and so are a plan in
//!   the middle, a number out of sequence, and a subtest without its test point.
//! - `TODO`, `SKIP` and `XFAIL` are *skipped*, whether `ok` or `not ok` stands before them (bats writes a skipped test as `not ok`).
//! - After `pragma +strict` a line that is no TAP is an error of the run, as the protocol lets a report ask for. So is a comment
//!   in which the runner itself says that it failed (Perl's Test::More, node, tape), where no test shows it.
//! - KTAP, the Linux kernel's form, is refused: its subtests are indented by two spaces, and would be passed over.
//! - `Bail out!` is an error of the run. `1..0` is a run without tests.
//! - A test without a description is known by its place: `(test 3)`. Two of one name are two tests, the worst decides.
//!
//! Other lines that are none of this are ignored, as the protocol says. Diagnostics are never kept.

mod line;
mod stream;
#[cfg(test)]
mod tests;

use super::encoding::{head, text};
use super::{Format, ReportError};
use crate::model::test_run::TestRun;
use line::Line;
use stream::Streams;

/// The format.
pub static FORMAT: Format = Format { name: "tap", detect, parse };

fn detect(bytes: &[u8]) -> bool {
    let head = head(bytes);
    let mut lines = head.lines().map(str::trim_end).filter(|line| !line.is_empty());
    let tells = |line: &str| {
        !matches!(Line::of(line).1, Line::Other | Line::Comment(_) | Line::Pragma(_) | Line::Diagnostics)
    };
    // What runners say before they begin may stand first; XML and JSON never do.
    head.lines().any(kernel) || !head.trim_start().starts_with(['<', '{', '[']) && lines.any(tells)
}

fn parse(bytes: &[u8]) -> Result<TestRun, ReportError> {
    let text = text(bytes)?;
    let mut streams = Streams::default();
    let mut lines = text.lines().enumerate().peekable();
    let mut last = 0;
    while let Some((number, line)) = lines.next() {
        last = number + 1;
        if kernel(line) {
            return Err(ReportError::at(last, KERNEL));
        }
        let next = lines.peek().map_or("", |(_, next)| next);
        streams.take(line, next).map_err(|message| ReportError::at(last, message))?;
    }
    if ends_in_a_test(&text) {
        return Err(ReportError::at(last, "it is cut off in the name of a test: its last line has no end"));
    }
    streams.finish().map_err(|message| ReportError::at(last, message))
}

const KERNEL: &str = "it is KTAP, the Linux kernel's form of TAP, which is not read here; let a converter that knows it write JUnit XML or TAP";

/// `KTAP version 1`, perhaps behind the time that a kernel log puts before each line.
fn kernel(line: &str) -> bool {
    let line = line.trim_start();
    let text = match line.strip_prefix('[') {
        Some(stamped) => stamped.split_once("] ").map_or(line, |(_, text)| text.trim_start()),
        None => line,
    };
    text.starts_with("KTAP version ")
}

/// A name that is cut short would be another test.
fn ends_in_a_test(text: &str) -> bool {
    let last = text.rsplit('\n').next().unwrap_or_default();
    matches!(Line::of(last).1, Line::Test(_))
}
