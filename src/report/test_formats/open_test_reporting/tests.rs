//! Open Test Reporting as JUnit and PHPUnit write it, and what must not pass for it.

use crate::testing::{is_green, outcomes, refused, run};
use portcullis_testrun::test_run::TestOutcome::{self, Error, Failed, Passed, Skipped};

/// The beginning of a document of events as JUnit 6 writes it.
const EVENTS: &str = r#"<?xml version="1.0" ?><e:events xmlns="https://schemas.opentest4j.org/reporting/core/0.2.0"
    xmlns:e="https://schemas.opentest4j.org/reporting/events/0.2.0" xmlns:java="https://schemas.opentest4j.org/reporting/java/0.2.0"
    xmlns:junit="https://schemas.junit.org/open-test-reporting"><infrastructure><hostName>robin</hostName><userName>robin</userName>
    </infrastructure>"#;

const TREE: &str = r#"<h:execution xmlns:h="https://schemas.opentest4j.org/reporting/hierarchy/0.2.0"
    xmlns="https://schemas.opentest4j.org/reporting/core/0.2.0"><infrastructure><userName>robin</userName></infrastructure>"#;

fn events(events: &str) -> String {
    format!("{EVENTS}{events}</e:events>")
}

fn started(id: u32, outer: u32, name: &str, more: &str) -> String {
    let outer = if outer > 0 { format!("parentId=\"{outer}\"") } else { String::new() };
    format!(
        "<e:started id=\"{id}\" {outer} name=\"{name}\" time=\"2026-11-29T04:00:00.5Z\">{more}</e:started>"
    )
}

fn finished(id: u32, result: &str) -> String {
    format!("<e:finished id=\"{id}\" time=\"2026-11-29T04:00:01Z\">{result}</e:finished>")
}

fn result(status: &str) -> String {
    let thrown =
        if status == "SUCCESSFUL" { "" } else { "<java:throwable type=\"x\">robin</java:throwable>" };
    format!("<result status=\"{status}\"><reason>robin</reason>{thrown}</result>")
}

fn kind(kind: &str) -> String {
    format!(
        "<metadata><tags><tag>robin</tag></tags><junit:uniqueId>[x]</junit:uniqueId><junit:type>{kind}</junit:type></metadata>"
    )
}

fn one(end: &str) -> (TestOutcome, usize) {
    let text = events(
        &(started(1, 0, "C", "") + &started(2, 1, "a()", "") + end + &finished(1, &result("SUCCESSFUL"))),
    );
    let run = run(&text);
    assert_eq!(run.tests[0].id, "C > a()");
    assert!(!format!("{run:?}").contains("robin"));
    (run.tests[0].outcome, run.contradictions.len())
}

#[test]
fn events_and_their_results() {
    for (status, outcome, contradictions) in [
        ("SUCCESSFUL", Passed, 0),
        ("SKIPPED", Skipped, 0),
        ("ABORTED", Skipped, 0),
        ("FAILED", Failed, 0),
        ("ERRORED", Error, 0),
        ("FINE", Error, 1),
        ("", Error, 1),
    ] {
        assert_eq!(one(&finished(2, &result(status))), (outcome, contradictions), "{status}");
    }
    assert_eq!(one(&finished(2, "")), (Error, 1));
    assert_eq!(one(&finished(2, "<result/>")), (Error, 1));
    // It never ended.
    assert_eq!(one(""), (Error, 0));
    // A result that was told before the end, and the worse of two.
    let told = "<e:reported id=\"2\" time=\"x\"><result status=\"FAILED\"/></e:reported>";
    assert_eq!(one(&format!("{told}{}", finished(2, &result("SUCCESSFUL")))).0, Failed);
    assert_eq!(one(told).0, Error);
    assert_eq!(one(&(finished(2, &result("FAILED")) + &finished(2, &result("SUCCESSFUL")))), (Failed, 1));
    let foreign = "<attachments><x:result xmlns:x='y' status='FAILED'/></attachments>";
    assert_eq!(one(&finished(2, &format!("{foreign}{}", result("SUCCESSFUL")))), (Passed, 0));
}

#[test]
fn events_may_come_in_any_order() {
    let text = events(
        &(finished(2, &result("SUCCESSFUL"))
            + &started(2, 1, "a", "")
            + &started(3, 1, "b", "")
            + &started(1, 0, "C", "")
            + &finished(1, &result("SUCCESSFUL"))
            + &finished(3, &result("SUCCESSFUL"))),
    );
    let run = run(&text);
    assert_eq!(outcomes(&run), [("C > a", Passed), ("C > b", Passed)]);
    assert!(is_green(&run) && run.times.began().is_some());
}

