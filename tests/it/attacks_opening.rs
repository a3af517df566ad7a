//! Attacks on which repository is judged: one that the change, or its build, puts into a sub-directory. Each has an honest
//! twin; see `tests/ATTACKS.md`, section 99.

use crate::support::checkout::Checkout;
use crate::support::gate::Verdict;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A policy that lets everything through without a host.
const LENIENT: &str = "schema = 1\n[project]\nname = \"Anything\"\naccountable = \"Nobody\"\n[branches]\n\
                       deployment = [\"main\"]\n[[data-processing]]\nname = \"nothing\"\npurpose = \"Nothing\"\n\
                       paths = [\"nowhere/**\"]\n[controls.regression-tests.suites.none]\nareas = [\"nothing\"]\n\
                       reports = [\"none.xml\"]\nminimum = 1\n";
/// A policy that nobody can meet without a host.
const STRICT: &str = "schema = 1\n[project]\nname = \"Records\"\naccountable = \"Service owner\"\n[branches]\n\
                      deployment = [\"main\"]\n[[data-processing]]\nname = \"upload\"\npurpose = \"Loads records\"\n\
                      paths = [\"services/**\"]\n[controls.required-reviews]\napprovals = 2\n";

/// The project, on the branch `change`, with a tracked directory `services/upload`.
fn project() -> Checkout {
    let project = Checkout::empty();
    project.write("portcullis.toml", STRICT);
    project.write("services/upload/load.sql", "SELECT 1;\n");
    project.write("services/other.sql", "SELECT 1;\n");
    project.write(".gitignore", "/target/\n");
    project.commit("Begin");
    project.git(&["checkout", "-q", "-b", "change"]);
    project.write("services/upload/load.sql", "SELECT 2;\n");
    project.commit("Change");
    project
}

/// The attacker's repository, whose policy lets its own branch `change` through.
fn lenient() -> Checkout {
    let evil = Checkout::empty();
    evil.write("portcullis.toml", LENIENT);
    evil.commit("Begin");
    evil.git(&["checkout", "-q", "-b", "change"]);
    evil.write("harmless.txt", "harmless\n");
    evil.commit("Change");
    evil
}

/// A bare copy of a repository at this place.
fn bare(of: &Checkout, at: &Path) {
    std::fs::create_dir_all(at.parent().unwrap()).unwrap();
    of.git(&["clone", "-q", "--bare", of.path().to_str().unwrap(), at.to_str().unwrap()]);
}

/// What the gate says when it is started there, as `working-directory:` does, with variables of the job.
/// The variables of a GitLab CI job of a push of this commit.
fn gitlab_job<'a>(workspace: &'a str, commit: &'a str) -> [(&'a str, &'a str); 6] {
    [
        ("CI", "true"),
        ("CI_COMMIT_SHA", commit),
        ("CI_PIPELINE_SOURCE", "push"),
        ("CI_PROJECT_DIR", workspace),
        ("CI_PROJECT_PATH", "acme/upload"),
        ("GITLAB_CI", "true"),
    ]
}

fn started_in(directory: &Path, variables: &[(&str, &str)]) -> Verdict {
    started(directory, &[], variables)
}

fn started(directory: &Path, more: &[&str], variables: &[(&str, &str)]) -> Verdict {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.env_clear().current_dir(directory).args(more);
    command.args(["check", "--host", "none", "--base", "main", "--head", "change", "--format", "json"]);
    command.envs(variables.iter().copied());
    Verdict::of(&command.output().unwrap())
}

/// It was the project that was judged, and its policy.
fn judged_the_project(verdict: &Verdict, project: &Checkout) {
    assert_eq!(verdict.exit, 3, "{}", verdict.text);
    assert_eq!(verdict.json["judged"]["head"], project.git(&["rev-parse", "change"]), "{}", verdict.text);
    assert!(!verdict.findings("required-reviews", "unproven").is_empty(), "{}", verdict.text);
}

fn refused(verdict: &Verdict, text: &str) {
    assert_eq!(verdict.exit, 5, "{}", verdict.text);
    assert!(verdict.text.contains(text), "{}", verdict.text);
}

#[test]
fn the_lenient_repository_lets_its_own_change_through() {
    let evil = lenient();
    assert_eq!(evil.judge(&[]).exit, 0, "{}", evil.judge(&[]).text);
    let elsewhere = tempfile::tempdir().unwrap();
    let server = elsewhere.path().join("records.git");
    bare(&evil, &server);
    // A bare repository that is named, on a server of its own: no work tree is around it.
    assert_eq!(started_in(&server, &[]).exit, 0);
    assert_eq!(started_in(&server.join("refs"), &[]).exit, 0);
    assert_eq!(started(elsewhere.path(), &["-C", "records.git"], &[]).exit, 0);
}

