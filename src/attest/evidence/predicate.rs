//! The predicate types that Portcullis reads, and how a statement of any of them is read.
//!
//! To add one: a type that implements [`Predicate`] in a file of its own, a line in [`TABLE`], and
//! a variant of [`AnyStatement`] for the facts. Recording, signing, verifying, notes and envelopes
//! do not name a predicate.

use super::predicate_type::{AnyStatement, Predicate, PredicateType, StatementSummary, read_checked};
use super::{MAXIMUM_BYTES, test_run};
use crate::AttestError;
use crate::statement::StatementHeader;
use portcullis_model::evidence::Statement;

/// Every predicate type that is read, sorted by URI.
pub static TABLE: &[&PredicateType] = &[&test_run::TEST_RUN];

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statement::{ResourceDescriptor, write_statement};
    use portcullis_model::change::{ObjectName, Revision};
    use portcullis_wire::form::{Form, Misshapen};
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

    impl Form for Reconciliation {
        type Model = Reconciliation;

        fn of(model: Reconciliation) -> Self {
            model
        }

        fn model(self) -> Result<Reconciliation, Misshapen> {
            Ok(self)
        }
    }

    impl Predicate for Reconciliation {
        type Form = Reconciliation;

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
