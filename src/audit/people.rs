//! The names of people in an audit: one name for all accounts of a person, and no address.

use portcullis_judge::policy::Policy;
use portcullis_model::change::{Commit, Revision};
use portcullis_model::deployment::LandingFacts;
use portcullis_model::digest::Digest;
use portcullis_model::facts::Facts;
use portcullis_model::landing::Coverage;
use portcullis_model::person::{KnownPerson, Login, Mailbox, Who};
use portcullis_model::review::CommitAccounts;
use std::collections::{BTreeMap, BTreeSet};

/// So many digits of the digest of an address are shown in its place.
const DIGITS: usize = 16;

/// The names of people by one policy.
#[derive(Clone, Copy)]
pub struct PeopleNames<'p> {
    policy: Option<&'p Policy>,
}

impl<'p> PeopleNames<'p> {
    /// By a policy, where there is one.
    pub fn by(policy: Option<&'p Policy>) -> Self {
        PeopleNames { policy }
    }

    /// The name of the person who uses a login.
    pub fn of_login(self, login: &Login) -> String {
        let known = self.policy.and_then(|policy| match policy.scope.people.by_login(login) {
            Who::Known(index) => policy.scope.people.0.get(index),
            Who::Login(_) | Who::Account(_) | Who::Unattributed(_) => None,
        });
        known.and_then(first_login).unwrap_or_else(|| login.to_string())
    }

    /// The name of the person who uses an address; the address itself is never shown.
    pub fn of_address(self, address: &str) -> String {
        let known = self.policy.and_then(|policy| match policy.scope.people.by_email(address) {
            Some(Who::Known(index)) => policy.scope.people.0.get(index),
            _ => None,
        });
        known.and_then(first_login).unwrap_or_else(|| hide_address(address))
    }

    /// The roles of a login that names it by itself, sorted.
    pub fn roles_of(self, who: &str) -> Vec<String> {
        let roles = self.policy.into_iter().flat_map(|policy| &policy.scope.roles);
        let has = |users: &[Login]| users.iter().any(|user| self.of_login(user) == who);
        roles.filter(|(_, role)| has(&role.users)).map(|(name, _)| name.clone()).collect()
    }
}

fn first_login(person: &KnownPerson) -> Option<String> {
    person.logins.first().map(ToString::to_string)
}

fn hide_address(address: &str) -> String {
    let digest = Digest::of(address.to_lowercase().as_bytes());
    let digits = digest.hex();
    format!("mailbox:{}", digits.get(..DIGITS).unwrap_or(digits))
}

/// Who wrote what a landing brought, sorted.
///
/// Where requests explain it, that is who wrote their commits and who opened them; the commit of a
/// merge or squash that a host wrote brings nothing of its own. Otherwise it is who wrote the
/// commits of the landing.
pub fn authors_of(names: PeopleNames<'_>, landing: &LandingFacts, brought: &[&Commit]) -> Vec<String> {
    let requests = landing.requests.value().map_or(&[][..], Vec::as_slice);
    let accounts = AccountsByAddress::of(requests);
    let mut authors = BTreeSet::new();
    let mut told = BTreeSet::new();
    for facts in requests {
        let opened = facts.host.request.value().and_then(|request| request.author.as_ref());
        authors.extend(opened.map(|account| names.of_login(&account.login)));
        for commit in facts.change.value().map_or(&[][..], |change| &change.commits) {
            told.insert(&commit.id);
            authors.extend(accounts.writers(names, commit));
        }
    }
    let explained = is_explained(&landing.coverage);
    let is_step = |commit: &Commit| landing.steps.contains(&commit.id);
    let own = brought.iter().filter(|commit| !told.contains(&commit.id));
    for commit in own.filter(|commit| !(explained && is_step(commit))) {
        authors.extend(accounts.writers(names, commit));
    }
    authors.into_iter().collect()
}

fn is_explained(coverage: &Coverage) -> bool {
    matches!(coverage, Coverage::Identity(_) | Coverage::Replay(_) | Coverage::Rebase(_) | Coverage::Train(_))
}

/// What a host says of commits and addresses.
struct AccountsByAddress<'f> {
    commits: BTreeMap<&'f Revision, &'f CommitAccounts>,
    addresses: BTreeMap<String, &'f Login>,
}

impl<'f> AccountsByAddress<'f> {
    fn of(requests: &'f [Facts]) -> Self {
        let commits: BTreeMap<_, _> =
            requests.iter().filter_map(|facts| facts.host.attribution.value()).flatten().collect();
        let mut addresses = BTreeMap::new();
        for facts in requests {
            let co_authors = facts.host.co_authors.value().into_iter().flatten();
            addresses.extend(co_authors.map(|(address, account)| (address.to_lowercase(), &account.login)));
            for commit in facts.change.value().map_or(&[][..], |change| &change.commits) {
                let author = commits.get(&commit.id).and_then(|accounts| accounts.author.as_ref());
                addresses.extend(author.map(|account| (commit.author.email.to_lowercase(), &account.login)));
            }
        }
        AccountsByAddress { commits, addresses }
    }

    fn writers(&self, names: PeopleNames<'_>, commit: &Commit) -> Vec<String> {
        let by_commit = self.commits.get(&commit.id).and_then(|accounts| accounts.author.as_ref());
        let author = match by_commit {
            Some(account) => names.of_login(&account.login),
            None => self.by_address(names, &commit.author),
        };
        let others = commit.co_authors.iter().map(|mailbox| self.by_address(names, mailbox));
        std::iter::once(author).chain(others).collect()
    }

    fn by_address(&self, names: PeopleNames<'_>, mailbox: &Mailbox) -> String {
        match self.addresses.get(&mailbox.email.to_lowercase()) {
            Some(login) => names.of_login(login),
            None => names.of_address(&mailbox.email),
        }
    }
}
