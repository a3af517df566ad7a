//! The reading plan for a batch of the merge queue. Only GraphQL shows the queue
//! (`Repository.mergeQueue`).
//!
//! An entry names its request, the head that the queue took of it, and the commit at which the
//! queue's own branch holds it (`headCommit`). The branch of a batch is built entry by entry in the
//! order of their positions, so a batch holds entries up to the one that ends at its last commit.
//! Entries of an earlier build, or of one that goes on beside it, are among those that are listed;
//! which of them this batch holds is told by its commits, and proved by their content.

use crate::BatchQuestion;
use crate::github::address::graphql_url;
use crate::github::{GitHub, graphql, translate};
use crate::http::gaps::{contradiction, malformed, truncated};
use portcullis_model::batch::{Batch, BatchEntry};
use portcullis_model::fact::{Gap, GapReason, nullable};
use serde::Deserialize;
use std::collections::BTreeSet;

/// The longest queue that is read is one page: it can test 100 entries at once, so what stands
/// behind them has no batch yet.
const QUERY: &str = "query($owner: String!, $name: String!, $branch: String!) {
  repository(owner: $owner, name: $name) { mergeQueue(branch: $branch) { entries(first: 100) {
    pageInfo { hasNextPage }
    nodes { position headCommit { oid } pullRequest { number headRefOid } }
  } } }
}";

#[derive(Deserialize)]
struct Answer {
    data: Option<Data>,
    #[serde(default)]
    errors: Vec<graphql::Error>,
}

#[derive(Deserialize)]
struct Data {
    #[serde(deserialize_with = "nullable")]
    repository: Option<Repository>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Repository {
    #[serde(deserialize_with = "nullable")]
    merge_queue: Option<Queue>,
}

/// `MergeQueue`.
#[derive(Deserialize)]
struct Queue {
    entries: Entries,
}

/// `MergeQueueEntryConnection`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entries {
    page_info: graphql::PageInfo,
    nodes: Vec<Entry>,
}

/// `MergeQueueEntry`; without a commit while the queue has not built it yet, and without a request
/// where the token may not see it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    position: u64,
    #[serde(deserialize_with = "nullable")]
    head_commit: Option<Commit>,
    #[serde(deserialize_with = "nullable")]
    pull_request: Option<PullRequest>,
}

/// `Commit`.
#[derive(Deserialize)]
struct Commit {
    oid: String,
}

/// `PullRequest`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PullRequest {
    number: u64,
    head_ref_oid: String,
}

impl GitHub {
    pub(super) fn batch_of(&self, question: &BatchQuestion<'_>) -> Result<Batch, Gap> {
        let what = question.what();
        let variables = serde_json::json!({
            "owner": self.repository.owner, "name": self.repository.name, "branch": question.branch.as_str(),
        });
        let body = serde_json::json!({ "query": QUERY, "variables": variables }).to_string();
        let reply = self.client.fetch(&what, &graphql_url(&self.client.api), Some(body.as_bytes()))?;
        let answer: Answer = reply.read(&what)?;
        if let Some(error) = answer.errors.first() {
            return Err(refused(&what, error));
        }
        let repository = answer.data.and_then(|data| data.repository);
        let repository = repository.ok_or_else(|| malformed(&what, "the answer holds no repository"))?;
        let queue = repository.merge_queue.ok_or_else(|| no_queue(question))?;
        entries_up_to(question, queue.entries)
    }
}

/// The entries that land before the one that ends at the head, and that one.
fn entries_up_to(question: &BatchQuestion<'_>, listed: Entries) -> Result<Batch, Gap> {
    let what = question.what();
    let mut entries = Vec::new();
    for entry in listed.nodes {
        let Some(commit) = entry.head_commit else { continue };
        entries.push((entry.position, entry_of(&what, commit, entry.pull_request)?));
    }
    entries.sort_by_key(|(position, _)| *position);
    let positions: BTreeSet<u64> = entries.iter().map(|(position, _)| *position).collect();
    let commits: BTreeSet<_> = entries.iter().map(|(_, entry)| &entry.commit).collect();
    if positions.len() != entries.len() || commits.len() != entries.len() {
        return Err(contradiction(&what, "two entries of the queue have one place, or one commit"));
    }
    let Some(last) = entries.iter().position(|(_, entry)| entry.commit == *question.head) else {
        return Err(match listed.page_info.has_next_page {
            true => truncated(&what, "the queue is longer than a page, and the batch is not on the first"),
            false => gone(question),
        });
    };
    entries.truncate(last + 1);
    let entries = entries.into_iter().map(|(_, entry)| entry).collect();
    Ok(Batch { base: question.base.clone(), head: question.head.clone(), entries })
}

