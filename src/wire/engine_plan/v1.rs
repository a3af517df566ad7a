//! Version 1 of a plan for an engine. The order of the fields is their order in the file, and the
//! documentation of types and fields is that of the schema.

use crate::text::DigestText;
use serde::{Deserialize, Serialize};

/// The number in the member `schema`.
pub const VERSION: u32 = 1;

/// What an engine's answer is held against, apart from the manifests themselves: which text was
/// written for which manifests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(title = "A plan for an engine, version 1"))]
#[serde(deny_unknown_fields)]
pub struct EnginePlanV1 {
    /// The version of this form.
    #[cfg_attr(test, schemars(extend("const" = VERSION)))]
    pub schema: u32,
    /// What the file is.
    pub kind: EnginePlanKindV1,
    /// The name of the dataset in the policy.
    pub dataset: String,
    /// The run, which each line of the answer names: 32 hexadecimal digits that follow from the
    /// manifests.
    #[cfg_attr(test, schemars(extend("pattern" = "^[0-9a-f]{32}$")))]
    pub run: String,
    /// The SHA-256 of the SQL text, which each line of the answer names.
    pub text: DigestText,
    /// The dialect of the text.
    pub dialect: String,
    /// Up to how many records of a bucket, class and band are listed.
    pub bound: u64,
    /// When the run before read the target, in seconds since 1970: records that were late then are
    /// not late again. Null without one.
    pub late_since: Option<i64>,
    /// The SHA-256 of the header of the source's manifest.
    pub source: DigestText,
    /// Of the target's.
    pub target: DigestText,
    /// Of that of the reject log.
    pub rejects: Option<DigestText>,
    /// Of that of the receipts.
    pub receipts: Option<DigestText>,
    /// Of that of the records that earlier runs saw gone.
    pub gone: Option<DigestText>,
    /// Of that of the differences that the run before saw.
    pub breaks: Option<DigestText>,
    /// The program that wrote the plan, with its version.
    pub generator: String,
}

/// The word that says that a file is a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum EnginePlanKindV1 {
    /// A plan for an engine.
    EnginePlan,
}

/// Writes a plan: JSON with the fields in their order, two spaces, one line break at the end.
///
/// # Errors
/// Those of the JSON writer; with these types there are none.
pub fn write_engine_plan(plan: &EnginePlanV1) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = serde_json::to_vec_pretty(plan)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Reads a plan, whatever its version says.
///
/// # Errors
/// The bytes are not of this form.
pub fn read_engine_plan(bytes: &[u8]) -> Result<EnginePlanV1, serde_json::Error> {
    serde_json::from_slice(bytes)
}
