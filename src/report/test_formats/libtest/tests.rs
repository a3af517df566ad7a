//! What libtest and nextest write, and what must not pass for it.

use super::*;
use crate::testing::{is_green, outcomes, refused, run};
use portcullis_testrun::test_run::TestOutcome::{Error, Failed, Flaky, Passed, Skipped};
use proptest::prelude::*;

/// A suite of libtest with these events, `event name` each.
fn suite(planned: u64, list: &[&str], end: &str) -> String {
    let event = |event: &&str| {
        let (event, name) = event.split_once(' ').unwrap();
        format!(
            "{{ \"type\": \"test\", \"name\": \"{name}\", \"event\": \"{event}\", \"stdout\": \"robin\" }}\n"
        )
    };
    let events: String = list.iter().map(event).collect();
    format!("{{ \"type\": \"suite\", \"event\": \"started\", \"test_count\": {planned} }}\n{events}{end}\n")
}

fn end(event: &str, passed: u64, failed: u64) -> String {
    format!(
        r#"{{ "type": "suite", "event": "{event}", "passed": {passed}, "failed": {failed}, "ignored": 0 }}"#
    )
}

#[test]
fn libtest_says_what_became_of_each_test() {
    let list = [
        "started t::a",
        "started t::b",
        "ok t::a",
        "failed t::b",
        "started t::c",
        "ignored t::c",
        "timeout t::a",
    ];
    let run = run(&suite(3, &list, &end("failed", 1, 1)));
    assert_eq!(outcomes(&run), [("t::a", Passed), ("t::b", Failed), ("t::c", Skipped)]);
    assert!(run.errors.is_empty() && run.contradictions.is_empty());
    assert!(!format!("{run:?}").contains("robin"));
}

#[test]
fn nextest_writes_the_attempt_behind_the_name() {
    let start = r#"{"type":"suite","event":"started","test_count":9,"nextest":{"crate":"a","test_binary":"a","kind":"lib"}}"#;
    let list =
        ["started a::a$t::b", "ok a::a$t::b#3", "started a::a$t::c", "failed a::a$t::c#4", "ok a::a$t::d"];
    let text = suite(9, &list, &end("failed", 2, 1));
    let text = format!("{start}\n{}", text.split_once('\n').unwrap().1);
    let run = run(&text);
    assert_eq!(outcomes(&run), [("a::a$t::b", Flaky), ("a::a$t::c", Failed), ("a::a$t::d", Passed)]);
    assert_eq!(run.tests[0].records, 3);
    assert!(run.errors.is_empty() && run.contradictions.is_empty(), "{run:?}");
}

/// It ends a suite as soon as so many tests have ended as are not ignored, and begins it anew for
/// the others.
#[test]
fn what_nextest_writes_without_an_object_of_its_own_is_known_by_its_names() {
    let first = suite(
        3,
        &["started a::a$i", "started a::a$p", "started a::a$q", "ignored a::a$i", "ok a::a$q"],
        &end("ok", 1, 0),
    );
    let run = run(&(first + &suite(3, &["ok a::a$p"], &end("ok", 1, 0))));
    assert_eq!(outcomes(&run), [("a::a$i", Skipped), ("a::a$p", Passed), ("a::a$q", Passed)]);
    assert!(is_green(&run), "{run:?}");
    // libtest shows as many as it plans.
    assert!(!is_green(&self::run(&suite(3, &["ok t::p"], &end("ok", 1, 0)))));
    // A test of nextest that has begun and not ended is none that passed.
    assert!(!is_green(&self::run(&suite(2, &["started a::a$p", "ok a::a$q"], &end("ok", 1, 0)))));
}

#[test]
fn an_attempt_whose_name_has_no_binary_is_not_forgotten() {
    let start = r#"{"type":"suite","event":"started","test_count":1,"nextest":{"crate":"a","test_binary":"a","kind":"lib"}}"#;
    let text = suite(1, &["ok t::b#2"], &end("ok", 1, 0));
    let run = run(&format!("{start}\n{}", text.split_once('\n').unwrap().1));
    assert_eq!(outcomes(&run), [("t::b", Flaky)]);
}

