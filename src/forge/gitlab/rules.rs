//! The reading plan for branch protection: protected branches, the settings of the project, its
//! approval rules and settings, push rules, and whether the request changed its own rules.

use super::protection::{MatchingRules, is_match, project_rules};
use super::{GitLab, wire};
use crate::Question;
use crate::http::gaps::{contradiction, malformed};
use portcullis_model::change::BranchName;
use portcullis_model::fact::{Fact, Gap};
use portcullis_model::protection::{ActorKind, Bypass, BypassMode, Protection, Requirement, Rule};

const APPROVAL_SETTINGS: &str = "approval settings of the project";

/// What was seen so far, and who may push without a request.
struct Found {
    all: Protection,
    /// A gap where the rules of the branch were not seen.
    pushers: Result<Vec<Bypass>, Gap>,
}

impl Found {
    /// Adds what a request needs: it binds nobody who may push without one.
    fn add(&mut self, source: &str, rules: impl IntoIterator<Item = Rule>) {
        let bypass = Fact::from(self.pushers.clone());
        let requirement = |rule| Requirement { rule, source: source.to_string(), bypass: bypass.clone() };
        self.all.requirements.extend(rules.into_iter().map(requirement));
    }
}

impl GitLab {
    pub(super) fn branch_protection(&self, question: &Question<'_>) -> Result<Protection, Gap> {
        let branch = match (&question.branch, &question.request) {
            (Fact::Known(branch), _) => &branch.name,
            (Fact::Gap(_), Fact::Known(request)) => &request.base_branch,
            (Fact::Gap(gap), Fact::Gap(_)) => return Err(gap.clone()),
        };
        let nothing = Protection { requirements: Vec::new(), unseen: Vec::new() };
        // What a request needs holds nobody where anybody may push.
        if question.branch.value().is_some_and(|branch| !branch.protected) {
            return Ok(nothing);
        }
        let mut found = Found { all: nothing, pushers: Ok(Vec::new()) };
        self.add_protected_branches(branch, question, &mut found);
        let reads: [Read; 3] = [GitLab::add_project, GitLab::add_approvals, GitLab::add_push_rule];
        for read in reads {
            if let Err(gap) = read(self, branch, question, &mut found) {
                found.all.unseen.push(gap);
            }
        }
        let mut all = found.all;
        all.requirements.sort_by(|a, b| (&a.rule, &a.source).cmp(&(&b.rule, &b.source)));
        all.unseen.sort();
        all.unseen.dedup();
        Ok(all)
    }

    fn add_protected_branches(&self, branch: &BranchName, question: &Question<'_>, found: &mut Found) {
        let what = format!("the protected branches that match {branch}");
        let is_protected = question.branch.value().is_some_and(|branch| branch.protected);
        let listed = self.client.list(&what, &self.at(&["protected_branches"]));
        let matching = listed.and_then(|all| match MatchingRules::of(branch, all) {
            none if none.is_empty() && is_protected => Err(contradiction(
                &what,
                "the host says that the branch is protected, and no rule matches it",
            )),
            matching => Ok(matching),
        });
        match matching {
            Ok(none) if none.is_empty() => (),
            Ok(matching) => {
                let (requirements, open) = matching.requirements();
                found.all.requirements.extend(requirements);
                found.all.unseen.extend(open);
                found.pushers = Ok(matching.direct_pushers());
            }
            Err(gap) => {
                found.all.unseen.push(gap.clone());
                found.pushers = Err(gap);
                if is_protected && self.keeps_developers_out(branch) {
                    found.add("the protected branch", [Rule::ChangeRequest, Rule::NoDeletion]);
                }
            }
        }
    }

    /// Without the rules, the branch itself says whether everyone who may write may push to it. If
    /// not, the branch takes requests, and who else may push is hidden.
    fn keeps_developers_out(&self, branch: &BranchName) -> bool {
        let what = format!("who may push to {branch}");
        let seen = self.client.get(&what, &self.at(&["repository", "branches", branch.as_str()]));
        seen.is_ok_and(|seen: wire::Branch| {
            seen.name == branch.as_str() && seen.protected && seen.developers_can_push == Some(false)
        })
    }

    fn add_project(&self, branch: &BranchName, _: &Question<'_>, found: &mut Found) -> Result<(), Gap> {
        let project = self.settings()?;
        let (rules, open) = project_rules(project);
        found.add("settings of the project", rules);
        let what = format!("the settings of {}", self.project);
        let missing = |field| {
            let gap = malformed(&what, format!("`{field}` is missing"));
            Gap { remedy: super::TOKEN_ADVICE.to_string(), ..gap }
        };
        found.all.unseen.extend(open.into_iter().map(missing));
        match project.only_allow_merge_if_all_status_checks_passed {
            Some(true) => self.add_status_checks(branch, found),
            _ => Ok(()),
        }
    }

    /// Only where the project requires them.
    fn add_status_checks(&self, branch: &BranchName, found: &mut Found) -> Result<(), Gap> {
        let what = "the external status checks of the project";
        let checks: Vec<wire::StatusCheck> = self.client.list(what, &self.at(&["external_status_checks"]))?;
        let on_branch = checks.into_iter().filter(|check| covers(check.protected_branches.as_ref(), branch));
        let rules = on_branch.map(|check| Rule::ServiceCheck { name: check.name, service: check.id.into() });
        found.add("external status checks", rules.collect::<Vec<_>>());
        Ok(())
    }

