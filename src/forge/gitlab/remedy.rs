//! Remedies of GitLab: a rule for the branch, settings of the project, and settings of approvals.
//!
//! Of several rules that match a branch the most permissive counts, so that a rule beside another
//! does not tighten it: the one that is there is changed, and the note says what it may loosen.

use crate::http::address::percent_encode;
use crate::remedy::{HostRemedy, RemedyPart, RemedyRequest, quote_shell, quote_terraform};
use portcullis_model::protection::Rule;
use std::fmt::Write as _;

/// What to change.
pub(super) fn write_remedy(request: &RemedyRequest<'_>) -> HostRemedy {
    let (possible, impossible): (Vec<Rule>, Vec<Rule>) =
        request.missing.iter().cloned().partition(is_possible);
    if possible.is_empty() {
        return HostRemedy { impossible, ..HostRemedy::default() };
    }
    let settings = GitlabSettings { request, rules: &possible };
    let parts = vec![
        RemedyPart::commands("glab", "With the command line of GitLab", &settings.commands()),
        RemedyPart::file("terraform", "The same for Terraform", "portcullis.tf", settings.terraform()),
    ];
    HostRemedy { parts, impossible, notes: settings.notes() }
}

fn is_possible(rule: &Rule) -> bool {
    !matches!(rule, Rule::Check { .. } | Rule::PipelineCheck { .. } | Rule::ServiceCheck { .. })
}

struct GitlabSettings<'a> {
    request: &'a RemedyRequest<'a>,
    rules: &'a [Rule],
}

