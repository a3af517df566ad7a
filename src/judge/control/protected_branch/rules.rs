//! What each rule is called: in the policy, in a sentence, and in the host's settings pages.

use portcullis_model::host::ProtectionAdvice;
use portcullis_model::protection::Rule;

/// The rule's name in the policy, for the subject of a finding.
pub fn key(rule: &Rule) -> String {
    let key = match rule {
        Rule::ChangeRequest => "change-request",
        Rule::Approvals(_) => "approvals",
        Rule::DismissStale => "dismiss-stale",
        Rule::CodeOwners => "code-owners",
        Rule::LastPushApproval => "last-push-approval",
        Rule::ConversationResolution => "conversation-resolution",
        Rule::Check { name, .. } | Rule::PipelineCheck { name, .. } | Rule::ServiceCheck { name, .. } => {
            return format!("check {name}");
        }
        Rule::Pipeline => "pipeline",
        Rule::UpToDate => "up-to-date",
        Rule::NoForcePush => "force-push",
        Rule::NoDeletion => "deletion",
        Rule::SignedCommits => "signed-commits",
        Rule::LinearHistory => "linear-history",
    };
    key.to_string()
}

/// What the rule asks for, to follow the word "requires".
pub fn phrase(rule: &Rule) -> String {
    let phrase = match rule {
        Rule::ChangeRequest => "a change request for every change",
        Rule::Approvals(1) => "1 approval",
        Rule::Approvals(count) => return format!("{count} approvals"),
        Rule::DismissStale => "new approvals after a push",
        Rule::CodeOwners => "approval by the code owners",
        Rule::LastPushApproval => "approval of the last push by somebody else",
        Rule::ConversationResolution => "every conversation to be resolved",
        Rule::Check { name, app: Some(app) } => return format!("the check `{name}` from app {app}"),
        Rule::Check { name, app: None } => return format!("the check `{name}` from anybody"),
        Rule::PipelineCheck { name, project } => {
            return format!("the check `{name}` from the pipeline of {project}");
        }
        Rule::ServiceCheck { name, service } => {
            return format!("the check `{name}` from external service {service}");
        }
        Rule::Pipeline => "the pipeline of the change to succeed",
        Rule::UpToDate => "the change to contain the tip of the branch",
        Rule::NoForcePush => "every push to keep the commits that are there",
        Rule::NoDeletion => "the branch to be kept",
        Rule::SignedCommits => "signed commits",
        Rule::LinearHistory => "a history without merge commits",
    };
    phrase.to_string()
}

/// Where to switch the rule on, in the words of the host's settings page.
pub fn remedy(rule: &Rule, branch: &str, advice: &ProtectionAdvice) -> String {
    let general = || format!("have the host require {} on {branch}", phrase(rule));
    advice.for_rule(rule, branch).unwrap_or_else(general)
}

/// Does a rule that is imposed give what a wanted rule asks for?
pub fn fulfils(imposed: &Rule, wanted: &Rule) -> bool {
    match (imposed, wanted) {
        (Rule::Approvals(imposed), Rule::Approvals(wanted)) => imposed >= wanted,
        _ => imposed == wanted,
    }
}

/// Is a rule that is imposed of the wanted kind, but too weak?
pub fn falls_short(imposed: &Rule, wanted: &Rule) -> bool {
    let same_kind = match (imposed, wanted) {
        (Rule::Approvals(_), Rule::Approvals(_)) => true,
        _ => imposed.check_name().is_some() && imposed.check_name() == wanted.check_name(),
    };
    same_kind && !fulfils(imposed, wanted)
}
