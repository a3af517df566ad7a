//! Why a message of an exchange is refused.

use crate::manifest::ManifestFault;
use std::fmt;

/// What is wrong with a message, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExchangeWrong {
    /// It is no message of this form and version.
    NoMessage,
    /// It is of another dataset.
    OtherDataset,
    /// It was made under another key.
    OtherKey,
    /// It was made by other fields, rules or another canonical form.
    OtherDefinition,
    /// It is of our own side.
    OwnSide,
    /// It goes on with another manifest than ours.
    OtherManifest,
    /// Its parts or records are not in order, not disjoint or not where they belong.
    Disordered,
    /// The answer would show more than is allowed.
    TooMuch,
    /// Our manifest is not fit to be exchanged.
    OwnManifest,
}

/// Why a message of an exchange is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExchangeFault {
    /// The message.
    Message {
        /// What is wrong, in one word.
        wrong: ExchangeWrong,
        /// What was required and what was found.
        problem: String,
        /// What to do.
        remedy: &'static str,
    },
    /// Our manifest.
    Manifest(ManifestFault),
}

impl ExchangeFault {
    pub(super) fn new(wrong: ExchangeWrong, problem: impl Into<String>) -> Self {
        Self::Message { wrong, problem: problem.into(), remedy: wrong.remedy() }
    }

    /// What is wrong with the message; `None` where our manifest cannot be read.
    #[must_use]
    pub const fn wrong(&self) -> Option<ExchangeWrong> {
        match self {
            Self::Message { wrong, .. } => Some(*wrong),
            Self::Manifest(_) => None,
        }
    }
}

impl ExchangeWrong {
    const fn remedy(self) -> &'static str {
        match self {
            Self::NoMessage => {
                "Give the file that the partner's `portcullis reconcile exchange` wrote, unchanged."
            }
            Self::OtherDataset => "Name the manifest of the same dataset.",
            Self::OtherKey => "Extract both sides under the same dataset key.",
            Self::OtherDefinition => {
                "Extract both sides by the same fields and rules, with the same version."
            }
            Self::OwnSide => "Give the message of the other side, or name the manifest of your side.",
            Self::OtherManifest => "Name the manifest with which the exchange began, or begin again.",
            Self::Disordered => "Ask the partner for the message again, as the program wrote it.",
            Self::TooMuch => {
                "Ask the partner why so much differs. If it does, allow more lines (`--most`), or compare the manifests in one place."
            }
            Self::OwnManifest => {
                "Extract all records of the source or the target, and exchange that manifest."
            }
        }
    }
}

impl From<ManifestFault> for ExchangeFault {
    fn from(fault: ManifestFault) -> Self {
        Self::Manifest(fault)
    }
}

impl fmt::Display for ExchangeFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message { problem, remedy, .. } => write!(f, "{problem}. {remedy}"),
            Self::Manifest(fault) => fault.fmt(f),
        }
    }
}

impl std::error::Error for ExchangeFault {}