    fn add_approvals(
        &self,
        branch: &BranchName,
        question: &Question<'_>,
        found: &mut Found,
    ) -> Result<(), Gap> {
        let what = "the approval settings of the project";
        let Some(settings) = self.licensed::<wire::ApprovalSettings>(what, &self.at(&["approvals"]))? else {
            return Ok(());
        };
        let author = settings.merge_requests_author_approval.unwrap_or(true);
        let rules = [
            (settings.reset_approvals_on_push, Rule::DismissStale),
            (settings.merge_requests_disable_committers_approval && !author, Rule::LastPushApproval),
        ];
        let wanted = rules.into_iter().filter(|(wanted, _)| *wanted).map(|(_, rule)| rule);
        found.add(APPROVAL_SETTINGS, wanted.collect::<Vec<_>>());
        let is_fixed = settings.disable_overriding_approvers_per_merge_request == Some(true);
        self.add_approval_rules(branch, question, is_fixed, found)
    }

    /// How many approvals are required: by the rules of the project, or by the request's own where
    /// it has changed them. Where requests may change theirs, every author may.
    fn add_approval_rules(
        &self,
        branch: &BranchName,
        question: &Question<'_>,
        is_fixed: bool,
        found: &mut Found,
    ) -> Result<(), Gap> {
        let what = "the approval rules of the project";
        let all: Vec<wire::ApprovalRule> = self.client.list(what, &self.at(&["approval_rules"]))?;
        let mut rules: Vec<(String, wire::ApprovalRule)> = all
            .into_iter()
            .filter(|rule| rule.rule_type != "report_approver" && applies_to(rule, branch))
            .map(|rule| (format!("approval rule \"{}\" ({})", rule.name, rule.id), rule))
            .collect();
        if let Some(changed) = self.changed_rules(question)? {
            let own =
                |rule: wire::ApprovalRule| (format!("rule \"{}\" of the request itself", rule.name), rule);
            rules = changed.into_iter().map(own).collect();
        }
        let mut bypass = found.pushers.clone();
        if let Ok(bypass) = &mut bypass
            && !is_fixed
        {
            bypass.push(author_of_rules());
        }
        let requirement = |(source, rule): (String, wire::ApprovalRule)| Requirement {
            rule: Rule::Approvals(rule.approvals_required),
            source,
            bypass: Fact::from(bypass.clone()),
        };
        let required = rules.into_iter().filter(|(_, rule)| rule.approvals_required > 0);
        found.all.requirements.extend(required.map(requirement));
        Ok(())
    }

    /// The rules of the request, where it has changed those of the project.
    fn changed_rules(&self, question: &Question<'_>) -> Result<Option<Vec<wire::ApprovalRule>>, Gap> {
        let Some(request) = question.request.value() else { return Ok(None) };
        let number = request.id.to_string();
        let what = format!("the approval rules of request {number}");
        let segments = self.at(&["merge_requests", &number, "approval_state"]);
        let state: wire::ApprovalState = self.client.get(&what, &segments)?;
        let is_changed =
            state.approval_rules_overwritten || state.rules.iter().any(|rule| rule.overridden == Some(true));
        let counted = state.rules.into_iter().filter(|rule| rule.rule_type != "code_owner");
        Ok(is_changed.then(|| counted.collect()))
    }

    /// Null: the project has never had any.
    fn add_push_rule(&self, _: &BranchName, _: &Question<'_>, found: &mut Found) -> Result<(), Gap> {
        let what = "the push rules of the project";
        let seen: Option<Option<wire::PushRule>> = self.licensed(what, &self.at(&["push_rule"]))?;
        let is_on = |rule: wire::PushRule| rule.reject_unsigned_commits == Some(true);
        if seen.flatten().is_some_and(is_on) {
            let source = "the push rules".to_string();
            let (rule, bypass) = (Rule::SignedCommits, Fact::Known(Vec::new()));
            found.all.requirements.push(Requirement { rule, source, bypass });
        }
        Ok(())
    }
}

type Read = fn(&GitLab, &BranchName, &Question<'_>, &mut Found) -> Result<(), Gap>;

/// Does an approval rule apply to a branch? It does to every branch where it names none.
pub(super) fn applies_to(rule: &wire::ApprovalRule, branch: &BranchName) -> bool {
    rule.applies_to_all_protected_branches == Some(true) || covers(rule.protected_branches.as_ref(), branch)
}

fn covers(branches: Option<&Vec<wire::RuleBranch>>, branch: &BranchName) -> bool {
    branches
        .is_none_or(|named| named.is_empty() || named.iter().any(|it| is_match(&it.name, branch.as_str())))
}

/// Anyone who opens a request, or can write, can change its approval rules where the project lets
/// them.
fn author_of_rules() -> Bypass {
    Bypass { kind: ActorKind::Writers, id: None, name: None, mode: BypassMode::ChangeRequest }
}
