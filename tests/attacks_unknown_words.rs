//! Red runs in words that no writer of the format uses, or that stand where few look: what is not known is not passed.
//!
//! Each attack is an honest report in which one thing is another. The honest report itself stays allowed, and so does one with a
//! harmless thing that is not known either: a writer may say more than it did.
#![allow(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

use support::checkout::Checkout;

mod support;

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
    let honest = "<TestResult><TestSuite name='load' result='passed' assertions_passed='2' assertions_failed='0' warnings_failed='0' \
        expected_failures='0' test_cases_passed='2' test_cases_failed='0' test_cases_skipped='0' test_cases_aborted='0' \
        test_cases_timed_out='0' test_suites_timed_out='0'><TestCase name='a' result='passed' assertions_passed='1' \
        assertions_failed='0' warnings_failed='0' expected_failures='0'></TestCase><TestCase name='b' result='passed' \
        assertions_passed='1' assertions_failed='0' warnings_failed='0' expected_failures='0'></TestCase></TestSuite></TestResult>";
    stops(
        honest,
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
    let honest = "<TestLog><BuildInfo platform='linux'/><TestSuite name='load' file='a.cpp' line='1'><TestCase name='a' file='a.cpp' line='2'>\
        <Info file='a.cpp' line='3'><![CDATA[check x]]><Context><Frame>f</Frame></Context></Info>\
        <TestingTime>1</TestingTime></TestCase><TestingTime>2</TestingTime></TestSuite></TestLog>";
    stops(
        honest,
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
    let honest = "<Catch2TestRun name='load' rng-seed='7' xml-format-version='3' catch2-version='3.5.0'><TestCase name='a' tags='[x]' \
        filename='a.cpp' line='3'><Section name='s' filename='a.cpp' line='4'><Info>x</Info><OverallResults successes='1' failures='0' \
        expectedFailures='0' skipped='false' durationInSeconds='0.1'/></Section><OverallResult success='true' skips='0' \
        durationInSeconds='0.1'><StdOut>x</StdOut></OverallResult></TestCase><OverallResults successes='1' failures='0' \
        expectedFailures='0' skips='0'/><OverallResultsCases successes='1' failures='0' expectedFailures='0' skips='0'/></Catch2TestRun>";
    stops(
        honest,
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
    let honest = "<TestCase name='Load'><Environment><QtVersion>6.4</QtVersion><QtBuild>x</QtBuild><QTestVersion>6.4</QTestVersion>\
        </Environment><TestFunction name='initTestCase'><Incident type='pass' file='' line='0'/><Duration msecs='1'/></TestFunction>\
        <TestFunction name='a'><Message type='qdebug' file='' line='0'><Description>x</Description></Message>\
        <Incident type='pass' file='' line='0'/><Duration msecs='1'/></TestFunction>\
        <Duration msecs='2'/></TestCase>";
    stops(
        honest,
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
    let honest = "<robot generator='Robot 7.1' generated='2026-11-29T04:22:54' rpa='false' schemaversion='5'><suite id='s1' name='S' \
        source='/tests/s.robot'><kw name='Prepare' type='SETUP'><status status='PASS' start='2026-11-29T04:22:54' elapsed='0.1'/></kw>\
        <test id='s1-t1' name='a' line='3'><kw name='Log' owner='BuiltIn'><msg time='2026-11-29T04:22:54' level='INFO'>x</msg>\
        <arg>x</arg><status status='PASS' start='2026-11-29T04:22:54' elapsed='0.1'/></kw><tag>t</tag>\
        <status status='PASS' start='2026-11-29T04:22:54' elapsed='0.1'/></test><doc>words</doc>\
        <status status='PASS' start='2026-11-29T04:22:54' elapsed='0.1'/></suite><statistics><total>\
        <stat pass='1' fail='0' skip='0'>All Tests</stat></total></statistics><errors></errors></robot>";
    stops(
        honest,
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
    let honest = "<testng-results ignored='0' total='1' passed='1' failed='0' skipped='0'><reporter-output></reporter-output>\
        <suite started-at='2026-11-29T04:22:54Z' name='S' finished-at='2026-11-29T04:22:55Z' duration-ms='10'><groups><group name='error'>\
        <method signature='C.a()' name='a' class='C'/></group></groups><test started-at='2026-11-29T04:22:54Z' name='T' \
        finished-at='2026-11-29T04:22:55Z' duration-ms='10'><class name='C'><test-method is-config='true' signature='up()' name='up' \
        duration-ms='1' started-at='2026-11-29T04:22:54Z' finished-at='2026-11-29T04:22:54Z' status='PASS'><reporter-output/></test-method>\
        <test-method signature='a()' name='a' depends-on-methods='C.b' groups='fail' data-provider='d' description='errors' duration-ms='1' \
        started-at='2026-11-29T04:22:54Z' finished-at='2026-11-29T04:22:54Z' status='PASS'><params><param index='0'>\
        <value><![CDATA[1]]></value></param></params><reporter-output><line>x</line></reporter-output><attributes>\
        <attribute name='status'><![CDATA[x]]></attribute></attributes></test-method></class></test></suite></testng-results>";
    stops(
        honest,
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

const PLAYWRIGHT: &str = r#"{"config": {"version": "1.50.0", "metadata": {"status": "failed"}}, "suites": [{"title": "a.spec.ts", "file": "a.spec.ts",
    "column": 0, "line": 0, "specs": [{"title": "a", "ok": true, "tags": ["error"], "tests": [{"timeout": 30000, "annotations": [],
    "expectedStatus": "passed", "projectId": "p", "projectName": "p", "results": [{"workerIndex": 0, "parallelIndex": 0,
    "status": "passed", "duration": 3, "errors": [], "stdout": [{"text": "failed"}], "stderr": [], "retry": 0, "startTime": "2026-11-29T04:22:54.539Z",
    "annotations": [], "attachments": [], "steps": [{"title": "s", "duration": 1}]}], "status": "expected"}], "id": "x", "file": "a.spec.ts",
    "line": 3, "column": 1}], "suites": []}], "errors": [], "stats": {"startTime": "2026-11-29T04:22:54.539Z", "duration": 3, "expected": 1,
    "skipped": 0, "unexpected": 0, "flaky": 0}}"#;

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

const DART: &str = "{\"protocolVersion\":\"0.1.1\",\"runnerVersion\":\"1.25.0\",\"pid\":7,\"type\":\"start\",\"time\":0}\n\
    {\"suite\":{\"id\":0,\"platform\":\"vm\",\"path\":\"test/a_test.dart\"},\"type\":\"suite\",\"time\":0}\n\
    {\"test\":{\"id\":1,\"name\":\"loading test/a_test.dart\",\"suiteID\":0,\"groupIDs\":[],\"metadata\":{\"skip\":false,\"skipReason\":null},\"line\":null,\"column\":null,\"url\":null},\"type\":\"testStart\",\"time\":1}\n\
    {\"count\":1,\"time\":1,\"type\":\"allSuites\"}\n\
    {\"testID\":1,\"result\":\"success\",\"skipped\":false,\"hidden\":true,\"type\":\"testDone\",\"time\":2}\n\
    {\"group\":{\"id\":2,\"suiteID\":0,\"parentID\":null,\"name\":\"\",\"metadata\":{\"skip\":false,\"skipReason\":null},\"testCount\":1,\"line\":null,\"column\":null,\"url\":null},\"type\":\"group\",\"time\":2}\n\
    {\"test\":{\"id\":3,\"name\":\"loads\",\"suiteID\":0,\"groupIDs\":[2],\"metadata\":{\"skip\":false,\"skipReason\":null},\"line\":4,\"column\":3,\"url\":\"file:///a\"},\"type\":\"testStart\",\"time\":3}\n\
    {\"testID\":3,\"messageType\":\"print\",\"message\":\"error\",\"type\":\"print\",\"time\":3}\n\
    {\"testID\":3,\"result\":\"success\",\"skipped\":false,\"hidden\":false,\"type\":\"testDone\",\"time\":4}\n\
    {\"success\":true,\"type\":\"done\",\"time\":5}\n";

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

const CTRF: &str = r#"{"reportFormat": "CTRF", "specVersion": "0.0.0", "results": {"tool": {"name": "x", "extra": {"status": "failed"}},
    "summary": {"tests": 1, "passed": 1, "failed": 0, "skipped": 0, "pending": 0, "other": 0, "flaky": 0, "start": 1, "stop": 2},
    "tests": [{"name": "a", "status": "passed", "duration": 1, "rawStatus": "ok", "type": "error", "retries": 0, "flaky": false,
    "extra": {"outcome": "failed"}}], "environment": {"healthy": true}}}"#;

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
    let honest = "<testExecutions version='1'><file path='a.js'><testCase name='a' duration='1'/></file></testExecutions>";
    stops(
        honest,
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
    let honest = "<e:events xmlns='https://schemas.opentest4j.org/reporting/core/0.2.0' xmlns:e='https://schemas.opentest4j.org/reporting/events/0.2.0' \
        xmlns:java='https://schemas.opentest4j.org/reporting/java/0.2.0'><infrastructure><hostName>h</hostName><java:heapSize max='3'/></infrastructure>\
        <e:started id='1' name='C' time='2026-11-29T04:22:54Z'><metadata><tags><tag>error</tag></tags></metadata><sources>\
        <java:classSource className='C'/></sources></e:started><e:started id='2' parentId='1' name='a()' time='2026-11-29T04:22:54Z'/>\
        <e:reported id='2' time='2026-11-29T04:22:54Z'><attachments><data time='2026-11-29T04:22:54Z'><entry key='failed'>1</entry></data></attachments></e:reported>\
        <e:finished id='2' time='2026-11-29T04:22:54Z'><result status='SUCCESSFUL'/></e:finished>\
        <e:finished id='1' time='2026-11-29T04:22:55Z'><result status='SUCCESSFUL'><reason>fine</reason></result></e:finished></e:events>";
    stops(
        honest,
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
    let honest = "<h:execution xmlns='https://schemas.opentest4j.org/reporting/core/0.2.0' xmlns:h='https://schemas.opentest4j.org/reporting/hierarchy/0.2.0' \
        xmlns:java='https://schemas.opentest4j.org/reporting/java/0.2.0'><infrastructure><hostName>h</hostName></infrastructure>\
        <h:root name='C' start='2026-11-29T04:22:54Z' duration='PT1S'><result status='SUCCESSFUL'><reason>fine</reason></result>\
        <h:child name='a()' start='2026-11-29T04:22:54Z' duration='PT1S'><result status='SUCCESSFUL'/></h:child></h:root></h:execution>";
    stops(
        honest,
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
