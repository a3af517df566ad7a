//! Version 2 of the entry of a deployment record. Version 1 has the same members and may keep no
//! facts, so it is read and written by the same types. The order of the fields is their order in
//! the file.
//!
//! A reader refuses members that it does not know: an entry is bound to its digest byte for byte,
//! and a member that one version ignores would be a place to hide something from it.

use crate::decision::v1::OutcomeV1;
use crate::text::{CommitText, DigestText, EnvironmentText};
use serde::{Deserialize, Serialize};

/// The number in the member `schema`.
pub const VERSION: u32 = 2;

/// One deployment that the gate allowed: what was decided, and the SHA-256 of everything that the
/// decision rests on.
///
/// The file is JSON with these members in this order, indented by two spaces, with one line break
/// at its end. It is the file `record.json` of a commit under
/// `refs/portcullis/deployments/ENVIRONMENT`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(title = "An entry of a deployment record, version 2")
)]
#[serde(deny_unknown_fields)]
pub struct RecordV2 {
    /// The version of this form. Records of version 1 keep no facts, and are read but never called
    /// verified.
    #[cfg_attr(test, schemars(extend("const" = VERSION)))]
    pub schema: u32,
    /// The environment. The last part of the ref is the same.
    pub environment: EnvironmentText,
    /// 1 for the first record of an environment, and one more for each after it.
    pub number: u64,
    /// The SHA-256 of the `record.json` before this one; null in the first record.
    pub previous: Option<DigestText>,
    /// The repository as its host names it, on GitHub `OWNER/NAME`; null when the decision names
    /// none.
    pub repository: Option<String>,
    /// The commit that may be deployed.
    pub candidate: CommitText,
    /// The commit that was deployed before.
    pub baseline: RecordedBaselineV2,
    /// The outcome of the decision. Only `allow` is recorded.
    pub outcome: OutcomeV1,
    /// The SHA-256 of `decision.json`.
    pub decision: DigestText,
    /// The policy; null when the decision names none.
    pub policy: Option<RecordedFileV2>,
    /// The facts.
    pub facts: Option<RecordedFileV2>,
    /// The program that made the record, with its version.
    pub tool: String,
    /// Who recorded, by their own account: text from outside.
    pub recorder: String,
    /// When the entry was recorded, by the recorder's clock: RFC 3339, in UTC and whole seconds.
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    pub time: String,
}

/// The commit that a candidate was compared with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RecordedBaselineV2 {
    /// The commit.
    pub commit: CommitText,
    /// Who says that it was deployed.
    pub origin: RecordedOriginV2,
}

/// Who says what was deployed before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum RecordedOriginV2 {
    /// The record before: it is its candidate.
    Recorded,
    /// The host's list of deployments. Where there is a record before, it agrees with it.
    Host,
    /// The person or job that ran the gate, with `--base`.
    Asserted,
    /// The record before, of which this one is an approved rollback to the candidate of an earlier
    /// record.
    Rollback,
}

/// A file that the decision rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RecordedFileV2 {
    /// The SHA-256 of its bytes.
    pub digest: DigestText,
    /// True when the file lies beside `record.json`.
    pub kept: bool,
}
