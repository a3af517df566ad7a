//! Version 1 of an anchor: the newest record of each environment, for a place outside of the
//! repository. The file is one line, so that it can be the subject of a git tag.
//!
//! A reader refuses members that it does not know.

use crate::text::{CommitText, DigestText, EnvironmentText};
use serde::{Deserialize, Serialize};

/// The number in the member `schema`.
pub const VERSION: u32 = 1;

/// The newest deployment record of each environment at one moment, as `portcullis record anchor`
/// wrote it before it knew snapshots: JSON on one line, with these members in this order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnchorV1 {
    /// The version of this form.
    pub schema: u32,
    /// When it was written, by the clock of the machine: RFC 3339, in UTC and whole seconds.
    pub time: String,
    /// The newest record of each environment, sorted by the environment; never empty.
    pub tips: Vec<AnchoredTipV1>,
}

/// The newest record of an environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AnchoredTipV1 {
    /// The environment.
    pub environment: EnvironmentText,
    /// The number of the record: so many there are.
    pub number: u64,
    /// The commit of the record.
    pub commit: CommitText,
    /// The SHA-256 of its `record.json`.
    pub record: DigestText,
}
