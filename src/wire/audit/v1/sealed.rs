//! Sealed decisions that were handed over to an audit.

use crate::decision::v1::OutcomeV1;
use crate::sealed::v1::{SealedJudgedV1, SealedProgramV1};
use crate::text::DigestText;
use serde::{Deserialize, Serialize};

/// A decision that was sealed, with what it says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AuditedSealV1 {
    /// Its place among those of the audit, counted from 1 for the oldest.
    pub number: u64,
    /// The SHA-256 of the file that was handed over.
    pub digest: DigestText,
    /// When it was sealed, by the clock of that machine.
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    pub time: String,
    /// Who sealed it, by their own account.
    pub sealer: String,
    /// The program that decided.
    pub program: SealedProgramV1,
    /// The outcome.
    pub outcome: OutcomeV1,
    /// True when the gate only advised.
    pub advisory: bool,
    /// What was judged.
    pub judged: SealedJudgedV1,
    /// How far the file proves its decision.
    pub standing: SealStandingV1,
    /// Why it does not; null where it does.
    pub why: Option<String>,
    /// Was there a signature beside it, in a file of its name with `.sig` at the end?
    pub signed: bool,
}

/// How far a sealed decision proves itself. One that does not hold together is in no audit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum SealStandingV1 {
    /// The decision follows again from the facts that it keeps.
    Reproduced,
    /// Nothing can be taken again, for example because it keeps no facts.
    Irreproducible,
}
