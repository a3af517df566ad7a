//! Branch protection: one rule of the repository is in force for a branch, and becomes
//! requirements.
//!
//! What a rule leaves open is said as a way round the requirements that it would break:
//!
//! - whoever may push directly needs no request, no approval and no check; a forced push needs the
//!   leave for both. A list of them is shown without those who are no readers of the repository, so
//!   that an empty list of a rule that has one is no answer;
//! - `unprotected_file_patterns` lets every writer push directly, if only such files are touched;
//! - administrators who merge need no approval and no check, unless the rule binds them;
//! - `status_check_contexts` has no writers, and an empty list names no check;
//! - `protected_file_patterns` only forbids more, and a pattern that is none is skipped in silence:
//!   it is not relied on.
//!
//! Deletion of a protected branch, and commits without a signature where the rule wants them, are
//! refused to everybody.

use super::rule_name::in_force;
use super::{Gitea, administrators_only, wire};
use crate::Question;
use crate::http::gaps::{contradiction, malformed};
use portcullis_model::change::BranchName;
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::protection::{ActorKind, Bypass, BypassMode, Protection, Requirement, Rule};

impl Gitea {
    pub(super) fn branch_protection(&self, question: &Question<'_>) -> Result<Protection, Gap> {
        let branch = match (&question.branch, &question.request) {
            (Fact::Known(branch), _) => &branch.name,
            (Fact::Gap(_), Fact::Known(request)) => &request.base_branch,
            (Fact::Gap(gap), Fact::Gap(_)) => return Err(gap.clone()),
        };
        let seen = self.seen_branch(branch);
        if seen.as_ref().is_ok_and(|seen| !seen.protected) {
            return Ok(Protection { requirements: Vec::new(), unseen: Vec::new() });
        }
        let what = format!("the protection of branch {branch}");
        match (self.rule_of(&what, branch, seen.as_ref().ok()), seen) {
            (Ok(Some(rule)), _) => Ok(self.requirements(&what, &rule)),
            (Ok(None), Ok(_)) => {
                Err(contradiction(&what, "the host calls it protected and shows no rule for it"))
            }
            (Ok(None), Err(gap)) => Err(gap),
            (Err(gap), Ok(seen)) => Ok(partial(branch, &seen, gap)),
            (Err(gap), Err(_)) => Err(gap),
        }
    }

    /// The rule in force. The server names it to whoever may read the rules.
    fn rule_of(
        &self,
        what: &str,
        branch: &BranchName,
        seen: Option<&wire::Branch>,
    ) -> Result<Option<wire::ProtectionRule>, Gap> {
        let segments = self.at(&["branch_protections"]);
        let rules: Option<Vec<wire::ProtectionRule>> =
            self.get(what, &segments, &[]).map_err(administrators_only)?;
        let rules = rules.unwrap_or_default();
        let named =
            seen.map(|seen| seen.effective_branch_protection_name.as_str()).filter(|name| !name.is_empty());
        let rule = match named {
            Some(name) => {
                let named: Vec<_> = rules.iter().filter(|rule| rule.rule_name == name).collect();
                match named.as_slice() {
                    [rule] => Some(*rule),
                    _ => {
                        let found =
                            format!("rule `{name}` is in force, and {} of that name are listed", named.len());
                        return Err(contradiction(what, found));
                    }
                }
            }
            None => in_force(&rules, branch.as_str())
                .map_err(|()| malformed(what, "the host does not say which of its rules is in force"))?,
        };
        if let Some(rule) = rule.filter(|rule| self.is_unreadable(rule)) {
            return Err(self.foreign(what, rule));
        }
        Ok(rule.cloned())
    }

    /// Fields that the host's kind always has are missing, or it has those of the other kind.
    fn is_unreadable(&self, rule: &wire::ProtectionRule) -> bool {
        (self.flavour.is_foreign)(rule) || (self.flavour.has_force_push && rule.enable_force_push.is_none())
    }

    fn foreign(&self, what: &str, rule: &wire::ProtectionRule) -> Gap {
        let detail = format!("rule `{}` does not have the form of {}", rule.rule_name, self.product());
        let remedy = "Name the host as what it is, `--host gitea` or `--host forgejo`; a Gitea has to be of version 1.23 or newer.";
        Gap::new(what, GapReason::Unsupported, detail, remedy)
    }

    fn requirements(&self, what: &str, rule: &wire::ProtectionRule) -> Protection {
        let pushers = direct_pushers(what, rule);
        let administrators =
            Bypass { kind: ActorKind::Administrators, id: None, name: None, mode: BypassMode::ChangeRequest };
        let mergers: Vec<Bypass> =
            if (self.flavour.binds_administrators)(rule) { Vec::new() } else { vec![administrators] };
        let round = pushers.as_ref().map_err(Clone::clone).map(|pushers| [&pushers[..], &mergers].concat());
        let source = format!("rule `{}`", rule.rule_name);
        let requirement = |rule, bypass: &Result<Vec<Bypass>, Gap>| Requirement {
            rule,
            source: source.clone(),
            bypass: bypass.clone().into(),
        };
        let nobody = Ok(Vec::new());
        let mut requirements: Vec<Requirement> =
            merge_rules(rule).into_iter().map(|one| requirement(one, &round)).collect();
        if !is_open_to_writers(rule) {
            requirements.push(requirement(Rule::ChangeRequest, &pushers));
        }
        if !(rule.enable_force_push == Some(true) && is_open_to_writers(rule) && !has_force_list(rule)) {
            requirements.push(requirement(Rule::NoForcePush, &forced_pushers(what, rule, &pushers)));
        }
        requirements.push(requirement(Rule::NoDeletion, &nobody));
        if rule.require_signed_commits {
            requirements.push(requirement(Rule::SignedCommits, &nobody));
        }
        requirements.sort_by(|a, b| (&a.rule, &a.source).cmp(&(&b.rule, &b.source)));
        Protection { requirements, unseen: Vec::new() }
    }
}

