//! Test reports to test runs: pure parsers, one folder per format, and the table of them.
//!
//! A parser that is not sure says so. What is not well formed, cut off, or beyond a limit is an
//! error and never a shorter run: a report that lost its end must not look like one without
//! failures.
//!
//! A report comes as a whole or as a stream (`input.rs`), and the same parser reads both: a large
//! one is not kept.

use portcullis_report_shared::HEAD_BYTES;
use portcullis_report_shared::error::ReportError;
use portcullis_report_shared::input::{Input, ReportStream};
use portcullis_testrun::reading::{MAXIMUM_BYTES, StreamedRun};
use portcullis_testrun::test_run::TestRun;
use std::io::{self, Read};

pub mod boost_test;
pub mod catch2;
pub mod ctrf;
pub mod dart;
mod foreign;
pub mod go_test;
pub mod junit;
pub mod libtest;
pub mod nunit;
pub mod open_test_reporting;
pub mod playwright;
pub mod qt_test;
pub mod robot;
pub mod sonarqube;
pub mod tap;
#[cfg(test)]
mod testing;
pub mod testng;
pub mod trx;
pub mod xunit;

/// A report format.
pub struct ReportParser {
    /// Its name.
    pub name: &'static str,
    /// Do these bytes look like it?
    pub detect: fn(&[u8]) -> bool,
    /// Reads it.
    pub parse: fn(Input<'_>) -> Result<TestRun, ReportError>,
    /// Is it read in pieces, where a report of it is large?
    pub streams: bool,
}

/// Every format, sorted by name.
pub static TABLE: &[&ReportParser] = &[
    &boost_test::FORMAT,
    &catch2::FORMAT,
    &ctrf::FORMAT,
    &dart::FORMAT,
    &go_test::FORMAT,
    &junit::FORMAT,
    &libtest::FORMAT,
    &nunit::FORMAT,
    &open_test_reporting::FORMAT,
    &playwright::FORMAT,
    &qt_test::FORMAT,
    &robot::FORMAT,
    &sonarqube::FORMAT,
    &tap::FORMAT,
    &testng::FORMAT,
    &trx::FORMAT,
    &xunit::FORMAT,
];

/// Reads a report in whatever format it is. The content decides, never the name of the file.
///
/// # Errors
/// What is wrong with it: unknown format, not well formed, truncated, too large, too deep.
pub fn parse(bytes: &[u8]) -> Result<TestRun, ReportError> {
    check_bounds(bytes)?;
    let format = detect_format(bytes).ok_or_else(|| unknown_format(bytes))?;
    (format.parse)(Input::Whole(bytes))
}

/// Reads a report that is said to be in this format, whatever it looks like.
///
/// # Errors
/// What is wrong with it; no format has this name.
pub fn parse_as(name: &str, bytes: &[u8]) -> Result<TestRun, ReportError> {
    check_bounds(bytes)?;
    let format = find_format(name).ok_or_else(|| no_format(name))?;
    (format.parse)(Input::Whole(bytes)).map_err(|error| explain_mistake(format, bytes, error))
}

/// Reads a report from a stream of which `length` bytes are expected: in the format that it is said
/// to be in, or in that which its beginning shows. What the parser leaves of the stream is not
/// read. Returns the format too, if it is known.
///
/// What is read so is what [`parse`] or [`parse_as`] read of the same bytes; not everything that
/// they read is.
///
/// # Errors
/// The beginning of the stream cannot be read.
pub fn parse_stream(source: &mut dyn Read, length: u64, said: Option<&str>) -> io::Result<StreamedRun> {
    let stream = ReportStream::begin(source, length)?;
    let head = stream.head().to_vec();
    let format = match said {
        Some(name) => find_format(name).ok_or_else(|| no_format(name)),
        None => detect_format(&head).ok_or_else(|| unknown_format(&head)),
    };
    let format = format.and_then(|format| check_head(&head).map(|()| format));
    let format_name = format.as_ref().ok().map(|format| format.name);
    let run = format.and_then(|format| match said {
        _ if !format.streams => Err(not_streamed(format)),
        None => (format.parse)(Input::Stream(stream)),
        Some(_) => {
            (format.parse)(Input::Stream(stream)).map_err(|error| explain_mistake(format, &head, error))
        }
    });
    Ok((format_name, run))
}

fn check_head(head: &[u8]) -> Result<(), ReportError> {
    match head.iter().all(u8::is_ascii_whitespace) {
        true if head.len() < HEAD_BYTES => Err(ReportError::whole("it is empty")),
        true => Err(ReportError::whole(format!("its first {HEAD_BYTES} bytes are blank"))),
        false => Ok(()),
    }
}

fn not_streamed(format: &ReportParser) -> ReportError {
    ReportError::whole(format!(
        "it is larger than {MAXIMUM_BYTES} bytes, and a report in the format `{}` is not read in pieces; split the suite into several \
         reports, or let the runner write JUnit XML",
        format.name
    ))
}

/// The format that the beginning of a report shows.
pub fn detect_format(head: &[u8]) -> Option<&'static ReportParser> {
    TABLE.iter().find(|format| (format.detect)(head)).copied()
}

