//! Work trees that are clean, and those that only look so to git.

use super::*;
use std::process::Command;
use tempfile::TempDir;

fn git(directory: &Path, arguments: &[&str]) {
    let settings = ["-c", "user.name=Kim Example", "-c", "user.email=kim@example.test"];
    let output = Command::new("git")
        .current_dir(directory)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("HOME", directory)
        .args(settings)
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn write(directory: &Path, path: &str, text: &str) {
    let file = directory.join(path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}

fn project() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    git(directory.path(), &["init", "-q"]);
    write(directory.path(), ".gitignore", "/target/\n*.log\n");
    write(directory.path(), "src/load.sql", "SELECT 1;\nSELECT 2;\n");
    write(directory.path(), "tests/conftest.py", "pass\n");
    git(directory.path(), &["add", "."]);
    git(directory.path(), &["commit", "-qm", "Begin"]);
    directory
}

fn differences(directory: &Path, written: &[&str]) -> Vec<String> {
    let written = written.iter().map(|path| RepoPath::from(*path)).collect();
    let repository = Repository::open(directory).unwrap();
    repository.checkout(&written).known().unwrap().work_tree.differences.clone()
}

#[test]
fn a_clean_work_tree_may_hold_what_is_ignored_and_what_the_run_wrote() {
    let project = project();
    let path = project.path();
    write(path, "target/debug/x", "x");
    write(path, "src/x.log", "x");
    write(path, "junit.xml", "<testsuites/>");
    std::fs::create_dir(path.join("empty")).unwrap();
    assert_eq!(differences(path, &["junit.xml"]), [""; 0]);
    assert_eq!(differences(path, &[]), ["not part of the commit: junit.xml"]);
}

#[test]
fn what_differs_is_named() {
    let project = project();
    let path = project.path();
    write(path, "src/load.sql", "SELECT 3;\nSELECT 2;\n");
    write(path, "tests/new/conftest.py", "pass\n");
    fs::remove_file(path.join("tests/conftest.py")).unwrap();
    assert_eq!(
        differences(path, &[]),
        [
            "changed: src/load.sql",
            "missing: tests/conftest.py",
            "not part of the commit: tests/new/conftest.py"
        ]
    );
}

#[test]
fn what_git_is_told_to_overlook_is_seen() {
    let project = project();
    let path = project.path();
    git(path, &["update-index", "--assume-unchanged", "src/load.sql"]);
    git(path, &["update-index", "--skip-worktree", "tests/conftest.py"]);
    write(path, "src/load.sql", "SELECT 3;\nSELECT 2;\n");
    write(path, "tests/conftest.py", "skip\n");
    assert_eq!(differences(path, &[]), ["changed: src/load.sql", "changed: tests/conftest.py"]);
    // A staged change is a change of the work tree too.
    git(path, &["update-index", "--no-skip-worktree", "tests/conftest.py"]);
    git(path, &["add", "tests/conftest.py"]);
    assert_eq!(differences(path, &[]).len(), 2);
}

#[test]
fn an_ignore_file_that_hides_itself_hides_nothing_beside_the_sources() {
    let project = project();
    let path = project.path();
    write(path, "tests/.gitignore", "*\n");
    write(path, "tests/plugin.py", "pass\n");
    assert_eq!(differences(path, &[]), ["not part of the commit: tests/.gitignore"]);
    fs::remove_file(path.join("tests/.gitignore")).unwrap();
    assert_eq!(differences(path, &[]), ["not part of the commit: tests/plugin.py"]);
    // A cache that ignores itself lies in a directory of its own.
    fs::remove_file(path.join("tests/plugin.py")).unwrap();
    write(path, ".pytest_cache/.gitignore", "*\n");
    write(path, ".pytest_cache/x", "x");
    assert_eq!(differences(path, &[]), [""; 0]);
}

#[test]
fn a_repository_within_and_a_moved_work_tree_are_not_clean() {
    let project = project();
    let path = project.path();
    git(path, &["init", "-q", "vendor"]);
    assert_eq!(differences(path, &[]), ["not part of the commit: vendor"]);
    fs::remove_dir_all(path.join("vendor")).unwrap();
    std::fs::create_dir(path.join("target")).unwrap();
    git(path, &["config", "core.worktree", "../target"]);
    let checkout = Repository::open(path).unwrap().checkout(&BTreeSet::new());
    assert_eq!(checkout.known().unwrap_err().reason, GapReason::Untrusted);
}

#[test]
fn line_ends_and_large_files_as_git_writes_them_are_no_difference() {
    let project = project();
    let path = project.path();
    write(path, "src/load.sql", "SELECT 1;\r\nSELECT 2;\r\n");
    assert_eq!(differences(path, &[]), [""; 0]);
    write(path, "src/load.sql", "SELECT 1;\r\rSELECT 2;\r\n");
    assert_eq!(differences(path, &[]), ["changed: src/load.sql"]);
    write(path, "src/load.sql", "SELECT 1;\nSELECT 2;\n");
    let digest: String = Sha256::digest(b"large").iter().map(|byte| format!("{byte:02x}")).collect();
    let pointer = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize 5\n");
    write(path, "data.bin", &pointer);
    git(path, &["add", "."]);
    git(path, &["commit", "-qm", "Large"]);
    write(path, "data.bin", "large");
    assert_eq!(differences(path, &[]), [""; 0]);
    write(path, "data.bin", "other");
    assert_eq!(differences(path, &[]), ["changed: data.bin"]);
}

#[test]
fn a_submodule_is_compared_too() {
    let (outer, inner) = (project(), project());
    let address = inner.path().to_str().unwrap();
    git(outer.path(), &["-c", "protocol.file.allow=always", "submodule", "add", "-q", address, "lib"]);
    git(outer.path(), &["commit", "-qm", "Submodule"]);
    assert_eq!(differences(outer.path(), &[]), [""; 0]);
    write(outer.path(), "lib/src/load.sql", "SELECT 3;\n");
    assert_eq!(differences(outer.path(), &[]), ["changed: src/load.sql (in lib)"]);
}
