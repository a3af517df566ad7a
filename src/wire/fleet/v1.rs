//! Version 1 of a round over a fleet. The order of the fields is their order in the file, and the
//! documentation of types and fields is that of the schema.
//!
//! A round names the SHA-256 of each file, so this version gains no members, and a reader refuses
//! those that it does not know.

use crate::form::{Form, Misshapen, MomentText, NamedValues, choices, objects};
use crate::text::{BranchText, DigestText};
use portcullis_model::fleet::{FleetFinding, FleetItem, FleetRound, FleetScope, FleetStanding, FleetVerdict};
use serde::Serialize;

/// The number in the member `schema`.
pub const VERSION: u32 = 1;

objects! {
    /// A round over a fleet, `round.json` of a commit below `refs/portcullis/fleet/`.
    FleetRoundV1 = FleetRound {
        /// The version of this form.
        #[cfg_attr(test, schemars(extend("const" = VERSION)))]
        schema: u32,
        /// The number of the round, counted from 1.
        number: u64,
        /// The SHA-256 of the `round.json` before this one; null in the first of a year.
        previous: Option<DigestText>,
        /// When the round began, by the clock of the machine that asked: RFC 3339, in UTC and whole
        /// seconds.
        time: MomentText,
        /// Which repositories it is about.
        scope: FleetScopeV1,
        /// The SHA-256 of the house policy; null where none was given.
        house: Option<DigestText>,
        /// Why the list of repositories may lack some; null: it was seen whole.
        unlisted: Option<String>,
        /// The SHA-256 of the file of each repository.
        items: NamedValues<String, DigestText>,
        /// The program that asked, with its version.
        tool: String,
    }

    /// Which repositories a round is about, as a rule.
    FleetScopeV1 = FleetScope {
        /// The kind of host.
        host: String,
        /// The organisation whose repositories are listed; null where a file lists them.
        organisation: Option<String>,
        /// The SHA-256 of the names in that file, in small letters and sorted; not there in earlier
        /// versions, and where an organisation is listed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        list: Option<DigestText>,
        /// Patterns of their names, of which one has to match; empty: any name.
        names: Vec<String>,
        /// Topics, of which one has to be there; empty: any.
        topics: Vec<String>,
        /// True when archived repositories count too.
        archived: bool,
        /// The share of this round, as `2/8`; null: all.
        shard: Option<String>,
    }

    /// A repository of a fleet, as a round found it.
    FleetItemV1 = FleetItem {
        /// The version of this form.
        #[cfg_attr(test, schemars(extend("const" = VERSION)))]
        schema: u32,
        /// The repository, as its host names it.
        repository: String,
        /// The default branch; null where it could not be seen, or there is none.
        branch: Option<BranchText>,
        /// When the protection of that branch was looked at; null: never.
        looked: Option<MomentText>,
        /// The mark of that look; null where the host gives none. While it is the same, the look
        /// holds.
        mark: Option<DigestText>,
        /// The SHA-256 of the policy that the protection is judged by: that of the repository, or
        /// the house policy where it has none that is valid; null where there is neither.
        policy: Option<DigestText>,
        /// One for each column, in the order of the matrix.
        standings: Vec<FleetStandingV1>,
    }

    /// How a repository does by one column.
    FleetStandingV1 = FleetStanding {
        /// The column.
        column: String,
        /// The worst of what was found.
        verdict: FleetVerdictV1,
        /// The time of the round since which it is this verdict.
        since: MomentText,
        /// What was found.
        findings: Vec<FleetFindingV1>,
    }

    /// One thing that was found of a repository.
    FleetFindingV1 = FleetFinding {
        /// How it is.
        verdict: FleetVerdictV1,
        /// What it is about.
        subject: String,
        /// Why, in one sentence.
        reason: String,
        /// What to do; null where there is nothing to do.
        remedy: Option<String>,
    }
}

choices! {
    /// How a repository does by one column of the matrix.
    FleetVerdictV1 = FleetVerdict {
        /// Nothing asks for it here.
        Exempt,
        /// It holds.
        Met,
        /// It could not be seen.
        Unproven,
        /// It does not hold.
        Broken,
    }
}

/// A round with its repositories, as `portcullis fleet --format json` writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(title = "A fleet, version 1"))]
#[serde(deny_unknown_fields)]
pub struct FleetV1 {
    /// The version of this form.
    #[cfg_attr(test, schemars(extend("const" = VERSION)))]
    pub schema: u32,
    /// The round.
    pub round: FleetRoundV1,
    /// How many repositories are in scope; one that could not be looked at counts.
    pub in_scope: u64,
    /// How many of them were seen in every column.
    pub looked_at: u64,
    /// How many were not.
    pub unknown: u64,
    /// The repositories, worst first.
    pub repositories: Vec<FleetItemV1>,
}

/// Writes a round: JSON with the fields in their order, two spaces, one line break at the end.
///
/// # Errors
/// Those of the JSON writer; with these types there are none.
pub fn write_round(round: FleetRound) -> Result<Vec<u8>, serde_json::Error> {
    write_form(&FleetRoundV1::of(round))
}

/// Writes a repository, in the same way.
///
/// # Errors
/// Those of the JSON writer; with these types there are none.
pub fn write_item(item: FleetItem) -> Result<Vec<u8>, serde_json::Error> {
    write_form(&FleetItemV1::of(item))
}

fn write_form(form: &impl Serialize) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = serde_json::to_vec_pretty(form)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Reads a round.
///
/// # Errors
/// The bytes are not of this form.
pub fn read_round(bytes: &[u8]) -> Result<FleetRound, Misshapen> {
    let form: FleetRoundV1 = serde_json::from_slice(bytes).map_err(|error| Misshapen(error.to_string()))?;
    if form.schema != VERSION {
        return Err(Misshapen(format!("it is of version {}, and this program reads {VERSION}", form.schema)));
    }
    form.model()
}

/// Reads a repository.
///
/// # Errors
/// The bytes are not of this form.
pub fn read_item(bytes: &[u8]) -> Result<FleetItem, Misshapen> {
    let form: FleetItemV1 = serde_json::from_slice(bytes).map_err(|error| Misshapen(error.to_string()))?;
    if form.schema != VERSION {
        return Err(Misshapen(format!("it is of version {}, and this program reads {VERSION}", form.schema)));
    }
    form.model()
}
