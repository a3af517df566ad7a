//! What must hold for whatever bytes a fuzzer comes up with.

use portcullis::model::test_run::{TestOutcome, TestRun};
use portcullis::report::{ReportError, line_coverage, parse_as};

/// A report of a format: reading it ends without a panic, says the same twice, and what is one document is not green
/// without its last byte.
pub fn report(format: &str, bytes: &[u8]) {
    let read = parse_as(format, bytes);
    assert_eq!(read, parse_as(format, bytes), "the same bytes are two runs");
    let one_document = !matches!(format, "dart" | "go-test" | "libtest" | "tap");
    if one_document && is_green(&read) {
        let cut = &bytes[..bytes.trim_ascii_end().len() - 1];
        assert!(!is_green(&parse_as(format, cut)), "it is green without its end");
    }
}

/// A coverage report: reading it ends without a panic, in every format, and what was executed can be executed.
pub fn line_coverage(bytes: &[u8]) {
    let said = line_coverage::TABLE.iter().map(|format| Some(format.format)).chain([None]);
    for (_, reported) in said.filter_map(|said| line_coverage::parse(bytes, said).ok()) {
        assert!(!reported.files.is_empty(), "it is read and names no file");
        for file in reported.files {
            assert!(!file.names.is_empty(), "a file has no name");
            assert!(file.lines.hit.without(&file.lines.executable).is_empty(), "more ran than can run");
        }
    }
}

fn is_green(read: &Result<TestRun, ReportError>) -> bool {
    let Ok(run) = read else { return false };
    let good = |outcome| matches!(outcome, TestOutcome::Passed | TestOutcome::Skipped);
    let bad = run.tests.iter().any(|test| !good(test.outcome));
    !bad && run.contradictions.is_empty() && run.errors.is_empty() && !run.tests.is_empty()
}
