//! Two moments that are easily taken for one: the clone is made, the tests begin, and the gate asks, and the branch moves in between. What
//! was tested with an earlier tip of the branch is tested; what is something else is not. Real repositories, the real program.

use crate::support::checkout::{Checkout, REPORT};
use crate::support::gate::{Verdict, command, judge};
use portcullis_model::change::BranchName;
use portcullis_model::review::ReviewedContent;
use portcullis_testkit::server::Server;
use portcullis_testkit::stage::{Stage, revision};
use serde_json::Value;
use std::path::Path;
use std::process::Command;

const NAME: &str = "regression-tests";
const LOAD: &str = "services/upload/load.sql";
const CONTROLS: &str = "[controls.regression-tests.suites.upload]\nminimum = 1\nreports = [\"out/junit*.xml\"]\ntrust = \"local\"\n";
const GREEN: &str = "<testsuites><testsuite name='upload'><testcase classname='upload' name='loads'/></testsuite></testsuites>";
const BEFORE: &str = "-- 1\n-- 2\n-- 3\n-- 4\n-- 5\nINSERT INTO records SELECT * FROM staging;\n";
const AFTER: &str = "-- 1\n-- 2\n-- 3\n-- 4\n-- 5\nINSERT INTO records SELECT * FROM staging ORDER BY id;\n";

/// What happens, and how.
type Row<'a> = (&'a str, &'a dyn Fn(&Checkout));

/// A project whose branch `change` has two commits more than `main`, which has gone on as well.
fn project() -> Checkout {
    let project = Checkout::with(CONTROLS, &[(LOAD, BEFORE), ("docs/guide.md", "How to upload.\n")]);
    project.change("services/upload/guard.sql", "-- guard\n");
    project.write(LOAD, AFTER);
    project.commit("Order");
    lands(&project, "README.md", "# Records\n");
    project
}

/// `main` gets one commit more.
fn lands(project: &Checkout, path: &str, text: &str) {
    project.git(&["checkout", "-q", "main"]);
    project.write(path, text);
    project.commit("Landing");
}

/// Checks out what a CI system would: `what` merged into `into`.
fn merged(project: &Checkout, what: &str, into: &str) {
    project.git(&["checkout", "-q", "--detach", into]);
    project.git(&["merge", "-q", "--no-ff", "-m", "Merge", what]);
}

/// The suite runs on what is checked out, and its statement lies beside the repository.
fn tested(project: &Checkout) -> String {
    project.write(REPORT, GREEN);
    let file = project.outside.path().join("upload.json");
    let file = file.to_str().unwrap().to_string();
    project.record(&["-o", &file]);
    file
}

/// Judges the statement alone, on a checkout of the branch.
fn judged(project: &Checkout, statement: &str) -> Verdict {
    std::fs::remove_dir_all(project.path().join("out")).unwrap();
    project.git(&["checkout", "-q", "change"]);
    project.judge(&["--evidence", statement])
}

fn is_met(verdict: &Verdict) {
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
    assert_eq!(verdict.findings(NAME, "met").len(), 1, "{}", verdict.text);
}

#[test]
fn the_suite_ran_on_the_merge_into_an_earlier_main() {
    let rows: [Row<'_>; 5] = [
        ("main did not move", &|_| ()),
        ("one landing since", &|project| lands(project, "docs/guide.md", "How to upload and amend.\n")),
        ("three landings since, one of them in the same file", &|project| {
            lands(project, "docs/guide.md", "How to upload and amend.\n");
            lands(project, LOAD, &BEFORE.replace("-- 1", "-- one"));
            lands(project, "docs/more.md", "More.\n");
        }),
        ("a merged request since", &|project| {
            project.git(&["checkout", "-q", "-b", "other", "main"]);
            project.write("docs/other.md", "Other.\n");
            project.commit("Other");
            merged(project, "other", "main");
            project.git(&["branch", "-f", "main", "HEAD"]);
        }),
        ("the merge that was tested is not in this clone", &|project| {
            lands(project, "docs/guide.md", "How to upload and amend.\n");
            project.git(&["reflog", "expire", "--expire=now", "--all"]);
            project.git(&["gc", "-q", "--prune=now"]);
        }),
    ];
    for (what, since) in rows {
        eprintln!("-- {what}");
        let project = project();
        merged(&project, "change", "main");
        let statement = tested(&project);
        since(&project);
        is_met(&judged(&project, &statement));
    }
}

