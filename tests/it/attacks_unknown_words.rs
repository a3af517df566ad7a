//! Red runs in words that no writer of the format uses, or that stand where few look: what is not known is not passed.
//!
//! Each attack is an honest report in which one thing is another. The honest report itself stays allowed, and so does one with a
//! harmless thing that is not known either: a writer may say more than it did.

use crate::support::checkout::Checkout;
use crate::support::honest::*;

/// What is changed, and into what.
type Change = (&'static str, &'static str);

fn project() -> Checkout {
    let suite = "[controls.regression-tests.suites.upload]\nminimum = 1\nreports = [\"out/report\"]\n";
    let project = Checkout::with(suite, &[("services/upload/load.sql", "SELECT 1;\n")]);
    project.change("services/upload/load.sql", "SELECT 2;\n");
    project
}

fn exit(project: &Checkout, report: &str) -> i32 {
    project.write("out/report", report);
    project.judge(&[]).exit
}

fn changed(honest: &str, (from, to): Change) -> String {
    let changed = honest.replacen(from, to, 1);
    assert_ne!(changed, honest, "`{from}` is not in it");
    changed
}

/// The honest report is allowed, as it is and with what says nothing of an outcome; with each attack, and cut off, it is not.
fn stops(honest: &str, harmless: &[Change], attacks: &[Change]) {
    let project = project();
    let mut wrong = Vec::new();
    if exit(&project, honest) != 0 {
        wrong.push(format!("the honest report: {}", project.judge(&[]).text));
    }
    for change in harmless {
        if exit(&project, &changed(honest, *change)) != 0 {
            wrong.push(format!("harmless {change:?}: {}", project.judge(&[]).text));
        }
    }
    for change in attacks {
        if exit(&project, &changed(honest, *change)) == 0 {
            wrong.push(format!("got through: {change:?}"));
        }
    }
    let end = honest.trim_end().len();
    for cut in [end / 2, end - 2] {
        if exit(&project, &honest[..cut]) == 0 {
            wrong.push(format!("got through: cut at {cut}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn boost_test_reports() {
    stops(
        BOOST_TEST,
        &[
            ("<TestCase ", "<TestCase file='a.cpp' duration='3' "),
            ("<TestSuite ", "<TestSuite module='load' "),
        ],
        &[
            ("name='a' result='passed'", "name='a' result='crashed'"),
            ("name='a' result='passed'", "name='a' result=''"),
            ("<TestCase ", "<TestCase crashed='yes' "),
            ("<TestCase ", "<TestCase status='failed' "),
            ("<TestCase ", "<TestCase memory_leaks='2' "),
            ("<TestCase ", "<TestCase mood='sour' "),
            ("<TestSuite ", "<TestSuite fixture_failed='yes' "),
            ("<TestSuite ", "<TestSuite crashed='1' "),
            ("<TestSuite ", "<TestSuite verdict='odd' "),
            ("<TestResult>", "<TestResult result='failed'>"),
            ("<TestResult>", "<TestResult exit_code='201'>"),
            ("test_cases_failed='0'", "test_cases_failed='1'"),
            ("test_cases_aborted='0'", "test_cases_aborted='1'"),
            ("test_suites_timed_out='0'", "test_suites_timed_out='1'"),
            ("test_cases_passed='2'", "test_cases_passed='3'"),
            (
                "result='passed' assertions_passed='2' assertions_failed='0'",
                "result='failed' assertions_passed='2' assertions_failed='1'",
            ),
            ("assertions_passed='2' assertions_failed='0'", "assertions_passed='2' assertions_failed='1'"),
        ],
    );
}

#[test]
fn boost_test_logs() {
    stops(
        BOOST_TEST_LOG,
        &[("<TestCase ", "<TestCase duration='3' "), ("<BuildInfo ", "<BuildInfo stl='x' ")],
        &[
            ("<TestCase ", "<TestCase result='failed' "),
            ("<TestCase ", "<TestCase aborted='yes' "),
            ("<TestCase ", "<TestCase mood='sour' "),
            ("<TestCase ", "<TestCase skipped='maybe' "),
            ("<TestSuite ", "<TestSuite result='failed' "),
            ("<TestSuite ", "<TestSuite timed_out='yes' "),
            ("<TestLog>", "<TestLog status='error'>"),
            ("<TestingTime>1", "<Verdict/><TestingTime>1"),
            ("<TestingTime>1", "<FatalError/><TestingTime>1"),
            ("<TestingTime>2", "<Exception/><TestingTime>2"),
            ("<BuildInfo ", "<Crash/><BuildInfo "),
            ("<Frame>f</Frame>", "<FatalError>f</FatalError>"),
            ("<Info ", "<Info result='failed' "),
        ],
    );
}

#[test]
fn catch2() {
    stops(
        CATCH2,
        &[
            ("<TestCase ", "<TestCase description='failed before' "),
            (
                "<OverallResults successes='1' failures='0' expectedFailures='0' skips='0'/>",
                "<Randomness seed='3'/><OverallResults successes='1' failures='0' expectedFailures='0'/>",
            ),
        ],
        &[
            ("<OverallResult success='true'", "<OverallResult success='aborted'"),
            ("<OverallResult success='true'", "<OverallResult status='failed' success='true'"),
            ("<OverallResult success='true'", "<OverallResult crashed='true' success='true'"),
            ("<OverallResult success='true'", "<OverallResult verdict='odd' success='true'"),
            ("<TestCase ", "<TestCase result='failed' "),
            ("<TestCase ", "<TestCase timed-out='true' "),
            ("<TestCase ", "<TestCase mood='sour' "),
            ("<Section ", "<Section result='failed' "),
            (
                "<OverallResults successes='1' failures='0' expectedFailures='0' skipped",
                "<OverallResults crashed='1' successes='1' failures='0' expectedFailures='0' skipped",
            ),
            ("<Info>", "<Leak/><Info>"),
            ("<StdOut>x</StdOut>", "<FatalErrorCondition/>"),
            ("</TestCase>", "</TestCase><Crash/>"),
            ("</TestCase>", "</TestCase><Verdict/>"),
            ("</TestCase>", "</TestCase><FatalErrorCondition/>"),
            ("<Catch2TestRun ", "<Catch2TestRun exit-code='42' "),
            ("<Catch2TestRun ", "<Catch2TestRun result='failed' "),
            (
                "expectedFailures='0' skips='0'/><OverallResultsCases",
                "expectedFailures='0' skips='0' aborted='1'/><OverallResultsCases",
            ),
            (
                "failures='0' expectedFailures='0' skips='0'/><OverallResultsCases",
                "failures='2' expectedFailures='0' skips='0'/><OverallResultsCases",
            ),
            (
                "<OverallResultsCases successes='1' failures='0'",
                "<OverallResultsCases successes='1' failures='1'",
            ),
            ("<OverallResultsCases successes='1'", "<OverallResultsCases successes='2'"),
            ("<OverallResultsCases ", "<OverallResultsCases crashes='1' "),
        ],
    );
}

#[test]
fn qt_test() {
    stops(
        QT_TEST,
        &[("name='a'", "name='a' file='a.cpp'"), ("<Environment>", "<Environment><Platform>x</Platform>")],
        &[
            ("Incident type='pass'", "Incident type='crash'"),
            ("Incident type='pass'", "Incident"),
            ("Message type='qdebug'", "Message type='qabort'"),
            ("Message type='qdebug'", "Message type='qfatal'"),
            ("name='a'", "name='a' result='failed'"),
            ("name='a'", "name='a' timedout='true'"),
            ("name='a'", "name='a' mood='sour'"),
            ("name='a'>", "name='a'><Watchdog/>"),
            ("<Incident type='pass' ", "<Incident result='failed' type='pass' "),
            ("<Environment>", "<Crash/><Environment>"),
            ("<Environment>", "<Verdict/><Environment>"),
            ("<Environment>", "<Incident type='fail'/><Environment>"),
            ("<TestCase name", "<TestCase result='failed' name"),
            ("<TestCase name", "<TestCase exitcode='134' name"),
            ("name='initTestCase'><Incident type='pass'", "name='initTestCase'><Incident type='fail'"),
        ],
    );
}

#[test]
fn robot() {
    stops(
        ROBOT,
        &[
            ("<test ", "<test source='s.robot' "),
            ("<suite ", "<suite tasks='false' "),
            ("<doc>", "<meta name='failed'>no</meta><doc>"),
        ],
        &[
            (
                "<status status='PASS' start='2026-11-29T04:22:54' elapsed='0.1'/></test>",
                "<status status='CRASHED'/></test>",
            ),
            ("<status status='PASS' start='2026-11-29T04:22:54' elapsed='0.1'/></test>", "</test>"),
            (
                "<status status='PASS' start='2026-11-29T04:22:54' elapsed='0.1'/></test>",
                "<status status='PASS' aborted='true'/></test>",
            ),
            ("<test ", "<test result='failed' "),
            ("<test ", "<test crashed='true' "),
            ("<test ", "<test mood='sour' "),
            ("<tag>", "<crash/><tag>"),
            ("<doc>", "<crash/><doc>"),
            ("<doc>", "<verdict/><doc>"),
            ("<doc>", "<kw name='Clean' type='TEARDOWN'><status status='FAIL'/></kw><doc>"),
            ("<suite ", "<suite status='FAIL' "),
            ("<suite ", "<suite interrupted='true' "),
            (
                "<status status='PASS' start='2026-11-29T04:22:54' elapsed='0.1'/></suite>",
                "<status status='FAIL'/></suite>",
            ),
            (
                "<status status='PASS' start='2026-11-29T04:22:54' elapsed='0.1'/></suite>",
                "<status status='BROKEN'/></suite>",
            ),
            ("type='SETUP'><status status='PASS'", "type='SETUP'><status status='FAIL'"),
            ("type='SETUP'><status status='PASS'", "type='SETUP'><status status='CRASHED'"),
            ("<robot ", "<robot returncode='1' "),
            ("<robot ", "<robot status='FAIL' "),
            ("<statistics>", "<unhandled/><statistics>"),
            ("pass='1' fail='0'", "pass='1' fail='1'"),
            ("pass='1' fail='0'", "pass='2' fail='0'"),
            ("pass='1' fail='0'", "pass='1' fail='0' crashed='1'"),
            (
                "<status status='PASS' start='2026-11-29T04:22:54' elapsed='0.1'/></kw><tag>",
                "<status status='FAIL'/></kw><tag>",
            ),
        ],
    );
}

#[test]
fn testng() {
    stops(
        TESTNG,
        &[("description='errors'", "description='errors' thread-id='3'"), ("<class ", "<class package='p' ")],
        &[
            ("status='PASS'><params>", "status='CRASHED'><params>"),
            ("status='PASS'><params>", "><params>"),
            ("status='PASS'><params>", "status='PASS' timed-out='true'><params>"),
            ("status='PASS'><params>", "status='PASS' result='failed'><params>"),
            ("status='PASS'><params>", "status='PASS' mood='sour'><params>"),
            ("<attributes>", "<crash/><attributes>"),
            ("<attributes>", "<verdict/><attributes>"),
            ("status='PASS'><reporter-output/>", "status='FAIL'><reporter-output/>"),
            ("status='PASS'><reporter-output/>", "status='ABORTED'><reporter-output/>"),
            ("status='PASS'><reporter-output/>", "status='PASS' crashed='true'><reporter-output/>"),
            ("<suite ", "<suite status='failed' "),
            ("<suite ", "<suite aborted='true' "),
            ("<suite ", "<suite verdict='odd' "),
            ("<test started", "<test result='failed' started"),
            ("<class ", "<class crashed='true' "),
            ("<groups>", "<configuration-failures><failure/></configuration-failures><groups>"),
            ("<groups>", "<exception/><groups>"),
            ("<testng-results ", "<testng-results exit-code='1' "),
            ("<testng-results ", "<testng-results status='failed' "),
            ("<testng-results ", "<testng-results errors='1' "),
            ("failed='0'", "failed='1'"),
            ("passed='1'", "passed='2'"),
            ("skipped='0'", "skipped='1'"),
        ],
    );
}

#[test]
fn playwright() {
    stops(
        PLAYWRIGHT,
        &[
            (r#""workerIndex""#, r#""shardIndex": 1, "workerIndex""#),
            (r#""id": "x""#, r#""id": "x", "description": "errors""#),
            (r#""errors": [], "stats""#, r#""errors": [], "failures": [], "stats""#),
        ],
        &[
            (r#""status": "passed""#, r#""status": "crashed""#),
            (r#""status": "passed""#, r#""status": "interrupted""#),
            (r#""status": "passed", "#, ""),
            (r#""status": "expected""#, r#""status": "broken""#),
            (r#""status": "expected""#, r#""status": "unexpected""#),
            (r#""workerIndex""#, r#""crashed": true, "workerIndex""#),
            (r#""workerIndex""#, r#""outcome": "failed", "workerIndex""#),
            (r#""workerIndex""#, r#""exitCode": 1, "workerIndex""#),
            (r#""workerIndex""#, r#""failures": [{"message": "x"}], "workerIndex""#),
            (r#""workerIndex""#, r#""mood": "sour", "workerIndex""#),
            (r#""workerIndex""#, r#""error": {"message": "x"}, "workerIndex""#),
            (r#""expectedStatus""#, r#""outcome": "failed", "expectedStatus""#),
            (r#""expectedStatus""#, r#""timedOut": true, "expectedStatus""#),
            (r#""expectedStatus""#, r#""mood": "sour", "expectedStatus""#),
            (r#""ok": true"#, r#""ok": false"#),
            (r#""ok": true"#, r#""ok": true, "status": "failed""#),
            (r#""column": 0"#, r#""column": 0, "status": "failed""#),
            (r#""column": 0"#, r#""column": 0, "beforeAllErrors": [{"message": "x"}]"#),
            (r#""column": 0"#, r#""column": 0, "verdict": "odd""#),
            (r#"{"config""#, r#"{"status": "failed", "config""#),
            (r#"{"config""#, r#"{"exitCode": 1, "config""#),
            (r#"{"config""#, r#"{"unhandledErrors": ["x"], "config""#),
            (r#""errors": [], "stats""#, r#""errors": [{"message": "global tear-down"}], "stats""#),
            (r#""unexpected": 0"#, r#""unexpected": 1"#),
            (r#""unexpected": 0"#, r#""unexpected": 0, "interrupted": 1"#),
            (r#""expected": 1"#, r#""expected": 2"#),
            (r#""flaky": 0"#, r#""flaky": 1"#),
        ],
    );
}

#[test]
fn dart() {
    stops(
        DART,
        &[
            ("{\"count\"", "{\"type\":\"status\",\"of\":\"what a test printed itself\"}\n{\"count\""),
            ("{\"count\"", "{\"type\":\"memory\",\"usage\":3,\"time\":1}\n{\"count\""),
            ("\"pid\":7", "\"pid\":7,\"platformVersion\":\"x\""),
            ("{\"testID\":3,\"result\"", "{\"duration\":4,\"testID\":3,\"result\""),
        ],
        &[
            ("{\"testID\":3,\"result\":\"success\"", "{\"testID\":3,\"result\":\"crashed\""),
            ("{\"testID\":3,\"result\":\"success\"", "{\"testID\":3"),
            ("{\"testID\":3,\"result\"", "{\"status\":\"failed\",\"testID\":3,\"result\""),
            ("{\"testID\":3,\"result\"", "{\"timedOut\":true,\"testID\":3,\"result\""),
            ("{\"testID\":3,\"result\"", "{\"mood\":\"sour\",\"testID\":3,\"result\""),
            (
                "{\"testID\":3,\"messageType\"",
                "{\"testID\":3,\"type\":\"crash\",\"time\":3}\n{\"testID\":3,\"messageType\"",
            ),
            (
                "{\"testID\":3,\"messageType\"",
                "{\"testID\":3,\"error\":\"x\",\"stackTrace\":\"\",\"isFailure\":true,\"type\":\"error\",\"time\":3}\n{\"testID\":3,\"messageType\"",
            ),
            ("{\"count\"", "{\"type\":\"error\",\"error\":\"x\",\"time\":1}\n{\"count\""),
            ("{\"count\"", "{\"type\":\"crash\",\"message\":\"x\",\"time\":1}\n{\"count\""),
            ("{\"count\"", "{\"type\":\"verdict\",\"time\":1}\n{\"count\""),
            (
                "{\"count\"",
                "{\"type\":\"suiteDone\",\"suiteID\":0,\"result\":\"failure\",\"time\":1}\n{\"count\"",
            ),
            ("{\"testID\":1,\"result\":\"success\"", "{\"testID\":1,\"result\":\"error\""),
            ("\"success\":true", "\"success\":false"),
            ("\"success\":true", "\"success\":null"),
            ("\"success\":true", "\"success\":true,\"exitCode\":1"),
            ("\"success\":true", "\"success\":true,\"errors\":2"),
            ("\"count\":1", "\"count\":2"),
            ("\"path\":\"test", "\"status\":\"failed\",\"path\":\"test"),
            ("\"name\":\"loads\"", "\"status\":\"failed\",\"name\":\"loads\""),
        ],
    );
}

#[test]
fn ctrf() {
    stops(
        CTRF,
        &[
            (r#""name": "a""#, r#""name": "a", "classname": "error", "meta": {"owner": "x"}"#),
            (r#""flaky": 0"#, r#""flaky": 0, "interrupted": 0"#),
        ],
        &[
            (r#""status": "passed""#, r#""status": "crashed""#),
            (r#""status": "passed", "#, ""),
            (r#""rawStatus": "ok""#, r#""rawStatus": "timedOut""#),
            (r#""name": "a""#, r#""name": "a", "crashed": true"#),
            (r#""name": "a""#, r#""name": "a", "outcome": "failed""#),
            (r#""name": "a""#, r#""name": "a", "failures": [{"message": "x"}]"#),
            (r#""name": "a""#, r#""name": "a", "mood": "sour""#),
            (r#""flaky": 0"#, r#""flaky": 0, "interrupted": 1"#),
            (r#""flaky": 0"#, r#""flaky": 0, "exitCode": 1"#),
            (r#""results": {"#, r#""results": {"status": "failed", "#),
            (r#""results": {"#, r#""unhandledErrors": ["x"], "results": {"#),
            (r#""failed": 0"#, r#""failed": 1"#),
            (r#""other": 0"#, r#""other": 1"#),
            (r#""passed": 1"#, r#""passed": 2"#),
        ],
    );
}

#[test]
fn sonarqube() {
    stops(
        SONARQUBE,
        &[("<file ", "<file duration='3' ")],
        &[
            ("<testCase ", "<testCase status='failed' "),
            ("<testCase ", "<testCase mood='sour' "),
            ("<testCase name='a' duration='1'/>", "<testCase name='a' duration='1'><crash/></testCase>"),
            ("<file ", "<file status='failed' "),
            ("<file ", "<file crashed='true' "),
            ("<file ", "<file verdict='odd' "),
            ("<testCase ", "<error message='set-up'/><testCase "),
            ("<testExecutions ", "<testExecutions failures='1' "),
            ("<testExecutions ", "<testExecutions exit-code='1' "),
            ("<testExecutions ", "<testExecutions result='failed' "),
        ],
    );
}

#[test]
fn open_test_reporting_events() {
    stops(
        OPEN_TEST_REPORTING,
        &[
            ("<e:started id='2'", "<e:started duration='3' id='2'"),
            ("<metadata>", "<metadata><x:failures xmlns:x='urn:x'/>"),
        ],
        &[
            ("<result status='SUCCESSFUL'/>", "<result status='CRASHED'/>"),
            ("<result status='SUCCESSFUL'/>", "<result/>"),
            ("<result status='SUCCESSFUL'/>", ""),
            ("<result status='SUCCESSFUL'/>", "<result status='SUCCESSFUL' timedOut='true'/>"),
            (
                "<result status='SUCCESSFUL'/>",
                "<result status='SUCCESSFUL'><java:throwable assertionError='true' type='E'>x</java:throwable></result>",
            ),
            ("<result status='SUCCESSFUL'/>", "<result status='SUCCESSFUL'><crash/></result>"),
            ("<result status='SUCCESSFUL'/>", "<result status='SUCCESSFUL'/><failure/>"),
            ("<result status='SUCCESSFUL'/>", "<result status='SUCCESSFUL'/><verdict/>"),
            ("<result status='SUCCESSFUL'><reason>", "<result status='FAILED'><reason>"),
            ("<result status='SUCCESSFUL'><reason>", "<result status='ODD'><reason>"),
            ("<e:finished id='2'", "<e:finished status='FAILED' id='2'"),
            ("<e:finished id='2'", "<e:finished mood='sour' id='2'"),
            ("<e:started id='1'", "<e:crashed id='2'/><e:started id='1'"),
            ("<e:started id='1'", "<e:verdict id='2'/><e:started id='1'"),
            ("<e:events ", "<e:events exitCode='1' "),
            ("<e:finished id='2' time='2026-11-29T04:22:54Z'><result status='SUCCESSFUL'/></e:finished>", ""),
        ],
    );
}

#[test]
fn open_test_reporting_trees() {
    stops(
        OPEN_TEST_REPORTING_TREE,
        &[("<h:child ", "<h:child uniqueId='3' ")],
        &[
            ("<result status='SUCCESSFUL'/>", "<result status='CRASHED'/>"),
            ("<result status='SUCCESSFUL'/>", "<result status='SUCCESSFUL'/><failure/>"),
            (
                "<result status='SUCCESSFUL'/>",
                "<result status='SUCCESSFUL'><java:throwable assertionError='true' type='E'>x</java:throwable></result>",
            ),
            ("<result status='SUCCESSFUL'><reason>", "<result status='FAILED'><reason>"),
            ("<h:child ", "<h:child status='FAILED' "),
            ("<h:child ", "<h:child mood='sour' "),
            ("<h:root ", "<h:root crashed='true' "),
            ("<h:root ", "<crash/><h:root "),
            ("<h:execution ", "<h:execution result='failed' "),
        ],
    );
}

#[test]
fn libtest() {
    stops(
        LIBTEST,
        &[
            ("\"exec_time\": 0.1", "\"exec_time\": \"0.1s\""),
            (
                "\"exec_time\": 0.1",
                "\"exec_time\": 0.1, \"source_path\": \"src/error.rs\", \"start_line\": 3",
            ),
            ("\"exec_time\": 0.1", "\"exec_time\": 0.1, \"timed_out\": false, \"extra\": {\"a\": 1}"),
            ("\"failed\": 0,", "\"failed\": 0, \"allowed_fail\": 0,"),
            ("\"test_count\": 3,", "\"test_count\": 3, \"target\": \"crash\","),
            ("\"filtered_out\": 2", "\"filtered_out\": 2, \"mood\": \"sour\""),
            ("{ \"type\": \"report\"", "cargo: crashed\n{ \"type\": \"report\""),
        ],
        &[
            ("\"event\": \"ok\", \"exec_time\"", "\"event\": \"crashed\", \"exec_time\""),
            ("\"event\": \"ok\", \"exec_time\"", "\"exec_time\""),
            ("\"event\": \"ok\", \"exec_time\"", "\"event\": \"\", \"exec_time\""),
            ("\"event\": \"ok\", \"exec_time\"", "\"event\": \"ok\", \"crashed\": true, \"exec_time\""),
            ("\"event\": \"ok\", \"exec_time\"", "\"event\": \"ok\", \"status\": \"failed\", \"exec_time\""),
            ("\"event\": \"ok\", \"exec_time\"", "\"event\": \"ok\", \"exit_code\": 101, \"exec_time\""),
            ("\"event\": \"ok\", \"exec_time\"", "\"event\": \"ok\", \"signal\": 11, \"exec_time\""),
            ("\"event\": \"ok\", \"exec_time\"", "\"event\": \"ok\", \"timed_out\": \"yes\", \"exec_time\""),
            (
                "\"event\": \"ok\", \"exec_time\"",
                "\"event\": \"ok\", \"errors\": [{\"a\": 1}], \"exec_time\"",
            ),
            ("\"event\": \"ok\", \"exec_time\"", "\"event\": \"ok\", \"success\": false, \"exec_time\""),
            ("\"event\": \"ok\", \"exec_time\"", "\"event\": \"ok\", \"mood\": \"sour\", \"exec_time\""),
            (
                "\"event\": \"ok\", \"exec_time\"",
                "\"event\": \"ok\", \"reason\": \"time limit exceeded\", \"exec_time\"",
            ),
            (
                "\"event\": \"started\", \"name\": \"t::a\"",
                "\"event\": \"started\", \"name\": \"t::a\", \"crashed\": true",
            ),
            (
                "\"event\": \"started\", \"name\": \"t::a\"",
                "\"event\": \"started\", \"name\": \"t::a\", \"mood\": \"sour\"",
            ),
            ("\"event\": \"timeout\"", "\"event\": \"timeout\", \"killed\": true"),
            ("\"event\": \"ignored\"", "\"event\": \"ignored\", \"outcome\": \"failed\""),
            ("\"median\"", "\"event\": \"failed\", \"median\""),
            ("\"median\"", "\"crashed\": true, \"median\""),
            (", \"median\": 12.5, \"deviation\": 1.5, \"mib_per_second\": 3", ""),
            ("\"test_count\": 3,", "\"test_count\": 3, \"aborted\": true,"),
            ("\"failed\": 0", "\"failed\": 0, \"crashed\": 1"),
            ("\"failed\": 0", "\"failed\": 0, \"timed_out\": 1"),
            ("\"failed\": 0", "\"failed\": 0, \"exit_status\": 101"),
            ("\"failed\": 0", "\"failed\": 0, \"result\": \"odd\""),
            ("\"failed\": 0", "\"failed\": 0, \"allowed_fail\": 1"),
            ("\"failed\": 0", "\"failed\": 1"),
            ("\"passed\": 1", "\"passed\": 2"),
            ("\"total_time\"", "\"failed\": 1, \"total_time\""),
            ("\"total_time\"", "\"event\": \"failed\", \"total_time\""),
            ("{ \"type\": \"report\"", "{ \"type\": \"crash\", \"event\": \"x\" }\n{ \"type\": \"report\""),
            (
                "{ \"type\": \"report\"",
                "{ \"type\": \"suite\", \"event\": \"crashed\" }\n{ \"type\": \"report\"",
            ),
        ],
    );
}

#[test]
fn nextest() {
    stops(
        NEXTEST,
        &[
            ("\"kind\":\"lib\",", "\"kind\":\"lib\",\"package_name\":\"error\","),
            (
                "\"exec_time\":0.1}",
                "\"exec_time\":0.1,\"duration\":1,\"started_at\":\"2026-11-29T04:22:54Z\"}",
            ),
        ],
        &[
            ("\"exec_time\":0.1}", "\"exec_time\":0.1,\"leaked\":true}"),
            ("\"exec_time\":0.1}", "\"exec_time\":0.1,\"timed_out\":true}"),
            ("\"exec_time\":0.1}", "\"exec_time\":0.1,\"exec_fail\":\"no such file\"}"),
            ("\"exec_time\":0.1}", "\"exec_time\":0.1,\"reason\":\"time limit exceeded\"}"),
            ("\"exec_time\":0.1}", "\"exec_time\":0.1,\"nextest\":{\"result\":\"failed\"}}"),
            ("\"kind\":\"lib\",", "\"kind\":\"lib\",\"setup_script_failed\":true,"),
            ("\"kind\":\"lib\",", "\"kind\":\"lib\",\"status\":\"failed\","),
            ("\"kind\":\"lib\"}", "\"kind\":\"lib\",\"cancelled\":\"signal\"}"),
            ("\"kind\":\"lib\"}", "\"kind\":\"lib\",\"outcome\":\"odd\"}"),
            ("\"failed\":0", "\"failed\":0,\"exec_failed\":1"),
            ("\"failed\":0", "\"failed\":0,\"timed_out\":1"),
        ],
    );
}

#[test]
fn go_test() {
    stops(
        GO,
        &[
            ("\"Elapsed\":0.1", "\"Elapsed\":0.1,\"RunID\":0,\"Line\":3,\"TimedOut\":false"),
            ("\"Elapsed\":0.2", "\"Elapsed\":0.2,\"Mood\":\"sour\",\"Failures\":0,\"FailedBuild\":\"\""),
            ("\"Action\":\"start\"", "\"Action\":\"start\",\"Meta\":{\"a\":1}"),
            ("\"Action\":\"build-output\"", "\"Action\":\"build-output\",\"Mood\":\"sour\""),
        ],
        &[
            (
                "\"Action\":\"pass\",\"Package\":\"example.test/load\",\"Test\"",
                "\"Action\":\"crashed\",\"Package\":\"example.test/load\",\"Test\"",
            ),
            (
                "\"Action\":\"pass\",\"Package\":\"example.test/load\",\"Test\"",
                "\"Action\":\"timeout\",\"Package\":\"example.test/load\",\"Test\"",
            ),
            (
                "\"Action\":\"pass\",\"Package\":\"example.test/load\",\"Test\"",
                "\"Action\":\"\",\"Package\":\"example.test/load\",\"Test\"",
            ),
            ("\"Elapsed\":0.1", "\"Elapsed\":0.1,\"Crashed\":true"),
            ("\"Elapsed\":0.1", "\"Elapsed\":0.1,\"crashed\":true"),
            ("\"Elapsed\":0.1", "\"Elapsed\":0.1,\"Status\":\"failed\""),
            ("\"Elapsed\":0.1", "\"Elapsed\":0.1,\"ExitCode\":2"),
            ("\"Elapsed\":0.1", "\"Elapsed\":0.1,\"Panic\":\"nil map\""),
            ("\"Elapsed\":0.1", "\"Elapsed\":0.1,\"Failures\":[\"x\"]"),
            ("\"Elapsed\":0.1", "\"Elapsed\":0.1,\"Success\":false"),
            ("\"Elapsed\":0.1", "\"Elapsed\":0.1,\"Mood\":\"sour\""),
            ("\"Elapsed\":0.1", "\"Elapsed\":0.1,\"FailedBuild\":\"example.test/load\""),
            ("\"Action\":\"run\"", "\"Action\":\"run\",\"Crashed\":true"),
            ("\"Action\":\"run\"", "\"Action\":\"run\",\"Mood\":\"sour\""),
            ("\"Output\":\"crashed\\n\"", "\"Output\":\"crashed\\n\",\"Failed\":true"),
            ("\"Output\":\"crashed\\n\"", "\"Output\":\"crashed\\n\",\"OutputType\":\"error\""),
            ("\"Output\":\"crashed\\n\"", "\"Output\":\"crashed\\n\",\"OutputType\":\"panic\""),
            ("\"Output\":\"crashed\\n\"", "\"Output\":\"crashed\\n\",\"OutputType\":\"odd\""),
            ("\"Key\":\"kind\"", "\"Key\":\"result\""),
            ("\"Path\":\"/out/error\"", "\"Path\":\"/out/error\",\"Errors\":2"),
            ("\"Elapsed\":0.2", "\"Elapsed\":0.2,\"Crashed\":true"),
            ("\"Elapsed\":0.2", "\"Elapsed\":0.2,\"ExitStatus\":1"),
            ("\"Elapsed\":0.2", "\"Elapsed\":0.2,\"Verdict\":\"odd\""),
            ("\"Elapsed\":0.2", "\"Elapsed\":0.2,\"FailedBuild\":\"example.test/load\""),
            ("\"Action\":\"start\"", "\"Action\":\"start\",\"SetupFailed\":true"),
            ("\"Action\":\"start\"", "\"Action\":\"crash\""),
            ("\"Action\":\"build-output\"", "\"Action\":\"build-output\",\"BuildFailed\":true"),
            ("\"Action\":\"build-output\"", "\"Action\":\"build-fail\""),
            ("\"Action\":\"build-output\"", "\"Action\":\"build-crash\""),
            (
                "\"Action\":\"pass\",\"Package\":\"example.test/load\",\"Elapsed\"",
                "\"Action\":\"bench\",\"Package\":\"example.test/load\",\"Elapsed\"",
            ),
            (
                "\"Action\":\"pass\",\"Package\":\"example.test/load\",\"Elapsed\"",
                "\"Action\":\"ended\",\"Package\":\"example.test/load\",\"Elapsed\"",
            ),
        ],
    );
}
