//! What all servers of one kind of host have in common, and other kinds do not: which files define
//! its CI, where it looks for CODEOWNERS, how its own addresses look, what its settings page calls
//! a rule.
//!
//! The judge knows no host by name. The host's adapter hands these over with its facts
//! ([`HostFacts::conventions`]). Facts of an earlier form do not have them: all of those were
//! GitHub's, and [`HostConventions::github`] is what they were judged by. The same holds where no
//! host was asked.
//!
//! [`HostFacts::conventions`]: crate::facts::HostFacts::conventions

use crate::person::TeamName;
use portcullis_pattern::glob::Glob;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

/// The kind of host where no host was asked.
pub const NO_HOST: &str = "none";

/// What all servers of one kind of host have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostConventions {
    /// The product as sentences name it, for example `GitHub`.
    pub name: String,
    /// The files in a repository that define what the host's CI system runs.
    pub workflow_files: Vec<Glob>,
    /// CODEOWNERS files.
    pub code_owners: CodeOwnersConventions,
    /// Accounts and the host's own addresses.
    pub accounts: AccountConventions,
    /// What names of teams look like.
    pub teams: TeamForm,
    /// How to switch protection rules on.
    pub advice: ProtectionAdvice,
    /// It knows neither requests nor reviews, as a plain git server: no one opens a request, and
    /// signed reviews are the only ones.
    pub without_requests: bool,
}

/// How a host finds and reads CODEOWNERS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeOwnersConventions {
    /// The paths where the host looks, in its order: only the first file found counts. They hold no
    /// wildcards.
    pub places: Vec<Glob>,
    /// How lines are read.
    pub dialect: CodeOwnersDialect,
}

/// A way to read CODEOWNERS. Facts with a dialect that is not in this list cannot be judged, and
/// are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeOwnersDialect {
    /// GitHub docs, "About code owners".
    Github,
    /// GitLab docs, "Code Owners": sections, roles and exclusions.
    Gitlab,
    /// That of Gitea and Forgejo, whose patterns are regular expressions of Go.
    Gitea,
}

/// What names of teams look like on a kind of host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TeamForm {
    /// `organisation/team-slug`.
    #[default]
    OrganizationAndSlug,
    /// `group/sub-group`, with one part or more: the path of a group among groups.
    GroupPath,
    /// `[Project]\Team`.
    ProjectAndTeam,
    /// Any text, for example the name of a group with spaces in it.
    Text,
}

/// How accounts and addresses of a host look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountConventions {
    /// The form of the addresses that the host gives to accounts that hide their own; `None`: there
    /// are none.
    pub no_reply: Option<NoReplyForm>,
    /// The committer of commits that people make on the host's pages; `None`: the person is the
    /// committer.
    pub web_committer: Option<WebCommitter>,
    /// The ending of logins that only accounts of applications have, for example `[bot]`; `None`:
    /// there is none.
    pub application_suffix: Option<String>,
    /// The id of the repository role that means administrators in bypass lists; `None`: they have a
    /// name of their own.
    pub administrator_role: Option<String>,
}

/// `NUMBER` `separator` `LOGIN` at `subdomain` of one of the host's domains, or the login alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoReplyForm {
    /// What stands before the host's domain, for example `users.noreply`.
    pub subdomain: String,
    /// What stands between the number of the account and its login, for example `+`.
    pub separator: String,
}

/// The host itself as a committer. It is not a person and adds nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebCommitter {
    /// The login of its account.
    pub login: String,
    /// What stands before the `@` of its address at one of the host's domains.
    pub mailbox: String,
}

/// How to switch protection rules on, in the words of the host's settings page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProtectionAdvice {
    /// What to do, by the name of the rule ([`Rule::name`]). `{count}`, `{check}`,
    /// `{app}`, `{project}` and `{service}` are filled in with what the rule holds.
    ///
    /// [`Rule::name`]: crate::protection::Rule::name
    pub rules: BTreeMap<String, String>,
    /// Where to do it. `{branch}` stands for the branch.
    pub place: String,
}

static GITHUB: LazyLock<Arc<HostConventions>> = LazyLock::new(|| Arc::new(github_conventions()));

impl HostConventions {
    /// GitHub's: of facts that do not say otherwise.
    pub fn github() -> Arc<HostConventions> {
        Arc::clone(&GITHUB)
    }

    /// Are these the ones that facts need not name?
    pub fn are_usual(this: &Arc<HostConventions>) -> bool {
        Arc::ptr_eq(this, &GITHUB) || **this == **GITHUB
    }
}

