//! What every part of an audit needs.

use super::people_seen::PeopleSeen;
use super::period::AskedPeriod;
use super::policies::PolicyOfCommit;
use crate::progress::ProgressView;
use jiff::Timestamp;
use portcullis_collect::sources::Sources;
use std::rc::Rc;

/// What every part of an audit needs.
pub struct AuditContext<'a> {
    /// Whom to ask.
    pub sources: Sources<'a>,
    /// Where progress is shown.
    pub view: ProgressView,
    /// The period.
    pub period: &'a AskedPeriod,
    /// The present.
    pub as_of: Timestamp,
    /// The policy of today.
    pub today: Rc<PolicyOfCommit>,
    /// The people whom facts name.
    pub people: &'a PeopleSeen,
}
