//! The reading plan for who can change the protection of a branch. GitHub shows a ruleset's bypass
//! list only to those who may change the ruleset; who they are takes less.
//!
//! | part | request | least token |
//! | --- | --- | --- |
//! | administrators | `repos/O/R/collaborators?permission=admin` | Metadata: read, of a member with write access |
//! | owners | `orgs/O/members?role=admin` | Members: read |
//! | apps | `orgs/O/installations` | organisation Administration: read |
//! | deploy keys | `repos/O/R/keys` | Administration: read |
//! | roles | `orgs/O/custom-repository-roles`, `orgs/O/organization-roles` | Custom repository roles: read, Custom organization roles: read |
//!
//! An organisation always has owners, and its owners administer its repositories. A list that says
//! otherwise was shortened for this token (GitHub docs, "List organization members": who is no
//! member sees public members only).

use crate::github::{GitHub, translate, wire};
use crate::http::gaps::contradiction;
use crate::http::pages::{Page, PageNames};
use portcullis_model::administration::{Administration, RightsHolder};
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::person::Account;
use std::collections::BTreeSet;

/// Rights with which an app can change rulesets or classic protection, of the repository or of the
/// organisation, or make someone who can: an owner, or a role with that right (GitHub docs,
/// "Permissions required for GitHub Apps").
const RIGHTS_OF_APPS: [&str; 5] = [
    "administration",
    "members",
    "organization_administration",
    "organization_custom_org_roles",
    "organization_custom_roles",
];

/// Rights of roles that bypass or change what protects a branch (GitHub docs, "About custom
/// repository roles" and "Permissions of custom organization roles"). Who manages deploy keys can
/// add one that a bypass list names.
const RIGHTS_OF_ROLES: [&str; 5] = [
    "bypass_branch_protection",
    "edit_repo_protections",
    "manage_deploy_keys",
    "manage_organization_ref_rules",
    "push_protected_branch",
];

/// Plans without custom repository roles (GitHub docs, "About custom repository roles": GitHub
/// Enterprise alone has them).
const PLANS_WITHOUT_ROLES: [&str; 2] = ["free", "team"];

impl Page for wire::Installations {
    const LIST: &str = "/installations";
}

impl Page for wire::CustomRepositoryRoles {
    const LIST: &str = "/custom_roles";
}

impl Page for wire::OrganizationRoles {
    const LIST: &str = "/roles";
}

impl GitHub {
    pub(super) fn administration_facts(&self) -> Administration {
        self.foresee_administration();
        let administrators = self.administrators();
        let deploy_keys = self.deploy_keys().into();
        match self.is_of_organization() {
            Ok(true) => self.administration_of_organization(administrators, deploy_keys),
            Ok(false) => Administration {
                administrators: administrators.into(),
                owners: Fact::Known(Vec::new()),
                apps: Fact::Gap(apps_of_a_person()),
                deploy_keys,
                roles: Fact::Known(Vec::new()),
            },
            Err(gap) => Administration {
                administrators: administrators.into(),
                owners: Fact::Gap(gap.clone()),
                apps: Fact::Gap(gap.clone()),
                deploy_keys,
                roles: Fact::Gap(gap),
            },
        }
    }

    fn administration_of_organization(
        &self,
        administrators: Result<Vec<Account>, Gap>,
        deploy_keys: Fact<Vec<RightsHolder>>,
    ) -> Administration {
        self.foresee_organization();
        let owners = self.owners();
        let administrators = match (administrators, &owners) {
            (Ok(all), Ok(owners)) => check_owners(all, owners),
            (all, _) => all,
        };
        let (apps, roles) = (self.apps(), self.roles());
        Administration {
            administrators: administrators.into(),
            owners: owners.into(),
            apps: apps.into(),
            deploy_keys,
            roles: roles.into(),
        }
    }

