//! CTRF as reporters write it, and what must not pass for it.

use super::*;
use crate::testing::{is_green, outcomes, refused, run};
use portcullis_testrun::test_run::TestOutcome::{self, Error, Failed, Flaky, Passed, Skipped};
use proptest::prelude::*;

fn document(summary: [u64; 6], tests: &str) -> String {
    let [tests_claimed, passed, failed, skipped, pending, other] = summary;
    format!(
        r#"{{"reportFormat": "CTRF", "specVersion": "0.0.0", "results": {{"tool": {{"name": "jest"}}, "summary":
        {{"tests": {tests_claimed}, "passed": {passed}, "failed": {failed}, "skipped": {skipped}, "pending": {pending},
        "other": {other}, "start": 1, "stop": 2}}, "tests": [{tests}], "environment": {{"user": "robin"}}}}}}"#
    )
}

fn test(rest: &str) -> String {
    format!(r#"{{"name": "t", "duration": 5, "message": "robin", "filePath": "/home/robin/t.js", {rest}}}"#)
}

fn one(rest: &str) -> TestOutcome {
    let run = run(&document([0; 6], &test(rest)));
    assert!(!format!("{run:?}").contains("robin"));
    run.tests[0].outcome
}

#[test]
fn the_status_says_the_outcome() {
    for (status, outcome) in
        [("passed", Passed), ("failed", Failed), ("skipped", Skipped), ("pending", Skipped), ("other", Error)]
    {
        assert_eq!(one(&format!(r#""status": "{status}""#)), outcome);
    }
}

#[test]
fn what_was_retried_is_flaky() {
    assert_eq!(one(r#""status": "passed", "flaky": true"#), Flaky);
    assert_eq!(one(r#""status": "passed", "retries": 1"#), Flaky);
    assert_eq!(one(r#""status": "passed", "retryAttempts": [{"attempt": 1, "status": "failed"}]"#), Flaky);
    // Attempts that are all called passed hide the one that did not.
    assert_eq!(one(r#""status": "passed", "retryAttempts": [{"attempt": 2, "status": "passed"}]"#), Flaky);
    assert_eq!(one(r#""status": "passed", "retries": 0, "flaky": false, "retryAttempts": []"#), Passed);
    assert_eq!(one(r#""status": "failed", "retries": 2, "flaky": true"#), Failed);
    assert_eq!(one(r#""status": "skipped", "retryAttempts": [{"status": "other"}]"#), Error);
}

#[test]
fn a_suite_is_a_text_or_a_path() {
    let tests = [r#""status": "passed", "suite": "a > b""#, r#""status": "failed", "suite": ["a", "", "c"]"#];
    let text = document([2, 1, 1, 0, 0, 0], &tests.map(test).join(","));
    assert_eq!(outcomes(&run(&text)), [("a > b > t", Passed), ("a > c > t", Failed)]);
}

#[test]
fn times_are_read_also_where_they_have_a_fraction_or_make_no_sense() {
    let of = |start: &str| {
        let times = format!(r#""status": "passed", "start": {start}"#);
        run(&document([0; 6], &test(&times))).times.began().map(|at| at.as_second())
    };
    for start in ["1790000000123", "1790000000123.5", "1.790000000123e12", "1790000000"] {
        assert_eq!(of(start), Some(1_790_000_000), "{start}");
    }
    for start in ["null", "-1", "0", "1e300"] {
        assert_eq!(of(start), None, "{start}");
    }
}

#[test]
fn two_tests_of_one_name_are_not_attempts() {
    let tests = [r#""status": "failed""#, r#""status": "passed""#].map(test).join(",");
    assert_eq!(outcomes(&run(&document([0; 6], &tests))), [("t", Failed)]);
}

#[test]
fn the_summary_is_held_against_the_tests() {
    let passed = test(r#""status": "passed""#);
    assert!(is_green(&run(&document([1, 1, 0, 0, 0, 0], &passed))));
    for (summary, said) in [
        ([2, 1, 0, 0, 0, 0], "the summary claims 2 tests and shows 1"),
        ([1, 2, 0, 0, 0, 0], "the summary claims 2 passed tests and shows 1"),
        ([1, 1, 0, 0, 0, 1], "the summary claims 1 failed tests and shows 0"),
        ([1, 1, 0, 0, 1, 0], "the summary claims 1 tests that did not run and shows 0"),
    ] {
        assert_eq!(run(&document(summary, &passed)).contradictions, [said]);
    }
}

#[test]
fn what_is_not_such_a_document_is_refused() {
    let good = document([1, 1, 0, 0, 0, 0], &test(r#""status": "passed""#));
    for text in [
        good.replace("CTRF", "other"),
        good.replace("\"status\": \"passed\"", "\"status\": \"fine\""),
        good.replace("\"status\": \"passed\"", "\"status\": \"failed\", \"status\": \"passed\""),
        good.replace("\"status\": \"passed\"", "\"state\": \"passed\""),
        good.replace("\"pending\": 0,", ""),
        good.replace("\"passed\": 1", "\"passed\": -1"),
        good.clone() + "{}",
        "{\"results\": {}}".into(),
        "{\"results\": []}".into(),
    ] {
        let error = refused(&text);
        assert!(!error.message.contains("robin") && !error.message.contains("fine"), "{error}");
    }
    for end in 0..good.len() {
        refused(&good[..end]);
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse_ctrf(Input::Whole(&bytes));
    }
}