fn entry_of(what: &str, commit: Commit, request: Option<PullRequest>) -> Result<BatchEntry, Gap> {
    let commit = translate::revision(what, commit.oid)?;
    let request = request.ok_or_else(|| {
        hidden(what, format!("the queue does not show the request that ends at {}", commit.short()))
    })?;
    let head = Some(translate::revision(what, request.head_ref_oid)?);
    Ok(BatchEntry { request: request.number.into(), head, commit })
}

fn refused(what: &str, error: &graphql::Error) -> Gap {
    match error.kind.as_deref() {
        Some("RATE_LIMITED") => Gap::new(what, GapReason::RateLimited, &error.message, "Run again later."),
        _ => hidden(what, error.message.clone()),
    }
}

fn hidden(what: &str, detail: String) -> Gap {
    let remedy = "Give the token of a GitHub App with the repository permissions \"Merge queues: read\" and \"Pull requests: read\".";
    Gap::new(what, GapReason::NotVisible, detail, remedy)
}

fn no_queue(question: &BatchQuestion<'_>) -> Gap {
    let detail = format!("the host shows no merge queue for branch {}", question.branch);
    hidden(&question.what(), detail)
}

/// The batch was merged, or the queue has built it again since.
fn gone(question: &BatchQuestion<'_>) -> Gap {
    let detail = format!(
        "no entry of the queue for {} ends at {}: it has landed, was taken out, or was built again since",
        question.branch,
        question.head.short()
    );
    let remedy = "Wait for the job that the queue starts for a batch that it builds again. If the request is still in the queue \
                  and waits for this job, take it out and add it again.";
    Gap::new(question.what(), GapReason::Contradiction, detail, remedy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use portcullis_model::change::{BranchName, Revision};
    use serde_json::{Value, json};

    fn commit(digit: char) -> Revision {
        Revision::try_from(digit.to_string().repeat(40)).unwrap()
    }

    fn node(position: u64, number: u64, ends: Option<char>) -> Value {
        let ends = ends.map(|digit| json!({ "oid": commit(digit) }));
        let request = json!({ "number": number, "headRefOid": commit('e') });
        json!({ "position": position, "headCommit": ends, "pullRequest": request })
    }

    fn read(nodes: &[Value], has_more: bool) -> Result<Vec<String>, Gap> {
        let listed = json!({ "pageInfo": { "hasNextPage": has_more }, "nodes": nodes });
        let (branch, base, head) = (BranchName::new("main"), commit('0'), commit('b'));
        let question = BatchQuestion { branch: &branch, base: &base, head: &head, request: None };
        let batch = entries_up_to(&question, serde_json::from_value(listed).unwrap())?;
        assert_eq!((&batch.base, &batch.head), (&base, &head));
        Ok(batch.entries.iter().map(|entry| entry.request.to_string()).collect())
    }

    #[test]
    fn the_entries_up_to_the_head_are_read_in_the_order_of_their_positions() {
        let nodes = [node(3, 9, Some('c')), node(2, 8, Some('b')), node(1, 7, Some('a')), node(4, 10, None)];
        assert_eq!(read(&nodes, false).unwrap(), ["7", "8"]);
        assert_eq!(read(&nodes, true).unwrap(), ["7", "8"], "what stands behind has no part in it");
    }

    #[test]
    fn a_batch_that_is_not_in_the_queue_is_a_gap() {
        let gap = |nodes: &[Value], more| read(nodes, more).unwrap_err();
        assert_eq!(gap(&[node(1, 7, Some('a'))], false).reason, GapReason::Contradiction);
        assert_eq!(gap(&[node(1, 7, None)], false).reason, GapReason::Contradiction);
        assert_eq!(gap(&[node(1, 7, Some('a'))], true).reason, GapReason::Truncated);
        for two in
            [[node(1, 7, Some('a')), node(1, 8, Some('b'))], [node(1, 7, Some('b')), node(2, 8, Some('b'))]]
        {
            assert!(gap(&two, false).detail.contains("two entries"));
        }
        let hidden = json!({ "position": 1, "headCommit": { "oid": commit('b') }, "pullRequest": null });
        assert_eq!(gap(&[hidden], false).reason, GapReason::NotVisible);
    }
}
