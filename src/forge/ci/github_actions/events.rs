//! Which commit the check of a job is shown on, event by event.
//!
//! A verdict is given for that commit and for no other: a check belongs to a commit, and its
//! readers take it for an answer about that commit. The table follows GitHub's documentation,
//! "Events that trigger workflows" (`GITHUB_SHA` and `GITHUB_REF` of each event), with one thing
//! that it does not say: the check of an event of a request is shown on the request's head,
//! although `GITHUB_SHA` is the test merge, or with `pull_request_target` a commit of the base. The
//! page `docs/merge-gate.md`, "Which commit a verdict is shown on", has the same table for people.

use crate::ci::ShownOn;

/// Every event that starts a workflow, sorted by name.
pub const TABLE: &[(&str, ShownOn)] = &[
    ("branch_protection_rule", ShownOn::Tip),
    ("check_run", ShownOn::Tip),
    ("check_suite", ShownOn::Tip),
    ("create", ShownOn::Commit),
    ("delete", ShownOn::Tip),
    ("deployment", ShownOn::Commit),
    ("deployment_status", ShownOn::Commit),
    ("discussion", ShownOn::Tip),
    ("discussion_comment", ShownOn::Tip),
    ("fork", ShownOn::Tip),
    ("gollum", ShownOn::Tip),
    ("issue_comment", ShownOn::Tip),
    ("issues", ShownOn::Tip),
    ("label", ShownOn::Tip),
    ("merge_group", ShownOn::Group),
    ("milestone", ShownOn::Tip),
    ("page_build", ShownOn::Tip),
    ("public", ShownOn::Tip),
    ("pull_request", ShownOn::Head),
    ("pull_request_review", ShownOn::Head),
    ("pull_request_review_comment", ShownOn::Head),
    ("pull_request_target", ShownOn::Head),
    ("push", ShownOn::Commit),
    ("registry_package", ShownOn::Commit),
    ("release", ShownOn::Commit),
    ("repository_dispatch", ShownOn::Tip),
    ("schedule", ShownOn::Tip),
    ("status", ShownOn::Tip),
    ("watch", ShownOn::Tip),
    ("workflow_dispatch", ShownOn::Tip),
    ("workflow_run", ShownOn::Tip),
];

/// The commit that the check of this event is shown on; `None` for an event that is not in the
/// table.
pub fn shown_on(event: &str) -> Option<ShownOn> {
    TABLE.iter().find(|(name, _)| *name == event).map(|(_, shown_on)| *shown_on)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_names_are_exact() {
        assert!(TABLE.is_sorted_by(|a, b| a.0 < b.0));
        assert_eq!(shown_on("pull_request"), Some(ShownOn::Head));
        assert_eq!(shown_on("merge_group"), Some(ShownOn::Group));
        for unknown in ["", "PUSH", "push ", "pull_request_merged", "dynamic"] {
            assert_eq!(shown_on(unknown), None, "{unknown}");
        }
    }
}
