//! Remedies of GitLab: rules for the branch, settings of the project, and settings of approvals.
//!
//! Everything that is there and that the policy does not ask for stays as it is: a rule is changed
//! in place where the plan can do that, and made anew with all that it had where it cannot.

use super::rules::applies_to;
use super::{GitLab, wire};
use crate::http::address::percent_encode;
use crate::remedy::{HostRemedy, RemedyPart, RemedyRequest};
use branch::BranchPlan;
use portcullis_model::fact::Gap;
use portcullis_model::protection::Rule;
use portcullis_model::shell::quote_text;
use serde_json::{Map, Value, json};
use state::GitlabState;

mod branch;
mod state;
mod terraform;

impl GitLab {
    /// # Errors
    /// A gap: what the change has to keep was not seen.
    pub(super) fn write_remedy(&self, request: &RemedyRequest<'_>) -> Result<HostRemedy, Gap> {
        let (rules, impossible): (Vec<Rule>, Vec<Rule>) =
            request.missing.iter().cloned().partition(is_possible);
        if rules.is_empty() {
            return Ok(HostRemedy { impossible, ..HostRemedy::default() });
        }
        let state = self.state_for(request.branch, &rules)?;
        let branch = BranchPlan::of(request.branch, &rules, &state.rules)?;
        let change = GitlabChange { request, rules: &rules, state, branch };
        let (commands, notes) = (change.commands()?, change.notes());
        if commands.is_empty() {
            return Ok(HostRemedy { impossible, notes, ..HostRemedy::default() });
        }
        let file = terraform::write(&change);
        let parts = vec![
            RemedyPart::commands("glab", "With the command line of GitLab", &commands),
            RemedyPart::file("terraform", "The same for Terraform", "portcullis.tf", file),
        ];
        Ok(HostRemedy { parts, impossible, notes, ..HostRemedy::default() })
    }
}

fn is_possible(rule: &Rule) -> bool {
    !matches!(rule, Rule::Check { .. } | Rule::PipelineCheck { .. } | Rule::ServiceCheck { .. })
}

/// What changes.
struct GitlabChange<'a> {
    request: &'a RemedyRequest<'a>,
    rules: &'a [Rule],
    state: GitlabState,
    branch: BranchPlan,
}

/// The rule that takes an approval of anyone, as it has to be.
struct WantedApprovals {
    name: String,
    count: u64,
    on_all_protected: bool,
}

