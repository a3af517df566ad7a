//! The predicate types that Portcullis reads, and how a statement of any of them is read.
//!
//! To add one: a type that implements [`Predicate`] in a file of its own, a line in [`TABLE`], and
//! a variant of [`AnyStatement`] for the facts. Recording, signing, verifying, notes and envelopes
//! do not name a predicate.

use super::{MAXIMUM_BYTES, test_run};
use crate::AttestError;
use crate::statement::{ResourceDescriptor, StatementHeader, read_predicate};
use portcullis_model::change::{ObjectName, Revision};
use portcullis_model::evidence::{Statement, Subject};
use serde::de::DeserializeOwned;

/// A type of predicate, with the readers of its statements.
pub struct PredicateType {
    /// The `predicateType` of its statements.
    pub uri: &'static str,
    /// What a statement of this type is about, for people: "one run of one test suite".
    pub about: &'static str,
    /// Reads a statement whole.
    pub read: fn(&StatementHeader, &[u8]) -> Result<AnyStatement, AttestError>,
    /// Reads a statement to check and to name it, in as little memory as that takes.
    pub summarize: fn(&StatementHeader, &[u8]) -> Result<StatementSummary, AttestError>,
}

/// Every predicate type that is read, sorted by URI.
pub static TABLE: &[&PredicateType] = &[&test_run::TEST_RUN];

/// What a statement claims of its subject.
pub trait Predicate: DeserializeOwned {
    /// The line of the table.
    const TYPE: &'static PredicateType;

    /// Checks what the types cannot express: lists are sorted, parts agree with each other.
    ///
    /// # Errors
    /// The predicate contradicts itself, or could have been written in another way.
    fn check(&self) -> Result<(), AttestError>;
}

/// A statement of one of the types in the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnyStatement {
    /// A test run.
    TestRun(Statement),
}

/// A statement in short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementSummary {
    /// The commit and tree that it is about.
    pub subject: Subject,
    /// What it is called: "upload (linux)".
    pub name: String,
    /// How many things it claims something of.
    pub size: u64,
    /// What these things are, in the singular: "test".
    pub unit: &'static str,
}

/// Reads a statement of any type in the table.
///
/// # Errors
/// The bytes are not a statement, or one of an unknown type, or one that contradicts itself.
pub fn read_any(bytes: &[u8]) -> Result<AnyStatement, AttestError> {
    let header = read_header(bytes)?;
    (find_type(&header.predicate_type)?.read)(&header, bytes)
}

/// Reads a statement of any type in the table to check and to name it.
///
/// # Errors
/// Errors are those of [`read_any`].
pub fn summarize(bytes: &[u8]) -> Result<StatementSummary, AttestError> {
    let header = read_header(bytes)?;
    (find_type(&header.predicate_type)?.summarize)(&header, bytes)
}

/// Reads a statement of one type; `None` if it is of another type in the table.
///
/// # Errors
/// Errors are those of [`read_any`].
pub fn read_as<P: Predicate>(bytes: &[u8]) -> Result<Option<Statement<P>>, AttestError> {
    let header = read_header(bytes)?;
    if header.predicate_type == P::TYPE.uri {
        return read_checked(&header, bytes).map(Some);
    }
    find_type(&header.predicate_type).map(|_| None)
}

/// Reads a statement whose header was read, and is of this type.
///
/// # Errors
/// The statement has another form, or contradicts itself.
pub(super) fn read_checked<P: Predicate>(
    header: &StatementHeader,
    bytes: &[u8],
) -> Result<Statement<P>, AttestError> {
    let subject = read_subject(&header.subjects)?;
    let predicate: P = read_predicate(bytes)?;
    predicate.check()?;
    Ok(Statement { subject, predicate })
}

fn read_header(bytes: &[u8]) -> Result<StatementHeader, AttestError> {
    if bytes.len() as u64 > MAXIMUM_BYTES {
        return Err(AttestError::Statement(format!("it is larger than {MAXIMUM_BYTES} bytes")));
    }
    StatementHeader::read(bytes)
}

