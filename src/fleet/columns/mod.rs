//! What each repository of a fleet is judged by.
//!
//! A column is a file here and a line in [`TABLE`]. It judges what was seen, and says of the rest
//! that it was not.

use jiff::Timestamp;
use portcullis_judge::policy::Policy;
use portcullis_model::digest::Digest;
use portcullis_model::fact::{Fact, Gap};
use portcullis_model::fleet::{FleetFinding, FleetVerdict, RepositorySurvey};

mod house_policy;
mod policy;
mod protected_branch;
mod records;
mod waivers;

/// Every column, in the order of the matrix.
pub static TABLE: &[&Column] =
    &[&policy::COLUMN, &house_policy::COLUMN, &protected_branch::COLUMN, &waivers::COLUMN, &records::COLUMN];

/// The column whose findings come from a look at the protection, which may be one of an earlier
/// round.
pub const PROTECTION: &str = protected_branch::COLUMN.name;

/// A column of the matrix.
#[derive(Debug)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it asks, for people.
    pub about: &'static str,
    /// What it finds; nothing where nothing asks for it.
    pub judge: fn(&ColumnCase<'_>) -> Vec<FleetFinding>,
}

/// What was seen of a repository.
#[derive(Debug)]
pub struct ColumnCase<'a> {
    /// What its host says of it.
    pub survey: &'a Fact<RepositorySurvey>,
    /// Its policy.
    pub policy: &'a SeenPolicy,
    /// The house policy, where one was given.
    pub house: Option<&'a GivenHouse>,
    /// What was found of the protection of its default branch.
    pub protection: &'a [FleetFinding],
    /// The moment of the round.
    pub now: Timestamp,
}

impl ColumnCase<'_> {
    /// The policy that the protection is judged by: that of the repository, or the house policy
    /// where it has none that is valid.
    pub fn judged_by(&self) -> Option<&Policy> {
        judging_policy(self.policy, self.house)
    }
}

/// The house policy that a round is given.
#[derive(Debug)]
pub struct GivenHouse {
    /// Its text.
    pub text: String,
    /// The digest of its text.
    pub digest: Digest,
    /// The policy; `None` where it is only for others to extend, and no whole one.
    pub policy: Option<Policy>,
}

/// The policy that the protection of a repository is judged by: its own, or the house policy where
/// it has none that is valid. What could not be seen is judged by neither.
pub fn judging_policy<'p>(own: &'p SeenPolicy, house: Option<&'p GivenHouse>) -> Option<&'p Policy> {
    match own {
        SeenPolicy::Valid(policy) => Some(policy),
        SeenPolicy::Invalid(_) | SeenPolicy::Absent => house?.policy.as_ref(),
        SeenPolicy::Unseen(_) | SeenPolicy::Empty => None,
    }
}

/// The policy of a repository, at the tip of its default branch.
#[derive(Debug)]
pub enum SeenPolicy {
    /// There is one, and it is valid.
    Valid(Box<Policy>),
    /// There is one with mistakes; what they are.
    Invalid(Vec<String>),
    /// There is none.
    Absent,
    /// It could not be seen.
    Unseen(Gap),
    /// There is no commit that could hold one.
    Empty,
}

impl SeenPolicy {
    /// The policy, where it is valid.
    pub fn valid(&self) -> Option<&Policy> {
        match self {
            SeenPolicy::Valid(policy) => Some(policy),
            _ => None,
        }
    }
}

/// A finding without a remedy.
pub(crate) fn finding(verdict: FleetVerdict, subject: &str, reason: impl Into<String>) -> FleetFinding {
    FleetFinding { verdict, subject: subject.to_string(), reason: reason.into(), remedy: None }
}

/// A finding with what to do about it.
pub(crate) fn advise(
    verdict: FleetVerdict,
    subject: &str,
    reason: impl Into<String>,
    remedy: impl Into<String>,
) -> FleetFinding {
    FleetFinding { remedy: Some(remedy.into()), ..finding(verdict, subject, reason) }
}

/// What a gap leaves behind.
pub(crate) fn unseen(subject: &str, gap: &Gap) -> FleetFinding {
    advise(FleetVerdict::Unproven, subject, gap.to_string(), gap.remedy.clone())
}

#[cfg(test)]
mod tests;
