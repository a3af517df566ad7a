//! Reports that somebody made to harm: they are refused, at once and in bounded memory, and nothing of them is green.
//!
//! The long run of the same entry points is `.ci/fuzz`; here mutated reports get a few seconds.

use crate::support::edits::{any_change, apply};
use portcullis_model::test_run::{TestOutcome, TestRun};
use portcullis_report::{ReportError, TABLE, parse, parse_as};
use proptest::prelude::*;
use std::path::Path;

/// Each XML format: the beginning of its outermost element, a failing test, the end.
const XML: &[(&str, &str, &str)] = &[
    ("<testsuites", "<testcase name='a'><failure/></testcase>", "</testsuites>"),
    ("<testsuite", "<testcase name='a'><failure/></testcase>", "</testsuite>"),
    ("<test-run", "<test-case name='a' result='Failed'/>", "</test-run>"),
    ("<test-results", "<test-case name='a' result='Failure'/>", "</test-results>"),
    ("<TestRun", "<UnitTestResult testName='a' outcome='Failed'/>", "</TestRun>"),
    ("<assemblies", "<assembly><test name='a' result='Fail'/></assembly>", "</assemblies>"),
    (
        "<TestResult",
        "<TestSuite name='s' result='failed'><TestCase name='a' result='failed'/></TestSuite>",
        "</TestResult>",
    ),
    ("<TestLog", "<TestSuite name='s'><TestCase name='a'><Error/></TestCase></TestSuite>", "</TestLog>"),
    ("<Catch2TestRun", "<TestCase name='a'><OverallResult success='false'/></TestCase>", "</Catch2TestRun>"),
    ("<Catch", "<TestCase name='a'><OverallResult success='false'/></TestCase>", "</Catch>"),
    (
        "<execution xmlns='https://schemas.opentest4j.org/reporting/hierarchy/0.2.0'",
        "<root name='a'><result status='FAILED'/></root>",
        "</execution>",
    ),
    (
        "<events xmlns='https://schemas.opentest4j.org/reporting/events/0.2.0'",
        "<started id='1' name='a'/><finished id='1'><result status='FAILED'/></finished>",
        "</events>",
    ),
    ("<TestCase", "<TestFunction name='a'><Incident type='fail'/></TestFunction>", "</TestCase>"),
    (
        "<robot",
        "<suite name='s'><test name='a'><status status='FAIL'/></test><status status='FAIL'/></suite>",
        "</robot>",
    ),
    (
        "<testExecutions version='1'",
        "<file path='f'><testCase name='a'><failure/></testCase></file>",
        "</testExecutions>",
    ),
    (
        "<testng-results",
        "<suite name='s'><test name='t'><class name='c'><test-method name='a' status='FAIL'/></class></test></suite>",
        "</testng-results>",
    ),
];

