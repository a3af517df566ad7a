//! People: accounts on a host, mailboxes in commits, and who is who.

use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// An account's name on its host. Hosts compare logins without regard to ASCII case, and so do we.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Login(String);

impl Login {
    /// A login as the host spells it.
    pub fn new(text: impl Into<String>) -> Self {
        Login(text.into())
    }

    /// The host's spelling.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl PartialEq for Login {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for Login {}

impl PartialOrd for Login {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Login {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl std::fmt::Display for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A team on a host, as `organisation/team-slug`, compared without regard to ASCII case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TeamName(String);

impl TeamName {
    /// The text form, in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Organisation and slug.
    pub fn parts(&self) -> (&str, &str) {
        self.0.split_once('/').unwrap_or((&self.0, ""))
    }
}

impl TryFrom<String> for TeamName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let plain = |part: &str| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        };
        match text.strip_prefix('@').unwrap_or(&text).split_once('/') {
            Some((organisation, slug)) if plain(organisation) && plain(slug) => {
                Ok(TeamName(format!("{organisation}/{slug}").to_ascii_lowercase()))
            }
            _ => Err(format!("`{text}` is not a team; write `organisation/team-slug`")),
        }
    }
}

impl From<TeamName> for String {
    fn from(team: TeamName) -> Self {
        team.0
    }
}

impl std::fmt::Display for TeamName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// An account on the host, as the host describes it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// Its name today; names can be changed and registered again by others.
    pub login: Login,
    /// Its number, which is never given twice.
    pub id: u64,
    /// What stands behind it.
    pub kind: AccountKind,
}

/// What stands behind an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccountKind {
    /// A person, as far as the host can tell.
    Human,
    /// An application or automation account.
    Bot,
    /// A placeholder for somebody from an import, unclaimed.
    Mannequin,
    /// Anything else: an organisation, an enterprise account, a kind we do not know.
    Other,
}

/// A name and mailbox in a commit. Whoever writes a commit can write any name and any mailbox.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mailbox {
    /// The display name.
    pub name: String,
    /// The e-mail address.
    pub email: String,
}

/// A person that the policy knows, with every account and address of theirs (the identity map).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownPerson {
    /// The name to show.
    pub name: String,
    /// All their logins.
    pub logins: Vec<Login>,
    /// All their addresses.
    pub emails: Vec<String>,
    /// Not a person but a machine that writes commits: it can neither approve nor be mistaken for an approver.
    pub machine: bool,
}

/// The identity map of a policy: two accounts of one person are one person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct People(pub Vec<KnownPerson>);

/// Somebody, under the one name by which we count: equal keys are one person.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// A person of the identity map, by its place in the map.
    Known(usize),
    /// A login outside the map.
    Login(Login),
    /// A mailbox that belongs to no login we know of: it may be anybody.
    Unattributed(String),
}

impl People {
    /// Who uses this login.
    pub fn by_login(&self, login: &Login) -> Who {
        self.0
            .iter()
            .position(|person| person.logins.contains(login))
            .map_or_else(|| Who::Login(login.clone()), Who::Known)
    }

    /// Who uses this address, as far as the map or a GitHub no-reply address says
    /// (`ID+LOGIN@users.noreply.github.com`, GitHub docs "Email addresses reference").
    pub fn by_email(&self, email: &str) -> Who {
        let known = |person: &KnownPerson| person.emails.iter().any(|e| e.eq_ignore_ascii_case(email));
        if let Some(index) = self.0.iter().position(known) {
            return Who::Known(index);
        }
        match no_reply_login(email) {
            Some(login) => self.by_login(&login),
            None => Who::Unattributed(email.to_ascii_lowercase()),
        }
    }

    /// Is this one of the machines that the map names?
    pub fn is_machine(&self, who: &Who) -> bool {
        matches!(who, Who::Known(index) if self.0.get(*index).is_some_and(|person| person.machine))
    }

    /// The name to show for somebody.
    pub fn show(&self, who: &Who) -> String {
        match who {
            Who::Known(index) => self.0.get(*index).map_or_else(String::new, |person| person.name.clone()),
            Who::Login(login) => login.to_string(),
            Who::Unattributed(email) => email.clone(),
        }
    }
}

fn no_reply_login(email: &str) -> Option<Login> {
    let (local, domain) = email.split_once('@')?;
    if !domain.eq_ignore_ascii_case("users.noreply.github.com") {
        return None;
    }
    let login = local.split_once('+').map_or(local, |(_, login)| login);
    (!login.is_empty()).then(|| Login::new(login))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people() -> People {
        People(vec![KnownPerson {
            name: "Robin Example".into(),
            logins: vec![Login::new("robin"), Login::new("robin-admin")],
            emails: vec!["robin@example.test".into()],
            machine: false,
        }])
    }

    #[test]
    fn two_accounts_and_an_address_of_one_person_are_one() {
        let people = people();
        assert_eq!(people.by_login(&Login::new("ROBIN")), people.by_login(&Login::new("robin-admin")));
        assert_eq!(people.by_email("Robin@Example.test"), people.by_login(&Login::new("robin")));
        assert_eq!(people.by_email("12+robin@users.noreply.github.com"), Who::Known(0));
    }

    #[test]
    fn an_unknown_address_may_be_anybody() {
        assert_eq!(people().by_email("x@example.test"), Who::Unattributed("x@example.test".into()));
        assert_eq!(people().by_email("kim@users.noreply.github.com"), Who::Login(Login::new("kim")));
    }

    #[test]
    fn teams_need_both_parts() {
        assert_eq!(TeamName::try_from("@Org/Team".to_string()).unwrap().as_str(), "org/team");
        assert!(TeamName::try_from("team".to_string()).is_err());
        assert!(TeamName::try_from("org/a/b".to_string()).is_err());
        assert!(TeamName::try_from("org/..%2f".to_string()).is_err());
    }
}
