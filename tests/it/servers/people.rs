//! People with a key and a clone each.

use super::{GitServer, directory, plain_git, run, said};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// The program.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_portcullis");

/// Someone with a key and a clone.
pub struct Person {
    /// The login.
    pub name: &'static str,
    home: TempDir,
}

/// The answer to a push.
#[derive(Debug)]
pub struct Pushed {
    /// Was it taken?
    pub taken: bool,
    /// What the terminal showed, without git's `remote: `.
    pub text: String,
    /// The columns that a line of the gate may fill.
    pub width: usize,
}

impl Pushed {
    fn of(output: &Output, width: usize) -> Pushed {
        let text: Vec<String> = said(output)
            .lines()
            .map(|line| line.strip_prefix("remote: ").unwrap_or(line).trim_end().to_string())
            .collect();
        Pushed { taken: output.status.success(), text: text.join("\n"), width }
    }

    /// Panics unless it was taken.
    pub fn expect_taken(&self) {
        assert!(self.taken, "{}", self.text);
    }

    /// Panics unless it was refused, in these words on the terminal of the pusher.
    pub fn expect_refused(&self, words: &str) {
        let flat = self.text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(!self.taken, "it was taken: {}", self.text);
        assert!(flat.contains(words), "`{words}` is not in: {}", self.text);
        let long =
            self.text.lines().find(|line| line.starts_with("    ") && line.chars().count() > self.width);
        assert_eq!(long, None, "a line is wider than a terminal");
        assert!(!self.text.contains('\u{1b}'), "there is colour: {}", self.text);
    }
}

impl Person {
    /// Makes a key.
    pub fn new(name: &'static str) -> Person {
        let home = directory();
        let key = home.path().join("key");
        run(Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f"]).arg(&key));
        Person { name, home }
    }

    /// The address that commits have.
    pub fn address(&self) -> String {
        format!("{}@example.test", self.name)
    }

    /// The private key.
    pub fn key(&self) -> PathBuf {
        self.home.path().join("key")
    }

    /// Kind and base64 of the public key.
    pub fn public_key(&self) -> String {
        let text = std::fs::read_to_string(self.home.path().join("key.pub")).unwrap();
        text.split_whitespace().take(2).collect::<Vec<_>>().join(" ")
    }

    /// A line of allowed signers.
    pub fn signer(&self, options: &str) -> String {
        format!("{},{} {options}{}\n", self.name, self.address(), self.public_key())
    }

    /// The clone.
    pub fn clone_directory(&self) -> PathBuf {
        self.home.path().join("clone")
    }

    /// The command with which git of this person reaches a server over ssh. The key exchange is a
    /// quick one: nothing here has to withstand a quantum computer, and connections are many.
    pub fn ssh(&self, port: u16) -> String {
        format!(
            "ssh -F /dev/null -i {} -p {port} -o IdentitiesOnly=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o KexAlgorithms=curve25519-sha256",
            self.key().display()
        )
    }

    /// Clones the repository of a server, or begins one that will be pushed there.
    pub fn begin(&self, server: &dyn GitServer) {
        let clone = self.clone_directory();
        std::fs::create_dir(&clone).unwrap();
        for arguments in [
            &["init", "-q", "-b", "main"][..],
            &["config", "user.name", self.name],
            &["config", "user.email", &self.address()],
            &["config", "gpg.format", "ssh"],
            &["config", "user.signingkey", &self.key().display().to_string()],
            &["remote", "add", "origin", &server.url(self)],
            &["config", "--add", "remote.origin.fetch", "+refs/portcullis/*:refs/portcullis/*"],
        ] {
            run(plain_git(&clone).args(arguments));
        }
    }

    /// Runs git in the clone.
    pub fn try_git(&self, server: &dyn GitServer, arguments: &[&str]) -> Output {
        let mut git = plain_git(&self.clone_directory());
        git.envs(server.environment(self)).args(arguments).output().unwrap()
    }

    /// Runs git in the clone, which has to succeed.
    pub fn git(&self, server: &dyn GitServer, arguments: &[&str]) -> String {
        let output = self.try_git(server, arguments);
        assert!(output.status.success(), "git {arguments:?}: {}", said(&output));
        String::from_utf8_lossy(&output.stdout).trim().to_string()
    }

    /// Pushes.
    pub fn push(&self, server: &dyn GitServer, arguments: &[&str]) -> Pushed {
        // git writes `remote: ` before each line.
        Pushed::of(&self.try_git(server, &[&["push"], arguments].concat()), 72)
    }

    /// Fetches, and stands on a commit.
    pub fn update(&self, server: &dyn GitServer, at: &str) {
        self.git(server, &["fetch", "-q", "origin"]);
        self.git(server, &["checkout", "-q", "-B", "work", at]);
    }

    /// Writes files and commits them; returns the commit.
    pub fn commit(&self, server: &dyn GitServer, message: &str, files: &[(&str, &str)]) -> String {
        for (path, text) in files {
            let file = self.clone_directory().join(path);
            std::fs::create_dir_all(file.parent().unwrap_or(Path::new("/"))).unwrap();
            std::fs::write(file, text).unwrap();
        }
        self.git(server, &["add", "-A"]);
        self.git(server, &["commit", "-q", "--allow-empty", "-m", message]);
        self.git(server, &["rev-parse", "HEAD"])
    }

    /// A commit on top of another one, with its tree.
    pub fn commit_on(&self, server: &dyn GitServer, parent: &str, message: &str) -> String {
        let tree = self.git(server, &["rev-parse", &format!("{parent}^{{tree}}")]);
        self.git(server, &["commit-tree", "-p", parent, "-m", message, &tree])
    }

    /// A commit on top of another one, with a file.
    pub fn commit_on_with(
        &self,
        server: &dyn GitServer,
        parent: &str,
        message: &str,
        (path, text): (&str, &str),
    ) -> String {
        self.git(server, &["checkout", "-q", "-B", "work", parent]);
        self.commit(server, message, &[(path, text)])
    }

    /// Runs the program in the clone.
    pub fn portcullis(&self, server: &dyn GitServer, arguments: &[&str]) -> Pushed {
        let mut program = Command::new(PROGRAM);
        program.current_dir(self.clone_directory()).args(arguments).envs(server.environment(self));
        program
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("HOME", self.home.path());
        Pushed::of(&program.env_remove("SSH_AUTH_SOCK").output().unwrap(), usize::MAX)
    }

    /// Approves a commit for the main branch, and pushes the review.
    pub fn approve(&self, server: &dyn GitServer, commit: &str) {
        self.review(server, commit, "main", &[]).expect_taken();
    }

    /// Reviews a commit for a branch, and pushes the review.
    pub fn review(&self, server: &dyn GitServer, commit: &str, onto: &str, more: &[&str]) -> Pushed {
        self.git(server, &["fetch", "-q", "origin"]);
        let onto = format!("origin/{onto}");
        let signing =
            ["approve", commit, "--onto", &onto, "--reviewer", self.name, "--yes", "--push", "origin"];
        let arguments = [&signing[..], more].concat();
        self.portcullis(server, &arguments)
    }
}
