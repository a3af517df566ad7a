//! The hook in a bare repository that is pushed to over its path: no server needed.

use super::scenario::{FILE, POLICY};
use super::{Person, directory, people::PROGRAM, plain_git, run, said};
use std::cell::Cell;
use std::path::PathBuf;
use std::process::{Command, Output};
use tempfile::TempDir;

/// A bare repository and a clone.
pub struct Local {
    directory: TempDir,
    /// Who pushes.
    pub kim: Person,
    /// What gitolite would call them; `None`: it is not there.
    pub user: Cell<Option<&'static str>>,
}

impl super::GitServer for Local {
    fn url(&self, _: &Person) -> String {
        self.repository().display().to_string()
    }

    fn environment(&self, _: &Person) -> Vec<(String, String)> {
        let user = self.user.get().map(|user| [("GL_REPO", "upload"), ("GL_USER", user)]);
        user.iter().flatten().map(|(name, value)| (name.to_string(), value.to_string())).collect()
    }

    fn repository(&self) -> PathBuf {
        self.directory.path().join("upload.git")
    }

    fn on_server(&self, program: &str, arguments: &[&str]) -> Output {
        Command::new(program).args(arguments).output().unwrap()
    }
}

impl Local {
    /// Without a hook, with a first commit of these files beside the policy.
    pub fn new(policy: &str) -> (Local, String) {
        let local = Local { directory: directory(), kim: Person::new("kim"), user: Cell::new(None) };
        let repository = super::GitServer::repository(&local);
        run(plain_git(local.directory.path()).args(["init", "-q", "--bare", "-b", "main"]).arg(repository));
        local.kim.begin(&local);
        let signers = local.kim.signer("");
        let files =
            [("portcullis.toml", policy), (FILE, "SELECT 1;\n"), (".portcullis/allowed_signers", &signers)];
        let base = local.kim.commit(&local, "Begin", &files);
        local.kim.push(&local, &["origin", "main"]).expect_taken();
        (local, base)
    }

    /// With the hook.
    pub fn gated() -> (Local, String) {
        let (local, base) = Local::new(POLICY);
        let installed = local.hook("install");
        assert!(installed.status.success(), "{}", said(&installed));
        (local, base)
    }

    /// Runs `portcullis hook` on the repository.
    pub fn hook(&self, what: &str) -> Output {
        let repository = super::GitServer::repository(self);
        Command::new(PROGRAM).args(["hook", what, "--repository"]).arg(repository).output().unwrap()
    }

    /// With the hook, and without git's own settings that refuse pushes to branches.
    pub fn gated_by_hook_alone() -> (Local, String) {
        let (local, base) = Local::gated();
        for name in ["receive.denyDeletes", "receive.denyNonFastForwards"] {
            local.setting(&[name, "false"]);
        }
        (local, base)
    }

    fn setting(&self, arguments: &[&str]) {
        run(plain_git(&super::GitServer::repository(self)).arg("config").args(arguments));
    }

    fn lines(&self) -> (i32, String) {
        let output = self.hook("check");
        (output.status.code().unwrap(), said(&output))
    }
}

#[test]
fn install_writes_what_check_looks_for_and_check_sees_each_part_go() {
    let (local, _) = Local::gated();
    let (exit, text) = local.lines();
    assert_eq!(exit, 0, "{text}");
    let hooks = super::GitServer::repository(&local).join("hooks");
    local.setting(&["receive.denyDeletes", "false"]);
    let (exit, text) = local.lines();
    assert!(exit == 0 && text.contains("open    receive.denyDeletes"), "the hook protects by itself: {text}");
    local.setting(&["--unset", "receive.denyDeletes"]);
    let (exit, text) = local.lines();
    assert!(exit == 1 && text.contains("broken  receive.denyDeletes"), "no one switched it off: {text}");
    local.setting(&["receive.denyDeletes", "true"]);
    local.setting(&["core.hooksPath", "/tmp"]);
    assert!(local.lines().1.contains("broken  hooks-path"));
    local.setting(&["--unset", "core.hooksPath"]);
    local.setting(&["transfer.hideRefs", "refs/portcullis"]);
    assert!(local.lines().1.contains("broken  transfer.hideRefs"));
    local.setting(&["--unset", "transfer.hideRefs"]);
    let text = std::fs::read_to_string(hooks.join("pre-receive")).unwrap();
    std::fs::write(hooks.join("pre-receive"), text.replace("hook pre-receive", "hook check")).unwrap();
    assert!(local.lines().1.contains("broken  pre-receive-digest"));
    std::fs::remove_file(hooks.join("pre-receive")).unwrap();
    let (exit, text) = local.lines();
    assert!(exit == 1 && text.contains("there is no `hooks/pre-receive`"), "{text}");
    assert!(local.hook("install").status.success());
    assert_eq!(local.lines().0, 0, "installed again");
}

#[cfg(unix)]
#[test]
fn a_hook_that_was_there_is_kept_and_called_first() {
    use std::os::unix::fs::PermissionsExt as _;
    let (local, _) = Local::new(POLICY);
    let hooks = super::GitServer::repository(&local).join("hooks");
    std::fs::create_dir_all(&hooks).unwrap();
    let own = hooks.join("pre-receive");
    std::fs::write(&own, "#!/bin/sh\ngrep -q refs/heads/forbidden && { echo not here; exit 1; }\nexit 0\n")
        .unwrap();
    std::fs::set_permissions(&own, std::fs::Permissions::from_mode(0o755)).unwrap();
    assert!(local.hook("install").status.success());
    local.kim.push(&local, &["origin", "HEAD:refs/heads/forbidden"]).expect_refused("not here");
    local.kim.push(&local, &["origin", "HEAD:refs/heads/topic"]).expect_taken();
    local
        .kim
        .push(&local, &["origin", "HEAD:refs/replace/1111"])
        .expect_refused("refs/replace/1111 is refused");
    assert!(local.hook("install").status.success(), "twice is as good as once");
    assert_eq!(local.lines().0, 0);
}

