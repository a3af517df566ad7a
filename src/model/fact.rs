//! A fact is something that was asked: known, or a gap with its reason.
//!
//! Three things must never look alike: *it is so*, *it is not so*, and *we could not see*. The
//! first two are [`Fact::Known`]; the third is [`Fact::Gap`], and no code path turns a gap into an
//! allowed change.

use serde::{Deserialize, Deserializer};

/// The answer to one question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact<T> {
    /// The answer was seen, completely.
    Known(T),
    /// The answer was not seen, or not completely.
    Gap(Gap),
}

impl<T> Fact<T> {
    /// The answer, or the gap to hand on with `?`.
    ///
    /// # Errors
    /// The gap, when the answer was not seen.
    pub fn known(&self) -> Result<&T, Gap> {
        match self {
            Fact::Known(value) => Ok(value),
            Fact::Gap(gap) => Err(gap.clone()),
        }
    }

    /// The answer, where a gap and its absence lead to the same place.
    pub fn value(&self) -> Option<&T> {
        match self {
            Fact::Known(value) => Some(value),
            Fact::Gap(_) => None,
        }
    }
}

impl<T> From<Result<T, Gap>> for Fact<T> {
    fn from(result: Result<T, Gap>) -> Self {
        match result {
            Ok(value) => Fact::Known(value),
            Err(gap) => Fact::Gap(gap),
        }
    }
}

/// Reads a field that may be `null` but not missing. (serde takes a missing `Option` for `None`, so
/// that what was cut out of a text would look like what is not so.)
///
/// # Errors
/// The field is there and of another type. That it is missing is serde's to say.
pub fn nullable<'de, D: Deserializer<'de>, T: Deserialize<'de>>(input: D) -> Result<Option<T>, D::Error> {
    Option::deserialize(input)
}

/// Why an answer is missing, and what would bring it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    /// What was asked, as a noun phrase: "the reviews of request 7".
    pub what: String,
    /// The kind of obstacle.
    pub reason: GapReason,
    /// What was seen instead, in one sentence.
    pub detail: String,
    /// What to do about it, in one imperative sentence.
    pub remedy: String,
}

impl Gap {
    /// A gap; see the fields for the wording.
    pub fn new(
        what: impl Into<String>,
        reason: GapReason,
        detail: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Gap { what: what.into(), reason, detail: detail.into(), remedy: remedy.into() }
    }

    /// The gap of a question that nobody put, for example because no host was named.
    pub fn not_asked(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Gap::new(what, GapReason::NotAsked, "it was not asked for", remedy)
    }
}

impl std::fmt::Display for Gap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}: {}", self.what, self.verb(), self.detail)
    }
}

/// What one does with a thing that a gap can be about, by how its name begins; anything else is
/// seen or not.
const VERBS: [(&str, &str); 6] = [
    ("the command ", "could not be run"),
    ("the run of ", "could not be used"),
    ("the report", "could not be read"),
    ("the statement in ", "could not be read"),
    ("the signed statement in ", "could not be read"),
    ("the file ", "could not be read"),
];

impl Gap {
    fn verb(&self) -> &'static str {
        let named = VERBS.iter().find(|(start, _)| self.what.starts_with(start));
        match (named, self.reason) {
            (Some(_), GapReason::Untrusted) => "cannot be relied on",
            (Some((_, verb)), _) => verb,
            (None, _) => "could not be seen",
        }
    }
}

/// The kinds of obstacle between a question and its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GapReason {
    /// The question was never put.
    NotAsked,
    /// The credentials do not suffice, or the answer may hide what they do not cover.
    NotVisible,
    /// No connection, a time-out, or a failure at the other end.
    Unreachable,
    /// A rate limit outlasted our patience.
    RateLimited,
    /// The list stops before its end: a page limit, a cap, a missing page.
    Truncated,
    /// The answer does not have the form that its specification gives it.
    Malformed,
    /// Two answers cannot both be true.
    Contradiction,
    /// A git object is not in this repository: a shallow, partial or damaged clone.
    MissingObject,
    /// Something could bend what git shows: grafts, an unknown repository format.
    Untrusted,
    /// We do not know how to read this kind of answer yet.
    Unsupported,
}
