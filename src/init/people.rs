//! Who wrote the history: for the identity map of a policy, as a comment that people complete.

use portcullis_model::host::OwnAddresses;
use portcullis_model::person::{Mailbox, fold_name};
use std::collections::{BTreeMap, BTreeSet};

/// People are shown up to this number, the most frequent first.
const SHOWN: usize = 30;

/// A person of the history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryPerson {
    /// The name that most of the commits have.
    pub name: String,
    /// Logins, as far as addresses of the host tell them.
    pub logins: BTreeSet<String>,
    /// All addresses.
    pub emails: BTreeSet<String>,
    /// Does the login say that it is a machine?
    pub machine: bool,
    /// How many commits.
    pub commits: usize,
}

/// The people of a part of the history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryPeople {
    /// The most frequent ones, first.
    pub people: Vec<HistoryPerson>,
    /// How many more there are.
    pub more: usize,
    /// How many commits were looked at.
    pub commits: usize,
}

/// Puts the authors of commits together, by name and by address.
pub fn gather_people(authors: &[Mailbox], host: OwnAddresses<'_>) -> HistoryPeople {
    let mut people: BTreeMap<String, HistoryPerson> = BTreeMap::new();
    for author in authors.iter().filter(|author| is_plain(&author.name) && is_plain(&author.email)) {
        let login = login_of(&author.email, host);
        let key =
            login.as_ref().map_or_else(|| fold_name(&author.name), |login| format!("@{}", fold_name(login)));
        let person = people.entry(key).or_default();
        person.commits += 1;
        person.machine |=
            author.name.ends_with("[bot]") || login.as_ref().is_some_and(|login| login.ends_with("[bot]"));
        person.logins.extend(login);
        if person.name.is_empty() {
            person.name.clone_from(&author.name);
        }
        person.emails.insert(author.email.clone());
    }
    let mut people = join_by_name(people.into_values());
    people.sort_by(|a, b| (b.commits, &a.name).cmp(&(a.commits, &b.name)));
    let more = people.len().saturating_sub(SHOWN);
    people.truncate(SHOWN);
    HistoryPeople { people, more, commits: authors.len() }
}

/// Entries of one name are of one person, and so are those that share an address.
fn join_by_name(all: impl Iterator<Item = HistoryPerson>) -> Vec<HistoryPerson> {
    let mut joined: Vec<HistoryPerson> = Vec::new();
    for person in all {
        let is_one = |other: &&mut HistoryPerson| {
            fold_name(&other.name) == fold_name(&person.name) || !other.emails.is_disjoint(&person.emails)
        };
        match joined.iter_mut().find(is_one) {
            Some(other) => {
                if (person.commits, &other.name) > (other.commits, &person.name) {
                    other.name = person.name;
                }
                other.commits += person.commits;
                other.machine |= person.machine;
                other.logins.extend(person.logins);
                other.emails.extend(person.emails);
            }
            None => joined.push(person),
        }
    }
    joined
}

/// `12+kim@users.noreply.HOST` and `kim@users.noreply.HOST` tell a login.
fn login_of(email: &str, host: OwnAddresses<'_>) -> Option<String> {
    let (local, form) = host.no_reply(email)?;
    let login = local.split_once(form.separator.as_str()).map_or(local, |(_, login)| login);
    let is_login = |c: char| c.is_ascii_alphanumeric() || "-_.[]".contains(c);
    (!login.is_empty() && login.chars().all(is_login)).then(|| login.to_string())
}

/// Names are texts of others: one that would end a comment, or hides letters, is left out.
fn is_plain(text: &str) -> bool {
    let is_odd = |c: char| {
        c.is_control() || portcullis_pattern::fold::is_invisible(c) || (c.is_whitespace() && c != ' ')
    };
    !text.trim().is_empty() && text.len() <= 200 && !text.contains(is_odd)
}

#[cfg(test)]
mod tests {
    use super::*;
    use portcullis_model::host::HostProfile;

    fn gather(authors: &[(&str, &str)]) -> HistoryPeople {
        let authors: Vec<Mailbox> = authors
            .iter()
            .map(|(name, email)| Mailbox { name: name.to_string(), email: email.to_string() })
            .collect();
        gather_people(&authors, HostProfile::github_com().own_addresses())
    }

    #[test]
    fn names_and_addresses_are_put_together_and_logins_are_read_from_the_hosts_own() {
        let found = gather(&[
            ("Kim Example", "kim@example.test"),
            ("kim example", "12+kim@users.noreply.github.com"),
            ("Robin Example", "robin@example.test"),
            ("Robin", "robin@example.test"),
            ("renovate[bot]", "29139614+renovate[bot]@users.noreply.github.com"),
        ]);
        let names: Vec<_> =
            found.people.iter().map(|one| (one.name.as_str(), one.commits, one.machine)).collect();
        assert_eq!(names, [("Kim Example", 2, false), ("Robin", 2, false), ("renovate[bot]", 1, true)]);
        assert_eq!(found.people[0].logins, BTreeSet::from(["kim".to_string()]));
    }

    #[test]
    fn names_that_would_leave_a_comment_are_left_out() {
        let found = gather(&[
            ("Kim\n[controls]", "kim@example.test"),
            ("K\u{202e}im", "a@example.test"),
            ("", "b@example.test"),
        ]);
        assert_eq!((found.people.len(), found.commits), (0, 3));
    }
}