/// One report of each format, with tests of every outcome that it has, and nothing hidden in it.
const SEEDS: &[&str] = &[
    r#"<TestResult><TestSuite name="m" result="failed" assertions_failed="3" test_cases_failed="1"><TestCase name="a" result="passed"
       assertions_passed="1" assertions_failed="1" expected_failures="1"></TestCase><TestCase name="b" result="aborted" assertions_failed="1"/>
       </TestSuite></TestResult>"#,
    r#"<Catch2TestRun name="c"><TestCase name="a" tags="[!mayfail]"><Section name="s"><Expression success="false" type="CHECK"/>
       <OverallResults failures="0" expectedFailures="1"/></Section><OverallResult success="true" skips="0"/></TestCase><TestCase name="b">
       <FatalErrorCondition/><OverallResult success="false"/></TestCase><OverallResultsCases successes="0" failures="1" skips="0"/></Catch2TestRun>"#,
    r#"{"reportFormat": "CTRF", "results": {"tool": {"name": "x"}, "summary": {"tests": 2, "passed": 1, "failed": 1, "skipped": 0,
       "pending": 0, "other": 0}, "tests": [{"name": "a", "status": "passed", "suite": ["s"], "retries": 1},
       {"name": "b", "status": "failed", "retryAttempts": [{"status": "other"}]}]}}"#,
    r#"{"protocolVersion":"0.1.1","type":"start","time":0}
{"suite":{"id":0,"platform":"chrome","path":"/b/test/a_test.dart"},"type":"suite","time":0}
{"test":{"id":1,"name":"a","suiteID":0},"type":"testStart","time":1}
{"testID":1,"messageType":"print","message":"Retry: a","type":"print","time":1}
{"testID":1,"error":"x","type":"error","time":1}
{"testID":1,"result":"failure","hidden":false,"skipped":false,"type":"testDone","time":2}
{"count":1,"type":"allSuites","time":2}
{"success":false,"type":"done","time":3}
"#,
    r#"{"Action":"start","Package":"p"}
{"Action":"run","Package":"p","Test":"A"}
{"Action":"output","Package":"p","Test":"A","Output":"\u001b[1m\n"}
{"Action":"fail","Package":"p","Test":"A"}
{"Action":"output","Package":"p","Output":"ok  \tp\t(cached)\n"}
{"Action":"pass","Package":"p"}
FAIL	q [build failed]
"#,
    r#"<?xml version="1.0" encoding="UTF-8"?><testsuites name="all"><testsuite name="s" tests="3" failures="1">
       <testcase name="a" classname="c" status="run"/><testcase name="b"><failure message="&lt;m&#10;"/></testcase>
       <testcase name="d"><skipped type="todo"/><system-out><![CDATA[x]]></system-out></testcase></testsuite></testsuites>"#,
    r#"{"type":"suite","event":"started","test_count":2,"nextest":{"crate":"a"}}
{"type":"test","event":"started","name":"a::a$t"}
{"type":"test","event":"ok","name":"a::a$t#3"}
{"type":"test","event":"failed","name":"a::a$u"}
{"type":"suite","event":"failed","passed":1,"failed":1}
"#,
    r#"<test-run total="2" failed="1"><test-suite type="Assembly" name="a.dll" result="Failed"><test-case name="a" fullname="N.a"
       result="Passed"/><test-case fullname="N.b" result="Failed" label="Error"><failure/></test-case></test-suite></test-run>"#,
    r#"<e:events xmlns:e="https://schemas.opentest4j.org/reporting/events/0.2.0"><e:started id="1" name="C" time="x"><metadata><type>CONTAINER</type>
       </metadata></e:started><e:started id="2" parentId="1" name="a" time="x"/><e:finished id="2"><result status="FAILED"/></e:finished>
       <e:finished id="1"><result status="FAILED"/></e:finished></e:events>"#,
    r#"{"config": {}, "suites": [{"title": "f", "file": "f", "specs": [{"title": "a", "ok": false, "tests": [{"expectedStatus": "passed",
       "projectName": "p", "status": "unexpected", "results": [{"status": "failed", "errors": [{}]}, {"status": "timedOut"}]}]}], "suites": [{"title":
       "g", "specs": []}]}], "errors": [{}], "stats": {"startTime": "2026-11-29T04:00:00Z", "unexpected": 1}}"#,
    r#"<TestCase name="T"><TestFunction name="a"><Incident type="fail"><DataTag><![CDATA[r]]></DataTag></Incident><Message type="skip">
       <DataTag>s</DataTag></Message></TestFunction><Duration/></TestCase>"#,
    r#"<robot generated="20261129 04:00:00.000"><suite name="S"><kw type="SETUP"><status status="PASS"/></kw><test name="a"><kw name="k">
       <status status="FAIL"/></kw><status status="FAIL" start="x">*HTML* merged Old status &gt;FAIL&lt;</status></test><kw type="TEARDOWN"><status
       status="FAIL"/></kw><status status="FAIL"/></suite><statistics><total><stat pass="0" fail="1">x</stat></total></statistics></robot>"#,
    r#"<testExecutions version="1"><file path="f"><testCase name="a" duration="1"/><testCase name="b" duration="1"><failure message="x">y</failure>
       </testCase></file></testExecutions>"#,
    "TAP version 14\n1..3\n# Subtest: s\n    ok 1 - x\n    not ok 2 - y # TODO z\n    1..2\nok 1 - s\n  ---\n  a: 1\n  ...\nnot ok 2\nok 3 - c # SKIP d\n",
    r#"<testng-results passed="0" failed="1"><suite name="s" started-at="2026-11-29T04:00:00Z"><test name="t"><class name="C"><test-method name="a"
       status="SKIP" retried="true"><params><param index="0"><value><![CDATA[1]]></value></param></params><exception class="x"/></test-method>
       <test-method name="up" is-config="true" status="FAIL"/><test-method name="b" status="FAIL"/></class></test></suite></testng-results>"#,
    r#"<TestRun xmlns="x"><ResultSummary outcome="Failed"><Counters total="2" failed="1"/></ResultSummary><Results>
       <UnitTestResult testId="1" testName="a" outcome="Failed"><InnerResults><UnitTestResult testId="1" testName="a 1"/></InnerResults>
       </UnitTestResult></Results><TestDefinitions><UnitTest id="1"><TestMethod className="C, D"/></UnitTest></TestDefinitions></TestRun>"#,
    r#"<assemblies><assembly name="/b/a.dll" total="2" errors="1"><errors><error/></errors><collection><test name="N.a" type="N"
       result="Pass"/><test name="N.b" type="N" result="Fail"><failure/></test></collection></assembly></assemblies>"#,
];

