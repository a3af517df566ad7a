//! Statements of test runs as bytes: in-toto Statements whose predicate is ours, and notes that hold several of them.
//!
//! A statement is an [in-toto Statement v1](https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md): one line of
//! JSON with one subject, which names a commit (`gitCommit`) and its tree (`gitTree`), and a predicate of the type
//! [`PREDICATE`], whose fields are those of [`RecordedRun`]. Unknown fields of the statement are ignored, as in-toto
//! demands; unknown fields of the predicate are refused, because what they might take back would go unnoticed. A key that
//! stands twice is refused everywhere.
//!
//! A note is one statement or DSSE envelope a line, sorted, none twice. So two notes on one tree are merged by
//! `git notes merge --strategy=cat_sort_uniq`, and nothing is lost.

use crate::model::change::{ObjectName, Revision};
use crate::model::evidence::{RecordedRun, Statement, Subject};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The type of every statement.
pub const STATEMENT: &str = "https://in-toto.io/Statement/v1";

/// The type of our predicate. Its fields are documented with [`RecordedRun`].
pub const PREDICATE: &str = "urn:portcullis:test-run:v1";

/// The ref of the notes.
pub const NOTES: &str = "refs/notes/portcullis";

/// The largest statement that is read, in bytes.
pub const MAXIMUM_BYTES: usize = 256 << 20;

#[derive(Serialize, Deserialize)]
struct Wire {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<WireSubject>,
    #[serde(rename = "predicateType")]
    predicate_type: String,
    predicate: RecordedRun,
}

#[derive(Serialize, Deserialize)]
struct WireSubject {
    digest: WireDigest,
}

/// Other algorithms are ignored: a statement must name these two.
#[derive(Serialize, Deserialize)]
struct WireDigest {
    #[serde(rename = "gitCommit")]
    commit: Revision,
    #[serde(rename = "gitTree")]
    tree: ObjectName,
}

/// A statement as one line, without a line break.
///
/// # Errors
/// Those of the JSON writer; with these types there are none.
pub fn write(statement: &Statement) -> Result<Vec<u8>, serde_json::Error> {
    let Subject { commit, tree } = statement.subject.clone();
    serde_json::to_vec(&Wire {
        kind: STATEMENT.to_string(),
        subject: vec![WireSubject { digest: WireDigest { commit, tree } }],
        predicate_type: PREDICATE.to_string(),
        predicate: statement.run.clone(),
    })
}

/// Reads a statement.
///
/// # Errors
/// A sentence that says why it is none of ours.
pub fn read(bytes: &[u8]) -> Result<Statement, String> {
    if bytes.len() > MAXIMUM_BYTES {
        return Err(format!("it is larger than {MAXIMUM_BYTES} bytes"));
    }
    types(bytes)?;
    let wire: Wire = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    let [subject] = <[WireSubject; 1]>::try_from(wire.subject)
        .map_err(|all| format!("it has {} subjects, and a run has one", all.len()))?;
    let WireDigest { commit, tree } = subject.digest;
    sound(&wire.predicate)?;
    Ok(Statement { subject: Subject { commit, tree }, run: wire.predicate })
}

/// The types come first: a statement of another type has other fields.
fn types(bytes: &[u8]) -> Result<(), String> {
    #[derive(Deserialize)]
    struct Types {
        #[serde(rename = "_type")]
        kind: String,
        #[serde(rename = "predicateType")]
        predicate_type: String,
    }
    let types: Types = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if types.kind != STATEMENT {
        return Err(format!("its type is `{}`, not `{STATEMENT}`", types.kind));
    }
    if types.predicate_type != PREDICATE {
        return Err(format!("its predicate is of the type `{}`, not `{PREDICATE}`", types.predicate_type));
    }
    Ok(())
}

/// What types cannot say: lists are sorted and hold nothing twice, so that one run has one form.
fn sound(run: &RecordedRun) -> Result<(), String> {
    let ascends = |sorted: bool, what: &str| match sorted {
        true => Ok(()),
        false => Err(format!("its {what} are not sorted, or one stands there twice")),
    };
    ascends(run.tests.windows(2).all(|pair| pair[0].id < pair[1].id), "tests")?;
    ascends(run.reports.windows(2).all(|pair| pair[0] < pair[1]), "reports")?;
    ascends(run.materials.windows(2).all(|pair| pair[0].path < pair[1].path), "materials")?;
    if run.suite.is_empty() || run.configuration.as_ref().is_some_and(String::is_empty) {
        return Err("the name of its suite or configuration is empty".to_string());
    }
    if run.tests.iter().any(|test| test.records == 0) {
        return Err("it names a test that has no record".to_string());
    }
    if run.producer.attempt == Some(0) {
        return Err("it is attempt 0 of its run, and attempts are counted from 1".to_string());
    }
    Ok(())
}

/// The lines of a note, or of a file of statements.
pub fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty())
}

/// A note with one line more.
pub fn with_line(note: &[u8], line: &[u8]) -> Vec<u8> {
    let all: BTreeSet<&[u8]> = lines(note).chain([line]).collect();
    let mut bytes = Vec::with_capacity(note.len() + line.len() + 1);
    for line in all {
        bytes.extend(line);
        bytes.push(b'\n');
    }
    bytes
}

#[cfg(test)]
mod tests;
