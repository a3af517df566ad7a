//! NUnit XML as runners write it, and what must not pass for it.

use crate::testing::{is_green, outcomes, refused, run};
use portcullis_testrun::test_run::TestOutcome::{self, Error, Failed, Passed, Skipped};

fn three(run: &str, suite: &str, cases: &str) -> String {
    format!(
        r#"<test-run id="2" {run}><command-line>robin</command-line><test-suite type="Assembly" name="My.Tests.dll"
        fullname="C:\robin\My.Tests.dll"><environment user="robin" machine-name="robin"/><test-suite type="TestFixture"
        name="C" fullname="N.C" {suite}>{cases}</test-suite></test-suite></test-run>"#
    )
}

fn two(cases: &str) -> String {
    format!(
        r#"<test-results name="C:\robin\a.dll"><environment user="robin"/><test-suite name="C:\robin\a.dll"><results>
        <test-suite name="N"><results>{cases}</results></test-suite></results></test-suite></test-results>"#
    )
}

fn one(text: &str) -> (TestOutcome, bool) {
    let run = run(text);
    assert!(!format!("{run:?}").contains("robin"));
    (run.tests[0].outcome, run.contradictions.is_empty())
}

#[test]
fn version_three_has_a_result_and_a_label() {
    for (said, outcome, known) in [
        ("result='Passed'", Passed, true),
        ("result='Failed'", Failed, true),
        ("result='Failed' label='Error'", Error, true),
        ("result='Failed' label='Invalid'", Error, true),
        ("result='Skipped' label='Ignored'", Skipped, true),
        ("result='Inconclusive'", Skipped, true),
        ("result='Warning'", Failed, true),
        ("result='Fine'", Error, false),
        ("", Error, false),
    ] {
        let case = format!("<test-case name='T(1)' fullname='N.C.T(1)' classname='N.C' {said}/>");
        let text = three("", "", &case);
        assert_eq!(one(&text), (outcome, known), "{said}");
        assert_eq!(run(&text).tests[0].id, "My.Tests > N.C.T(1)");
    }
    let hidden = "<test-case name='T' fullname='N.C.T' result='Passed'><failure/></test-case>";
    assert_eq!(one(&three("", "", hidden)), (Failed, false));
}

#[test]
fn version_two_says_it_in_several_attributes() {
    for (said, outcome, known) in [
        ("executed='True' result='Success' success='True'", Passed, true),
        ("executed='True' success='True'", Passed, true),
        ("executed='True' success='False'", Failed, true),
        ("executed='False'", Skipped, true),
        ("result='Ignored' executed='False'", Skipped, true),
        ("result='NotRunnable' executed='False'", Error, true),
        ("result='Success' success='False'", Failed, false),
        ("result='Success' executed='False'", Skipped, false),
        ("executed='True'", Error, false),
        ("executed='True' success='Turue'", Error, false),
        ("executed='No' success='True'", Error, false),
    ] {
        let text = two(&format!("<test-case name='N.T' {said}/>"));
        assert_eq!(one(&text), (outcome, known), "{said}");
        assert_eq!(run(&text).tests[0].id, "a > N.T");
    }
}

#[test]
fn suites_that_a_name_does_not_hold_stand_before_it() {
    let run =
        run(&two("<test-case name='short' result='Success'/><test-case name='N.C.long' result='Success'/>"));
    assert_eq!(outcomes(&run), [("a > N > short", Passed), ("a > N.C.long", Passed)]);
}

#[test]
fn two_tests_of_one_name_are_not_attempts() {
    let run = run(&two("<test-case name='N.T' result='Failure'/><test-case name='N.T' result='Success'/>"));
    assert_eq!(outcomes(&run), [("a > N.T", Failed)]);
}

#[test]
fn a_suite_that_failed_by_itself_is_an_error() {
    let passed = "<test-case fullname='N.C.T' result='Passed'/>";
    let failed = "<test-case fullname='N.C.T' result='Failed'><failure/></test-case>";
    for (suite, cases, errors) in [
        ("result='Failed' site='TearDown'", passed.to_string(), 1),
        ("result='Failed' label='Invalid'", String::new(), 1),
        ("result='Odd'", passed.to_string(), 1),
        ("result='Passed'", format!("<failure/>{passed}"), 1),
        ("result='Failed' site='Child'", failed.to_string(), 0),
        ("result='Failed'", format!("<failure/>{failed}"), 0),
        ("result='Inconclusive'", String::new(), 0),
    ] {
        assert_eq!(run(&three("", suite, &cases)).errors.len(), errors, "{suite} {cases}");
    }
}

#[test]
fn the_summary_is_held_against_the_tests() {
    let passed = "<test-case fullname='N.C.T' result='Passed'/>";
    for (summary, said) in [
        ("total='2'", "the run claims 2 tests and shows 1"),
        ("failed='1'", "the run claims 1 failed tests and shows 0"),
        ("skipped='1'", "the run claims 1 tests that did not run and shows 0"),
        ("passed='-1'", "the run has a count that is not a number"),
    ] {
        assert_eq!(run(&three(summary, "", passed)).contradictions, [said]);
    }
    let suite = run(&three("", "total='1' passed='1' skipped='3'", passed));
    assert_eq!(suite.contradictions, ["suite `C` claims 3 tests that did not run and shows 0"]);
    assert!(is_green(&run(&three("total='1' passed='1' failed='0'", "result='Passed'", passed))));
}

#[test]
fn a_single_suite_is_a_report() {
    let run = run(
        "<test-suite name='C' result='Passed' total='1'><test-case name='N.C.T' result='Passed'/></test-suite>",
    );
    assert_eq!(outcomes(&run), [("N.C.T", Passed)]);
    assert!(is_green(&run));
}

#[test]
fn no_prefix_is_a_run() {
    let text = three("total='1'", "", "<test-case fullname='a' result='Passed'/>");
    for end in 0..text.len() {
        refused(&text[..end]);
    }
}
