//! What a predicate type is: how its statements are read, and what they are called.

use crate::AttestError;
use crate::statement::{ResourceDescriptor, StatementHeader, read_predicate};
use portcullis_model::change::{ObjectName, Revision};
use portcullis_model::evidence::{RunSubject, Statement};
use portcullis_wire::form::{Form, Misshapen};
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

/// What a statement claims of its subject.
pub trait Predicate: Sized {
    /// What it is in JSON.
    type Form: Form<Model = Self> + DeserializeOwned;

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
    pub subject: RunSubject,
    /// What it is called: "upload (linux)".
    pub name: String,
    /// How many things it claims something of.
    pub size: u64,
    /// What these things are, in the singular: "test".
    pub unit: &'static str,
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
    let form: P::Form = read_predicate(bytes)?;
    let predicate = form.model().map_err(|Misshapen(why)| AttestError::Statement(why))?;
    predicate.check()?;
    Ok(Statement { subject, predicate })
}

fn read_subject(subjects: &[ResourceDescriptor]) -> Result<RunSubject, AttestError> {
    let [subject] = subjects else {
        let problem = format!("it has {} subjects instead of one", subjects.len());
        return Err(AttestError::Statement(problem));
    };
    let digest = |algorithm: &str| subject.digest.get(algorithm).cloned().unwrap_or_default();
    let commit = Revision::try_from(digest("gitCommit")).map_err(AttestError::Statement)?;
    let tree = ObjectName::try_from(digest("gitTree")).map_err(AttestError::Statement)?;
    Ok(RunSubject { commit, tree })
}
