//! What the repository's host says.

use super::account::AccountV4;
use super::administration::AdministrationV4;
use super::assertion::AssertionV4;
use super::conventions::SharedConventionsV4;
use super::fact::FactV4;
use super::protection::{BranchV4, ProtectionV4};
use super::request::{
    ChangeRequestV4, CheckV4, CommitAccountsV4, MoveV4, PermissionV4, PushV4, ReviewV4, WorkflowRunV4,
};
use crate::form::{Misshapen, MomentText, NamedValues, objects};
use crate::text::{CheckIdText, CommitText, GlobText, LoginText, TeamText};
use portcullis_model::assertion::ASSERTED;
use portcullis_model::facts::{Detour, HostFacts};
use portcullis_model::host::NO_HOST;

objects! {
    /// What the repository's host says. Names and identifiers are the host's own: compare them, and
    /// read nothing into their shape.
    HostFactsV4 = HostFacts {
        /// The kind of host, for example `github`; `none` when no host was asked.
        kind: String,
        /// The repository, as its host names it.
        repository: Option<String>,
        /// Who states all of this, where it was not observed; missing for every kind but
        /// `asserted`.
        asserted [default]: Option<AssertionV4>,
        /// What all hosts of this kind have in common; null for GitHub's, and where no host was
        /// asked.
        conventions: SharedConventionsV4,
        /// The domains of the host's own e-mail addresses, in lower case.
        domains: Vec<String>,
        /// The change request.
        request: FactV4<ChangeRequestV4>,
        /// The branch that would receive the change.
        branch: FactV4<BranchV4>,
        /// What protects that branch.
        protection: FactV4<ProtectionV4>,
        /// Who can change that; missing where nobody asked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        administration: Option<AdministrationV4>,
        /// Patterns of the files that the settings of the repository name for what its CI runs, and
        /// of those that they include; missing where the host has no such setting.
        workflow_files [default]: Option<FactV4<Vec<GlobText>>>,
        /// The reviews of the request.
        reviews: FactV4<Vec<ReviewV4>>,
        /// When the request was last turned to another base branch; null when it never was.
        base_changed: FactV4<Option<MomentText>>,
        /// The accounts that commits are attributed to, by the names of the commits.
        attribution: FactV4<NamedValues<CommitText, CommitAccountsV4>>,
        /// Who pushed the head.
        last_push: FactV4<PushV4>,
        /// Who pushed what the head brings: the last push that was more than a merge of the base.
        content_push: FactV4<PushV4>,
        /// The moves of the branch of the request.
        moves: FactV4<Vec<MoveV4>>,
        /// The check runs and commit statuses of the head.
        checks: FactV4<Vec<CheckV4>>,
        /// The workflow runs that check runs belong to, by the identifier of the check run.
        workflow_runs: FactV4<NamedValues<CheckIdText, WorkflowRunV4>>,
        /// The accounts behind addresses of co-authors, by the address in lower case.
        co_authors: FactV4<NamedValues<String, AccountV4>>,
        /// The members of teams, by the name of the team.
        members: NamedValues<TeamText, FactV4<Vec<AccountV4>>>,
        /// What reviewers may do in the repository, by their login.
        permissions: NamedValues<LoginText, FactV4<PermissionV4>>,
        /// Settings of the environment that the host's answers depend on.
        detours: Vec<DetourV4>,
    }

    /// A setting of the environment that the host's answers depend on, such as a proxy.
    DetourV4 = Detour {
        /// The name of the variable.
        variable: String,
        /// The value, without passwords.
        value: String,
    }
}

impl HostFactsV4 {
    /// GitHub's conventions are left out, and those of another host are there.
    ///
    /// # Errors
    /// They are left out, and the host is another one; or GitHub has some of its own.
    pub(super) fn says_its_conventions(&self) -> Result<(), Misshapen> {
        self.says_who_asserts_it()?;
        match self.kind.as_str() {
            "github" | NO_HOST if self.conventions.are_usual() => Ok(()),
            kind @ ("github" | NO_HOST) => Err(Misshapen(format!(
                "the facts of a host of the kind `{kind}` say other conventions than its own"
            ))),
            kind if self.conventions.are_usual() => {
                Err(Misshapen(format!("the facts of a host of the kind `{kind}` do not say its conventions")))
            }
            _ => Ok(()),
        }
    }

    /// Asserted facts name their exporter, and observed ones have none: nothing else tells them
    /// apart.
    fn says_who_asserts_it(&self) -> Result<(), Misshapen> {
        match (self.kind == ASSERTED, self.asserted.is_some()) {
            (true, false) => Err(Misshapen("asserted facts do not say who asserts them".to_string())),
            (false, true) => Err(Misshapen(format!(
                "the facts of a host of the kind `{}` are asserted by an exporter",
                self.kind
            ))),
            _ => Ok(()),
        }
    }

    /// An evidence file is of one change.
    ///
    /// # Errors
    /// A batch or a deployment rests on one.
    pub(super) fn is_observed(&self) -> Result<(), Misshapen> {
        match self.asserted {
            None => Ok(()),
            Some(_) => Err(Misshapen("only the facts of a change can be asserted".to_string())),
        }
    }
}
