//! Statements of test runs: what was written once conforms, and is read and written to the byte.

use super::{Validator, json, refuses_every_change, with};
use crate::evidence::predicate::{AnyStatement, read_any};
use crate::evidence::test_run;
use crate::wire::schema::find;
use crate::wire::statement::v1::PREDICATE;

/// Statements as they were written before this form had a module of its own.
const KEPT: &[&str] =
    &[include_str!("../statement/kept/command.json"), include_str!("../statement/kept/plain.json")];

fn schema() -> Validator {
    Validator::new(find("statement").unwrap())
}

#[test]
fn statements_that_were_written_once_conform_and_are_read_and_written_to_the_byte() {
    let schema = schema();
    for text in KEPT {
        assert!(schema.accepts(&json(text)), "{text}");
        let AnyStatement::TestRun(statement) = read_any(text.trim_end().as_bytes()).unwrap();
        let written = String::from_utf8(test_run::write(&statement).unwrap()).unwrap();
        assert_eq!(written, text.trim_end());
    }
    assert_eq!(PREDICATE, test_run::TEST_RUN.uri);
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
        assert!(!schema.accepts(&more) && read_any(more.to_string().as_bytes()).is_err());
        let other = with(&document, "/predicateType", json!("urn:portcullis:test-run:v2"));
        assert!(!schema.accepts(&other));
    }
}
