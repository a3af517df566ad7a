//! Does the gate take a change for data-processing code, and does it say why?
#![allow(dead_code, reason = "each test binary uses its own part of this")]
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "test support: a failure here is a failed test"
)]

use super::gate::judge;
use portcullis_testkit::history::Edit;
use portcullis_testkit::stage::{POLICY, Stage};

/// What is in the honest project that these tests alter, but for its policy and what they add.
pub const LOAD: &str = "services/upload/load.sql";

/// An honest project with another policy and more files.
pub fn project(policy: &str, more: &[Edit<'_>]) -> Stage {
    let mut files = vec![
        Edit::Write("portcullis.toml", policy),
        Edit::Write(".github/CODEOWNERS", "* @robin-example\n"),
        Edit::Write(".github/workflows/gate.yml", "on: pull_request\n"),
        Edit::Write("docs/guide.md", "How to upload records.\n"),
        Edit::Write(LOAD, "INSERT INTO records SELECT * FROM staging;\n"),
        Edit::Write("tests/upload/load_test.sql", "SELECT count(*) FROM records;\n"),
        Edit::Write("tools/list.py", "print('records')\n"),
    ];
    files.extend_from_slice(more);
    Stage::with(&files).unwrap()
}

/// The honest project, changed.
pub fn changed(edits: &[Edit<'_>]) -> Stage {
    changed_from(&[], edits)
}

/// The honest project with more files, changed.
pub fn changed_from(more: &[Edit<'_>], edits: &[Edit<'_>]) -> Stage {
    changed_by(POLICY, more, edits)
}

/// An honest project with another policy, changed.
pub fn changed_by(policy: &str, more: &[Edit<'_>], edits: &[Edit<'_>]) -> Stage {
    let mut stage = project(policy, more);
    stage.change(edits).unwrap();
    stage
}

/// A policy whose area has no content patterns.
pub fn by_path_alone() -> String {
    POLICY.lines().filter(|line| !line.starts_with("content")).map(|line| format!("{line}\n")).collect()
}

/// The change is data-processing code and the gate knows why: one approval is too few, two are enough.
pub fn assert_inside(form: &str, mut stage: Stage, path: &str) {
    let allowed = judge(&stage);
    assert_eq!(allowed.exit, 0, "{form}, approved by two: {}", allowed.text);
    assert!(allowed.touched().contains(&path), "{form} does not touch {path}: {:?}", allowed.touched());
    stage.world.reviews.truncate(1);
    let verdict = judge(&stage);
    verdict.expect(1, "required-reviews", "rule for every data-processing area");
}

/// The change is no data-processing code: one approval will do, and no report is needed.
pub fn assert_outside(form: &str, mut stage: Stage) {
    stage.world.reviews.truncate(1);
    std::fs::remove_file(stage.report_file()).unwrap();
    let verdict = judge(&stage);
    assert_eq!((verdict.exit, verdict.touched()), (0, vec![]), "{form}: {}", verdict.text);
}