fn find_type(uri: &str) -> Result<&'static PredicateType, AttestError> {
    TABLE.iter().find(|one| one.uri == uri).copied().ok_or_else(|| unknown_type(uri))
}

fn unknown_type(found: &str) -> AttestError {
    let known: Vec<String> = TABLE.iter().map(|one| format!("`{}` ({})", one.uri, one.about)).collect();
    AttestError::Statement(format!("its predicate type is `{found}` and not {}", known.join(" or ")))
}

fn read_subject(subjects: &[ResourceDescriptor]) -> Result<Subject, AttestError> {
    let [subject] = subjects else {
        let problem = format!("it has {} subjects instead of one", subjects.len());
        return Err(AttestError::Statement(problem));
    };
    let digest = |algorithm: &str| subject.digest.get(algorithm).cloned().unwrap_or_default();
    let commit = Revision::try_from(digest("gitCommit")).map_err(AttestError::Statement)?;
    let tree = ObjectName::try_from(digest("gitTree")).map_err(AttestError::Statement)?;
    Ok(Subject { commit, tree })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statement::write_statement;
    use serde::{Deserialize, Serialize};

    /// A pretend predicate: what a second one needs.
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Reconciliation {
        rows: u64,
        missing: u64,
    }

    static RECONCILIATION: PredicateType = PredicateType {
        uri: "urn:example:reconciliation:v1",
        about: "rows of two systems",
        read: |header, bytes| {
            read_checked::<Reconciliation>(header, bytes)?;
            Err(AttestError::Statement("facts have no place for it".to_string()))
        },
        summarize: |header, bytes| {
            let Statement { subject, predicate } = read_checked::<Reconciliation>(header, bytes)?;
            Ok(StatementSummary { subject, name: "ledger".to_string(), size: predicate.rows, unit: "row" })
        },
    };

    impl Predicate for Reconciliation {
        const TYPE: &'static PredicateType = &RECONCILIATION;

        fn check(&self) -> Result<(), AttestError> {
            match self.missing > self.rows {
                true => Err(AttestError::Contradiction("more rows are missing than there are".to_string())),
                false => Ok(()),
            }
        }
    }

    fn written(predicate: &Reconciliation) -> Vec<u8> {
        let commit = Revision::try_from("a".repeat(40)).unwrap();
        let tree = ObjectName::try_from("b".repeat(40)).unwrap();
        let mut bytes = Vec::new();
        let subjects = [ResourceDescriptor::commit(&commit, &tree)];
        write_statement(&mut bytes, &subjects, RECONCILIATION.uri, predicate).unwrap();
        bytes
    }

    #[test]
    fn the_table_is_sorted_and_its_types_are_unique() {
        assert!(TABLE.windows(2).all(|pair| pair[0].uri < pair[1].uri));
    }

    #[test]
    fn a_second_predicate_is_read_by_the_same_reader() {
        let good = Reconciliation { rows: 3, missing: 1 };
        let bytes = written(&good);
        let read = read_as::<Reconciliation>(&bytes).unwrap().unwrap();
        assert_eq!(read.predicate, good);
        let header = read_header(&bytes).unwrap();
        let summary = (RECONCILIATION.summarize)(&header, &bytes).unwrap();
        assert_eq!((summary.size, summary.unit, summary.subject), (3, "row", read.subject));
        assert!(read_as::<Reconciliation>(&written(&Reconciliation { rows: 1, missing: 2 })).is_err());
    }

    #[test]
    fn a_type_that_is_not_in_the_table_is_refused_by_its_name() {
        let bytes = written(&Reconciliation { rows: 3, missing: 1 });
        for error in [read_any(&bytes).unwrap_err(), summarize(&bytes).unwrap_err()] {
            let text = error.to_string();
            assert!(text.contains(RECONCILIATION.uri) && text.contains(test_run::TEST_RUN.uri), "{text}");
        }
    }
}
