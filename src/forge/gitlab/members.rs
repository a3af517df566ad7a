//! The reading plans for people: what reviewers may do, who they are, and who is in a group.

use super::address::is_group;
use super::{GitLab, translate, wire};
use crate::http::gaps::contradiction;
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::id::AccountId;
use portcullis_model::person::{Account, AccountKind, Login, TeamName};
use portcullis_model::review::Permission;
use std::collections::{BTreeMap, BTreeSet};

impl GitLab {
    /// Tells bots from people: only "Get a user" says it of every account. Those that it does not
    /// say it of keep the gap.
    pub(super) fn look_closer(&self, accounts: &mut [Account]) -> BTreeMap<AccountId, Gap> {
        let mut unseen = BTreeMap::new();
        for account in accounts.iter_mut().filter(|account| account.kind == AccountKind::Human) {
            match self.kind_of_account(account) {
                Ok(kind) => account.kind = kind,
                Err(gap) => drop(unseen.insert(account.id.clone(), gap)),
            }
        }
        unseen
    }

    fn kind_of_account(&self, account: &Account) -> Result<AccountKind, Gap> {
        let what = format!("whether {} is a person", account.login);
        let user: wire::User = self.client.get(&what, &["users", account.id.as_str()])?;
        if AccountId::from(user.id) != account.id || Login::new(&user.username) != account.login {
            return Err(contradiction(
                &what,
                format!("the host answered for {} ({})", user.username, user.id),
            ));
        }
        Ok(translate::account(user).kind)
    }

    /// What each of these accounts may do in the project, also through its groups.
    pub(super) fn permissions(&self, accounts: &[Account]) -> BTreeMap<Login, Fact<Permission>> {
        if accounts.is_empty() {
            return BTreeMap::new();
        }
        let what = "what reviewers may do in the project";
        let ids: Vec<(&str, &str)> =
            accounts.iter().map(|account| ("user_ids%5B%5D", account.id.as_str())).collect();
        let members: Result<Vec<wire::Member>, Gap> =
            self.client.list_with(what, &self.at(&["members", "all"]), &ids);
        let permission = |account: &Account| match &members {
            Ok(members) => self.permission_among(account, members),
            Err(gap) => Err(gap.clone()),
        };
        accounts.iter().map(|account| (account.login.clone(), permission(account).into())).collect()
    }

    fn permission_among(&self, account: &Account, members: &[wire::Member]) -> Result<Permission, Gap> {
        let own = members.iter().filter(|member| AccountId::from(member.id) == account.id);
        let mut found = None;
        for member in own {
            if Login::new(&member.username) != account.login {
                let what = format!("what {} may do in the project", account.login);
                return Err(contradiction(&what, format!("account {} is {}", member.id, member.username)));
            }
            found = found.max(Some(level_of(member)));
        }
        match found {
            Some(level) => Ok(translate::permission(level)),
            None => self.permission_of_others(account),
        }
    }

    /// Somebody who is not among the members. Those of a group that the project is shared with may
    /// not be shown.
    fn permission_of_others(&self, account: &Account) -> Result<Permission, Gap> {
        let project = self.settings()?;
        if project.may_be_shared() && self.level()? < super::MAINTAINER {
            let what = format!("what {} may do in the project", account.login);
            let detail = "the project is shared with groups whose members GitLab may not show to this token";
            return Err(Gap::new(what, GapReason::NotVisible, detail, super::TOKEN_ADVICE));
        }
        match project.visibility.as_deref() {
            Some("public" | "internal") => Ok(Permission::Read),
            _ => Ok(Permission::None),
        }
    }

    /// The direct members of a group. Members of its parents are not among them: GitLab counts only
    /// direct ones as code owners (GitLab docs, "Code Owners"). A name without a `/` may be an
    /// account's, and `@@role` is everybody who directly has that role in the project.
    pub(super) fn members_of(&self, team: &TeamName) -> Result<Vec<Account>, Gap> {
        if let Some(role) = team.as_str().strip_prefix("@@") {
            return self.members_in_role(role);
        }
        let what = format!("the members of group {team}");
        if !is_group(team.as_str()) {
            let remedy = "Name the group by its path, `group/subgroup`.";
            let detail = "GitLab has no group of such a name";
            return Err(Gap::new(what, GapReason::Unsupported, detail, remedy));
        }
        if !team.as_str().contains('/')
            && let Some(account) = self.account_named(team.as_str())?
        {
            return Ok(vec![account]);
        }
        let members: Vec<wire::Member> = self.client.list(&what, &["groups", team.as_str(), "members"])?;
        Ok(accounts_of(members.into_iter().filter(|member| level_of(member) > 0)))
    }

    /// Accounts and groups share their names: what is one's is not the other's.
    fn account_named(&self, name: &str) -> Result<Option<Account>, Gap> {
        let what = format!("whether {name} is an account or a group");
        let found: Vec<wire::User> = self.client.list_with(&what, &["users"], &[("username", name)])?;
        let own = found.into_iter().find(|user| user.username.eq_ignore_ascii_case(name));
        Ok(own.map(translate::account))
    }

    /// A role does not include those above it.
    fn members_in_role(&self, role: &str) -> Result<Vec<Account>, Gap> {
        let what = format!("who has the role {role} in the project");
        let level = match role.trim_end_matches('s') {
            "developer" => 30,
            "maintainer" => 40,
            "owner" => 50,
            other => return Err(translate::unknown_kind(&what, "role", other)),
        };
        let members: Vec<wire::Member> = self.client.list(&what, &self.at(&["members"]))?;
        Ok(accounts_of(members.into_iter().filter(|member| level_of(member) == level)))
    }
}

fn accounts_of(members: impl Iterator<Item = wire::Member>) -> Vec<Account> {
    let accounts: BTreeSet<Account> = members.map(account_of).collect();
    accounts.into_iter().collect()
}

pub(super) fn account_of(member: wire::Member) -> Account {
    translate::account(wire::User { id: member.id, username: member.username, bot: None, public_email: None })
}

/// The level that counts: none for who is blocked, not let in yet, or whose membership has ended.
pub(super) fn level_of(member: &wire::Member) -> u64 {
    let is_let_in = member.membership_state.as_deref().is_none_or(|state| state == "active");
    let is_over = member.expires_at.as_deref().is_some_and(has_passed);
    if member.state == "active" && is_let_in && !is_over { member.access_level } else { 0 }
}

/// A membership ends with the beginning of this day. A day that cannot be read counts as past.
fn has_passed(day: &str) -> bool {
    let begin = format!("{}T00:00:00Z", day.get(..10).unwrap_or(day)).parse::<jiff::Timestamp>();
    begin.map_or(true, |begin| begin <= jiff::Timestamp::now())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn level(alter: impl Fn(&mut Value)) -> u64 {
        let mut value = json!({ "id": 1, "username": "kim", "state": "active", "access_level": 30 });
        alter(&mut value);
        level_of(&serde_json::from_value(value).unwrap())
    }

    #[test]
    fn a_membership_counts_while_it_is_in_force() {
        assert_eq!(level(|_| ()), 30);
        assert_eq!(level(|it| it["expires_at"] = json!("2999-01-01")), 30);
        assert_eq!(level(|it| it["membership_state"] = json!("active")), 30);
        for (field, value) in [
            ("expires_at", json!("2020-01-01")),
            ("expires_at", json!("soon")),
            ("state", json!("blocked")),
            ("membership_state", json!("awaiting")),
        ] {
            assert_eq!(level(|it| it[field] = value.clone()), 0, "{field}");
        }
    }
}
