//! TAP as runners write it, and everything that must not pass for it.

use super::*;
use crate::testing::{is_green, outcomes, refused, run};
use portcullis_testrun::test_run::TestOutcome::{Failed, Passed, Skipped};
use proptest::prelude::*;

fn contradictions(text: &str) -> Vec<String> {
    run(text).contradictions
}

#[test]
fn the_three_versions_are_read() {
    for version in ["", "TAP version 12\n", "TAP version 13\n", "TAP version 14\n"] {
        let run = run(&format!("{version}1..2\nok 1 - a\nnot ok 2 - b\n"));
        assert_eq!(outcomes(&run), [("a", Passed), ("b", Failed)]);
        assert_eq!(run.contradictions, Vec::<String>::new());
    }
    assert_eq!(refused("1..2\nok 1 - a\nok 2 - b").line, Some(3));
    refused("TAP version 15\n1..1\nok 1\n");
}

#[test]
fn the_plan_may_stand_last_and_never_in_the_middle() {
    assert!(is_green(&run("ok 1\nok 2\n1..2\n")));
    assert_eq!(contradictions("ok 1\n1..2\nok 2\n"), ["the report has its plan in the middle"]);
}

#[test]
fn a_plan_that_differs_is_a_contradiction() {
    assert_eq!(contradictions("1..5\nok 1\n"), ["the report plans 5 tests and shows 1"]);
    assert_eq!(contradictions("1..1\nok\nok\n"), ["the report plans 1 tests and shows 2"]);
    assert_eq!(contradictions("1..0\nok\n"), ["the report plans 0 tests and shows 1"]);
    assert_eq!(
        contradictions("1..99999999999999999999\nok\n"),
        ["the report has a plan that is not a number"]
    );
    assert_eq!(run("1..0 # SKIP no database\n"), TestRun::default());
}

#[test]
fn numbers_out_of_sequence_are_a_contradiction() {
    let said = ["the report has numbers that are out of sequence"];
    assert_eq!(contradictions("1..2\nok 1\nok 1\n"), said);
    assert_eq!(contradictions("1..2\nok 1\nok 3\n"), said);
    assert!(is_green(&run("1..2\nok\nok 2\n")));
}

#[test]
fn a_report_without_a_plan_or_with_two_is_refused() {
    assert!(refused("ok 1\nok 2\n").message.contains("no plan"));
    assert_eq!(refused("1..1\nok 1\n1..1\nok 1\n").line, Some(3));
    assert_eq!(refused("TAP version 13\n1..1\nok 1\nTAP version 13\n1..1\nok 1\n").line, Some(4));
}

#[test]
fn todo_and_skip_are_skipped() {
    let run =
        run("1..5\nok 1 a # SKIP x\nnot ok 2 b # SKIP bats\nok 3 c # TODO\nnot ok 4 d # todo\nok 5 # skip\n");
    let expected = [("(test 5)", Skipped), ("a", Skipped), ("b", Skipped), ("c", Skipped), ("d", Skipped)];
    assert_eq!(outcomes(&run), expected);
}

#[test]
fn a_run_that_is_given_up_is_an_error() {
    let run = run("1..573\nnot ok 1 - handle\nBail out! Couldn't connect as robin.\n");
    assert_eq!(run.errors, ["the run was given up (`Bail out!`)"]);
    assert!(!format!("{run:?}").contains("robin"));
    assert!(!is_green(&self::run("1..1\nok 1\n    bail out!\n")));
    assert!(!is_green(&self::run("ok 1\nBail out!\n")));
}

#[test]
fn node_and_perl_indent_subtests_before_their_test_point() {
    let run = run(
        "TAP version 13\n# Subtest: suite\n    # Subtest: ok\n    ok 1 - ok\n      ---\n      duration_ms: 1\n      ...\n\
        \x20   not ok 2 - nested \\# fail <x>\n    1..2\nnot ok 1 - suite\n  ---\n  type: 'suite'\n  ...\n1..1\n# tests 2\n",
    );
    assert_eq!(
        outcomes(&run),
        [("suite", Failed), ("suite > nested # fail <x>", Failed), ("suite > ok", Passed)]
    );
    assert_eq!(run.contradictions, Vec::<String>::new());
    let deep = self::run("1..1\n        1..1\n        ok 1 - c\n    ok 1 - b\n    1..1\nok 1 - a\n");
    assert_eq!(outcomes(&deep), [("a", Passed), ("a > b", Passed), ("a > b > c", Passed)]);
    assert_eq!(deep.contradictions, Vec::<String>::new());
}

