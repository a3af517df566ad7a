//! What no writer of a format writes, wherever it can stand in a report: in every element and in every object of an honest report, of
//! every format that is read.
//!
//! Where it changes nothing, the table says why: such a place speaks of the machine, or holds what tests say in words of their own.

use crate::support::honest::*;
use portcullis_model::test_run::{TestOutcome, TestRun};
use portcullis_report::{TABLE, parse_as};

/// A format, an honest report of it, and the elements (or the fields that hold objects) that may hold anything.
type Row = (&'static str, &'static str, &'static [&'static str]);

const FORMATS: &[Row] = &[
    ("boost-test", BOOST_TEST, &[]),
    ("boost-test", BOOST_TEST_LOG, &[]),
    ("catch2", CATCH2, &[]),
    // What ran the tests, where, and what its user adds.
    ("ctrf", CTRF, &["tool", "environment", "extra"]),
    // Why a test is skipped.
    ("dart", DART, &["metadata"]),
    ("go-test", GO, &[]),
    // Properties and output are words of tests.
    ("junit", JUNIT, &["properties", "system-out", "system-err"]),
    ("libtest", LIBTEST, &[]),
    ("libtest", NEXTEST, &[]),
    // Of a suite: how it was run. Of a test: words of its own.
    (
        "nunit",
        NUNIT,
        &["command-line", "environment", "settings", "properties", "output", "assertions", "attachments"],
    ),
    ("open-test-reporting", OPEN_TEST_REPORTING, &["infrastructure", "metadata", "sources", "attachments"]),
    ("open-test-reporting", OPEN_TEST_REPORTING_TREE, &["infrastructure"]),
    // A step may fail in a test that expects it.
    ("playwright", PLAYWRIGHT, &["config", "stdout", "steps"]),
    ("qt-test", QT_TEST, &["Environment"]),
    // A keyword may fail in a test that expects it; the rest are texts.
    ("robot", ROBOT, &["kw", "tag", "doc", "stat", "errors"]),
    ("sonarqube", SONARQUBE, &[]),
    ("tap", TAP, &[]),
    ("testng", TESTNG, &[]),
    // What could be run, and where.
    (
        "trx",
        TRX,
        &["Times", "TestSettings", "TestDefinitions", "TestEntries", "TestLists", "Output", "ResultFiles"],
    ),
    ("xunit", XUNIT, &["errors", "traits", "output", "warnings"]),
];

/// What says that something failed, as an attribute of an element and as a field of an object.
const SAID: &[(&str, &str)] = &[
    ("crashed", "true"),
    ("overall-result", "failed"),
    ("exit-code", "139"),
    ("unhandled-errors", "2"),
    ("is-success", "false"),
];

/// A report that says more than the honest one: the place, what it says there, and the report.
type More = (String, String, String);

fn is_green(run: &TestRun) -> bool {
    let good = |outcome| matches!(outcome, TestOutcome::Passed | TestOutcome::Skipped);
    run.contradictions.is_empty() && run.errors.is_empty() && run.tests.iter().all(|test| good(test.outcome))
}

fn passes(format: &str, report: &str) -> bool {
    parse_as(format, report.as_bytes()).is_ok_and(|run| is_green(&run) && !run.tests.is_empty())
}

/// Each place of an XML report where an element begins: the elements around it and its name, and where that ends.
fn elements(report: &str) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    let mut open: Vec<&str> = Vec::new();
    for (at, _) in report.match_indices('<') {
        let rest = &report[at + 1..];
        let name = &rest[..rest.find([' ', '>', '/', '\n']).unwrap()];
        let tag = &rest[..rest.find('>').unwrap()];
        if rest.starts_with('/') {
            open.pop();
        } else if name.starts_with(char::is_alphabetic) {
            open.push(name);
            found.push((open.join("/"), at + 1 + name.len()));
            if tag.ends_with('/') {
                open.pop();
            }
        }
    }
    found
}

/// Each place of a JSON report where an object begins: the fields that hold it, and where its members begin.
fn objects(report: &str) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    let mut open: Vec<&str> = Vec::new();
    let (mut quoted, mut last, mut begin) = (false, "", 0);
    for (at, c) in report.char_indices() {
        match c {
            '"' if !report[..at].ends_with('\\') => {
                if quoted {
                    last = &report[begin..at];
                }
                (quoted, begin) = (!quoted, at + 1);
            }
            '{' if !quoted => {
                open.push(if open.is_empty() { "" } else { last });
                found.push((open.join("/"), at + 1));
            }
            '}' if !quoted => drop(open.pop()),
            _ => {}
        }
    }
    found
}

/// The reports that say more than the honest one, each with the place where they do.
fn said_more(report: &'static str) -> Vec<More> {
    let xml = report.starts_with('<');
    let places = if xml { elements(report) } else { objects(report) };
    let mut all = Vec::new();
    for (place, at) in places {
        for (name, value) in SAID {
            let said = match xml {
                true => format!(" {name}='{value}'"),
                false => {
                    format!("\"{name}\":\"{value}\"{}", if report[at..].starts_with('}') { "" } else { "," })
                }
            };
            all.push((
                place.clone(),
                said.trim_matches([' ', ',']).to_string(),
                format!("{}{said}{}", &report[..at], &report[at..]),
            ));
        }
    }
    all
}

