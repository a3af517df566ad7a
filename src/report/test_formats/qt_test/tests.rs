//! What Qt Test writes, and what must not pass for it. `real/` holds documents that Qt itself
//! wrote.

use crate::testing::{is_green, outcomes, refused, run};
use portcullis_testrun::test_run::TestOutcome::{self, Error, Failed, Passed, Skipped};

fn document(functions: &str) -> String {
    format!(
        "<TestCase name='Load'><Environment><QtVersion>6.4.2</QtVersion></Environment>{functions}<Duration msecs='1'/></TestCase>"
    )
}

fn one(content: &str) -> (TestOutcome, bool) {
    let run =
        run(&document(&format!("<TestFunction name='a'>{content}<Duration msecs='1'/></TestFunction>")));
    assert_eq!(run.tests[0].id, "Load > a");
    (run.tests[0].outcome, run.contradictions.is_empty())
}

#[test]
fn a_document_of_version_6() {
    let run = run(include_str!("real/version-6.xml"));
    assert_eq!(
        outcomes(&run),
        [
            ("Load > bad", Failed),
            ("Load > bench", Passed),
            ("Load > black", Skipped),
            ("Load > cleanupTestCase", Passed),
            ("Load > good", Passed),
            ("Load > initTestCase", Passed),
            ("Load > rows > one", Passed),
            ("Load > rows > three", Skipped),
            ("Load > rows > two", Failed),
            ("Load > skipped", Skipped),
            ("Load > warns", Passed),
            ("Load > xf", Skipped),
            ("Load > xfabort", Skipped),
            ("Load > xp", Failed),
        ]
    );
    assert!(run.contradictions.is_empty() && run.errors.is_empty(), "{run:?}");
}

#[test]
fn version_5_skips_in_a_message_and_ends_in_a_fatal_one() {
    let run = run(include_str!("real/version-5.xml"));
    assert_eq!(
        outcomes(&run),
        [
            ("Load > bad", Failed),
            ("Load > good", Passed),
            ("Load > initTestCase", Passed),
            ("Load > norows", Error),
            ("Load > rows > one", Passed),
            ("Load > rows > three", Skipped),
            ("Load > rows > two", Failed),
        ]
    );
}

#[test]
fn a_failed_set_up_is_seen() {
    let run = run(include_str!("real/set-up.xml"));
    assert_eq!(outcomes(&run), [("Init > cleanupTestCase", Passed), ("Init > initTestCase", Failed)]);
}

#[test]
fn the_type_says_the_outcome() {
    for (word, outcome, known) in [
        ("pass", Passed, true),
        ("fail", Failed, true),
        ("xpass", Failed, true),
        ("xfail", Skipped, true),
        ("skip", Skipped, true),
        ("bpass", Skipped, true),
        ("bfail", Skipped, true),
        ("bxpass", Skipped, true),
        ("bxfail", Skipped, true),
        ("??????", Error, false),
        ("", Error, false),
    ] {
        assert_eq!(one(&format!("<Incident type='{word}' file='' line='0'/>")), (outcome, known), "{word}");
    }
    let good = "<Incident type='pass'/>";
    for (message, outcome, known) in [
        ("<Message type='qwarn'/>", Passed, true),
        ("<Message type='qcritical'/>", Passed, true),
        ("<Message type='qfatal'/>", Error, true),
        ("<Message type='skip'/>", Skipped, true),
        ("<Message type='crash'/>", Error, false),
        ("<Message/>", Error, false),
        ("<Incident type='fail'/>", Failed, true),
        ("<Incident type='xfail'/>", Skipped, true),
        ("<Crash/>", Error, false),
        ("<BenchmarkResult metric='x'/>", Passed, true),
    ] {
        assert_eq!(one(&format!("{message}{good}")), (outcome, known), "{message}");
    }
    assert_eq!(one(&format!("{good}<Incident type='fail'/>")), (Failed, true));
}

#[test]
fn a_function_without_a_result_has_no_end() {
    assert_eq!(one(""), (Error, false));
    let outside =
        document("<Message type='qfatal'/><TestFunction name='a'><Incident type='pass'/></TestFunction>");
    assert_eq!(run(&outside).errors, ["something failed outside of the functions"]);
    refused(&document("<TestFunction name='a'><TestFunction name='b'/></TestFunction>"));
    refused(&document("<TestCase name='b'/>"));
}

#[test]
fn two_functions_of_one_name_are_not_attempts() {
    let bad = "<TestFunction name='a'><Incident type='fail'/></TestFunction>";
    let good = "<TestFunction name='a'><Incident type='pass'/></TestFunction>";
    for functions in [format!("{bad}{good}"), format!("{good}{bad}")] {
        assert_eq!(outcomes(&run(&document(&functions))), [("Load > a", Failed)]);
    }
    assert!(is_green(&run(&document(good))));
}

#[test]
fn no_prefix_is_a_run() {
    let text = include_str!("real/version-6.xml").trim_end();
    for end in (0..text.len()).step_by(3) {
        refused(&text[..end]);
    }
}
