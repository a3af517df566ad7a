//! xUnit XML as .NET writes it, and what must not pass for it.

use crate::testing::{is_green, outcomes, refused, run};
use portcullis_testrun::test_run::TestOutcome::{self, Error, Failed, Passed, Skipped};

fn document(assembly: &str, tests: &str) -> String {
    format!(
        r#"<assemblies computer="robin" user="robin"><assembly name="C:\robin\My.Tests.DLL" environment="robin" {assembly}>
        <errors /><collection name="c">{tests}</collection></assembly></assemblies>"#
    )
}

fn one(attributes: &str, content: &str) -> (TestOutcome, bool) {
    let test = format!("<test name='N.C.T(x: 1)' type='N.C' method='T' {attributes}>{content}</test>");
    let run = run(&document("", &test));
    assert_eq!(run.tests[0].id, "My.Tests > N.C > T(x: 1)");
    assert!(!format!("{run:?}").contains("robin"));
    (run.tests[0].outcome, run.contradictions.is_empty())
}

#[test]
fn the_result_says_the_outcome() {
    assert_eq!(one("result='Pass'", "<output>robin</output>"), (Passed, true));
    assert_eq!(one("result='Fail'", "<failure/>"), (Failed, true));
    assert_eq!(one("result='Fail'", ""), (Failed, true));
    assert_eq!(one("result='Skip'", "<reason/>"), (Skipped, true));
    assert_eq!(one("result='NotRun'", ""), (Skipped, true));
    assert_eq!(one("", ""), (Error, false));
    assert_eq!(one("result='Fine'", ""), (Error, false));
    assert_eq!(one("result='Pass'", "<failure/>"), (Failed, false));
    assert_eq!(one("result='Skip'", "<failure/>"), (Failed, false));
}

#[test]
fn a_name_of_its_own_stays_below_its_type() {
    let test = "<test name='Install it.' type='N.C' method='T' result='Pass'/>";
    assert_eq!(outcomes(&run(&document("", test))), [("My.Tests > N.C > Install it.", Passed)]);
}

#[test]
fn two_tests_of_one_name_are_not_attempts() {
    let tests = "<test name='a' result='Fail'/><test name='a' result='Pass'/>";
    assert_eq!(outcomes(&run(&document("", tests))), [("My.Tests > a", Failed)]);
}

#[test]
fn errors_outside_tests_are_kept() {
    let run = run("<assemblies><assembly name='a' errors='1'><errors><error type='class-cleanup'><failure/></error></errors>
        <collection><test name='t' result='Pass'/></collection></assembly></assemblies>");
    assert_eq!(run.errors, ["an assembly reports an error outside its tests"]);
    assert_eq!(run.contradictions, Vec::<String>::new());
    assert_eq!(outcomes(&run), [("a > t", Passed)]);
}

#[test]
fn version_one_has_one_assembly_and_classes() {
    let run = run("<assembly name='/b/a.dll' total='1' passed='1'><class name='N.C' total='1'>
        <test name='N.C.T' type='N.C' method='T' result='Pass'/></class></assembly>");
    assert_eq!(outcomes(&run), [("a > N.C > T", Passed)]);
    assert!(is_green(&run));
}

#[test]
fn the_summary_is_held_against_the_tests() {
    for (summary, said) in [
        ("total='2'", "an assembly claims 2 tests and shows 1"),
        ("failed='1'", "an assembly claims 1 failed tests and shows 0"),
        ("errors='1'", "an assembly claims 1 errors and shows 0"),
        ("total='one'", "an assembly has a count that is not a number"),
    ] {
        assert_eq!(run(&document(summary, "<test name='a' result='Pass'/>")).contradictions, [said]);
    }
}

#[test]
fn no_prefix_is_a_run() {
    let text = document("total='1'", "<test name='a' result='Pass'/>");
    for end in 0..text.len() {
        refused(&text[..end]);
    }
}
