//! The events of Dart and Flutter, and what must not pass for them.

use crate::testing::{is_green, outcomes, refused, run};
use portcullis_testrun::test_run::TestOutcome::{self, Error, Failed, Flaky, Passed, Skipped};

const START: &str = r#"{"protocolVersion":"0.1.1","runnerVersion":"1.25.0","pid":7,"type":"start","time":0}"#;
const SUITE: &str = r#"{"suite":{"id":0,"platform":"vm","path":"/home/robin/loader/test/load_test.dart"},"type":"suite","time":0}"#;
const ALL: &str = r#"{"count":1,"time":1,"type":"allSuites"}"#;
const DONE: &str = r#"{"success":true,"type":"done","time":9}"#;
const FAILED: &str = r#"{"success":false,"type":"done","time":9}"#;
const ERROR: &str =
    r#"{"testID":3,"error":"robin","stackTrace":"robin","isFailure":true,"type":"error","time":2}"#;
const RETRY: &str =
    r#"{"testID":3,"messageType":"print","message":"Retry: loads a","type":"print","time":2}"#;

/// As Dart writes them: the file is loaded by a test that is hidden.
const LOADS: &str = r#"{"test":{"id":1,"name":"loading /home/robin/loader/test/load_test.dart","suiteID":0,"groupIDs":[],"metadata":{"skip":false},"line":null,"column":null,"url":null},"type":"testStart","time":1}
{"testID":1,"result":"success","skipped":false,"hidden":true,"type":"testDone","time":2}
{"group":{"id":2,"suiteID":0,"parentID":null,"name":"","metadata":{},"testCount":1},"type":"group","time":2}"#;

fn starts(id: u64, name: &str) -> String {
    format!(
        r#"{{"test":{{"id":{id},"name":"{name}","suiteID":0,"groupIDs":[2],"line":4}},"type":"testStart","time":2}}"#
    )
}

