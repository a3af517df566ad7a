//! What was seen, or why it was not.

use crate::form::{Form, Misshapen, choices, objects};
use portcullis_model::fact::{Fact, Gap, GapReason};
use serde::{Deserialize, Serialize};

/// The answer to one question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum FactV4<T> {
    /// The answer was seen, completely.
    Known(T),
    /// The answer was not seen, or not completely.
    Gap(GapV4),
}

impl<T: Form> Form for FactV4<T> {
    type Model = Fact<T::Model>;

    fn of(model: Self::Model) -> Self {
        match model {
            Fact::Known(value) => FactV4::Known(T::of(value)),
            Fact::Gap(gap) => FactV4::Gap(GapV4::of(gap)),
        }
    }

    fn model(self) -> Result<Self::Model, Misshapen> {
        Ok(match self {
            FactV4::Known(value) => Fact::Known(value.model()?),
            FactV4::Gap(gap) => Fact::Gap(gap.model()?),
        })
    }
}

objects! {
    /// Why an answer is missing, and what would bring it.
    GapV4 = Gap {
        /// What was asked, as a noun phrase.
        what: String,
        /// The kind of obstacle.
        reason: GapReasonV4,
        /// What was seen instead, in one sentence. It can repeat text from outside.
        detail: String,
        /// What to do about it, in one sentence.
        remedy: String,
    }
}

choices! {
    /// The kinds of obstacle between a question and its answer.
    GapReasonV4 = GapReason {
        /// The question was not put.
        NotAsked,
        /// The credentials do not suffice.
        NotVisible,
        /// No connection, a time-out, or a failure at the other end.
        Unreachable,
        /// A rate limit.
        RateLimited,
        /// A list stops before its end.
        Truncated,
        /// The answer does not have the form that its specification gives it.
        Malformed,
        /// Two answers cannot both be true.
        Contradiction,
        /// A git object is not in this repository.
        MissingObject,
        /// Something can change what git shows.
        Untrusted,
        /// This kind of answer cannot be read yet.
        Unsupported,
    }
}
