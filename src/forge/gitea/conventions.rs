//! What all servers of one kind have in common: the files of their Actions, the places of
//! CODEOWNERS, their own addresses, and the words of the page of a rule.

use portcullis_model::host::{
    AccountConventions, CodeOwnersConventions, CodeOwnersDialect, HostConventions, NoReplyForm,
    ProtectionAdvice, TeamForm, compile_globs,
};
use std::sync::{Arc, LazyLock};

static GITEA: LazyLock<Arc<HostConventions>> = LazyLock::new(|| {
    let workflows = [
        ".gitea/workflows/**",
        ".github/actions/**",
        ".github/workflows/**",
        "**/action.yml",
        "**/action.yaml",
    ];
    let owners = ["CODEOWNERS", "docs/CODEOWNERS", ".gitea/CODEOWNERS"];
    Arc::new(conventions("Gitea", &workflows, &owners, RULES))
});

static FORGEJO: LazyLock<Arc<HostConventions>> = LazyLock::new(|| {
    let workflows = [
        ".forgejo/workflows/**",
        ".gitea/workflows/**",
        ".github/actions/**",
        ".github/workflows/**",
        "**/action.yml",
        "**/action.yaml",
    ];
    let owners = ["CODEOWNERS", "docs/CODEOWNERS", ".gitea/CODEOWNERS", ".forgejo/CODEOWNERS"];
    Arc::new(conventions("Forgejo", &workflows, &owners, RULES))
});

pub(super) fn gitea() -> Arc<HostConventions> {
    Arc::clone(&GITEA)
}

pub(super) fn forgejo() -> Arc<HostConventions> {
    Arc::clone(&FORGEJO)
}

fn conventions(name: &str, workflows: &[&str], owners: &[&str], rules: &[(&str, &str)]) -> HostConventions {
    HostConventions {
        without_requests: false,
        name: name.to_string(),
        workflow_files: compile_globs(workflows),
        code_owners: CodeOwnersConventions {
            places: compile_globs(owners),
            dialect: CodeOwnersDialect::Gitea,
        },
        accounts: AccountConventions {
            // `LOGIN@noreply.HOST`, as servers are set up unless somebody says otherwise.
            no_reply: Some(NoReplyForm { subdomain: "noreply".into(), separator: "+".into() }),
            web_committer: None,
            application_suffix: None,
            administrator_role: None,
        },
        teams: TeamForm::OrganizationAndSlug,
        advice: ProtectionAdvice {
            rules: rules.iter().map(|(rule, what)| (rule.to_string(), what.to_string())).collect(),
            place: "in the rule of {branch} (Settings > Branches > Branch protection)".to_string(),
        },
    }
}

/// In the words of the page of a rule, which both hosts share.
const RULES: &[(&str, &str)] = &[
    ("change-request", "choose \"Disable push\""),
    ("approvals", "set \"Required approvals\" to {count} or more"),
    ("dismiss-stale", "switch on \"Dismiss stale approvals\""),
    ("code-owners", "switch on \"Block merge on code owner reviews\", where the server has it"),
    ("check", "switch on \"Enable status check\" with `{check}` among its patterns"),
    ("up-to-date", "switch on \"Block merge if pull request is outdated\""),
    ("no-force-push", "choose \"Disable force push\""),
    ("no-deletion", "have a rule that covers the branch"),
    ("signed-commits", "switch on \"Require signed commits\""),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_of_ours_is_one() {
        let counts = |host: Arc<HostConventions>| (host.workflow_files.len(), host.code_owners.places.len());
        assert_eq!((counts(gitea()), counts(forgejo())), ((5, 3), (6, 4)));
    }
}