fn is_green(run: &TestRun) -> bool {
    let good = |outcome| matches!(outcome, TestOutcome::Passed | TestOutcome::Skipped);
    run.contradictions.is_empty() && run.errors.is_empty() && run.tests.iter().all(|test| good(test.outcome))
}

fn green(read: &Result<TestRun, ReportError>) -> bool {
    read.as_ref().is_ok_and(|run| is_green(run) && !run.tests.is_empty())
}

/// Why the report is refused. What takes more than time in proportion to a report would be noticed here by its absence.
fn refused(bytes: &[u8]) -> String {
    parse(bytes).expect_err("it is refused").message
}

#[test]
fn entities_are_neither_expanded_nor_fetched() {
    let laughs: String = (1..30).map(|n| format!("<!ENTITY l{n} '&l{};&l{};'>", n - 1, n - 1)).collect();
    for (root, test, end) in XML {
        let name = root[1..].split(' ').next().unwrap();
        for declared in [
            format!("[<!ENTITY l0 'ha'>{laughs}]"),
            "[<!ENTITY l29 SYSTEM 'file:///etc/hostname'>]".to_string(),
            "SYSTEM 'http://example.test/a.dtd'".to_string(),
            "[<!ENTITY % l29 SYSTEM 'http://example.test/a'> %l29;]".to_string(),
        ] {
            let document = format!("<!DOCTYPE {name} {declared}>{root} name='&l29;'>{test}{end}");
            assert!(refused(document.as_bytes()).contains("document type"), "{root}");
        }
        refused(format!("{root} name='&l29;'>{test}{end}").as_bytes());
        refused(format!("{root}>{test}&l29;{end}").as_bytes());
    }
}

#[test]
fn an_attribute_of_a_hundred_megabytes_is_refused() {
    let long = "x".repeat(100 << 20);
    let inner = refused(format!("<testsuite><other a='{long}'/><testcase/></testsuite>").as_bytes());
    assert!(inner.contains("attribute is longer"), "{inner}");
}

