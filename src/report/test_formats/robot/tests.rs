//! What Robot Framework writes, and what must not pass for it. `real/` holds documents that Robot
//! Framework 7.5 itself wrote.

use crate::testing::{is_green, outcomes, refused, run};
use portcullis_testrun::test_run::TestOutcome::{self, Error, Failed, Flaky, Passed, Skipped};

fn document(suite: &str) -> String {
    format!(
        "<robot generator='Robot 7.5' rpa='false' schemaversion='5'><suite name='S'>{suite}</suite></robot>"
    )
}

const PASS: &str = "<status status='PASS'/>";
const FAIL: &str = "<status status='FAIL'/>";

fn test(name: &str, content: &str) -> String {
    format!("<test name='{name}'>{content}</test>")
}

fn one(content: &str) -> (TestOutcome, usize) {
    let run = run(&document(&format!("{}{PASS}", test("a", content))));
    (run.tests[0].outcome, run.contradictions.len())
}

#[test]
fn the_tear_down_of_a_suite_fails_its_tests() {
    for text in [include_str!("real/schema-5.xml"), include_str!("real/schema-4.xml")] {
        let run = run(text);
        assert_eq!(
            outcomes(&run),
            [
                ("A & Td > A > Bad", Failed),
                ("A & Td > A > Good", Passed),
                ("A & Td > A > Ignored Error", Passed),
                ("A & Td > A > Loop", Passed),
                ("A & Td > A > Skipped", Skipped),
                ("A & Td > A > Teardown Bad", Failed),
                // It is called passed.
                ("A & Td > Td > One", Failed),
            ]
        );
        assert!(run.contradictions.is_empty() && run.errors.is_empty(), "{run:?}");
        assert!(run.times.began().is_some());
    }
}

#[test]
fn a_second_run_does_not_hide_the_first() {
    let run = run(include_str!("real/merged.xml"));
    assert_eq!(
        outcomes(&run),
        [
            ("Fl > Flaky", Flaky),
            ("Fl > Good", Passed),
            ("Fl > If False", Passed),
            ("Fl > Noncritical", Skipped)
        ]
    );
    let told = |message: &str| one(&format!("<status status='PASS'>{message}</status>")).0;
    assert_eq!(told("the word merged, Old status and &gt;FAIL&lt;"), Passed);
    assert_eq!(
        told(
            "*HTML* &lt;span class=merge&gt;Re-executed test has been merged.&lt;/span&gt; Old status: &lt;b&gt;FAIL&lt;/b&gt;"
        ),
        Flaky
    );
    assert_eq!(
        told("*HTML* merged. New status: &lt;b&gt;PASS&lt;/b&gt; Old status: &lt;b&gt;SKIP&lt;/b&gt;"),
        Passed
    );
}

#[test]
fn a_dry_run_is_no_run() {
    let run = run(include_str!("real/dry-run.xml"));
    assert!(run.tests.iter().all(|test| test.outcome == Passed));
    assert_eq!(run.contradictions, ["no keyword ran: it is a dry run"]);
}

#[test]
fn a_suite_whose_set_up_was_skipped_is_skipped() {
    let run = run(include_str!("real/skipped-suite.xml"));
    assert_eq!(outcomes(&run), [("Sksu > One", Skipped)]);
    assert!(is_green(&run));
}

#[test]
fn the_status_says_the_outcome() {
    for (content, outcome, contradictions) in [
        (PASS, Passed, 0),
        ("<status status='SKIP'/>", Skipped, 0),
        ("<status status='NOT RUN'/>", Error, 1),
        ("<status status='pass'/>", Error, 1),
        ("<status/>", Error, 1),
        ("", Error, 1),
        ("<crash/><status status='PASS'/>", Error, 1),
        ("<kw name='k'><status status='PASS'/></kw><status status='PASS'/>", Passed, 0),
        (
            "<kw name='k'><kw name='l'><status status='FAIL'/></kw><status status='PASS'/></kw><status status='PASS'/>",
            Passed,
            0,
        ),
        ("<msg level='FAIL'>x</msg><status status='PASS'/>", Passed, 0),
    ] {
        let (shown, said) = one(content);
        let suite = usize::from(outcome > Flaky);
        assert_eq!((shown, said), (outcome, contradictions + suite), "{content}");
    }
}

