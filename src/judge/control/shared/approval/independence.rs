//! Who had a part in a change, and can therefore not approve it independently.
//!
//! The request's author (where no host knows requests there is none), the author, committer and
//! every co-author of each commit over all parents, and the account that pushed what the head
//! brings, or any commit of it before, as far as the branch's moves tell. Updates (clean merges of
//! the base) bring nothing, so commits and pushes that are nothing else are left out, where the
//! settings let approvals outlive them, also when others went on after them. Each commit is read
//! twice: the account that the host attributes it to, and the address in it; where they differ,
//! both had a part. A number in a no-reply address is its account, whatever that is called now. No
//! one is taken for a person who is a bot to the host or a machine to the policy.
//!
//! GitHub's web editor commits as `GitHub <noreply@github.com>`, an Enterprise Server's under its
//! own name, account `web-flow`; as a committer it is not a person.
//!
//! Co-authors are attributed by the host as authors are, where it reports their addresses.
//!
//! A mailbox that belongs to no one we know may be anyone, also an approver. That holds too for a
//! no-reply address in a commit that the host attributes to no one: that account does not exist, or
//! not any more. And it holds for the address of a co-author that has no number and a login that no
//! account has of which the host told: someone was called so once.

use super::LastPusher;
use crate::control::Case;
use crate::control::shared::identity::{Identity, NamedByAddress};
use portcullis_model::change::{Change, Commit, Revision, Updates};
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::host::OwnAddresses;
use portcullis_model::id::AccountId;
use portcullis_model::person::{Account, AccountKind, Mailbox, People, Who};
use portcullis_model::review::{ChangeRequest, CommitAccounts, Move, Push, Review};
use std::collections::{BTreeMap, BTreeSet};

/// Everyone who had a part in a change.
pub(super) struct Involved<'a> {
    people: &'a People,
    identity: Identity<'a>,
    /// What the host's own addresses look like.
    addresses: OwnAddresses<'a>,
    /// What they did: the first thing found.
    persons: BTreeMap<Who, String>,
    /// The same by account number, which outlasts a change of name.
    accounts: BTreeMap<AccountId, String>,
    /// Accounts that are an application's by the address that names them.
    applications: BTreeSet<Who>,
    /// Accounts that moved the branch to where it is not known what they brought, with the gap.
    doubtful: BTreeMap<Who, Gap>,
    /// Whom the host attributes an address to.
    by_address: BTreeMap<String, &'a Account>,
    /// The same for addresses of co-authors, as far as it was asked for them.
    attributed: Option<&'a BTreeMap<String, Account>>,
    /// The mailboxes of no one, by what tells them apart, with the text to show.
    unattributed: BTreeMap<String, String>,
}

impl<'a> Involved<'a> {
    /// Everyone who had a part in this change.
    ///
    /// # Errors
    /// A fact without which someone could be missing.
    pub(super) fn of(
        case: &Case<'a>,
        change: &Change,
        updates: &Updates,
        last_pusher: LastPusher,
    ) -> Result<Self, Gap> {
        let mut involved = Involved {
            people: &case.scope.people,
            identity: Identity::of(case),
            addresses: case.facts.host.own_addresses(),
            persons: BTreeMap::new(),
            accounts: BTreeMap::new(),
            applications: BTreeSet::new(),
            doubtful: BTreeMap::new(),
            by_address: BTreeMap::new(),
            attributed: None,
            unattributed: BTreeMap::new(),
        };
        let host = &case.facts.host;
        if !host.is_without_requests() || host.request.known()?.author.is_some() {
            involved.requester(host.request.known()?)?;
        }
        if last_pusher == LastPusher::Exclude {
            let push = if updates.before.is_empty() { &host.last_push } else { &host.content_push };
            involved.pusher(push.known()?, &change.head, updates)?;
            involved.moves(host.moves.known()?, change, updates)?;
        }
        // An update is what it was made of: the person who merged it added nothing, also where
        // someone went on after it.
        let adds = |commit: &&Commit| !is_update(&commit.id, &change.head, updates);
        let commits: Vec<&Commit> = change.commits.iter().filter(adds).collect();
        involved.attributed = host.co_authors.value();
        involved.commits(&commits, host.attribution.known()?)?;
        Ok(involved)
    }

