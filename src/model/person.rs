//! People: accounts on a host, mailboxes in commits, and who is who.

use crate::host::OwnAddresses;
use crate::id::AccountId;
use crate::signed::SigningPerson;
use portcullis_pattern::fold::fold_path;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// An account's name on its host. Hosts compare logins without regard to ASCII case, and so do we;
/// of other letters also without regard to their Unicode form.
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
        fold_name(&self.0)
    }
}

impl PartialEq for Login {
    fn eq(&self, other: &Self) -> bool {
        is_same_name(&self.0, &other.0)
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
        // Nearly all logins: what a key of them would be, without making it.
        if self.0.is_ascii() && other.0.is_ascii() {
            let lower = |byte: u8| byte.to_ascii_lowercase();
            return self.0.bytes().map(lower).cmp(other.0.bytes().map(lower));
        }
        self.key().cmp(&other.key())
    }
}

impl std::fmt::Display for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A team on a host, compared without regard to ASCII case. What a team's name looks like, the
/// conventions of its host say ([`TeamForm`]).
///
/// [`TeamForm`]: crate::host::TeamForm
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct TeamName(String);

impl TeamName {
    /// A team as its host names it, in whatever form.
    pub fn of_host(text: &str) -> Self {
        TeamName(text.to_ascii_lowercase())
    }

    /// The text form, in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Organisation and slug; `None` where the name is not of GitHub's form.
    pub fn parts(&self) -> Option<(&str, &str)> {
        let is_plain = |part: &str| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        };
        self.0.split_once('/').filter(|(organisation, slug)| is_plain(organisation) && is_plain(slug))
    }
}

impl TryFrom<String> for TeamName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let name = text.strip_prefix('@').unwrap_or(&text);
        let is_odd = name.trim() != name || name.starts_with('@') || name.contains(char::is_control);
        match name {
            "" => Err("a team needs a name".to_string()),
            _ if is_odd => Err(format!("`{}` is not a team", text.escape_debug())),
            _ => Ok(TeamName::of_host(name)),
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
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Account {
    /// Its name today; names can be changed and registered again by others.
    pub login: Login,
    /// The host's identifier, which no other account ever gets.
    pub id: AccountId,
    /// What stands behind it.
    pub kind: AccountKind,
}

/// What stands behind an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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

/// What logins and addresses are compared by: case and Unicode form do not count. A name in ASCII
/// and one in other letters are two, because no host takes `ſam` for `sam`: neither has what the
/// other may do.
pub fn fold_name(name: &str) -> String {
    let folded = fold_path(name.as_bytes());
    match folded.is_ascii() && !name.is_ascii() {
        true => folded + "\u{fffd}",
        false => folded,
    }
}

/// Are two logins, or two addresses, one?
pub fn is_same_name(one: &str, other: &str) -> bool {
    match one.is_ascii() && other.is_ascii() {
        true => one.eq_ignore_ascii_case(other),
        false => fold_name(one) == fold_name(other),
    }
}

/// A name and mailbox in a commit. Whoever writes a commit can write any name and any mailbox.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
    /// Not a person but a machine that writes commits: it can neither approve nor be mistaken for
    /// an approver.
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
    /// An account of which only the identifier is known, or whose login the map keeps for another
    /// account.
    Account(AccountId),
    /// A mailbox that belongs to no login we know of: it may be anybody.
    Unattributed(String),
}

impl People {
    /// Who uses this login. Where people are known by the names of their keys, a login may be one
    /// of their addresses.
    pub fn by_login(&self, login: &Login) -> Who {
        let has = |person: &KnownPerson| person.logins.contains(login);
        let by_login = self.0.iter().position(has).map(Who::Known);
        by_login.or_else(|| self.by_email(login.as_str())).unwrap_or_else(|| Who::Login(login.clone()))
    }

    /// Whom the map names for this address.
    pub fn by_email(&self, email: &str) -> Option<Who> {
        let known = |person: &KnownPerson| person.emails.iter().any(|e| is_same_name(e, email));
        self.0.iter().position(known).map(Who::Known)
    }

    /// Whom the map names for the number of an account, by a no-reply address among their
    /// addresses.
    pub fn by_number(&self, number: &AccountId, addresses: OwnAddresses<'_>) -> Option<Who> {
        let has = |person: &KnownPerson| person.pins(addresses).any(|(pinned, _)| pinned == *number);
        self.0.iter().position(has).map(Who::Known)
    }

    /// Who an account is. Its number decides wherever the map knows one; a login that the map has
    /// together with another number was taken over by somebody else.
    pub fn by_account(&self, account: &Account, addresses: OwnAddresses<'_>) -> Who {
        if let Some(known) = self.by_number(&account.id, addresses) {
            return known;
        }
        let who = self.by_login(&account.login);
        let Who::Known(index) = who else { return who };
        let mut pins = self.0.get(index).into_iter().flat_map(|person| person.pins(addresses));
        if pins.any(|(_, login)| login == account.login) { Who::Account(account.id.clone()) } else { who }
    }