fn no_format(name: &str) -> ReportError {
    ReportError::whole(format!("there is no format `{name}`; there is {}", format_names().join(", ")))
}

/// The format of this name.
pub fn find_format(name: &str) -> Option<&'static ReportParser> {
    TABLE.iter().find(|format| format.name == name).copied()
}

fn check_bounds(bytes: &[u8]) -> Result<(), ReportError> {
    if bytes.len() > MAXIMUM_BYTES {
        return Err(ReportError::whole(format!("it is larger than {MAXIMUM_BYTES} bytes")));
    }
    if bytes.iter().all(u8::is_ascii_whitespace) { Err(ReportError::whole("it is empty")) } else { Ok(()) }
}

/// Of what is in no format that is read: what it is, if that can be told, the way round, and what
/// is read.
fn unknown_format(bytes: &[u8]) -> ReportError {
    let read = format_names().join(", ");
    ReportError::whole(match foreign::recognised(bytes) {
        Some(other) => format!("{other}. The formats that are read are {read}"),
        None => format!("it is in none of the formats that can be read ({read})"),
    })
}

/// Explains why a report cannot be read in the format that was named for it.
fn explain_mistake(said: &ReportParser, bytes: &[u8], error: ReportError) -> ReportError {
    if (said.detect)(bytes) {
        return error;
    }
    match detect_format(bytes) {
        Some(other) => ReportError::whole(format!(
            "it is said to be `{}`, and its content is that of `{}`: {error}",
            said.name, other.name
        )),
        None => match foreign::recognised(bytes) {
            Some(other) => ReportError::whole(format!("it is said to be `{}`, and {other}", said.name)),
            None => error,
        },
    }
}