fn github_conventions() -> HostConventions {
    HostConventions {
        name: "GitHub".to_string(),
        workflow_files: compile_globs(&[
            ".github/workflows/**",
            ".github/actions/**",
            "**/action.yml",
            "**/action.yaml",
        ]),
        code_owners: CodeOwnersConventions {
            places: compile_globs(&[".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"]),
            dialect: CodeOwnersDialect::Github,
        },
        accounts: AccountConventions {
            no_reply: Some(NoReplyForm { subdomain: "users.noreply".into(), separator: "+".into() }),
            web_committer: Some(WebCommitter { login: "web-flow".into(), mailbox: "noreply".into() }),
            application_suffix: Some("[bot]".into()),
            administrator_role: Some("5".into()),
        },
        teams: TeamForm::OrganizationAndSlug,
        advice: github_advice(),
        without_requests: false,
    }
}

/// In the words of GitHub's ruleset page (GitHub docs, "Available rules for rulesets").
fn github_advice() -> ProtectionAdvice {
    let rules = [
        ("change-request", "switch on \"Require a pull request before merging\""),
        ("approvals", "set \"Required approvals\" to {count} or more"),
        ("dismiss-stale", "switch on \"Dismiss stale pull request approvals when new commits are pushed\""),
        ("code-owners", "switch on \"Require review from Code Owners\""),
        ("last-push-approval", "switch on \"Require approval of the most recent reviewable push\""),
        ("conversation-resolution", "switch on \"Require conversation resolution before merging\""),
        ("check", "switch on \"Require status checks to pass\""),
        (
            "check-of-app",
            "switch on \"Require status checks to pass\" with `{check}` and choose app {app} as its source",
        ),
        ("up-to-date", "switch on \"Require branches to be up to date before merging\""),
        ("no-force-push", "switch on \"Block force pushes\""),
        ("no-deletion", "switch on \"Restrict deletions\""),
        ("signed-commits", "switch on \"Require signed commits\""),
        ("linear-history", "switch on \"Require linear history\""),
    ];
    ProtectionAdvice {
        rules: rules.map(|(rule, what)| (rule.to_string(), what.to_string())).into(),
        place: "in an active ruleset that covers {branch} (Settings > Rules)".to_string(),
    }
}

/// The patterns of a host's conventions, from constants of its adapter. A text that is no pattern
/// is left out, so a test of the adapter has to count them.
pub fn compile_globs(patterns: &[&str]) -> Vec<Glob> {
    patterns.iter().filter_map(|pattern| Glob::new(pattern).ok()).collect()
}

impl TeamForm {
    /// Can this be the name of a team?
    pub fn fits(self, team: &TeamName) -> bool {
        match self {
            TeamForm::OrganizationAndSlug => team.parts().is_some(),
            TeamForm::GroupPath => team.as_str().split('/').all(is_group),
            TeamForm::ProjectAndTeam => is_project_and_team(team.as_str()),
            TeamForm::Text => true,
        }
    }

    /// How to write the name of a team.
    pub fn example(self) -> &'static str {
        match self {
            TeamForm::OrganizationAndSlug => "organisation/team-slug",
            TeamForm::GroupPath => "group/sub-group",
            TeamForm::ProjectAndTeam => r"[Project]\Team",
            TeamForm::Text => "the name of the group",
        }
    }
}

/// Letters, digits, `-`, `_` and `.`; the first of them a letter, a digit or `_`.
fn is_group(part: &str) -> bool {
    part.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

fn is_project_and_team(name: &str) -> bool {
    let parts = name.strip_prefix('[').and_then(|rest| rest.split_once("]\\"));
    parts.is_some_and(|(project, team)| !project.is_empty() && !team.is_empty())
}

/// A host as far as a policy has to know it to be read: what its teams, accounts and addresses look
/// like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostProfile {
    /// The conventions of its kind.
    pub conventions: Arc<HostConventions>,
    /// The domains of its own addresses, in lower case.
    pub domains: Vec<String>,
}

impl HostProfile {
    /// That of github.com: what is written without a host in mind means an account there.
    pub fn github_com() -> Self {
        HostProfile { conventions: HostConventions::github(), domains: PUBLIC_DOMAINS.clone() }
    }

    /// That of a host with these conventions and domains. GitHub without a domain is github.com: it
    /// is what facts of an earlier form have, and what no host leaves.
    pub fn of(conventions: &Arc<HostConventions>, domains: &[String]) -> Self {
        if domains.is_empty() && HostConventions::are_usual(conventions) {
            return HostProfile::github_com();
        }
        HostProfile { conventions: Arc::clone(conventions), domains: domains.to_vec() }
    }

    /// What its own addresses look like.
    pub fn own_addresses(&self) -> OwnAddresses<'_> {
        OwnAddresses { domains: &self.domains, accounts: &self.conventions.accounts }
    }
}

