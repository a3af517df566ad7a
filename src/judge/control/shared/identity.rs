//! Who is who in one judgement: the identity map of the policy, and the accounts that the host told
//! of.
//!
//! The number of an account is the identity wherever there is one; a login is only what the account
//! is called today, and may have been someone else's. So an address with a number means the
//! account of that number under whatever name, and no one who took the name since. The login in it
//! is of use only where the host reported neither: then it leads to the person whom the map has
//! under that login.

use crate::control::{Case, PolicyScope};
use portcullis_model::facts::HostFacts;
use portcullis_model::host::OwnAddresses;
use portcullis_model::id::AccountId;
use portcullis_model::person::{Account, Login, NoReply, People, Who};
use portcullis_model::review::{CommitAccounts, Push, Review, ReviewSource};
use portcullis_model::signed::{ImportSource, SigningPerson};
use std::collections::{BTreeMap, BTreeSet};

/// The map, and what the host told.
pub struct Identity<'a> {
    people: &'a People,
    addresses: OwnAddresses<'a>,
    accounts: BTreeMap<&'a AccountId, &'a Account>,
    /// The people who may sign reviews: their principals can be addresses in commits.
    signers: &'a [SigningPerson],
    /// Are the logins of accounts principals of signers? They are where no host gives accounts.
    is_by_signers: bool,
}

/// Is this a machine: by the identity map, or by the ending that the host gives to the accounts of
/// applications and to no other?
pub fn is_machine(scope: &PolicyScope, host: &HostFacts, who: &Who, login: &Login) -> bool {
    scope.people.is_machine(who) || host.conventions.accounts.is_application(login.as_str())
}

/// Whom an address names by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NamedByAddress {
    /// Someone of the identity map, or of the signers of reviews, who has this address.
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
            signers: case.facts.signed.value().map_or(&[], |signed| &signed.signers),
            is_by_signers: host.is_without_requests(),
        }
    }

    /// Who an account is. One number is one person, even if the host gives it under two names while
    /// it is renamed.
    pub fn of_account(&self, account: &Account) -> Who {
        if self.is_by_signers
            && let Some(signer) = self.signers.iter().find(|person| person.has(account.login.as_str()))
            && let Some(who) = self.people.by_signer(signer, self.addresses)
        {
            return who;
        }
        let latest = self.accounts.get(&account.id).copied().unwrap_or(account);
        self.people.by_account(latest, self.addresses)
    }

    /// Is it known who an account is? A host knows its accounts; without one only the signers and
    /// the map say it.
    pub(super) fn is_listed(&self, account: &Account) -> bool {
        let login = &account.login;
        !self.is_by_signers
            || self.signers.iter().any(|person| person.has(login.as_str()))
            || matches!(self.people.by_login(login), Who::Known(_))
    }

    /// Who gave a review: a signer is who the map makes of their principals, and `None` where that
    /// is no one in particular. Gerrit's accounts have the form of addresses, and no names.
    pub(super) fn of_review(&self, review: &Review, account: &Account) -> Option<Who> {
        match &review.source {
            ReviewSource::Imported(imported) if imported.source == ImportSource::Gerrit => {
                let principals = BTreeSet::from([account.login.to_string()]);
                self.people.by_signer(&SigningPerson { principals }, self.addresses)
            }
            ReviewSource::Host | ReviewSource::Imported(_) => Some(self.of_account(account)),
            ReviewSource::Signed(signed) => self.people.by_signer(&signed.signer, self.addresses),
        }
    }

    /// Whom an address names.
    pub(super) fn of_address(&self, email: &str) -> NamedByAddress {
        if let Some(who) = self.people.by_email(email) {
            return NamedByAddress::InMap(who);
        }
        let signer = self.signers.iter().find(|person| person.has(email));
        if let Some(who) = signer.and_then(|person| self.people.by_signer(person, self.addresses)) {
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
