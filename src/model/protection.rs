//! Branch protection, in one form for all hosts.
//!
//! A branch is protected by *requirements*. Each has the rule it imposes, the source that imposes
//! it (classic protection, a ruleset) and the actors that this source lets round it. How sources
//! combine is GitHub's way: all hold at once, so an actor gets round a rule only by getting round
//! every source that imposes it (GitHub docs, "About rulesets"). A host that combines otherwise
//! translates to requirements that do.

use crate::change::{BranchName, Revision};
use crate::fact::{Fact, Gap, GapReason};
use crate::host::ProtectionAdvice;
use crate::id::{ActorId, AppId, ServiceId};
use serde::Deserialize;

/// A branch on its host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// Its name.
    pub name: BranchName,
    /// Where it points now.
    pub tip: Revision,
    /// Does the host say that anything protects it?
    pub protected: bool,
}

/// Everything that protects one branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protection {
    /// The requirements seen, sorted.
    pub requirements: Vec<Requirement>,
    /// Sources that may hold more and could not be seen.
    pub unseen: Vec<Gap>,
}

impl Protection {
    /// Does the host hide who may bypass one of the requirements?
    pub fn hides_bypass(&self) -> bool {
        self.requirements.iter().any(|requirement| match &requirement.bypass {
            Fact::Gap(gap) => gap.reason == GapReason::NotVisible,
            Fact::Known(_) => false,
        })
    }
}

/// One rule of one source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// What is required.
    pub rule: Rule,
    /// What requires it, for people: `classic protection`, `ruleset "main" (17)`.
    pub source: String,
    /// Who this source lets round this rule; a gap when the list is not shown to us.
    pub bypass: Fact<Vec<Bypass>>,
}

/// What a branch can require.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// Changes land only through a change request.
    ChangeRequest,
    /// A change request needs this many approvals (1 or more).
    Approvals(u64),
    /// A push withdraws approvals.
    DismissStale,
    /// The owners in CODEOWNERS must approve.
    CodeOwners,
    /// The last push must be approved by somebody else.
    LastPushApproval,
    /// Every conversation must be resolved.
    ConversationResolution,
    /// A check of this name must succeed.
    Check {
        /// The name of the check.
        name: String,
        /// The app that must have written it; `None` accepts anybody.
        app: Option<AppId>,
    },
    /// A job of this name, of a pipeline of this project, must succeed.
    PipelineCheck {
        /// The name of the check.
        name: String,
        /// The project whose pipeline must have written it, as the host names it.
        project: String,
    },
    /// A service outside the host must report this check as a success.
    ServiceCheck {
        /// The name of the check.
        name: String,
        /// The service that must have reported it.
        service: ServiceId,
    },
    /// The pipeline of the change must succeed, whatever its jobs are.
    Pipeline,
    /// The change must contain the tip of the branch.
    UpToDate,
    /// No push may discard commits.
    NoForcePush,
    /// The branch may not be deleted.
    NoDeletion,
    /// Commits must be signed.
    SignedCommits,
    /// No merge commits.
    LinearHistory,
}

impl Rule {
    /// The name of the rule, by which a host gives advice on it
    /// ([`ProtectionAdvice`]).
    pub fn name(&self) -> &'static str {
        match self {
            Rule::ChangeRequest => "change-request",
            Rule::Approvals(_) => "approvals",
            Rule::DismissStale => "dismiss-stale",
            Rule::CodeOwners => "code-owners",
            Rule::LastPushApproval => "last-push-approval",
            Rule::ConversationResolution => "conversation-resolution",
            Rule::Check { app: None, .. } => "check",
            Rule::Check { app: Some(_), .. } => "check-of-app",
            Rule::PipelineCheck { .. } => "check-of-pipeline",
            Rule::ServiceCheck { .. } => "check-of-service",
            Rule::Pipeline => "pipeline",
            Rule::UpToDate => "up-to-date",
            Rule::NoForcePush => "no-force-push",
            Rule::NoDeletion => "no-deletion",
            Rule::SignedCommits => "signed-commits",
            Rule::LinearHistory => "linear-history",
        }
    }

    /// The name of the check that must succeed, where it is one.
    pub fn check_name(&self) -> Option<&str> {
        match self {
            Rule::Check { name, .. } | Rule::PipelineCheck { name, .. } | Rule::ServiceCheck { name, .. } => {
                Some(name)
            }
            _ => None,
        }
    }

    /// Who must have written the check, where that is said.
    fn check_writer(&self) -> String {
        match self {
            Rule::Check { app: Some(app), .. } => app.to_string(),
            Rule::PipelineCheck { project, .. } => project.clone(),
            Rule::ServiceCheck { service, .. } => service.to_string(),
            _ => String::new(),
        }
    }
}

