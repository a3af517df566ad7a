//! A repository with a work tree on the branch `main`, git itself to fill it, and keys beside it.
#![allow(dead_code, reason = "each test binary uses its own part of this")]
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "test support: a failure here is a failed test"
)]

use super::gate::Verdict;
use crate::support::clean::CleanEnvironment as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// A policy without controls: the one area `upload`.
const POLICY: &str = r#"schema = 1
[project]
name = "Record upload"
[branches]
deployment = ["main"]
[[data-processing]]
name = "upload"
purpose = "Loads, amends and deletes records"
paths = ["services/upload/**"]
"#;

/// Where a suite writes its report.
pub const REPORT: &str = "out/junit.xml";

/// The repository, and a directory outside of it.
pub struct Checkout {
    directory: TempDir,
    /// Keys lie beside the repository and not in it.
    pub outside: TempDir,
}

impl Checkout {
    /// An empty one.
    pub fn empty() -> Self {
        let new = Checkout { directory: tempfile::tempdir().unwrap(), outside: tempfile::tempdir().unwrap() };
        // Sample hooks are some twenty files, which each test would write and delete for nothing.
        new.git(&["init", "-q", "-b", "main", "--template="]);
        std::fs::create_dir(new.path().join(".git/info")).unwrap();
        new
    }

    /// One whose branch `main` holds these files and a policy with these controls for what lies in `services/upload`.
    pub fn with(controls: &str, files: &[(&str, &str)]) -> Self {
        let new = Checkout::empty();
        new.write("portcullis.toml", &format!("{POLICY}{controls}"));
        new.write(".gitignore", "/out/\n");
        files.iter().for_each(|(path, text)| drop(new.write(path, text)));
        new.commit("Begin");
        new
    }

    /// Begins the branch `change`, with one commit that writes a file.
    pub fn change(&self, path: &str, text: &str) {
        self.git(&["checkout", "-q", "-b", "change"]);
        self.write(path, text);
        self.commit("Change");
    }

    /// The root of the work tree.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// A private key, beside the repository.
    pub fn key(&self, seed: u8) -> String {
        let file = self.outside.path().join(format!("key-{seed}"));
        let pair = ssh_key::private::Ed25519Keypair::from_seed(&[seed; 32]);
        let text = ssh_key::PrivateKey::from(pair).to_openssh(ssh_key::LineEnding::LF).unwrap();
        std::fs::write(&file, text.as_bytes()).unwrap();
        file.to_str().unwrap().to_string()
    }

    /// Runs git, which must succeed.
    pub fn git(&self, arguments: &[&str]) -> String {
        self.git_with(&[], arguments)
    }

    /// The same, where commits are given this date.
    pub fn git_at(&self, date: &str, arguments: &[&str]) {
        self.git_with(&[("GIT_COMMITTER_DATE", date), ("GIT_AUTHOR_DATE", date)], arguments);
    }

    fn git_with(&self, variables: &[(&str, &str)], arguments: &[&str]) -> String {
        let settings = ["-c", "user.name=Kim Example", "-c", "user.email=kim@example.test"];
        // A commit would start another process to see whether there is something to tidy up.
        let settings = settings.into_iter().chain(["-c", "maintenance.auto=false", "-c", "gc.auto=0"]);
        let mut command = Command::new("git");
        command.current_dir(self.path()).env("GIT_CONFIG_NOSYSTEM", "1").env("HOME", self.outside.path());
        command.envs(variables.iter().copied());
        let output = command.args(settings).args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_string()
    }

    /// Writes a file of the work tree.
    pub fn write(&self, path: &str, text: &str) -> PathBuf {
        let file = self.path().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, text).unwrap();
        file
    }

    /// Commits everything.
    pub fn commit(&self, message: &str) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-qm", message]);
    }

    /// Runs the program.
    pub fn portcullis(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
        command.clean_env().current_dir(self.path()).args(arguments).output().unwrap()
    }

    /// Records the report of the suite `upload`, which must succeed; what it said.
    pub fn record(&self, more: &[&str]) -> String {
        let arguments = ["evidence", "record", "--suite", "upload", "--report", REPORT];
        let output = self.portcullis(&[&arguments, more].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{said}");
        said
    }

    /// Judges the branch `change` against `main`, without a host.
    pub fn judge(&self, more: &[&str]) -> Verdict {
        let arguments = ["check", "--host", "none", "--base", "main", "--head", "change", "--format", "json"];
        Verdict::of(&self.portcullis(&[&arguments, more].concat()))
    }
}
