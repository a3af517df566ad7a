//! `[[people]]` and `[roles]`: who is who, and who may do what.

use super::Problem;
use super::checks::{PolicySource, check_login, check_name, check_team, check_text};
use super::document::{PersonEntry, PolicyDocument};
use super::tree::{self, TreeStep};
use crate::control::Role;
use portcullis_model::person::{KnownPerson, Login, People, fold_name};
use std::collections::BTreeMap;
use std::ops::Range;
use toml::Spanned;

/// Checks and builds the identity map.
pub fn build_people(
    source: &PolicySource<'_, '_>,
    document: &PolicyDocument,
    problems: &mut Vec<Problem>,
) -> People {
    let people = &document.people;
    people.iter().for_each(|person| check_person(source, person, problems));
    let logins = people.iter().flat_map(|person| &person.get_ref().logins);
    logins.clone().for_each(|login| check_login(login.get_ref(), login.span(), problems));
    check_unique(source, "login", logins, problems);
    check_unique(source, "address", people.iter().flat_map(|person| &person.get_ref().emails), problems);
    People(people.iter().map(|person| known_person(person.get_ref())).collect())
}

fn check_person(source: &PolicySource<'_, '_>, person: &Spanned<PersonEntry>, problems: &mut Vec<Problem>) {
    let span = person.span();
    let person = person.get_ref();
    check_text(&person.name, "the name of the person", problems);
    person.emails.iter().for_each(|email| check_email(email, problems));
    let lost = source.removed.holds(&span, "logins") || source.removed.holds(&span, "emails");
    if person.logins.is_empty() && person.emails.is_empty() && !lost {
        let message = format!("nothing identifies {}", person.name.get_ref());
        problems.push(Problem::new(span, message).help("write `logins`, `emails` or both"));
    }
}

pub(super) fn check_email(email: &Spanned<String>, problems: &mut Vec<Problem>) {
    let is_address =
        email.get_ref().split_once('@').is_some_and(|(name, domain)| !name.is_empty() && !domain.is_empty());
    if !is_address || email.get_ref().contains(char::is_whitespace) {
        problems.push(Problem::new(email.span(), format!("`{}` is not an e-mail address", email.get_ref())));
    }
}

/// Logins and addresses are compared without regard to case and Unicode form, as everywhere.
fn check_unique<'d>(
    source: &PolicySource<'_, '_>,
    what: &str,
    names: impl Iterator<Item = &'d Spanned<String>>,
    problems: &mut Vec<Problem>,
) {
    let mut seen: BTreeMap<String, Range<usize>> = BTreeMap::new();
    for name in names {
        match seen.get(&fold_name(name.get_ref())) {
            None => drop(seen.insert(fold_name(name.get_ref()), name.span())),
            Some(first) => {
                let first = source.line(first);
                let message = format!("the {what} `{}` is already named in line {first}", name.get_ref());
                problems
                    .push(Problem::new(name.span(), message).help("name it once: it belongs to one person"));
            }
        }
    }
}

fn known_person(person: &PersonEntry) -> KnownPerson {
    KnownPerson {
        name: person.name.get_ref().clone(),
        logins: person.logins.iter().map(|login| Login::new(login.get_ref().clone())).collect(),
        emails: person.emails.iter().map(|email| email.get_ref().clone()).collect(),
        machine: person.machine,
    }
}

/// Checks and builds the roles.
pub fn build_roles(
    source: &PolicySource<'_, '_>,
    document: &PolicyDocument,
    people: &People,
    problems: &mut Vec<Problem>,
) -> BTreeMap<String, Role> {
    for (name, role) in &document.roles {
        check_name(name, "a role", problems);
        check_users(source, name.get_ref(), role.get_ref(), problems);
        check_teams(source, name.get_ref(), role.get_ref(), problems);
        check_anybody(source, name, role, people, problems);
    }
    document.roles.iter().map(|(name, role)| (name.get_ref().clone(), role.get_ref().clone())).collect()
}

fn check_users(source: &PolicySource<'_, '_>, name: &str, role: &Role, problems: &mut Vec<Problem>) {
    for (index, login) in role.users.iter().enumerate() {
        check_login(login.as_str(), place_in_role(source, name, "users", index), problems);
    }
}

fn check_teams(source: &PolicySource<'_, '_>, name: &str, role: &Role, problems: &mut Vec<Problem>) {
    for (index, team) in role.teams.iter().enumerate() {
        check_team(team, source.host, place_in_role(source, name, "teams", index), problems);
    }
}

/// Where an entry of a list of a role is written.
fn place_in_role(source: &PolicySource<'_, '_>, role: &str, list: &str, index: usize) -> Range<usize> {
    let key = |key: &str| TreeStep::Key(key.to_string());
    let path = [key("roles"), key(role), key(list), TreeStep::Index(index)];
    tree::node(source.root, &path).map_or(0..0, Spanned::span)
}

fn check_anybody(
    source: &PolicySource<'_, '_>,
    name: &Spanned<String>,
    role: &Spanned<Role>,
    people: &People,
    problems: &mut Vec<Problem>,
) {
    let lost = ["users", "teams", "code-owners"].iter().any(|key| source.removed.holds(&role.span(), key));
    let role = role.get_ref();
    let is_machine = |login: &Login| people.is_machine(&people.by_login(login));
    let by_user = role.users.iter().any(|login| !is_machine(login));
    if !by_user && role.teams.is_empty() && !role.code_owners && !lost {
        let who = if role.users.is_empty() { "no one" } else { "no person, only a machine," };
        let message = format!("{who} can fill the role `{}`", name.get_ref());
        let help = "write `users`, `teams` or `code-owners = true`";
        problems.push(Problem::new(name.span(), message).help(help));
    }
}
