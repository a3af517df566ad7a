//! What can be wrong with a record, in words for people.

use super::RECORD;
use portcullis_model::change::Revision;
use portcullis_model::decision::Outcome;
use portcullis_model::environment::Environment;
use portcullis_model::path::RepoPath;

/// Something wrong with one record of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainProblem {
    /// Its place in the chain, counted from 1 for the oldest: the number that it should have.
    pub place: u64,
    /// Its commit.
    pub commit: Revision,
    /// What is wrong.
    pub fault: Fault,
}

impl std::fmt::Display for ChainProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "record {} ({}): {}", self.place, self.commit.short(), self.fault)
    }
}

/// What is wrong. It holds texts from outside as they came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A file that must be there is not.
    Missing(&'static str),
    /// A file that is no part of a record.
    Extra(RepoPath),
    /// Not a plain file of mode 100644.
    NotAFile(RepoPath, u32),
    /// `record.json` is not of this form.
    Unreadable(String),
    /// `record.json` says the right things in other bytes.
    NotCanonical,
    /// Another version of the form.
    Schema(u32),
    /// Another environment than the ref's.
    Environment(Environment),
    /// Not the number of its place.
    Number(u64),
    /// Not exactly one parent, the record before (none for the first).
    Parents(Vec<Revision>),
    /// It was sealed after another record than the one before it.
    Previous,
    /// Its baseline is not the candidate of the record before.
    RecordedBaseline {
        /// What it says.
        found: Revision,
        /// The candidate of the record before; `None` when there is none.
        expected: Option<Revision>,
    },
    /// Candidate and baseline are the same commit: nothing was judged.
    Idle,
    /// A rollback to something that no record before it let through.
    NeverLetThrough,
    /// The decision did not allow it.
    NotAllowed(Outcome),
    /// This file is larger than [`super::LARGEST`].
    TooLarge(&'static str),
    /// The bytes of this file are not those that were sealed.
    Digest(&'static str),
    /// `decision.json` is not of this form.
    DecisionUnreadable(String),
    /// The decision and the entry say different things of this.
    Disagree(&'static str),
    /// `facts.json` is not of this form.
    FactsUnreadable(String),
    /// The facts and the entry say different things of this.
    FactsDisagree(&'static str),
    /// The facts name two branches.
    Branch,
    /// The facts do not give the decision.
    Judged(String),
    /// The repository shows something else than the facts say.
    Repository(String),
    /// Another repository than that of the record before.
    OtherRepository(String),
    /// No facts, after a record that keeps its own.
    EarlierForm,
    /// A commit can only hold whole seconds since 1970.
    Time,
    /// No one signed it, and its policy asks for a signature.
    Unsigned,
    /// Its signature proves nothing.
    Signature(String),
    /// It was recorded before the record that it follows.
    Backwards,
    /// It was recorded at a moment that has not come yet.
    Future,
    /// The commit is not the one that follows from the entry.
    Commit,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Fault::Missing(name) => write!(f, "{name} is missing"),
            Fault::TooLarge(name) => {
                write!(f, "{name} is larger than {} MiB; deploy in smaller steps", super::LARGEST >> 20)
            }
            Fault::Extra(path) => write!(f, "`{path}` does not belong there"),
            Fault::NotAFile(path, mode) => write!(f, "`{path}` has the mode {mode:06o}, not 100644"),
            Fault::Unreadable(error) => write!(f, "{RECORD} cannot be read: {error}"),
            Fault::NotCanonical => write!(f, "{RECORD} was not written by this program"),
            Fault::Schema(schema) => {
                write!(
                    f,
                    "{RECORD} is of schema {schema}; this program reads {} and {}",
                    super::EARLIER,
                    super::SCHEMA
                )
            }
            Fault::Environment(other) => write!(f, "it is of the environment {other}"),
            Fault::Number(number) => write!(f, "it has the number {number}"),
            Fault::Parents(parents) => write_parents(parents, f),
            Fault::Previous => f.write_str("it was sealed after another record than the one before it"),
            Fault::RecordedBaseline { found, expected } => write_baseline(found, expected.as_ref(), f),
            Fault::Idle => f.write_str("its candidate is its baseline: nothing was judged"),
            Fault::NeverLetThrough => {
                f.write_str("it goes back to a commit that no record before it let through")
            }
            Fault::NotAllowed(_) => f.write_str("its decision does not allow the deployment"),
            Fault::Digest(name) => write!(f, "{name} is not what was sealed"),
            Fault::DecisionUnreadable(error) => write!(f, "decision.json cannot be read: {error}"),
            Fault::Disagree(what) => write!(f, "entry and decision name different things as {what}"),
            Fault::FactsUnreadable(error) => write!(f, "facts.json cannot be read: {error}"),
            Fault::FactsDisagree(what) => write!(f, "entry and facts name different {what}"),
            Fault::Branch => f.write_str("its facts name two branches"),
            Fault::Judged(how) => write!(f, "its facts, judged again, do not give its decision: {how}"),
            Fault::Repository(what) => write!(f, "the repository contradicts its facts: {what}"),
            Fault::OtherRepository(name) => write!(f, "it is of the repository {name}"),
            Fault::EarlierForm => f.write_str("it keeps no facts, and a record before it does"),
            Fault::Unsigned => f.write_str("it is not signed, and the policy asks for signed records"),
            Fault::Signature(why) => write!(f, "its signature proves nothing: {why}"),
            Fault::Backwards => f.write_str("its time lies before the record before it"),
            Fault::Future => f.write_str("its time lies in the future"),
            Fault::Time => f.write_str("its time is not a number of whole seconds since 1970"),
            Fault::Commit => f.write_str("its commit is not the one that follows from its entry"),
        }
    }
}

fn write_parents(parents: &[Revision], f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
    let parents: Vec<_> = parents.iter().map(Revision::short).collect();
    match parents.is_empty() {
        true => f.write_str("its commit has no parent"),
        false => write!(f, "its commit has the wrong parents: {}", parents.join(", ")),
    }
}

fn write_baseline(
    found: &Revision,
    expected: Option<&Revision>,
    f: &mut std::fmt::Formatter<'_>,
) -> std::fmt::Result {
    let found = found.short();
    match expected {
        Some(expected) => {
            write!(f, "its baseline is {found}, but the record before it let {} through", expected.short())
        }
        None => write!(f, "it takes its baseline {found} from the record before it, and there is none"),
    }
}