    /// Who a signer is, by everything that a list of allowed signers calls them; `None` where that
    /// is several people of the map, or a pattern, which may be anyone.
    pub fn by_signer(&self, signer: &SigningPerson, addresses: OwnAddresses<'_>) -> Option<Who> {
        if signer.is_pattern() {
            return None;
        }
        let known: BTreeSet<usize> = signer
            .principals
            .iter()
            .filter_map(|name| match self.by_principal(name, addresses) {
                Who::Known(index) => Some(index),
                Who::Login(_) | Who::Account(_) | Who::Unattributed(_) => None,
            })
            .collect();
        let first = || signer.principals.first().map(|name| Who::Login(Login::new(name.clone())));
        match (known.len(), known.first()) {
            (0, _) => first(),
            (1, Some(index)) => Some(Who::Known(*index)),
            _ => None,
        }
    }

    /// A principal is an address or a login.
    fn by_principal(&self, name: &str, addresses: OwnAddresses<'_>) -> Who {
        let by_address = || match NoReply::read(name, addresses) {
            NoReply::Numbered(number, _) => self.by_number(&number, addresses),
            NoReply::Named(login) => Some(self.by_login(&login)),
            NoReply::Unreadable | NoReply::Other => None,
        };
        let known = self.by_email(name).or_else(by_address);
        known.unwrap_or_else(|| self.by_login(&Login::new(name)))
    }

    /// Does the map know a login of this person on the host? Without one, an account of theirs may
    /// pass for somebody else's.
    pub fn has_login(&self, who: &Who) -> bool {
        matches!(who, Who::Known(index) if self.0.get(*index).is_some_and(|person| !person.logins.is_empty()))
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
            Who::Account(number) => format!("account {number}"),
            Who::Unattributed(email) => email.clone(),
        }
    }
}

impl KnownPerson {
    /// The numbers among the addresses, each with the login beside it.
    fn pins(&self, addresses: OwnAddresses<'_>) -> impl Iterator<Item = (AccountId, Login)> {
        self.emails.iter().filter_map(move |email| match NoReply::read(email, addresses) {
            NoReply::Numbered(number, login) => Some((number, login)),
            NoReply::Named(_) | NoReply::Unreadable | NoReply::Other => None,
        })
    }
}

/// What an address says by itself of whose it is. On GitHub it is
/// `NUMBER+LOGIN@users.noreply.DOMAIN`, or `LOGIN@users.noreply.DOMAIN` for accounts from before
/// July 2017 (GitHub docs, "Email addresses reference"). DOMAIN is `github.com`, or the host name
/// of a GitHub Enterprise Server; the accounts of one host have nothing to do with those of
/// another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoReply {
    /// The account of this number. The login is what it was called when the address was written
    /// down.
    Numbered(AccountId, Login),
    /// Whoever had this login then.
    Named(Login),
    /// It is under the domain, and has neither form.
    Unreadable,
    /// It is an address like any other.
    Other,
}

impl NoReply {
    /// Reads an address, by what the host's own look like. Beside a number, which decides, a login
    /// may have dots, as on GitLab.
    pub fn read(email: &str, addresses: OwnAddresses<'_>) -> NoReply {
        let Some((local, form)) = addresses.no_reply(email) else { return NoReply::Other };
        match local.split_once(form.separator.as_str()) {
            None if is_login(local) => NoReply::Named(Login::new(local)),
            Some((number, login)) if is_login(&login.replace('.', "-")) => match account_number(number) {
                Some(number) => NoReply::Numbered(number.into(), Login::new(login)),
                None => NoReply::Unreadable,
            },
            _ => NoReply::Unreadable,
        }
    }
}

/// Letters, digits, `-`, the `_` of managed users, and the brackets of an app's `[bot]`.
fn is_login(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_[]".contains(&byte))
}

