//! What Boost.Test writes, and what must not pass for it. `real/` holds documents that Boost.Test
//! itself wrote.

use crate::testing::{is_green, outcomes, refused, run};
use portcullis_testrun::test_run::TestOutcome::{self, Error, Failed, Passed, Skipped};

fn report(suite: &str, cases: &str) -> String {
    format!("<TestResult><TestSuite name='m' {suite}>{cases}</TestSuite></TestResult>")
}

fn case(result: &str, passed: &str, failed: &str, expected: &str) -> String {
    format!(
        "<TestCase name='a' {result} assertions_passed='{passed}' assertions_failed='{failed}' expected_failures='{expected}'></TestCase>"
    )
}

fn one(case: &str) -> (TestOutcome, bool) {
    let run = run(&report("result='failed'", case));
    assert_eq!(run.tests[0].id, "m > a");
    (run.tests[0].outcome, run.contradictions.is_empty())
}

#[test]
fn a_report_of_many_ends() {
    let run = run(include_str!("real/report.xml"));
    assert_eq!(
        outcomes(&run),
        [
            ("load > fix > t", Passed),
            // It never ran, and is called passed: the fixture of its suite threw.
            ("load > fixset > t", Skipped),
            ("load > inner > bad", Failed),
            ("load > inner > dep", Skipped),
            ("load > inner > expected", Skipped),
            ("load > inner > expected_but_passes", Passed),
            ("load > inner > fatal", Error),
            ("load > inner > good", Passed),
            ("load > inner > nothing", Skipped),
            ("load > inner > thrown", Error),
            ("load > inner > warn", Skipped),
        ]
    );
    assert_eq!(
        run.errors,
        ["suite `fix` failed outside its tests", "suite `fixset` failed outside its tests"]
    );
    assert_eq!(run.contradictions, Vec::<String>::new());
}

#[test]
fn a_test_behind_a_crash_did_not_run_although_it_is_called_passed() {
    let run = run(include_str!("real/crash.xml"));
    let of = |name: &str| run.tests.iter().find(|test| test.id.ends_with(name)).unwrap().outcome;
    assert_eq!((of("segv"), of("later")), (Error, Skipped));
}

#[test]
fn a_log_of_many_ends() {
    let run = run(include_str!("real/log.xml"));
    assert_eq!(
        outcomes(&run),
        [
            ("load > fix > t", Passed),
            ("load > inner > bad", Failed),
            ("load > inner > dep", Skipped),
            // The log does not say that it was expected to fail.
            ("load > inner > expected", Failed),
            ("load > inner > expected_but_passes", Passed),
            ("load > inner > fatal", Failed),
            ("load > inner > good", Passed),
            ("load > inner > nothing", Passed),
            ("load > inner > off", Skipped),
            ("load > inner > thrown", Error),
            ("load > inner > warn", Passed),
        ]
    );
    assert_eq!(run.errors.len(), 3, "{:?}", run.errors);
}

#[test]
fn the_result_and_the_counts_have_to_agree() {
    for (result, passed, failed, expected, outcome, known) in [
        ("result='passed'", "1", "0", "0", Passed, true),
        ("result='passed'", "0", "0", "0", Passed, true),
        ("result='passed'", "1", "1", "1", Skipped, true),
        ("result='passed'", "1", "2", "1", Failed, false),
        ("result='passed'", "1", "x", "0", Error, false),
        ("result='failed'", "1", "1", "0", Failed, true),
        ("result='failed'", "1", "0", "0", Failed, true),
        ("result='aborted'", "0", "1", "0", Error, true),
        ("result='timed-out'", "0", "0", "0", Error, true),
        ("result='skipped'", "0", "0", "0", Skipped, true),
        ("result='fine'", "1", "0", "0", Error, false),
        ("", "1", "0", "0", Error, false),
    ] {
        assert_eq!(
            one(&case(result, passed, failed, expected)),
            (outcome, known),
            "{result} {failed} {expected}"
        );
    }
}