impl AccountConventions {
    /// Is this login one that only accounts of applications have?
    pub fn is_application(&self, login: &str) -> bool {
        self.application_suffix.as_ref().is_some_and(|suffix| login.ends_with(suffix))
    }
}

/// What a host's own addresses look like: the domains of the server, and the forms of its kind.
#[derive(Clone, Copy, Debug)]
pub struct OwnAddresses<'a> {
    /// The domains of the server, in lower case.
    pub domains: &'a [String],
    /// The conventions of its kind.
    pub accounts: &'a AccountConventions,
}

static PUBLIC_DOMAINS: LazyLock<Vec<String>> = LazyLock::new(|| vec!["github.com".to_string()]);

#[cfg(test)]
impl OwnAddresses<'static> {
    /// Those of github.com.
    pub fn of_github_com() -> Self {
        OwnAddresses { domains: &PUBLIC_DOMAINS, accounts: &GITHUB.accounts }
    }
}

impl<'a> OwnAddresses<'a> {
    /// Does an address belong to one of the domains, below this name? What is before the domain is
    /// compared whole.
    fn is_at(&self, domain: &str, subdomain: &str) -> bool {
        let below = domain.strip_prefix(subdomain).and_then(|rest| rest.strip_prefix('.'));
        below.is_some_and(|domain| self.domains.iter().any(|own| own == domain))
    }

    /// What is before the `@` of an address that hides another, and the form of such addresses;
    /// `None` for any other address. Case does not matter in the domain.
    pub fn no_reply<'t>(&self, email: &'t str) -> Option<(&'t str, &'a NoReplyForm)> {
        let form = self.accounts.no_reply.as_ref()?;
        let (local, domain) = email.rsplit_once('@')?;
        self.is_at(&domain.to_ascii_lowercase(), &form.subdomain).then_some((local, form))
    }

    /// Is this the address under which the host itself commits? Case does not matter.
    pub fn is_web_committer(&self, email: &str) -> bool {
        let Some(web) = &self.accounts.web_committer else { return false };
        let email = email.to_ascii_lowercase();
        let domain = email.strip_prefix(web.mailbox.as_str()).and_then(|rest| rest.strip_prefix('@'));
        domain.is_some_and(|domain| self.domains.iter().any(|own| own == domain))
    }

    /// Is this the login under which the host itself commits?
    pub fn is_web_login(&self, login: &str) -> bool {
        self.accounts.web_committer.as_ref().is_some_and(|web| login.eq_ignore_ascii_case(&web.login))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn teams_are_written_as_their_host_writes_them() {
        use TeamForm::{GroupPath, OrganizationAndSlug, ProjectAndTeam, Text};
        for (name, forms) in [
            ("org/team", vec![OrganizationAndSlug, GroupPath, Text]),
            ("team", vec![GroupPath, Text]),
            ("a/b/c", vec![GroupPath, Text]),
            ("a/b.c/_d-e", vec![GroupPath, Text]),
            ("a//c", vec![Text]),
            ("a/../c", vec![Text]),
            ("a/b/", vec![Text]),
            ("a/-b", vec![OrganizationAndSlug, Text]),
            ("a/b%2fc", vec![Text]),
            (r"[Records]\Data protection", vec![ProjectAndTeam, Text]),
            (r"[]\Team", vec![Text]),
            (r"[Records]\", vec![Text]),
            ("Change Approvers (Records)", vec![Text]),
        ] {
            let team = TeamName::of_host(name);
            let fitting: Vec<TeamForm> = [OrganizationAndSlug, GroupPath, ProjectAndTeam, Text]
                .into_iter()
                .filter(|form| form.fits(&team))
                .collect();
            assert_eq!(fitting, forms, "{name}");
        }
    }

    #[test]
    fn github_com_is_nobodys_host_but_its_own() {
        let email = "12+kim@users.noreply.github.com";
        let is_own = |profile: HostProfile| profile.own_addresses().no_reply(email).is_some();
        let github = HostConventions::github();
        let other = Arc::new(HostConventions { name: "Elsewhere".into(), ..(*github).clone() });
        assert!(is_own(HostProfile::of(&github, &[])));
        assert!(is_own(HostProfile::of(&github, &["github.com".into()])));
        assert!(!is_own(HostProfile::of(&github, &["ghe.example.test".into()])));
        assert!(!is_own(HostProfile::of(&other, &[])));
        assert!(!is_own(HostProfile::of(&other, &["gitlab.example.test".into()])));
    }

    #[test]
    fn every_pattern_of_ours_is_one() {
        let github = HostConventions::github();
        assert_eq!((github.workflow_files.len(), github.code_owners.places.len()), (4, 3));
        assert!(
            github
                .code_owners
                .places
                .iter()
                .all(|place| !place.as_str().contains(['*', '?', '[', '{', '\\']))
        );
    }
}
