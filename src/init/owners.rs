//! Who could own the gate: the owners by CODEOWNERS of the files that steer it.

use portcullis_model::codeowners::{CodeOwners, Owner, Ownership};
use portcullis_model::host::{CodeOwnersConventions, TeamForm};
use portcullis_model::path::RepoPath;
use std::collections::BTreeSet;

/// The owners of the gate that are proposed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GateOwners {
    /// Teams.
    pub teams: BTreeSet<String>,
    /// Accounts.
    pub users: BTreeSet<String>,
    /// The file that names them; `None`: there is none.
    pub file: Option<String>,
    /// The lines of it that name them.
    pub lines: String,
}

impl GateOwners {
    /// Is anyone named?
    pub fn is_empty(&self) -> bool {
        self.teams.is_empty() && self.users.is_empty()
    }
}

/// The place of CODEOWNERS that counts on a host.
pub fn place_of_owners(conventions: &CodeOwnersConventions, has: impl Fn(&str) -> bool) -> Option<String> {
    conventions.places.iter().map(|place| place.as_str()).find(|place| has(place)).map(str::to_string)
}

/// The owners of the policy by this file.
pub fn find_gate_owners(
    file: &str,
    text: &str,
    conventions: &CodeOwnersConventions,
    teams: TeamForm,
) -> GateOwners {
    let mut found = GateOwners { file: Some(file.to_string()), ..GateOwners::default() };
    let owners = CodeOwners::parse(text, conventions.dialect);
    let Ownership::Owned(demands) = owners.owners(&RepoPath::from("portcullis.toml")) else { return found };
    for demand in &demands {
        for owner in demand.owners.iter() {
            match owner {
                Owner::User(login) if is_login(login.as_str()) => {
                    found.users.insert(login.as_str().to_string());
                }
                // Both forms: a policy is also checked where its host is not known.
                Owner::Team(team) if teams.fits(team) && TeamForm::OrganizationAndSlug.fits(team) => {
                    found.teams.insert(team.as_str().to_string());
                }
                _ => {}
            }
        }
    }
    found.lines = demands.first().map(|demand| demand.lines.to_string()).unwrap_or_default();
    found
}

fn is_login(login: &str) -> bool {
    !login.is_empty() && login.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use portcullis_model::host::HostConventions;

    #[test]
    fn the_owners_of_the_policy_are_proposed_and_odd_names_are_not() {
        let github = HostConventions::github();
        let read = |text: &str| find_gate_owners("CODEOWNERS", text, &github.code_owners, github.teams);
        let found = read("* @kim @acme/platform kim@example.test\n/docs/ @robin\n");
        assert_eq!(found.teams, BTreeSet::from(["acme/platform".to_string()]));
        assert_eq!((found.users, found.lines.as_str()), (BTreeSet::from(["kim".to_string()]), "line 1"));
        assert!(read("/docs/ @robin\n").is_empty());
        assert!(read("* kim@example.test\n").is_empty());
    }
}