    /// Who an account is.
    pub(super) fn who(&self, account: &Account) -> Who {
        self.identity.of_account(account)
    }

    /// Who gave a review; see [`Identity::of_review`].
    pub(super) fn who_gave(&self, review: &Review, account: &Account) -> Option<Who> {
        self.identity.of_review(review, account)
    }

    /// What kept us from seeing whether this person pushed a commit of the change.
    pub(super) fn doubt(&self, who: &Who) -> Option<&Gap> {
        self.doubtful.get(who)
    }

    /// What this person did in the change; `None`: nothing that we know of.
    pub(super) fn part(&self, who: &Who, account: &Account) -> Option<&str> {
        self.persons.get(who).or_else(|| self.accounts.get(&account.id)).map(String::as_str)
    }

    /// The mailboxes that belong to no one we know, sorted.
    pub(super) fn unattributed(&self) -> Vec<String> {
        self.unattributed.values().cloned().collect()
    }

    /// Did no one but machines have a part?
    pub(super) fn are_machines(&self) -> bool {
        self.unattributed.is_empty() && self.persons.keys().all(|who| self.is_machine(who))
    }

    fn is_machine(&self, who: &Who) -> bool {
        let bot = matches!(who, Who::Login(login) if self.addresses.accounts.is_application(login.as_str()));
        bot || self.applications.contains(who) || self.people.is_machine(who)
    }

    fn requester(&mut self, request: &ChangeRequest) -> Result<(), Gap> {
        let known =
            request.author.as_ref().is_some_and(|account| self.account(account, "opened the request"));
        known.then_some(()).ok_or_else(|| unknown_account(format!("who opened request {}", request.id)))
    }

    fn pusher(&mut self, push: &Push, head: &Revision, updates: &Updates) -> Result<(), Gap> {
        if push.after != *head && !updates.reach(&push.after) {
            return Err(Gap::new(
                format!("who pushed the judged head {}", head.short()),
                GapReason::Contradiction,
                format!("the last push that the host reports is of {}", push.after.short()),
                "Gather the facts again when the host has caught up.",
            ));
        }
        self.check_listed(push.actor.as_ref())?;
        let known =
            push.actor.as_ref().is_some_and(|account| self.account(account, "pushed the judged head"));
        known
            .then_some(())
            .ok_or_else(|| unknown_account(format!("who pushed the judged head {}", head.short())))
    }

    /// Where people are known by the signers alone, an account that is not among them may be any of
    /// them.
    fn check_listed(&self, actor: Option<&Account>) -> Result<(), Gap> {
        match actor.filter(|account| !self.identity.is_listed(account)) {
            None => Ok(()),
            Some(account) => Err(unlisted_pusher(account)),
        }
    }

    /// The account that moved the branch to a commit of the request brought it, also where others
    /// came after, unless the move was an update and nothing else.
    fn moves(&mut self, moves: &[Move], change: &Change, updates: &Updates) -> Result<(), Gap> {
        let earlier = Earlier::of(change, updates);
        let adds = |one: &&Move| !only_updates(one, &change.head, updates) && !earlier.are_all_of(one);
        for one in moves.iter().filter(adds) {
            let part = format!("pushed commits of the request, up to {}", one.after.short());
            match &one.kept {
                Fact::Known(false) => {}
                Fact::Known(true) => {
                    self.check_listed(one.actor.as_ref())?;
                    let known = one.actor.as_ref().is_some_and(|account| self.account(account, &part));
                    known
                        .then_some(())
                        .ok_or_else(|| unknown_account(format!("who pushed {}", one.after.short())))?;
                }
                Fact::Gap(gap) => {
                    if let Some(account) = &one.actor {
                        let who = self.who(account);
                        self.doubtful.entry(who).or_insert_with(|| gap.clone());
                    }
                }
            }
        }
        Ok(())
    }

