//! An honest report of each format, as its writer writes it, with words of failure where they mean nothing.

pub const BOOST_TEST: &str = "<TestResult><TestSuite name='load' result='passed' assertions_passed='2' assertions_failed='0' warnings_failed='0' \
        expected_failures='0' test_cases_passed='2' test_cases_failed='0' test_cases_skipped='0' test_cases_aborted='0' \
        test_cases_timed_out='0' test_suites_timed_out='0'><TestCase name='a' result='passed' assertions_passed='1' \
        assertions_failed='0' warnings_failed='0' expected_failures='0'></TestCase><TestCase name='b' result='passed' \
        assertions_passed='1' assertions_failed='0' warnings_failed='0' expected_failures='0'></TestCase></TestSuite></TestResult>";

pub const BOOST_TEST_LOG: &str = "<TestLog><BuildInfo platform='linux'/><TestSuite name='load' file='a.cpp' line='1'><TestCase name='a' file='a.cpp' line='2'>\
        <Info file='a.cpp' line='3'><![CDATA[check x]]><Context><Frame>f</Frame></Context></Info>\
        <TestingTime>1</TestingTime></TestCase><TestingTime>2</TestingTime></TestSuite></TestLog>";

pub const CATCH2: &str = "<Catch2TestRun name='load' rng-seed='7' xml-format-version='3' catch2-version='3.5.0'><TestCase name='a' tags='[x]' \
        filename='a.cpp' line='3'><Section name='s' filename='a.cpp' line='4'><Info>x</Info><OverallResults successes='1' failures='0' \
        expectedFailures='0' skipped='false' durationInSeconds='0.1'/></Section><OverallResult success='true' skips='0' \
        durationInSeconds='0.1'><StdOut>x</StdOut></OverallResult></TestCase><OverallResults successes='1' failures='0' \
        expectedFailures='0' skips='0'/><OverallResultsCases successes='1' failures='0' expectedFailures='0' skips='0'/></Catch2TestRun>";

pub const QT_TEST: &str = "<TestCase name='Load'><Environment><QtVersion>6.4</QtVersion><QtBuild>x</QtBuild><QTestVersion>6.4</QTestVersion>\
        </Environment><TestFunction name='initTestCase'><Incident type='pass' file='' line='0'/><Duration msecs='1'/></TestFunction>\
        <TestFunction name='a'><Message type='qdebug' file='' line='0'><Description>x</Description></Message>\
        <Incident type='pass' file='' line='0'/><Duration msecs='1'/></TestFunction>\
        <Duration msecs='2'/></TestCase>";

pub const ROBOT: &str = "<robot generator='Robot 7.1' generated='2026-11-29T04:22:54' rpa='false' schemaversion='5'><suite id='s1' name='S' \
        source='/tests/s.robot'><kw name='Prepare' type='SETUP'><status status='PASS' start='2026-11-29T04:22:54' elapsed='0.1'/></kw>\
        <test id='s1-t1' name='a' line='3'><kw name='Log' owner='BuiltIn'><msg time='2026-11-29T04:22:54' level='INFO'>x</msg>\
        <arg>x</arg><status status='PASS' start='2026-11-29T04:22:54' elapsed='0.1'/></kw><tag>t</tag>\
        <status status='PASS' start='2026-11-29T04:22:54' elapsed='0.1'/></test><doc>words</doc>\
        <status status='PASS' start='2026-11-29T04:22:54' elapsed='0.1'/></suite><statistics><total>\
        <stat pass='1' fail='0' skip='0'>All Tests</stat></total></statistics><errors></errors></robot>";

