//! A run that its runner calls failed is never read as one that passed, whatever the tests are called and wherever the failure is said.

use crate::support::checkout::{Checkout, REPORT};
use portcullis_model::test_run::TestOutcome::{self, Failed, Flaky, Passed, Skipped};
use portcullis_model::test_run::TestRun;
use portcullis_report::parse;

const SUITE: &str = "regression-tests";

fn run(text: &str) -> TestRun {
    parse(text.as_bytes()).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn outcomes(run: &TestRun) -> Vec<(&str, TestOutcome)> {
    run.tests.iter().map(|test| (test.id.as_str(), test.outcome)).collect()
}

/// Nothing speaks against the run, and a test of it passed.
fn is_green(run: &TestRun) -> bool {
    let good = |outcome| matches!(outcome, Passed | Skipped);
    run.contradictions.is_empty()
        && run.errors.is_empty()
        && run.tests.iter().all(|test| good(test.outcome))
        && run.tests.iter().any(|test| test.outcome == Passed)
}

/// It is not read as a green run.
fn red(text: &str) {
    if let Ok(run) = parse(text.as_bytes()) {
        assert!(!is_green(&run), "{text}\n{run:?}");
    }
}

/// It is read as a green run.
fn green(text: &str) {
    let run = run(text);
    assert!(is_green(&run), "{text}\n{run:?}");
}

/// The worst outcome of a report.
fn worst(text: &str) -> TestOutcome {
    run(text).tests.iter().map(|test| test.outcome).max().unwrap()
}

fn suite(cases: &str) -> String {
    format!("<testsuites><testsuite name='s'>{cases}</testsuite></testsuites>")
}

/// A suite with one test that has these attributes and holds this.
fn case(attributes: &str, content: &str) -> String {
    suite(&format!("<testcase classname='K' name='a' {attributes}>{content}</testcase>"))
}

// One name for several tests.

#[test]
fn a_pass_does_not_excuse_a_failure_of_another_test_of_one_name() {
    let (bad, good) = ("<testcase name='a'><failure/></testcase>", "<testcase name='a'/>");
    let both = |one: &str, other: &str| {
        suite(&format!(
            "<testcase name='a' {one}><failure message='m'/></testcase><testcase name='a' {other}/>"
        ))
    };
    for text in [
        // Another suite of one name, another file, line, data row, time.
        format!(
            "<testsuites><testsuite name='s'>{bad}</testsuite><testsuite name='s'>{good}</testsuite></testsuites>"
        ),
        both("file='a.py'", "file='b.py'"),
        both("file='a.py' line='3'", "file='a.py' line='9'"),
        both("value_param='1'", "value_param='2'"),
        both("timestamp='2026-01-01T00:00:00'", "timestamp='2026-01-01T00:00:01'"),
        both("", ""),
        // Without a name, and under the class alone.
        suite("<testcase classname='K'><failure/></testcase><testcase classname='K'/>"),
        suite("<testcase classname='a' name='a'><error/></testcase><testcase name='a'/>"),
        // Three of a name: the last two pass.
        suite(&[bad, good, good].concat()),
    ] {
        assert!(worst(&text) >= Failed, "{text}\n{:?}", run(&text));
    }
}

#[test]
fn runs_of_one_test_that_the_runner_does_not_call_attempts_are_several_tests() {
    let go = |events: &[&str]| {
        let line = |event: &&str| match event.split_once(' ') {
            Some((action, test)) => {
                format!("{{\"Action\":\"{action}\",\"Package\":\"p\",\"Test\":\"{test}\"}}\n")
            }
            None => format!("{{\"Action\":\"{event}\",\"Package\":\"p\"}}\n"),
        };
        events.iter().map(line).collect::<String>()
    };
    // `go test -count=2` fails when one of the two does.
    let counted = go(&["start", "run A", "fail A", "run A", "pass A", "fail"]);
    assert_eq!(outcomes(&run(&counted)), [("p > A", Failed)]);
    // Two runs of the whole package, as with other build tags.
    let twice = go(&[
        "start", "run A", "fail A", "run B", "pass B", "fail", "start", "run A", "pass A", "run B", "pass B",
        "pass",
    ]);
    assert_eq!(outcomes(&run(&twice)), [("p > A", Failed), ("p > B", Passed)]);
    // nextest runs a test again and again (`--stress-count`).
    let suite = |end: &str, passed: u64, failed: u64, event: &str| {
        format!(
            "{{\"type\":\"suite\",\"event\":\"started\",\"test_count\":1,\"nextest\":{{\"crate\":\"u\"}}}}\n\
             {{\"type\":\"test\",\"event\":\"{event}\",\"name\":\"u::l$t\"}}\n\
             {{\"type\":\"suite\",\"event\":\"{end}\",\"passed\":{passed},\"failed\":{failed}}}\n"
        )
    };
    let stress = [suite("failed", 0, 1, "failed"), suite("ok", 1, 0, "ok")].concat();
    assert_eq!(outcomes(&run(&stress)), [("u::l$t", Failed)]);
    // Gradle without `mergeReruns`, and gotestsum's JUnit.
    let gradle = suite_of(
        "a.B",
        "<testcase name='x' classname='a.B'><failure/></testcase><testcase name='x' classname='a.B'/>",
    );
    assert_eq!(outcomes(&run(&gradle)), [("a.B > x", Failed)]);
}

fn suite_of(name: &str, cases: &str) -> String {
    format!("<testsuite name='{name}'>{cases}</testsuite>")
}

#[test]
fn what_the_runner_calls_attempts_is_flaky() {
    let marked = |first: &str, second: &str| {
        suite(&format!("<testcase name='a' {first}><failure/></testcase><testcase name='a' {second}/>"))
    };
    for text in [
        case("", "<flakyFailure message='m'/>"),
        case("", "<rerunFailure message='m'/>"),
        case("attempt='2'", ""),
        marked("attempt='1'", "attempt='2'"),
        marked("", "attempt='2'"),
        marked("retry='0'", "retry='1'"),
    ] {
        assert_eq!(worst(&text), Flaky, "{text}");
    }
    // The mark is of two attempts, and there are two failures and another test of the name.
    let more = suite(
        "<testcase name='a'><failure/></testcase><testcase name='a'><failure/></testcase><testcase name='a' attempt='2'/>",
    );
    assert_eq!(worst(&more), Failed);
    assert_eq!(worst(&marked("attempt='2'", "attempt='1'")), Failed);
    assert_eq!(worst(&marked("", "flaky='true'")), Failed);
    // pytest-rerunfailures writes the first attempt without an outcome.
    let pytest = suite_of("pytest", &"<testcase classname='t' name='a'/>".repeat(2));
    assert_eq!(worst(&pytest), Flaky);
    // gotestsum runs only what failed again.
    let go = |action: &str, test: &str| {
        format!("{{\"Action\":\"{action}\",\"Package\":\"p\",\"Test\":\"{test}\"}}\n")
    };
    let end = |action: &str| format!("{{\"Action\":\"{action}\",\"Package\":\"p\"}}\n");
    let rerun = [
        go("run", "A"),
        go("fail", "A"),
        go("run", "B"),
        go("pass", "B"),
        end("fail"),
        end("start"),
        go("run", "A"),
        go("pass", "A"),
        end("pass"),
    ];
    assert_eq!(outcomes(&run(&rerun.concat())), [("p > A", Flaky), ("p > B", Passed)]);
}

#[test]
fn names_that_differ_in_a_place_or_an_address_are_different_tests() {
    for (one, other) in [
        ("/home/robin/x", "/home/kim/x"),
        ("GET /Users/7", "GET /Users/8"),
        ("C:\\Users\\robin\\x", "C:\\Users\\kim\\x"),
        ("reads /tmp/a", "reads /tmp/b"),
        ("reads /var/folders/a", "reads /var/folders/b"),
        ("loads(a.Loader@1b6d3586)", "loads(a.Loader@2c7e4697)"),
        ("loads[&lt;Loader at 0x7f2a10c3b5e0&gt;]", "loads[&lt;Loader at 0x7f2a10c3b5f0&gt;]"),
        ("TestX/0xc00012a000", "TestX/0xc00012b000"),
        ("mails a@abcdef1", "mails a@abcdef2"),
    ] {
        let text = suite(&format!("<testcase name='{one}'><failure/></testcase><testcase name='{other}'/>"));
        let run = run(&text);
        assert_eq!(run.tests.len(), 2, "{run:?}");
        let tap = format!("1..2\nnot ok 1 - {one}\nok 2 - {other}\n");
        assert_eq!(self::run(&tap).tests.len(), 2, "{tap}");
    }
}

#[test]
fn names_that_are_made_shorter_are_kept_apart_where_they_would_be_one() {
    let phpunit = |place: &str, content: &str| {
        format!(
            "<testsuite name='{place}' assertions='1'><testsuite name='UpTest' assertions='1'>\
             <testcase name='a' classname='UpTest'>{content}</testcase></testsuite></testsuite>"
        )
    };
    let two =
        format!("<testsuites>{}{}</testsuites>", phpunit("/srv/a", "<failure/>"), phpunit("/srv/b", ""));
    assert_eq!(outcomes(&run(&two)), [("/srv/a > UpTest > a", Failed), ("/srv/b > UpTest > a", Passed)]);
    let timed = |time: &str, content: &str| {
        suite_of(&format!("t.A-{time}"), &format!("<testcase name='x'>{content}</testcase>"))
    };
    let two = format!(
        "<testsuites>{}{}</testsuites>",
        timed("20261123133605", "<error/>"),
        timed("20261123133705", "")
    );
    assert_eq!(run(&two).tests.len(), 2, "{:?}", run(&two));
    let dotnet = |assembly: &str, outcome: &str| {
        (
            format!("<UnitTestResult testId='{assembly}' testName='x' outcome='{outcome}'/>"),
            format!(
                "<UnitTest id='{assembly}'><TestMethod className='A.B, {assembly}' name='x'/></UnitTest>"
            ),
        )
    };
    let (one, other) = (dotnet("One", "Failed"), dotnet("Two", "Passed"));
    let trx = format!(
        "<TestRun><Results>{}{}</Results><TestDefinitions>{}{}</TestDefinitions></TestRun>",
        one.0, other.0, one.1, other.1
    );
    assert_eq!(run(&trx).tests.len(), 2, "{:?}", run(&trx));
    let assembly = |path: &str, result: &str| {
        format!(
            "<assembly name='{path}'><collection><test type='K' name='K.x' result='{result}'/></collection></assembly>"
        )
    };
    let xunit = format!(
        "<assemblies>{}{}</assemblies>",
        assembly("/a/net8.0/T.dll", "Fail"),
        assembly("/a/net9.0/T.dll", "Pass")
    );
    assert_eq!(run(&xunit).tests.len(), 2, "{:?}", run(&xunit));
}

#[test]
fn who_runs_the_tests_is_no_part_of_a_name_and_a_route_is_one() {
    let one = |name: &str| run(&suite(&format!("<testcase name='{name}'/>"))).tests[0].id.clone();
    for (name, id) in [
        ("/home/robin/src/a.test.mjs", "s > (home)/src/a.test.mjs"),
        ("reads \"/Users/robin/x\"", "s > reads \"(home)/x\""),
        ("C:\\Users\\robin\\a.js", "s > C:(home)\\a.js"),
        ("file:///home/robin/a.js", "s > file://(home)/a.js"),
    ] {
        assert_eq!(one(&name.replace('"', "&quot;")), id);
    }
    // Only where a path begins.
    for name in
        ["GET /api/Users/7", "reads srv/home/robin/x", "https://a.test/home/robin", "x/home/y", "~/home/x"]
    {
        assert_eq!(one(name), format!("s > {name}"));
    }
}

#[test]
fn versions_ports_and_times_tell_tests_of_one_run_apart() {
    for (one, other) in [
        ("reads version 1.2.3", "reads version 1.2.4"),
        ("upload on :43121", "upload on :43122"),
        ("loads 5f0c954e-7f3c-4a7e-9d0a-3a8f7c2f1b11", "loads 5f0c954e-7f3c-4a7e-9d0a-3a8f7c2f1b12"),
        ("at 2026-11-23T13:36:05Z", "at 2026-11-23T13:36:06Z"),
        ("before 2026-11-23", "before 2026-11-24"),
        ("a # time=5ms", "b # time=5ms"),
    ] {
        let text = suite(&format!("<testcase name='{one}'><failure/></testcase><testcase name='{other}'/>"));
        assert_eq!(run(&text).tests.len(), 2, "{text}");
        assert_eq!(worst(&text), Failed);
    }
}

/// A project whose suite has a baseline, and whose branch `change` changes the guarded file.
fn baselined(before: &str) -> Checkout {
    let controls = "[controls.regression-tests.suites.upload]\nminimum = 1\ntrust = \"local\"\nmax-age = \"24h\"\nbaseline = \"required\"\n\
                    reports = [\"out/junit.xml\"]\n";
    let project = Checkout::with(controls, &[("services/upload/load.py", "one\n")]);
    project.write(REPORT, &suite(before));
    project.record(&["--note"]);
    std::fs::remove_file(project.path().join(REPORT)).unwrap();
    project.change("services/upload/load.py", "two\n");
    project
}

fn cases(names: &[&str]) -> String {
    names.iter().map(|name| format!("<testcase name='{name}'/>")).collect()
}

#[test]
fn what_changes_in_a_name_from_run_to_run_is_no_test_that_vanished() {
    let before = [
        "upload on localhost:43121 works",
        "listens on port 43122",
        "loads 5f0c954e-7f3c-4a7e-9d0a-3a8f7c2f1b11",
        "on Python 3.12.1",
        "Firefox 121.0 (Linux)",
        "at 2026-11-23T13:36:05.123Z",
        "reads /tmp/pytest-of-robin/pytest-3/x.csv",
        "loads(a.Loader@1b6d3586)",
        "loads[&lt;Loader object at 0x7f2a10c3b5e0&gt;]",
        "ends (12 ms)",
    ];
    let after = [
        "upload on localhost:51999 works",
        "listens on port 52000",
        "loads 0b8ff4a6-1c5f-4fd4-8e9a-0d2b9b1f7e02",
        "on Python 3.13.0",
        "Firefox 122.1 (Linux)",
        "at 2026-11-24T01:02:03.4Z",
        "reads /tmp/pytest-of-kim/pytest-44/x.csv",
        "loads(a.Loader@2c7e4697)",
        "loads[&lt;Loader object at 0x7f9911223344&gt;]",
        "ends (15 ms)",
    ];
    let project = baselined(&cases(&before));
    project.write(REPORT, &suite(&cases(&after)));
    let verdict = project.judge(&[]);
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
}

#[test]
fn a_test_does_not_vanish_behind_one_whose_name_is_much_the_same() {
    let project = baselined(&cases(&["on port 43121", "on port 43122", "rejects test data"]));
    for (now, says) in [
        // One of two is gone.
        (vec!["on port 51000", "rejects test data"], "are missing"),
        (vec!["on port 43121", "rejects test data"], "on port 43122"),
        // Another one took its name's place, and it is another one.
        (vec!["on port 51000", "on port 51001", "rejects no data"], "rejects test data"),
        (vec!["on port 51000", "on port x", "rejects test data"], "missing"),
    ] {
        project.write(REPORT, &suite(&cases(&now)));
        project.judge(&[]).expect(1, SUITE, says.trim_start_matches("are "));
    }
    // What is skipped now verifies nothing, whatever its name is.
    let skipped = "<testcase name='on port 51000'/><testcase name='on port 51001'><skipped/></testcase><testcase name='rejects test data'/>";
    project.write(REPORT, &suite(skipped));
    project.judge(&[]).expect(1, SUITE, "no longer verifies");
    project.write(REPORT, &suite(&cases(&["on port 51000", "on port 51001", "rejects test data"])));
    let verdict = project.judge(&[]);
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
}

// A failure that is said where few look.

#[test]
fn a_suite_that_says_of_itself_that_it_failed() {
    for said in [
        "result='failed'",
        "result='Failure'",
        "status='failed'",
        "status='error'",
        "status='timedout'",
        "success='false'",
        "success='0'",
        "overall-result='failed'",
        "overall-result='FAIL'",
        "overallresult='Failed'",
        "outcome='failed'",
        "verdict='fail'",
        "state='aborted'",
        "conclusion='failure'",
        "passed='false'",
        "failed='1'",
        "failed='true'",
        "crashed='1'",
        "crashed='true'",
        "aborted='true'",
        "timeout='true'",
        "timedout='1'",
        "errored='2'",
        "broken='1'",
        "unexpected='1'",
        "interrupted='true'",
        "exit-code='1'",
        "exitcode='139'",
        "exit_status='2'",
        "failure='could not start'",
        "error='out of memory'",
        "whatever='failed'",
        "result='who knows'",
    ] {
        red(&format!("<testsuite name='s' {said}><testcase name='a'/></testsuite>"));
        red(&format!("<testsuites {said}><testsuite name='s'><testcase name='a'/></testsuite></testsuites>"));
    }
}

#[test]
fn a_suite_that_says_of_itself_that_all_is_well() {
    for said in [
        "result='passed'",
        "result='ok'",
        "status='completed'",
        "status='run'",
        "status='passed'",
        "success='true'",
        "overall-result='success'",
        "failed='0'",
        "failed='false'",
        "crashed='0'",
        "timeout='0'",
        "exit-code='0'",
        "failures='0' errors='0' skipped='0' disabled='0' warnings='0' assertions='3' unexpected='0'",
        "time='1.5' timestamp='2026-01-01T00:00:00' hostname='h' id='0' package='p' file='a.py' uuid='u' random_seed='7' log='x.log' url='u'",
        "errors='' failures=''",
    ] {
        green(&format!("<testsuite name='s' {said}><testcase name='a'/></testsuite>"));
        green(&format!(
            "<testsuites {said}><testsuite name='s'><testcase name='a'/></testsuite></testsuites>"
        ));
    }
    // One that failed, and shows what.
    let shown = run(
        "<testsuite name='s' result='failed' failed='1' failures='1'><testcase name='a'><failure/></testcase></testsuite>",
    );
    assert!(shown.errors.is_empty() && shown.contradictions.is_empty(), "{shown:?}");
}

#[test]
fn an_element_that_says_outside_of_the_tests_that_something_failed() {
    for said in [
        "<crash/>",
        "<crashed>signal 11</crashed>",
        "<exception type='x'/>",
        "<abort/>",
        "<aborted/>",
        "<timeout/>",
        "<fatal/>",
        "<fatalError/>",
        "<panic/>",
        "<unhandledRejection/>",
        "<interrupted/>",
        "<killed signal='9'/>",
        "<outcome result='failed'/>",
        "<summary status='error'/>",
        "<properties><property name='result' value='failed'/></properties>",
    ] {
        red(&suite(&format!("<testcase name='a'/>{said}")));
        red(&format!("<testsuites><testsuite name='s'><testcase name='a'/></testsuite>{said}</testsuites>"));
    }
    for fine in [
        "<properties><property name='on.error' value='failed'/></properties>",
        "<system-out>failed</system-out>",
        "<system-err/>",
        "<summary status='passed'/>",
        "<description/>",
    ] {
        green(&suite(&format!("<testcase name='a'/>{fine}")));
    }
}

#[test]
fn an_element_in_a_test_that_nobody_knows_is_no_pass() {
    for said in [
        "<crash/>",
        "<exception/>",
        "<timeout/>",
        "<aborted/>",
        "<broken/>",
        "<assertion/>",
        "<verdict>NOK</verdict>",
        "<status>failed</status>",
        "<outcome value='failed'/>",
        "<problem/>",
        "<nok/>",
        "<panic>at load.rs</panic>",
        "<unexpectedSuccess/>",
        "<x:defect xmlns:x='urn:x'/>",
        "failed",
        "<![CDATA[ FAILED ]]>",
        "fai&#108;ed",
        "\u{1b}[1;31mfailed\u{1b}[0m",
        "fai&#8;led",
        "<properties><property name='outcome' value='\u{1b}[31mfailed\u{1b}[0m'/></properties>",
        "<properties><property name='exit-code' value='139'/></properties>",
        "<properties><property name='success' value='false'/></properties>",
        "<properties><property name='outcome' value='failed'/></properties>",
        "<steps><step status='failed'/></steps>",
        "<system-out><failure/></system-out>",
    ] {
        red(&case("", said));
    }
    for fine in [
        "<properties><property name='owner' value='x'/><property name='evidence'><item/></property></properties>",
        "<system-out>failed</system-out><system-err/>",
        "<system-out>\u{1b}[31mfailed\u{1b}[0m</system-out>",
        "<properties><property name='colour' value='\u{1b}[32m'/></properties>",
        " ",
        "<properties><property name='exit-code' value='0'/><property name='status' value='200'/></properties>",
        "<description>d</description>",
        "<attachments><attachment/></attachments>",
        "<steps><step status='passed'/></steps>",
    ] {
        green(&case("", fine));
    }
}

#[test]
fn an_attribute_of_a_test_that_nobody_knows_is_no_pass() {
    for said in [
        "outcome='failed'",
        "verdict='NOK'",
        "passed='false'",
        "success='false'",
        "success='0'",
        "ok='no'",
        "state='broken'",
        "failures='1'",
        "errors='2'",
        "failed='true'",
        "crashed='1'",
        "exception='NullPointerException'",
        "timedout='true'",
        "overall-result='failed'",
        "conclusion='failure'",
        "exit-code='1'",
        "red='yes'",
        "ergebnis='durchgefallen'",
        "failed-line='12'",
        "status='undefined'",
    ] {
        red(&case(said, ""));
    }
}

/// From the sources of the writers, and what they let tests add.
#[test]
fn what_common_writers_say_of_a_test_is_known() {
    for said in [
        "time='0.1' file='a.py' line='3' url='u'",
        "class='K' assertions='2'",
        "status='run' result='completed' timestamp='2026-01-01T00:00:00' value_param='1' type_param='int'",
        "lineno='3' source='a'",
        "id='7' duration='2'",
        "hostname='h' package='p' feature='f'",
        "status='success'",
        "asserts='3' fullname='n' methodname='m' start-time='x' end-time='y'",
        "issue_key='A-1' test-id='7' requirement_id='R' description='d' owner='o' tags='t'",
        "success='true' passed='true' failures='0' errors='0' failed='false' crashed='0' exit-code='0'",
        "xmlns:x='urn:x' col='3'",
        "browser='b' retries='0'",
    ] {
        green(&case(said, ""));
    }
    // pytest's `record_xml_attribute` and older versions of googletest let a test write what it likes.
    green(
        "<testsuites><testsuite name='pytest'><testcase classname='t' name='a' REQ='R-1' time='0.1'/></testsuite></testsuites>",
    );
    green(
        "<testsuites tests='1' failures='0' disabled='0' errors='0' time='0' name='AllTests'><testsuite name='S' tests='1' failures='0' \
         disabled='0' errors='0' time='0'><testcase name='a' status='run' time='0' classname='S' MaxUsers='12'/></testsuite></testsuites>",
    );
    // What they call failed they do not write there, and whoever does is believed.
    red("<testsuite name='pytest'><testcase classname='t' name='a' verdict='failed'/></testsuite>");
}

#[test]
fn other_formats_say_it_elsewhere_too() {
    let nunit = |attributes: &str, content: &str| {
        format!(
            "<test-run><test-suite name='s'><test-case fullname='a' result='Passed' {attributes}>{content}</test-case></test-suite></test-run>"
        )
    };
    let xunit = |attributes: &str, content: &str| {
        format!(
            "<assemblies><assembly name='s'><collection><test name='a' result='Pass' {attributes}>{content}</test></collection></assembly></assemblies>"
        )
    };
    let trx = |attributes: &str, content: &str| {
        format!(
            "<TestRun><Results><UnitTestResult testName='a' outcome='Passed' {attributes}>{content}</UnitTestResult></Results></TestRun>"
        )
    };
    for (attributes, content) in [
        ("status='failed'", ""),
        ("verdict='NOK'", ""),
        ("crashed='true'", ""),
        ("", "<crash/>"),
        ("", "<verdict/>"),
        ("", "<error/>"),
    ] {
        for text in [nunit(attributes, content), xunit(attributes, content), trx(attributes, content)] {
            red(&text);
        }
    }
    red(&nunit("", "<assertions><assertion result='Failed'/></assertions>"));
    red(
        "<test-run><test-suite name='s' status='failed'><test-case fullname='a' result='Passed'/></test-suite></test-run>",
    );
    red(
        "<assemblies><assembly name='s' result='Fail'><test name='a' result='Pass'/></assembly></assemblies>",
    );
    red(
        "<assemblies result='Fail'><assembly name='s'><test name='a' result='Pass'/></assembly></assemblies>",
    );
    red(
        "<TestRun outcome='Failed'><Results><UnitTestResult testName='a' outcome='Passed'/></Results></TestRun>",
    );
    let ctrf = |test: &str, more: &str| {
        format!(
            r#"{{"results": {{"tool": {{"name": "x"}}, "summary": {{"tests": 1, "passed": 1, "failed": 0, "skipped": 0, "pending": 0,
            "other": 0 {more}}}, "tests": [{{"name": "a", "status": "passed", "duration": 1 {test}}}]}}}}"#
        )
    };
    red(&ctrf(r#", "rawStatus": "timedOut""#, ""));
    red(&ctrf(r#", "rawStatus": "failed""#, ""));
    green(&ctrf(r#", "rawStatus": "expected""#, ""));
    green(&ctrf(r#", "rawStatus": "passed", "extra": {"x": "failed"}"#, ""));
    green(&nunit(
        "id='1' name='a' methodname='a' classname='K' runstate='Runnable' seed='1' start-time='x' end-time='x' duration='0.1' asserts='1' label='x'",
        "<properties/><output/><reason><message/></reason><attachments/><categories/><assertions><assertion result='Passed'/></assertions>",
    ));
    green(&xunit(
        "id='1' type='K' method='a' time='0.1' time-rtf='x' start-rtf='x' finish-rtf='x' source-file='a' source-line='3'",
        "<traits><trait name='a' value='b'/></traits><output/><warnings><warning/></warnings><attachments/>",
    ));
    green(&trx(
        "executionId='1' testId='2' computerName='c' duration='0' startTime='x' endTime='x' testType='t' testListId='l' relativeResultsDirectory='d' \
         dataRowInfo='1' resultType='DataDrivenDataRow' parentExecutionId='p'",
        "<Output><StdOut>x</StdOut></Output><ResultFiles/><InnerResults/><CollectorDataEntries/>",
    ));
}

#[test]
fn tap_that_asks_to_be_read_strictly() {
    for text in [
        "TAP version 13\npragma +strict\n1..1\nok 1 - a\nnoise\n",
        "TAP version 14\npragma +strict\n1..1\nNOT OK 2\nok 1 - a\n",
        "pragma +strict\n1..1\nok 1 - a\nnoise\n",
        "TAP version 13\npragma +bail, +strict\n1..1\nok 1 - a\nnoise\n",
        "TAP version 13\npragma +strict\n1..1\n\nok 1 - a\n",
        "TAP version 14\n    pragma +strict\n    ok 1 - b\n    noise\n    1..1\nok 1 - a\n1..1\n",
        "TAP version 14\npragma +strict\n    ok 1 - b\n    noise\n    1..1\nok 1 - a\n1..1\n",
        "TAP version 13\npragma +strict\n1..1\nok 1 - a\n  nearly: 1\n",
    ] {
        red(text);
    }
    for text in [
        "TAP version 13\n1..1\nok 1 - a\nnoise\n",
        "TAP version 13\npragma +strict\npragma -strict\n1..1\nok 1 - a\nnoise\n",
        "TAP version 14\npragma +strict\n1..1\n\n# comment\nok 1 - a\n  ---\n  x: 1\n  ...\n",
        "TAP version 14\n    pragma +strict\n    ok 1 - b\n    1..1\nok 1 - a\nnoise\n1..1\n",
        "TAP version 14\npragma +strict\n# Subtest: a\n    ok 1 - b\n    1..1\nok 1 - a\n1..1\n",
        "TAP version 13\npragma +loud\n1..1\nok 1 - a\nnoise\n",
    ] {
        green(text);
    }
}

#[test]
fn tap_whose_comments_tell_that_the_program_failed() {
    for comment in [
        "# Looks like your test exited with 255 just after 1.",
        "# Looks like you failed 1 test of 1.",
        "# Looks like your test died before it could output anything.",
        "# Looks like you planned 2 tests but ran 1.",
        "# Dubious, test returned 2 (wstat 512, 0x200)",
        "# fail 1",
        "# fail  2",
        "# failed 1",
        "# cancelled 1",
    ] {
        red(&format!("1..1\nok 1 - a\n{comment}\n"));
    }
    for comment in [
        "# pass 1",
        "# fail 0",
        "# cancelled 0",
        "# todo 1",
        "# fail early",
        "# tests 1",
        "# failing 1 of nothing",
    ] {
        green(&format!("1..1\nok 1 - a\n{comment}\n"));
    }
    let shown = run("1..2\nok 1 - a\nnot ok 2 - b\n# fail 1\n# Looks like you failed 1 test of 2.\n");
    assert!(shown.errors.is_empty() && shown.contradictions.is_empty(), "{shown:?}");
}

#[test]
fn what_the_tools_around_a_run_say_of_it() {
    let prove = |result: &str| format!("t/a.t ..\n1..1\nok 1 - a\n{result}\n");
    red(&prove("Result: FAIL"));
    red(&prove("Dubious, test returned 255 (wstat 65280, 0xff00)"));
    green(&prove("All tests successful.\nResult: PASS"));
    let cargo = |line: &str| {
        format!(
            "{{\"type\":\"suite\",\"event\":\"started\",\"test_count\":1}}\n{{\"type\":\"test\",\"event\":\"ok\",\"name\":\"a\"}}\n\
             {{\"type\":\"suite\",\"event\":\"ok\",\"passed\":1,\"failed\":0}}\n{line}\n"
        )
    };
    red(&cargo("error: test failed, to rerun pass `--lib`"));
    red(&cargo("error: could not compile `upload` (test \"late\") due to 1 previous error"));
    green(&cargo("error: this is what a test printed"));
    let go =
        "{\"Action\":\"pass\",\"Package\":\"p\",\"Test\":\"A\"}\n{\"Action\":\"pass\",\"Package\":\"p\"}\n";
    red(&format!("{go}FAIL\tq [build failed]\n"));
    red(&format!("{go}FAIL\n"));
    green(&format!("{go}ok\tp\t0.1s\n"));
}

#[test]
fn the_tap_of_the_linux_kernel() {
    let nested = |indent: &str, deepest: &str, inner: &str, outer: &str| {
        format!(
            "KTAP version 1\n1..1\n{indent}KTAP version 1\n{indent}# Subtest: suite\n{indent}1..2\n{indent}{indent}KTAP version 1\n\
             {indent}{indent}# Subtest: example\n{indent}{indent}# example: initializing\nrandom: crng init done\n{indent}{indent}{deepest}\n\
             {indent}# example: pass:1 fail:0 skip:0 total:1\n{indent}{inner}\n{indent}ok 2 other # SKIP no hardware\n\
             # Totals: pass:1 fail:0 skip:1 total:2\n{outer}\n"
        )
    };
    for indent in ["  ", "    "] {
        let good = nested(indent, "ok 1 row", "ok 1 example", "ok 1 suite");
        let names = ["suite", "suite > example", "suite > example > row", "suite > other"];
        assert_eq!(run(&good).tests.iter().map(|test| test.id.as_str()).collect::<Vec<_>>(), names);
        green(&good);
        // Part of a kernel log, and an older KUnit.
        let log: String = good.lines().map(|line| format!("[    0.060000] {line}\n")).collect();
        assert_eq!(run(&log), run(&good));
        green(&good.replacen("KTAP version 1", "TAP version 14", 1));
        for bad in [
            nested(indent, "not ok 1 row", "ok 1 example", "ok 1 suite"),
            nested(indent, "not ok 1 row", "not ok 1 example", "ok 1 suite"),
            nested(indent, "ok 1 row", "not ok 1 example", "ok 1 suite"),
            nested(indent, "ok 1 row", "ok 1 example # TIMEOUT 45 seconds", "ok 1 suite"),
            nested(indent, "ok 1 row", "ok 1 example # ERROR", "ok 1 suite"),
            nested(indent, "ok 1 row", "ok 2 example", "ok 1 suite"),
            nested(indent, "ok 1 row", "", "ok 1 suite"),
            nested(indent, "ok 1 row", "ok 1 example", "not ok 1 suite"),
            nested(indent, "ok 1 row", "ok 1 example", ""),
            good.replace("fail:0", "fail:1"),
            good.replace("1..2", "1..3"),
            log.replace(" ok 1 row", " not ok 1 row"),
        ] {
            red(&bad);
        }
        (0..good.len() - 1).for_each(|end| red(&good[..end]));
    }
    red("[    0.060000] KTAP version 1\n[    0.060000] 1..1\n[    0.060000] not ok 1 a\n");
    // The selftests of the kernel begin as TAP does.
    assert_eq!(worst("TAP version 13\n1..1\nok 1 a # XFAIL known\n"), Skipped);
}
