//! Version 1 of what is due. The order of the fields is their order in the file.

use crate::form::MomentText;
use serde::Serialize;

/// The number in the member `schema`.
pub const VERSION: u32 = 1;

/// What should have happened by a moment and did not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(title = "What is due, version 1"))]
pub struct DueV1 {
    /// The version of this form.
    #[cfg_attr(test, schemars(extend("const" = VERSION)))]
    pub schema: u32,
    /// What the file is.
    pub kind: DueKindV1,
    /// The project that the policy names.
    pub project: String,
    /// The moment that it is about.
    pub at: MomentText,
    /// How many seconds after it were looked at, too.
    pub within_seconds: u64,
    /// What is overdue, oldest first.
    pub overdue: Vec<ExpectedDeedV1>,
    /// What comes within that time, soonest first.
    pub coming: Vec<ExpectedDeedV1>,
    /// What could not be seen.
    pub unseen: Vec<UnseenSourceV1>,
    /// What no source expects, and someone may think that one does.
    pub notes: Vec<DueNoteV1>,
    /// Where was looked, in the order of the table.
    pub sources: Vec<DueSourceV1>,
}

/// The word that says that a file is a list of what is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum DueKindV1 {
    /// A list of what is due.
    Due,
}

/// Something that is expected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ExpectedDeedV1 {
    /// The source that expects it.
    pub source: String,
    /// What it is about: a dataset, a person, a branch.
    pub subject: String,
    /// What should happen.
    pub what: String,
    /// The last moment in time.
    pub due: MomentText,
    /// What to do.
    pub remedy: String,
}

/// Something that could not be seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct UnseenSourceV1 {
    /// The source that looked for it.
    pub source: String,
    /// What was looked for, and what was seen instead.
    pub why: String,
    /// What to do.
    pub remedy: String,
}

/// Something that no source expects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DueNoteV1 {
    /// The source that would.
    pub source: String,
    /// What is not expected, and why.
    pub note: String,
}

/// A source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DueSourceV1 {
    /// Its name.
    pub name: String,
    /// Why it expects nothing at all; null where it looked.
    pub idle: Option<String>,
}
