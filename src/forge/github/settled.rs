//! Which answers of GitHub are about something that is over.

use crate::settled::{AnsweredQuestion, Settlement, has_text, is_commit, over_if, says};
use serde_json::Value;

pub(super) fn settles(asked: &AnsweredQuestion<'_>) -> Settlement {
    if asked.is_post {
        return over_if(are_authors(asked.answer));
    }
    match asked.below("repos", 2) {
        ["pulls", number] if is_merged(asked.answer) => Settlement::Request((*number).to_string()),
        ["pulls", number, "reviews" | "commits"] | ["issues", number, "events"] => asked.of_request(number),
        ["commits", commit, "pulls"] if is_commit(commit) => {
            asked.of_items("", |pull| says(pull, "state", &["closed"]))
        }
        ["commits", commit] if is_commit(commit) => over_if(says(asked.answer, "sha", &[commit])),
        ["commits", commit, "check-runs"] if is_commit(commit) => {
            asked.of_items("/check_runs", |run| says(run, "status", &["completed"]))
        }
        ["commits", commit, "statuses"] if is_commit(commit) => {
            asked.of_items("", |status| has_text(status, "state") && !says(status, "state", &["pending"]))
        }
        ["actions", "runs"] => asked.of_items("/workflow_runs", |run| says(run, "status", &["completed"])),
        ["compare", ends] => {
            over_if(ends.split_once("...").is_some_and(|(from, to)| is_commit(from) && is_commit(to)))
        }
        _ => Settlement::Open,
    }
}

fn is_merged(pull: &Value) -> bool {
    has_text(pull, "merged_at") && says(pull, "state", &["closed"])
}

/// The authors of commits by name: the one question of the GraphQL API that is about what is over.
fn are_authors(answer: &Value) -> bool {
    let commits = answer.pointer("/data/repository").and_then(Value::as_object);
    let is_one = |commit: &Value| commit.get("authors").is_some() && has_text(commit, "oid");
    answer.get("errors").is_none()
        && commits.is_some_and(|commits| !commits.is_empty() && commits.values().all(is_one))
}