fn ends(id: u64, more: &str) -> String {
    format!(r#"{{"testID":{id},{more},"type":"testDone","time":3}}"#)
}

const SUCCESS: &str = r#""result":"success","skipped":false,"hidden":false"#;

fn stream(events: &[&str]) -> String {
    [&[START, SUITE, LOADS, ALL], events].concat().join("\n") + "\n"
}

fn one(events: &[&str], done: &str) -> (TestOutcome, usize) {
    let begins = starts(3, "loads a");
    let run = run(&stream(&[&[begins.as_str()], events, &[done]].concat()));
    assert_eq!(run.tests[0].id, "test/load_test.dart > loads a");
    assert!(!format!("{run:?}").contains("robin"));
    (run.tests[0].outcome, run.contradictions.len())
}

#[test]
fn the_end_of_a_test_says_its_outcome() {
    for (end, done, outcome, contradictions) in [
        (SUCCESS, DONE, Passed, 0),
        (r#""result":"success","skipped":true,"hidden":false"#, DONE, Skipped, 0),
        (r#""result":"failure","skipped":false,"hidden":false"#, FAILED, Failed, 0),
        (r#""result":"error","skipped":false,"hidden":false"#, FAILED, Error, 0),
        (r#""result":"failure","skipped":true,"hidden":true"#, FAILED, Failed, 0),
        (r#""result":"stalled","skipped":false,"hidden":false"#, FAILED, Error, 1),
        (r#""skipped":false,"hidden":false"#, FAILED, Error, 1),
        (r#""result":"failure""#, DONE, Failed, 1),
    ] {
        assert_eq!(one(&[&ends(3, end)], done), (outcome, contradictions), "{end}");
    }
}

#[test]
fn a_test_without_an_end_did_not_come_to_it() {
    assert_eq!(one(&[], FAILED), (Error, 0));
    assert_eq!(one(&[ERROR], FAILED), (Error, 0));
}

#[test]
fn an_error_counts_also_behind_the_end() {
    assert_eq!(one(&[ERROR, &ends(3, SUCCESS)], DONE), (Failed, 2));
    assert_eq!(one(&[&ends(3, SUCCESS), ERROR], FAILED), (Failed, 0));
    let late = [&ends(3, SUCCESS), DONE, ERROR];
    assert_eq!(one(&late, ""), (Failed, 1));
    assert_eq!(one(&[&ends(3, r#""result":"failure""#), &ends(3, SUCCESS)], FAILED), (Failed, 1));
}

#[test]
fn an_attempt_that_was_repeated_is_not_forgotten() {
    assert_eq!(one(&[RETRY, &ends(3, SUCCESS)], DONE), (Flaky, 0));
    assert_eq!(one(&[ERROR, RETRY, &ends(3, SUCCESS)], DONE), (Flaky, 0));
    assert_eq!(one(&[RETRY, RETRY, &ends(3, r#""result":"failure""#)], FAILED), (Failed, 0));
    let other = RETRY.replace("loads a", "loads b");
    assert_eq!(one(&[&other, &ends(3, SUCCESS)], DONE), (Passed, 0));
}

#[test]
fn what_is_hidden_is_no_test_until_it_fails() {
    let hidden = stream(&[
        &starts(3, "(setUpAll)"),
        &ends(3, r#""result":"success","skipped":false,"hidden":true"#),
        &starts(4, "loads"),
        &ends(4, SUCCESS),
        DONE,
    ]);
    assert_eq!(outcomes(&run(&hidden)), [("test/load_test.dart > loads", Passed)]);
    let failed = hidden.replace(
        r#"{"testID":3,"result":"success","skipped":false,"hidden":true"#,
        r#"{"testID":3,"result":"error","skipped":false,"hidden":false"#,
    );
    assert_eq!(run(&failed).tests[0].outcome, Error);
    // The file did not load: no test of it is named.
    let broken = stream(&[DONE])
        .replace(r#""testID":1,"result":"success""#, r#""testID":1,"result":"error""#)
        .replace(DONE, FAILED);
    let run = run(&broken);
    assert_eq!((run.tests.len(), run.tests[0].outcome), (1, Error));
}

#[test]
fn the_end_of_a_run_is_needed() {
    let (begins, end) = (starts(3, "a"), ends(3, SUCCESS));
    let cut = run(&stream(&[&begins, &end]));
    assert_eq!(cut.contradictions, ["a run has no end: the report is cut off"]);
    for (done, errors, contradictions) in [
        (DONE, 0, 0),
        (FAILED, 1, 0),
        (r#"{"success":null,"type":"done","time":9}"#, 1, 0),
        (r#"{"type":"done","time":9}"#, 1, 0),
    ] {
        let run = run(&stream(&[&begins, &end, done]));
        assert_eq!((run.errors.len(), run.contradictions.len()), (errors, contradictions), "{done}");
    }
    assert_eq!(run(&stream(&[&begins, &end, DONE, DONE])).contradictions, ["a run ends twice"]);
    let more = stream(&[&begins, &end, DONE]).replace(r#""count":1"#, r#""count":2"#);
    assert_eq!(run(&more).contradictions, ["a run names more suites than the 1 that it shows"]);
}

#[test]
fn several_runs_stand_behind_each_other() {
    let (begins, end) = (starts(3, "a"), ends(3, SUCCESS));
    let good = stream(&[&begins, &end, DONE]);
    let other = good.replace("load_test", "save_test");
    let both = run(&format!("{good}{other}"));
    assert!(is_green(&both) && both.tests.len() == 2, "{both:?}");
    let again = run(&format!(
        "{good}{}",
        good.replace(r#""result":"success","skipped":false,"hidden":false"#, r#""result":"failure""#)
            .replace(DONE, FAILED)
    ));
    assert_eq!((again.tests[0].outcome, again.tests[0].records), (Failed, 2));
}

#[test]
fn files_and_platforms_are_told_apart() {
    let second = |path: &str, platform: &str| {
        let suite = format!(
            r#"{{"suite":{{"id":9,"platform":"{platform}","path":"{path}"}},"type":"suite","time":0}}"#
        );
        let test = starts(8, "a").replace(r#""suiteID":0"#, r#""suiteID":9"#);
        let run = run(&stream(&[&starts(3, "a"), &ends(3, SUCCESS), &suite, &test, &ends(8, SUCCESS), DONE]));
        run.tests.into_iter().map(|test| test.id).collect::<Vec<_>>()
    };
    assert_eq!(
        second("/home/robin/loader/test/load_test.dart", "chrome"),
        ["test/load_test.dart > a", "test/load_test.dart [chrome] > a"]
    );
    assert_eq!(
        second("/srv/other/test/load_test.dart", "vm"),
        ["(home)/loader/test/load_test.dart > a", "/srv/other/test/load_test.dart > a"]
    );
    assert_eq!(
        second("C:\\\\b\\\\integration_test\\\\x_test.dart", "vm"),
        ["integration_test/x_test.dart > a", "test/load_test.dart > a"]
    );
}

#[test]
fn lines_of_others_are_passed_over_and_unknown_events_of_a_test_are_not() {
    let (begins, end) = (starts(3, "a"), ends(3, SUCCESS));
    for line in [
        "Resolving dependencies...",
        r#"[{"event":"test.startedProcess","params":{}}]"#,
        r#"{"level":"info","message":"loaded"}"#,
        r#"{"type":"coverage","time":3}"#,
    ] {
        assert!(is_green(&run(&stream(&[line, &begins, line, &end, DONE]))), "{line}");
    }
    let odd = r#"{"type":"testCrashed","testID":3,"time":3}"#;
    assert_eq!(run(&stream(&[&begins, odd, &end, DONE])).contradictions.len(), 1);
    let flutter = format!("[{{\"event\":\"daemon.connected\"}}]\n{}", stream(&[&begins, &end, DONE]));
    assert!(is_green(&run(&flutter)));
}

#[test]
fn what_no_runner_writes_is_refused() {
    let (begins, end) = (starts(3, "a"), ends(3, SUCCESS));
    for events in
        [vec![end.as_str()], vec![&begins, &begins], vec!["{\"type\":"], vec!["{\"type\":\"testStart\"}"]]
    {
        refused(&stream(&events));
    }
    let headless = run(&[SUITE, &begins, &end, DONE].join("\n"));
    assert_eq!(headless.contradictions, ["an event comes before the start of a run"]);
}

#[test]
fn no_prefix_is_green() {
    let text = stream(&[&starts(3, "a"), &ends(3, SUCCESS), &starts(4, "b"), &ends(4, SUCCESS), DONE]);
    assert!(is_green(&run(&text)));
    for end in 0..text.trim_end().len() {
        let read = crate::parse(&text.as_bytes()[..end]);
        assert!(!read.is_ok_and(|run| is_green(&run) && !run.tests.is_empty()), "cut at {end}");
    }
}
