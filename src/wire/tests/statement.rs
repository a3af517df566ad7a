//! Statements of test runs: what was written once conforms, and nothing may be missing or more.

use super::{Validator, json, refuses_every_change, with};
use crate::form::Form;
use crate::schema::find;
use crate::statement::v1::{BorrowedTestsV1, RecordedRunV1, TestInventoryV1, TestV1};
use portcullis_model::test_run::Test;

/// Statements as they were written before this form had a module of its own.
const KEPT: &[&str] =
    &[include_str!("../statement/kept/command.json"), include_str!("../statement/kept/plain.json")];

fn schema() -> Validator {
    Validator::new(find("statement").unwrap())
}

#[test]
fn statements_that_were_written_once_conform_and_hold_what_the_form_writes() {
    let schema = schema();
    for text in KEPT {
        let document = json(text);
        assert!(schema.accepts(&document), "{text}");
        let run: RecordedRunV1 = serde_json::from_value(document["predicate"].clone()).unwrap();
        let written = format!("\"predicate\":{}}}", serde_json::to_string(&run).unwrap());
        assert!(text.trim_end().ends_with(&written), "{written}");
    }
}

#[test]
fn a_statement_that_was_changed_does_not_conform() {
    let schema = schema();
    for text in KEPT {
        let document = json(text);
        let may_lack = |member: &str| {
            let optional = ["began", "command", "coverage", "exit_status", "settled"];
            member.strip_prefix("/predicate/").is_some_and(|name| optional.contains(&name))
        };
        refuses_every_change(&schema, &document, may_lack);
        let mut more = document.clone();
        more["predicate"]["note"] = json!("a member that takes back what the others say");
        assert!(!schema.accepts(&more));
        assert!(serde_json::from_value::<RecordedRunV1>(more["predicate"].clone()).is_err());
        let other = with(&document, "/predicateType", json!("urn:portcullis:test-run:v2"));
        assert!(!schema.accepts(&other));
    }
}

#[test]
fn tests_that_are_only_gone_through_are_those_of_the_list() {
    for text in [
        "[]",
        r#"[{"id":"a","outcome":"passed","records":1},{"id":"a > \"b\" \u0001","outcome":"error","records":7}]"#,
        r#"[{"id":"b","outcome":"flaky","records":0},{"id":"a","outcome":"skipped","records":2}]"#,
    ] {
        let list: Vec<TestV1> = serde_json::from_str(text).unwrap();
        let list: Vec<Test> = list.model().unwrap();
        assert_eq!(serde_json::to_string(&BorrowedTestsV1(&list)).unwrap(), text);
        let inventory = serde_json::from_str::<TestInventoryV1>(text).unwrap().model().unwrap();
        assert_eq!(inventory.walk().collect::<Vec<_>>(), list);
    }
    for text in [
        "{}",
        r#"[{"id":"a","outcome":"passed"}]"#,
        r#"[{"id":"a","outcome":"good","records":1}]"#,
        r#"[{"id":"a","outcome":"passed","records":1,"note":1}]"#,
    ] {
        assert!(serde_json::from_str::<TestInventoryV1>(text).is_err(), "{text}");
        assert!(serde_json::from_str::<Vec<TestV1>>(text).is_err(), "{text}");
    }
}
