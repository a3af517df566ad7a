//! Reports in the own formats of runners, through the whole gate: its answer is that of the runner's own exit status, or stricter where the
//! runner itself calls a broken run a success.
//!
//! The documents are those that the runners wrote (`src/report/test_formats/*/real`), or, where none was at hand, what their sources say.

use crate::support::gate::{Verdict, judge};
use portcullis_testkit::history::Edit;
use portcullis_testkit::stage::{POLICY, Stage};

const LOAD: &str = "services/upload/load.sql";
const SUITE: &str = "regression-tests";

/// The gate's answer to an honest change whose suite wrote this.
fn judged(report: &str) -> Verdict {
    let policy = POLICY.replace("minimum = 3", "minimum = 1");
    let mut stage = Stage::with(&[
        Edit::Write("portcullis.toml", &policy),
        Edit::Write(".github/CODEOWNERS", "* @robin-example\n"),
        Edit::Write(LOAD, "INSERT INTO records SELECT * FROM staging;\n"),
    ])
    .unwrap();
    stage.change(&[Edit::Write(LOAD, "INSERT INTO records SELECT * FROM staging ORDER BY id;\n")]).unwrap();
    stage.report(report).unwrap();
    judge(&stage)
}

fn allowed(report: &str) {
    let verdict = judged(report);
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
}

fn stopped(report: &str, why: &str) {
    judged(report).expect(1, SUITE, why);
}

/// A document that a runner wrote.
macro_rules! real {
    ($name:literal) => {
        include_str!(concat!("../../src/report/test_formats/", $name))
    };
}

#[test]
fn a_run_that_its_runner_ended_with_0_is_allowed() {
    for report in [
        real!("boost_test/real/green.xml"),
        real!("boost_test/real/green-log.xml"),
        real!("catch2/real/green.xml"),
        real!("playwright/real/green.json"),
        real!("qt_test/real/green.xml"),
        real!("robot/real/green.xml"),
        real!("testng/real/green.xml"),
        "<testExecutions version='1'><file path='a.js'><testCase name='loads' duration='1'/></file></testExecutions>",
        "<e:events xmlns:e='https://schemas.opentest4j.org/reporting/events/0.2.0'><e:started id='1' name='loads'/>\
         <e:finished id='1'><result status='SUCCESSFUL'/></e:finished></e:events>",
        DART,
    ] {
        allowed(report);
    }
}

/// What `dart test --reporter json` writes of one test that passes.
const DART: &str = r#"{"protocolVersion":"0.1.1","runnerVersion":"1.25.0","pid":7,"type":"start","time":0}
{"suite":{"id":0,"platform":"vm","path":"test/load_test.dart"},"type":"suite","time":0}
{"test":{"id":1,"name":"loads","suiteID":0,"groupIDs":[]},"type":"testStart","time":1}
{"testID":1,"result":"success","skipped":false,"hidden":false,"type":"testDone","time":2}
{"success":true,"type":"done","time":3}
"#;

#[test]
fn a_red_run_in_a_format_of_its_own_is_stopped() {
    for report in [
        real!("boost_test/real/report.xml"),
        real!("boost_test/real/log.xml"),
        real!("catch2/real/version-2.xml"),
        real!("playwright/real/all.json"),
        real!("qt_test/real/version-6.xml"),
        real!("qt_test/real/set-up.xml"),
        real!("robot/real/schema-5.xml"),
        real!("robot/real/schema-4.xml"),
        real!("testng/real/all.xml"),
    ] {
        stopped(report, "failed");
    }
    stopped(&DART.replace(r#""result":"success""#, r#""result":"failure""#), "failed");
}

#[test]
fn a_crash_or_an_early_end_is_stopped() {
    for report in [
        real!("boost_test/real/crash.xml"),
        real!("catch2/real/crash.xml"),
        real!("qt_test/real/version-5.xml"),
        real!("playwright/real/stopped.json"),
        real!("playwright/real/timed-out.json"),
        real!("playwright/real/list.json"),
    ] {
        stopped(report, "failed");
    }
    stopped(DART.rsplit_once("{\"success\"").unwrap().0, "cut off");
}

#[test]
fn what_fails_outside_of_every_test_is_stopped() {
    for (report, why) in [
        (real!("boost_test/real/report.xml"), "outside its tests"),
        (real!("playwright/real/global-tear-down.json"), "outside of the tests"),
        (real!("testng/real/tear-down.xml"), "sets up or tears down"),
        (real!("testng/real/set-up.xml"), "sets up or tears down"),
    ] {
        stopped(report, why);
    }
}

#[test]
fn what_was_not_run_or_passed_only_later_is_stopped() {
    stopped(real!("robot/real/dry-run.xml"), "dry run");
    stopped(real!("robot/real/merged.xml"), "passed only after a failure");
}

#[test]
fn a_report_in_a_foreign_format_is_named_with_the_way_round() {
    for (report, why) in [
        (r#"{"numTotalTests": 1, "success": true, "testResults": []}"#, "vitest --reporter=junit"),
        (r#"{"stats": {}, "tests": [], "passes": [], "failures": []}"#, "mocha-junit-reporter"),
        (r#"{"exitcode": 0, "root": "/", "summary": {}, "tests": []}"#, "--junit-xml"),
        (r#"{"version": "2.1.0", "$schema": "x", "runs": []}"#, "SARIF"),
    ] {
        let verdict = judged(report);
        assert_ne!(verdict.exit, 0, "{}", verdict.text);
        assert!(verdict.text.contains(why), "{why}: {}", verdict.text);
        assert!(!verdict.text.contains("column"), "{}", verdict.text);
    }
}
