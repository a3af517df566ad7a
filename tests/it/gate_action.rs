//! The scripts of the action, run as a runner runs them: a release is installed by its checksum and by nothing else, the gate judges
//! the job's request, and the findings and the sealed decision are handed on.

use crate::support::gate::event;
use portcullis_testkit::server::Server;
use portcullis_testkit::stage::Stage;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

const VERSION: &str = "0.2.0";

fn script(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// What a runner gives to a step: a folder for temporary files, and files for outputs and the path.
struct Runner {
    folder: TempDir,
}

impl Runner {
    fn new() -> Runner {
        Runner { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn step(&self, path: &str) -> Command {
        let mut step = Command::new("bash");
        step.env_clear().arg(script(path)).current_dir(self.folder.path());
        step.env("PATH", std::env::var("PATH").unwrap()).env("HOME", self.folder.path());
        step.env("RUNNER_TEMP", self.folder.path()).env("RUNNER_OS", "Linux").env("RUNNER_ARCH", "X64");
        step.env("GITHUB_OUTPUT", self.path("output")).env("GITHUB_PATH", self.path("path"));
        step
    }

    /// What the steps so far handed on.
    fn outputs(&self) -> BTreeMap<String, String> {
        let text = fs::read_to_string(self.path("output")).unwrap_or_default();
        let pairs = text.lines().filter_map(|line| line.split_once('='));
        pairs.map(|(name, value)| (name.to_string(), value.to_string())).collect()
    }

    /// A release of this program, packed by the script that packs releases; its checksum.
    fn publish(&self) -> String {
        let name = format!("portcullis-{VERSION}-x86_64-unknown-linux-gnu");
        let place = self.path(&format!("acme/portcullis/releases/download/v{VERSION}"));
        fs::create_dir_all(&place).unwrap();
        let staged = self.path(&name);
        fs::create_dir_all(&staged).unwrap();
        let program = format!("#!/bin/sh\nexec '{}' \"$@\"\n", env!("CARGO_BIN_EXE_portcullis"));
        fs::write(staged.join("portcullis"), program).unwrap();
        let packed =
            Command::new("python3").arg(script(".ci/archive")).args([&staged, &place]).output().unwrap();
        assert!(packed.status.success(), "{}", text(&packed));
        let archive = fs::read(place.join(format!("{name}.tar.gz"))).unwrap();
        use sha2::Digest as _;
        sha2::Sha256::digest(archive).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn install(&self, sha256: &str) -> Output {
        let mut step = self.step(".github/actions/install/install");
        step.env("VERSION", VERSION).env("SHA256", sha256).env("RELEASES", "acme/portcullis");
        step.env("PORTCULLIS_RELEASES_URL", format!("file://{}", self.folder.path().display()));
        step.arg("--on-path").output().unwrap()
    }
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn a_release_is_installed_by_its_checksum_and_by_no_other() {
    let runner = Runner::new();
    let sha256 = runner.publish();
    let output = runner.install(&sha256);
    assert!(output.status.success(), "{}", text(&output));
    assert!(text(&output).contains("portcullis 0.2.0"), "{}", text(&output));
    let program = PathBuf::from(&runner.outputs()["program"]);
    assert!(program.is_file());
    let on_path = fs::read_to_string(runner.path("path")).unwrap();
    assert_eq!(Path::new(on_path.trim_end()), program.parent().unwrap());

    let other = Runner::new();
    other.publish();
    let output = other.install(&"0".repeat(64));
    assert_eq!(output.status.code(), Some(6), "{}", text(&output));
    assert!(text(&output).contains("::error title=portcullis::"), "{}", text(&output));
    assert!(other.outputs().is_empty() && !other.path("path").exists());
    let unpacked = fs::read_dir(other.folder.path()).unwrap().filter_map(Result::ok);
    let unpacked = unpacked.filter(|entry| entry.file_name().to_string_lossy().starts_with("portcullis."));
    assert!(unpacked.flat_map(|entry| fs::read_dir(entry.path()).unwrap()).count() == 1, "only the archive");
    // A checksum that was not put in is no checksum.
    assert_eq!(other.install("put-the-checksum-here").status.code(), Some(2));
}

/// The step that judges, on the stage's request.
fn judge(runner: &Runner, stage: &Stage, server: &Server<impl portcullis_testkit::server::Site>) -> Output {
    let mut step = runner.step(".github/actions/gate/judge");
    step.current_dir(stage.directory()).env("PROGRAM", env!("CARGO_BIN_EXE_portcullis"));
    step.env("GITHUB_ACTIONS", "true").env("GITHUB_REPOSITORY", &stage.world.repository);
    step.env("GITHUB_API_URL", server.address()).env("GITHUB_TOKEN", "a-token-of-the-job");
    step.env("GITHUB_EVENT_PATH", event(stage)).env("GITHUB_STEP_SUMMARY", runner.path("summary"));
    for name in ["EVIDENCE", "ENVIRONMENT", "HEAD", "BASE", "RECORD"] {
        step.env(name, "");
    }
    step.output().unwrap()
}

#[test]
fn an_allowed_change_ends_with_0_and_hands_on_findings_and_seal() {
    let (runner, stage) = (Runner::new(), Stage::honest().unwrap());
    let server = Server::start(stage.world.clone());
    let output = judge(&runner, &stage, &server);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert!(text(&output).contains("::notice title=portcullis%3A allowed"), "{}", text(&output));
    let outputs = runner.outputs();
    assert_eq!(outputs["exit-code"], "0");
    assert!(fs::read_to_string(&outputs["sarif"]).unwrap().contains("\"2.1.0\""));
    assert!(fs::read_to_string(&outputs["sealed"]).unwrap().contains("\"allow"), "sealed");
    let summary = fs::read_to_string(runner.path("summary")).unwrap();
    assert!(summary.starts_with("## Portcullis: allowed"), "{summary}");
}

#[test]
fn a_blocked_change_ends_with_1_and_is_sealed_too() {
    let (runner, stage) = (Runner::new(), Stage::honest().unwrap());
    fs::remove_file(stage.report_file()).unwrap();
    let server = Server::start(stage.world.clone());
    let output = judge(&runner, &stage, &server);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    let outputs = runner.outputs();
    assert_eq!(outputs["exit-code"], "1");
    assert!(outputs.contains_key("sarif") && outputs.contains_key("sealed"), "{outputs:?}");
}

#[test]
fn a_run_without_a_decision_hands_on_nothing_but_its_exit_code() {
    let (runner, stage) = (Runner::new(), Stage::honest().unwrap());
    let server = Server::start(stage.world.clone());
    let event = event(&stage);
    fs::write(&event, r#"{"ref": "refs/heads/main"}"#).unwrap();
    let mut step = runner.step(".github/actions/gate/judge");
    step.current_dir(stage.directory()).env("PROGRAM", env!("CARGO_BIN_EXE_portcullis"));
    step.env("GITHUB_ACTIONS", "true").env("GITHUB_REPOSITORY", &stage.world.repository);
    step.env("GITHUB_API_URL", server.address()).env("GITHUB_EVENT_PATH", event);
    step.env("GITHUB_STEP_SUMMARY", runner.path("summary"));
    for name in ["EVIDENCE", "ENVIRONMENT", "HEAD", "BASE", "RECORD"] {
        step.env(name, "");
    }
    let output = step.output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    assert_eq!(runner.outputs().keys().collect::<Vec<_>>(), ["exit-code"]);
    let summary = fs::read_to_string(runner.path("summary")).unwrap();
    assert!(summary.starts_with("## Portcullis: the command line is wrong"), "{summary}");
    assert!(summary.contains("Portcullis `0.2.0"), "{summary}");
}

#[test]
fn the_heads_of_requests_and_the_records_are_fetched_and_pushed() {
    let runner = Runner::new();
    let git = |directory: &Path, arguments: &[&str]| {
        let mut git = Command::new("git");
        git.env_clear().env("PATH", std::env::var("PATH").unwrap()).env("HOME", runner.folder.path());
        for role in ["AUTHOR", "COMMITTER"] {
            git.env(format!("GIT_{role}_NAME"), "Kim Example")
                .env(format!("GIT_{role}_EMAIL"), "kim@example.test");
        }
        let output = git.current_dir(directory).args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", text(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    let (origin, clone) = (runner.path("origin"), runner.path("clone"));
    fs::create_dir_all(&origin).unwrap();
    git(&origin, &["init", "-q", "-b", "main"]);
    git(&origin, &["commit", "-q", "--allow-empty", "-m", "Begin"]);
    git(&origin, &["update-ref", "refs/pull/7/head", "main"]);
    git(&origin, &["update-ref", "refs/pull/8/head", "main"]);
    git(&origin, &["update-ref", "refs/portcullis/deployments/staging", "main"]);
    git(runner.folder.path(), &["clone", "-q", "origin", "clone"]);
    let fetch = |environment: &str, request: &str| {
        let mut step = runner.step(".github/actions/gate/fetch");
        step.current_dir(&clone).env("TOKEN", "t").env("ENVIRONMENT", environment).env("REQUEST", request);
        step.env("GITHUB_SERVER_URL", "https://github.com").env("GITHUB_EVENT_NAME", "pull_request");
        let output = step.env("GITHUB_BASE_REF", "main").output().unwrap();
        assert!(output.status.success(), "{}", text(&output));
        git(&clone, &["for-each-ref", "--format=%(refname)"])
    };
    let refs = fetch("", "7");
    assert!(
        refs.contains("refs/remotes/pull/7\n") && refs.contains("refs/portcullis/deployments/staging"),
        "{refs}"
    );
    assert!(!refs.contains("refs/remotes/pull/8"), "{refs}");
    assert!(fetch("production", "").contains("refs/remotes/pull/8\n"));
    assert!(
        !fs::read_to_string(clone.join(".git/config")).unwrap().contains("extraheader"),
        "the token is in no file"
    );

    git(&clone, &["update-ref", "refs/portcullis/deployments/production", "HEAD"]);
    let mut step = runner.step(".github/actions/gate/push-records");
    step.current_dir(&clone).env("TOKEN", "t").env("GITHUB_SERVER_URL", "https://github.com");
    let output = step.output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    assert!(git(&origin, &["for-each-ref", "--format=%(refname)"]).contains("deployments/production"));
}
