//! A project without a host: a repository, people with real keys, and chains of reviews. Kim wrote
//! the change on `topic`; Robin and Alex may sign reviews.

use crate::support::clean::CleanEnvironment as _;
use jiff::Timestamp;
use portcullis_attest::review::SignableReview;
use portcullis_model::change::{ObjectName, Revision};
use portcullis_model::digest::Digest;
use portcullis_model::evidence::RunSubject;
use portcullis_model::signed::{ReviewStatement, ReviewVerdict};
use portcullis_testkit::history::{Edit, History, Person};
use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

pub const SIGNERS: &str = ".portcullis/allowed_signers";
pub const KIM: Person<'static> = ("Kim Example", "kim@example.test");

pub const POLICY: &str = r#"schema = 1

[project]
name = "Record upload"

[branches]
deployment = ["main", "release"]

[[data-processing]]
name = "upload"
purpose = "Loads records"
paths = ["services/upload/**"]

[[people]]
name = "Kim Example"
logins = ["kim"]
emails = ["kim@example.test", "kim-admin@example.test"]

[reviews]
signers = ".portcullis/allowed_signers"

[controls.required-reviews]
approvals = 1
last-pusher = "ignore"
"#;

/// A name, and the options of the line in the list of signers.
pub type Listed<'a> = (&'a str, &'a str);

pub struct Project {
    directory: tempfile::TempDir,
    pub history: History,
    pub base: git2::Oid,
    pub head: git2::Oid,
}

/// Is `ssh-keygen` here? A test that needs it says so and ends where it is not.
pub fn has_keygen() -> bool {
    let found = Command::new("ssh-keygen").arg("-?").stdin(Stdio::null()).output().is_ok();
    if !found {
        eprintln!("skipped: there is no ssh-keygen");
    }
    found
}

impl Project {
    /// Robin and Alex may sign, and Kim as well.
    pub fn new() -> Self {
        Project::with(POLICY, &[("robin", ""), ("alex", ""), ("kim", "")])
    }