pub const TESTNG: &str = "<testng-results ignored='0' total='1' passed='1' failed='0' skipped='0'><reporter-output></reporter-output>\
        <suite started-at='2026-11-29T04:22:54Z' name='S' finished-at='2026-11-29T04:22:55Z' duration-ms='10'><groups><group name='error'>\
        <method signature='C.a()' name='a' class='C'/></group></groups><test started-at='2026-11-29T04:22:54Z' name='T' \
        finished-at='2026-11-29T04:22:55Z' duration-ms='10'><class name='C'><test-method is-config='true' signature='up()' name='up' \
        duration-ms='1' started-at='2026-11-29T04:22:54Z' finished-at='2026-11-29T04:22:54Z' status='PASS'><reporter-output/></test-method>\
        <test-method signature='a()' name='a' depends-on-methods='C.b' groups='fail' data-provider='d' description='errors' duration-ms='1' \
        started-at='2026-11-29T04:22:54Z' finished-at='2026-11-29T04:22:54Z' status='PASS'><params><param index='0'>\
        <value><![CDATA[1]]></value></param></params><reporter-output><line>x</line></reporter-output><attributes>\
        <attribute name='status'><![CDATA[x]]></attribute></attributes></test-method></class></test></suite></testng-results>";

pub const SONARQUBE: &str =
    "<testExecutions version='1'><file path='a.js'><testCase name='a' duration='1'/></file></testExecutions>";

pub const OPEN_TEST_REPORTING: &str = "<e:events xmlns='https://schemas.opentest4j.org/reporting/core/0.2.0' xmlns:e='https://schemas.opentest4j.org/reporting/events/0.2.0' \
        xmlns:java='https://schemas.opentest4j.org/reporting/java/0.2.0'><infrastructure><hostName>h</hostName><java:heapSize max='3'/></infrastructure>\
        <e:started id='1' name='C' time='2026-11-29T04:22:54Z'><metadata><tags><tag>error</tag></tags></metadata><sources>\
        <java:classSource className='C'/></sources></e:started><e:started id='2' parentId='1' name='a()' time='2026-11-29T04:22:54Z'/>\
        <e:reported id='2' time='2026-11-29T04:22:54Z'><attachments><data time='2026-11-29T04:22:54Z'><entry key='failed'>1</entry></data></attachments></e:reported>\
        <e:finished id='2' time='2026-11-29T04:22:54Z'><result status='SUCCESSFUL'/></e:finished>\
        <e:finished id='1' time='2026-11-29T04:22:55Z'><result status='SUCCESSFUL'><reason>fine</reason></result></e:finished></e:events>";

pub const OPEN_TEST_REPORTING_TREE: &str = "<h:execution xmlns='https://schemas.opentest4j.org/reporting/core/0.2.0' xmlns:h='https://schemas.opentest4j.org/reporting/hierarchy/0.2.0' \
        xmlns:java='https://schemas.opentest4j.org/reporting/java/0.2.0'><infrastructure><hostName>h</hostName></infrastructure>\
        <h:root name='C' start='2026-11-29T04:22:54Z' duration='PT1S'><result status='SUCCESSFUL'><reason>fine</reason></result>\
        <h:child name='a()' start='2026-11-29T04:22:54Z' duration='PT1S'><result status='SUCCESSFUL'/></h:child></h:root></h:execution>";

pub const PLAYWRIGHT: &str = r#"{"config": {"version": "1.50.0", "metadata": {"status": "failed"}}, "suites": [{"title": "a.spec.ts", "file": "a.spec.ts",
    "column": 0, "line": 0, "specs": [{"title": "a", "ok": true, "tags": ["error"], "tests": [{"timeout": 30000, "annotations": [],
    "expectedStatus": "passed", "projectId": "p", "projectName": "p", "results": [{"workerIndex": 0, "parallelIndex": 0,
    "status": "passed", "duration": 3, "errors": [], "stdout": [{"text": "failed"}], "stderr": [], "retry": 0, "startTime": "2026-11-29T04:22:54.539Z",
    "annotations": [], "attachments": [], "steps": [{"title": "s", "duration": 1}]}], "status": "expected"}], "id": "x", "file": "a.spec.ts",
    "line": 3, "column": 1}], "suites": []}], "errors": [], "stats": {"startTime": "2026-11-29T04:22:54.539Z", "duration": 3, "expected": 1,
    "skipped": 0, "unexpected": 0, "flaky": 0}}"#;

