//! What no writer of a format writes, wherever it can stand in a report: in every element and in every object of an honest report, of
//! every format that is read.
//!
//! Where it changes nothing, the table says why: such a place speaks of the machine, or holds what tests say in words of their own.
#![allow(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

use portcullis::model::test_run::{TestOutcome, TestRun};
use portcullis::report::{TABLE, parse_as};
use support::honest::*;

mod support;

/// A format, an honest report of it, and the elements (or the fields that hold objects) that may hold anything.
type Row = (&'static str, &'static str, &'static [&'static str]);

const FORMATS: &[Row] = &[
    ("boost-test", BOOST_TEST, &[]),
    ("boost-test", BOOST_TEST_LOG, &[]),
    ("catch2", CATCH2, &[]),
    ("ctrf", CTRF, &[]),
    ("dart", DART, &[]),
    ("go-test", GO, &[]),
    ("junit", JUNIT, &[]),
    ("libtest", LIBTEST, &[]),
    ("libtest", NEXTEST, &[]),
    ("nunit", NUNIT, &[]),
    ("open-test-reporting", OPEN_TEST_REPORTING, &[]),
    ("open-test-reporting", OPEN_TEST_REPORTING_TREE, &[]),
    ("playwright", PLAYWRIGHT, &[]),
    ("qt-test", QT_TEST, &[]),
    ("robot", ROBOT, &[]),
    ("sonarqube", SONARQUBE, &[]),
    ("tap", TAP, &[]),
    ("testng", TESTNG, &[]),
    ("trx", TRX, &[]),
    ("xunit", XUNIT, &[]),
];

/// What says that something failed, as an attribute of an element and as a field of an object.
const SAID: &[(&str, &str)] = &[
    ("crashed", "true"),
    ("overall-result", "failed"),
    ("exit-code", "139"),
    ("unhandled-errors", "2"),
    ("is-success", "false"),
];

fn is_green(run: &TestRun) -> bool {
    let good = |outcome| matches!(outcome, TestOutcome::Passed | TestOutcome::Skipped);
    run.contradictions.is_empty() && run.errors.is_empty() && run.tests.iter().all(|test| good(test.outcome))
}

fn passes(format: &str, report: &str) -> bool {
    parse_as(format, report.as_bytes()).is_ok_and(|run| is_green(&run) && !run.tests.is_empty())
}

/// Each place of an XML report where an element begins: its name, and where that ends.
fn elements(report: &str) -> Vec<(&str, usize)> {
    let name = |at: usize| {
        let rest = &report[at + 1..];
        let end = rest.find([' ', '>', '/', '\n']).unwrap();
        (&rest[..end], at + 1 + end)
    };
    report
        .match_indices('<')
        .map(|(at, _)| name(at))
        .filter(|(name, _)| name.starts_with(char::is_alphabetic))
        .collect()
}

/// Each place of a JSON report where an object begins: the field that holds it, and where its members begin.
fn objects(report: &str) -> Vec<(&str, usize)> {
    let mut found = Vec::new();
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
                found.push((if report[..at].ends_with('\n') || at == 0 { "" } else { last }, at + 1))
            }
            _ => {}
        }
    }
    found
}

/// The reports that say more than the honest one, each with the place where they do.
fn said_more(report: &'static str) -> Vec<(&'static str, String)> {
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
            all.push((place, format!("{}{said}{}", &report[..at], &report[at..])));
        }
    }
    all
}

/// The reports that hold an element more, behind the beginning of each.
fn held_more(report: &'static str) -> Vec<(&'static str, String)> {
    let mut all = Vec::new();
    for (place, at) in elements(report) {
        let end = at + report[at..].find('>').unwrap();
        if !report[..end].ends_with('/') {
            all.push((place, format!("{}<crash/>{}", &report[..=end], &report[end + 1..])));
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
        for (place, more) in said_more(report).into_iter().chain(held_more(report)) {
            let all = passes(format, &more);
            if all != free.contains(&place) {
                wrong.push(format!("{format}: {place} {}", if all { "got through" } else { "is not free" }));
            }
        }
    }
    wrong.dedup();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
