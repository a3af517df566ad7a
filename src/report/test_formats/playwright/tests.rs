//! What Playwright writes, and what must not pass for it. `real/` holds documents that Playwright
//! 1.65 itself wrote; texts, stack traces and attachments were taken out.

use crate::testing::{is_green, outcomes, refused, run};
use portcullis_testrun::test_run::TestOutcome::{self, Error, Failed, Flaky, Passed, Skipped};

fn document(tests: &str, ok: bool, rest: &str) -> String {
    format!(
        r#"{{"config": {{"projects": []}}, "suites": [{{"title": "load.spec.js", "file": "load.spec.js", "specs": [{{"title": "a", "ok": {ok},
        "tests": [{tests}]}}]}}], "errors": [] {rest}}}"#
    )
}

fn test(expected: &str, called: &str, results: &[&str]) -> String {
    let results: Vec<String> = results
        .iter()
        .map(|status| format!(r#"{{"status": "{status}", "errors": [], "retry": 0}}"#))
        .collect();
    format!(
        r#"{{"expectedStatus": "{expected}", "projectName": "p", "status": "{called}", "results": [{}]}}"#,
        results.join(", ")
    )
}

fn one(test: &str) -> (TestOutcome, bool) {
    let run = run(&document(test, true, ""));
    assert_eq!(run.tests[0].id, "p > load.spec.js > a");
    (run.tests[0].outcome, run.contradictions.is_empty())
}

#[test]
fn a_document_of_many_ends() {
    let run = run(include_str!("real/all.json"));
    assert_eq!(
        outcomes(&run),
        [
            ("one > a.spec.js > ahook > a1", Failed),
            ("one > a.spec.js > bad", Failed),
            ("one > a.spec.js > expected fail", Skipped),
            ("one > a.spec.js > expected fail passes", Failed),
            ("one > a.spec.js > fixme", Skipped),
            ("one > a.spec.js > flaky", Flaky),
            ("one > a.spec.js > good", Passed),
            ("one > a.spec.js > group > inner", Passed),
            ("one > a.spec.js > hook > h1", Failed),
            ("one > a.spec.js > hook > h2", Error),
            ("one > a.spec.js > runtime skip", Skipped),
            ("one > a.spec.js > serial > s1", Passed),
            ("one > a.spec.js > serial > s2", Failed),
            ("one > a.spec.js > serial > s3", Error),
            ("one > a.spec.js > skipped", Skipped),
            ("one > a.spec.js > slow", Failed),
            ("one > a.spec.js > soft", Failed),
            ("one > b.spec.js > b", Passed),
            ("two > b.spec.js > b", Passed),
        ]
    );
    assert!(run.contradictions.is_empty() && run.errors.is_empty(), "{run:?}");
    assert!(run.tests.iter().all(|test| test.records == 1));
    assert!(is_green(&super::super::testing::run(include_str!("real/green.json"))));
}

#[test]
fn runs_that_end_with_1_are_not_green() {
    for (text, tests, errors) in [
        (include_str!("real/stopped.json"), 19, 1),
        (include_str!("real/timed-out.json"), 19, 2),
        (include_str!("real/global-tear-down.json"), 1, 1),
        (include_str!("real/does-not-load.json"), 0, 1),
    ] {
        let run = run(text);
        assert_eq!((run.tests.len(), run.errors.len()), (tests, errors), "{run:?}");
    }
}

#[test]
fn a_list_is_no_run() {
    let run = run(include_str!("real/list.json"));
    assert_eq!(run.tests.iter().filter(|test| test.outcome == Error).count(), 17);
}

#[test]
fn each_attempt_is_held_against_what_was_expected() {
    for (expected, called, results, outcome, known) in [
        ("passed", "expected", &["passed"][..], Passed, true),
        ("passed", "unexpected", &["failed"], Failed, true),
        ("passed", "unexpected", &["timedOut", "failed"], Failed, true),
        ("passed", "flaky", &["failed", "passed"], Flaky, true),
        ("passed", "flaky", &["timedOut", "failed", "passed"], Flaky, true),
        ("failed", "expected", &["failed"], Skipped, true),
        ("failed", "unexpected", &["passed"], Failed, true),
        ("failed", "unexpected", &["timedOut"], Failed, true),
        ("failed", "flaky", &["passed", "failed"], Flaky, true),
        ("skipped", "skipped", &["skipped"], Skipped, true),
        ("skipped", "skipped", &[], Skipped, true),
        ("passed", "skipped", &["skipped"], Error, true),
        ("passed", "skipped", &[], Error, true),
        ("failed", "skipped", &[], Error, true),
        ("passed", "skipped", &["interrupted"], Error, true),
        ("passed", "expected", &["skipped", "passed"], Passed, true),
        ("passed", "expected", &["passed", "passed"], Passed, true),
        // What it is called does not fit.
        ("passed", "expected", &["failed"], Failed, false),
        ("passed", "skipped", &["failed"], Failed, false),
        ("passed", "unexpected", &["passed"], Failed, false),
        ("passed", "unexpected", &["failed", "passed"], Failed, false),
        ("passed", "flaky", &["passed"], Flaky, false),
        ("skipped", "unexpected", &["skipped"], Failed, false),
    ] {
        assert_eq!(
            one(&test(expected, called, results)),
            (outcome, known),
            "{expected} {called} {results:?}"
        );
    }
}

#[test]
fn an_attempt_without_an_end_or_with_errors_is_not_passed() {
    let with = |result: &str| {
        format!(
            r#"{{"expectedStatus": "passed", "projectName": "p", "status": "expected", "results": [{result}]}}"#
        )
    };
    assert_eq!(one(&with(r#"{"errors": []}"#)), (Error, true));
    assert_eq!(one(&with(r#"{"status": null, "errors": []}"#)), (Error, true));
    assert_eq!(one(&with(r#"{"status": "passed", "errors": [{"message": "x"}]}"#)), (Failed, false));
    assert_eq!(one(&with(r#"{"status": "passed", "error": {"message": "x"}}"#)), (Failed, false));
    assert_eq!(one(&with(r#"{"status": "passed", "error": null}"#)), (Passed, true));
}

#[test]
fn words_that_are_not_known_and_parts_that_are_missing_are_refused() {
    for text in [
        document(&test("passed", "expected", &["crashed"]), true, ""),
        document(&test("passed", "fine", &["passed"]), true, ""),
        document(&test("odd", "expected", &["passed"]), true, ""),
        document(&test("passed", "expected", &["passed"]), true, "").replace(", \"errors\": [] }", "}"),
        document(r#"{"expectedStatus": "passed", "status": "expected"}"#, true, ""),
        document(r#"{"expectedStatus": "passed", "results": []}"#, true, ""),
        document("", true, "").replace("\"ok\": true,", ""),
        document("", true, ", \"errors\": []"),
    ] {
        refused(&text);
    }
}

#[test]
fn the_spec_and_the_stats_are_held_against_the_tests() {
    let good = test("passed", "expected", &["passed"]);
    assert_eq!(
        run(&document(&good, false, "")).contradictions,
        ["a spec is not ok and no test of it failed"]
    );
    for (stats, said) in [
        (r#""expected": 2"#, "the stats claim 2 expected tests and show 1"),
        (r#""unexpected": 1"#, "the stats claim 1 unexpected tests and show 0"),
        (r#""flaky": 1"#, "the stats claim 1 flaky tests and show 0"),
        (r#""skipped": 1"#, "the stats claim 1 skipped tests and show 0"),
    ] {
        let text = document(&good, true, &format!(r#", "stats": {{{stats}}}"#));
        assert_eq!(run(&text).contradictions, [said]);
    }
    let errors =
        document(&good, true, "").replace("\"errors\": [] }", "\"errors\": [{\"message\": \"x\"}] }");
    assert_eq!(run(&errors).errors, ["an error is reported outside of the tests"]);
}

#[test]
fn two_tests_of_one_name_are_not_attempts() {
    let (good, bad) = (test("passed", "expected", &["passed"]), test("passed", "unexpected", &["failed"]));
    for tests in [format!("{good}, {bad}"), format!("{bad}, {good}")] {
        let run = run(&document(&tests, false, ""));
        assert_eq!((run.tests[0].outcome, run.tests[0].records), (Failed, 2));
    }
}

#[test]
fn no_prefix_is_a_run() {
    let text = include_str!("real/green.json").trim_end();
    for end in (0..text.len()).step_by(3) {
        refused(&text[..end]);
    }
}
