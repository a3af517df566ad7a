//! What TestNG writes, and what must not pass for it. `real/` holds documents that TestNG 6.9
//! itself wrote.

use crate::testing::{is_green, outcomes, refused, run};
use portcullis_testrun::test_run::TestOutcome::{self, Error, Failed, Flaky, Passed, Skipped};

fn document(root: &str, methods: &str) -> String {
    format!(
        "<testng-results {root}><reporter-output/><suite name='S'><groups/><test name='T'><class name='p.C'>{methods}</class></test>\
         </suite></testng-results>"
    )
}

fn method(attributes: &str, content: &str) -> String {
    format!(
        "<test-method name='a' signature='a()[pri:0, instance:p.C@1b2c3d4e]' {attributes}>{content}</test-method>"
    )
}

fn of(methods: &str) -> (TestOutcome, u64) {
    let run = run(&document("", methods));
    assert_eq!(run.tests[0].id, "S > T > p.C > a");
    (run.tests[0].outcome, run.tests[0].records)
}

#[test]
fn a_document_of_many_ends() {
    let run = run(include_str!("real/all.xml"));
    let shown: Vec<_> = outcomes(&run)
        .into_iter()
        .map(|(id, outcome)| {
            (id.strip_prefix("Command line suite > Command line test > LoadTest > ").unwrap(), outcome)
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("alwaysBad", Failed),
            ("bad", Failed),
            ("dep", Skipped),
            ("expects", Passed),
            ("flaky", Flaky),
            ("good", Passed),
            ("percent", Flaky),
            ("row(1, a)", Passed),
            ("row(2, b)", Passed),
            ("row(3, null)", Failed),
            ("skip", Skipped),
        ]
    );
    assert!(run.contradictions.is_empty() && run.errors.is_empty(), "{run:?}");
    assert!(!run.times.is_empty());
}

#[test]
fn a_set_up_or_tear_down_that_failed_is_an_error_although_testng_ends_with_0() {
    let down = run(include_str!("real/tear-down.xml"));
    assert_eq!((down.tests[0].outcome, down.errors.len()), (Passed, 1));
    let up = run(include_str!("real/set-up.xml"));
    assert_eq!((up.tests.len(), up.tests[0].outcome, up.errors.len()), (1, Skipped, 1));
    for (status, errors) in
        [("status='PASS'", 0), ("status='SKIP'", 0), ("status='FAIL'", 1), ("status='ODD'", 1), ("", 1)]
    {
        let methods = method("status='PASS'", "") + &method(&format!("is-config='true' {status}"), "");
        let run = run(&document("", &methods));
        assert_eq!((run.tests.len(), run.errors.len()), (1, errors), "{status}");
    }
}

#[test]
fn the_status_says_the_outcome() {
    for (status, outcome, known) in [
        ("status='PASS'", Passed, true),
        ("status='FAIL'", Failed, true),
        ("status='SKIP'", Skipped, true),
        ("status='SUCCESS_PERCENTAGE_FAILURE'", Flaky, true),
        ("status='pass'", Error, false),
        ("status='DONE'", Error, false),
        ("", Error, false),
    ] {
        let run = run(&document("", &method(status, "")));
        assert_eq!((run.tests[0].outcome, run.contradictions.is_empty()), (outcome, known), "{status}");
    }
}

#[test]
fn attempts_that_were_tried_again_are_not_forgotten() {
    let (fail, pass, skip) =
        (method("status='FAIL'", ""), method("status='PASS'", ""), method("status='SKIP'", ""));
    let again = method("status='SKIP' retried='true'", "<exception class='java.lang.AssertionError'/>");
    let old = method("status='SKIP'", "<exception class='java.lang.AssertionError'/>");
    let wanted = method("status='SKIP'", "<exception class='org.testng.SkipException'/>");
    for (methods, expected) in [
        (format!("{again}{pass}"), (Flaky, 2)),
        (format!("{pass}{again}"), (Flaky, 2)),
        (format!("{again}{again}{fail}"), (Failed, 3)),
        (again.clone(), (Failed, 1)),
        (format!("{again}{skip}"), (Failed, 2)),
        (format!("{old}{pass}"), (Flaky, 2)),
        (format!("{old}{fail}"), (Failed, 2)),
        (old.clone(), (Skipped, 1)),
        // Invocations of one name: the worst decides.
        (format!("{fail}{pass}"), (Failed, 2)),
        (format!("{pass}{fail}"), (Failed, 2)),
        (format!("{wanted}{pass}"), (Skipped, 2)),
    ] {
        assert_eq!(of(&methods), expected, "{methods}");
    }
}

#[test]
fn parameters_and_instances_are_part_of_a_name() {
    let value = |text: &str| {
        format!("<params><param index='0'><value>\n <![CDATA[{text}]]>\n</value></param></params>")
    };
    let methods = method("status='FAIL'", &value("1"))
        + &method("status='PASS'", &value("2"))
        + &method("status='PASS' test-instance-name='north'", "");
    let run = run(&document("", &methods));
    let ids = outcomes(&run);
    assert_eq!(
        ids,
        [("S > T > p.C > a [north]", Passed), ("S > T > p.C > a(1)", Failed), ("S > T > p.C > a(2)", Passed)]
    );
}

#[test]
fn the_counts_are_held_against_the_methods() {
    for (root, said) in [
        ("passed='2'", "the run claims 2 passed tests and shows 1"),
        ("failed='1'", "the run claims 1 failed tests and shows 0"),
        ("skipped='1'", "the run claims 1 skipped tests and shows 0"),
        ("passed='one'", "the run has a count that is not a number"),
    ] {
        assert_eq!(run(&document(root, &method("status='PASS'", ""))).contradictions, [said]);
    }
    assert!(is_green(&run(&document(
        "passed='1' failed='0' skipped='0' ignored='3' total='4'",
        &method("status='PASS'", "")
    ))));
}

#[test]
fn suites_in_files_of_their_own_are_refused() {
    let text = "<testng-results passed='0'><suite url='S/testng-results.xml'/></testng-results>";
    assert!(refused(text).message.contains("file of its own"));
    refused(&document("", &method("status='PASS'", "<test-method name='b' status='FAIL'/>")));
}

#[test]
fn no_prefix_is_a_run() {
    let text = include_str!("real/all.xml").trim_end();
    for end in (0..text.len()).step_by(11) {
        refused(&text[..end]);
    }
}
