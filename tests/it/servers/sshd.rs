//! OpenSSH's sshd, with a bare repository: a person is a key.

use super::scenario::Scenario;
use super::{Daemon, GitServer, Person, account, directory, free_port, installed, plain_git, run};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// A running sshd.
pub struct Sshd {
    directory: TempDir,
    port: u16,
    account: String,
    _daemon: Daemon,
}

/// Starts an sshd whose authorised keys and further settings are these; `None` where there is none here.
/// Its directory is the home of who logs in: a shell that sshd starts reads `.bashrc`, and what a developer
/// keeps there is no part of a test and may take longer than all else.
pub fn start_sshd(directory: &Path, keys: &str, settings: &str) -> Option<(u16, Daemon)> {
    let sshd = installed("sshd")?;
    let (place, port) = (directory.display(), free_port());
    let account = account();
    if account == "root" {
        // Where sshd gives up its rights; a package of the system makes it when its own service starts.
        std::fs::create_dir_all("/run/sshd").unwrap();
    }
    run(Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(directory.join("host")));
    std::fs::write(directory.join("authorized_keys"), keys).unwrap();
    let config = format!(
        "Port {port}\nListenAddress 127.0.0.1\nHostKey {place}/host\nPidFile none\nUsePAM no\nStrictModes no\n\
         AuthorizedKeysFile {place}/authorized_keys\nPermitRootLogin yes\nPasswordAuthentication no\n\
         LogLevel VERBOSE\nSetEnv HOME={place}\n{settings}\n"
    );
    std::fs::write(directory.join("sshd_config"), config).unwrap();
    let log = directory.join("sshd.log");
    let mut command = Command::new(sshd);
    command.args(["-D", "-f"]).arg(directory.join("sshd_config")).arg("-E").arg(&log);
    Some((port, Daemon::start(&mut command, port, &log)))
}

impl Sshd {
    /// Starts one with an empty repository, open to these people.
    pub fn start(people: &[&Person], settings: &str) -> Option<Sshd> {
        let directory = directory();
        let keys: String = people.iter().map(|person| person.public_key() + "\n").collect();
        let (port, daemon) = start_sshd(directory.path(), &keys, settings)?;
        let repository = directory.path().join("upload.git");
        run(plain_git(directory.path()).args(["init", "-q", "--bare", "-b", "main"]).arg(&repository));
        Some(Sshd { directory, port, account: account(), _daemon: daemon })
    }

    /// A gated repository for two people.
    pub fn scenario() -> Option<Scenario> {
        let (kim, robin) = (Person::new("kim"), Person::new("robin"));
        let server = Sshd::start(&[&kim, &robin], "ExposeAuthInfo yes")?;
        Some(Scenario::begin(Box::new(server), kim, robin))
    }
}

impl GitServer for Sshd {
    fn url(&self, _: &Person) -> String {
        format!("ssh://{}@127.0.0.1:{}{}", self.account, self.port, self.repository().display())
    }

    fn environment(&self, person: &Person) -> Vec<(String, String)> {
        vec![("GIT_SSH_COMMAND".to_string(), person.ssh(self.port))]
    }

    fn repository(&self) -> PathBuf {
        self.directory.path().join("upload.git")
    }

    fn on_server(&self, program: &str, arguments: &[&str]) -> Output {
        Command::new(program).args(arguments).output().unwrap()
    }
}

#[test]
fn a_push_without_review_is_refused_on_the_terminal_of_who_pushes() {
    let Some(scenario) = Sshd::scenario() else { return };
    let commit = scenario.topic("load-in-order", "INSERT INTO records SELECT * FROM staging ORDER BY id;\n");
    let refused = scenario.land(&commit);
    refused.expect_refused("broken required-reviews");
    refused.expect_refused("portcullis: refs/heads/main is refused");
    assert_eq!(scenario.on_server("refs/heads/main"), scenario.base);
}

#[test]
fn without_the_key_of_the_login_no_one_is_known_and_nothing_lands() {
    let (kim, robin) = (Person::new("kim"), Person::new("robin"));
    let Some(server) = Sshd::start(&[&kim, &robin], "") else { return };
    let scenario = Scenario::begin(Box::new(server), kim, robin);
    let commit = scenario.topic("load-in-order", "INSERT INTO records SELECT 1;\n");
    scenario.land(&commit).expect_refused("who pushed could not be seen");
}