    fn commits(
        &mut self,
        commits: &[&Commit],
        attribution: &'a BTreeMap<Revision, CommitAccounts>,
    ) -> Result<(), Gap> {
        for commit in commits {
            let accounts = attribution.get(&commit.id).ok_or_else(|| missing_commit(commit))?;
            self.author(commit, accounts.author.as_ref());
            self.committer(commit, accounts.committer.as_ref());
        }
        // They come last: of an address the host may have told us elsewhere.
        commits.iter().for_each(|commit| self.co_authors(commit));
        Ok(())
    }

    fn author(&mut self, commit: &Commit, account: Option<&'a Account>) {
        let part = format!("wrote commit {}", commit.id.short());
        let by_host = self.attributed(&commit.author, account, &part);
        let by_address = self.address(&commit.author, &part) == Address::InMap;
        self.settle(&commit.author, by_host || by_address);
    }

    fn committer(&mut self, commit: &Commit, account: Option<&'a Account>) {
        let part = format!("committed {}", commit.id.short());
        if self.is_web_editor_commit(&commit.committer, account) {
            return;
        }
        let by_host = self.attributed(&commit.committer, account, &part);
        let by_address = self.address(&commit.committer, &part) == Address::InMap;
        self.settle(&commit.committer, by_host || by_address);
    }

    fn co_authors(&mut self, commit: &Commit) {
        let part = format!("is a co-author of commit {}", commit.id.short());
        for mailbox in &commit.co_authors {
            let by_host = self.account_of(mailbox).is_some_and(|account| self.account(account, &part));
            let by_address = matches!(self.address(mailbox, &part), Address::InMap | Address::NoReply);
            self.settle(mailbox, by_host || by_address);
        }
    }

    /// The account that the host attributes a co-author's address to.
    fn account_of(&self, mailbox: &Mailbox) -> Option<&'a Account> {
        let address = mailbox.email.to_ascii_lowercase();
        let elsewhere = || self.attributed?.get(&address);
        self.by_address.get(&address).copied().or_else(elsewhere)
    }

    /// Notes the account that the host gives for a mailbox. Is someone definite behind it?
    fn attributed(&mut self, mailbox: &Mailbox, account: Option<&'a Account>, part: &str) -> bool {
        let Some(account) = account.filter(|account| !self.is_web_editor(account)) else { return false };
        self.by_address.insert(mailbox.email.to_ascii_lowercase(), account);
        self.account(account, part)
    }

    /// Notes an account. Is someone definite behind it: a person, or certainly none?
    fn account(&mut self, account: &Account, part: &str) -> bool {
        match account.kind {
            AccountKind::Human => {
                self.person(self.identity.of_account(account), part);
                if !self.accounts.contains_key(&account.id) {
                    self.accounts.insert(account.id.clone(), part.to_string());
                }
                true
            }
            AccountKind::Bot => true,
            AccountKind::Mannequin | AccountKind::Other => false,
        }
    }

    /// Notes the account that the address itself names.
    fn address(&mut self, mailbox: &Mailbox, part: &str) -> Address {
        match self.identity.of_address(&mailbox.email) {
            NamedByAddress::InMap(who) => {
                self.person(who, part);
                Address::InMap
            }
            NamedByAddress::Number(number, who) => {
                let local =
                    self.addresses.no_reply(&mailbox.email).map(|(local, _)| local.to_ascii_lowercase());
                if local.is_some_and(|local| self.addresses.accounts.is_application(&local)) {
                    self.applications.insert(Who::Account(number.clone()));
                }
                self.person(who, part);
                self.accounts.entry(number).or_insert_with(|| part.to_string());
                Address::NoReply
            }
            NamedByAddress::Login(login, is_told_of) => {
                self.person(Who::Login(login), part);
                if is_told_of { Address::NoReply } else { Address::OfNobody }
            }
            NamedByAddress::Nobody => Address::OfNobody,
        }
    }

    fn is_web_editor_commit(&self, committer: &Mailbox, account: Option<&Account>) -> bool {
        let by_address = || self.addresses.is_web_committer(&committer.email);
        account.map_or_else(by_address, |account| self.is_web_editor(account))
    }

    fn is_web_editor(&self, account: &Account) -> bool {
        self.addresses.is_web_login(account.login.as_str())
    }

    fn person(&mut self, who: Who, part: &str) {
        self.persons.entry(who).or_insert_with(|| part.to_string());
    }

    fn settle(&mut self, mailbox: &Mailbox, attributed: bool) {
        if !attributed {
            let address = mailbox.email.to_ascii_lowercase();
            // Without an address only the name tells one no one from another.
            let key = if address.is_empty() { format!(" {}", mailbox.name) } else { address };
            self.unattributed.entry(key).or_insert_with(|| format!("{} <{}>", mailbox.name, mailbox.email));
        }
    }
}

