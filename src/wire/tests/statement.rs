//! Statements of test runs: what was written once conforms, and nothing may be missing or more.

use super::{Validator, json, refuses_every_change, with};
use crate::schema::find;
use crate::statement::v1::RecordedRunV1;

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
