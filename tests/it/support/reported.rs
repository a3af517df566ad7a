//! One report through the whole gate: a small project, a change, and nothing but the report to judge it by.
#![allow(dead_code, reason = "each test binary uses its own part of this")]

use super::checkout::Checkout;
use super::gate::Verdict;

const TESTS: &str = "[controls.regression-tests.suites.upload]\nminimum = 1\nreports = [\"out/report\"]\n";
/// Every line of the file is new, and has to be executed.
const LINES: &str = "[controls.changed-line-coverage]\nminimum = 100\n\
    [controls.changed-line-coverage.reports.upload]\nfiles = [\"out/report\"]\n";

/// Judges a change by a report of a test run.
pub fn judged_by_tests(report: &str) -> Verdict {
    judged(TESTS, "services/upload/load.txt", "new\n", report)
}

/// Judges a change that writes a whole file by a report of line coverage. `settings` say how names become paths.
pub fn judged_by_lines(report: &str, settings: &str, path: &str, text: &str) -> Verdict {
    judged(&format!("{LINES}{settings}"), path, text, report)
}

fn judged(controls: &str, path: &str, text: &str, report: &str) -> Verdict {
    let project = Checkout::with(controls, &[(path, "old\n")]);
    project.change(path, text);
    project.write("out/report", report);
    project.judge(&[])
}
