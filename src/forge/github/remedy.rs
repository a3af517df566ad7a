//! Remedies of GitHub: one more ruleset. All rulesets apply at once, and an actor who bypasses one
//! of them is still bound by the others. A ruleset with exactly the missing rules and an empty
//! bypass list is therefore enough.

use crate::remedy::{HostRemedy, RemedyPart, RemedyRequest, quote_terraform, write_json};
use portcullis_model::protection::Rule;
use portcullis_model::shell::quote_text;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// The file that the ruleset is written to.
const FILE: &str = "portcullis-ruleset.json";

/// What to change.
pub(super) fn write_remedy(request: &RemedyRequest<'_>) -> HostRemedy {
    let (possible, impossible): (Vec<Rule>, Vec<Rule>) =
        request.missing.iter().cloned().partition(is_possible);
    let (possible, unnamed) = with_checks(possible, request);
    if possible.is_empty() {
        return HostRemedy { impossible, unnamed, ..HostRemedy::default() };
    }
    let place = format!("repos/{}/rulesets", request.repository);
    let command = format!("gh api --method POST {} --input {FILE}", quote_text(&place));
    let parts = vec![
        RemedyPart::file(
            "gh",
            "A ruleset, as GitHub imports it (Settings > Rules > Rulesets > Import)",
            FILE,
            write_json(&ruleset(request, &possible)),
        ),
        RemedyPart::commands("gh", "The same with the command line of GitHub", &[command]),
        RemedyPart::file(
            "terraform",
            "The same for Terraform",
            "portcullis.tf",
            terraform(request, &possible),
        ),
    ];
    HostRemedy { parts, impossible, unnamed, notes: notes_of(&possible) }
}

fn is_possible(rule: &Rule) -> bool {
    !matches!(rule, Rule::Pipeline | Rule::PipelineCheck { .. } | Rule::ServiceCheck { .. })
}

/// "Up to date" does nothing without a check, so the ruleset repeats those that are required. Where
/// none is, one has to be named.
fn with_checks(mut rules: Vec<Rule>, request: &RemedyRequest<'_>) -> (Vec<Rule>, Vec<(Rule, String)>) {
    let has_check = |rules: &[Rule]| rules.iter().any(|rule| matches!(rule, Rule::Check { .. }));
    if !rules.contains(&Rule::UpToDate) || has_check(&rules) {
        return (rules, Vec::new());
    }
    let imposed = request.now.requirements.iter().map(|one| one.rule.clone());
    rules.extend(imposed.filter(|rule| matches!(rule, Rule::Check { .. })));
    if has_check(&rules) {
        return (rules, Vec::new());
    }
    rules.retain(|rule| *rule != Rule::UpToDate);
    (rules, vec![(Rule::UpToDate, NEEDS_CHECK.to_string())])
}

/// Why a ruleset cannot impose "up to date" alone.
const NEEDS_CHECK: &str = "GitHub imposes it only together with a required status check, and neither the policy nor the \
                           branch names one: name the check under `checks` in the policy, and run this again";

fn notes_of(rules: &[Rule]) -> Vec<String> {
    let any_app = rules.iter().find_map(|rule| match rule {
        Rule::Check { name, app: None } => Some(name),
        _ => None,
    });
    let note =
        |name: &String| format!("the check `{name}` is accepted from any app, because the policy names none");
    any_app.map(note).into_iter().collect()
}

fn ruleset(request: &RemedyRequest<'_>, rules: &[Rule]) -> Value {
    json!({
        "name": format!("portcullis: {}", request.branch),
        "target": "branch",
        "enforcement": "active",
        "conditions": { "ref_name": { "include": [format!("refs/heads/{}", request.branch)], "exclude": [] } },
        "rules": write_rules(rules),
        "bypass_actors": [],
    })
}

fn write_rules(rules: &[Rule]) -> Vec<Value> {
    let has = |rule: &Rule| rules.contains(rule);
    let plain = [
        (Rule::NoForcePush, "non_fast_forward"),
        (Rule::NoDeletion, "deletion"),
        (Rule::SignedCommits, "required_signatures"),
        (Rule::LinearHistory, "required_linear_history"),
    ];
    let mut written: Vec<Value> =
        plain.into_iter().filter(|(rule, _)| has(rule)).map(|(_, kind)| json!({ "type": kind })).collect();
    written.extend(needs_request(rules).then(|| {
        json!({ "type": "pull_request", "parameters": {
            "required_approving_review_count": approvals(rules),
            "dismiss_stale_reviews_on_push": has(&Rule::DismissStale),
            "require_code_owner_review": has(&Rule::CodeOwners),
            "require_last_push_approval": has(&Rule::LastPushApproval),
            "required_review_thread_resolution": has(&Rule::ConversationResolution),
        } })
    }));
    let checks = write_checks(rules);
    written.extend((!checks.is_empty()).then(|| {
        json!({ "type": "required_status_checks", "parameters": {
            "strict_required_status_checks_policy": has(&Rule::UpToDate),
            "do_not_enforce_on_create": false,
            "required_status_checks": checks,
        } })
    }));
    written
}

/// The rules that are settings of one rule of GitHub, about pull requests.
fn needs_request(rules: &[Rule]) -> bool {
    rules.iter().any(|rule| {
        matches!(
            rule,
            Rule::ChangeRequest
                | Rule::Approvals(_)
                | Rule::DismissStale
                | Rule::CodeOwners
                | Rule::LastPushApproval
                | Rule::ConversationResolution
        )
    })
}