pub const DART: &str = "{\"protocolVersion\":\"0.1.1\",\"runnerVersion\":\"1.25.0\",\"pid\":7,\"type\":\"start\",\"time\":0}\n\
    {\"suite\":{\"id\":0,\"platform\":\"vm\",\"path\":\"test/a_test.dart\"},\"type\":\"suite\",\"time\":0}\n\
    {\"test\":{\"id\":1,\"name\":\"loading test/a_test.dart\",\"suiteID\":0,\"groupIDs\":[],\"metadata\":{\"skip\":false,\"skipReason\":null},\"line\":null,\"column\":null,\"url\":null},\"type\":\"testStart\",\"time\":1}\n\
    {\"count\":1,\"time\":1,\"type\":\"allSuites\"}\n\
    {\"testID\":1,\"result\":\"success\",\"skipped\":false,\"hidden\":true,\"type\":\"testDone\",\"time\":2}\n\
    {\"group\":{\"id\":2,\"suiteID\":0,\"parentID\":null,\"name\":\"\",\"metadata\":{\"skip\":false,\"skipReason\":null},\"testCount\":1,\"line\":null,\"column\":null,\"url\":null},\"type\":\"group\",\"time\":2}\n\
    {\"test\":{\"id\":3,\"name\":\"loads\",\"suiteID\":0,\"groupIDs\":[2],\"metadata\":{\"skip\":false,\"skipReason\":null},\"line\":4,\"column\":3,\"url\":\"file:///a\"},\"type\":\"testStart\",\"time\":3}\n\
    {\"testID\":3,\"messageType\":\"print\",\"message\":\"error\",\"type\":\"print\",\"time\":3}\n\
    {\"testID\":3,\"result\":\"success\",\"skipped\":false,\"hidden\":false,\"type\":\"testDone\",\"time\":4}\n\
    {\"success\":true,\"type\":\"done\",\"time\":5}\n";

pub const CTRF: &str = r#"{"reportFormat": "CTRF", "specVersion": "0.0.0", "results": {"tool": {"name": "x", "extra": {"status": "failed"}},
    "summary": {"tests": 1, "passed": 1, "failed": 0, "skipped": 0, "pending": 0, "other": 0, "flaky": 0, "start": 1, "stop": 2},
    "tests": [{"name": "a", "status": "passed", "duration": 1, "rawStatus": "ok", "type": "error", "retries": 0, "flaky": false,
    "extra": {"outcome": "failed"}}], "environment": {"healthy": true}}}"#;

/// As `cargo test -- -Z unstable-options --format json --report-time` writes it, with an ignored test, a benchmark, and doctests.
pub const LIBTEST: &str = "{ \"type\": \"suite\", \"event\": \"started\", \"test_count\": 3, \"shuffle_seed\": 7 }\n\
    { \"type\": \"test\", \"event\": \"started\", \"name\": \"t::a\" }\n\
    { \"type\": \"test\", \"event\": \"started\", \"name\": \"t::i\" }\n\
    { \"type\": \"test\", \"event\": \"timeout\", \"name\": \"t::a\" }\n\
    { \"type\": \"test\", \"name\": \"t::i\", \"event\": \"ignored\", \"message\": \"failed before\" }\n\
    { \"type\": \"test\", \"name\": \"t::a\", \"event\": \"ok\", \"exec_time\": 0.1, \"stdout\": \"error: crashed\\n\" }\n\
    { \"type\": \"test\", \"event\": \"started\", \"name\": \"t::b\" }\n\
    { \"type\": \"bench\", \"name\": \"t::b\", \"median\": 12.5, \"deviation\": 1.5, \"mib_per_second\": 3 }\n\
    { \"type\": \"suite\", \"event\": \"ok\", \"passed\": 1, \"failed\": 0, \"ignored\": 1, \"measured\": 1, \"filtered_out\": 2, \"exec_time\": 0.2 }\n\
    { \"type\": \"report\", \"total_time\": 1.5, \"compilation_time\": 0.5 }\n";

