//! TRX as .NET writes it, and what must not pass for it.

use crate::testing::{is_green, outcomes, refused, run};
use portcullis_testrun::test_run::TestOutcome::{Error, Failed, Passed, Skipped};

fn document(results: &str, rest: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="utf-8"?><TestRun name="robin@pc 2026-01-01" runUser="PC\robin"
        xmlns="http://microsoft.com/schemas/VisualStudio/TeamTest/2010"><Results>{results}</Results>
        <TestDefinitions><UnitTest name="x" id="A1"><TestMethod className="N.C, N, Version=1" name="T"/></UnitTest>
        </TestDefinitions>{rest}</TestRun>"#
    )
}

fn result(name: &str, attributes: &str) -> String {
    format!("<UnitTestResult testName='{name}' testId='a1' computerName='robin' {attributes}/>")
}

#[test]
fn the_word_says_the_outcome() {
    for (word, outcome, known) in [
        ("outcome='Passed'", Passed, true),
        ("outcome='Failed'", Failed, true),
        ("outcome='Warning'", Failed, true),
        ("outcome='NotExecuted'", Skipped, true),
        ("outcome='Inconclusive'", Skipped, true),
        ("outcome='Aborted'", Error, true),
        ("outcome='NotRunnable'", Error, true),
        ("outcome='Completed'", Error, true),
        ("", Error, true),
        ("outcome=''", Error, false),
        ("outcome='Fine'", Error, false),
    ] {
        let run = run(&document(&result("N.C.T", word), ""));
        assert_eq!(outcomes(&run), [("N.C > T", outcome)], "{word}");
        assert_eq!(run.contradictions.is_empty(), known, "{word}");
        assert!(!format!("{run:?}").contains("robin"));
    }
}

#[test]
fn data_rows_are_tests_within_their_test() {
    let rows = |outer: &str| {
        format!(
            "<UnitTestResult testName='T' testId='a1' outcome='{outer}'><InnerResults>{}{}</InnerResults></UnitTestResult>",
            result("T (Data Row 0)", "outcome='Passed'"),
            result("T (Data Row 1)", "outcome='Failed'"),
        )
    };
    let run = run(&document(&rows("Failed"), ""));
    assert_eq!(
        outcomes(&run),
        [("N.C > T", Failed), ("N.C > T > T (Data Row 0)", Passed), ("N.C > T > T (Data Row 1)", Failed)]
    );
    let hidden = self::run(&document(&rows("Passed"), ""));
    assert_eq!(hidden.contradictions, ["a test is called passed and a data row of it is not"]);
}

#[test]
fn tests_without_a_definition_keep_their_name() {
    let results = "<UnitTestResult testName='a.b' testId='9' outcome='Passed'/><TestResultAggregation testName='c' outcome='Passed'/>";
    assert_eq!(outcomes(&run(&document(results, ""))), [("a.b", Passed), ("c", Passed)]);
}

#[test]
fn two_tests_of_one_name_are_not_attempts() {
    let results = result("T", "outcome='Failed'") + &result("T", "outcome='Passed'");
    assert_eq!(outcomes(&run(&document(&results, ""))), [("N.C > T", Failed)]);
}

#[test]
fn the_summary_is_held_against_the_results() {
    let passed = result("T", "outcome='Passed'");
    for (counters, said) in [
        ("total='2'", "the run claims 2 tests and shows 1"),
        ("total='1' passed='1' failed='1'", "the run claims 1 failed tests and shows 0"),
        ("timeout='3'", "the run claims 3 broken tests and shows 0"),
        ("total='x'", "the run has a count that is not a number"),
    ] {
        let summary = format!("<ResultSummary outcome='Completed'><Counters {counters}/></ResultSummary>");
        assert_eq!(run(&document(&passed, &summary)).contradictions, [said]);
    }
    let good = "<ResultSummary outcome='Completed'><Counters total='1' executed='1' passed='1' failed='0'/></ResultSummary>";
    assert!(is_green(&run(&document(&passed, good))));
}

#[test]
fn a_run_that_failed_outside_its_tests_is_an_error() {
    let passed = result("T", "outcome='Passed'");
    for rest in [
        "<ResultSummary outcome='Failed'/>",
        "<ResultSummary outcome='Aborted'/>",
        "<ResultSummary outcome='Odd'/>",
        "<ResultSummary outcome='Completed'><RunInfos><RunInfo computerName='robin' outcome='Error'/></RunInfos></ResultSummary>",
    ] {
        let run = run(&document(&passed, rest));
        assert_eq!(run.errors.len(), 1, "{rest}");
        assert!(!format!("{run:?}").contains("robin"));
    }
    let failed = self::run(&document(&result("T", "outcome='Failed'"), "<ResultSummary outcome='Failed'/>"));
    assert!(failed.errors.is_empty());
}

#[test]
fn no_prefix_is_a_run() {
    let text = document(&result("T", "outcome='Passed'"), "");
    for end in 0..text.len() {
        refused(&text[..end]);
    }
}
