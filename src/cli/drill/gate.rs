//! What the merge gate of a policy says of the change that brought the test data: it is pushed to
//! an unprotected branch, no one reviewed it, and no test ran.

use crate::cli::demo::prepare_scene;
use crate::cli::exit::Result;
use anyhow::Context as _;
use portcullis_forge::HostKind;
use portcullis_judge::control::{
    changed_line_coverage, protected_branch, regression_tests, required_checks, required_reviews,
};
use portcullis_judge::policy::Policy;
use portcullis_model::decision::{Decision, Verdict};
use portcullis_model::inventory::Area;
use portcullis_model::path::RepoPath;
use portcullis_testkit::history::Edit;
use portcullis_testkit::scene::{self, BranchProtection, Scene};
use portcullis_testkit::stage::Stage;
use std::collections::BTreeMap;

/// What the change does.
const CHANGE: &str = "INSERT INTO records SELECT * FROM test_records;\n";

/// A control that would have stopped the change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoppingControl {
    /// Its name.
    pub control: String,
    /// Why, by its first finding.
    pub reason: String,
}

/// The controls that would have stopped the change, by name; `None` where no file can be made up
/// that belongs to the areas.
///
/// # Errors
/// The temporary directory cannot be written.
pub fn find_stopping(
    policy: &Policy,
    areas: &[String],
    kind: &'static HostKind,
) -> Result<Option<Vec<StoppingControl>>> {
    let is_asked = |area: &&Area| areas.is_empty() || areas.contains(&area.name);
    let mut inside = policy.scope.inventory.areas.iter().filter(is_asked);
    let Some(path) = inside.find_map(make_path) else { return Ok(None) };
    let scene = build_scene(policy, kind, &path).context("the made-up repository cannot be built")?;
    let decision = prepare_scene(kind, &scene)?.decide(&[]);
    Ok(Some(stopping_of(&decision)))
}

/// A path that belongs to an area by itself.
fn make_path(area: &Area) -> Option<String> {
    area.paths.iter().find_map(|rule| {
        let text = rule.rule.to_string().trim_end_matches('/').replace("**", "release").replace('*', "change");
        let names = [text.clone(), format!("{text}/release.sql"), format!("{text}.sql"), text.replace('?', "x")];
        names.into_iter().find(|name| area.touch_by_path(&RepoPath::new(name.as_str())).is_some())
    })
}

fn build_scene(policy: &Policy, kind: &HostKind, path: &str) -> anyhow::Result<Scene> {
    let mut files = scene::find_host(kind.name).map(scene::FakeHost::gate_files).unwrap_or_default();
    files.extend([Edit::Write("portcullis.toml", &policy.text), Edit::Write("README.md", "# Record upload\n")]);
    let mut stage = Stage::with(&files)?;
    stage.change(&[Edit::Write(path, CHANGE)])?;
    std::fs::remove_file(stage.report_file())?;
    stage.world.reviews.clear();
    stage.world.checks.clear();
    let protection = BranchProtection { rules: Vec::new(), bypass: Some(Vec::new()) };
    Ok(Scene { stage, policy: "", protection, faults: Vec::new() })
}

/// The controls of changes that are not met. Others may miss something in the made-up repository
/// that the real one has.
fn stopping_of(decision: &Decision) -> Vec<StoppingControl> {
    let asked = [
        changed_line_coverage::KIND.name,
        protected_branch::KIND.name,
        regression_tests::KIND.name,
        required_checks::KIND.name,
        required_reviews::KIND.name,
    ];
    let stops = |verdict| matches!(verdict, Verdict::Broken | Verdict::Unproven);
    let mut stopping = BTreeMap::new();
    for finding in &decision.findings {
        if stops(finding.verdict) && asked.contains(&finding.control.as_str()) {
            stopping.entry(finding.control.clone()).or_insert_with(|| finding.reason.clone());
        }
    }
    stopping.into_iter().map(|(control, reason)| StoppingControl { control, reason }).collect()
}
