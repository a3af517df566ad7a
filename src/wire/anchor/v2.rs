//! Version 2 of an anchor: as [version 1](super::v1), with the newest snapshot of the protection of
//! each branch. The file is one line, so that it can be the subject of a git tag.
//!
//! A reader refuses members that it does not know.

use super::v1::AnchoredTipV1;
use crate::text::{CommitText, DigestText};
use serde::{Deserialize, Serialize};

/// The number in the member `schema`.
pub const VERSION: u32 = 2;

/// The newest deployment record of each environment and the newest snapshot of each branch at one
/// moment, as `portcullis record anchor` writes it: JSON on one line, with these members in this
/// order. One of the two lists is not empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(title = "An anchor of deployment records and snapshots, version 2")
)]
#[serde(deny_unknown_fields)]
pub struct AnchorV2 {
    /// The version of this form.
    #[cfg_attr(test, schemars(extend("const" = VERSION)))]
    pub schema: u32,
    /// When it was written, by the clock of the machine: RFC 3339, in UTC and whole seconds.
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    pub time: String,
    /// The newest record of each environment, sorted by the environment.
    pub tips: Vec<AnchoredTipV1>,
    /// The newest snapshot of each branch, sorted by the branch.
    pub snapshots: Vec<AnchoredSnapshotV2>,
}

/// The newest snapshot of a branch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AnchoredSnapshotV2 {
    /// The branch, without `refs/heads/`.
    pub branch: String,
    /// The number of the snapshot: so many there are.
    pub number: u64,
    /// The commit of the snapshot.
    pub commit: CommitText,
    /// The SHA-256 of its `snapshot.json`.
    pub snapshot: DigestText,
}
