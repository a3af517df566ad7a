//! What the gates of a policy say of the change that brought the test data: it is pushed to
//! an unprotected branch, no one reviewed it, and no test ran.

use crate::demo::deployments::{BRANCH, ENVIRONMENT, prepare_deployment};
use crate::demo::prepare_scene;
use crate::exit::{Failure, Result};
use anyhow::Context as _;
use portcullis_forge::HostKind;
use portcullis_judge::control::{
    changed_line_coverage, protected_branch, regression_tests, required_checks, required_reviews,
    reviewed_landings,
};
use portcullis_judge::policy::Policy;
use portcullis_model::decision::{Decision, Verdict};
use portcullis_model::environment::Environment;
use portcullis_model::inventory::Area;
use portcullis_model::path::RepoPath;
use portcullis_model::reading::ReportReaders;
use portcullis_testkit::history::Edit;
use portcullis_testkit::lane::Lane;
use portcullis_testkit::lane::state::{Body, File, Op};
use portcullis_testkit::scene::{self, BranchProtection, Scene};
use portcullis_testkit::stage::{KIM, Stage};
use std::collections::BTreeMap;

/// What the change does.
const CHANGE: &str = "INSERT INTO records SELECT * FROM test_records;\n";

/// The number of the changed file among those of the made-up project.
const CHANGED_FILE: u32 = 900;

/// The controls of changes that are asked. Others may miss something in the made-up repository that
/// the real one has.
const MERGE: [&str; 5] = [
    changed_line_coverage::KIND.name,
    protected_branch::KIND.name,
    regression_tests::KIND.name,
    required_checks::KIND.name,
    required_reviews::KIND.name,
];

/// The controls of deployments, likewise.
const DEPLOYMENT: [&str; 1] = [reviewed_landings::KIND.name];

/// A control that would have stopped the change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoppingControl {
    /// Its name.
    pub control: String,
    /// Why, by its first finding.
    pub reason: String,
}

/// What both gates say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DrilledGates {
    /// The controls that stop the change before it lands, by name; `None` where it was not played.
    pub merge: Option<Vec<StoppingControl>>,
    /// The controls that stop the deployment of the change that landed without a request; likewise.
    pub deployment: Option<Vec<StoppingControl>>,
}

/// The controls that would have stopped the change. Nothing is played where no file can be made up
/// that belongs to the areas, or `main` is no deployment branch; and no deployment where the policy
/// is for another kind of host.
///
/// # Errors
/// The temporary directory cannot be written.
pub fn find_stopping(
    readers: &dyn ReportReaders,
    policy: &Policy,
    areas: &[String],
    kind: &'static HostKind,
) -> Result<DrilledGates> {
    let is_asked = |area: &&Area| areas.is_empty() || areas.contains(&area.name);
    let mut inside = policy.scope.inventory.areas.iter().filter(is_asked);
    let is_judged = policy.scope.deployment.iter().any(|glob| glob.matches(BRANCH.as_bytes()));
    let Some(path) = inside.find_map(make_path).filter(|_| is_judged) else {
        return Ok(DrilledGates::default());
    };
    let scene = build_scene(policy, kind, &path).context("the made-up repository cannot be built")?;
    let merge = prepare_scene(readers, kind, &scene)?.decide(&[]);
    let is_usual = kind.name == portcullis_forge::DEFAULT.name;
    let deployment = is_usual.then(|| judge_deployment(readers, policy, &path)).transpose()?;
    Ok(DrilledGates {
        merge: Some(stopping_of(&merge, &MERGE)),
        deployment: deployment.map(|decision| stopping_of(&decision, &DEPLOYMENT)),
    })
}

/// The change is pushed to the branch, and is to be deployed.
fn judge_deployment(readers: &dyn ReportReaders, policy: &Policy, path: &str) -> Result<Decision> {
    let mut lane = Lane::with(&policy.whole_text());
    let file = File::new(path, Body::Text(CHANGE.to_string()));
    lane.direct(KIM, &[Op::Put(CHANGED_FILE, file)], "Send the new file layout");
    let usual: Environment = ENVIRONMENT.parse().map_err(Failure::environment)?;
    let environment = policy.environments.first().unwrap_or(&usual);
    Ok(prepare_deployment((&lane, readers), lane.tip(), environment, Some(BRANCH), true)?.decide(&[]))
}

/// A path that belongs to an area by itself.
fn make_path(area: &Area) -> Option<String> {
    area.paths.iter().find_map(|rule| {
        let text =
            rule.rule.to_string().trim_end_matches('/').replace("**", "release").replace('*', "change");
        let names =
            [text.clone(), format!("{text}/release.sql"), format!("{text}.sql"), text.replace('?', "x")];
        names.into_iter().find(|name| area.touch_by_path(&RepoPath::new(name.as_str())).is_some())
    })
}

fn build_scene(policy: &Policy, kind: &HostKind, path: &str) -> anyhow::Result<Scene> {
    let mut files = scene::find_host(kind.name).map(scene::FakeHost::gate_files).unwrap_or_default();
    let text = policy.whole_text();
    files.extend([Edit::Write("portcullis.toml", &text), Edit::Write("README.md", "# Record upload\n")]);
    let mut stage = Stage::with(&files)?;
    stage.change(&[Edit::Write(path, CHANGE)])?;
    std::fs::remove_file(stage.report_file())?;
    stage.world.reviews.clear();
    stage.world.checks.clear();
    let protection = BranchProtection { rules: Vec::new(), bypass: Some(Vec::new()) };
    Ok(Scene { stage, policy: "", protection, faults: Vec::new() })
}

/// Those of these controls that are not met.
fn stopping_of(decision: &Decision, asked: &[&str]) -> Vec<StoppingControl> {
    let stops = |verdict| matches!(verdict, Verdict::Broken | Verdict::Unproven);
    let mut stopping = BTreeMap::new();
    for finding in &decision.findings {
        if stops(finding.verdict) && asked.contains(&finding.control.as_str()) {
            stopping.entry(finding.control.clone()).or_insert_with(|| finding.reason.clone());
        }
    }
    stopping.into_iter().map(|(control, reason)| StoppingControl { control, reason }).collect()
}
