//! The made-up Gitea and Forgejo as hosts that show scenes.

use super::{GiteaEndpoint, GiteaHost, GiteaRule, Software};
use crate::answer_faults::AnswerFault;
use crate::history::Edit;
use crate::scene::{FakeHost, Fault, Part, Scene, Shown};
use crate::stage::POLICY;
use anyhow::Result;
use std::sync::LazyLock;

/// Gitea among the made-up hosts.
pub struct GiteaShow;

/// Forgejo among the made-up hosts.
pub struct ForgejoShow;

const OWNERS: &str = ".* @robin-example\nservices/upload/.* @alex-example\n";
const JOB: &str = "on: pull_request_target\n";

static GITEA_POLICY: LazyLock<String> = LazyLock::new(|| policy_of("gitea-actions"));
static FORGEJO_POLICY: LazyLock<String> = LazyLock::new(|| policy_of("forgejo-actions"));

/// The policy, with the check by the account of the host's own Actions.
fn policy_of(writer: &str) -> String {
    POLICY.replace("app = \"github-actions\"", &format!("creator = \"{writer}\""))
}

impl FakeHost for GiteaShow {
    fn kind(&self) -> &'static str {
        "gitea"
    }

    fn policy(&self) -> &'static str {
        &GITEA_POLICY
    }

    fn gate_files(&self) -> Vec<Edit<'static>> {
        vec![Edit::Write(".gitea/CODEOWNERS", OWNERS), Edit::Write(".gitea/workflows/gate.yml", JOB)]
    }

    fn show(&self, scene: &Scene) -> Result<Shown> {
        Ok(Shown::Site(Box::new(show_scene(Software::Gitea, scene))))
    }
}

impl FakeHost for ForgejoShow {
    fn kind(&self) -> &'static str {
        "forgejo"
    }

    fn policy(&self) -> &'static str {
        &FORGEJO_POLICY
    }

    fn gate_files(&self) -> Vec<Edit<'static>> {
        vec![Edit::Write(".forgejo/CODEOWNERS", OWNERS), Edit::Write(".forgejo/workflows/gate.yml", JOB)]
    }

    fn show(&self, scene: &Scene) -> Result<Shown> {
        Ok(Shown::Site(Box::new(show_scene(Software::Forgejo, scene))))
    }
}

/// The host of a scene, with its protection as one rule.
fn show_scene(software: Software, scene: &Scene) -> GiteaHost {
    let mut host = GiteaHost::new(software, scene.stage.world.clone());
    let branch = host.world.branch.name.to_string();
    host.rules = match scene.protection.rules.is_empty() {
        true => Vec::new(),
        false => vec![GiteaRule::open(&branch).with(&scene.protection)],
    };
    if scene.protection.bypass.is_none() {
        let why = "user should be an owner or a collaborator with admin write of a repository";
        host.faults.push((GiteaEndpoint::Rules, AnswerFault::Refuse(403, why.to_string())));
    }
    for (part, fault) in &scene.faults {
        if *fault == Fault::Cut {
            host.longest_page = 1;
        }
        host.faults
            .extend(endpoints_of(*part).iter().map(|endpoint| (*endpoint, fault.of_answer("Forbidden"))));
    }
    host
}

fn endpoints_of(part: Part) -> &'static [GiteaEndpoint] {
    match part {
        Part::Request => &[GiteaEndpoint::Request],
        Part::Branch => &[GiteaEndpoint::Branch],
        Part::Reviews => &[GiteaEndpoint::Reviews],
        Part::RequestHistory | Part::Pushes => &[GiteaEndpoint::Timeline],
        Part::Attribution => &[GiteaEndpoint::RequestCommits, GiteaEndpoint::Commit],
        Part::Permissions => &[GiteaEndpoint::Permission],
        Part::Teams => &[GiteaEndpoint::Teams, GiteaEndpoint::Members],
        Part::Protection => &[GiteaEndpoint::Rules],
        Part::Checks => &[GiteaEndpoint::Statuses],
    }
}
