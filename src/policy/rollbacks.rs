//! `[[rollbacks]]` in `portcullis-waivers.toml`: leave to deploy what was deployed before. Where records and host differ in what is
//! deployed, an entry from the one that is contradicted to the other says what to go by.
//!
//! ```toml
//! [[rollbacks]]
//! id = "R-3"
//! environment = "production"
//! from = "…40 or 64 digits…"                  # what is deployed
//! to = "…40 or 64 digits…"                    # a commit that was recorded there before
//! reason = "Records of closed cases are not deleted any more"
//! ticket = "OPS-902"
//! requester = "robin"
//! approver = "kim"                            # another person
//! created = "2026-12-18T18:00:00Z"
//! expires = "2026-12-19T18:00:00Z"            # no longer in force at this moment
//! signature = "…"                             # where the policy names signers, see `signed`
//! ```

use super::meaning::said;
use super::people::check_login;
use super::waivers::Check;
use crate::model::change::Revision;
use crate::model::environment::Environment;
use crate::model::moment::Moment;
use crate::model::person::Login;
use crate::model::waiver::Rollback;
use serde::Deserialize;
use toml::Spanned;

/// A rollback as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct WrittenRollback {
    pub(super) id: Spanned<String>,
    environment: Environment,
    from: Revision,
    to: Spanned<Revision>,
    reason: Spanned<String>,
    ticket: Spanned<String>,
    requester: Spanned<Login>,
    approver: Spanned<Login>,
    created: Spanned<Moment>,
    expires: Spanned<Moment>,
    signature: Option<String>,
}

impl Check<'_> {
    pub(super) fn rollback(&mut self, rollback: &WrittenRollback) {
        let WrittenRollback { requester, approver, .. } = rollback;
        self.id(&rollback.id);
        if rollback.from == *rollback.to.get_ref() {
            self.note(
                rollback.to.span(),
                "`to` is the commit that `from` names",
                "name what was deployed before",
            );
        }
        said(&rollback.reason, "the reason of the rollback", self.problems);
        said(&rollback.ticket, "the ticket of the rollback", self.problems);
        for login in [requester, approver] {
            check_login(login.get_ref().as_str(), login.span(), self.problems);
        }
        self.other(requester, approver, "approves");
        self.within_longest(&rollback.created, &rollback.expires, "expires");
    }
}

impl From<WrittenRollback> for Rollback {
    fn from(written: WrittenRollback) -> Self {
        Rollback {
            id: written.id.into_inner(),
            environment: written.environment.into(),
            from: written.from,
            to: written.to.into_inner(),
            reason: written.reason.into_inner(),
            ticket: written.ticket.into_inner(),
            requester: written.requester.into_inner(),
            approver: written.approver.into_inner(),
            created: written.created.into_inner().0,
            expires: written.expires.into_inner().0,
            signature: written.signature,
        }
    }
}