#[test]
fn a_bare_repository_that_the_change_brings_is_not_opened() {
    let project = project();
    let evil = lenient();
    let place = project.path().join("services/upload");
    // The files of a bare repository stand in the directory that the job starts the gate in.
    std::fs::remove_dir_all(&place).unwrap();
    bare(&evil, &place);
    for name in ["refs/keep", "objects/keep", "hooks/keep"] {
        std::fs::create_dir_all(place.join(name).parent().unwrap()).unwrap();
        std::fs::write(place.join(name), "").unwrap();
    }
    project.git(&["add", "-A", "-f"]);
    project.git(&["commit", "-qm", "Brings a repository"]);
    judged_the_project(&started_in(&place, &[]), &project);
    judged_the_project(&started_in(&place.join("refs"), &[]), &project);
    judged_the_project(&started(project.path(), &["-C", "services/upload"], &[]), &project);
    let git_dir = place.to_str().unwrap();
    judged_the_project(&started_in(&place, &[("GIT_DIR", git_dir), ("GIT_WORK_TREE", git_dir)]), &project);
    let ceiling = project.path().to_str().unwrap();
    judged_the_project(&started_in(&place, &[("GIT_CEILING_DIRECTORIES", ceiling)]), &project);
    judged_the_project(&started_in(&place, &[("GIT_DISCOVERY_ACROSS_FILESYSTEM", "1")]), &project);
    judged_the_project(&started_in(&place, &[("GIT_OBJECT_DIRECTORY", git_dir)]), &project);
}

#[test]
fn a_bare_repository_that_a_build_left_is_not_opened() {
    let project = project();
    let evil = lenient();
    let place = project.path().join("target/records.git");
    bare(&evil, &place);
    judged_the_project(&started_in(&place, &[]), &project);
    judged_the_project(&started(&project.path().join("target"), &["-C", "records.git"], &[]), &project);
    // Also where it looks like the directory of a linked work tree.
    let place = project.path().join("services/upload");
    std::fs::write(place.join("HEAD"), "ref: refs/heads/change\n").unwrap();
    std::fs::write(place.join("commondir"), "../../target/records.git\n").unwrap();
    judged_the_project(&started_in(&place, &[]), &project);
}

#[test]
fn records_and_notes_are_written_to_the_repository_of_the_work_tree() {
    let project = project();
    let evil = lenient();
    let place = project.path().join("target/records.git");
    bare(&evil, &place);
    let report =
        "<testsuites><testsuite name=\"s\"><testcase classname=\"c\" name=\"n\"/></testsuite></testsuites>";
    std::fs::write(place.join("report.xml"), report).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.env_clear().current_dir(&place);
    let arguments = ["evidence", "record", "--suite", "upload", "--report", "report.xml", "--note"];
    let output = command.args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!project.git(&["for-each-ref", "refs/notes/portcullis"]).is_empty());
    assert!(!place.join("refs/notes/portcullis").exists());
}

#[test]
fn a_repository_that_a_build_made_over_tracked_files_is_refused() {
    let project = project();
    let evil = lenient();
    let place = project.path().join("services/upload");
    let git = place.join(".git");
    bare(&evil, &git);
    std::fs::write(git.join("config"), "[core]\n\tbare = false\n\trepositoryformatversion = 0\n").unwrap();
    refused(&started_in(&place, &[]), "services/upload");
    // A file `.git` and a link lead to one that lies elsewhere.
    let elsewhere = project.path().join("target/evil.git");
    std::fs::create_dir_all(elsewhere.parent().unwrap()).unwrap();
    std::fs::rename(&git, &elsewhere).unwrap();
    std::fs::write(&git, format!("gitdir: {}\n", elsewhere.display())).unwrap();
    refused(&started_in(&place, &[]), "services/upload");
    std::fs::remove_file(&git).unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(&elsewhere, &git).unwrap();
        refused(&started_in(&place, &[]), "services/upload");
        std::fs::remove_file(&git).unwrap();
    }
    // `core.worktree` of a repository inside does not make the project its work tree.
    let config = format!("[core]\n\tbare = false\n\tworktree = {}\n", project.path().display());
    std::fs::write(elsewhere.join("config"), config).unwrap();
    std::fs::write(&git, format!("gitdir: {}\n", elsewhere.display())).unwrap();
    refused(&started_in(&place, &[]), "services/upload");
    std::fs::remove_file(&git).unwrap();
    judged_the_project(&started_in(&place, &[]), &project);
}

