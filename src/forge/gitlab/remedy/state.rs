//! What a remedy has to know of a project, so that it loosens nothing and makes nothing twice.

use super::super::protection::is_match;
use super::super::{GitLab, wire};
use crate::http::gaps::malformed;
use portcullis_model::change::BranchName;
use portcullis_model::fact::Gap;
use portcullis_model::protection::Rule;

/// What a project has now, as far as the missing rules concern it.
#[derive(Default)]
pub(super) struct GitlabState {
    /// The rules that match the branch.
    pub rules: Vec<wire::ProtectedBranch>,
    /// The settings of approvals, where the plan has them.
    pub approvals: Option<wire::ApprovalSettings>,
    /// The rule that takes the approval of anyone. A project has one at most.
    pub any_approver: Option<wire::ApprovalRule>,
    /// Does the project take no merge commits? That is stricter than to be up to date.
    pub is_linear: bool,
    /// Were there ever push rules?
    pub has_push_rule: bool,
}

impl GitLab {
    /// # Errors
    /// A gap: something that the change has to keep was not seen.
    pub(super) fn state_for(&self, branch: &BranchName, missing: &[Rule]) -> Result<GitlabState, Gap> {
        let mut state = GitlabState { rules: self.rules_of(branch)?, ..GitlabState::default() };
        if missing.iter().any(is_of_approvals) {
            let what = "the approval settings of the project";
            state.approvals = self.licensed(what, &self.at(&["approvals"]))?;
        }
        if state.approvals.is_some() && missing.iter().any(|rule| matches!(rule, Rule::Approvals(_))) {
            let what = "the approval rules of the project";
            let all: Vec<wire::ApprovalRule> = self.client.list(what, &self.at(&["approval_rules"]))?;
            state.any_approver = all.into_iter().find(|rule| rule.rule_type == "any_approver");
        }
        if missing.contains(&Rule::UpToDate) {
            let method = self.settings()?.merge_method.as_deref();
            let unsaid = || malformed("how the project merges", "`merge_method` is missing");
            state.is_linear = method.ok_or_else(unsaid)? == "ff";
        }
        if missing.contains(&Rule::SignedCommits) {
            let what = "the push rules of the project";
            let seen: Option<Option<wire::PushRule>> = self.licensed(what, &self.at(&["push_rule"]))?;
            state.has_push_rule = seen.flatten().is_some();
        }
        Ok(state)
    }

    fn rules_of(&self, branch: &BranchName) -> Result<Vec<wire::ProtectedBranch>, Gap> {
        let what = format!("the protected branches that match {branch}");
        let all: Vec<wire::ProtectedBranch> = self.client.list(&what, &self.at(&["protected_branches"]))?;
        Ok(all.into_iter().filter(|rule| is_match(&rule.name, branch.as_str())).collect())
    }
}

fn is_of_approvals(rule: &Rule) -> bool {
    matches!(rule, Rule::Approvals(_) | Rule::DismissStale | Rule::LastPushApproval)
}
