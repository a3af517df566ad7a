//! The made-up GitHub as a host that shows scenes.

use super::{Endpoint, Ruleset, World};
use crate::history::Edit;
use crate::scene::{BranchProtection, FakeHost, Fault, Part, Scene, Shown};
use crate::stage::POLICY;
use anyhow::Result;

/// GitHub among the made-up hosts.
pub struct GitHub;

impl FakeHost for GitHub {
    fn kind(&self) -> &'static str {
        "github"
    }

    fn policy(&self) -> &'static str {
        POLICY
    }

    fn gate_files(&self) -> Vec<Edit<'static>> {
        vec![
            Edit::Write(
                ".github/CODEOWNERS",
                "* @robin-example\n/services/upload/ @robin-example @alex-example\n",
            ),
            Edit::Write(".github/workflows/gate.yml", "on: pull_request\n"),
        ]
    }

    fn show(&self, scene: &Scene) -> Result<Shown> {
        Ok(Shown::Site(Box::new(show_scene(scene))))
    }
}

/// The world of a scene, with its protection as a ruleset.
fn show_scene(scene: &Scene) -> World {
    let mut world = scene.stage.world.clone();
    (world.classic, world.rulesets) = (None, rulesets_of(&scene.protection));
    world.branch.protected = !world.rulesets.is_empty();
    for (part, fault) in &scene.faults {
        if *fault == Fault::Cut {
            world.page_size = 1;
        }
        let faults = endpoints_of(*part)
            .iter()
            .map(|endpoint| (*endpoint, fault.of_answer("Resource not accessible")));
        world.faults.extend(faults);
    }
    world
}

fn rulesets_of(protection: &BranchProtection) -> Vec<Ruleset> {
    let BranchProtection { rules, bypass } = protection.clone();
    if rules.is_empty() { Vec::new() } else { vec![Ruleset { rules, bypass, ..Ruleset::strict() }] }
}

fn endpoints_of(part: Part) -> &'static [Endpoint] {
    match part {
        Part::Request => &[Endpoint::Request],
        Part::Branch => &[Endpoint::Branch],
        Part::Reviews => &[Endpoint::Reviews],
        Part::RequestHistory => &[Endpoint::Events],
        Part::Pushes => &[Endpoint::Activity],
        Part::Attribution => &[Endpoint::RequestCommits, Endpoint::Commit, Endpoint::GraphQl],
        Part::Permissions => &[Endpoint::Permission],
        Part::Teams => &[Endpoint::Members],
        Part::Protection => &[Endpoint::Rules, Endpoint::Ruleset, Endpoint::Classic],
        Part::Checks => &[Endpoint::CheckRuns, Endpoint::Statuses],
    }
}