#[test]
fn what_stands_directly_in_a_passed_test_did_not_fail() {
    for step in [
        "<kw name='k'><status status='FAIL'/></kw>",
        "<kw name='k' type='TEARDOWN'><status status='FAIL'/></kw>",
        "<kw name='k' type='SETUP'><status status='FAIL'/></kw>",
        "<for><iter><status status='FAIL'/></iter><status status='FAIL'/></for>",
        "<try><branch><status status='FAIL'/></branch><status status='FAIL'/></try>",
        "<kw name='k'><status status='ODD'/></kw>",
        "<error><status status='FAIL'/></error>",
    ] {
        assert_eq!(one(&format!("{step}{PASS}")), (Failed, 2), "{step}");
    }
    let caught = "<try><branch type='TRY'><status status='FAIL'/></branch><status status='PASS'/></try>";
    assert_eq!(one(&format!("{caught}{PASS}")), (Passed, 0));
}

#[test]
fn suites_that_fail_by_themselves_are_errors() {
    let good = test("a", PASS);
    let down = |status: &str| format!("<kw name='k' type='TEARDOWN'><status status='{status}'/></kw>");
    for (suite, outcome, errors, contradictions) in [
        (format!("{good}{FAIL}"), Passed, 1, 0),
        (format!("<kw name='k' type='SETUP'>{FAIL}</kw>{good}{FAIL}"), Passed, 1, 0),
        (format!("<kw name='k' type='SETUP'>{FAIL}</kw>{good}{PASS}"), Passed, 0, 1),
        (format!("<kw name='k' type='SETUP'>{PASS}</kw>{good}{PASS}"), Passed, 0, 0),
        (format!("{good}{}{FAIL}", down("FAIL")), Failed, 0, 0),
        (format!("{good}{}{PASS}", down("FAIL")), Failed, 0, 1),
        (format!("{good}{}{PASS}", down("ODD")), Failed, 0, 1),
        (format!("{good}{}<status status='SKIP'/>", down("SKIP")), Skipped, 0, 0),
        (format!("{good}{}{PASS}", down("PASS")), Passed, 0, 0),
        (good.clone(), Passed, 0, 1),
        (format!("{good}<status status='ODD'/>"), Passed, 0, 1),
        (format!("{good}{FAIL}{PASS}"), Passed, 1, 0),
    ] {
        let run = run(&document(&suite));
        assert_eq!(
            (run.tests[0].outcome, run.errors.len(), run.contradictions.len()),
            (outcome, errors, contradictions),
            "{suite}"
        );
    }
    let outer = format!(
        "<suite name='I'>{}{PASS}</suite><suite name='J'>{}{PASS}</suite><kw type='TEARDOWN' name='k'>{FAIL}</kw>{FAIL}",
        test("a", PASS),
        test("b", "<status status='SKIP'/>")
    );
    assert_eq!(outcomes(&run(&document(&outer))), [("S > I > a", Failed), ("S > J > b", Skipped)]);
}

#[test]
fn the_totals_are_held_against_the_tests() {
    let with = |total: &str| {
        document(&format!("{}{PASS}", test("a", PASS))).replace(
            "</robot>",
            &format!("<statistics><total><stat {total}>All Tests</stat></total></statistics></robot>"),
        )
    };
    for (total, said) in [
        ("pass='2' fail='0'", "the run claims 2 passed tests and shows 1"),
        ("pass='1' fail='1'", "the run claims 1 failed tests and shows 0"),
        ("pass='1' fail='0' skip='1'", "the run claims 1 skipped tests and shows 0"),
    ] {
        assert_eq!(run(&with(total)).contradictions, [said]);
    }
    assert!(is_green(&run(&with("pass='1' fail='0' skip='0'"))));
}

#[test]
fn two_tests_of_one_name_are_not_attempts() {
    for tests in [test("a", FAIL) + &test("a", PASS), test("a", PASS) + &test("a", FAIL)] {
        assert_eq!(outcomes(&run(&document(&format!("{tests}{FAIL}")))), [("S > a", Failed)]);
    }
}

#[test]
fn another_robot_is_refused() {
    assert!(refused("<robot name='arm'><link name='base'/></robot>").message.contains("no suite"));
    refused("<robot><test name='a'/></robot>");
    refused(&document("<test name='a'><test name='b'/></test>"));
}

#[test]
fn no_prefix_is_a_run() {
    let text = include_str!("real/schema-5.xml").trim_end();
    for end in (0..text.len()).step_by(7) {
        refused(&text[..end]);
    }
}
