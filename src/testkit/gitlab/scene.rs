//! The made-up GitLab as a host that shows scenes.

use super::{GitLabEndpoint, GitLabWorld, Licensed, ProtectedRule, Pusher};
use crate::answer_faults::AnswerFault;
use crate::history::Edit;
use crate::scene::{BranchProtection, FakeHost, Fault, Part, Scene, Shown};
use crate::world::number;
use anyhow::Result;
use portcullis_model::protection::{ActorKind, Bypass, Rule};
use serde_json::json;

/// GitLab among the made-up hosts.
pub struct GitLab;

/// The demonstration's policy: approvals on GitLab state no commit.
const POLICY: &str = include_str!("portcullis.toml");

impl FakeHost for GitLab {
    fn kind(&self) -> &'static str {
        "gitlab"
    }

    fn policy(&self) -> &'static str {
        POLICY
    }

    fn gate_files(&self) -> Vec<Edit<'static>> {
        vec![
            Edit::Write(
                ".gitlab/CODEOWNERS",
                "* @robin-example\n/services/upload/ @robin-example @alex-example\n",
            ),
            Edit::Write(".gitlab-ci.yml", "gate: {script: portcullis check}\n"),
        ]
    }

    fn show(&self, scene: &Scene) -> Result<Shown> {
        Ok(Shown::Site(Box::new(show_scene(scene))))
    }
}

/// The project of a scene.
pub fn show_scene(scene: &Scene) -> GitLabWorld {
    let mut host = GitLabWorld::honest(scene.stage.world.clone());
    host.addresses = scene.stage.addresses();
    protect(&mut host, &scene.protection);
    for (part, fault) in &scene.faults {
        if *fault == Fault::Cut {
            host.world.page_size = 1;
        }
        host.faults
            .extend(endpoints_of(*part).iter().map(|endpoint| (*endpoint, fault.of_answer("Refused"))));
    }
    host
}

fn protect(host: &mut GitLabWorld, protection: &BranchProtection) {
    let BranchProtection { rules, bypass } = protection;
    host.world.branch.protected = !rules.is_empty();
    if rules.is_empty() {
        host.protected.clear();
        return;
    }
    let has = |rule: &Rule| rules.contains(rule);
    let named = |name: &str| rules.iter().any(|rule| rule.name() == name);
    let mut rule = ProtectedRule::strict(host.world.branch.name.as_str());
    let actors = bypass.iter().flatten().filter_map(pusher);
    rule.push = if has(&Rule::ChangeRequest) { actors.collect() } else { vec![Pusher::Level(30)] };
    if rule.push.is_empty() {
        rule.push.push(Pusher::Level(0));
    }
    rule.force = !has(&Rule::NoForcePush);
    rule.owners = has(&Rule::CodeOwners);
    host.protected = vec![rule];
    host.licensed = Some(licensed(rules));
    let method = match (has(&Rule::LinearHistory), has(&Rule::UpToDate)) {
        (true, _) => "ff",
        (false, true) => "rebase_merge",
        (false, false) => "merge",
    };
    for (field, value) in [
        ("merge_method", json!(method)),
        ("only_allow_merge_if_all_discussions_are_resolved", json!(has(&Rule::ConversationResolution))),
        (
            "only_allow_merge_if_pipeline_succeeds",
            json!(named("check") || named("check-of-app") || named("pipeline")),
        ),
    ] {
        host.project.insert(field.to_string(), value);
    }
    if bypass.is_none() {
        host.level = 30;
        let refused = AnswerFault::Refuse(403, "403 Forbidden".to_string());
        host.faults.push((GitLabEndpoint::ProtectedBranches, refused));
    }
}

fn licensed(rules: &[Rule]) -> Licensed {
    let mut licensed = Licensed::strict();
    let has = |rule: &Rule| rules.contains(rule);
    licensed.settings["reset_approvals_on_push"] = json!(has(&Rule::DismissStale));
    licensed.settings["merge_requests_disable_committers_approval"] = json!(has(&Rule::LastPushApproval));
    let count = |rule: &Rule| match rule {
        Rule::Approvals(count) => Some(("All Members".to_string(), *count)),
        _ => None,
    };
    licensed.rules = rules.iter().filter_map(count).collect();
    if has(&Rule::SignedCommits) {
        licensed.push_rule = json!({ "id": 1, "reject_unsigned_commits": true });
    }
    licensed
}

/// Who may bypass is who may push.
fn pusher(actor: &Bypass) -> Option<Pusher> {
    let id = actor.id.as_ref().and_then(number);
    Some(match actor.kind {
        ActorKind::User => Pusher::User(id?),
        ActorKind::Team => Pusher::Group(id?),
        ActorKind::DeployKey => Pusher::Key(id.unwrap_or(1)),
        ActorKind::Writers => Pusher::Level(30),
        ActorKind::Enterprise | ActorKind::ServerAccess => Pusher::Level(60),
        _ => Pusher::Level(40),
    })
}

fn endpoints_of(part: Part) -> &'static [GitLabEndpoint] {
    use GitLabEndpoint::*;
    match part {
        Part::Request => &[Request],
        Part::Branch => &[Branch],
        Part::Reviews => &[Approvals, Reviewers, Versions],
        Part::RequestHistory => &[Notes],
        Part::Pushes => &[Events],
        Part::Attribution => &[Users],
        Part::Permissions => &[Members],
        Part::Teams => &[GroupMembers],
        Part::Protection => &[ProtectedBranches, ApprovalSettings, ApprovalRules, PushRule],
        Part::Checks => &[Statuses, Pipelines, Jobs],
    }
}
