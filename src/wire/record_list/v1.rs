//! Version 1 of a list of records. The order of the fields is their order in the file.

use crate::record::v2::RecordedBaselineV2;
use crate::text::{CommitText, DigestText, EnvironmentText};
use serde::Serialize;

/// The number in the member `schema`.
pub const VERSION: u32 = 1;

/// The deployment records of environments, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(title = "A list of deployment records, version 1"))]
pub struct RecordListV1 {
    /// The version of this form.
    #[cfg_attr(test, schemars(extend("const" = VERSION)))]
    pub schema: u32,
    /// What the file is.
    pub kind: RecordListKindV1,
    /// The environments, sorted by name.
    pub environments: Vec<ListedEnvironmentV1>,
}

/// The word that says that a file is a list of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum RecordListKindV1 {
    /// A list of records.
    RecordList,
}

/// An environment and its records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ListedEnvironmentV1 {
    /// Its name.
    pub environment: EnvironmentText,
    /// The commit of the newest record.
    pub tip: Option<CommitText>,
    /// What is wrong with the records, one sentence each: believe them only when this is empty.
    /// They can repeat text from outside.
    pub problems: Vec<String>,
    /// The records that could be read.
    pub records: Vec<ListedRecordV1>,
}

/// One record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ListedRecordV1 {
    /// The name that other commands take: `production#3`.
    pub name: String,
    /// Its number.
    pub number: u64,
    /// Its commit.
    pub commit: CommitText,
    /// The SHA-256 of its `record.json`.
    pub digest: DigestText,
    /// When it was recorded, by the recorder's clock.
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    pub time: String,
    /// Who recorded, by their own account: text from outside.
    pub recorder: String,
    /// The repository as its host names it.
    pub repository: Option<String>,
    /// The commit that was allowed.
    pub candidate: CommitText,
    /// The commit that was deployed before.
    pub baseline: RecordedBaselineV2,
    /// The program that recorded, by its own account: text from outside.
    pub program: String,
    /// What became of the facts.
    pub facts: KeptFactsV1,
    /// How far the record proves its decision.
    pub standing: StandingV1,
    /// Why it does not, in a sentence; null where it does. It can repeat text from outside.
    pub reason: Option<String>,
    /// Whether someone signed it, by the policy and the list of signers at its baseline.
    pub signature: ListedSignatureV1,
    /// The fingerprint of the key that signed; null where the signature proves nothing, or there is
    /// none.
    pub key: Option<String>,
}

/// Whether someone signed a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ListedSignatureV1 {
    /// No one did, and its policy asks for no signature.
    Unsigned,
    /// No one did, although its policy asks for a signature.
    Missing,
    /// Someone did who may sign records.
    Signed,
    /// Someone did; its policy does not say who may.
    Unlisted,
    /// The signature proves nothing.
    Invalid,
    /// It could not be seen who may sign.
    Unseen,
}

/// What became of the facts of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum KeptFactsV1 {
    /// They are kept.
    Kept,
    /// They were left out (`--omit-facts`): only their digest is kept.
    Omitted,
    /// There are none: the record is of the earlier form.
    None,
}

/// How far a record proves its decision. A list compares no record with the repository:
/// `portcullis record verify` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum StandingV1 {
    /// Its facts give its decision again.
    Reproduced,
    /// Its facts give its decision again, and something else of it could not be seen here: whether
    /// the people who signed it may.
    Unseen,
    /// Nothing can be taken again.
    NotReproducible,
    /// It does not hold together.
    Broken,
}