impl GitlabChange<'_> {
    fn has(&self, rule: &Rule) -> bool {
        self.rules.contains(rule)
    }

    fn signs(&self) -> bool {
        self.has(&Rule::SignedCommits)
    }

    fn approvals(&self) -> Option<u64> {
        let counts = self.rules.iter().filter_map(|rule| match rule {
            Rule::Approvals(count) => Some(*count),
            _ => None,
        });
        counts.max()
    }

    /// Settings of the project, and what they have to be. A linear history is up to date as well.
    fn of_project(&self) -> Vec<(&'static str, &'static str)> {
        let linear = self.has(&Rule::LinearHistory) || self.state.is_linear;
        let all = [
            (Rule::ConversationResolution, "only_allow_merge_if_all_discussions_are_resolved", "true"),
            (Rule::Pipeline, "only_allow_merge_if_pipeline_succeeds", "true"),
            (Rule::Pipeline, "allow_merge_on_skipped_pipeline", "false"),
            (Rule::LinearHistory, "merge_method", "ff"),
            (Rule::UpToDate, "merge_method", "rebase_merge"),
        ];
        let is_wanted = |rule: &Rule| self.has(rule) && !(*rule == Rule::UpToDate && linear);
        all.into_iter().filter(|(rule, _, _)| is_wanted(rule)).map(|(_, key, value)| (key, value)).collect()
    }

    /// Settings of approvals, and what they have to be. Resetting all approvals excludes resetting
    /// those of code owners alone.
    fn of_approvals(&self) -> Vec<(&'static str, &'static str)> {
        let now = self.state.approvals.as_ref();
        let resets = self.has(&Rule::DismissStale);
        let is_selective = now.is_some_and(|now| now.selective_code_owner_removals == Some(true));
        let all = [
            (resets, "reset_approvals_on_push", "true"),
            (resets && is_selective, "selective_code_owner_removals", "false"),
            (self.has(&Rule::LastPushApproval), "merge_requests_disable_committers_approval", "true"),
            (self.has(&Rule::LastPushApproval), "merge_requests_author_approval", "false"),
            (self.approvals().is_some(), "disable_overriding_approvers_per_merge_request", "true"),
        ];
        all.into_iter().filter(|(wanted, _, _)| *wanted).map(|(_, key, value)| (key, value)).collect()
    }

    /// `None` where the rule of the project is enough.
    fn approval_rule(&self) -> Option<WantedApprovals> {
        let count = self.approvals()?;
        let Some(old) = &self.state.any_approver else {
            return Some(WantedApprovals { name: "portcullis".to_string(), count, on_all_protected: false });
        };
        let applies = applies_to(old, self.request.branch);
        let on_all_protected = !applies || old.applies_to_all_protected_branches == Some(true);
        let wanted = WantedApprovals {
            name: old.name.clone(),
            count: count.max(old.approvals_required),
            on_all_protected,
        };
        (!applies || old.approvals_required < count).then_some(wanted)
    }

    fn call(&self, method: &str, place: &str, body: &Map<String, Value>) -> String {
        let project = percent_encode(self.request.repository);
        let place = quote_text(&format!("projects/{project}{place}"));
        let call = format!("glab api --method {method} {place}");
        if body.values().any(Value::is_array) {
            // Fields cannot be lists.
            let body = quote_text(&Value::Object(body.clone()).to_string());
            return format!(
                "printf '%s' {body} | {call} --header 'Content-Type: application/json' --input -"
            );
        }
        let fields = body.iter().map(|(key, value)| match value {
            Value::String(text) => format!(" --raw-field {}", quote_text(&format!("{key}={text}"))),
            other => format!(" --field {}", quote_text(&format!("{key}={other}"))),
        });
        call + &fields.collect::<String>()
    }

    fn commands(&self) -> Result<Vec<String>, Gap> {
        let mut lines = Vec::new();
        for change in &self.branch.changes {
            for (method, name, body) in change.calls()? {
                let name = name.map_or_else(String::new, |name| format!("/{}", percent_encode(name)));
                lines.push(self.call(method, &format!("/protected_branches{name}"), &body));
            }
        }
        let project = self.of_project();
        if !project.is_empty() {
            lines.push(self.call("PUT", "", &fields(&project)));
        }
        let approvals = self.of_approvals();
        if !approvals.is_empty() {
            lines.push(self.call("POST", "/approvals", &fields(&approvals)));
        }
        lines.extend(self.require_approvals());
        if self.signs() {
            let method = if self.state.has_push_rule { "PUT" } else { "POST" };
            lines.push(self.call(method, "/push_rule", &fields(&[("reject_unsigned_commits", "true")])));
        }
        Ok(lines)
    }

    /// A project has at most one rule of this kind: the one that is there is changed.
    fn require_approvals(&self) -> Option<String> {
        let rule = self.approval_rule()?;
        let mut body = Map::new();
        body.insert("name".to_string(), json!(rule.name));
        body.insert("approvals_required".to_string(), json!(rule.count));
        let Some(old) = &self.state.any_approver else {
            body.insert("rule_type".to_string(), json!("any_approver"));
            return Some(self.call("POST", "/approval_rules", &body));
        };
        if !applies_to(old, self.request.branch) {
            body.insert("applies_to_all_protected_branches".to_string(), json!(true));
        }
        Some(self.call("PUT", &format!("/approval_rules/{}", old.id), &body))
    }

    fn notes(&self) -> Vec<String> {
        let changes = &self.branch.changes;
        let wide = changes.iter().map(|change| &change.new.name).filter(|name| name.contains('*'));
        let wide =
            wide.map(|name| format!("the rule `{name}` is tightened for every branch that it matches"));
        let of_group = self.branch.of_group.iter().map(|name| {
            format!("the rule `{name}` is one of the group and lets more: change it in the group's settings")
        });
        let others = [
            (
                self.state.rules.is_empty() && !changes.is_empty(),
                "merging into the branch takes the role Maintainer afterwards",
            ),
            (
                changes.iter().any(|it| it.is_made_anew()),
                "the rule is made anew, because this plan cannot change who may push, and the branch is open between the two commands",
            ),
            (
                changes.iter().any(|it| it.old.is_some()) || self.state.any_approver.is_some(),
                "Terraform takes over what is there with its `import` blocks; leave out those of resources that it has already",
            ),
            (
                self.approval_rule().is_some_and(|rule| rule.on_all_protected),
                "the rule of approvals holds for all protected branches",
            ),
            (
                self.approvals().is_some() || self.has(&Rule::CodeOwners),
                "required approvals and code owners need GitLab Premium",
            ),
        ];
        let others = others.into_iter().filter(|(is_so, _)| *is_so).map(|(_, note)| note.to_string());
        wide.chain(of_group).chain(others).collect()
    }
}

fn fields(settings: &[(&str, &str)]) -> Map<String, Value> {
    let value = |text: &str| text.parse::<bool>().map_or_else(|_| json!(text), |yes| json!(yes));
    settings.iter().map(|(key, text)| ((*key).to_string(), value(text))).collect()
}

impl wire::ApprovalRule {
    /// The protected branches that it names.
    fn branch_ids(&self) -> Vec<u64> {
        self.protected_branches.iter().flatten().filter_map(|branch| branch.id).collect()
    }
}
