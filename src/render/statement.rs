//! in-toto statements about a decision: unsigned, and written as the payload that a DSSE envelope
//! would hold (`application/vnd.in-toto+json`), byte for byte.
//!
//! The subject is the judged commit, by its digest and, where the facts hold it, its tree. A
//! decision that names no commit is a statement about itself, which matches no commit.

use super::{Context, escape, origin};
use portcullis_model::change::{ObjectName, Revision};
use portcullis_model::decision::Decision;
use portcullis_model::digest::Digest;
use portcullis_wire::decision::v1::DecisionV1;
use serde_json::{Map, Value, json};
use std::io;

/// The `_type` of a statement.
const STATEMENT: &str = "https://in-toto.io/Statement/v1";

/// Writes one statement on one line.
pub(super) fn write_statement(
    subject: Value,
    predicate_type: &str,
    predicate: Value,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let statement = json!({
        "_type": STATEMENT,
        "subject": [subject],
        "predicateType": predicate_type,
        "predicate": predicate,
    });
    writeln!(out, "{}", escape::json(&serde_json::to_string(&statement)?))
}

/// The judged commit as a subject.
pub(super) fn judged_subject(decision: &Decision, context: &Context<'_>) -> io::Result<Value> {
    let advisory = context.style.advisory;
    let Some(head) = &decision.judged.head else { return decision_subject(decision, advisory) };
    let tree = context.facts.and_then(|facts| origin::tree_of(facts.whole(), head));
    let mut subject = commit_subject(head, tree);
    subject["annotations"] = annotations_of(decision, advisory);
    if let Some(address) = origin::repository_address(decision, context) {
        subject["uri"] = json!(format!("git+{address}@{head}"));
    }
    Ok(subject)
}

/// A commit by its digests.
pub(super) fn commit_subject(commit: &Revision, tree: Option<&ObjectName>) -> Value {
    let mut digest = Map::new();
    digest.insert("gitCommit".into(), json!(commit.as_str()));
    if let Some(tree) = tree {
        digest.insert("gitTree".into(), json!(tree.as_str()));
    }
    json!({ "digest": digest })
}

/// What a reader of the subject should know besides; nothing relies on it.
pub(super) fn annotations_of(decision: &Decision, advisory: bool) -> Value {
    json!({ "portcullis": origin::outcome_properties(decision, advisory) })
}

/// A decision that names no commit: its own JSON is the subject.
fn decision_subject(decision: &Decision, advisory: bool) -> io::Result<Value> {
    let text = serde_json::to_vec(&DecisionV1::new(decision, advisory))?;
    let digest = Digest::of(&text);
    Ok(json!({
        "name": "decision",
        "digest": { "sha256": digest.hex() },
        "annotations": annotations_of(decision, advisory),
    }))
}