/// Whom an address names by itself.
#[derive(PartialEq, Eq)]
enum Address {
    /// Someone of the identity map.
    InMap,
    /// The account in a no-reply address, which anyone can write.
    NoReply,
    /// No one we know.
    OfNobody,
}

/// Did a move bring nothing but updates: from one of the commits that the head is but for updates,
/// to another?
fn only_updates(one: &Move, head: &Revision, updates: &Updates) -> bool {
    let same = |commit: &Revision| commit == head || updates.reach(commit);
    same(&one.after) && one.before.as_ref().is_some_and(same)
}

/// The updates on which others went on, each with the commit that it was made of.
struct Earlier<'a>(BTreeMap<&'a Revision, &'a Revision>);

impl<'a> Earlier<'a> {
    fn of(change: &'a Change, updates: &Updates) -> Self {
        let earlier = change.commits.iter().filter(|commit| updates.earlier.contains(&commit.id));
        Earlier(earlier.filter_map(|commit| Some((&commit.id, commit.parents.first()?))).collect())
    }

    /// Did a move bring nothing but these: do they lead down to what the branch pointed to before?
    fn are_all_of(&self, one: &Move) -> bool {
        let (mut at, mut steps) = (&one.after, 0);
        while let Some(before) = self.0.get(at).filter(|_| steps < self.0.len()) {
            (at, steps) = (before, steps + 1);
            if one.before.as_ref() == Some(at) {
                return true;
            }
        }
        false
    }
}

/// Is a commit one of the updates: the head, or one on the way down from it, but not the last that
/// they were made of; or one further down?
fn is_update(commit: &Revision, head: &Revision, updates: &Updates) -> bool {
    if updates.earlier.contains(commit) {
        return true;
    }
    let Some((_, on_the_way)) = updates.before.split_last() else { return false };
    commit == head || on_the_way.contains(commit)
}

fn unknown_account(what: String) -> Gap {
    Gap::new(
        what,
        GapReason::NotVisible,
        "the host names no existing account",
        "Have someone with an existing account open a new request or push the head again.",
    )
}

fn unlisted_pusher(account: &Account) -> Gap {
    let login = &account.login;
    Gap::new(
        format!("who `{login}` is, who pushed commits of the change"),
        GapReason::NotVisible,
        "neither the allowed signers nor `[[people]]` in the policy have that name, so it may be any approver's",
        format!(
            "Add `{login}` to the names of the person in the allowed signers, or to `[[people]]` in the policy."
        ),
    )
}

fn missing_commit(commit: &Commit) -> Gap {
    Gap::new(
        format!("the accounts of commit {}", commit.id.short()),
        GapReason::Truncated,
        "the host's answer does not contain this commit",
        "Gather the facts again, with the accounts of every commit of the change.",
    )
}
