//! What must hold for whatever bytes a fuzzer comes up with.

use portcullis_testrun::line_coverage::CoverageFormat;
use portcullis_testrun::test_run::{TestOutcome, TestRun};
use portcullis_report::{ReportError, line_coverage, parse_as, parse_stream};

/// A report of a format: reading it ends without a panic, says the same twice, and what is one document is not green
/// without its last byte.
pub fn report(format: &str, bytes: &[u8]) {
    let read = parse_as(format, bytes);
    assert_eq!(read, parse_as(format, bytes), "the same bytes are two runs");
    in_pieces(format, bytes, &read);
    let one_document = !matches!(format, "dart" | "go-test" | "libtest" | "tap");
    if one_document && is_green(&read) {
        let cut = &bytes[..bytes.trim_ascii_end().len() - 1];
        assert!(!is_green(&parse_as(format, cut)), "it is green without its end");
    }
}

/// What is read in pieces is what is read as a whole, and it is read in pieces unless it is in another encoding.
fn in_pieces(format: &str, bytes: &[u8], read: &Result<TestRun, ReportError>) {
    let mut source = bytes;
    let (_, streamed) =
        parse_stream(&mut source, bytes.len() as u64, Some(format)).expect("bytes at hand can be read");
    match streamed {
        Ok(streamed) => assert_eq!(Ok(&streamed), read.as_ref(), "it says something else in pieces"),
        Err(error) => {
            let why = ["is not read in pieces", "in pieces only UTF-8 is read", "bytes are blank"];
            let differs = why.iter().any(|why| error.message.contains(why));
            assert!(read.is_err() || differs, "it is not read in pieces: {error}");
        }
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

/// A coverage report of a format that is one document: reading it ends without a panic, says the same twice, and nothing is read
/// without its last byte.
pub fn coverage(format: &str, bytes: &[u8]) {
    let said = CoverageFormat::named(format);
    assert!(said.is_some(), "there is no such format");
    let read = line_coverage::parse(bytes, said);
    assert_eq!(read, line_coverage::parse(bytes, said), "the same bytes are two reports");
    let Ok((_, reported)) = read else { return };
    assert!(
        reported.files.iter().all(|file| file.lines.hit.without(&file.lines.executable).is_empty()),
        "more ran than can run"
    );
    // In UTF-16 a byte may be half of a character, and blank.
    let end = bytes.iter().rposition(|byte| !byte.is_ascii_whitespace() && *byte != 0).unwrap_or_default();
    assert!(line_coverage::parse(&bytes[..end], said).is_err(), "it is read without its end");
}

fn is_green(read: &Result<TestRun, ReportError>) -> bool {
    let Ok(run) = read else { return false };
    let good = |outcome| matches!(outcome, TestOutcome::Passed | TestOutcome::Skipped);
    let bad = run.tests.iter().any(|test| !good(test.outcome));
    !bad && run.contradictions.is_empty() && run.errors.is_empty() && !run.tests.is_empty()
}
