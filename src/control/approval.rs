//! Which approvals of a request count, and why the others do not.

use super::Case;
use crate::model::fact::Gap;
use crate::model::person::{Login, Who};

/// What the reviews of a request come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Approvals {
    /// The independent approvals of the judged head, one for each person, sorted.
    pub counted: Vec<Approval>,
    /// Every approval that does not count, with its reason, one sentence each.
    pub rejected: Vec<String>,
    /// Standing objections of people whose objection counts, one sentence each.
    pub objections: Vec<String>,
    /// Mailboxes in the commits that belong to nobody we know: each may be one of the approvers.
    pub unattributed: Vec<String>,
    /// What could not be seen of single approvals: each might count if it could.
    pub unclear: Vec<Gap>,
}

/// An approval that counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Approval {
    /// The person.
    pub who: Who,
    /// The account that approved.
    pub login: Login,
    /// The review.
    pub review: u64,
}

/// Sorts the reviews of the request.
///
/// # Errors
/// A fact without which no approval can be counted.
pub fn approvals(_case: &Case<'_>) -> Result<Approvals, Gap> {
    todo!()
}
