//! What all servers of one kind of host have in common.

use crate::form::{Form, Misshapen, NamedValues, choices, objects};
use crate::text::GlobText;
use portcullis_model::host::{
    AccountConventions, CodeOwnersConventions, CodeOwnersDialect, HostConventions, NoReplyForm,
    ProtectionAdvice, TeamForm, WebCommitter,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Conventions that many facts share: null for GitHub's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct SharedConventionsV4(Option<Box<HostConventionsV4>>);

impl SharedConventionsV4 {
    /// Are they left out, as GitHub's are?
    pub fn are_usual(&self) -> bool {
        self.0.is_none()
    }
}

impl Form for SharedConventionsV4 {
    type Model = Arc<HostConventions>;

    fn of(model: Arc<HostConventions>) -> Self {
        let written = (!HostConventions::are_usual(&model)).then(|| (*model).clone());
        SharedConventionsV4(written.map(|one| Box::new(Form::of(one))))
    }

    fn model(self) -> Result<Arc<HostConventions>, Misshapen> {
        self.0.map_or_else(|| Ok(HostConventions::github()), |one| Ok(Arc::new((*one).model()?)))
    }
}

objects! {
    /// What all servers of one kind of host have in common.
    HostConventionsV4 = HostConventions {
        /// The product as sentences name it.
        name: String,
        /// Patterns of the files that define what the host's CI system runs.
        workflow_files: Vec<GlobText>,
        /// How the host finds and reads CODEOWNERS.
        code_owners: CodeOwnersConventionsV4,
        /// How accounts and addresses of the host look.
        accounts: AccountConventionsV4,
        /// What names of teams look like.
        #[serde(default)]
        teams: TeamFormV4,
        /// How to switch protection rules on.
        advice: ProtectionAdviceV4,
        /// True where the host knows neither requests nor reviews. Missing: false.
        without_requests [default]: bool,
    }

    /// How a host finds and reads CODEOWNERS.
    CodeOwnersConventionsV4 = CodeOwnersConventions {
        /// The paths where the host looks, in its order.
        places: Vec<GlobText>,
        /// How the host reads lines.
        dialect: CodeOwnersDialectV4,
    }

    /// How accounts and addresses of a host look.
    AccountConventionsV4 = AccountConventions {
        /// The form of addresses that hide another; null when there are none.
        no_reply: Option<NoReplyFormV4>,
        /// The committer of commits made on the host's pages; null when that is the person.
        web_committer: Option<WebCommitterV4>,
        /// The ending of logins of applications; null when there is none.
        application_suffix: Option<String>,
        /// The identifier of the repository role of administrators; null when they have none.
        administrator_role: Option<String>,
    }

    /// The form of addresses that hide another.
    NoReplyFormV4 = NoReplyForm {
        /// What comes before the host's domain.
        subdomain: String,
        /// What comes between the number of the account and its login.
        separator: String,
    }

    /// The host itself as a committer.
    WebCommitterV4 = WebCommitter {
        /// The login of its account.
        login: String,
        /// What comes before the `@` of its address.
        mailbox: String,
    }

    /// How to switch protection rules on, in the words of the host's settings page.
    ProtectionAdviceV4 = ProtectionAdvice {
        /// What to do, by the name of the rule.
        rules: NamedValues<String, String>,
        /// Where to do it.
        place: String,
    }
}

choices! {
    /// What names of teams look like.
    TeamFormV4 = TeamForm {
        /// `organisation/team-slug`.
        OrganizationAndSlug,
        /// `group/sub-group`.
        GroupPath,
        /// `[Project]\Team`.
        ProjectAndTeam,
        /// Any text.
        Text,
    }

    /// A way to read CODEOWNERS.
    CodeOwnersDialectV4 = CodeOwnersDialect {
        /// GitHub's.
        Github,
        /// GitLab's.
        Gitlab,
        /// That of Gitea and Forgejo.
        Gitea,
    }
}

/// Facts from before hosts said it.
impl Default for TeamFormV4 {
    fn default() -> Self {
        TeamFormV4::OrganizationAndSlug
    }
}