#[test]
fn a_hundred_thousand_attributes_or_levels_are_refused() {
    let attributes: String = (0..100_000).map(|n| format!(" a{n}=''")).collect();
    let deep = "<other>".repeat(100_000);
    for (root, test, end) in XML {
        assert!(refused(format!("{root}><x{attributes}/>{test}{end}").as_bytes()).contains("attributes"));
        let message = refused(format!("{root}>{deep}{test}{end}").as_bytes());
        // Some formats know no element but their own at that place.
        assert!(message.contains("deeper") || message.contains("is where"), "{root}: {message}");
    }
    let (open, close) = ("[".repeat(100_000), "]".repeat(100_000));
    for json in [
        format!(r#"{{"results": {{"tests": [], "extra": {open}{close}}}}}"#),
        format!(r#"{{"Action": "pass", "Package": "p", "Extra": {open}{close}}}"#),
        format!(r#"{{"type": "suite", "event": "ok", "extra": {open}{close}}}"#),
        format!(r#"{{"type": "start", "time": 0, "extra": {open}{close}}}"#),
        format!(r#"{{"config": {{}}, "suites": [], "errors": [], "extra": {open}{close}}}"#),
    ] {
        assert!(refused(json.as_bytes()).contains("deeper"));
    }
    let line = format!("1..1\n{}ok 1\n", " ".repeat(4_000_000));
    assert!(refused(line.as_bytes()).contains("deeper"));
}

#[test]
fn names_that_multiply_are_refused() {
    // Each subtest repeats the name of its test point.
    let name = "x".repeat(1 << 20);
    let inner: String = (1..=600).map(|n| format!("        ok {n}\n")).collect();
    let text = format!("1..1\n{inner}        1..600\n    ok 1 - {name}\n    1..1\nok 1 - {name}\n");
    assert!(refused(text.as_bytes()).contains("names of its subtests"));
    let suites = format!("<testsuite name='{name}'>").repeat(40);
    let cases = "<testcase name='a'/>".repeat(100);
    let document = format!("<testsuites>{suites}{cases}{}</testsuites>", "</testsuite>".repeat(40));
    assert!(refused(document.as_bytes()).contains("names of its tests"));
    // Suites without a test of their own repeat nothing.
    let siblings = "<testsuite name='a'/>".repeat(20_000);
    let document = format!(
        "<testsuites>{suites}{siblings}<testcase name='a'/>{}</testsuites>",
        "</testsuite>".repeat(40)
    );
    assert!(parse(document.as_bytes()).is_ok_and(|run| run.tests.len() == 1));
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    for (root, test, end) in XML {
        let document = format!("{root}>{test}{end}");
        for byte in [0u8, 0x08, 0x1b, 0xff] {
            let at = document.len() - end.len();
            let bytes = [&document.as_bytes()[..at], &[byte], end.as_bytes()].concat();
            refused(&bytes);
        }
        // UTF-16 without a byte order mark, or cut within a character.
        let utf16: Vec<u8> = document.encode_utf16().flat_map(u16::to_le_bytes).collect();
        refused(&utf16);
        let marked = [&[0xff, 0xfe][..], &utf16].concat();
        assert!(parse(&marked).is_ok_and(|run| !is_green(&run)), "{root}");
        refused(&marked[..marked.len() - 1]);
        let latin = format!("<?xml version='1.0' encoding='ISO-8859-15'?>{root} name='");
        let latin = [latin.as_bytes(), b"\xe9'>", test.as_bytes(), end.as_bytes()].concat();
        assert!(parse(&latin).is_ok_and(|run| !is_green(&run)), "{root}");
    }
    refused(b"1..1\nok 1 - \xff\n");
    refused(b"{\"Action\":\"pass\",\"Package\":\"\xff\"}\n");
}

#[test]
fn a_failure_is_seen_in_each_seed_and_in_no_part_of_it_lost_to_green() {
    assert_eq!(SEEDS.len(), TABLE.len());
    for (format, seed) in TABLE.iter().zip(SEEDS) {
        assert!(parse_as(format.name, seed.as_bytes()).is_ok_and(|run| !is_green(&run)), "{}", format.name);
        assert_eq!(parse(seed.as_bytes()), parse_as(format.name, seed.as_bytes()));
        for end in 0..seed.len() {
            assert!(!green(&parse_as(format.name, &seed.as_bytes()[..end])), "{} cut at {end}", format.name);
        }
    }
}

/// Seeds, and real reports where a collection is at hand.
fn seeds() -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = SEEDS.iter().map(|seed| seed.as_bytes().to_vec()).collect();
    let generated = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/reports/generated");
    let files = std::fs::read_dir(generated).into_iter().flatten().flatten();
    let mut files: Vec<_> = files.map(|entry| entry.path()).collect();
    files.sort();
    all.extend(files.iter().map(|file| std::fs::read(file).unwrap()).filter(|bytes| bytes.len() < 20_000));
    all
}

#[test]
fn mutated_reports_never_panic_and_cut_ones_are_never_green() {
    let seeds = seeds();
    let cases = (any::<prop::sample::Index>(), prop::collection::vec(any_change(), 1..6));
    let config = ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let outcome = runner.run(&cases, |(seed, edits)| {
        let mut bytes = seeds[seed.index(seeds.len())].clone();
        edits.iter().for_each(|edit| apply(&mut bytes, edit));
        for format in TABLE {
            let read = parse_as(format.name, &bytes);
            let one_document = !["dart", "go-test", "libtest", "tap"].contains(&format.name);
            if one_document && green(&read) {
                let cut = bytes.trim_ascii_end().len() - 1;
                prop_assert!(!green(&parse_as(format.name, &bytes[..cut])), "{}", format.name);
            }
        }
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}
