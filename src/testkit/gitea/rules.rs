//! The rule of a branch, as Gitea and Forgejo keep it.

use super::{GiteaHost, Software};
use crate::scene::BranchProtection;
use portcullis_model::protection::{ActorKind, Bypass, Rule};
use serde_json::{Value, json};

/// A rule for branches ("BranchProtection").
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "the host's own form")]
pub struct GiteaRule {
    /// A branch or a pattern.
    pub name: String,
    /// Its place among others.
    pub priority: i64,
    /// May anyone push directly?
    pub push: bool,
    /// Only those who are listed?
    pub push_list: bool,
    /// Accounts on the list.
    pub push_users: Vec<String>,
    /// Teams on the list.
    pub push_teams: Vec<String>,
    /// Are deploy keys on the list?
    pub push_deploy_keys: bool,
    /// May those who push do so with force?
    pub force_push: bool,
    /// How many approvals a request needs.
    pub approvals: u64,
    /// Does a push withdraw approvals?
    pub dismiss_stale: bool,
    /// Does the request have to contain the tip of the branch?
    pub up_to_date: bool,
    /// Do commits have to be signed?
    pub signed: bool,
    /// The statuses that a request needs; `None`: it needs none.
    pub checks: Option<Vec<String>>,
    /// Does it hold for administrators who merge?
    pub binds_administrators: bool,
    /// Files that nobody may change, as patterns between semicolons.
    pub protected_files: String,
    /// Files that may be pushed directly, as patterns between semicolons.
    pub unprotected_files: String,
}

impl GiteaRule {
    /// A rule with two approvals and no way round it.
    pub fn strict(branch: &str) -> GiteaRule {
        GiteaRule::open(branch).with(&BranchProtection::strict())
    }

    /// A rule that asks for nothing.
    pub fn open(branch: &str) -> GiteaRule {
        GiteaRule {
            name: branch.to_string(),
            priority: 1,
            push: true,
            push_list: false,
            push_users: Vec::new(),
            push_teams: Vec::new(),
            push_deploy_keys: false,
            force_push: true,
            approvals: 0,
            dismiss_stale: false,
            up_to_date: false,
            signed: false,
            checks: None,
            binds_administrators: true,
            protected_files: String::new(),
            unprotected_files: String::new(),
        }
    }

    /// The rule with everything that such a host can require of these.
    pub(super) fn with(mut self, protection: &BranchProtection) -> GiteaRule {
        for rule in &protection.rules {
            match rule {
                Rule::ChangeRequest => self.push = false,
                Rule::Approvals(count) => self.approvals = *count,
                Rule::DismissStale => self.dismiss_stale = true,
                Rule::Check { name, .. } => self.checks.get_or_insert_default().push(name.clone()),
                Rule::UpToDate => self.up_to_date = true,
                Rule::NoForcePush => self.force_push = false,
                Rule::SignedCommits => self.signed = true,
                // Nothing of the kind, or always so.
                Rule::CodeOwners
                | Rule::PipelineCheck { .. }
                | Rule::ServiceCheck { .. }
                | Rule::Pipeline
                | Rule::LastPushApproval
                | Rule::ConversationResolution
                | Rule::NoDeletion
                | Rule::LinearHistory => {}
            }
        }
        protection.bypass.iter().flatten().for_each(|bypass| self.let_round(bypass));
        self
    }

    fn let_round(&mut self, bypass: &Bypass) {
        let name = bypass.name.clone().unwrap_or_default();
        if bypass.kind == ActorKind::Administrators {
            self.binds_administrators = false;
            return;
        }
        self.push = true;
        self.push_list |= bypass.kind != ActorKind::Writers;
        match bypass.kind {
            ActorKind::Team => self.push_teams.push(name),
            ActorKind::DeployKey => self.push_deploy_keys = true,
            _ => self.push_users.push(name),
        }
    }
}

impl GiteaHost {
    pub(super) fn rule_body(&self, rule: &GiteaRule) -> Value {
        let mut body = json!({
            "branch_name": rule.name, "rule_name": rule.name,
            "enable_push": rule.push, "enable_push_whitelist": rule.push_list,
            "push_whitelist_usernames": rule.push_users, "push_whitelist_teams": rule.push_teams,
            "push_whitelist_deploy_keys": rule.push_deploy_keys,
            "enable_merge_whitelist": false, "merge_whitelist_usernames": [], "merge_whitelist_teams": [],
            "enable_status_check": rule.checks.is_some(), "status_check_contexts": rule.checks.clone().unwrap_or_default(),
            "required_approvals": rule.approvals, "enable_approvals_whitelist": false,
            "approvals_whitelist_username": [], "approvals_whitelist_teams": [],
            "block_on_rejected_reviews": true, "block_on_official_review_requests": false,
            "block_on_outdated_branch": rule.up_to_date, "dismiss_stale_approvals": rule.dismiss_stale,
            "ignore_stale_approvals": false, "require_signed_commits": rule.signed,
            "protected_file_patterns": rule.protected_files, "unprotected_file_patterns": rule.unprotected_files,
            "created_at": crate::world::minutes(0), "updated_at": crate::world::minutes(1),
        });
        let own = match self.software {
            Software::Forgejo => json!({ "apply_to_admins": rule.binds_administrators }),
            Software::Gitea => json!({
                "priority": rule.priority, "block_admin_merge_override": rule.binds_administrators,
                "enable_force_push": rule.force_push, "enable_force_push_allowlist": false,
                "force_push_allowlist_usernames": [], "force_push_allowlist_teams": [],
                "force_push_allowlist_deploy_keys": false,
            }),
        };
        if let (Some(body), Value::Object(own)) = (body.as_object_mut(), own) {
            body.extend(own);
            body.extend(self.rule_fields.clone());
        }
        body
    }

    /// The rule in force: that of the branch's name, else the first that could match.
    pub(super) fn rule_in_force(&self) -> Option<&GiteaRule> {
        let branch = self.world.branch.name.as_str();
        let exact = self.rules.iter().find(|rule| rule.name.eq_ignore_ascii_case(branch));
        exact.or_else(|| self.rules.iter().find(|rule| rule.name.contains('*')))
    }
}
