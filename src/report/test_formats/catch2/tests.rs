//! What Catch2 writes, and what must not pass for it. `real/` holds documents that Catch2 itself
//! wrote.

use crate::testing::{is_green, outcomes, refused, run};
use portcullis_testrun::test_run::TestOutcome::{self, Error, Failed, Passed, Skipped};

fn document(cases: &str) -> String {
    format!("<Catch2TestRun name='load' xml-format-version='3'>{cases}</Catch2TestRun>")
}

fn one(tags: &str, content: &str) -> (TestOutcome, bool) {
    let run = run(&document(&format!(
        "<TestCase name='a' tags='{tags}' filename='a.cpp' line='1'>{content}</TestCase>"
    )));
    assert_eq!(run.tests[0].id, "load > a");
    (run.tests[0].outcome, run.contradictions.is_empty())
}

const FALSE: &str = "<Expression success='false' type='CHECK'><Original>1==2</Original></Expression>";

#[test]
fn a_document_of_version_2() {
    let run = run(include_str!("real/version-2.xml"));
    assert_eq!(
        outcomes(&run),
        [
            ("c2 > bad", Failed),
            ("c2 > good", Passed),
            ("c2 > may fail", Skipped),
            ("c2 > no assertions", Passed),
            ("c2 > nofail", Passed),
            ("c2 > should fail", Skipped),
            ("c2 > should fail but passes", Failed),
            ("c2 > thrown", Failed),
        ]
    );
    assert_eq!((run.contradictions.len(), run.errors.len()), (0, 0), "{run:?}");
}

#[test]
fn a_crash_is_an_error() {
    assert_eq!(outcomes(&run(include_str!("real/crash.xml"))), [("c2 > crash", Error)]);
    let crash = "<FatalErrorCondition>SIGSEGV</FatalErrorCondition><OverallResult success='true'/>";
    assert_eq!(one("[!mayfail]", crash), (Error, true));
}

#[test]
fn the_result_and_what_is_shown_have_to_agree() {
    let good = "<OverallResult success='true' skips='0'/>";
    for (tags, shown, outcome, known) in [
        ("", "", Passed, true),
        ("", FALSE, Failed, false),
        ("", "<Exception>x</Exception>", Failed, false),
        ("", "<Failure>x</Failure>", Failed, false),
        (
            "",
            "<Section name='s'><Failure/><OverallResults failures='1' expectedFailures='0'/></Section>",
            Failed,
            false,
        ),
        (
            "",
            "<Section name='s'><OverallResults failures='1' expectedFailures='0'/></Section>",
            Failed,
            false,
        ),
        ("", "<BenchmarkResults name='b'><failed message='x'/></BenchmarkResults>", Failed, false),
        ("", "<Crashed/>", Error, false),
        ("", "<Expression type='CHECK'/>", Error, false),
        ("[!mayfail]", FALSE, Skipped, true),
        ("[x][!SHOULDFAIL]", FALSE, Skipped, true),
        (
            "",
            "<Section name='s'><OverallResults failures='0' expectedFailures='1' skipped='false'/></Section>",
            Skipped,
            true,
        ),
        (
            "",
            "<Section name='s'><OverallResults failures='0' expectedFailures='0' skipped='true'/></Section>",
            Skipped,
            true,
        ),
        (
            "",
            "<Section name='s'><OverallResults failures='none' expectedFailures='0'/></Section>",
            Error,
            false,
        ),
        ("", "<Skip>later</Skip>", Skipped, true),
        ("", "<Expression success='false' type='CHECK_NOFAIL'/>", Passed, true),
        ("", "<Expression success='false' type='CHECKED_IF'/>", Passed, true),
        ("", "<Expression success='true' type='CHECK'/><Warning>x</Warning><Info>y</Info>", Passed, true),
    ] {
        assert_eq!(one(tags, &format!("{shown}{good}")), (outcome, known), "{tags} {shown}");
        let bad = format!("{shown}<OverallResult success='false'/>");
        assert!(one(tags, &bad).0 >= Failed, "{shown}");
    }
    assert_eq!(one("", "<OverallResult success='true' skips='1'/>"), (Skipped, true));
    assert_eq!(one("", "<OverallResult success='true' skips='x'/>"), (Error, false));
}

#[test]
fn a_case_without_a_result_has_no_end() {
    assert_eq!(one("", ""), (Error, false));
    assert_eq!(one("", "<OverallResult/>"), (Error, false));
    assert_eq!(one("", "<OverallResult success='yes'/>"), (Error, false));
    assert_eq!(one("", "<OverallResult success='true'/><OverallResult success='false'/>"), (Failed, true));
    refused(&document(
        "<TestCase name='a'><TestCase name='b'><OverallResult success='true'/></TestCase></TestCase>",
    ));
}

#[test]
fn the_counts_are_held_against_the_cases() {
    let passed = "<TestCase name='a'><OverallResult success='true'/></TestCase>";
    for (counts, said) in [
        ("successes='2' failures='0'", "the run claims 2 passed tests and shows 1"),
        ("successes='1' failures='1'", "the run claims 1 failed tests and shows 0"),
        ("successes='1' failures='0' skips='1'", "the run claims 1 skipped tests and shows 0"),
        ("successes='one' failures='0'", "the run has a count that is not a number"),
    ] {
        let run = run(&document(&format!("{passed}<OverallResultsCases {counts}/>")));
        assert_eq!(run.contradictions, [said]);
    }
    let group = "<Group name='g'><OverallResultsCases failures='1'/></Group>";
    assert_eq!(run(&document(group)).contradictions, ["a group claims 1 failed tests and shows 0"]);
    assert!(is_green(&run(&document(&format!("{passed}<OverallResultsCases successes='1' failures='0'/>")))));
    assert_eq!(run(&document("<FatalErrorCondition/>")).errors.len(), 1);
    for (counts, errors) in
        [("failures='1'", 1), ("failures='x'", 1), ("failures='0' expectedFailures='3'", 0), ("", 0)]
    {
        let text = document(&format!("{passed}<OverallResults successes='1' {counts}/>"));
        assert_eq!(run(&text).errors.len(), errors, "{counts}");
    }
}

#[test]
fn two_cases_of_one_name_are_not_attempts() {
    let (bad, good) = (
        "<TestCase name='a'><OverallResult success='false'/></TestCase>",
        "<TestCase name='a'><OverallResult success='true'/></TestCase>",
    );
    for cases in [format!("{bad}{good}"), format!("{good}{bad}")] {
        assert_eq!(outcomes(&run(&document(&cases))), [("load > a", Failed)]);
    }
}

#[test]
fn no_prefix_is_a_run() {
    let text = include_str!("real/version-2.xml").trim_end();
    for end in (0..text.len()).step_by(3) {
        refused(&text[..end]);
    }
}
