//! Version 1 of a failed look. The order of the fields is their order in the file.

use serde::Serialize;

/// The number in the member `schema`.
pub const VERSION: u32 = 1;

/// That `portcullis due` or `portcullis incident status` ended in an error, so that it is not known
/// whether something is overdue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(title = "A failed look at clocks, version 1"))]
pub struct LookFailureV1 {
    /// The version of this form.
    #[cfg_attr(test, schemars(extend("const" = VERSION)))]
    pub schema: u32,
    /// What the file is.
    pub kind: LookFailureKindV1,
    /// The command that looked: `due` or `incident status`.
    pub look: String,
    /// Its exit code.
    pub exit: u8,
    /// What went wrong.
    pub error: String,
    /// What to do about it.
    pub help: Vec<String>,
}

/// The word that says that a file is about a failed look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum LookFailureKindV1 {
    /// A failed look.
    LookFailure,
}