/// What is asked of a request when it is merged.
fn merge_rules(rule: &wire::ProtectionRule) -> Vec<Rule> {
    let on = |wanted: bool, rule: Rule| wanted.then_some(rule);
    let stale = rule.dismiss_stale_approvals || rule.ignore_stale_approvals == Some(true);
    let rules = [
        on(rule.required_approvals > 0, Rule::Approvals(rule.required_approvals)),
        on(stale, Rule::DismissStale),
        on(rule.block_on_codeowner_reviews == Some(true), Rule::CodeOwners),
        on(rule.block_on_outdated_branch, Rule::UpToDate),
    ];
    let contexts = rule.status_check_contexts.iter().flatten().filter(|_| rule.enable_status_check);
    rules.into_iter().flatten().chain(contexts.map(|name| check_rule(name))).collect()
}

/// Anybody may have written the status.
fn check_rule(name: &str) -> Rule {
    Rule::Check { name: name.to_string(), app: None }
}

/// May everybody who writes push directly?
fn is_open_to_writers(rule: &wire::ProtectionRule) -> bool {
    rule.enable_push && !rule.enable_push_whitelist
}

fn has_force_list(rule: &wire::ProtectionRule) -> bool {
    rule.enable_force_push_allowlist == Some(true)
}

/// Who needs no request.
fn direct_pushers(what: &str, rule: &wire::ProtectionRule) -> Result<Vec<Bypass>, Gap> {
    let has_patterns = !rule.unprotected_file_patterns.split(';').all(|pattern| pattern.trim().is_empty());
    let mut all = match (rule.enable_push, rule.enable_push_whitelist) {
        (false, _) => Vec::new(),
        (true, false) => vec![actor(ActorKind::Writers, None), actor(ActorKind::DeployKey, None)],
        (true, true) => listed(
            what,
            rule.push_whitelist_usernames.as_deref(),
            rule.push_whitelist_teams.as_deref(),
            rule.push_whitelist_deploy_keys,
        )?,
    };
    if has_patterns && !is_open_to_writers(rule) {
        let name = format!("for files that match `{}`", rule.unprotected_file_patterns);
        all.push(actor(ActorKind::Writers, Some(name)));
    }
    Ok(all)
}

/// Who may push with force: of those on the list of the rule, or without one of all who may push.
/// To push with force, one has to be allowed to push at all, and files that need no request do not
/// give leave to that.
fn forced_pushers(
    what: &str,
    rule: &wire::ProtectionRule,
    pushers: &Result<Vec<Bypass>, Gap>,
) -> Result<Vec<Bypass>, Gap> {
    match (rule.enable_push && rule.enable_force_push == Some(true), has_force_list(rule)) {
        (false, _) => Ok(Vec::new()),
        (true, false) => pushers.clone(),
        (true, true) => {
            let said = (&rule.force_push_allowlist_usernames, &rule.force_push_allowlist_teams);
            let (Some(users), Some(teams)) = said else {
                return Err(malformed(what, "it does not say who may push with force"));
            };
            listed(what, Some(users), Some(teams), rule.force_push_allowlist_deploy_keys.unwrap_or(true))
        }
    }
}

/// The actors of a list. Administrators of the server who have no part in the repository are on it
/// without being shown, so a list that shows nobody does not say that there is nobody.
fn listed(
    what: &str,
    users: Option<&[String]>,
    teams: Option<&[String]>,
    deploy_keys: bool,
) -> Result<Vec<Bypass>, Gap> {
    let users = users.unwrap_or_default().iter().map(|name| actor(ActorKind::User, Some(name.clone())));
    let teams = teams.unwrap_or_default().iter().map(|name| actor(ActorKind::Team, Some(name.clone())));
    let keys = deploy_keys.then(|| actor(ActorKind::DeployKey, None));
    let all: Vec<Bypass> = users.chain(teams).chain(keys).collect();
    if all.is_empty() {
        let detail = "the rule lets a list of accounts push, and the host shows no account on it; it does not show all of them";
        let remedy = "Switch pushing off in the rule; or name on the list who may push, and the same actors under `bypass` in the policy.";
        return Err(Gap::new(format!("who may go round {what}"), GapReason::NotVisible, detail, remedy));
    }
    Ok(all)
}

fn actor(kind: ActorKind, name: Option<String>) -> Bypass {
    let id = match kind {
        ActorKind::User | ActorKind::Team => name.clone().map(Into::into),
        _ => None,
    };
    Bypass { kind, id, name, mode: BypassMode::Always }
}

/// What everybody is shown of the rule in force: enough to know what it asks for, and not who need
/// not follow it.
fn partial(branch: &BranchName, seen: &wire::Branch, gap: Gap) -> Protection {
    let source = format!("the protection of {branch}");
    let approvals = (seen.required_approvals > 0).then_some(Rule::Approvals(seen.required_approvals));
    let contexts = seen.status_check_contexts.iter().flatten().filter(|_| seen.enable_status_check);
    let rules = approvals.into_iter().chain(contexts.map(|name| check_rule(name))).chain([Rule::NoDeletion]);
    let mut requirements: Vec<Requirement> = rules
        .map(|rule| Requirement { rule, source: source.clone(), bypass: Fact::Gap(gap.clone()) })
        .collect();
    requirements.sort_by(|a, b| (&a.rule, &a.source).cmp(&(&b.rule, &b.source)));
    Protection { requirements, unseen: vec![gap] }
}
