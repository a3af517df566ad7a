//! The reading plan for a team: its number by its name, then its members.
//!
//! The search finds parts of names, and words in descriptions: what it gives is compared exactly.

use super::lists::List;
use super::translate::account;
use super::{Gitea, wire};
use portcullis_model::fact::{Gap, GapReason};
use portcullis_model::person::{Account, TeamName};
use std::collections::BTreeSet;

impl Gitea {
    pub(super) fn members_of(&self, team: &TeamName) -> Result<Vec<Account>, Gap> {
        let what = format!("the members of team {team}");
        let (organisation, name) = team.parts().ok_or_else(|| self.no_team_name(&what))?;
        let id = self.team_number(&what, organisation, name)?.to_string();
        let seen: Vec<wire::User> = self.list(&List::new(&what, vec!["teams", &id, "members"]))?;
        let accounts: BTreeSet<Account> = seen.into_iter().filter_map(account).collect();
        Ok(accounts.into_iter().collect())
    }

    /// Names of teams are compared without regard to case, as the host does.
    fn team_number(&self, what: &str, organisation: &str, name: &str) -> Result<u64, Gap> {
        let list = List {
            query: vec![("q", name), ("include_desc", "false")],
            items: "/data",
            ..List::new(what, vec!["orgs", organisation, "teams", "search"])
        };
        let found: Vec<wire::TeamItem> = self.list(&list).map_err(members_only)?;
        let team = found.iter().find(|team| team.name.eq_ignore_ascii_case(name));
        team.map(|team| team.id).ok_or_else(|| {
            let detail = format!("the host shows this token no team `{name}` of {organisation}");
            members_only(Gap::new(what, GapReason::NotVisible, detail, ""))
        })
    }

    fn no_team_name(&self, what: &str) -> Gap {
        let detail = format!("{} has no team of such a name", self.product());
        Gap::new(what, GapReason::Unsupported, detail, "Name the team as `organisation/team`.")
    }
}

fn members_only(gap: Gap) -> Gap {
    if gap.reason != GapReason::NotVisible || gap.remedy.contains("scope") {
        return gap;
    }
    let remedy = "Give a token of an owner of the organisation, with the scope `read:organization`, and check the name.";
    Gap { remedy: remedy.to_string(), ..gap }
}