#[test]
fn what_only_looks_like_a_repository_is_passed_over() {
    let project = project();
    let place = project.path().join("services/upload");
    // `.git` without a repository in it, as git itself passes it over; and another spelling, which is none where case counts.
    std::fs::create_dir(place.join(".git")).unwrap();
    judged_the_project(&started_in(&place, &[]), &project);
    std::fs::remove_dir(place.join(".git")).unwrap();
    bare(&lenient(), &place.join(".GIT"));
    if !place.join(".git").exists() {
        judged_the_project(&started_in(&place, &[]), &project);
        judged_the_project(&started_in(&place.join(".GIT"), &[]), &project);
    }
}

/// The project with the attacker's repository as a submodule in place of `services/upload`, checked out.
fn with_submodule(project: &Checkout, evil: &Checkout) -> PathBuf {
    project.git(&["rm", "-rq", "services/upload"]);
    let source = evil.path().to_str().unwrap();
    project.git(&[
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        source,
        "services/upload",
    ]);
    project.git(&["commit", "-qm", "A submodule"]);
    let place = project.path().join("services/upload");
    let here = place.to_str().unwrap();
    project.git(&["-C", here, "branch", "-f", "main", "origin/main"]);
    place
}

#[test]
fn a_submodule_that_the_change_brings_is_not_judged_in_its_place() {
    let project = project();
    let evil = lenient();
    let place = with_submodule(&project, &evil);
    let workspace = project.path().canonicalize().unwrap();
    let workspace = workspace.to_str().unwrap();
    refused(&started_in(&place, &[("CI", "true")]), "work tree of another");
    let commit = project.git(&["rev-parse", "change"]);
    let job = gitlab_job(workspace, &commit);
    refused(&started_in(&place, &job), "work tree of another");
}

#[test]
fn a_repository_that_a_build_made_beside_tracked_files_is_not_judged_in_a_job() {
    let project = project();
    let evil = lenient();
    let place = project.path().join("target/evil");
    evil.git(&["clone", "-q", evil.path().to_str().unwrap(), place.to_str().unwrap()]);
    evil.git(&["-C", place.to_str().unwrap(), "branch", "-f", "main", "origin/main"]);
    refused(&started_in(&place, &[("CI", "true")]), "work tree of another");
}

#[test]
fn who_works_in_a_submodule_or_in_a_clone_inside_another_judges_that() {
    let project = project();
    let evil = lenient();
    let place = with_submodule(&project, &evil);
    assert_eq!(started_in(&place, &[]).exit, 0, "{}", started_in(&place, &[]).text);
    let clone = project.path().join("target/evil");
    evil.git(&["clone", "-q", evil.path().to_str().unwrap(), clone.to_str().unwrap()]);
    evil.git(&["-C", clone.to_str().unwrap(), "branch", "-f", "main", "origin/main"]);
    assert_eq!(started_in(&clone, &[]).exit, 0, "{}", started_in(&clone, &[]).text);
    // A machine whose home directory is a work tree: what lies above the job's workspace is the machine's.
    let workspace = clone.canonicalize().unwrap();
    let commit = evil.git(&["-C", clone.to_str().unwrap(), "rev-parse", "change"]);
    let job = gitlab_job(workspace.to_str().unwrap(), &commit);
    assert_eq!(started_in(&clone, &job).exit, 0, "{}", started_in(&clone, &job).text);
}

#[test]
fn a_sub_directory_and_a_linked_work_tree_are_judged_as_their_repository() {
    let project = project();
    for variables in [&[][..], &[("CI", "true")]] {
        judged_the_project(&started_in(&project.path().join("services/upload"), variables), &project);
        judged_the_project(&started_in(&project.path().join("services"), variables), &project);
        judged_the_project(&started_in(&project.path().join(".git"), variables), &project);
        judged_the_project(&started_in(&project.path().join(".git/refs"), variables), &project);
    }
    // Inside the main work tree, and elsewhere.
    let elsewhere = tempfile::tempdir().unwrap();
    for place in [project.path().join("target/linked"), elsewhere.path().join("linked")] {
        project.git(&["worktree", "add", "-q", "--detach", place.to_str().unwrap(), "change"]);
        for variables in [&[][..], &[("CI", "true")]] {
            judged_the_project(&started_in(&place, variables), &project);
            judged_the_project(&started_in(&place.join("services/upload"), variables), &project);
        }
    }
    // Over tracked files a linked work tree is refused like any other.
    let over = project.path().join("services/upload");
    std::fs::remove_dir_all(&over).unwrap();
    project.git(&["worktree", "add", "-q", "--detach", over.to_str().unwrap(), "main"]);
    refused(&started_in(&over, &[]), "services/upload");
}