    pub fn with(policy: &str, listed: &[Listed<'_>]) -> Self {
        let directory = tempfile::Builder::new().prefix("portcullis-").tempdir().unwrap();
        let mut history = History::begin(directory.path()).unwrap();
        for name in ["robin", "alex", "kim", "mallory", "old"] {
            make_key(directory.path(), name);
        }
        let signers = signers_of(directory.path(), listed);
        let files = [
            Edit::Write("portcullis.toml", policy),
            Edit::Write(SIGNERS, &signers),
            Edit::Write("services/upload/load.sql", "INSERT INTO records SELECT * FROM staging;\n"),
        ];
        let base = history.commit(KIM, &[], "Begin", &files).unwrap();
        history.branch("main", base).unwrap();
        history.branch("release", base).unwrap();
        let edit = Edit::Write("services/upload/load.sql", "INSERT INTO records SELECT 1;\n");
        let head = history.commit(KIM, &[base], "Load one", &[edit]).unwrap();
        history.branch("topic", head).unwrap();
        Project { directory, history, base, head }
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    pub fn key(&self, name: &str) -> PathBuf {
        key_file(self.path(), name)
    }

    /// Lands another list of signers on `main`, and starts the change again from there.
    pub fn relist(&mut self, listed: &[Listed<'_>]) {
        let signers = signers_of(self.path(), listed);
        self.base =
            self.history.commit(KIM, &[self.base], "Signers", &[Edit::Write(SIGNERS, &signers)]).unwrap();
        self.history.branch("main", self.base).unwrap();
    }

    /// The change goes on.
    pub fn push(&mut self, text: &str) {
        let edit = Edit::Write("services/upload/load.sql", text);
        self.head = self.history.commit(KIM, &[self.head], "Go on", &[edit]).unwrap();
        self.history.branch("topic", self.head).unwrap();
    }

    pub fn portcullis(&self, arguments: &[&str]) -> Output {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut program = Command::new(env!("CARGO_BIN_EXE_portcullis"));
        program.clean_env().env("PATH", path).env("HOME", self.path()).env("GIT_CONFIG_NOSYSTEM", "1");
        program.current_dir(self.path()).args(arguments).stdin(Stdio::null()).output().unwrap()
    }

    /// Has somebody sign a review of `topic`, with these arguments besides.
    pub fn approve(&self, name: &str, more: &[&str]) {
        let output = self.try_approve(name, more);
        assert_eq!(output.status.code(), Some(0), "{}", text_of(&output));
    }

    pub fn try_approve(&self, name: &str, more: &[&str]) -> Output {
        let key = self.key(name);
        let mut arguments =
            vec!["approve", "topic", "--onto", "main", "--yes", "--key", key.to_str().unwrap()];
        arguments.extend(more);
        self.portcullis(&arguments)
    }

    /// The gate's exit code, and what it says.
    pub fn judge(&self) -> (i32, String) {
        self.judge_as(&["--base", "main", "--head", "topic"])
    }

    pub fn judge_as(&self, arguments: &[&str]) -> (i32, String) {
        let all = [&["check", "--host", "none"], arguments].concat();
        let output = self.portcullis(&all);
        (output.status.code().unwrap_or(-1), text_of(&output))
    }

    pub fn subject(&self, commit: git2::Oid) -> RunSubject {
        let tree = self.history.repository().find_commit(commit).unwrap().tree_id();
        RunSubject {
            commit: Revision::try_from(commit.to_string()).unwrap(),
            tree: ObjectName::try_from(tree.to_string()).unwrap(),
        }
    }

    /// An honest approval of the head, to be altered.
    pub fn statement(&self, reviewer: &str) -> ReviewStatement {
        ReviewStatement {
            base: self.subject(self.base),
            message: None,
            policy: Digest::of(POLICY.as_bytes()),
            previous: None,
            project: "Record upload".into(),
            request: None,
            reviewer: reviewer.into(),
            roles: BTreeSet::new(),
            target: "refs/heads/main".into(),
            time: Timestamp::UNIX_EPOCH,
            verdict: ReviewVerdict::Approve,
        }
    }

    /// Signs a statement on the head with somebody's key.
    pub fn sign(&self, key: &str, statement: ReviewStatement) -> Vec<u8> {
        self.sign_on(key, self.subject(self.head), statement)
    }

    pub fn sign_on(&self, key: &str, subject: RunSubject, statement: ReviewStatement) -> Vec<u8> {
        let signable = SignableReview::new(subject, statement).unwrap();
        signable.seal(&self.signature(key, "portcullis", &signable.message())).unwrap()
    }

    pub fn signature(&self, key: &str, namespace: &str, message: &[u8]) -> Vec<u8> {
        let mut child = Command::new("ssh-keygen")
            .args(["-Y", "sign", "-n", namespace, "-f"])
            .arg(self.key(key))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(message).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        output.stdout.trim_ascii_end().to_vec()
    }

    /// Puts an envelope on top of a chain, without asking anybody.
    pub fn append(&self, name: &str, envelope: &[u8]) -> git2::Oid {
        self.append_files(name, &[("statement.json", envelope)])
    }

    pub fn append_files(&self, name: &str, files: &[(&str, &[u8])]) -> git2::Oid {
        let git = self.history.repository();
        let reference = format!("refs/portcullis/reviews/{name}");
        let parent = git.find_reference(&reference).ok().map(|found| found.peel_to_commit().unwrap());
        let mut tree = git.treebuilder(None).unwrap();
        for (file, bytes) in files {
            tree.insert(file, git.blob(bytes).unwrap(), 0o100_644).unwrap();
        }
        let tree = git.find_tree(tree.write().unwrap()).unwrap();
        let who = git2::Signature::new("x", "x@example.test", &git2::Time::new(0, 0)).unwrap();
        let parents: Vec<&git2::Commit<'_>> = parent.iter().collect();
        git.commit(Some(&reference), &who, &who, "x", &tree, &parents).unwrap()
    }

    /// The newest envelope of a chain.
    pub fn newest(&self, name: &str) -> Vec<u8> {
        let git = self.history.repository();
        let reference = git.find_reference(&format!("refs/portcullis/reviews/{name}")).unwrap();
        let tree = reference.peel_to_tree().unwrap();
        let blob = tree.get_name("statement.json").unwrap().to_object(git).unwrap();
        blob.as_blob().unwrap().content().to_vec()
    }

    pub fn tip(&self, name: &str) -> git2::Oid {
        self.history.repository().refname_to_id(&format!("refs/portcullis/reviews/{name}")).unwrap()
    }

    pub fn set_tip(&self, name: &str, tip: git2::Oid) {
        let reference = format!("refs/portcullis/reviews/{name}");
        self.history.repository().reference(&reference, tip, true, "test").unwrap();
    }
}

pub fn text_of(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn key_file(directory: &Path, name: &str) -> PathBuf {
    directory.join(".git").join("keys").join(name)
}

fn make_key(directory: &Path, name: &str) {
    let file = key_file(directory, name);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f"])
        .arg(&file)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(made.status.success());
}

fn signers_of(directory: &Path, listed: &[Listed<'_>]) -> String {
    let line = |(name, options): &Listed<'_>| {
        let (principal, key) = name.split_once('=').unwrap_or((name, name));
        let public = std::fs::read_to_string(key_file(directory, key).with_extension("pub")).unwrap();
        format!("{principal} {options} {public}")
    };
    listed.iter().map(line).collect()
}

/// An envelope around any bytes, with a signature that is what it says.
impl Project {
    pub fn seal_raw(&self, key: &str, namespace: &str, payload: &[u8]) -> Vec<u8> {
        use base64::Engine as _;
        use base64::engine::general_purpose::STANDARD;
        let message = portcullis_attest::dsse::pre_authentication_encoding(
            portcullis_attest::statement::PAYLOAD_TYPE,
            payload,
        );
        let armoured = String::from_utf8(self.signature(key, namespace, &message)).unwrap();
        let body: String = armoured.lines().filter(|line| !line.starts_with("-----")).collect();
        let envelope = serde_json::json!({
            "payload": STANDARD.encode(payload),
            "payloadType": portcullis_attest::statement::PAYLOAD_TYPE,
            "signatures": [{ "sig": body }],
        });
        envelope.to_string().into_bytes()
    }

    /// The bytes of a statement on the head.
    pub fn payload(&self, statement: ReviewStatement) -> String {
        let written = portcullis_wire::review::v1::ReviewV1::of((self.subject(self.head), statement));
        serde_json::to_string(&written).unwrap()
    }

    /// The digest of the newest envelope of a chain.
    pub fn newest_digest(&self, name: &str) -> Option<Digest> {
        Some(Digest::of(&self.newest(name)))
    }
}