#[test]
fn a_suite_that_failed_by_itself_is_an_error() {
    let good = case("result='passed'", "1", "0", "0");
    let bad = case("result='failed'", "0", "1", "0");
    for (suite, cases, errors, contradictions) in [
        ("result='failed' assertions_failed='1'", &good, 1, 0),
        ("result='aborted'", &good, 1, 0),
        ("result='timed-out'", &good, 1, 0),
        // A test failed, and a fixture too.
        ("result='failed' assertions_failed='2'", &bad, 1, 0),
        ("result='failed' assertions_failed='1'", &bad, 0, 0),
        // How many failed in all cannot be read, so the test need not be all of it.
        ("result='failed' assertions_failed='x'", &bad, 1, 0),
        ("result='passed'", &bad, 0, 1),
        ("result='skipped'", &bad, 0, 1),
        ("result='odd'", &good, 0, 1),
        ("", &good, 0, 1),
        ("result='passed' test_cases_failed='1'", &good, 0, 1),
        ("result='passed' test_cases_passed='2'", &good, 0, 1),
    ] {
        let run = run(&report(suite, cases));
        assert_eq!((run.errors.len(), run.contradictions.len()), (errors, contradictions), "{suite} {run:?}");
    }
    let nested = format!("<TestSuite name='i' result='failed' assertions_failed='1'>{good}</TestSuite>");
    let run = run(&report("result='failed' assertions_failed='1'", &nested));
    assert_eq!(run.errors, ["suite `i` failed outside its tests"]);
    assert!(is_green(&super::super::testing::run(&report("result='passed' test_cases_passed='1'", &good))));
}

#[test]
fn a_lower_level_is_refused_with_the_setting_that_helps() {
    let short =
        "<TestResult><TestSuite name='load' result='passed' test_cases_passed='6'></TestSuite></TestResult>";
    assert!(refused(short).message.contains("--report_level=detailed"));
    for log in ["<TestLog></TestLog>", "<TestLog><Error file='a' line='1'><![CDATA[x]]></Error></TestLog>"] {
        assert!(refused(log).message.contains("--log_level=test_suite"));
    }
}

#[test]
fn the_log_is_read_as_strictly() {
    for (content, outcome, known) in [
        ("<TestingTime>1</TestingTime>", Passed, true),
        ("<Info><![CDATA[x]]></Info><Message/><Warning><Context><Frame/></Context></Warning>", Passed, true),
        ("<Error/>", Failed, true),
        ("<FatalError/>", Failed, true),
        ("<Exception><LastCheckpoint/></Exception>", Error, true),
        ("<Error/><Exception/>", Error, true),
        ("<Crash/>", Error, false),
    ] {
        let run = run(&format!(
            "<TestLog><TestSuite name='m'><TestCase name='a'>{content}</TestCase></TestSuite></TestLog>"
        ));
        assert_eq!((run.tests[0].outcome, run.contradictions.is_empty()), (outcome, known), "{content}");
    }
    for (suite, outcome) in [("skipped='yes' reason='disabled'", Skipped), ("skipped='no'", Error)] {
        let run =
            run(&format!("<TestLog><TestSuite name='m'><TestSuite name='s' {suite}/></TestSuite></TestLog>"));
        assert_eq!(outcomes(&run), [("m > s", outcome)]);
    }
    refused("<TestLog><TestCase name='a'><TestCase name='b'/></TestCase></TestLog>");
}

#[test]
fn two_tests_of_one_name_are_not_attempts() {
    let cases = case("result='failed'", "0", "1", "0") + &case("result='passed'", "1", "0", "0");
    assert_eq!(outcomes(&run(&report("result='failed'", &cases))), [("m > a", Failed)]);
    let log = "<TestLog><TestCase name='a'><Error/></TestCase><TestCase name='a'/></TestLog>";
    assert_eq!(outcomes(&run(log)), [("a", Failed)]);
}

#[test]
fn no_prefix_is_a_run() {
    for text in [include_str!("real/report.xml"), include_str!("real/log.xml")] {
        for end in (0..text.trim_end().len()).step_by(3) {
            refused(&text[..end]);
        }
    }
}
