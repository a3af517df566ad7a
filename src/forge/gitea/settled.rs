//! Which answers of Gitea and Forgejo are about something that is over.

use crate::settled::{AnsweredQuestion, Settlement, has_text, is_commit, over_if, says};
use serde_json::Value;

pub(super) fn settles(asked: &AnsweredQuestion<'_>) -> Settlement {
    if asked.is_post {
        return Settlement::Open;
    }
    match asked.below("repos", 2) {
        ["pulls", number] if is_merged(asked.answer) => Settlement::Request((*number).to_string()),
        ["pulls", number, "reviews" | "commits"] | ["issues", number, "timeline"] => asked.of_request(number),
        ["commits", commit, "pull"] if is_commit(commit) => over_if(is_merged(asked.answer)),
        ["statuses", commit] if is_commit(commit) => {
            asked.of_items("", |status| has_text(status, "status") && !says(status, "status", &["pending"]))
        }
        _ => Settlement::Open,
    }
}

fn is_merged(pull: &Value) -> bool {
    pull.get("merged") == Some(&Value::Bool(true)) && says(pull, "state", &["closed"])
}