/// A number as the host writes it: digits, the first of them not zero.
fn account_number(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    text.parse().ok().filter(|_| digits)
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
    fn attack_letters_that_fold_to_ascii_are_no_account_in_ascii() {
        for (one, other) in [("ſam", "sam"), ("\u{212a}im", "kim"), ("sam\u{200b}", "sam")] {
            assert!(Login::new(one) != Login::new(other) && !is_same_name(one, other), "{one:?}");
            assert_ne!(Login::new(one).cmp(&Login::new(other)), Ordering::Equal, "{one:?}");
        }
        for (one, other) in [("Élodie", "éLODIE"), ("e\u{301}lodie", "élodie"), ("Kim", "kim")] {
            assert!(Login::new(one) == Login::new(other) && is_same_name(one, other), "the twin: {one:?}");
            assert_eq!(Login::new(one).cmp(&Login::new(other)), Ordering::Equal, "{one:?}");
        }
    }

    #[test]
    fn two_accounts_and_an_address_of_one_person_are_one() {
        let people = people();
        assert_eq!(people.by_login(&Login::new("ROBIN")), people.by_login(&Login::new("robin-admin")));
        assert_eq!(people.by_email("Robin@Example.test"), Some(people.by_login(&Login::new("robin"))));
        assert_eq!(people.by_email("x@example.test"), None);
    }

    fn at(domains: &[String]) -> OwnAddresses<'_> {
        OwnAddresses { domains, ..OwnAddresses::of_github_com() }
    }

    #[test]
    fn an_address_of_the_host_has_one_of_two_forms() {
        let read = |email: &str| NoReply::read(email, OwnAddresses::of_github_com());
        let login = || Login::new("kim");
        assert_eq!(read("12+kim@users.noreply.github.com"), NoReply::Numbered(12.into(), login()));
        assert_eq!(read("12+KIM@USERS.noreply.GitHub.com"), NoReply::Numbered(12.into(), login()));
        let bot = Login::new("github-actions[bot]");
        let address = "41898282+github-actions[bot]@users.noreply.github.com";
        assert_eq!(read(address), NoReply::Numbered(41898282.into(), bot));
        assert_eq!(read("kim@users.noreply.github.com"), NoReply::Named(login()));
        for odd in [
            "0+kim",
            "-1+kim",
            "+kim",
            "012+kim",
            "99999999999999999999+kim",
            "0x1f+kim",
            "1e3+kim",
            "12.0+kim",
            " 12+kim",
            "12 +kim",
            "kim+work",
            "12+kim+work",
            "12+",
            "12+kim@x",
            "",
            "+",
            "１２+kim",
        ] {
            assert_eq!(read(&format!("{odd}@users.noreply.github.com")), NoReply::Unreadable, "{odd}");
        }
        for other in [
            "12+kim@github.com",
            "12+kim@users.noreply.github.com.example.test",
            "12+kim@xusers.noreply.github.com",
            "kim",
        ] {
            assert_eq!(read(other), NoReply::Other, "{other}");
        }
        assert_eq!(NoReply::read("12+kim@users.noreply.github.com", at(&[])), NoReply::Other);
        let server = ["ghe.example.test".to_string()];
        assert_eq!(NoReply::read("12+kim@users.noreply.github.com", at(&server)), NoReply::Other);
        assert_eq!(
            NoReply::read("12+kim@users.noreply.GHE.example.test", at(&server)),
            NoReply::Numbered(12.into(), login())
        );
    }

    #[test]
    fn a_number_in_the_map_outlasts_the_login() {
        let mut people = people();
        people.0[0].emails.push("12+robin@users.noreply.github.com".into());
        let who = |login: &str, id: u64| {
            let account = Account { login: Login::new(login), id: id.into(), kind: AccountKind::Human };
            people.by_account(&account, OwnAddresses::of_github_com())
        };
        assert_eq!(who("robin", 12), Who::Known(0));
        assert_eq!(who("renamed", 12), Who::Known(0));
        assert_eq!(who("robin", 99), Who::Account(99.into()), "somebody else took the name");
        assert_eq!(who("robin-admin", 13), Who::Known(0), "a login without a number");
        assert_eq!(who("sam", 14), Who::Login(Login::new("sam")));
    }

    #[test]
    fn the_name_of_a_team_is_text() {
        let read = |text: &str| TeamName::try_from(text.to_string());
        assert_eq!(read("@Org/Team").unwrap().as_str(), "org/team");
        assert_eq!(read(r"[Records]\Data protection").unwrap().as_str(), r"[records]\data protection");
        for text in ["", "@", "@@maintainer", " org/team", "org/team ", "org/te\nam"] {
            assert!(read(text).is_err(), "{text:?}");
        }
        assert_eq!(TeamName::of_host("org/team").parts(), Some(("org", "team")));
        assert_eq!(TeamName::of_host(r"[Records]\Data protection").parts(), None);
    }

    /// "Zoë" with one letter, in capitals, and with a letter and an accent.
    #[test]
    fn attack_an_address_in_another_unicode_case_or_form_is_someone_else() {
        let zoe = KnownPerson {
            name: "Zoë".into(),
            logins: vec![Login::new("zadmin")],
            emails: vec!["ZO\u{cb}@example.test".into()],
            machine: false,
        };
        let people = People(vec![zoe]);
        for address in ["zo\u{eb}@example.test", "Zoe\u{308}@Example.test"] {
            assert_eq!(people.by_email(address), Some(Who::Known(0)), "{address}");
            assert_eq!(people.by_login(&Login::new(address)), Who::Known(0), "{address}");
        }
        assert_eq!(people.by_email("zoe@example.test"), None, "the twin: another letter");
    }
}
