//! The reading plan for co-authors: whom GitHub attributes the addresses in `Co-authored-by`
//! trailers to.
//!
//! REST attributes the author and the committer of a commit and nobody else; GraphQL lists the
//! co-authors as well (`Commit.authors`: the author first, then those of the trailers). It is asked
//! only for addresses that say nothing by themselves and that no author of the change has. What it
//! does not tell of belongs to nobody, as before.

use crate::Forge as _;
use crate::github::address::graphql_url;
use crate::github::protection::graphql_error;
use crate::github::{GitHub, graphql, translate, wire};
use crate::http::gaps::malformed;
use portcullis_model::change::{Commit, Revision};
use portcullis_model::fact::Gap;
use portcullis_model::host::OwnAddresses;
use portcullis_model::person::{Account, NoReply};
use portcullis_model::review::CommitAccounts;
use std::collections::{BTreeMap, BTreeSet};

const WHAT: &str = "whose addresses those of co-authors are";

/// How many commits one question is about.
const PORTION: usize = 50;
/// How many commits are asked about at all.
const MOST: usize = 200;

/// Accounts by address; `None` where two answers differ.
type AccountsByAddress = BTreeMap<String, Option<Account>>;

impl GitHub {
    /// Whom the host attributes addresses of co-authors to, in lower case.
    ///
    /// # Errors
    /// It does not answer as it is documented.
    pub(super) fn co_authors(
        &self,
        commits: &[Commit],
        attribution: &BTreeMap<Revision, CommitAccounts>,
    ) -> Result<BTreeMap<String, Account>, Gap> {
        let conventions = self.conventions();
        let addresses = OwnAddresses { domains: &self.domains, accounts: &conventions.accounts };
        let open = open_addresses(commits, attribution, addresses);
        let mut waiting = open.clone();
        let asked: Vec<&Commit> =
            commits.iter().filter(|commit| names_any(commit, &mut waiting)).take(MOST).collect();
        let mut found = AccountsByAddress::new();
        for portion in asked.chunks(PORTION) {
            self.add_authors(portion, &open, &mut found)?;
        }
        Ok(found.into_iter().filter_map(|(address, account)| Some((address, account?))).collect())
    }

    fn add_authors(
        &self,
        commits: &[&Commit],
        open: &BTreeSet<String>,
        found: &mut AccountsByAddress,
    ) -> Result<(), Gap> {
        let variables = serde_json::json!({ "owner": self.repository.owner, "name": self.repository.name });
        let question =
            serde_json::json!({ "query": authors_query(commits), "variables": variables }).to_string();
        let reply = self.client.fetch(WHAT, &graphql_url(&self.client.api), Some(question.as_bytes()))?;
        let answer: graphql::Authors = reply.read(WHAT)?;
        if let Some(error) = answer.errors.first() {
            return Err(graphql_error(WHAT, error));
        }
        let repository = answer.data.and_then(|data| data.repository);
        let mut fields = repository.ok_or_else(|| malformed(WHAT, "the answer holds no repository"))?;
        for commit in commits {
            let field = fields.remove(&commit_alias(&commit.id)).unwrap_or_default();
            let seen: graphql::CommitNode = serde_json::from_value(field)
                .map_err(|error| malformed(WHAT, format!("commit {}: {error}", commit.id.short())))?;
            if seen.oid != commit.id.as_str() {
                return Err(malformed(WHAT, format!("the host answered with commit {}", seen.oid)));
            }
            add_seen(commit, seen.authors.nodes, open, found);
        }
        Ok(())
    }
}

/// Only addresses that stand in the commit itself count.
fn add_seen(
    commit: &Commit,
    seen: Vec<graphql::Author>,
    open: &BTreeSet<String>,
    found: &mut AccountsByAddress,
) {
    let own: BTreeSet<String> = commit.co_authors.iter().map(|one| one.email.to_ascii_lowercase()).collect();
    for author in seen {
        let address = author.email.unwrap_or_default().to_ascii_lowercase();
        let Some(account) = author.user.and_then(account_of) else { continue };
        if own.contains(&address) && open.contains(&address) {
            let known = found.entry(address).or_insert_with(|| Some(account.clone()));
            *known = known.take().filter(|known| *known == account);
        }
    }
}

fn account_of(user: graphql::UserNode) -> Option<Account> {
    let kind = "User".to_string();
    Some(translate::account(wire::SimpleUser { login: user.login, id: user.database_id?, kind }))
}

/// Addresses of co-authors of which nothing is known: not those of authors and committers that the
/// host told of, and not those that name an account by its number.
fn open_addresses(
    commits: &[Commit],
    attribution: &BTreeMap<Revision, CommitAccounts>,
    addresses: OwnAddresses<'_>,
) -> BTreeSet<String> {
    let told = |commit: &Commit| {
        let accounts = attribution.get(&commit.id);
        let author = accounts.and_then(|accounts| accounts.author.as_ref()).map(|_| &commit.author);
        let committer = accounts.and_then(|accounts| accounts.committer.as_ref()).map(|_| &commit.committer);
        let told: Vec<String> =
            author.into_iter().chain(committer).map(|one| one.email.to_ascii_lowercase()).collect();
        told
    };
    let told: BTreeSet<String> = commits.iter().flat_map(told).collect();
    let is_open = |address: &String| {
        let says_itself = matches!(NoReply::read(address, addresses), NoReply::Numbered(..));
        !address.is_empty() && !says_itself && !told.contains(address)
    };
    let all = commits.iter().flat_map(|commit| &commit.co_authors);
    all.map(|one| one.email.to_ascii_lowercase()).filter(is_open).collect()
}

/// Does a commit name an address that no commit before it named?
fn names_any(commit: &Commit, waiting: &mut BTreeSet<String>) -> bool {
    let named = commit.co_authors.iter().filter(|one| waiting.remove(&one.email.to_ascii_lowercase()));
    named.count() > 0
}

fn commit_alias(commit: &Revision) -> String {
    format!("c{commit}")
}

/// A name of a commit is nothing but digits, so it may stand in the text.
fn authors_query(commits: &[&Commit]) -> String {
    let one = |commit: &&Commit| {
        format!(
            "{}: object(oid: \"{}\") {{ ... on Commit {{ oid authors(first: 100) {{ nodes {{ email user {{ login databaseId }} }} }} }} }}",
            commit_alias(&commit.id),
            commit.id
        )
    };
    let all: Vec<String> = commits.iter().map(one).collect();
    format!(
        "authors_query($owner: String!, $name: String!) {{ repository(owner: $owner, name: $name) {{ {} }} }}",
        all.join(" ")
    )
}