/// As nextest writes `libtest-json-plus`.
pub const NEXTEST: &str = "{\"type\":\"suite\",\"event\":\"started\",\"test_count\":2,\"nextest\":{\"crate\":\"load\",\"test_binary\":\"load\",\"kind\":\"lib\",\"stress_index\":0,\"stress_total\":1}}\n\
    {\"type\":\"test\",\"event\":\"started\",\"name\":\"load::load$error\"}\n\
    {\"type\":\"test\",\"event\":\"ok\",\"name\":\"load::load$error\",\"exec_time\":0.1}\n\
    {\"type\":\"test\",\"event\":\"ignored\",\"name\":\"load::load$i\"}\n\
    {\"type\":\"suite\",\"event\":\"ok\",\"passed\":1,\"failed\":0,\"ignored\":1,\"measured\":0,\"filtered_out\":0,\"exec_time\":0.1,\"nextest\":{\"crate\":\"load\",\"test_binary\":\"load\",\"kind\":\"lib\"}}\n";

/// As `go test -json` of Go 1.27 writes it.
pub const GO: &str = "{\"ImportPath\":\"example.test/load\",\"Action\":\"build-output\",\"Output\":\"# warning: failed\\n\"}\n\
    {\"Time\":\"2026-11-29T04:22:54.1Z\",\"Action\":\"start\",\"Package\":\"example.test/load\"}\n\
    {\"Time\":\"2026-11-29T04:22:54.2Z\",\"Action\":\"run\",\"Package\":\"example.test/load\",\"Test\":\"TestA\"}\n\
    {\"Time\":\"2026-11-29T04:22:54.2Z\",\"Action\":\"output\",\"Package\":\"example.test/load\",\"Test\":\"TestA\",\"Output\":\"=== RUN   TestA\\n\",\"OutputType\":\"frame\"}\n\
    {\"Time\":\"2026-11-29T04:22:54.2Z\",\"Action\":\"attr\",\"Package\":\"example.test/load\",\"Test\":\"TestA\",\"Key\":\"kind\",\"Value\":\"failed\"}\n\
    {\"Time\":\"2026-11-29T04:22:54.2Z\",\"Action\":\"artifacts\",\"Package\":\"example.test/load\",\"Test\":\"TestA\",\"Path\":\"/out/error\"}\n\
    {\"Time\":\"2026-11-29T04:22:54.2Z\",\"Action\":\"output\",\"Package\":\"example.test/load\",\"Test\":\"TestA\",\"Output\":\"crashed\\n\"}\n\
    {\"Time\":\"2026-11-29T04:22:54.3Z\",\"Action\":\"pass\",\"Package\":\"example.test/load\",\"Test\":\"TestA\",\"Elapsed\":0.1}\n\
    {\"Time\":\"2026-11-29T04:22:54.3Z\",\"Action\":\"output\",\"Package\":\"example.test/load\",\"Output\":\"PASS\\n\"}\n\
    {\"Time\":\"2026-11-29T04:22:54.3Z\",\"Action\":\"pass\",\"Package\":\"example.test/load\",\"Elapsed\":0.2}\n";

pub const JUNIT: &str = "<testsuites name='all' tests='3' failures='0' errors='0' time='1'><testsuite name='S' tests='3' failures='0' \
    errors='0' skipped='1' timestamp='2026-11-29T04:22:54' hostname='h' time='1'><properties><property name='kind' value='failed'/>\
    </properties><testcase name='a' classname='C' time='0.1' file='a.py' line='3'><properties><property name='owner' value='error'/></properties>\
    <system-out>crashed</system-out><system-err>error</system-err></testcase><testcase name='b' classname='C' time='0'>\
    <skipped message='failed before'/></testcase><testcase name='c' classname='C' time='0.1'/><system-out>failed</system-out></testsuite></testsuites>";

pub const NUNIT: &str = "<test-run id='0' name='load.dll' fullname='/out/load.dll' testcasecount='1' result='Passed' total='1' passed='1' \
    failed='0' inconclusive='0' skipped='0' asserts='2' engine-version='3.16' clr-version='8.0' start-time='2026-11-29 04:22:54Z' \
    end-time='2026-11-29 04:22:55Z' duration='0.2'><command-line><![CDATA[nunit3-console load.dll]]></command-line><test-suite type='Assembly' id='0-1' name='load.dll' \
    fullname='/out/load.dll' runstate='Runnable' testcasecount='1' result='Passed' total='1' passed='1' failed='0' warnings='0' inconclusive='0' \
    skipped='0' asserts='2'><environment framework-version='4' os-version='x'/><settings><setting name='DisposeRunners' value='True'/></settings>\
    <properties><property name='Category' value='failed'/></properties><test-case id='0-2' name='A' fullname='N.C.A' methodname='A' classname='N.C' \
    runstate='Runnable' seed='7' result='Passed' start-time='2026-11-29 04:22:54Z' end-time='2026-11-29 04:22:54Z' duration='0.1' asserts='2'>\
    <properties><property name='Description' value='error'/></properties><output><![CDATA[crashed]]></output><assertions><assertion result='Passed'>\
    <message>x</message></assertion></assertions><attachments><attachment><filePath>/out/error</filePath></attachment></attachments></test-case>\
    </test-suite></test-run>";