#[test]
fn install_needs_a_policy_to_judge_by() {
    let (local, _) = Local::new("schema = 1\n");
    let refused = local.hook("install");
    assert_eq!(refused.status.code(), Some(4), "{}", said(&refused));
    let empty = directory();
    run(plain_git(empty.path()).args(["init", "-q", "--bare", "-b", "main", "."]));
    let refused =
        Command::new(PROGRAM).args(["hook", "install", "--repository"]).arg(empty.path()).output().unwrap();
    assert!(said(&refused).contains("has no commit yet"), "{}", said(&refused));
    assert_eq!(refused.status.code(), Some(4));
}

#[test]
fn a_signed_push_says_who_pushes_and_its_certificate_is_kept() {
    let (local, base) = Local::gated();
    let list = local.directory.path().join("signers");
    std::fs::write(&list, local.kim.signer("")).unwrap();
    for setting in [
        ["receive.certNonceSeed", "of this test alone"],
        ["gpg.format", "ssh"],
        ["gpg.ssh.allowedSignersFile", list.to_str().unwrap()],
    ] {
        local.setting(&setting);
    }
    local.kim.push(&local, &["--signed", "origin", &format!("{base}:refs/heads/topic")]).expect_taken();
    let log = local.kim.git(&local, &["ls-remote", "origin", "refs/portcullis/pushes"]);
    assert!(!log.is_empty());
    local.kim.git(&local, &["fetch", "-q", "origin"]);
    let entry = local.kim.git(&local, &["show", "refs/portcullis/pushes:push.json"]);
    assert!(entry.contains(r#""principal": "kim""#) && entry.contains("a signed push"), "{entry}");
    assert!(entry.contains("certificate version 0.1") && entry.contains("refs/heads/topic"), "{entry}");
}

#[test]
fn the_update_hook_judges_one_ref() {
    let (local, base) = Local::gated();
    let other = local.kim.commit_on_with(&local, &base, "beside", (FILE, "SELECT 2;\n"));
    local.kim.push(&local, &["origin", &format!("{other}:refs/heads/topic")]).expect_taken();
    let update = |name: &str| {
        let mut command = Command::new(PROGRAM);
        command.current_dir(super::GitServer::repository(&local)).env("GIT_DIR", ".");
        command.args(["hook", "update", name, &base, &other]).output().unwrap()
    };
    let refused = update("refs/heads/main");
    assert_eq!(refused.status.code(), Some(1), "{}", said(&refused));
    assert!(said(&refused).contains("required-reviews"), "{}", said(&refused));
    assert_eq!(update("refs/heads/topic").status.code(), Some(0));
}

#[test]
fn a_snapshot_of_a_server_shows_the_approvals_that_its_hook_demands() {
    let (local, _) = Local::gated();
    let server = super::GitServer::repository(&local);
    let output = Command::new(PROGRAM)
        .current_dir(&server)
        .args(["snapshot", "--host", "bare", "--branch", "main"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let file = "refs/portcullis/snapshots/main:snapshot.json";
    let kept = run(plain_git(&server).args(["show", file]));
    assert!(kept.contains("\"approvals\": 1"), "{kept}");
}

#[test]
fn a_landing_on_a_server_without_a_host_is_explained_without_naming_its_repository() {
    let (local, base) = Local::gated();
    let server = super::GitServer::repository(&local);
    let explain = ["explain", &base, "--host", "bare", "--branch", "main"];
    let output = Command::new(PROGRAM).current_dir(&server).args(explain).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
}

#[test]
fn attack_the_approvals_of_a_branch_are_those_of_another_that_is_checked_out() {
    let (local, base) = Local::gated();
    local.kim.git(&local, &["checkout", "-q", "-b", "evil", &base]);
    let more = POLICY
        .replace("[controls.required-reviews]\napprovals = 1", "[controls.required-reviews]\napprovals = 7");
    local.kim.commit(&local, "Promise", &[("portcullis.toml", &more)]);
    local.kim.git(&local, &["fetch", "-q", "origin", "+refs/heads/*:refs/remotes/origin/*"]);
    local.kim.git(&local, &["fetch", "-q", "origin", "+refs/portcullis/*:refs/portcullis/*"]);
    let snapshot = ["snapshot", "--host", "bare", "--branch", "main", "--branch", "release/9"];
    let taken = local.kim.portcullis(&local, &snapshot);
    assert!(!taken.taken, "there is no release/9: {}", taken.text);
    let kept = |branch: &str| {
        let file = format!("refs/portcullis/snapshots/{branch}:snapshot.json");
        local.kim.git(&local, &["show", &file])
    };
    assert!(kept("main").contains("\"approvals\": 1"), "{}", kept("main"));
    // No one knows what is demanded of a branch that the server does not have.
    assert!(!kept("release+2f9").contains("\"approvals\""), "{}", kept("release+2f9"));
}
