//! Anchors of deployment records: what is kept outside of the repository shows that the end of a
//! chain was cut off.

use crate::support::recorder::{deployed, init, said};
use portcullis_testkit::lane::Lane;
use portcullis_testkit::server::Server;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

const REF: &str = "refs/portcullis/deployments/production";

/// A repository with three records.
struct Recorded {
    directory: TempDir,
    git: git2::Repository,
}

impl Recorded {
    fn new() -> Self {
        let directory = TempDir::new().unwrap();
        let git = init(directory.path());
        deployed(directory.path(), 3);
        Recorded { directory, git }
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Writes an anchor; its file.
    fn anchor(&self) -> PathBuf {
        let file = self.path().join("anchor.json");
        let (code, said) = said(self.path(), &["anchor", "-o", file.to_str().unwrap()]);
        assert_eq!(code, 0, "{said}");
        file
    }

    #[track_caller]
    fn verify(&self, more: &[&str], code: i32, says: &str) {
        let (found, said) = said(self.path(), &[&["verify", "production"][..], more].concat());
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(found == code && said.contains(says), "exit {found}: {said}");
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Output {
        let output = Command::new(program).current_dir(self.path()).args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        output
    }
}

#[test]
fn attack_the_newest_record_is_cut_off_after_it_was_anchored() {
    let project = Recorded::new();
    let file = project.anchor();
    let kept = ["--anchor", file.to_str().unwrap()];
    project.verify(&kept, 0, "The end of the chain was compared with what you kept elsewhere.");
    let tip = project.git.find_reference(REF).unwrap().peel_to_commit().unwrap();
    project.git.reference(REF, tip.parent_id(0).unwrap(), true, "test").unwrap();
    project.verify(&[], 0, "Whether newer records were removed was not checked.");
    project.verify(&kept, 6, "production does not hold record 3");
    project.git.find_reference(REF).unwrap().delete().unwrap();
    project.verify(&kept, 6, "there is no deployment record of production here");
    let (code, said) = said(project.path(), &[&["verify"][..], &kept].concat());
    assert!(code == 6, "without a name, too: {code}: {said}");
}

#[test]
fn records_that_came_after_an_anchor_are_no_loss() {
    let project = Recorded::new();
    let file = project.anchor();
    crate::support::recorder::insist(project.path(), &crate::support::recorder::commit("next"), "kim");
    project.verify(&["--anchor", file.to_str().unwrap()], 0, "4 records verify");
}

#[test]
fn an_anchor_of_something_else_shows_nothing() {
    let project = Recorded::new();
    let file = project.anchor();
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("production", "staging")).unwrap();
    let kept = ["--anchor", file.to_str().unwrap()];
    project.verify(&kept, 0, "names no record of production: it shows nothing of them");
    project.verify(&kept, 0, "Whether newer records were removed was not checked.");
    for broken in ["", "{}", "[]", &text[1..]] {
        std::fs::write(&file, broken).unwrap();
        project.verify(&kept, 5, "is no anchor");
    }
}

#[test]
fn attack_an_anchor_of_records_that_do_not_verify() {
    let project = Recorded::new();
    let tip = project.git.find_reference(REF).unwrap().peel_to_commit().unwrap();
    project.git.reference("refs/portcullis/deployments/staging", tip.id(), true, "test").unwrap();
    let (code, said) = said(project.path(), &["anchor"]);
    assert!(code == 6 && said.contains("the records of staging do not verify"), "{code}: {said}");
    assert!(!said.contains("\"tips\""), "{said}");
}

/// The documented way through a tag: the file is its message, and comes out of it again.
#[test]
fn an_anchor_survives_in_a_tag() {
    let project = Recorded::new();
    let file = project.anchor();
    let file = file.to_str().unwrap();
    let person = ["-c", "user.name=Alex", "-c", "user.email=alex@example.test"];
    project.run("git", &[&person[..], &["tag", "-a", "records-1", "-F", file, REF]].concat());
    let kept = project.run("git", &["tag", "-l", "--format=%(contents:subject)", "records-1"]);
    assert_eq!(kept.stdout, std::fs::read(file).unwrap());
}

/// An authority of OpenSSL stamps the request, and its answer is verified against the anchor.
#[test]
fn a_time_stamp_of_an_anchor_verifies() {
    if Command::new("openssl").arg("version").stdin(Stdio::null()).output().is_err() {
        eprintln!("skipped: there is no openssl");
        return;
    }
    let project = Recorded::new();
    let made = ["anchor", "-o", "anchor.json", "--timestamp-request", "anchor.tsq"];
    assert_eq!(said(project.path(), &made).0, 0);
    let config = "[req]\ndistinguished_name = name\n[name]\n[ext]\nextendedKeyUsage = critical,timeStamping\n\
                  [tsa]\ndefault_tsa = one\n[one]\nserial = serial\ndefault_policy = 1.2.3.4\ndigests = sha256\n\
                  signer_digest = sha256\n";
    std::fs::write(project.path().join("openssl.cnf"), config).unwrap();
    let openssl = |arguments: &str| {
        let output = project.run("openssl", &arguments.split(' ').collect::<Vec<_>>());
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
    };
    openssl(
        "req -x509 -newkey rsa:2048 -nodes -keyout tsa.key -out tsa.pem -days 2 -subj /CN=Stamp -config openssl.cnf \
         -extensions ext",
    );
    openssl(
        "ts -reply -config openssl.cnf -section one -queryfile anchor.tsq -inkey tsa.key -signer tsa.pem -out anchor.tsr",
    );
    let verified = openssl("ts -verify -data anchor.json -in anchor.tsr -CAfile tsa.pem");
    assert!(verified.contains("Verification: OK"), "{verified}");
}

/// Takes a snapshot of a lane.
fn snapshot(lane: &Lane) {
    let server = Server::start(lane.host());
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("GITHUB_API_URL", server.address()).env("GITHUB_TOKEN", "a-token-of-the-job");
    command.current_dir(lane.directory()).args(["snapshot", "--host", "github"]);
    assert!(command.args(["--repository", "example-org/data-upload"]).status().unwrap().success());
}

/// `portcullis …`: exit code and everything written.
fn ran(lane: &Lane, arguments: &[&str]) -> (i32, String) {
    crate::support::sealing::portcullis(lane.directory(), arguments)
}

#[test]
fn attack_the_newest_snapshot_is_cut_off_after_it_was_anchored() {
    const SNAPSHOTS: &str = "refs/portcullis/snapshots/main";
    let lane = Lane::begin();
    (0..3).for_each(|_| snapshot(&lane));
    let place = TempDir::new().unwrap();
    let file = place.path().join("anchor.json").display().to_string();
    let (exit, text) = ran(&lane, &["record", "anchor", "-o", &file]);
    assert_eq!(exit, 0, "snapshots alone are anchored, too: {text}");
    let records = ["record", "verify", "--anchor", &file];
    let snapshots = ["snapshot", "verify", "--anchor", &file];
    let of_branch = ["snapshot", "verify", "main", "--anchor", &file];
    for command in [&records[..], &snapshots, &of_branch] {
        let (exit, text) = ran(&lane, command);
        assert!(exit == 0 && !text.contains("unchecked"), "twin: {exit} {text}");
    }
    snapshot(&lane);
    assert_eq!(ran(&lane, &snapshots).0, 0, "a newer one is no loss");
    let git = lane.history.repository();
    let tip = git.find_reference(SNAPSHOTS).unwrap().peel_to_commit().unwrap();
    let first = tip.parent(0).unwrap().parent(0).unwrap().parent(0).unwrap();
    git.reference(SNAPSHOTS, first.id(), true, "cut").unwrap();
    assert_eq!(ran(&lane, &["snapshot", "verify"]).0, 0, "a chain that was cut verifies by itself");
    for command in [&records[..], &snapshots, &of_branch] {
        let (exit, text) = ran(&lane, command);
        assert!(exit == 6 && text.contains("main does not hold snapshot 3"), "{exit} {text}");
    }
    git.find_reference(SNAPSHOTS).unwrap().delete().unwrap();
    for command in [&records[..], &snapshots, &of_branch] {
        assert_eq!(ran(&lane, command).0, 6, "{command:?}");
    }
}

#[test]
fn nothing_is_anchored_while_snapshots_do_not_verify() {
    let lane = Lane::begin();
    snapshot(&lane);
    let git = lane.history.repository();
    let tip = git.find_reference("refs/portcullis/snapshots/main").unwrap().peel_to_commit().unwrap();
    git.reference("refs/portcullis/snapshots/other", tip.id(), true, "of another branch").unwrap();
    let (exit, text) = ran(&lane, &["record", "anchor"]);
    assert!(exit == 6 && text.contains("snapshots/other do not verify"), "{exit} {text}");
}

/// A file as the version before wrote it.
#[test]
fn an_anchor_of_the_version_before_still_tells_a_cut() {
    let project = Recorded::new();
    let file = project.anchor();
    let text = std::fs::read_to_string(&file).unwrap();
    let earlier = text.replace("\"schema\":2", "\"schema\":1").replace(",\"snapshots\":[]", "");
    assert_ne!(earlier, text);
    std::fs::write(&file, earlier).unwrap();
    let kept = ["--anchor", file.to_str().unwrap()];
    project.verify(&kept, 0, "The end of the chain was compared with what you kept elsewhere.");
    let tip = project.git.find_reference(REF).unwrap().peel_to_commit().unwrap();
    project.git.reference(REF, tip.parent_id(0).unwrap(), true, "test").unwrap();
    project.verify(&kept, 6, "production does not hold record 3");
}
