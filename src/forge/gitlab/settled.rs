//! Which answers of GitLab are about something that is over.

use crate::settled::{AnsweredQuestion, Settlement, has_text, is_commit, says};
use serde_json::Value;

/// The states of a job or a pipeline that has ended.
const ENDED: &[&str] = &["success", "failed", "canceled", "skipped"];

pub(super) fn settles(asked: &AnsweredQuestion<'_>) -> Settlement {
    if asked.is_post {
        return Settlement::Open;
    }
    let has_ended = |item: &Value| says(item, "status", ENDED);
    match asked.below("projects", 1) {
        ["merge_requests", number] if is_merged(asked.answer) => Settlement::Request((*number).to_string()),
        ["merge_requests", number, "approvals" | "notes" | "versions" | "reviewers" | "approval_state"] => {
            asked.of_request(number)
        }
        ["merge_requests", _, "pipelines"] | ["pipelines", _, "jobs"] => asked.of_items("", has_ended),
        ["repository", "commits", commit, "merge_requests"] if is_commit(commit) => {
            asked.of_items("", |request| says(request, "state", &["merged", "closed"]))
        }
        ["repository", "commits", commit, "statuses"] if is_commit(commit) => asked.of_items("", has_ended),
        _ => Settlement::Open,
    }
}

fn is_merged(request: &Value) -> bool {
    says(request, "state", &["merged"]) && has_text(request, "merged_at")
}
