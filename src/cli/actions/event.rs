//! Which commit the check of a job is shown on, event by event.
//!
//! A verdict is given for that commit and for no other: a check stands on a commit, and whoever reads it there takes it for
//! an answer about that commit. The table follows GitHub's documentation, "Events that trigger workflows"
//! (`GITHUB_SHA` and `GITHUB_REF` of each event), with one thing that it does not say: the check of an event
//! of a request is shown on the request's head, although `GITHUB_SHA` is the test merge, or with `pull_request_target` a commit
//! of the base. README, "Which commit a verdict is shown on", has the same table for people.

/// What the check of an event stands on, and so what the gate can answer there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stands {
    /// On the head of the event's request, which the event file names. Only that request is judged.
    Head,
    /// On `GITHUB_SHA`, the commit that the event is about. A request is judged if this is its head; a deployment, if this is
    /// what would be deployed.
    Commit,
    /// On `GITHUB_SHA`, the tip of a branch that the event is not about. A request is judged if this is its head. A person or a
    /// timer starts deployments here: the one that `--head` names is judged, else this commit.
    Tip,
    /// On the commit of a merge group, which may hold several requests. Nothing is judged there yet.
    Group,
}

/// Every event that starts a workflow, sorted by name.
pub const TABLE: &[(&str, Stands)] = &[
    ("branch_protection_rule", Stands::Tip),
    ("check_run", Stands::Tip),
    ("check_suite", Stands::Tip),
    ("create", Stands::Commit),
    ("delete", Stands::Tip),
    ("deployment", Stands::Commit),
    ("deployment_status", Stands::Commit),
    ("discussion", Stands::Tip),
    ("discussion_comment", Stands::Tip),
    ("fork", Stands::Tip),
    ("gollum", Stands::Tip),
    ("issue_comment", Stands::Tip),
    ("issues", Stands::Tip),
    ("label", Stands::Tip),
    ("merge_group", Stands::Group),
    ("milestone", Stands::Tip),
    ("page_build", Stands::Tip),
    ("public", Stands::Tip),
    ("pull_request", Stands::Head),
    ("pull_request_review", Stands::Head),
    ("pull_request_review_comment", Stands::Head),
    ("pull_request_target", Stands::Head),
    ("push", Stands::Commit),
    ("registry_package", Stands::Commit),
    ("release", Stands::Commit),
    ("repository_dispatch", Stands::Tip),
    ("schedule", Stands::Tip),
    ("status", Stands::Tip),
    ("watch", Stands::Tip),
    ("workflow_dispatch", Stands::Tip),
    ("workflow_run", Stands::Tip),
];

/// What the check of this event stands on; `None` for an event that is not in the table.
pub fn stands(event: &str) -> Option<Stands> {
    TABLE.iter().find(|(name, _)| *name == event).map(|(_, stands)| *stands)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_names_are_exact() {
        assert!(TABLE.is_sorted_by(|a, b| a.0 < b.0));
        assert_eq!(stands("pull_request"), Some(Stands::Head));
        assert_eq!(stands("merge_group"), Some(Stands::Group));
        for unknown in ["", "PUSH", "push ", "pull_request_merged", "dynamic"] {
            assert_eq!(stands(unknown), None, "{unknown}");
        }
    }
}
