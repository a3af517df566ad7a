//! A policy that is named on the command line and lies where the change can write (class 101 of the attack catalogue): what
//! counts is what the base has at that path. Next to the attacks stands the honest twin, which is allowed.
#![cfg(unix)]

use crate::support::gate::{Verdict, command};
use crate::support::project::refused;
use portcullis_model::review::Permission;
use portcullis_testkit::history::Edit;
use portcullis_testkit::server::Server;
use portcullis_testkit::stage::{POLICY, Stage};
use portcullis_testkit::world::person;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

const LOAD: Edit<'static> = Edit::Write("services/upload/load.sql", "DELETE FROM records;\n");

/// A policy that asks for next to nothing.
fn mild() -> String {
    POLICY.replace("approvals = 2", "approvals = 1")
}

/// A change to data-processing code that one person approved: too few for the policy at the base.
fn stage(edits: &[Edit<'_>]) -> Stage {
    let mut stage = Stage::honest().unwrap();
    stage.change(edits).unwrap();
    stage.world.reviews.truncate(1);
    stage
}

fn write(stage: &Stage, path: &str, text: &str) {
    let file = stage.directory().join(path);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, text).unwrap();
}

fn judge(stage: &Stage, policy: &str) -> Verdict {
    let server = Server::start(stage.world.clone());
    Verdict::of(
        &command(stage, &server, &["check", "--policy", policy, "--format", "json"]).output().unwrap(),
    )
}

fn git(directory: &Path, arguments: &[&str]) {
    let mut command = Command::new("git");
    command
        .current_dir(directory)
        .args(["-c", "user.name=T", "-c", "user.email=t@example.test"])
        .args(arguments);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn attack_101_a_policy_that_the_change_deletes_and_somebody_wrote_anew() {
    let stage = stage(&[LOAD, Edit::Remove("portcullis.toml")]);
    write(&stage, "portcullis.toml", &mild());
    refused(&judge(&stage, "portcullis.toml"), 4, "leave out --policy");
    // The twin: what lies there is what the base has. Then the base's policy judges, and sees that it would be gone.
    write(&stage, "portcullis.toml", POLICY);
    judge(&stage, "portcullis.toml").expect(1, "gate-integrity", "policy");
}

#[test]
fn attack_101_a_policy_in_the_work_tree_that_no_commit_has() {
    let stage = stage(&[LOAD, Edit::Write(".gitignore", "/out/\n")]);
    let absolute = stage.directory().join("given.toml");
    for path in [
        "given.toml",
        "out/given.toml",
        "Portcullis.toml",
        "PORTCULLIS.TOML",
        ".git/given.toml",
        "docs/../given.toml",
    ] {
        write(&stage, path, &mild());
        std::fs::create_dir_all(stage.directory().join("docs")).unwrap();
        refused(&judge(&stage, path), 4, "leave out --policy");
    }
    refused(&judge(&stage, absolute.to_str().unwrap()), 4, "leave out --policy");
    refused(&judge(&stage, "./docs/.././given.toml"), 4, "leave out --policy");
    let twin = tempfile::tempdir().unwrap();
    std::fs::write(twin.path().join("given.toml"), mild()).unwrap();
    judge(&stage, twin.path().join("given.toml").to_str().unwrap()).expect(0, "", "");
}

#[test]
fn attack_101_a_policy_over_a_link() {
    let stage = stage(&[LOAD]);
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("mild.toml"), mild()).unwrap();
    write(&stage, "given.toml", &mild());
    // A link of the work tree to somewhere else, a directory that is one, and a link from elsewhere into the work tree.
    symlink(outside.path().join("mild.toml"), stage.directory().join("link.toml")).unwrap();
    symlink(outside.path(), stage.directory().join("linked")).unwrap();
    symlink(stage.directory().join("given.toml"), outside.path().join("back.toml")).unwrap();
    symlink(stage.directory().join("link.toml"), outside.path().join("there-and-back.toml")).unwrap();
    symlink(stage.directory(), outside.path().join("tree")).unwrap();
    let from = |name: &str| outside.path().join(name).to_str().unwrap().to_string();
    for path in [
        "link.toml".to_string(),
        "linked/mild.toml".to_string(),
        from("back.toml"),
        from("there-and-back.toml"),
        from("tree/given.toml"),
        from("tree/link.toml"),
    ] {
        eprintln!("-- {path}");
        refused(&judge(&stage, &path), 4, "leave out --policy");
    }
    // The twins: a link outside, and a link from outside to what the base has.
    symlink(outside.path().join("mild.toml"), outside.path().join("plain.toml")).unwrap();
    judge(&stage, &from("plain.toml")).expect(0, "", "");
    write(&stage, "portcullis.toml", POLICY);
    judge(&stage, &from("tree/portcullis.toml")).expect(1, "required-reviews", "1 of 2");
}

#[test]
fn attack_101_a_policy_in_another_work_tree() {
    let stage = stage(&[LOAD]);
    let outside = tempfile::tempdir().unwrap();
    let other = outside.path().join("other");
    git(stage.directory(), &["worktree", "add", "-q", "--detach", other.to_str().unwrap(), "main"]);
    std::fs::write(other.join("portcullis.toml"), mild()).unwrap();
    let path = other.join("portcullis.toml");
    refused(&judge(&stage, path.to_str().unwrap()), 4, "leave out --policy");
    let twin = outside.path().join("portcullis.toml");
    std::fs::write(&twin, mild()).unwrap();
    judge(&stage, twin.to_str().unwrap()).expect(0, "", "");
}

/// The job has checked out the base, so that its policy lies in the work tree as it stands there.
#[test]
fn attack_101_the_policy_of_the_base_by_name_still_sees_that_the_change_alters_it() {
    let weaker = POLICY.replace("approvals = 2", "approvals = 1");
    let mut altering = Stage::honest().unwrap();
    altering.change(&[LOAD, Edit::Write("portcullis.toml", &weaker)]).unwrap();
    // Two people approved, neither of whom owns the gate.
    let sam = person("sam-example", 14);
    altering.world.reviews[1].reviewer = Some(sam.clone());
    altering.world.permissions.push((sam, Permission::Write));
    write(&altering, "portcullis.toml", POLICY);
    judge(&altering, "portcullis.toml").expect(1, "gate-integrity", "");
    let twin = Stage::honest().unwrap();
    write(&twin, "portcullis.toml", POLICY);
    judge(&twin, "portcullis.toml").expect(0, "", "");
}
