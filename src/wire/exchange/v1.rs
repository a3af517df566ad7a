//! Version 1 of a message of an exchange. The order of the fields is their order in the file, and
//! the documentation of types and fields is that of the schema.
//!
//! The types are the values that the program works with, too. A message names the one that it
//! answers by its SHA-256, so this version gains no members, and a reader refuses those that it
//! does not know.

use crate::form::MomentText;
use crate::text::DigestText;
use serde::{Deserialize, Serialize};

/// The number in the member `schema`.
pub const VERSION: u32 = 1;

/// What one party sends the other to find the records in which a source and a target differ.
///
/// The first message has a digest for each of the 256 buckets. An answer has, for each part that is
/// not equal, the digests of its 256 smaller parts, or, where it has few records, their keyed keys
/// and keyed digests. Of parts that are equal it says nothing. The exchange is complete with a
/// message that has neither `states` nor `records`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(title = "A message of an exchange, version 1"))]
#[serde(deny_unknown_fields)]
pub struct ExchangeV1 {
    /// The version of this form.
    #[cfg_attr(test, schemars(extend("const" = VERSION)))]
    pub schema: u32,
    /// What the file is.
    pub kind: ExchangeKindV1,
    /// The name of the dataset in the policy.
    pub dataset: String,
    /// The key under which both sides made their keys and digests: 16 hexadecimal digits.
    pub key_id: String,
    /// The version of the canonical form of values.
    pub canonical: u32,
    /// The SHA-256 of the fields of the dataset and their rules.
    pub definition: DigestText,
    /// The side that wrote this message.
    pub from: ExchangeSideV1,
    /// The SHA-256 of the header of the source's manifest; null while it is not known.
    pub source: Option<DigestText>,
    /// The SHA-256 of the header of the target's manifest; null while it is not known.
    pub target: Option<DigestText>,
    /// The state that the writer's records show.
    pub as_of: MomentText,
    /// 0 for the first message; an answer has one more than what it answers.
    pub round: u32,
    /// The SHA-256 of the message that this one answers; null for the first.
    pub answers: Option<DigestText>,
    /// Parts of the writer's records whose digests are to be compared, by rising prefix.
    pub states: Vec<PartStateV1>,
    /// Parts of the writer's records that are few enough to be compared one by one, by rising
    /// prefix.
    pub records: Vec<PartRecordsV1>,
    /// The differences that were found up to now, by rising key.
    pub differences: Vec<DifferenceV1>,
}

/// The word that says that a file is a message of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ExchangeKindV1 {
    /// A message of an exchange.
    Exchange,
}

/// One of the two sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ExchangeSideV1 {
    /// The side that sends records.
    Source,
    /// The side that receives them.
    Target,
}

/// The digest of the living records of a part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PartStateV1 {
    /// What the keyed keys of the part begin with: two hexadecimal digits for each byte.
    #[cfg_attr(test, schemars(extend("pattern" = "^([0-9a-f]{2}){1,16}$")))]
    pub prefix: String,
    /// The SHA-256 of keys and digests of the living records, sorted.
    pub state: DigestText,
}

/// The living records of a part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PartRecordsV1 {
    /// What the keyed keys of the part begin with: two hexadecimal digits for each byte.
    #[cfg_attr(test, schemars(extend("pattern" = "^([0-9a-f]{2}){1,16}$")))]
    pub prefix: String,
    /// The records, by rising key. Empty where the writer has none.
    pub records: Vec<LivingRecordV1>,
}

/// A record of one side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LivingRecordV1 {
    /// The keyed key: 32 hexadecimal digits.
    #[cfg_attr(test, schemars(extend("pattern" = "^[0-9a-f]{32}$")))]
    pub key: String,
    /// The keyed digest: 32 hexadecimal digits.
    #[cfg_attr(test, schemars(extend("pattern" = "^[0-9a-f]{32}$")))]
    pub digest: String,
}

/// A record in which both sides differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DifferenceV1 {
    /// The keyed key: 32 hexadecimal digits.
    #[cfg_attr(test, schemars(extend("pattern" = "^[0-9a-f]{32}$")))]
    pub key: String,
    /// How they differ.
    pub how: DifferenceKindV1,
}

/// How two sides differ in a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum DifferenceKindV1 {
    /// The source has it and the target does not.
    SourceOnly,
    /// The target has it and the source does not: it was never sent, or it was deleted.
    TargetOnly,
    /// Both have it once, with unlike content.
    OtherContent,
    /// One side has it more than once.
    Repeated,
}

impl DifferenceKindV1 {
    /// As results and people write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SourceOnly => "source-only",
            Self::TargetOnly => "target-only",
            Self::OtherContent => "other-content",
            Self::Repeated => "repeated",
        }
    }
}

/// Writes a message: JSON with the fields in their order, two spaces, one line break at the end.
///
/// # Errors
/// Those of the JSON writer; with these types there are none.
pub fn write_exchange(message: &ExchangeV1) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = serde_json::to_vec_pretty(message)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Reads a message, whatever its version says.
///
/// # Errors
/// The bytes are not of this form.
pub fn read_exchange(bytes: &[u8]) -> Result<ExchangeV1, serde_json::Error> {
    serde_json::from_slice(bytes)
}