fn approvals(rules: &[Rule]) -> u64 {
    let counts = rules.iter().filter_map(|rule| match rule {
        Rule::Approvals(count) => Some(*count),
        _ => None,
    });
    counts.max().unwrap_or(0)
}

fn checks(rules: &[Rule]) -> impl Iterator<Item = (&str, Option<u64>)> {
    rules.iter().filter_map(|rule| match rule {
        Rule::Check { name, app } => {
            Some((name.as_str(), app.as_ref().and_then(|app| app.as_str().parse().ok())))
        }
        _ => None,
    })
}

fn write_checks(rules: &[Rule]) -> Vec<Value> {
    let check = |(name, app): (&str, Option<u64>)| match app {
        Some(app) => json!({ "context": name, "integration_id": app }),
        None => json!({ "context": name }),
    };
    checks(rules).map(check).collect()
}

fn terraform(request: &RemedyRequest<'_>, rules: &[Rule]) -> String {
    let has = |rule: &Rule| rules.contains(rule);
    let repository = request.repository.rsplit_once('/').map_or(request.repository, |(_, name)| name);
    let mut text = format!(
        "resource \"github_repository_ruleset\" \"portcullis\" {{\n  name        = {}\n  repository  = {}\n  target      = \
         \"branch\"\n  enforcement = \"active\"\n\n  conditions {{\n    ref_name {{\n      include = [{}]\n      exclude = []\n    \
         }}\n  }}\n\n  rules {{\n",
        quote_terraform(&format!("portcullis: {}", request.branch)),
        quote_terraform(repository),
        quote_terraform(&format!("refs/heads/{}", request.branch)),
    );
    let plain = [
        (Rule::NoForcePush, "non_fast_forward"),
        (Rule::NoDeletion, "deletion"),
        (Rule::SignedCommits, "required_signatures"),
        (Rule::LinearHistory, "required_linear_history"),
    ];
    for (_, key) in plain.iter().filter(|(rule, _)| has(rule)) {
        let _ = writeln!(text, "    {key} = true");
    }
    if needs_request(rules) {
        let _ = writeln!(
            text,
            "    pull_request {{\n      required_approving_review_count   = {}\n      dismiss_stale_reviews_on_push     = {}\n      \
             require_code_owner_review         = {}\n      require_last_push_approval        = {}\n      \
             required_review_thread_resolution = {}\n    }}",
            approvals(rules),
            has(&Rule::DismissStale),
            has(&Rule::CodeOwners),
            has(&Rule::LastPushApproval),
            has(&Rule::ConversationResolution),
        );
    }
    if checks(rules).next().is_some() {
        let strict = has(&Rule::UpToDate);
        let _ = writeln!(
            text,
            "    required_status_checks {{\n      strict_required_status_checks_policy = {strict}"
        );
        for (name, app) in checks(rules) {
            let app = app.map_or_else(String::new, |app| format!("\n        integration_id = {app}"));
            let name = quote_terraform(name);
            let _ = writeln!(text, "      required_check {{\n        context        = {name}{app}\n      }}");
        }
        text.push_str("    }\n");
    }
    text.push_str("  }\n}\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::github::{protection, wire};
    use portcullis_model::change::BranchName;
    use portcullis_model::protection::Protection;

    fn every_rule() -> Vec<Rule> {
        vec![
            Rule::ChangeRequest,
            Rule::Approvals(2),
            Rule::DismissStale,
            Rule::CodeOwners,
            Rule::LastPushApproval,
            Rule::ConversationResolution,
            Rule::Check { name: "build".into(), app: Some(15368.into()) },
            Rule::UpToDate,
            Rule::NoForcePush,
            Rule::NoDeletion,
            Rule::SignedCommits,
            Rule::LinearHistory,
        ]
    }

    /// What the reader of this very host makes of the rules that a remedy writes.
    fn read_back(rules: &[Rule]) -> Vec<Rule> {
        let items = write_rules(rules).into_iter().map(|mut rule| {
            rule["ruleset_id"] = json!(1);
            serde_json::from_value::<wire::BranchRule>(rule).unwrap()
        });
        let mut read: Vec<Rule> =
            items.flat_map(|item| protection::rules("a test", &item).unwrap()).collect();
        read.sort();
        read
    }

    #[test]
    fn each_rule_is_read_back_with_nothing_beside_what_carries_it() {
        let mut all = every_rule();
        all.sort();
        assert_eq!(read_back(&all), all);
        let alone = [Rule::NoForcePush, Rule::NoDeletion, Rule::SignedCommits, Rule::LinearHistory];
        for rule in alone {
            assert_eq!(read_back(std::slice::from_ref(&rule)), [rule]);
        }
        for rule in [Rule::Approvals(3), Rule::DismissStale, Rule::CodeOwners, Rule::LastPushApproval] {
            assert_eq!(read_back(std::slice::from_ref(&rule)), [Rule::ChangeRequest, rule]);
        }
    }

    #[test]
    fn what_github_has_no_setting_for_is_said() {
        let branch = BranchName::new("main");
        let now = Protection { requirements: Vec::new(), unseen: Vec::new() };
        let missing = [Rule::Pipeline];
        let remedy =
            write_remedy(&RemedyRequest { repository: "o/r", branch: &branch, missing: &missing, now: &now });
        assert_eq!((remedy.parts.len(), remedy.impossible.as_slice()), (0, &missing[..]));
    }
}