pub const TRX: &str = "<TestRun id='1' name='r' runUser='u' xmlns='http://microsoft.com/schemas/VisualStudio/TeamTest/2010'><Times creation='2026-11-29T04:22:54Z' \
    start='2026-11-29T04:22:54Z' finish='2026-11-29T04:22:55Z'/><TestSettings name='default' id='2'><Deployment runDeploymentRoot='r'/></TestSettings>\
    <Results><UnitTestResult executionId='3' testId='4' testName='N.C.A' computerName='c' duration='00:00:00.1' startTime='2026-11-29T04:22:54Z' \
    endTime='2026-11-29T04:22:54Z' testType='5' outcome='Passed' testListId='6' relativeResultsDirectory='3'><Output><StdOut>crashed</StdOut></Output>\
    <ResultFiles><ResultFile path='error.log'/></ResultFiles></UnitTestResult></Results><TestDefinitions><UnitTest name='N.C.A' storage='/out/load.dll' id='4'>\
    <Execution id='3'/><TestMethod codeBase='/out/load.dll' adapterTypeName='x' className='N.C' name='A'/></UnitTest></TestDefinitions><TestEntries>\
    <TestEntry testId='4' executionId='3' testListId='6'/></TestEntries><TestLists><TestList name='Results' id='6'/></TestLists>\
    <ResultSummary outcome='Completed'><Counters total='1' executed='1' passed='1' failed='0' error='0' timeout='0' aborted='0' inconclusive='0' \
    passedButRunAborted='0' notRunnable='0' notExecuted='0' disconnected='0' warning='0' completed='0' inProgress='0' pending='0'/>\
    <Output><StdOut>failed</StdOut></Output></ResultSummary></TestRun>";

pub const XUNIT: &str = "<assemblies timestamp='11/29/2026 04:22:55' schema-version='3' id='1' computer='c' user='u' start-rtf='2026-11-29T04:22:54Z' \
    finish-rtf='2026-11-29T04:22:55Z'><assembly id='2' name='/out/load.dll' environment='64-bit .NET 8' test-framework='xUnit.net v3' run-date='2026-11-29' \
    run-time='04:22:54' start-rtf='2026-11-29T04:22:54Z' finish-rtf='2026-11-29T04:22:55Z' config-file='c.json' target-framework='net8' total='1' passed='1' failed='0' skipped='0' \
    not-run='0' errors='0' time='0.1' time-rtf='00:00:00.1'><errors/><collection id='3' name='Test collection for N.C' total='1' passed='1' failed='0' skipped='0' \
    not-run='0' time='0.1' time-rtf='00:00:00.1'><test id='4' name='N.C.A' type='N.C' method='A' time='0.1' time-rtf='00:00:00.1' result='Pass' source-file='C.cs' \
    source-line='3'><traits><trait name='Category' value='failed'/></traits><output><![CDATA[crashed]]></output><warnings><warning>error</warning>\
    </warnings></test></collection></assembly></assemblies>";

pub const TAP: &str = "TAP version 14\n# Subtest: a\n    ok 1 - b\n      ---\n      duration_ms: 0.1\n      message: failed before\n      ...\n    1..1\n\
    ok 1 - a # time=0.1ms\n  ---\n  duration_ms: 0.2\n  type: 'suite'\n  ...\nok 2 - c # SKIP failed before\nok 3 - error: crashed\n1..3\n# tests 3\n# pass 2\n# fail 0\n";