#[test]
fn the_reports_lie_beside_the_merge_into_an_earlier_main() {
    let project = project();
    lands(&project, "docs/guide.md", "How to upload and amend.\n");
    merged(&project, "change", "main~1");
    project.write(REPORT, GREEN);
    is_met(&project.judge(&[]));
    // The twin: with one more line.
    merged(&project, "change", "main~1");
    project.write(LOAD, "DELETE FROM records;\n");
    project.git(&["commit", "-qa", "--amend", "-m", "Merge"]);
    project.write(REPORT, GREEN);
    project.judge(&[]).expect(1, NAME, "would land");
}

#[test]
fn what_was_tested_is_something_else() {
    let rows: [Row<'_>; 6] = [
        ("a merge with a line of its own", &|project| {
            merged(project, "change", "main");
            project.write(LOAD, "DELETE FROM records;\n");
            project.git(&["commit", "-qa", "--amend", "-m", "Merge"]);
        }),
        ("a merge that loses a file of main", &|project| {
            merged(project, "change", "main");
            project.git(&["rm", "-q", "docs/guide.md"]);
            project.git(&["commit", "-qa", "--amend", "-m", "Merge"]);
        }),
        ("the request before its last commit", &|project| merged(project, "change~1", "main")),
        ("a branch that main merged later", &|project| {
            project.git(&["checkout", "-q", "-b", "other", "main~1"]);
            project.write("docs/other.md", "Other.\n");
            project.commit("Other");
            merged(project, "other", "main");
            project.git(&["branch", "-f", "main", "HEAD"]);
            merged(project, "change", "other");
        }),
        ("a tip that main had and lost again", &|project| {
            lands(project, "docs/guide.md", "How to delete.\n");
            merged(project, "change", "main");
            project.git(&["branch", "-f", "main", "main~1"]);
        }),
        ("a commit that never was on main", &|project| {
            project.git(&["checkout", "-q", "-b", "aside", "main"]);
            project.write("docs/guide.md", "How to delete.\n");
            project.commit("Aside");
            merged(project, "change", "aside");
        }),
    ];
    for (what, check_out) in rows {
        eprintln!("-- {what}");
        let project = project();
        check_out(&project);
        let statement = tested(&project);
        lands(&project, "docs/more.md", "More.\n");
        judged(&project, &statement).expect(1, NAME, "would land");
    }
}

/// Between the run and the verdict `main` takes a commit of the request in without its content: what lands is less than what was tested.
#[test]
fn what_lands_is_less_than_what_was_tested() {
    let project = project();
    merged(&project, "change", "main");
    let statement = tested(&project);
    project.git(&["checkout", "-q", "main"]);
    project.git(&["merge", "-q", "-s", "ours", "-m", "Merge", "change~1"]);
    let verdict = judged(&project, &statement);
    assert_ne!(verdict.exit, 0, "{}", verdict.text);
    assert!(verdict.findings(NAME, "met").is_empty(), "{}", verdict.text);
}

fn git(directory: &Path, arguments: &[&str]) -> String {
    let settings = ["-c", "user.name=Sam Example", "-c", "user.email=sam@example.test"];
    let mut command = Command::new("git");
    command.current_dir(directory).env("GIT_CONFIG_NOSYSTEM", "1").env("HOME", directory);
    let output = command.args(settings).args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_string()
}

/// What the host holds, as a clone of what the job holds.
fn upstream(stage: &Stage) -> tempfile::TempDir {
    let upstream = tempfile::tempdir().unwrap();
    git(upstream.path(), &["clone", "-q", stage.directory().to_str().unwrap(), "."]);
    git(stage.directory(), &["remote", "add", "origin", upstream.path().to_str().unwrap()]);
    upstream
}

