//! What the settings come to, in sentences for staff.

use super::KIND;
use super::ProtectedBranch;
use super::bypass::describe_allowed;
use super::rules;
use crate::control::procedure::words::{code, count, names, one_line};
use crate::control::procedure::{ControlProcedure, ProcedureChapter, ProcedurePart};
use portcullis_model::protection::Rule;

pub(super) const PART: ProcedurePart = ProcedurePart {
    chapter: ProcedureChapter::Branch,
    place: 1,
    off: "rules of the host that protect the branch",
};

impl ProtectedBranch {
    pub(super) fn tell(&self) -> ControlProcedure {
        let mut told = ControlProcedure::of(KIND.name);
        let settings = &self.0;
        for rule in &settings.wanted {
            let text = describe_rule(rule);
            match rule.check_name() {
                Some(name) => told.say_entry(&["checks"], name, text),
                None => told.say(&[&rules::key(rule)], text),
            };
            told.by_host(rule);
        }
        if settings.allowed.is_empty() {
            told.say(
                &["bypass"],
                "These rules hold for everyone, administrators included: no one may bypass them.",
            );
        }
        for actor in &settings.allowed {
            let text = format!(
                "These rules hold for administrators too, but {} may bypass them. The reason: {}.",
                describe_allowed(actor),
                one_line(&actor.reason)
            );
            told.say_entry(&["bypass"], &actor.reason, text);
        }
        if let Some(hidden) = &settings.hidden_bypass {
            let who = names(hidden.administrators.iter().map(|login| login.as_str()));
            let text = format!(
                "Where the host does not show who may bypass the rules, only {who} may administer the repository. \
                 The reason: {}.",
                one_line(&hidden.reason)
            );
            told.say(&["hidden-bypass"], text);
        }
        if settings.wanted.contains(&Rule::ChangeRequest) {
            told.change_step("Open a change request. No one pushes to the branch directly.");
        }
        told
    }
}

/// What a rule means for a person at work.
fn describe_rule(rule: &Rule) -> String {
    let text = match rule {
        Rule::ChangeRequest => {
            "Code reaches the branch through a change request only; no one pushes to it directly."
        }
        Rule::Approvals(number) => {
            return format!("The host itself lets a change land only with {}.", count(*number, "approval"));
        }
        Rule::DismissStale => "The host withdraws approvals when new commits are pushed.",
        Rule::CodeOwners => "The host demands the approval of the owners of the touched files.",
        Rule::LastPushApproval => {
            "The host demands that someone other than the person who pushed last approves the last push."
        }
        Rule::ConversationResolution => "Every review conversation must be resolved before the change lands.",
        Rule::Check { name, app } => {
            let app = app.as_ref().map_or(String::new(), |app| format!(", reported by app {app}"));
            return format!(
                "The host lets a change land only when the check {} has passed{app}.",
                code(name)
            );
        }
        Rule::PipelineCheck { name, project } => {
            return format!(
                "The host lets a change land only when the check {} of the pipeline of {} has passed.",
                code(name),
                code(project)
            );
        }
        Rule::ServiceCheck { name, service } => {
            return format!(
                "The host lets a change land only when the check {} of external service {service} has passed.",
                code(name)
            );
        }
        Rule::Pipeline => "The host lets a change land only when its pipeline has succeeded.",
        Rule::UpToDate => {
            "A change must contain everything that is on the branch before it lands, so that it is tested together with it."
        }
        Rule::NoForcePush => "No one rewrites the history of the branch: force pushes are blocked.",
        Rule::NoDeletion => "No one can delete the branch.",
        Rule::SignedCommits => "Every commit must carry a signature that the host has verified.",
        Rule::LinearHistory => "The branch has no merge commits.",
    };
    text.to_string()
}
