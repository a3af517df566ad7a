//! Version 1 of the result of a comparison. The order of the fields is their order in the file, and
//! the documentation of types and fields is that of the schema.
//!
//! The types are the values that the program works with, too. The result follows from the manifests
//! and the policy to the last byte: it holds no clock of the machine that compared, and anyone who
//! has the manifests can make it again. A run names it by its SHA-256, so this version gains no
//! members, and a reader refuses those that it does not know.

use crate::form::MomentText;
use crate::manifest::v1::{ManifestContentV1, ManifestIsolationV1};
use crate::text::DigestText;
use serde::{Deserialize, Serialize};

/// The number in the member `schema`.
pub const VERSION: u32 = 1;

/// What came of a comparison of both sides of a dataset, without a word of content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(title = "The result of a comparison, version 1"))]
#[serde(deny_unknown_fields)]
pub struct ReconciliationV1 {
    /// The version of this form.
    #[cfg_attr(test, schemars(extend("const" = VERSION)))]
    pub schema: u32,
    /// The name of the dataset in the policy.
    pub dataset: String,
    /// The SHA-256 of the fields of the dataset and their rules, as both manifests have it.
    pub definition: DigestText,
    /// How the comparison ends.
    pub outcome: ReconciliationOutcomeV1,
    /// Whether only the differences of an earlier comparison were looked at again.
    pub confirming: bool,
    /// The manifests, in the order source, target, rejects, receipts, gone, breaks.
    pub manifests: Vec<ReconciledManifestV1>,
    /// What joined the rows.
    pub engine: ReconciliationEngineV1,
    /// What the control records follow from: 64 hexadecimal digits.
    pub seed: String,
    /// When the run before read the target: lateness from before then is not reported again; null
    /// where there was none.
    pub late_since: Option<MomentText>,
    /// All classes, by falling precedence.
    pub classes: Vec<ReconciledClassV1>,
    /// The shares of records that had to arrive within their terms.
    pub shares: Vec<ReconciledShareV1>,
    /// Control records that had to come back in their class.
    pub controls: u64,
    /// The SHA-256 of what each bucket counts.
    pub totals: DigestText,
    /// What became of differences over runs.
    pub breaks: ReconciledBreaksV1,
    /// Rejects for each reason, by reason.
    pub reasons: Vec<ReconciledReasonV1>,
    /// Why nothing can be concluded; empty where something can.
    pub faults: Vec<String>,
    /// What changed in kind, though no budget is exceeded.
    pub drift: Vec<String>,
    /// What is worth knowing and blocks nothing.
    pub notes: Vec<String>,
    /// Records that are not as they should be: of each class the first ones by key.
    pub records: Vec<ReconciledRecordV1>,
}

/// How a comparison ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ReconciliationOutcomeV1 {
    /// No class is over its budget, and everything that matters was confirmed.
    Green,
    /// Differences that may be rows in motion would exceed a budget. They were seen once.
    Unconfirmed,
    /// A class is over its budget, or a share of the records did not arrive in time.
    OverBudget,
    /// The comparison proves nothing.
    Broken,
}

/// A manifest that was compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ReconciledManifestV1 {
    /// What its rows are.
    pub content: ManifestContentV1,
    /// The SHA-256 of its header.
    pub header: DigestText,
    /// The state that it shows.
    pub as_of: MomentText,
    /// How its rows hold together in time.
    pub isolation: ManifestIsolationV1,
    /// How many rows it has.
    pub rows: u64,
    /// How many rows of the system were read.
    pub read: u64,
    /// The program that made it.
    pub generator: String,
}

/// What joined the rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ReconciliationEngineV1 {
    /// Its name: `core` is the program itself.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The SHA-256 of the SQL that it ran; null where it ran none.
    pub sql: Option<DigestText>,
}

/// What a class counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ReconciledClassV1 {
    /// The class.
    pub class: String,
    /// Its records; of superseded, operations; of unkeyed, rows.
    pub records: u64,
    /// Those among them that a later look confirmed, or that need none.
    pub confirmed: u64,
    /// Rows of the source that it says something of.
    pub source_rows: u64,
    /// Rows of the target that it says something of.
    pub target_rows: u64,
    /// How many the policy allows; null where the class needs no budget.
    pub budget: Option<u64>,
    /// How many of them are among `records` of the result.
    pub listed: u64,
}

/// A share of the records and its term.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ReconciledShareV1 {
    /// Of deletions; otherwise of uploads and amendments.
    pub deletions: bool,
    /// The share that was required, in millionths.
    pub share: u32,
    /// The term, in seconds.
    pub within: i64,
    /// Records whose term has passed.
    pub due: u64,
    /// Those that arrived within it.
    pub arrived: u64,
    /// Whether enough of them did. The last share of each kind is that of all records: classes are
    /// its measure.
    pub met: bool,
}

/// What became of differences over runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ReconciledBreaksV1 {
    /// Differences that no run saw before.
    pub opened: u64,
    /// Those that an earlier run saw.
    pub continued: u64,
    /// Those of earlier runs that are none any more.
    pub resolved: u64,
    /// When the oldest open one was seen first; null where none is open.
    pub oldest: Option<MomentText>,
}

/// How many rejects have a reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ReconciledReasonV1 {
    /// The reason; empty where the log has none.
    pub reason: String,
    /// How many rejects have it.
    pub rejects: u64,
}

/// A record that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ReconciledRecordV1 {
    /// The keyed key: 32 hexadecimal digits.
    pub key: String,
    /// Its class.
    pub class: String,
    /// The operation that it should show: `U`, `A` or `D`.
    pub operation: String,
    /// The sequence of that operation.
    pub sequence: i64,
    /// When a run saw the difference first.
    pub since: MomentText,
    /// Whether two looks saw it.
    pub confirmed: bool,
    /// The fields that differ, of a stale record whose manifests have digests of columns.
    pub fields: Vec<String>,
}

/// Writes a result: JSON with the fields in their order, two spaces, one line break at the end.
///
/// # Errors
/// Those of the JSON writer; with these types there are none.
pub fn write_result(result: &ReconciliationV1) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = serde_json::to_vec_pretty(result)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Reads a result, whatever its version says.
///
/// # Errors
/// The bytes are not of this form.
pub fn read_result(bytes: &[u8]) -> Result<ReconciliationV1, serde_json::Error> {
    serde_json::from_slice(bytes)
}
