//! The accounts behind the commits of a change: from the request's own list, then one by one.

use super::lists::List;
use super::request::GiteaRequest;
use super::translate::account;
use super::wire;
use crate::http::gaps::{contradiction, truncated};
use portcullis_model::change::{Commit, Revision};
use portcullis_model::fact::Gap;
use portcullis_model::review::CommitAccounts;
use std::collections::{BTreeMap, BTreeSet};

/// How many commits are looked up one by one, beyond those that the request lists.
const SINGLE_COMMITS: usize = 300;

/// What the host need not look up for each commit.
const BRIEFLY: [(&str, &str); 3] = [("stat", "false"), ("verification", "false"), ("files", "false")];

impl GiteaRequest<'_> {
    pub(super) fn attribution(&self, commits: &[Commit]) -> Result<BTreeMap<Revision, CommitAccounts>, Gap> {
        let number = self.id.to_string();
        let what = format!("the accounts behind the commits of request {number}");
        let wanted: BTreeSet<&Revision> = commits.iter().map(|commit| &commit.id).collect();
        let mut found = BTreeMap::new();
        let list = List {
            query: BRIEFLY[1..].to_vec(),
            ..List::new(&what, self.host.at(&["pulls", &number, "commits"]))
        };
        for seen in self.host.list::<wire::CommitItem>(&list)? {
            found.insert(self.host.revision(&what, &seen.sha)?, accounts_of(seen));
        }
        found.retain(|id, _| wanted.contains(id));
        let missing: Vec<&Revision> = wanted.into_iter().filter(|id| !found.contains_key(*id)).collect();
        if missing.len() > SINGLE_COMMITS {
            let found = format!("{} commits are beyond what the request lists", missing.len());
            return Err(truncated(&what, found));
        }
        for id in missing {
            found.insert(id.clone(), self.accounts_of(id)?);
        }
        Ok(found)
    }

    fn accounts_of(&self, id: &Revision) -> Result<CommitAccounts, Gap> {
        let what = format!("the accounts behind commit {}", id.short());
        let seen: wire::CommitItem =
            self.host.get(&what, &self.host.at(&["git", "commits", id.as_str()]), &BRIEFLY)?;
        if seen.sha == id.as_str() {
            Ok(accounts_of(seen))
        } else {
            Err(contradiction(&what, format!("the host answered with {}", seen.sha)))
        }
    }
}

/// An address belongs to nobody when its account is null.
fn accounts_of(seen: wire::CommitItem) -> CommitAccounts {
    CommitAccounts { author: seen.author.and_then(account), committer: seen.committer.and_then(account) }
}