/// The reports that hold an element more, behind the beginning of each.
fn held_more(report: &'static str) -> Vec<More> {
    let mut all = Vec::new();
    for (place, at) in elements(report) {
        let end = at + report[at..].find('>').unwrap();
        if !report[..end].ends_with('/') {
            all.push((
                place,
                "<crash/>".into(),
                format!("{}<crash/>{}", &report[..=end], &report[end + 1..]),
            ));
        }
    }
    all
}

#[test]
fn every_format_stands_in_the_table() {
    let named: std::collections::BTreeSet<&str> = FORMATS.iter().map(|(name, ..)| *name).collect();
    assert!(named.into_iter().eq(TABLE.iter().map(|format| format.name)));
    for (format, report, _) in FORMATS {
        let run = parse_as(format, report.as_bytes());
        assert!(passes(format, report), "{format}: {run:?}");
    }
}

#[test]
fn a_failure_is_seen_in_whatever_element_or_object_it_is_said() {
    let mut wrong = Vec::new();
    for (format, report, free) in FORMATS {
        let mut used = std::collections::BTreeSet::new();
        for (place, said, more) in said_more(report).into_iter().chain(held_more(report)) {
            let within = place.split('/').find(|name| free.contains(name));
            match (passes(format, &more), within) {
                (true, Some(name)) => drop(used.insert(name.to_string())),
                (true, None) => wrong.push(format!("{format}: {said} in {place} got through")),
                (false, _) => {}
            }
        }
        let strict = free.iter().filter(|name| !used.contains(**name));
        wrong.extend(
            strict.map(|name| format!("{format}: nothing gets through in {name}, which stands in the table")),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What stands for a status, and a word that no writer uses there.
const STATUS: &[(&str, &str, &str, &str)] = &[
    ("boost-test", BOOST_TEST, "name='a' result='passed'", "name='a' result='odd'"),
    ("catch2", CATCH2, "<OverallResult success='true'", "<OverallResult success='odd'"),
    ("ctrf", CTRF, r#""status": "passed""#, r#""status": "odd""#),
    ("dart", DART, r#""testID":3,"result":"success""#, r#""testID":3,"result":"odd""#),
    ("go-test", GO, r#""Action":"pass""#, r#""Action":"odd""#),
    ("junit", JUNIT, "name='a' classname='C'", "name='a' classname='C' status='odd'"),
    ("libtest", LIBTEST, r#""event": "ok", "exec_time""#, r#""event": "odd", "exec_time""#),
    ("nunit", NUNIT, "seed='7' result='Passed'", "seed='7' result='Odd'"),
    ("open-test-reporting", OPEN_TEST_REPORTING, "<result status='SUCCESSFUL'/>", "<result status='ODD'/>"),
    ("playwright", PLAYWRIGHT, r#""status": "passed""#, r#""status": "odd""#),
    ("qt-test", QT_TEST, "<Incident type='pass'", "<Incident type='odd'"),
    (
        "robot",
        ROBOT,
        "<status status='PASS' start='2026-11-29T04:22:54' elapsed='0.1'/></test>",
        "<status status='ODD'/></test>",
    ),
    ("sonarqube", SONARQUBE, "<testCase ", "<testCase status='odd' "),
    ("tap", TAP, "ok 3 - error", "odd 3 - error"),
    ("testng", TESTNG, "status='PASS'><params>", "status='ODD'><params>"),
    ("trx", TRX, "outcome='Passed'", "outcome='Odd'"),
    ("xunit", XUNIT, "result='Pass'", "result='Odd'"),
];

#[test]
fn a_status_in_a_word_that_nobody_knows_is_no_pass() {
    assert!(STATUS.iter().map(|(name, ..)| *name).eq(TABLE.iter().map(|format| format.name)));
    for (format, honest, from, to) in STATUS {
        let odd = honest.replacen(from, to, 1);
        assert!(odd != *honest && !passes(format, &odd), "{format}: {to}");
    }
}

#[test]
fn diagnostics_of_a_test_that_is_ok_do_not_say_that_it_failed() {
    for (said, passed) in [
        ("crashed: true", false),
        ("outcome: failed", false),
        ("exit-code: 139", false),
        ("success: false", false),
        ("\"status\": \"FAIL\"", false),
        ("timeout: 30000", true),
        ("error: none was expected", true),
        ("data: {result: failed}", true),
        ("severity: comment", true),
    ] {
        let more = TAP.replacen("duration_ms: 0.2", said, 1);
        assert_eq!(passes("tap", &more), passed, "{said}");
    }
    let skipped = "1..1\nnot ok 1 - a # TODO later\n  ---\n  outcome: failed\n  ...\n";
    assert!(passes("tap", skipped));
}
