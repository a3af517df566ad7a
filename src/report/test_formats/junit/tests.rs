//! JUnit XML in all its dialects, and everything that must not pass for it.

use super::*;
use crate::testing::{is_green, outcomes, refused, run};
use portcullis_testrun::test_run::TestOutcome::{self, Error, Failed, Flaky, Passed, Skipped};
use proptest::prelude::*;

/// The outcome of the one test in a suite, and whether the report contradicts itself.
fn one(attributes: &str, content: &str) -> (TestOutcome, bool) {
    let run =
        run(&format!("<testsuite name='s'><testcase name='a' {attributes}>{content}</testcase></testsuite>"));
    assert_eq!(run.tests.len(), 1);
    (run.tests[0].outcome, !run.contradictions.is_empty())
}

#[test]
fn pytest_a_test_that_fails_and_whose_fixture_then_breaks() {
    let run = run(r#"<?xml version="1.0" encoding="utf-8"?><testsuites name="pytest tests">
        <testsuite name="pytest" errors="2" failures="2" skipped="2" tests="8" hostname="machine">
        <testcase classname="test_load" name="test_ok" time="0.001" />
        <testcase classname="test_load" name="test_both"><failure message="m">t</failure></testcase>
        <testcase classname="test_load" name="test_both"><error message="teardown">t</error></testcase>
        <testcase classname="test_load" name="test_setup"><error message="setup"/></testcase>
        <testcase classname="test_load" name="test_skip"><skipped type="pytest.skip" message="m"/></testcase>
        <testcase classname="test_load" name="test_xfail"><skipped type="pytest.xfail" message=""/></testcase>
        <testcase classname="test_load.TestK" name="test_sub[&lt;&#233;&gt;]"><failure/><failure message="1 subtest"/></testcase>
        </testsuite></testsuites>"#);
    assert_eq!(
        outcomes(&run),
        [
            ("pytest > test_load > test_both", Error),
            ("pytest > test_load > test_ok", Passed),
            ("pytest > test_load > test_setup", Error),
            ("pytest > test_load > test_skip", Skipped),
            ("pytest > test_load > test_xfail", Skipped),
            ("pytest > test_load.TestK > test_sub[<é>]", Failed),
        ]
    );
    assert_eq!(run.tests[0].records, 2);
    // Three failures are shown and two claimed: a convention, nothing is missing.
    assert_eq!(run.contradictions, Vec::<String>::new());
}

#[test]
fn pytest_counts_subtests_that_passed_and_writes_no_case_for_them() {
    let text = |cases: &str| {
        format!(
            "<testsuites name='pytest tests'><testsuite name='upload' errors='0' failures='0' tests='5'>{cases}</testsuite></testsuites>"
        )
    };
    let run = run(&text("<testcase classname='test_load.U' name='test_sub'/>"));
    assert!(is_green(&run), "{run:?}");
    // What was left out otherwise is still missed.
    assert!(!self::run(&text("")).contradictions.is_empty());
    let failed = text("<testcase name='a'/>").replace("failures='0'", "failures='1'");
    assert!(!self::run(&failed).contradictions.is_empty());
    let other = text("<testcase name='a'/>").replace("pytest tests", "tests");
    assert!(!self::run(&other).contradictions.is_empty());
}

/// pytest-rerunfailures writes the attempt that failed as a case like one that passed.
#[test]
fn pytest_a_rerun_that_is_not_marked_is_flaky() {
    let suite = |name: &str, cases: &str| format!("<testsuite name='{name}' tests='2'>{cases}</testsuite>");
    let (a, b) = ("<testcase classname='t' name='a'/>", "<testcase classname='t' name='b'/>");
    let rerun = suite("pytest", &[a, b, a].concat());
    let custom =
        format!("<testsuites name='pytest tests'>{}</testsuites>", suite("pytest", &[a, b, a].concat()));
    for text in [rerun, custom] {
        let run = run(&text);
        assert_eq!(outcomes(&run), [("pytest > t > a", Flaky), ("pytest > t > b", Passed)]);
        assert_eq!(run.tests[0].records, 2);
    }
    // Two runs in one document, and two tests of one name elsewhere.
    let merged = format!(
        "<testsuites>{}{}</testsuites>",
        suite("pytest", &[a, b].concat()),
        suite("pytest", &[a, b].concat())
    );
    for text in [merged, suite("jest", &[a, a].concat())] {
        assert_eq!(run(&text).tests[0].outcome, Passed);
    }
}

#[test]
fn ctest_a_test_that_could_not_be_started_is_not_skipped() {
    let case = |message: &str| {
        format!(
            "<testsuite name='(empty)' tests='1' failures='0' disabled='0' skipped='1'><testcase name='a' classname='a' \
                 time='0' status='notrun'><skipped message='{message}'/><system-out/></testcase></testsuite>"
        )
    };
    for message in ["Unable to find executable", "Required Files Missing", "Fixture dependency failed", ""] {
        let run = run(&case(message));
        assert_eq!(run.tests[0].outcome, Error, "{message}");
        assert!(run.contradictions.is_empty());
    }
    for message in ["SKIP_RETURN_CODE=77", "SKIP_REGULAR_EXPRESSION_MATCHED"] {
        assert_eq!(run(&case(message)).tests[0].outcome, Skipped, "{message}");
    }
    // googletest writes the same word.
    assert_eq!(
        one("classname='S' status='notrun' result='suppressed'", "<skipped message='m'/>"),
        (Skipped, false)
    );
}

#[test]
fn phpunit_where_the_tests_lie_is_no_part_of_their_names() {
    for place in ["/srv/build/7/tests", "C:\\build\\phpunit.xml"] {
        let run = run(&format!(
            "<testsuites><testsuite name='{place}' tests='1' assertions='1'><testsuite name='UpTest' tests='1' assertions='1'>\
             <testcase name='testAdds' class='UpTest' classname='UpTest' assertions='1'/></testsuite></testsuite></testsuites>"
        ));
        assert_eq!(outcomes(&run), [("UpTest > testAdds", Passed)]);
    }
    // A route is no place.
    let route =
        "<testsuite name='/users'><testsuite name='GET'><testcase name='works'/></testsuite></testsuite>";
    assert_eq!(outcomes(&run(route)), [("/users > GET > works", Passed)]);
}

#[test]
fn pytest_a_module_that_cannot_be_imported() {
    let run = run(r#"<testsuites><testsuite name="pytest" errors="1" tests="1">
        <testcase classname="" name="test_load"><error message="collection failure">x</error></testcase>
        </testsuite></testsuites>"#);
    assert_eq!(outcomes(&run), [("pytest > test_load", Error)]);
}

#[test]
fn pytest_counts_a_test_that_passed_and_then_broke_twice() {
    let run = run(
        "<testsuite name='pytest' tests='2' errors='1' failures='0'><testcase name='a'><error/></testcase></testsuite>",
    );
    assert_eq!((outcomes(&run), run.contradictions.len()), (vec![("pytest > a", Error)], 0));
}

#[test]
fn catch2_counts_assertions() {
    let suite = |more| {
        format!(
            "<testsuites><testsuite name='exe' errors='0' {more} tests='26' hostname='tbd'>
        <testcase classname='exe.global' name='loads' status='run'/></testsuite></testsuites>"
        )
    };
    assert!(is_green(&run(&suite("failures='0'"))));
    assert_eq!(run(&suite("failures='1'")).contradictions, ["suite `exe` claims 1 failures and shows 0"]);
}

#[test]
fn surefire_counts_attempts_and_reports_them_inside_the_case() {
    let run = run(r#"<testsuite name="org.example.LoadTest" tests="7" errors="1" skipped="0" failures="1">
        <properties><property name="user.name" value="robin"/></properties>
        <testcase name="late" classname="org.example.LoadTest">
          <flakyFailure message="m" type="t"><stackTrace>x</stackTrace><system-out>y</system-out></flakyFailure>
          <flakyError message="m" type="t"/></testcase>
        <testcase name="bad" classname="org.example.LoadTest"><failure type="t"/><rerunFailure type="t"/></testcase>
        <testcase name="worse" classname="org.example.LoadTest"><error type="t"/><rerunError type="t"/></testcase>
        </testsuite>"#);
    assert_eq!(
        outcomes(&run),
        [
            ("org.example.LoadTest > bad", Failed),
            ("org.example.LoadTest > late", Flaky),
            ("org.example.LoadTest > worse", Error),
        ]
    );
    assert_eq!(run.contradictions, Vec::<String>::new());
}

#[test]
fn a_later_attempt_without_the_first_is_flaky() {
    for (attributes, outcome) in [
        ("attempt='2'", Flaky),
        ("attempts='3' status='passed'", Flaky),
        ("retry='1'", Flaky),
        ("Retries='1'", Flaky),
        ("reruns='2'", Flaky),
        ("rerun='true'", Flaky),
        ("flaky='true'", Flaky),
        ("attempt='second'", Flaky),
        ("attempt='1' retry='0' retries='' reruns='0' flaky='false' rerun='no'", Passed),
        ("attempt='0'", Passed),
    ] {
        assert_eq!(one(attributes, "").0, outcome, "{attributes}");
    }
    assert_eq!(one("attempt='2'", "<failure/>").0, Failed);
}

#[test]
fn nextest_a_retried_test_is_flaky_although_it_ends_green() {
    let run = run(r#"<testsuites name="nextest-run" tests="2" failures="1" errors="0" uuid="0">
        <testsuite name="upload" tests="2" disabled="0" errors="0" failures="1">
        <testcase name="t::late" classname="upload"><flakyFailure message="m">text &amp; more
            <system-out>o</system-out></flakyFailure></testcase>
        <testcase name="t::bad" classname="upload"><failure/><rerunFailure/></testcase>
        </testsuite></testsuites>"#);
    assert_eq!(outcomes(&run), [("upload > t::bad", Failed), ("upload > t::late", Flaky)]);
    assert_eq!(run.contradictions, Vec::<String>::new());
}

#[test]
fn gradle_writes_a_retried_test_twice_without_a_mark() {
    let run = run(r#"<testsuite name="a.B" tests="4" failures="1" errors="0">
        <testcase name="x" classname="a.B"><failure/></testcase>
        <testcase name="x" classname="a.B"/>
        <testcase name="y" classname="a.B"/>
        <testcase name="y" classname="a.B"/></testsuite>"#);
    // With `mergeReruns` it writes `flakyFailure`.
    assert_eq!(outcomes(&run), [("a.B > x", Failed), ("a.B > y", Passed)]);
    assert_eq!(run.tests[1].records, 2);
}

#[test]
fn a_pass_does_not_excuse_the_failure_that_comes_after_it() {
    let case = |content: &str| format!("<testcase name='x'>{content}</testcase>");
    for (attempts, outcome) in [
        (vec!["", "<failure/>"], Failed),
        (vec!["<failure/>", "", "<error/>"], Error),
        (vec!["<error/>", ""], Error),
        (vec!["<failure/>", "", "<skipped/>"], Failed),
        (vec!["", "<skipped/>"], Skipped),
        (vec!["<skipped/>", ""], Skipped),
    ] {
        let cases: String = attempts.iter().map(|content| case(content)).collect();
        let run = run(&format!("<testsuite>{cases}</testsuite>"));
        assert_eq!((run.tests[0].outcome, run.tests[0].records), (outcome, attempts.len() as u64), "{cases}");
    }
}

#[test]
fn ctest_says_the_outcome_in_an_attribute() {
    let run = run(r#"<testsuite name="(empty)"
        tests="6" failures="1" disabled="1" skipped="2" hostname="">
        <testcase name="whole" classname="whole" status="fail"><failure message=""/></testcase>
        <testcase name="good" classname="good" status="run"><system-out/></testcase>
        <testcase name="off" classname="off" status="disabled"><system-out>Disabled</system-out></testcase>
        <testcase name="gone" classname="gone" status="notrun"><skipped message="Unable to find executable"/></testcase>
        <testcase name="quiet" classname="quiet" status="notrun"/>
        <testcase name="odd" classname="odd" status="fail"/>
        </testsuite>"#);
    assert_eq!(
        outcomes(&run),
        [
            ("(empty) > gone", Error),
            ("(empty) > good", Passed),
            ("(empty) > odd", Failed),
            ("(empty) > off", Skipped),
            ("(empty) > quiet", Skipped),
            ("(empty) > whole", Failed),
        ]
    );
    assert_eq!(run.contradictions, Vec::<String>::new());
}

#[test]
fn googletest_has_a_status_and_a_result() {
    let run = run(r#"<testsuites tests="4" failures="1" disabled="1" errors="0" name="AllTests">
        <testsuite name="S" tests="4" failures="1" disabled="1" skipped="1" errors="0">
        <testcase name="Ok" status="run" result="completed" classname="S"/>
        <testcase name="Two" status="run" result="completed" classname="S"><failure/><failure/></testcase>
        <testcase name="DISABLED_D" status="notrun" result="suppressed" classname="S"/>
        <testcase name="Skip" status="run" result="skipped" classname="S"/>
        </testsuite></testsuites>"#);
    assert_eq!(
        outcomes(&run),
        [("S > DISABLED_D", Skipped), ("S > Ok", Passed), ("S > Skip", Skipped), ("S > Two", Failed)]
    );
    assert_eq!(run.contradictions, Vec::<String>::new());
}

#[test]
fn node_writes_cases_below_the_root_and_todo_beside_failure() {
    let run = run(r#"<testsuites>
        <testcase name="top" classname="test"/>
        <testcase name="bad" classname="test" failure="1 == 2"><failure type="testCodeFailure">a > b</failure></testcase>
        <testcase name="later" classname="test" failure="x"><skipped type="todo" message="t"/><failure/></testcase>
        <testcase name="broken later" classname="test"><skipped type="todo"/><error/></testcase>
        <testsuite name="s" tests="1" failures="0"><testcase name="in" classname="test"/></testsuite>
        <!-- pass 2 --></testsuites>"#);
    assert_eq!(
        outcomes(&run),
        [
            ("s > test > in", Passed),
            ("test > bad", Failed),
            ("test > broken later", Error),
            ("test > later", Skipped),
            ("test > top", Passed),
        ]
    );
    assert_eq!(run.contradictions, Vec::<String>::new());
}

#[test]
fn phpunit_nests_suites_and_writes_a_risky_test_as_an_error() {
    let run = run(
        r#"<testsuites><testsuite name="LoadTest" tests="4" errors="2" warnings="1" failures="0" skipped="0">
        <testcase name="testA" class="App\LoadTest" classname="App.LoadTest"/>
        <testcase name="testRisky" class="LoadTest" classname="LoadTest"><error type="RiskyTestError"/></testcase>
        <testcase name="testWarn" class="LoadTest" classname="LoadTest"><warning type="Warning"/><error/></testcase>
        <testsuite name="LoadTest::testP" tests="1" errors="0" failures="0">
        <testcase name="testP with data set #0" class="LoadTest" classname="LoadTest"/></testsuite>
        </testsuite></testsuites>"#,
    );
    assert_eq!(
        outcomes(&run),
        [
            ("LoadTest > App.LoadTest > testA", Passed),
            ("LoadTest > LoadTest::testP > testP with data set #0", Passed),
            ("LoadTest > testRisky", Error),
            ("LoadTest > testWarn", Error),
        ]
    );
    assert_eq!(run.contradictions, Vec::<String>::new());
    assert_eq!(one("", "<warning/>").0, Failed);
}

#[test]
fn libtest_counts_an_ignored_test_that_it_does_not_write() {
    let run = run(
        r#"<?xml version="1.0" encoding="UTF-8"?><testsuites><testsuite name="test" package="test" id="0" errors="0" failures="0" tests="3" skipped="1" ><testcase classname="t" name="a" time="0"/><testcase classname="t" name="b"><system-out><![CDATA[x]]>&#xA;<![CDATA[]]></system-out></testcase><system-out/></testsuite></testsuites>"#,
    );
    assert_eq!(outcomes(&run), [("test > t > a", Passed), ("test > t > b", Passed)]);
    assert_eq!(run.contradictions, Vec::<String>::new());
    // The outer summary need not repeat what the inner one explains; beyond that, something is
    // missing.
    let outer = |tests: u64| {
        let text = format!(
            "<testsuites tests='{tests}'><testsuite name='s' tests='3' skipped='2'>
            <testcase name='a'/></testsuite></testsuites>"
        );
        self::run(&text).contradictions.len()
    };
    assert_eq!((outer(3), outer(4)), (0, 1));
}

#[test]
fn prefixes_and_capitals_do_not_hide_a_failure() {
    let run = run(r#"<j:testsuites xmlns:j="urn:example:junit"><j:testsuite name="s"><j:testCase name="a">
        <j:Failure/></j:testCase></j:testsuite></j:testsuites>"#);
    assert_eq!(outcomes(&run), [("s > a", Failed)]);
    assert_eq!(one("Status='failed'", "").0, Failed);
}

#[test]
fn a_case_below_unknown_elements_is_found() {
    let run = run("<testsuite name='s'><group><wrap><testcase name='a'><failure/></testcase></wrap></group>
        <testcase name='outer'><testcase name='inner'><error/></testcase></testcase></testsuite>");
    assert_eq!(outcomes(&run), [("s > a", Failed), ("s > inner", Error), ("s > outer", Passed)]);
    assert_eq!(one("", "<system-out><failure/></system-out>").0, Failed);
}

#[test]
fn what_is_not_known_is_not_passed() {
    assert_eq!(one("status='maybe'", ""), (Error, true));
    assert_eq!(one("result='WARNED'", ""), (Error, true));
    assert_eq!(one("", "<assertionFailure/>"), (Failed, false));
    assert_eq!(one("", "<system-err/><properties/><system-out/>"), (Passed, false));
    for (status, outcome) in
        [("errored", Error), ("failed", Failed), ("disabled", Skipped), ("passed", Passed)]
    {
        assert_eq!(one(&format!("status='{status}'"), ""), (outcome, false));
    }
    assert_eq!(one("failure=''", "").0, Failed);
    assert_eq!(one("skipped='true'", "").0, Skipped);
    assert_eq!(one("skipped='false'", "").0, Passed);
}

#[test]
fn several_outcomes_in_one_case_come_to_the_worst() {
    assert_eq!(one("", "<skipped/><failure/><error/>"), (Error, false));
    assert_eq!(one("", "<skipped/><failure/>"), (Failed, true));
    assert_eq!(one("", "<skipped type='todo'/>"), (Skipped, false));
    assert_eq!(one("", "<output><skipped type='todo'/></output><failure/>").0, Failed);
    assert_eq!(one("", "<flakyFailure/><failure/>").0, Failed);
    assert_eq!(one("", "<rerunFailure/>").0, Flaky);
    assert_eq!(one("", "<flakyFailure/><skipped/>").0, Flaky);
}

#[test]
fn attack_60_called_passed_and_shown_as_failed() {
    assert_eq!(one("status='passed'", "<failure/>"), (Failed, true));
}

#[test]
fn attack_60_a_summary_that_claims_more_than_is_shown() {
    for (summary, contradiction) in [
        ("tests='2'", "suite `s` claims 2 tests and shows 1"),
        ("tests='1' failures='1'", "suite `s` claims 1 failures and shows 0"),
        ("tests='1' errors='3'", "suite `s` claims 3 errors and shows 0"),
        ("tests='9' skipped='7'", "suite `s` claims 9 tests and shows 1"),
        ("tests='many'", "suite `s` has a count that is not a number"),
        ("failures='-1'", "suite `s` has a count that is not a number"),
    ] {
        let run = run(&format!("<testsuite name='s' {summary}><testcase name='a'/></testsuite>"));
        assert_eq!(run.contradictions, [contradiction]);
    }
    for summary in ["tests='0'", "tests='9' skipped='8'", "tests='3' disabled='1' skipped='1'", "skip='4'"] {
        let run = run(&format!("<testsuite name='s' {summary}><testcase name='a'/></testsuite>"));
        assert_eq!(run.contradictions, Vec::<String>::new(), "{summary}");
    }
}

#[test]
fn a_summary_is_held_against_the_elements_at_every_level() {
    let run = run("<testsuites name='all' tests='5' failures='1'><testsuite name='a' tests='2'>
        <testsuite name='b' tests='2'><testcase name='x'/></testsuite></testsuite>
        <testsuite name='c' tests='1'><testcase name='y'><failure/></testcase></testsuite></testsuites>");
    assert_eq!(
        run.contradictions,
        [
            "suite `b` claims 2 tests and shows 1",
            "suite `a` claims 2 tests and shows 1",
            "suite `all` claims 5 tests and shows 2",
        ]
    );
}

#[test]
fn errors_outside_tests_are_kept() {
    let run = run("<testsuites><testsuite name='s' errors='1'><error message='could not start'/></testsuite>
        <failure/></testsuites>");
    assert_eq!(
        run.errors,
        [
            "suite `s` reports an error outside its tests",
            "a suite without a name reports a failure outside its tests"
        ]
    );
    assert_eq!(run.contradictions, Vec::<String>::new());
}

#[test]
fn a_suite_that_is_called_skipped_must_not_show_tests_that_ran() {
    assert!(is_green(&run("<testsuite name='s'><skipped/></testsuite>")));
    let run = run("<testsuite name='s'><skipped/><testcase name='a'/></testsuite>");
    assert_eq!(run.contradictions, ["suite `s` is called skipped and shows tests that ran"]);
}

#[test]
fn an_empty_run_is_read_and_holds_no_test() {
    for text in
        ["<testsuites/>", "<testsuite/>", "<testsuites><testsuite name='pytest' tests='0'/></testsuites>"]
    {
        assert_eq!(run(text), TestRun::default());
    }
}

#[test]
fn tests_without_a_name_cannot_hide_behind_each_other() {
    let run =
        run("<testsuite><testcase/><testcase><skipped/></testcase><testcase><error/></testcase></testsuite>");
    assert_eq!(outcomes(&run), [("(unnamed)", Error)]);
    let run = self::run("<testsuite id='s1'><testcase id='t1'/></testsuite>");
    assert_eq!(outcomes(&run), [("s1 > t1", Passed)]);
}

#[test]
fn nothing_personal_is_kept() {
    let run = run(
        r#"<testsuite name="s" hostname="robins-laptop"><properties><property name="user" value="robin"/>
        </properties><testcase name="a" file="/home/robin/a"><failure message="robin@example.test">robin</failure>
        <system-out>robin</system-out></testcase></testsuite>"#,
    );
    assert!(!format!("{run:?}").contains("robin"));
}

#[test]
fn document_types_and_entities_are_refused() {
    let expansion = "<!DOCTYPE testsuite [<!ENTITY a 'x'>]><testsuite><testcase name='&a;'/></testsuite>";
    assert!(refused(expansion).message.contains("document type"));
    let external = "<!DOCTYPE testsuite SYSTEM 'file:///etc/hostname'><testsuite/>";
    assert!(refused(external).message.contains("document type"));
    refused("<testsuite><testcase name='&a;'/></testsuite>");
    refused("<testsuite><system-out>&a;</system-out></testsuite>");
    refused("<testsuite><system-out>&nbsp;</system-out></testsuite>");
    refused("<testsuite name='&#0;'/>");
    refused("<testsuite><testcase name='a'/>&#x1b;</testsuite>");
    refused("<testsuite name='&#x110000;'/>");
    let run = run("<testsuite name='&lt;&gt;&amp;&apos;&quot;&#65;'><testcase name='a'/>&amp;</testsuite>");
    assert_eq!(outcomes(&run), [("<>&'\"A > a", Passed)]);
}

#[test]
fn what_is_not_one_whole_document_is_refused_with_its_line() {
    for (text, line) in [
        ("<testsuite>\n<testcase name='a'/>", 2),
        ("<testsuite>\n<testcase name='a'/></testsuite>\n<testsuite/>", 3),
        ("<testsuite/>\n<?xml version='1.0'?><testsuite/>", 2),
        ("<testsuite/>garbage", 1),
        ("<testsuite/><![CDATA[x]]>", 1),
        ("<testsuite/>&amp;", 1),
        ("<testsuite>\n<testcase name='a'>\n</testsuite>", 3),
        ("<testsuite></testsuites>", 1),
        ("<testsuite><testcase name='a' name='b'/></testsuite>", 1),
        ("<testsuite><testcase name=a/></testsuite>", 1),
        ("<testsuite>\n\n<testcase name='a\u{0}'/></testsuite>", 3),
        ("<testsuite><testcase name='a & b'/></testsuite>", 1),
        ("<testsuite>a & b</testsuite>", 1),
    ] {
        assert_eq!(refused(text).line, Some(line), "{text}");
    }
    for text in [
        "",
        "<html><testsuite/></html>",
        "<!-- <testsuite/> -->",
        "<testcase name='a'/>",
        "testsuite",
        "</a><testsuite/>",
    ] {
        refused(text);
    }
}

#[test]
fn other_encodings_are_recognised() {
    let text = "<testsuite name='é'><testcase name='a'/></testsuite>";
    let utf16: Vec<u8> =
        std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let latin1 = b"<?xml version='1.0' encoding='ISO-8859-15'?><testsuite name='\xe9'><testcase name='a'/></testsuite>";
    for bytes in [utf16.as_slice(), latin1, format!("\u{feff}{text}").as_bytes()] {
        assert_eq!(outcomes(&crate::parse(bytes).unwrap()), [("é > a", Passed)]);
    }
}

const DOCUMENT: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="all" tests="3" failures="0">
  <testsuite name="s" tests="3" failures="0" errors="0" skipped="1">
    <testcase name="a" classname="s" status="run"/>
    <testcase name="b" classname="s"><system-out><![CDATA[x]]>&amp;</system-out></testcase>
    <testcase name="c" classname="s"><skipped message="m"/></testcase>
  </testsuite>
</testsuites>"#;

#[test]
fn no_prefix_of_a_document_is_a_run() {
    assert!(is_green(&run(DOCUMENT)));
    for end in 0..DOCUMENT.len() {
        refused(&DOCUMENT[..end]);
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = crate::parse(&bytes);
        let _ = parse_junit(Input::Whole(&bytes));
    }

    #[test]
    fn arbitrary_elements_never_panic_and_never_turn_a_failure_green(
        parts in proptest::collection::vec(prop_oneof![
            Just("<testsuite name='x' tests='1'>"), Just("</testsuite>"), Just("<testcase name='a'>"),
            Just("</testcase>"), Just("<skipped type='todo'/>"), Just("<flakyFailure>"), Just("</flakyFailure>"),
            Just("<testcase status='failed'/>"), Just("text"), Just("<!--"), Just("-->"), Just("<![CDATA["), Just("]]>"),
        ], 0..30),
    ) {
        let text = format!("<testsuite>{}<testcase name='z'><error/></testcase></testsuite>", parts.concat());
        if let Ok(run) = parse_junit(Input::Whole(text.as_bytes())) {
            let hidden = parts.contains(&"<!--") || parts.contains(&"<![CDATA[");
            prop_assert!(hidden || !is_green(&run), "{}", text);
        }
    }

    #[test]
    fn mutated_documents_never_panic_and_lose_no_test(at in 0..DOCUMENT.len(), byte in any::<u8>()) {
        let mut bytes = DOCUMENT.as_bytes().to_vec();
        bytes[at] = byte;
        if let Ok(run) = parse_junit(Input::Whole(&bytes)) {
            let records: u64 = run.tests.iter().map(|test| test.records).sum();
            prop_assert!(records == 3 || !run.contradictions.is_empty() || bytes[at] == b'0', "{}", String::from_utf8_lossy(&bytes));
        }
    }

    #[test]
    fn a_document_cut_anywhere_is_no_run(cut in 1..DOCUMENT.len(), length in 1..40usize) {
        let end = DOCUMENT.len().saturating_sub(length).min(cut);
        prop_assert!(parse_junit(Input::Whole(&DOCUMENT.as_bytes()[..end])).is_err());
    }
}