#[test]
fn node_tap_opens_a_subtest_with_a_brace() {
    let run = run(
        "TAP version 14\nok 1 - a # time=3ms {\n    ok 1 - b\n    not ok 2 - c\n    1..2\n}\n\nok 2 - brace {\n1..2\n",
    );
    assert_eq!(outcomes(&run), [("a", Passed), ("a > b", Passed), ("a > c", Failed), ("brace {", Passed)]);
    assert_eq!(run.contradictions, Vec::<String>::new());
}

#[test]
fn a_subtest_that_does_not_fit_is_a_contradiction() {
    for (text, said) in [
        ("1..1\n    ok 1 - b\n    1..2\nok 1 - a\n", "a subtest plans 2 tests and shows 1"),
        ("1..1\n    ok 1 - b\nok 1 - a\n", "a subtest has no plan"),
        ("1..1\nok 1 - a\n    ok 1 - b\n    1..1\n", "a subtest has no test point"),
        ("1..1\n    not ok 1 - b\n    1..1\nok 1 - a\n", "a test point is `ok` and a subtest of it is not"),
    ] {
        assert_eq!(contradictions(text), [said], "{text}");
    }
}

#[test]
fn diagnostics_hide_no_test() {
    let hidden = run("1..2\nok 1 - a\n  ---\n  not ok: 1\n  ...\nok 2 - b\n");
    assert!(is_green(&hidden));
    let open = run("1..2\nok 1 - a\n  ---\n  x: 1\nnot ok 2 - b\n");
    assert_eq!(outcomes(&open), [("a", Passed), ("b", Failed)]);
    assert_eq!(open.contradictions, ["diagnostics of a test are not closed"]);
    assert!(refused("1..1\nok 1 - a\n  ---\n  x: 1\n").message.contains("cut off"));
    // Not behind a test point: no diagnostics, so what follows counts.
    assert!(!is_green(&run("1..1\n  ---\nnot ok 1 - a\n  ...\n")));
}

#[test]
fn equal_names_are_several_tests_and_the_worst_decides() {
    let run = run("1..2\nnot ok 1 - should be equal\nok 2 - should be equal\n");
    assert_eq!((run.tests[0].outcome, run.tests[0].records), (Failed, 2));
}

#[test]
fn carriage_returns_and_utf_16_are_read() {
    assert!(is_green(&run("1..1\r\nok 1 - a\r\n")));
    let utf16: Vec<u8> = "\u{feff}1..1\r\nok 1 - é\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(outcomes(&crate::parse(&utf16).unwrap()), [("é", Passed)]);
    assert_eq!(crate::parse(b"1..1\nok 1 - \xff\n").unwrap_err().line, Some(2));
}

#[test]
fn what_is_too_deep_is_refused() {
    let deep = format!("1..1\n{}ok 1\nok 1\n", " ".repeat(4 * 64));
    assert_eq!(refused(&deep).message, "subtests nest deeper than 64");
}

proptest! {
    #[test]
    fn arbitrary_lines_never_panic_and_hide_no_failure(
        parts in proptest::collection::vec(prop_oneof![
            Just("1..3"), Just("ok 1 - a"), Just("    ok 1 - b"), Just("    1..1"), Just("  ---"), Just("  ..."),
            Just("ok 2 - x {"), Just("}"), Just("# c"), Just("TAP version 14"), Just("        not ok 1"), Just("Bail out!"),
        ], 0..20),
    ) {
        let text = format!("{}\nnot ok 1 - z\n", parts.join("\n"));
        if let Ok(run) = parse_tap(Input::Whole(text.as_bytes())) {
            prop_assert!(!is_green(&run), "{}", text);
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse_tap(Input::Whole(&bytes));
    }
}
