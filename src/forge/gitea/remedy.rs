//! Remedies of Gitea and Forgejo: one rule is in force for a branch, so the whole rule is written,
//! and keeps what it imposes already.

use crate::http::address::percent_encode;
use crate::remedy::{HostRemedy, RemedyPart, RemedyRequest, write_json};
use portcullis_model::protection::Rule;
use portcullis_model::shell::quote_text;
use serde_json::{Map, Value, json};

/// The file that the rule is written to.
const FILE: &str = "portcullis-rule.json";

/// What to change.
pub(super) fn write_remedy(request: &RemedyRequest<'_>) -> HostRemedy {
    let (possible, impossible): (Vec<Rule>, Vec<Rule>) =
        request.missing.iter().cloned().partition(is_possible);
    if possible.is_empty() {
        return HostRemedy { impossible, ..HostRemedy::default() };
    }
    let known = rule_in_force(request);
    let mut body = write_rule(request, &possible);
    let place = format!("repos/{}/branch_protections", request.repository);
    let (method, place) = match known {
        Some(name) => ("PATCH", format!("{place}/{}", percent_encode(name))),
        None => {
            body.insert("rule_name".to_string(), json!(request.branch.as_str()));
            ("POST", place)
        }
    };
    let command = format!(
        "curl --fail --request {method} --header \"Authorization: token $TOKEN\" --header 'Content-Type: application/json' --data \
         @{FILE} \"$SERVER\"{}",
        quote_text(&format!("/api/v1/{place}"))
    );
    let parts = vec![
        RemedyPart::file("api", "The rule, as the API takes it", FILE, write_json(&Value::Object(body))),
        RemedyPart::commands(
            "api",
            "SERVER is the address of the server, TOKEN a token with the scope write:repository",
            &[command],
        ),
    ];
    HostRemedy { parts, impossible, ..HostRemedy::default() }
}

fn is_possible(rule: &Rule) -> bool {
    matches!(
        rule,
        Rule::ChangeRequest
            | Rule::Approvals(_)
            | Rule::DismissStale
            | Rule::CodeOwners
            | Rule::UpToDate
            | Rule::NoForcePush
            | Rule::NoDeletion
            | Rule::SignedCommits
            | Rule::Check { app: None, .. }
    )
}

/// The name of the rule that is in force.
fn rule_in_force<'a>(request: &'a RemedyRequest<'_>) -> Option<&'a str> {
    let sources = request.now.requirements.iter().map(|one| one.source.as_str());
    sources.filter_map(|source| source.strip_prefix("rule `")?.strip_suffix('`')).next()
}

fn write_rule(request: &RemedyRequest<'_>, missing: &[Rule]) -> Map<String, Value> {
    let mut body = Map::new();
    let mut set = |key: &str, value: Value| drop(body.insert(key.to_string(), value));
    // What lets anyone push lets them round everything else.
    set("enable_push", json!(false));
    set("block_admin_merge_override", json!(true));
    set("apply_to_admins", json!(true));
    for rule in missing {
        match rule {
            Rule::Approvals(count) => set("required_approvals", json!(count)),
            Rule::DismissStale => set("dismiss_stale_approvals", json!(true)),
            Rule::CodeOwners => set("block_on_codeowner_reviews", json!(true)),
            Rule::UpToDate => set("block_on_outdated_branch", json!(true)),
            Rule::SignedCommits => set("require_signed_commits", json!(true)),
            Rule::NoForcePush => set("enable_force_push", json!(false)),
            _ => {}
        }
    }
    let imposed = request.now.requirements.iter().map(|one| &one.rule);
    let mut checks: Vec<&str> = imposed.chain(missing).filter_map(Rule::check_name).collect();
    checks.sort_unstable();
    checks.dedup();
    if missing.iter().any(|rule| rule.check_name().is_some()) {
        set("enable_status_check", json!(true));
        set("status_check_contexts", json!(checks));
    }
    body
}