impl GitlabSettings<'_> {
    fn has(&self, rule: &Rule) -> bool {
        self.rules.contains(rule)
    }

    /// Is the rule of the branch concerned? Where anyone may push, nothing that a request needs
    /// holds.
    fn is_of_branch(&self) -> bool {
        let of_branch = [Rule::ChangeRequest, Rule::NoForcePush, Rule::NoDeletion, Rule::CodeOwners];
        let now = &self.request.now.requirements;
        let lets_push = now.iter().any(|one| one.bypass.value().is_some_and(|actors| !actors.is_empty()));
        of_branch.iter().any(|rule| self.has(rule)) || now.is_empty() || lets_push
    }

    /// Is there a rule of just this branch already?
    fn is_protected(&self) -> bool {
        let name = format!("rule \"{}\"", self.request.branch);
        self.request.now.requirements.iter().any(|one| one.source.contains(&name))
    }

    fn approvals(&self) -> Option<u64> {
        let counts = self.rules.iter().filter_map(|rule| match rule {
            Rule::Approvals(count) => Some(*count),
            _ => None,
        });
        counts.max()
    }

    /// Settings of the project, and what they have to be.
    fn of_project(&self) -> Vec<(&'static str, &'static str)> {
        let all = [
            (Rule::ConversationResolution, "only_allow_merge_if_all_discussions_are_resolved", "true"),
            (Rule::Pipeline, "only_allow_merge_if_pipeline_succeeds", "true"),
            (Rule::Pipeline, "allow_merge_on_skipped_pipeline", "false"),
            (Rule::LinearHistory, "merge_method", "ff"),
            (Rule::UpToDate, "merge_method", "rebase_merge"),
        ];
        let mut wanted: Vec<(&str, &str)> = all
            .into_iter()
            .filter(|(rule, _, _)| self.has(rule))
            .map(|(_, key, value)| (key, value))
            .collect();
        // A linear history is up to date as well.
        if self.has(&Rule::LinearHistory) {
            wanted.retain(|setting| *setting != ("merge_method", "rebase_merge"));
        }
        wanted
    }

    /// Settings of approvals, and what they have to be.
    fn of_approvals(&self) -> Vec<(&'static str, &'static str)> {
        let all = [
            (self.has(&Rule::DismissStale), "reset_approvals_on_push", "true"),
            (self.has(&Rule::LastPushApproval), "merge_requests_disable_committers_approval", "true"),
            (self.has(&Rule::LastPushApproval), "merge_requests_author_approval", "false"),
            (self.approvals().is_some(), "disable_overriding_approvers_per_merge_request", "true"),
        ];
        all.into_iter().filter(|(wanted, _, _)| *wanted).map(|(_, key, value)| (key, value)).collect()
    }

    fn call(&self, method: &str, place: &str, fields: &[(&str, &str)]) -> String {
        let project = percent_encode(self.request.repository);
        let place = format!("projects/{project}{place}");
        let fields =
            fields.iter().map(|(key, value)| format!(" --field {}", quote_shell(&format!("{key}={value}"))));
        format!("glab api --method {method} {}{}", quote_shell(&place), fields.collect::<String>())
    }

    fn commands(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if self.is_of_branch() {
            lines.extend(self.protect_branch());
        }
        let project = self.of_project();
        if !project.is_empty() {
            lines.push(self.call("PUT", "", &project));
        }
        let approvals = self.of_approvals();
        if !approvals.is_empty() {
            lines.push(self.call("POST", "/approvals", &approvals));
        }
        if let Some(count) = self.approvals() {
            let count = count.to_string();
            let rule = [
                ("name", "portcullis"),
                ("rule_type", "any_approver"),
                ("approvals_required", count.as_str()),
            ];
            lines.push(self.call("POST", "/approval_rules", &rule));
        }
        if self.has(&Rule::SignedCommits) {
            lines.push(self.call("POST", "/push_rule", &[("reject_unsigned_commits", "true")]));
        }
        lines
    }

    /// The rule of the branch: where one is there, it is taken away and made again, because the
    /// levels of access of a rule cannot be changed.
    fn protect_branch(&self) -> Vec<String> {
        let name = self.request.branch.as_str();
        let owners = if self.has(&Rule::CodeOwners) { "true" } else { "false" };
        let mut fields = vec![
            ("name", name),
            ("push_access_level", "0"),
            ("merge_access_level", "40"),
            ("allow_force_push", "false"),
        ];
        if self.has(&Rule::CodeOwners) {
            fields.push(("code_owner_approval_required", owners));
        }
        let old = format!("/protected_branches/{}", percent_encode(name));
        let delete = self.is_protected().then(|| self.call("DELETE", &old, &[]));
        delete.into_iter().chain([self.call("POST", "/protected_branches", &fields)]).collect()
    }

    fn terraform(&self) -> String {
        let project = quote_terraform(self.request.repository);
        let mut text = String::new();
        if self.is_of_branch() {
            let branch = quote_terraform(self.request.branch.as_str());
            let owners =
                if self.has(&Rule::CodeOwners) { "  code_owner_approval_required = true\n" } else { "" };
            let _ = writeln!(
                text,
                "resource \"gitlab_branch_protection\" \"portcullis\" {{\n  project            = {project}\n  branch             = {branch}\n  \
                 push_access_level  = \"no one\"\n  merge_access_level = \"maintainer\"\n  allow_force_push   = false\n{owners}}}\n"
            );
        }
        for (kind, settings) in [
            ("gitlab_project", self.of_project()),
            ("gitlab_project_level_mr_approvals", self.of_approvals()),
        ] {
            text.push_str(&terraform_block(kind, &project, &settings));
        }
        if let Some(count) = self.approvals() {
            let settings = [
                ("name", "\"portcullis\"".to_string()),
                ("rule_type", "\"any_approver\"".to_string()),
                ("approvals_required", count.to_string()),
            ];
            let lines: String = settings.iter().map(|(key, value)| format!("  {key} = {value}\n")).collect();
            let _ = writeln!(
                text,
                "resource \"gitlab_project_approval_rule\" \"portcullis\" {{\n  project = {project}\n{lines}}}\n"
            );
        }
        if self.has(&Rule::SignedCommits) {
            let _ = writeln!(
                text,
                "# in the resource \"gitlab_project\" of {project}\npush_rules {{\n  reject_unsigned_commits = true\n}}\n"
            );
        }
        text.trim_end().to_string() + "\n"
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.is_of_branch() {
            notes.push("of several rules that match the branch GitLab takes the most permissive: tighten a rule with `*` as well".to_string());
        }
        if self.is_of_branch() && self.is_protected() {
            notes.push("the rule of the branch is made anew, and the branch is open between the two commands; merging takes the role Maintainer afterwards".to_string());
        }
        if self.approvals().is_some() || self.has(&Rule::CodeOwners) {
            notes.push("required approvals and code owners need GitLab Premium".to_string());
        }
        notes
    }
}

/// Settings in the resource that the project has already; nothing where there are none.
fn terraform_block(kind: &str, project: &str, settings: &[(&str, &str)]) -> String {
    if settings.is_empty() {
        return String::new();
    }
    let written = |value: &str| match value {
        "true" | "false" => value.to_string(),
        other => quote_terraform(other),
    };
    let lines: String =
        settings.iter().map(|(key, value)| format!("  {key} = {}\n", written(value))).collect();
    match kind {
        "gitlab_project" => format!("# in the resource \"gitlab_project\" of {project}\n{lines}\n"),
        _ => format!("resource \"{kind}\" \"portcullis\" {{\n  project = {project}\n{lines}}}\n\n"),
    }
}