#[test]
fn a_name_of_libtest_keeps_what_looks_like_an_attempt() {
    let run = run(&suite(1, &["ok README.md - title#3"], &end("ok", 1, 0)));
    assert_eq!(outcomes(&run), [("README.md - title#3", Passed)]);
}

#[test]
fn a_test_of_the_same_name_in_another_binary_excuses_nothing() {
    let text = suite(1, &["failed t::a"], &end("failed", 0, 1)) + &suite(1, &["ok t::a"], &end("ok", 1, 0));
    assert_eq!(outcomes(&run(&text)), [("t::a", Failed)]);
}

#[test]
fn a_test_without_an_end_could_not_be_run_to_its_end() {
    let run = run(&suite(1, &["started a"], &end("ok", 0, 0)));
    assert_eq!(outcomes(&run), [("a", Error)]);
    assert!(!is_green(&self::run(&suite(1, &["started a", "started a", "ok a"], &end("ok", 1, 0)))));
}

#[test]
fn a_suite_is_held_against_its_tests() {
    for (text, said) in [
        (suite(2, &["ok a"], &end("ok", 1, 0)), "suite 1 plans 2 tests and shows 1"),
        (suite(1, &["ok a"], &end("ok", 2, 0)), "suite 1 claims 2 passed tests and shows 1"),
        (suite(1, &["failed a"], &end("ok", 0, 1)), "suite 1 is called ok and a test of it failed"),
        (suite(1, &["ok a"], ""), "suite 1 has no end: the report is cut off"),
    ] {
        assert_eq!(run(&text).contradictions, [said]);
    }
    let failed = run(&suite(1, &["ok a"], &end("failed", 1, 0)));
    assert_eq!(failed.errors, ["suite 1 failed outside its tests"]);
    assert!(!is_green(&run(&suite(1, &["ok a"], r#"{"type":"suite","event":"ok"}"#))));
}

#[test]
fn what_is_not_known_is_refused() {
    for list in [["maybe a"], ["discovered a"]] {
        assert_eq!(refused(&suite(1, &list, &end("ok", 1, 0))).line, Some(2));
    }
    refused(r#"{"type":"test","event":"ok","name":"a"}"#);
    refused(&(end("ok", 0, 0) + "\n"));
    refused(r#"{"type":"other","event":"ok"}"#);
    refused("{\"type\":\"suite\",\"event\":\"started\"}\n");
    refused("{\"type\":\"suite\",\"event\":\"started\",\"test_count\":1,\"test_count\":0}\n");
    refused(&suite(1, &["ok "], &end("ok", 1, 0)));
    refused(&(suite(0, &[], "") + &suite(0, &[], &end("ok", 0, 0))));
}

#[test]
fn no_prefix_of_a_report_is_green() {
    let text = suite(2, &["started a", "ok a", "started b", "ok b"], &end("ok", 2, 0));
    assert!(is_green(&run(&text)));
    for cut in 1..text.trim_end().len() {
        let cut = &text[..cut];
        assert!(crate::parse(cut.as_bytes()).map_or(true, |run| !is_green(&run)), "{cut}");
    }
}

proptest! {
    #[test]
    fn arbitrary_events_never_panic_and_hide_no_failure(
        list in proptest::collection::vec(prop_oneof![
            Just("started a"), Just("ok a"), Just("failed a"), Just("ignored a"), Just("ok x$a#2"), Just("ok x$z#9"),
        ], 0..12),
        at in 0..12usize,
    ) {
        let mut list = list;
        list.insert(at.min(list.len()), "failed z");
        let text = suite(list.len() as u64, &list, &end("ok", 0, 0));
        prop_assert!(parse_libtest(Input::Whole(text.as_bytes())).map_or(true, |run| !is_green(&run)));
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse_libtest(Input::Whole(&bytes));
    }
}
