//! The reading plan for who can change the protection of a branch, or bypass it.
//!
//! GitLab shows protected branches to Maintainers only. Who they are is shown to every member:
//!
//! | part | request | least token |
//! | --- | --- | --- |
//! | administrators | `projects/P/members/all`, level 40 and above | a member's |
//! | owners | the same list, level 50 | a member's |
//! | invited groups | `projects/P`, and `groups/G` of each group above it | a member's |
//! | roles | `member_role` in the same list (Ultimate) | a member's |
//! | deploy keys | `projects/P/deploy_keys` | a Maintainer's |
//!
//! GitLab has no installed apps: a bot is a member. The administrators of the server are not asked
//! for: it names them to each other alone, and they can change anything, as those of every host.

use super::members::{account_of, level_of};
use super::{GitLab, MAINTAINER, TOKEN_ADVICE, wire};
use portcullis_model::administration::{Administration, RightsHolder};
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::person::Account;
use std::collections::BTreeSet;

/// The level of an owner.
const OWNER: u64 = 50;

/// A project is below no more groups than this (GitLab docs, "Subgroups").
const MOST_GROUPS: usize = 20;

/// Rights of a role of one's own that change what protects a branch, or who may (GitLab docs,
/// "Custom permissions").
const RIGHTS_OF_ROLES: [&str; 5] = [
    "admin_group_member",
    "admin_protected_branch",
    "admin_push_rules",
    "manage_merge_request_settings",
    "manage_security_policy_link",
];

/// The right by which it is seen that a server shows the rights of a role.
const SHOWN_RIGHT: &str = "admin_protected_branch";

impl GitLab {
    pub(super) fn administration_facts(&self) -> Administration {
        let members = self.all_members();
        let of_level = |least: u64, what: &str| match &members {
            Ok(members) => people_of(members, least, what),
            Err(gap) => Err(gap.clone()),
        };
        Administration {
            administrators: of_level(MAINTAINER, "who maintains the project").into(),
            owners: of_level(OWNER, "who owns the project").into(),
            apps: Fact::Known(Vec::new()),
            deploy_keys: self.writing_keys().into(),
            roles: members.as_ref().map_err(Clone::clone).and_then(|members| roles_of(members)).into(),
        }
    }

    /// The members of the project, also through groups.
    ///
    /// # Errors
    /// Members of an invited group may be hidden.
    fn all_members(&self) -> Result<Vec<wire::Member>, Gap> {
        let what = "the members of the project";
        let members: Vec<wire::Member> = self.client.list(what, &self.at(&["members", "all"]))?;
        if self.level()? < MAINTAINER && self.invites_groups()? {
            let detail = "groups are invited whose members GitLab may not show to this token";
            return Err(Gap::new(what, GapReason::NotVisible, detail, TOKEN_ADVICE));
        }
        Ok(members)
    }

    /// Is the project, or a group that it is below, shared with other groups?
    fn invites_groups(&self) -> Result<bool, Gap> {
        let project = self.settings()?;
        if project.may_be_shared() {
            return Ok(true);
        }
        let what = "the groups that the project is below";
        let namespace = project.namespace.as_ref();
        let namespace =
            namespace.ok_or_else(|| hidden(what, "the settings of the project do not name them"))?;
        if namespace.kind == "user" {
            return Ok(false);
        }
        let path = namespace.full_path.as_str();
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        let groups: Vec<&str> = ends.filter_map(|end| path.get(..end)).collect();
        if groups.len() > MOST_GROUPS {
            return Err(hidden(what, "there are more than GitLab lets there be"));
        }
        for group in groups {
            let seen: wire::Group = self.client.get(&format!("group {group}"), &["groups", group])?;
            let shared = seen.shared_with_groups;
            let shared = shared.ok_or_else(|| hidden(what, "a group does not say with whom it is shared"))?;
            if !shared.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn writing_keys(&self) -> Result<Vec<RightsHolder>, Gap> {
        let what = "which deploy keys may write";
        let keys: Vec<wire::DeployKey> = self.client.list(what, &self.at(&["deploy_keys"]))?;
        let writing = keys.into_iter().filter(|key| key.can_push);
        Ok(sorted(writing.map(|key| RightsHolder { id: key.id.into(), name: key.title })))
    }
}

/// The members of a level and above. A project always has owners, through its group or by itself.
fn people_of(members: &[wire::Member], least: u64, what: &str) -> Result<Vec<Account>, Gap> {
    let people: BTreeSet<Account> =
        members.iter().filter(|member| level_of(member) >= least).cloned().map(account_of).collect();
    match members.iter().any(|member| level_of(member) >= OWNER) {
        true => Ok(people.into_iter().collect()),
        false => Err(hidden(what, "the host names no owner, and there is always one")),
    }
}

/// Roles of the organisation's own that members have, and that may change rules.
fn roles_of(members: &[wire::Member]) -> Result<Vec<RightsHolder>, Gap> {
    let what = "which custom roles may change rules";
    let mut found = Vec::new();
    for role in
        members.iter().filter(|member| level_of(member) > 0).filter_map(|member| member.member_role.as_ref())
    {
        let right = |name: &str| role.rights.get(name).and_then(serde_json::Value::as_bool);
        if right(SHOWN_RIGHT).is_none() {
            return Err(hidden(what, "GitLab shows a custom role without its rights"));
        }
        if RIGHTS_OF_ROLES.iter().any(|name| right(name) == Some(true)) {
            found.push(RightsHolder { id: role.id.into(), name: role.name.clone() });
        }
    }
    Ok(sorted(found.into_iter()))
}

fn sorted(all: impl Iterator<Item = RightsHolder>) -> Vec<RightsHolder> {
    all.collect::<BTreeSet<_>>().into_iter().collect()
}

fn hidden(what: &str, detail: &str) -> Gap {
    Gap::new(what, GapReason::NotVisible, detail, TOKEN_ADVICE)
}