#[test]
fn a_clone_says_what_the_hook_would_say() {
    let Some(scenario) = Sshd::scenario() else { return };
    let (kim, server) = (&scenario.kim, &*scenario.server);
    let commit = scenario.topic("load-in-order", "INSERT INTO records SELECT 1;\n");
    let check = || {
        kim.git(server, &["fetch", "-q", "origin"]);
        kim.portcullis(server, &["check", "--host", "bare", "--onto", "main", "--head", &commit])
    };
    check().expect_refused("broken required-reviews");
    scenario.robin.approve(server, &commit);
    check().expect_taken();
    let without =
        kim.portcullis(server, &["check", "--host", "bare", "--onto", "elsewhere", "--head", &commit]);
    without.expect_refused("the server has no such branch");
    kim.git(server, &["update-ref", "-d", "refs/portcullis/server"]);
    let blind = kim.portcullis(server, &["check", "--host", "bare", "--onto", "main", "--head", &commit]);
    blind.expect_refused("what protects the branch on the server could not be seen");
    check().expect_taken();
    let nowhere = kim.portcullis(server, &["check", "--host", "bare", "--head", &commit]);
    nowhere.expect_refused("name the branch that would receive the change");
}

/// The push option asks for the record of a deployment, which the server judges as anybody would.
#[test]
fn a_deployment_is_recorded_where_it_is_asked_for() {
    let Some(scenario) = Sshd::scenario() else { return };
    let (kim, server) = (&scenario.kim, &*scenario.server);
    let repository = server.repository().display().to_string();
    let commit = scenario.topic("load-in-order", "INSERT INTO records SELECT 1;\n");
    scenario.robin.approve(server, &commit);
    scenario.land(&commit).expect_taken();
    let place = ["-C", repository.as_str(), "check", "--host", "bare", "--environment", "production"];
    let first =
        [&place[..], &["--branch", "main", "--base", &scenario.base, "--head", &commit, "--record"]].concat();
    let first = server.on_server(super::people::PROGRAM, &first);
    assert!(first.status.success(), "{}", super::said(&first));
    let second = scenario.topic("load-twice", "INSERT INTO records SELECT 2;\n");
    scenario.robin.approve(server, &second);
    let landed = format!("{second}:refs/heads/main");
    let pushed = kim.push(server, &["-o", "portcullis.record=production", "origin", &landed]);
    pushed.expect_taken();
    assert!(pushed.text.contains("recorded as production 2"), "{}", pushed.text);
    let verified = server.on_server(super::people::PROGRAM, &["-C", &repository, "record", "verify"]);
    assert!(verified.status.success(), "{}", super::said(&verified));
}

/// A fast-forward of two commits, a merge and a squash: each is of a head of its own.
#[test]
fn several_landings_of_one_push_may_be_deployed() {
    let Some(scenario) = Sshd::scenario() else { return };
    let (kim, server) = (&scenario.kim, &*scenario.server);
    let topic = |name: &str| {
        kim.update(server, &scenario.base);
        kim.commit(server, "first", &[(&format!("services/upload/{name}.sql"), "SELECT 1;\n")]);
        let head = kim.commit(server, "second", &[(&format!("services/upload/{name}.sql"), "SELECT 2;\n")]);
        kim.push(server, &["origin", &format!("HEAD:refs/heads/{name}")]).expect_taken();
        scenario.robin.approve(server, &head);
        head
    };
    let [forward, merged, squashed] = ["forward", "merged", "squashed"].map(topic);
    kim.update(server, &forward);
    kim.git(server, &["merge", "-q", "--no-ff", "-m", "Merge", &merged]);
    kim.git(server, &["merge", "-q", "--squash", &squashed]);
    scenario.land(&kim.commit(server, "Squash", &[])).expect_taken();
    let repository = server.repository().display().to_string();
    let place = ["-C", repository.as_str(), "check", "--host", "bare", "--environment", "production"];
    let arguments = ["--branch", "main", "--base", &scenario.base, "--head", "main"];
    let judged = server.on_server(super::people::PROGRAM, &[&place[..], &arguments[..]].concat());
    assert!(judged.status.success(), "{}", super::said(&judged));
}
