//! Who is who in one judgement: the identity map of the policy, and the accounts that the host told
//! of.
//!
//! The number of an account is the identity wherever there is one; a login is only what the account
//! is called today, and may have been someone else's. So an address with a number means the
//! account of that number under whatever name, and no one who took the name since. The login in it
//! is of use only where the host reported neither: then it leads to the person whom the map has
//! under that login.

use crate::control::Case;
use portcullis_model::host::OwnAddresses;
use portcullis_model::id::AccountId;
use portcullis_model::person::{Account, Login, NoReply, People, Who};
use portcullis_model::review::{CommitAccounts, Push};
use std::collections::BTreeMap;

/// The map, and what the host told.
pub struct Identity<'a> {
    people: &'a People,
    addresses: OwnAddresses<'a>,
    accounts: BTreeMap<&'a AccountId, &'a Account>,
}

/// Whom an address names by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NamedByAddress {
    /// Someone of the identity map, who has this address.
    InMap(Who),
    /// The account of this number.
    Number(AccountId, Who),
    /// Someone who had this login once. Is there an account with that login now, as far as the
    /// host told?
    Login(Login, bool),
    /// No one.
    Nobody,
}

impl<'a> Identity<'a> {
    /// Of the people and the accounts that this case reports.
    pub fn of(case: &Case<'a>) -> Self {
        let host = &case.facts.host;
        let request = host.request.value().and_then(|request| request.author.as_ref());
        let pushes = [&host.last_push, &host.content_push].into_iter().filter_map(|push| push.value());
        let pushers = pushes.filter_map(|push: &Push| push.actor.as_ref());
        let moved = host.moves.value().into_iter().flatten().filter_map(|it| it.actor.as_ref());
        let reviewers = host.reviews.value().into_iter().flatten().filter_map(|it| it.reviewer.as_ref());
        let commits = host.attribution.value().into_iter().flat_map(BTreeMap::values);
        let owners = commits.flat_map(|it: &CommitAccounts| it.author.iter().chain(&it.committer));
        let members = host.members.values().filter_map(|members| members.value()).flatten();
        let all = members.chain(owners).chain(moved).chain(pushers).chain(request).chain(reviewers);
        Identity {
            people: &case.scope.people,
            addresses: host.own_addresses(),
            accounts: all.map(|account| (&account.id, account)).collect(),
        }
    }

    /// Who an account is. One number is one person, even if the host gives it under two names while
    /// it is renamed.
    pub fn of_account(&self, account: &Account) -> Who {
        let latest = self.accounts.get(&account.id).copied().unwrap_or(account);
        self.people.by_account(latest, self.addresses)
    }

    /// Whom an address names.
    pub(super) fn of_address(&self, email: &str) -> NamedByAddress {
        if let Some(who) = self.people.by_email(email) {
            return NamedByAddress::InMap(who);
        }
        match NoReply::read(email, self.addresses) {
            NoReply::Numbered(number, login) => self.of_number(number, &login),
            NoReply::Named(login) => match self.people.by_login(&login) {
                who @ Who::Known(_) => NamedByAddress::InMap(who),
                _ => {
                    let is_told_of = self.accounts.values().any(|account| account.login == login);
                    NamedByAddress::Login(login, is_told_of)
                }
            },
            NoReply::Unreadable | NoReply::Other => NamedByAddress::Nobody,
        }
    }

    fn of_number(&self, number: AccountId, login: &Login) -> NamedByAddress {
        if let Some(known) = self.people.by_number(&number, self.addresses) {
            return NamedByAddress::InMap(known);
        }
        if let Some(account) = self.accounts.get(&number) {
            return NamedByAddress::Number(number, self.of_account(account));
        }
        let taken = self.accounts.values().any(|account| account.login == *login);
        match self.people.by_login(login) {
            who @ Who::Known(_) if !taken => NamedByAddress::Number(number, who),
            _ => NamedByAddress::Number(number.clone(), Who::Account(number)),
        }
    }
}