fn commit(directory: &Path, on: &str, path: &str, text: &str) -> String {
    git(directory, &["checkout", "-q", "--detach", on]);
    let file = directory.join(path);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, text).unwrap();
    git(directory, &["add", "-A"]);
    git(directory, &["commit", "-qm", "Elsewhere"]);
    git(directory, &["rev-parse", "HEAD"])
}

fn says(verdict: &Verdict, exit: i32, remedy: &str) {
    assert_eq!(verdict.exit, exit, "{}", verdict.text);
    let all = verdict.json["findings"].as_array().unwrap();
    let said = |finding: &Value| finding["remedy"].as_str().unwrap_or_default().contains(remedy);
    assert!(all.iter().any(said), "no remedy says `{remedy}`: {}", verdict.text);
}

#[test]
fn main_moved_between_checkout_and_gate() {
    let mut stage = Stage::honest().unwrap();
    let upstream = upstream(&stage);
    let tip = commit(upstream.path(), &stage.base.to_string(), "docs/guide.md", "More.\n");
    git(upstream.path(), &["branch", "-f", "main", &tip]);
    stage.world.branch.tip = tip.try_into().unwrap();
    let verdict = judge(&stage);
    says(&verdict, 3, "`git fetch origin main`");
    assert!(!verdict.text.contains("clone again"), "{}", verdict.text);
    // Followed literally.
    git(stage.directory(), &["fetch", "-q", "origin", "main"]);
    assert_eq!(judge(&stage).exit, 0);
}

#[test]
fn the_request_moved_between_clone_and_gate() {
    let mut stage = Stage::honest().unwrap();
    let upstream = upstream(&stage);
    let head = commit(upstream.path(), &stage.head().to_string(), "docs/guide.md", "More.\n");
    git(upstream.path(), &["update-ref", "refs/pull/7/head", &head]);
    let head = portcullis_model::change::Revision::try_from(head).unwrap();
    let world = &mut stage.world;
    world.request.head = head.clone();
    world.reviews.iter_mut().for_each(|review| review.reviewed = ReviewedContent::Stated(head.clone()));
    world.checks.iter_mut().for_each(|check| check.head = head.clone());
    world.activity.iter_mut().for_each(|entry| entry.after = head.clone());
    let accounts = world.commits[0].1.clone();
    world.commits.push((head, accounts));
    let judge = |stage: &Stage| {
        let server = Server::start(stage.world.clone());
        let arguments =
            ["check", "--format", "json", "--repository", &stage.world.repository, "--request", "7"];
        let mut command = command(stage, &server, &arguments);
        Verdict::of(&command.env_remove("GITHUB_ACTIONS").env_remove("GITHUB_EVENT_PATH").output().unwrap())
    };
    says(&judge(&stage), 3, "`git fetch origin refs/pull/7/head`");
    git(stage.directory(), &["fetch", "-q", "origin", "refs/pull/7/head"]);
    let verdict = judge(&stage);
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
}

#[test]
fn a_branch_whose_name_a_shell_would_run_is_not_put_into_a_command() {
    let mut stage = Stage::honest().unwrap();
    let name = BranchName::new("main;id");
    (stage.world.request.base_branch, stage.world.branch.name) = (name.clone(), name);
    stage.world.branch.tip = "1".repeat(40).try_into().unwrap();
    let verdict = judge(&stage);
    says(&verdict, 3, "fetch the branch");
    assert!(!verdict.text.contains("git fetch origin main;id"), "{}", verdict.text);
}

/// The twin: a tip that the host does not have either is still no reason to judge by another one.
#[test]
fn without_the_tip_nothing_is_judged() {
    let mut stage = Stage::honest().unwrap();
    stage.world.branch.tip = "1".repeat(40).try_into().unwrap();
    says(&judge(&stage), 3, "`git fetch origin main`");
    stage.world.branch.tip = revision(stage.base).unwrap();
    assert_eq!(judge(&stage).exit, 0);
}
