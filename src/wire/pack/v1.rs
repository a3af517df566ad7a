//! Version 1 of the manifest of an evidence pack.
//!
//! A reader refuses members that it does not know: the manifest binds every other file by its
//! digest, and a member that one version ignores would be a place to hide something from it.

use crate::text::DigestText;
use serde::{Deserialize, Serialize};

/// The number in the member `schema`.
pub const VERSION: u32 = 1;

/// What an evidence pack holds: the file `manifest.json`.
///
/// The file is JSON with these members in this order, indented by two spaces, with one line break
/// at its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(title = "The manifest of an evidence pack, version 1")
)]
#[serde(deny_unknown_fields)]
pub struct PackV1 {
    /// The version of this form.
    #[cfg_attr(test, schemars(extend("const" = VERSION)))]
    pub schema: u32,
    /// The program that wrote the pack, with its version.
    pub program: String,
    /// The repository as its host names it; null when the audit names none.
    pub repository: Option<String>,
    /// The period that the audit covers.
    pub period: PackPeriodV1,
    /// The arguments of the command that wrote the pack, without the place of the pack.
    pub command: Vec<String>,
    /// How the pack names people.
    pub people: PeopleV1,
    /// Every other file of the pack, sorted by path.
    pub files: Vec<PackedFileV1>,
}

/// From when to when an audit looks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(title = "The period of an audit"))]
#[serde(deny_unknown_fields)]
pub struct PackPeriodV1 {
    /// The first moment: RFC 3339, in UTC; null when the period has no beginning in time.
    pub since: Option<String>,
    /// The first moment after the period; null when it has no end in time.
    pub until: Option<String>,
}

/// How a pack names people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(title = "How a pack names people"))]
#[serde(rename_all = "kebab-case")]
pub enum PeopleV1 {
    /// By the names of their accounts.
    Logins,
    /// By pseudonyms, which only the holder of a key can map back.
    Pseudonyms,
}

/// A file of a pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(title = "A file of an evidence pack"))]
#[serde(deny_unknown_fields)]
pub struct PackedFileV1 {
    /// Its path from the root of the pack: lower-case letters, digits, `.`, `_`, `-`, with `/`
    /// between its parts.
    pub path: String,
    /// Its length in bytes.
    pub size: u64,
    /// The SHA-256 of its bytes.
    pub digest: DigestText,
    /// What it is for.
    pub role: PackRoleV1,
}

/// What a file of a pack is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(title = "The role of a file of an evidence pack"))]
#[serde(rename_all = "kebab-case")]
pub enum PackRoleV1 {
    /// The audit that everything else is shown from.
    Audit,
    /// The landings and deployments of the period, as a table.
    Population,
    /// A file of a deployment record.
    Record,
    /// A decision that was sealed, or its signature.
    Decision,
    /// A snapshot of the protection of a branch.
    Snapshot,
    /// A run of a reconciliation.
    Run,
    /// An entry of the register of incidents.
    Incident,
    /// Runs, open differences, incidents and notices, as tables.
    Arrival,
    /// A policy, or its history.
    Policy,
    /// A statement of a test run.
    Statement,
    /// A waiver.
    Waiver,
    /// Results in a form for other programs.
    Results,
    /// How code is tested, reviewed and deployed.
    Procedure,
    /// A page of the report.
    Report,
    /// How to verify the pack, with this program or without.
    Instructions,
}
