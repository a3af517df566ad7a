//! A sample that anyone can draw again.

use serde::{Deserialize, Serialize};

/// A sample of the landings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SampleV1 {
    /// How many were asked for: of all, or of each stratum.
    pub size: u64,
    /// The seed: any text.
    pub seed: String,
    /// How the sample was drawn, in sentences that suffice to draw it again.
    pub method: String,
    /// The strata, sorted by name; one with the name `all` where there are none.
    pub strata: Vec<StratumV1>,
}

/// A part of the population that a sample is drawn from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct StratumV1 {
    /// The name: an area, `outside every area`, `areas unknown` or `all`.
    pub name: String,
    /// How many items it holds.
    pub population: u64,
    /// The items that were drawn, in the order of their draw numbers.
    pub drawn: Vec<SampledItemV1>,
}

/// An item of the sample.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SampledItemV1 {
    /// The item, by id.
    pub item: String,
    /// Its draw number: 64 hexadecimal digits.
    pub draw: String,
}
