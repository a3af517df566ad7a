//! Version 1 of what the newest round knows of one repository, as `portcullis fleet show --json`
//! writes it. The documentation of types and fields is that of the schema.

use super::v1::{FleetItemV1, FleetVerdictV1};
use crate::form::{Form as _, MomentText};
use jiff::Timestamp;
use portcullis_model::fleet::{FleetItem, FleetRound, FleetVerdict};
use serde::{Deserialize, Serialize};

/// The number in the member `schema`.
pub const VERSION: u32 = 1;

/// What the newest round of a fleet knows of one repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(title = "A repository of a fleet, version 1"))]
#[serde(deny_unknown_fields)]
pub struct FleetRepositoryV1 {
    /// The version of this form.
    #[cfg_attr(test, schemars(extend("const" = VERSION)))]
    schema: u32,
    /// The number of the round.
    round: u64,
    /// When it began.
    time: MomentText,
    /// Who signed it.
    signed: RoundSignerV1,
    /// The repository, as the round found it.
    repository: FleetItemV1,
    /// When a column was not met, by the rounds of the year; what lasts comes first.
    lapses: Vec<FleetLapseV1>,
}

/// Who signed a round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RoundSignerV1 {
    /// The fingerprint of the key; null: the round is not signed.
    key: Option<String>,
    /// What the list of signers calls the owner of the key; empty where no list was named.
    names: Vec<String>,
}

/// A time in which a column was not met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FleetLapseV1 {
    /// The column.
    column: String,
    /// `broken` or `unproven`.
    verdict: FleetVerdictV1,
    /// The time of the round since which it was.
    since: MomentText,
    /// The time of the first round that found something else; null: it lasts.
    until: Option<MomentText>,
}

impl FleetRepositoryV1 {
    /// The form of it.
    pub fn of(
        round: &FleetRound,
        signed: RoundSignerV1,
        item: &FleetItem,
        lapses: Vec<FleetLapseV1>,
    ) -> Self {
        FleetRepositoryV1 {
            schema: VERSION,
            round: round.number,
            time: MomentText::of(round.time),
            signed,
            repository: FleetItemV1::of(item.clone()),
            lapses,
        }
    }
}

impl RoundSignerV1 {
    /// The form of it.
    pub fn of(names: &[String], key: Option<&String>) -> Self {
        RoundSignerV1 { key: key.cloned(), names: names.to_vec() }
    }
}

impl FleetLapseV1 {
    /// The form of it.
    pub fn of(column: &str, verdict: FleetVerdict, since: Timestamp, until: Option<Timestamp>) -> Self {
        FleetLapseV1 {
            column: column.to_string(),
            verdict: FleetVerdictV1::of(verdict),
            since: MomentText::of(since),
            until: until.map(MomentText::of),
        }
    }
}
