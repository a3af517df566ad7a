//! Version 1 of a sealed decision. The order of the fields is their order in the file.
//!
//! A reader refuses members that it does not know, and a file that is not the one way to write what
//! it says: what one reader ignores would be a place to hide something from it.

use crate::decision::v1::{OutcomeV1, RequestV1};
use crate::text::{CommitText, DigestText, PathText};
use serde::{Deserialize, Serialize};

/// The number in the member `schema`.
pub const VERSION: u32 = 1;

/// One decision with everything that it was made from, so that it can be taken again without git
/// and network.
///
/// The file is JSON with these members in this order, indented by two spaces, with one line break
/// at its end. The member `seal` is the last, in a line of its own: it is the SHA-256 of all lines
/// before that line (`head -n -2 FILE | sha256sum`). Every text is in the file whole, beside its
/// own SHA-256.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(title = "A sealed decision, version 1"))]
#[serde(deny_unknown_fields)]
pub struct SealedV1 {
    /// The version of this form.
    #[cfg_attr(test, schemars(extend("const" = VERSION)))]
    pub schema: u32,
    /// What the file is.
    pub kind: SealedKindV1,
    /// The program that decided.
    pub program: SealedProgramV1,
    /// When the decision was sealed, by the clock of that machine: RFC 3339, in UTC.
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    pub time: String,
    /// Who sealed, by their own account: text from outside.
    pub sealer: String,
    /// Pages about it: text from outside, which nothing is decided by.
    pub links: SealedLinksV1,
    /// The outcome, as the decision says it.
    pub outcome: OutcomeV1,
    /// True when the gate only advised (`--advisory`), as the decision says it.
    pub advisory: bool,
    /// What was judged, as the decision says it.
    pub judged: SealedJudgedV1,
    /// The policy; null when none could be seen, so that there was nothing to decide by.
    pub policy: Option<SealedTextV1>,
    /// The facts; null when nothing could be gathered.
    pub facts: Option<SealedFactsV1>,
    /// The decision, to the byte as `--format json` writes it.
    pub decision: SealedTextV1,
    /// The texts of the waivers that the facts hold, sorted by path.
    pub waivers: Vec<SealedWaiversV1>,
    /// Everything that the decision was made from, with its digest, in the order of their kinds and
    /// then as the facts have them.
    pub inputs: Vec<SealedInputV1>,
    /// The SHA-256 of all lines of the file before the one that this member is in.
    pub seal: DigestText,
}

/// The word that says that a file is a sealed decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum SealedKindV1 {
    /// A sealed decision.
    SealedDecision,
}

/// A program that decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SealedProgramV1 {
    /// Its name and version.
    pub version: String,
    /// The commit that it was built from; null when the build did not know it.
    pub commit: Option<String>,
}

/// Pages about a decision. Each is text from outside.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SealedLinksV1 {
    /// The change request on its host; null when there is none.
    pub request: Option<String>,
    /// The run of the CI job, as the CI system names it; null outside of one.
    pub run: Option<String>,
}

/// What was judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SealedJudgedV1 {
    /// The repository as its host names it.
    pub repository: Option<String>,
    /// The environment; null for a change and for a batch.
    pub environment: Option<String>,
    /// The change requests: none, one, or those of a batch in their order.
    pub requests: Vec<RequestV1>,
    /// The commit that the head was compared with.
    pub base: Option<CommitText>,
    /// The commit that was judged.
    pub head: Option<CommitText>,
}

/// A text with its digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SealedTextV1 {
    /// The SHA-256 of the text as UTF-8.
    pub digest: DigestText,
    /// The text.
    pub text: String,
}

/// The facts with their digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SealedFactsV1 {
    /// The SHA-256 of the text as UTF-8.
    pub digest: DigestText,
    /// The text; null when it was left out (`--omit-facts`). Such a decision cannot be taken again,
    /// and is never called reproduced.
    pub text: Option<String>,
}

/// A text of waivers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SealedWaiversV1 {
    /// The path of the file in the repository.
    pub path: PathText,
    /// Before or after the change.
    pub side: SealedSideV1,
    /// The SHA-256 of the text as UTF-8.
    pub digest: DigestText,
    /// The text.
    pub text: String,
}

/// Which text of a file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum SealedSideV1 {
    /// The one at the base.
    Before,
    /// The one that the change would leave.
    After,
}

/// Something that the decision was made from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SealedInputV1 {
    /// What it is.
    pub kind: SealedInputKindV1,
    /// Its path, or the place that it was found in: text from outside.
    pub name: String,
    /// The SHA-256 of its bytes; null when it was there and could not be read.
    pub digest: Option<DigestText>,
}

/// Kinds of things that a decision is made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum SealedInputKindV1 {
    /// The policy.
    Policy,
    /// The facts.
    Facts,
    /// A text of the repository at the base that steers the gate: the policy there, waivers,
    /// allowed signers, CODEOWNERS.
    TextBefore,
    /// Such a text as the change would leave it.
    TextAfter,
    /// A test report.
    Report,
    /// A coverage report.
    Coverage,
    /// A statement of a test run, in a file or a note.
    Evidence,
}
