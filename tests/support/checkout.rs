//! A repository with a work tree on the branch `main`, git itself to fill it, and keys beside it.
#![allow(dead_code, reason = "each test binary uses its own part of this")]
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "test support: a failure here is a failed test"
)]

use super::gate::Verdict;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// The repository, and a directory outside of it.
pub struct Checkout {
    directory: TempDir,
    /// Keys lie beside the repository and not in it.
    pub outside: TempDir,
}

impl Checkout {
    /// An empty one.
    pub fn new() -> Self {
        let new = Checkout { directory: tempfile::tempdir().unwrap(), outside: tempfile::tempdir().unwrap() };
        new.git(&["init", "-q", "-b", "main"]);
        new
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
        let settings = ["-c", "user.name=Kim Example", "-c", "user.email=kim@example.test"];
        let mut command = Command::new("git");
        command.current_dir(self.path()).env("GIT_CONFIG_NOSYSTEM", "1").env("HOME", self.outside.path());
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
        command.env_clear().current_dir(self.path()).args(arguments).output().unwrap()
    }

    /// Judges the branch `change` against `main`, without a host.
    pub fn judge(&self, more: &[&str]) -> Verdict {
        let arguments = ["check", "--host", "none", "--base", "main", "--head", "change", "--format", "json"];
        Verdict::of(&self.portcullis(&[&arguments, more].concat()))
    }
}