    pub(super) fn of_organization<'a>(&'a self, rest: &[&'a str]) -> Vec<&'a str> {
        [&["orgs", self.repository.owner.as_str()], rest].concat()
    }

    fn is_of_organization(&self) -> Result<bool, Gap> {
        let what = format!("who the repository {} belongs to", self.repository);
        let seen: wire::OwnedRepository = self.client.get(&what, &self.at(&[]))?;
        match seen.owner.kind.as_str() {
            "Organization" => Ok(true),
            "User" => Ok(false),
            other => Err(translate::unknown_kind(&what, "owner", other)),
        }
    }

    fn administrators(&self) -> Result<Vec<Account>, Gap> {
        let what = "who administers the repository";
        let query = [("affiliation", "all"), ("permission", "admin")];
        let seen: Vec<wire::ListedCollaborator> =
            self.client.list_with(what, &self.at(&["collaborators"]), &query)?;
        // Servers that do not know the parameter give everyone.
        let admins = seen.into_iter().filter(|one| one.permissions.admin);
        let accounts: BTreeSet<Account> = admins.map(|one| translate::account(one.user)).collect();
        match accounts.is_empty() {
            true => Err(shortened(what, "the host names no one, and there is always someone")),
            false => Ok(accounts.into_iter().collect()),
        }
    }

    fn owners(&self) -> Result<Vec<Account>, Gap> {
        let what = "who owns the organisation";
        let segments = self.of_organization(&["members"]);
        let seen: Vec<wire::SimpleUser> = self.client.list_with(what, &segments, &[("role", "admin")])?;
        let accounts: BTreeSet<Account> = seen.into_iter().map(translate::account).collect();
        match accounts.is_empty() {
            true => Err(shortened(what, "the host names no one, and an organisation has owners")),
            false => Ok(accounts.into_iter().collect()),
        }
    }

    fn apps(&self) -> Result<Vec<RightsHolder>, Gap> {
        let what = "which apps may administer the repository";
        let pages: Vec<wire::Installations> = self.all_pages(what, &["installations"])?;
        let may = |app: &wire::Installation| {
            let is_right = |right: &&str| app.permissions.get(*right).is_some_and(|level| level != "read");
            app.suspended_at.is_none() && RIGHTS_OF_APPS.iter().any(is_right)
        };
        let apps = pages.into_iter().flat_map(|page| page.installations).filter(may);
        Ok(sorted(apps.map(|app| RightsHolder { id: app.app_id.into(), name: app.app_slug })))
    }

    fn deploy_keys(&self) -> Result<Vec<RightsHolder>, Gap> {
        let what = "which deploy keys may write";
        let seen: Vec<wire::DeployKey> = self.client.list(what, &self.at(&["keys"]))?;
        let writing = seen.into_iter().filter(|key| !key.read_only);
        Ok(sorted(writing.map(|key| RightsHolder { id: key.id.into(), name: key.title })))
    }

    fn roles(&self) -> Result<Vec<RightsHolder>, Gap> {
        let of_repositories = self.repository_roles()?;
        let what = "which roles of the organisation may change rules";
        let pages: Vec<wire::OrganizationRoles> = self.all_pages(what, &["organization-roles"])?;
        let of_organization = pages.into_iter().flat_map(|page| page.roles);
        let may = |role: &wire::CustomRole| {
            role.permissions.iter().any(|right| RIGHTS_OF_ROLES.contains(&right.as_str()))
        };
        let roles = of_repositories.into_iter().chain(of_organization).filter(may);
        Ok(sorted(roles.map(|role| RightsHolder { id: role.id.into(), name: role.name })))
    }

    /// A plan that has no custom roles answers as if they were hidden; the plan tells it.
    fn repository_roles(&self) -> Result<Vec<wire::CustomRole>, Gap> {
        let what = "which custom roles may bypass or change rules";
        match self.all_pages::<wire::CustomRepositoryRoles>(what, &["custom-repository-roles"]) {
            Ok(pages) => Ok(pages.into_iter().flat_map(|page| page.custom_roles).collect()),
            Err(gap) if gap.reason == GapReason::NotVisible && self.has_plan_without_roles() => {
                Ok(Vec::new())
            }
            Err(gap) => Err(gap),
        }
    }

    fn has_plan_without_roles(&self) -> bool {
        let seen =
            self.client.get::<wire::Organization>("the plan of the organisation", &self.of_organization(&[]));
        let plan = seen.ok().and_then(|organization| organization.plan);
        plan.is_some_and(|plan| PLANS_WITHOUT_ROLES.contains(&plan.name.as_str()))
    }

    /// All pages of a list of the organisation.
    fn all_pages<P: Page>(&self, what: &str, rest: &[&str]) -> Result<Vec<P>, Gap> {
        let mut pages = self.client.pages(what, PageNames::Numbered, &self.of_organization(rest), &[])?;
        let mut all = Vec::new();
        while let Some(page) = pages.next::<P>()? {
            all.push(page);
        }
        Ok(all)
    }
}

/// Each owner of an organisation administers its repositories.
fn check_owners(administrators: Vec<Account>, owners: &[Account]) -> Result<Vec<Account>, Gap> {
    let ids: BTreeSet<_> = administrators.iter().map(|account| &account.id).collect();
    match owners.iter().find(|owner| !ids.contains(&owner.id)) {
        None => Ok(administrators),
        Some(owner) => Err(contradiction(
            "who administers the repository",
            format!("{} owns the organisation, and is not among the administrators", owner.login),
        )),
    }
}

fn sorted(all: impl Iterator<Item = RightsHolder>) -> Vec<RightsHolder> {
    all.collect::<BTreeSet<_>>().into_iter().collect()
}

fn shortened(what: &str, detail: &str) -> Gap {
    let remedy = "Give a token of a member of the organisation with write access to the repository, with Members: read.";
    Gap::new(what, GapReason::NotVisible, detail, remedy)
}

fn apps_of_a_person() -> Gap {
    Gap::new(
        "which apps may administer the repository",
        GapReason::NotVisible,
        "the repository belongs to a person, and the host shows the apps of a person to no one else",
        "Give a token with administration rights (write) on the repository, which shows the bypass lists.",
    )
}
