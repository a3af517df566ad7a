//! People and their duties.

use crate::decision::v1::FindingV1;
use serde::{Deserialize, Serialize};

/// A person who took part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AuditedPersonV1 {
    /// The login, or `mailbox:` and digits where no account is known.
    pub who: String,
    /// How many landings have commits of theirs.
    pub wrote: u64,
    /// How many landings they approved with an approval that counts.
    pub approved: u64,
    /// How many deployments they made.
    pub deployed: u64,
    /// Do they administer the repository or the rules of a branch? Null where that could not be
    /// seen.
    pub administers: Option<bool>,
    /// How many waivers and rollbacks they granted.
    pub waived: u64,
    /// The roles of the newest policy that they have, sorted.
    pub roles: Vec<String>,
    /// What controls of training found of them.
    pub training: Vec<FindingV1>,
}

/// A duty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum DutyV1 {
    /// Wrote a commit of it.
    Wrote,
    /// Approved it.
    Approved,
    /// Deployed it.
    Deployed,
    /// Administers the repository.
    Administers,
    /// Granted a waiver that it needed.
    Waived,
}

/// One person with two duties for one item. The policy says which of these are allowed; they are
/// listed whether it does or not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DutyConflictV1 {
    /// The person.
    pub who: String,
    /// The item, by id.
    pub item: String,
    /// The duties, in their order here.
    pub duties: Vec<DutyV1>,
}
