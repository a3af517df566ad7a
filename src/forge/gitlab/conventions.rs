//! What all GitLab servers have in common.

use portcullis_model::host::{
    AccountConventions, CodeOwnersConventions, CodeOwnersDialect, HostConventions, NoReplyForm,
    ProtectionAdvice, TeamForm, WebCommitter, compile_globs,
};
use std::sync::{Arc, LazyLock};

static GITLAB: LazyLock<Arc<HostConventions>> = LazyLock::new(|| Arc::new(conventions()));

/// GitLab's.
pub(super) fn gitlab() -> Arc<HostConventions> {
    Arc::clone(&GITLAB)
}

fn conventions() -> HostConventions {
    HostConventions {
        without_requests: false,
        name: "GitLab".to_string(),
        // GitLab docs, "CI/CD YAML syntax reference": the file itself, and what it usually
        // includes.
        workflow_files: compile_globs(&[
            ".gitlab-ci.yml",
            "**/*.gitlab-ci.yml",
            ".gitlab/**/*.yml",
            ".gitlab/**/*.yaml",
        ]),
        code_owners: CodeOwnersConventions {
            places: compile_globs(&["CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS"]),
            dialect: CodeOwnersDialect::Gitlab,
        },
        accounts: AccountConventions {
            // GitLab docs, "Use a private commit email": `ID-USERNAME@users.noreply.HOST`.
            no_reply: Some(NoReplyForm { subdomain: "users.noreply".into(), separator: "-".into() }),
            // GitLab docs, "Sign commits made in the GitLab UI": it is no account's.
            web_committer: Some(WebCommitter { login: String::new(), mailbox: "noreply".into() }),
            application_suffix: None,
            administrator_role: Some("40".into()),
        },
        teams: TeamForm::GroupPath,
        advice: advice(),
    }
}

/// In the words of the settings pages of a project.
fn advice() -> ProtectionAdvice {
    let rules = [
        (
            "change-request",
            "set \"Allowed to push and merge\" to \"No one\" (Repository > Protected branches)",
        ),
        (
            "approvals",
            "add an approval rule with \"Approvals required\" {count} or more, and switch on \"Prevent editing approval \
             rules in merge requests\" (Merge requests; Premium)",
        ),
        (
            "dismiss-stale",
            "choose \"Remove all approvals\" for \"When a commit is added\" (Merge requests; Premium)",
        ),
        (
            "code-owners",
            "switch on \"Require approval from code owners\" (Repository > Protected branches; Premium)",
        ),
        (
            "last-push-approval",
            "switch on \"Prevent approvals by users who add commits\" and \"Prevent approval by merge request creator\" \
             (Merge requests; Premium)",
        ),
        ("conversation-resolution", "switch on \"All threads must be resolved\" (Merge requests)"),
        (
            "pipeline",
            "switch on \"Pipelines must succeed\" and leave \"Skipped pipelines are considered successful\" off (Merge \
             requests)",
        ),
        (
            "check-of-service",
            "add `{check}` as a status check (service {service}) and switch on \"Status checks must succeed\" (Merge requests; \
             Ultimate)",
        ),
        (
            "up-to-date",
            "choose the merge method \"Merge commit with semi-linear history\" or \"Fast-forward merge\" (Merge requests)",
        ),
        (
            "no-force-push",
            "switch off \"Allowed to force push\" in every rule that matches the branch (Repository > Protected branches)",
        ),
        ("no-deletion", "protect the branch (Repository > Protected branches)"),
        ("signed-commits", "switch on \"Reject unsigned commits\" (Repository > Push rules; Premium)"),
        ("linear-history", "choose the merge method \"Fast-forward merge\" (Merge requests)"),
    ];
    ProtectionAdvice {
        rules: rules.map(|(rule, what)| (rule.to_string(), what.to_string())).into(),
        place: "in the settings of the project, for {branch}".to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_of_ours_is_one() {
        let ours = gitlab();
        assert_eq!((ours.workflow_files.len(), ours.code_owners.places.len()), (4, 3));
        let github = HostConventions::github();
        let theirs = github.advice.rules.keys().filter(|rule| !rule.starts_with("check"));
        assert!(theirs.clone().all(|rule| ours.advice.rules.contains_key(rule)), "{theirs:?}");
    }
}
