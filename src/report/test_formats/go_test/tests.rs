//! What Go writes, and what must not pass for it.

use super::*;
use crate::testing::{is_green, outcomes, refused, run};
use portcullis_testrun::test_run::TestOutcome::{Error, Failed, Flaky, Passed, Skipped};
use proptest::prelude::*;

/// Events of package `p`: each `action` or `action test`.
fn events(list: &[&str]) -> String {
    let line = |event: &&str| match event.split_once(' ') {
        Some((action, test)) => format!(r#"{{"Action":"{action}","Package":"p","Test":"{test}"}}"#),
        None => {
            format!(r#"{{"Time":"2026-01-01T00:00:00Z","Action":"{event}","Package":"p","Elapsed":0.1}}"#)
        }
    };
    list.iter().map(|event| line(event) + "\n").collect()
}

#[test]
fn tests_and_subtests_of_a_package() {
    let run = run(&events(&[
        "start",
        "run TestA",
        "run TestA/x_y",
        "pass TestA/x_y",
        "pass TestA",
        "run TestB",
        "pause TestB",
        "cont TestB",
        "fail TestB",
        "run TestC",
        "skip TestC",
        "fail",
    ]));
    assert_eq!(
        outcomes(&run),
        [("p > TestA", Passed), ("p > TestA/x_y", Passed), ("p > TestB", Failed), ("p > TestC", Skipped)]
    );
    assert!(run.errors.is_empty() && run.contradictions.is_empty());
}

#[test]
fn a_test_without_an_end_could_not_be_run_to_its_end() {
    let run = run(&events(&["run TestA", "pass"]));
    assert_eq!(outcomes(&run), [("p > TestA", Error)]);
    let twice = self::run(&events(&["run TestA", "run TestA", "pass TestA", "pass"]));
    assert!(!is_green(&twice));
}

#[test]
fn a_package_without_an_end_is_cut_off() {
    let run = run(&events(&["run TestA", "pass TestA"]));
    assert_eq!(run.contradictions, ["package `p` has no end: the report is cut off"]);
    assert!(!is_green(&self::run(&events(&["run TestA", "pass TestA", "pass", "start"]))));
}

#[test]
fn a_package_that_fails_by_itself_is_an_error() {
    let run = run(&events(&["run TestA", "pass TestA", "fail"]));
    assert_eq!(run.errors, ["package `p` failed outside its tests"]);
    let other = self::run(&events(&["run TestA", "fail TestA", "pass"]));
    assert_eq!(other.contradictions, ["package `p` passed and a test of it failed"]);
}

#[test]
fn a_package_that_was_not_built_is_an_error() {
    for text in [
        "FAIL\tp [setup failed]\n",
        "# p [p.test]\n./a.go:4:6: undefined: x\nFAIL\tp [build failed]\n",
        "{\"ImportPath\":\"p [p.test]\",\"Action\":\"build-output\",\"Output\":\"x\"}\n{\"ImportPath\":\"p [p.test]\",\"Action\":\"build-fail\"}\n",
    ] {
        let run = run(text);
        assert_eq!(run.errors, ["package `p` could not be built"], "{text}");
        assert!(run.tests.is_empty());
    }
    assert!(!is_green(&run(&(events(&["run TestA", "pass TestA", "pass"]) + "FAIL\n"))));
}

#[test]
fn a_cached_result_is_replayed() {
    let said =
        r#"{"Action":"output","Package":"p","Output":"ok  \tp\t(cached)\tcoverage: 50.0% of statements\n"}"#;
    let run = run(&format!("{}{said}\n{}", events(&["run TestA", "pass TestA"]), events(&["pass"])));
    assert_eq!(run.replayed, ["p"]);
    assert_eq!(outcomes(&run), [("p > TestA", Passed)]);
    // A test that prints the same is not the package.
    let printed = r#"{"Action":"output","Package":"p","Test":"TestA","Output":"ok  \tp\t(cached)\n"}"#;
    let run = self::run(&format!("{}{printed}\n{}", events(&["run TestA"]), events(&["pass TestA", "pass"])));
    assert!(run.replayed.is_empty());
}

#[test]
fn a_test_that_is_run_again_is_flaky() {
    let run = run(&events(&["run TestA", "fail TestA", "fail", "start", "run TestA", "pass TestA", "pass"]));
    assert_eq!((outcomes(&run), run.tests[0].records), (vec![("p > TestA", Flaky)], 2));
    assert!(run.errors.is_empty() && run.contradictions.is_empty());
}

#[test]
fn benchmarks_end_without_beginning() {
    let run = run(&events(&["fail BenchmarkA", "bench BenchmarkB", "skip BenchmarkC", "fail"]));
    assert_eq!(
        outcomes(&run),
        [("p > BenchmarkA", Failed), ("p > BenchmarkB", Passed), ("p > BenchmarkC", Skipped)]
    );
}

#[test]
fn test2json_by_itself_names_no_package() {
    let text =
        "{\"Action\":\"run\",\"Test\":\"A\"}\n{\"Action\":\"pass\",\"Test\":\"A\"}\n{\"Action\":\"pass\"}\n";
    assert_eq!(outcomes(&run(text)), [("(unnamed) > A", Passed)]);
    assert!(is_green(&run(text)));
}

#[test]
fn what_is_not_known_is_refused() {
    assert_eq!(refused(&events(&["run TestA", "maybe TestA", "pass"])).line, Some(2));
    refused(&events(&["run TestA", "finish"]));
    refused("{\"Action\":\"fail\",\"Action\":\"pass\",\"Package\":\"p\"}\n");
    refused("{\"Action\":\"pass\",\"Package\":\"p\"} {}\n");
    refused(&events(&["pass"])[..20]);
}

#[test]
fn nothing_personal_is_kept() {
    let said = r#"{"Action":"output","Package":"p","Test":"TestA","Output":"robin@example.test"}"#;
    let run =
        run(&format!("go: robin\n{}{said}\n{}", events(&["run TestA"]), events(&["pass TestA", "pass"])));
    assert!(is_green(&run) && !format!("{run:?}").contains("robin"));
}

#[test]
fn no_prefix_of_a_package_is_green() {
    let text = events(&["start", "run TestA", "pass TestA", "run TestB", "pass TestB", "pass"]);
    assert!(is_green(&run(&text)));
    for end in 0..text.trim_end().len() {
        let cut = crate::parse(&text.as_bytes()[..end]);
        assert!(cut.is_err_and(|_| true) || !is_green(&run(&text[..end])), "{end}");
    }
}

proptest! {
    #[test]
    fn arbitrary_events_never_panic_and_hide_no_failure(
        list in proptest::collection::vec(prop_oneof![
            Just("run A"), Just("pass A"), Just("fail A"), Just("skip A"), Just("pass"), Just("fail"), Just("start"),
        ], 0..12),
    ) {
        let text = events(&list) + &events(&["run Z", "fail Z"]);
        prop_assert!(parse_go_test(Input::Whole(text.as_bytes())).is_ok_and(|run| !is_green(&run)));
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse_go_test(Input::Whole(&bytes));
    }
}
