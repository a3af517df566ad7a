//! `[[rollbacks]]` in `portcullis-waivers.toml`: leave to deploy what was deployed before. Where
//! records and host differ in what is deployed, an entry from the one that is contradicted to the
//! other says what to go by.
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

use super::grants::{GrantCheck, GrantKeys};
use portcullis_model::change::Revision;
use portcullis_model::environment::Environment;
use portcullis_model::moment::Moment;
use portcullis_model::person::Login;
use portcullis_model::waiver::Rollback;
use serde::Deserialize;
use toml::Spanned;

/// A rollback as it is written.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct WrittenRollback {
    /// Its name, which no other waiver or rollback of the file has.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(super) id: Spanned<String>,
    /// The environment that is rolled back.
    #[cfg_attr(test, schemars(with = "String"))]
    environment: Environment,
    /// The commit that is deployed, by its whole name.
    #[cfg_attr(test, schemars(with = "String"))]
    from: Revision,
    /// The commit that is to be deployed again, by its whole name.
    #[cfg_attr(test, schemars(with = "String"))]
    to: Spanned<Revision>,
    /// Why it is given. Every decision shows it.
    #[cfg_attr(test, schemars(with = "String"))]
    reason: Spanned<String>,
    /// Where more is written about it.
    #[cfg_attr(test, schemars(with = "String"))]
    ticket: Spanned<String>,
    /// The login of the person who asked for it.
    #[cfg_attr(test, schemars(with = "String"))]
    requester: Spanned<Login>,
    /// The login of the person who gives it: another one.
    #[cfg_attr(test, schemars(with = "String"))]
    approver: Spanned<Login>,
    /// Since when it is in force. A date alone is its first moment in UTC.
    #[cfg_attr(test, schemars(with = "String"))]
    created: Spanned<Moment>,
    /// The first moment at which it is no longer in force.
    #[cfg_attr(test, schemars(with = "String"))]
    expires: Spanned<Moment>,
    /// The signature of the approver, over what `portcullis policy waiver ID` prints.
    signature: Option<String>,
}

impl GrantCheck<'_> {
    pub(super) fn check_rollback(&mut self, rollback: &WrittenRollback) {
        self.check_keys(&rollback.grant_keys());
        if rollback.from == *rollback.to.get_ref() {
            self.note(
                rollback.to.span(),
                "`to` is the commit that `from` names",
                "name what was deployed before",
            );
        }
    }
}

impl WrittenRollback {
    fn grant_keys(&self) -> GrantKeys<'_> {
        let WrittenRollback { id, reason, ticket, requester, approver, created, expires, signature, .. } =
            self;
        let signature = signature.as_ref();
        GrantKeys { id, reason, ticket, requester, approver, created, expires, signature }
    }
}

impl From<WrittenRollback> for Rollback {
    fn from(written: WrittenRollback) -> Self {
        let grant = written.grant_keys().grant();
        let WrittenRollback { environment, from, to, .. } = written;
        Rollback { grant, environment: environment.into(), from, to: to.into_inner() }
    }
}
