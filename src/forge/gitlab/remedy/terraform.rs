//! The same for Terraform. A resource holds all of its settings, so that those that are there are
//! written as well, and it takes over what is there.

use super::GitlabChange;
use super::branch::{BranchChange, lowest_level};
use crate::remedy::quote_terraform;
use std::fmt::Write as _;

/// The file.
pub(super) fn write(change: &GitlabChange<'_>) -> String {
    let project = quote_terraform(change.request.repository);
    let mut text = String::new();
    for (number, one) in (1..).zip(&change.branch.changes) {
        let label = if number == 1 { "portcullis".to_string() } else { format!("portcullis-{number}") };
        text.push_str(&branch(change, one, &label));
    }
    let settings = change.of_project();
    if !settings.is_empty() {
        let lines = lines(&settings);
        let _ = writeln!(text, "# in the resource \"gitlab_project\" of {project}\n{lines}");
    }
    text.push_str(&approvals(change, &project));
    text.push_str(&approval_rule(change, &project));
    if change.signs() {
        let _ = writeln!(
            text,
            "# in the resource \"gitlab_project\" of {project}\npush_rules {{\n  reject_unsigned_commits = true\n}}\n"
        );
    }
    text.trim_end().to_string() + "\n"
}

fn take_over(resource: &str, id: &str) -> String {
    format!("import {{\n  to = {resource}\n  id = {}\n}}\n\n", quote_terraform(id))
}

fn branch(change: &GitlabChange<'_>, one: &BranchChange, label: &str) -> String {
    let (project, rule) = (change.request.repository, &one.new);
    let id = format!("{project}:{}", rule.name);
    let resource = format!("gitlab_branch_protection.{label}");
    let mut text = one.old.as_ref().map(|_| take_over(&resource, &id)).unwrap_or_default();
    let _ = writeln!(
        text,
        "resource \"gitlab_branch_protection\" \"{label}\" {{\n  project = {}\n  branch = {}",
        quote_terraform(project),
        quote_terraform(&rule.name)
    );
    for (kind, entries) in [("push", &rule.push), ("merge", &rule.merge), ("unprotect", &rule.unprotect)] {
        if let Some(level) = lowest_level(entries) {
            let _ = writeln!(text, "  {kind}_access_level = \"{}\"", level_name(level));
        }
        for (key, id) in entries.iter().filter_map(|entry| entry.named()) {
            let _ = writeln!(text, "  allowed_to_{kind} {{\n    {key} = {id}\n  }}");
        }
    }
    let _ = writeln!(text, "  allow_force_push = {}", rule.force.unwrap_or(false));
    if let Some(owners) = rule.owners {
        let _ = writeln!(text, "  code_owner_approval_required = {owners}");
    }
    text + "}\n\n"
}

fn level_name(level: u64) -> &'static str {
    match level {
        0 => "no one",
        1..=30 => "developer",
        31..=40 => "maintainer",
        _ => "admin",
    }
}

fn approvals(change: &GitlabChange<'_>, project: &str) -> String {
    let wanted = change.of_approvals();
    if wanted.is_empty() {
        return String::new();
    }
    let now = change.state.approvals.as_ref().map(approvals_now).unwrap_or_default();
    let is_kept = |key: &str| !wanted.iter().any(|(wanted, _)| *wanted == key);
    let kept = now.into_iter().filter(|(key, _)| is_kept(key));
    let settings: Vec<(&str, &str)> = wanted.iter().copied().chain(kept).collect();
    format!(
        "resource \"gitlab_project_level_mr_approvals\" \"portcullis\" {{\n  project = {project}\n{}}}\n\n",
        lines(&settings)
    )
}

fn approvals_now(now: &super::wire::ApprovalSettings) -> Vec<(&'static str, &'static str)> {
    let all = [
        ("reset_approvals_on_push", Some(now.reset_approvals_on_push)),
        ("merge_requests_disable_committers_approval", Some(now.merge_requests_disable_committers_approval)),
        ("merge_requests_author_approval", now.merge_requests_author_approval),
        (
            "disable_overriding_approvers_per_merge_request",
            now.disable_overriding_approvers_per_merge_request,
        ),
        ("selective_code_owner_removals", now.selective_code_owner_removals),
        ("require_reauthentication_to_approve", now.require_reauthentication_to_approve),
    ];
    let said =
        |(key, value): (&'static str, Option<bool>)| Some((key, if value? { "true" } else { "false" }));
    all.into_iter().filter_map(said).collect()
}

fn approval_rule(change: &GitlabChange<'_>, project: &str) -> String {
    let Some(rule) = change.approval_rule() else { return String::new() };
    let old = change.state.any_approver.as_ref();
    let take_over = old.map(|old| {
        let id = format!("{}:{}", change.request.repository, old.id);
        take_over("gitlab_project_approval_rule.portcullis", &id)
    });
    let mut lines = format!(
        "  name = {}\n  rule_type = \"any_approver\"\n  approvals_required = {}\n",
        quote_terraform(&rule.name),
        rule.count
    );
    let ids: Vec<String> =
        old.into_iter().flat_map(|old| old.branch_ids()).map(|id| id.to_string()).collect();
    if rule.on_all_protected {
        lines.push_str("  applies_to_all_protected_branches = true\n");
    } else if !ids.is_empty() {
        let _ = writeln!(lines, "  protected_branch_ids = [{}]", ids.join(", "));
    }
    format!(
        "{}resource \"gitlab_project_approval_rule\" \"portcullis\" {{\n  project = {project}\n{lines}}}\n\n",
        take_over.unwrap_or_default()
    )
}

fn lines(settings: &[(&str, &str)]) -> String {
    let written = |value: &str| match value {
        "true" | "false" => value.to_string(),
        other => quote_terraform(other),
    };
    settings.iter().map(|(key, value)| format!("  {key} = {}\n", written(value))).collect()
}