fn format_names() -> Vec<&'static str> {
    TABLE.iter().map(|format| format.name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_names_are_unique() {
        assert!(TABLE.windows(2).all(|pair| pair[0].name < pair[1].name));
    }

    #[test]
    fn what_is_no_report_is_an_error_that_names_the_known_formats() {
        for bytes in [&b"{}"[..], b"hello", b"<html><body>502</body></html>", b"\0\0", b"<report/>"] {
            let error = parse(bytes).unwrap_err();
            assert!(error.message.contains("junit"), "{error}");
        }
    }

    /// A green report of each format.
    const GREEN: &[(&str, &str)] = &[
        (
            "boost-test",
            "<TestResult><TestSuite name='m' result='passed' assertions_failed='0'><TestCase name='a' result='passed' \
             assertions_passed='1' assertions_failed='0' expected_failures='0'></TestCase></TestSuite></TestResult>",
        ),
        (
            "catch2",
            "<Catch2TestRun name='c'><TestCase name='a'><OverallResult success='true' skips='0'/></TestCase></Catch2TestRun>",
        ),
        (
            "ctrf",
            r#"{"results": {"tool": {"name": "x"}, "summary": {"tests": 1, "passed": 1, "failed": 0, "skipped": 0, "pending": 0,
            "other": 0}, "tests": [{"name": "a", "status": "passed", "duration": 1}]}}"#,
        ),
        (
            "dart",
            "{\"protocolVersion\":\"0.1.1\",\"type\":\"start\",\"time\":0}\n\
             {\"suite\":{\"id\":0,\"path\":\"test/a.dart\"},\"type\":\"suite\",\"time\":0}\n\
             {\"test\":{\"id\":1,\"name\":\"a\",\"suiteID\":0},\"type\":\"testStart\",\"time\":0}\n\
             {\"testID\":1,\"result\":\"success\",\"hidden\":false,\"skipped\":false,\"type\":\"testDone\",\"time\":1}\n\
             {\"success\":true,\"type\":\"done\",\"time\":2}\n",
        ),
        (
            "go-test",
            "{\"Action\":\"run\",\"Package\":\"p\",\"Test\":\"A\"}\n{\"Action\":\"pass\",\"Package\":\"p\",\"Test\":\"A\"}\n\
             {\"Action\":\"pass\",\"Package\":\"p\"}\n",
        ),
        ("junit", "<testsuite name='s' tests='1'><testcase name='a'/></testsuite>"),
        (
            "libtest",
            "{\"type\":\"suite\",\"event\":\"started\",\"test_count\":1}\n{\"type\":\"test\",\"event\":\"ok\",\"name\":\"a\"}\n\
             {\"type\":\"suite\",\"event\":\"ok\",\"passed\":1,\"failed\":0}\n",
        ),
        (
            "nunit",
            "<test-run><test-suite name='s'><test-case fullname='a' result='Passed'/></test-suite></test-run>",
        ),
        (
            "open-test-reporting",
            "<h:execution xmlns:h='https://schemas.opentest4j.org/reporting/hierarchy/0.2.0'><h:root name='a' start='x'>\
             <result status='SUCCESSFUL'/></h:root></h:execution>",
        ),
        (
            "playwright",
            r#"{"config": {}, "suites": [{"title": "a.js", "specs": [{"title": "a", "ok": true, "tests": [{"expectedStatus": "passed",
            "status": "expected", "results": [{"status": "passed", "errors": []}]}]}]}], "errors": []}"#,
        ),
        (
            "qt-test",
            "<TestCase name='T'><TestFunction name='a'><Incident type='pass' file='' line='0'/></TestFunction></TestCase>",
        ),
        (
            "robot",
            "<robot><suite name='S'><test name='a'><status status='PASS'/></test><status status='PASS'/></suite></robot>",
        ),
        (
            "sonarqube",
            "<testExecutions version='1'><file path='a.js'><testCase name='a' duration='1'/></file></testExecutions>",
        ),
        ("tap", "TAP version 14\n1..1\nok 1 - a\n"),
        (
            "testng",
            "<testng-results><suite name='s'><test name='t'><class name='C'><test-method name='a' status='PASS'/></class></test>\
             </suite></testng-results>",
        ),
        ("trx", "<TestRun><Results><UnitTestResult testName='a' outcome='Passed'/></Results></TestRun>"),
        ("xunit", "<assemblies><assembly name='s'><test name='a' result='Pass'/></assembly></assemblies>"),
    ];

    #[test]
    fn a_policy_can_name_each_format() {
        use portcullis_testrun::test_run::ReportFormat;
        assert_eq!(ReportFormat::ALL.iter().map(|format| format.name()).collect::<Vec<_>>(), format_names());
        for format in ReportFormat::ALL {
            assert_eq!(ReportFormat::named(format.name()), Some(*format));
        }
    }

    #[test]
    fn the_book_names_each_format() {
        let book = include_str!("../../../docs/formats.md");
        for name in format_names() {
            assert!(book.contains(&format!("\n| `{name}` | ")), "{name}");
        }
    }

    #[test]
    fn exactly_one_format_takes_a_report_for_its_own() {
        assert_eq!(GREEN.iter().map(|(name, _)| *name).collect::<Vec<_>>(), format_names());
        for (name, text) in GREEN {
            let takes = TABLE.iter().filter(|format| (format.detect)(text.as_bytes()));
            assert_eq!(takes.map(|format| format.name).collect::<Vec<_>>(), [*name]);
            let run = parse(text.as_bytes()).unwrap();
            assert!(testing::is_green(&run) && run.tests.len() == 1, "{name}: {run:?}");
            assert_eq!(parse_as(name, text.as_bytes()), Ok(run));
        }
    }

    #[test]
    fn a_report_read_as_another_format_is_never_green() {
        for (name, text) in GREEN {
            for other in format_names().into_iter().filter(|other| other != name) {
                let read = parse_as(other, text.as_bytes());
                let green = read.is_ok_and(|run| testing::is_green(&run) && !run.tests.is_empty());
                assert!(!green, "{name} as {other}");
            }
        }
        assert!(parse_as("junit5", b"<testsuite/>").unwrap_err().message.contains("junit, libtest"));
    }

    #[test]
    fn no_end_of_a_report_can_be_missing() {
        for (name, text) in GREEN {
            for end in 0..text.trim_end().len() {
                let run = parse_as(name, &text.as_bytes()[..end]);
                let green = run.is_ok_and(|run| testing::is_green(&run) && !run.tests.is_empty());
                assert!(!green, "{name} cut at {end}");
            }
        }
    }

    #[test]
    fn an_empty_file_is_said_to_be_empty() {
        for bytes in [&b""[..], b" \n\t"] {
            assert_eq!(parse(bytes).unwrap_err().message, "it is empty");
        }
    }
}