impl ProtectionAdvice {
    /// What to do to have this rule imposed on a branch; `None` where the host has no such rule.
    pub fn for_rule(&self, rule: &Rule, branch: &str) -> Option<String> {
        let count = match rule {
            Rule::Approvals(count) => count.to_string(),
            _ => String::new(),
        };
        let (check, writer) = (rule.check_name().unwrap_or_default(), rule.check_writer());
        let writer = writer.as_str();
        let values = [
            ("count", count.as_str()),
            ("check", check),
            ("app", writer),
            ("project", writer),
            ("service", writer),
            ("branch", branch),
        ];
        let what = self.rules.get(rule.name())?;
        Some(format!("{}, {}", fill_in(what, &values), fill_in(&self.place, &values)))
    }
}

/// Puts values in the place of their names in braces. What a value holds is never looked at again.
fn fill_in(template: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let named = after.split_once('}').and_then(|(name, after)| {
            let (_, value) = values.iter().find(|(known, _)| *known == name)?;
            Some((*value, after))
        });
        filled.push_str(before);
        match named {
            Some((value, after)) => {
                filled.push_str(value);
                rest = after;
            }
            None => {
                filled.push('{');
                rest = after;
            }
        }
    }
    filled + rest
}

/// An actor that may go round a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bypass {
    /// What kind of actor.
    pub kind: ActorKind,
    /// The host's identifier, where it gives one.
    pub id: Option<ActorId>,
    /// Its name, where the host gives one.
    pub name: Option<String>,
    /// When it may.
    pub mode: BypassMode,
}

/// Kinds of actors in bypass lists (GitHub REST, `repository-ruleset-bypass-actor`, and classic
/// protection).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ActorKind {
    /// The administrators of the repository.
    Administrators,
    /// A role or access level in the repository.
    RepositoryRole,
    /// The owners of the organisation.
    OrganizationAdmin,
    /// The owners of the enterprise, or a role there.
    Enterprise,
    /// A team.
    Team,
    /// A person or machine account.
    User,
    /// An installed app.
    App,
    /// Any deploy key.
    DeployKey,
    /// Every account that may write to the repository.
    Writers,
    /// Whoever can change the repository on the server itself.
    ServerAccess,
    /// A kind we do not know.
    Other,
}

/// When an actor may go round a rule (GitHub REST, `bypass_mode`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BypassMode {
    /// Always, direct pushes included.
    Always,
    /// Only when merging a change request.
    ChangeRequest,
    /// The rule is not even run for them, and no trace of it is kept.
    Exempt,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::HostConventions;
    use std::collections::BTreeMap;

    #[test]
    fn advice_is_filled_in_once() {
        let advice = &HostConventions::github().advice;
        let of_app = Rule::Check { name: "{app} {branch}".into(), app: Some(7.into()) };
        let expected = "switch on \"Require status checks to pass\" with `{app} {branch}` and choose app 7 as its \
                        source, in an active ruleset that covers {count} (Settings > Rules)";
        assert_eq!(advice.for_rule(&of_app, "{count}").as_deref(), Some(expected));
        let approvals = advice.for_rule(&Rule::Approvals(2), "main").unwrap_or_default();
        assert!(
            approvals.starts_with("set \"Required approvals\" to 2 or more, in an active"),
            "{approvals}"
        );
        let none = ProtectionAdvice { rules: BTreeMap::new(), place: String::new() };
        assert_eq!(none.for_rule(&Rule::NoDeletion, "main"), None);
        assert_eq!(fill_in("{count} {x} { {", &[("count", "3")]), "3 {x} { {");
    }
}