#[test]
fn a_container_that_failed_by_itself_is_an_error() {
    let class = started(1, 0, "C", &kind("CONTAINER"));
    let test = started(2, 1, "a()", &kind("TEST"));
    let (good, bad) = (finished(2, &result("SUCCESSFUL")), finished(2, &result("FAILED")));
    for (text, tests, errors, contradictions) in [
        (format!("{class}{test}{good}{}", finished(1, &result("FAILED"))), 1, 1, 0),
        (format!("{class}{}", finished(1, &result("FAILED"))), 0, 1, 0),
        (format!("{class}{test}{bad}{}", finished(1, &result("FAILED"))), 1, 0, 0),
        (format!("{class}{test}{good}{}", finished(1, &result("SUCCESSFUL"))), 1, 0, 0),
        (format!("{class}{test}{good}{}", finished(1, "")), 1, 0, 0),
        (format!("{class}{test}{good}"), 1, 0, 1),
        (format!("{class}{}", finished(1, &result("SUCCESSFUL"))), 0, 0, 0),
        (format!("{class}{}", finished(1, &result("SKIPPED"))), 1, 0, 0),
        (class.clone(), 0, 0, 1),
    ] {
        let run = run(&events(&text));
        assert_eq!(
            (run.tests.len(), run.errors.len(), run.contradictions.len()),
            (tests, errors, contradictions),
            "{text}"
        );
    }
}

#[test]
fn what_never_began_is_a_contradiction_and_what_stands_in_itself_is_refused() {
    let end = finished(2, &result("SUCCESSFUL"));
    assert!(!run(&events(&end)).contradictions.is_empty());
    let orphan = events(&(started(2, 7, "a", "") + &end));
    assert!(!run(&orphan).contradictions.is_empty());
    let twice = events(&(started(2, 0, "a", "") + &started(2, 0, "a", "") + &end));
    assert_eq!(run(&twice).contradictions, ["something began, or ended, twice"]);
    refused(&events(&(started(2, 2, "a", "") + &end)));
    refused(&events(&(started(2, 3, "a", "") + &started(3, 2, "b", ""))));
    let deep: String = (1..100).map(|id| started(id, id - 1, "a", "")).collect();
    refused(&events(&deep));
    refused(&events("<e:started name=\"a\" time=\"x\"/>"));
    refused(&events("<e:started id=\"1\" name=\"a\"><e:finished id=\"1\"/></e:started>"));
}

#[test]
fn a_class_is_known_by_its_whole_name_and_a_test_with_tests_is_one() {
    let source = |class: &str| {
        format!("{}<sources><java:classSource className=\"{class}\"/></sources>", kind("CONTAINER"))
    };
    let text = events(
        &(started(1, 0, "C", &source("a.C"))
            + &started(2, 0, "C", &source("b.C"))
            + &started(3, 1, "t()", &kind("CONTAINER_AND_TEST"))
            + &started(4, 3, "[1] x", &kind("TEST"))
            + &started(5, 2, "t()", &kind("TEST"))
            + &[1, 2, 3, 4].map(|id| finished(id, &result("SUCCESSFUL"))).concat()
            + &finished(5, &result("FAILED"))),
    );
    assert_eq!(
        outcomes(&run(&text)),
        [("a.C > t()", Passed), ("a.C > t() > [1] x", Passed), ("b.C > t()", Failed)]
    );
}

#[test]
fn a_tree_is_read_the_same_way() {
    let child = |name: &str, status: &str| {
        format!(
            "<h:child name=\"{name}\" start=\"2026-11-29T04:00:00Z\" duration=\"PT1S\">{status}</h:child>"
        )
    };
    let root = |status: &str, children: &str| {
        format!("{TREE}<h:root name=\"C\" start=\"x\">{status}{children}</h:root></h:execution>")
    };
    let good =
        root(&result("SUCCESSFUL"), &(child("a", &result("SUCCESSFUL")) + &child("b", &result("SKIPPED"))));
    assert_eq!(outcomes(&run(&good.replace("java:", ""))), [("C > a", Passed), ("C > b", Skipped)]);
    for (status, children, outcome, errors, contradictions) in [
        (result("SUCCESSFUL"), child("a", &result("FAILED")), Failed, 0, 0),
        (result("FAILED"), child("a", &result("FAILED")), Failed, 0, 0),
        (result("FAILED"), child("a", &result("SUCCESSFUL")), Passed, 1, 0),
        (result("SUCCESSFUL"), child("a", ""), Error, 0, 1),
        (result("SUCCESSFUL"), child("a", &result("ODD")), Error, 0, 1),
        (result("FAILED"), String::new(), Failed, 0, 0),
    ] {
        let text = root(&status, &children).replace("java:", "");
        let run = run(&text);
        assert_eq!(
            (run.tests[0].outcome, run.errors.len(), run.contradictions.len()),
            (outcome, errors, contradictions),
            "{text}"
        );
    }
    refused(&format!("{TREE}<h:child name=\"a\"/></h:execution>"));
}

#[test]
fn two_tests_of_one_name_are_not_attempts() {
    let text = events(
        &(started(1, 0, "a", "")
            + &finished(1, &result("FAILED"))
            + &started(2, 0, "a", "")
            + &finished(2, &result("SUCCESSFUL"))),
    );
    assert_eq!(outcomes(&run(&text)), [("a", Failed)]);
}

#[test]
fn other_events_are_not_taken_for_it() {
    refused(
        "<events><started id='1' name='a'/><finished id='1'><result status='SUCCESSFUL'/></finished></events>",
    );
    refused("<execution/>");
}

#[test]
fn no_prefix_is_a_run() {
    let text = events(&(started(1, 0, "a", "") + &finished(1, &result("SUCCESSFUL"))));
    assert!(is_green(&run(&text)));
    for end in 0..text.len() {
        refused(&text[..end]);
    }
}
