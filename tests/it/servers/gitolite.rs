//! gitolite 3: sshd, with people, groups and rules for refs.

use super::scenario::Scenario;
use super::sshd::start_sshd;
use super::{Daemon, GitServer, Person, account, directory, installed, run};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// A running gitolite.
pub struct Gitolite {
    home: TempDir,
    port: u16,
    account: String,
    _daemon: Daemon,
}

/// One repository, in which each person has a space of their own for reviews.
const RULES: &str = "repo gitolite-admin\n    RW+ = admin\n\nrepo upload\n    RW refs/portcullis/reviews/USER/ = @all\n    RW+ = kim robin\n";

impl Gitolite {
    /// Starts one with a repository for two people.
    pub fn start(people: &[&Person]) -> Option<Gitolite> {
        let gitolite = installed("gitolite")?;
        let home = directory();
        let admin = Person::new("admin");
        let run_gitolite = |arguments: &[&str]| run(on(home.path(), &gitolite).args(arguments));
        let key = home.path().join("admin.pub");
        std::fs::write(&key, admin.public_key() + "\n").unwrap();
        run_gitolite(&["setup", "-pk", &key.display().to_string()]);
        let settings = home.path().join(".gitolite");
        for person in people {
            std::fs::write(settings.join(format!("keydir/{}.pub", person.name)), person.public_key() + "\n")
                .unwrap();
        }
        std::fs::write(settings.join("conf/gitolite.conf"), RULES).unwrap();
        run_gitolite(&["compile"]);
        run_gitolite(&["trigger", "POST_COMPILE"]);
        let keys = std::fs::read_to_string(home.path().join(".ssh/authorized_keys")).unwrap();
        let set = format!("SetEnv HOME={}", home.path().display());
        let (port, daemon) = start_sshd(home.path(), &keys, &set)?;
        let head = home.path().join("repositories/upload.git/HEAD");
        std::fs::write(head, "ref: refs/heads/main\n").unwrap();
        Some(Gitolite { home, port, account: account(), _daemon: daemon })
    }

    /// A gated repository for two people.
    pub fn scenario() -> Option<Scenario> {
        let (kim, robin) = (Person::new("kim"), Person::new("robin"));
        let server = Gitolite::start(&[&kim, &robin])?;
        Some(Scenario::begin(Box::new(server), kim, robin))
    }
}

fn on(home: &Path, program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(home).env("HOME", home).env("GIT_CONFIG_NOSYSTEM", "1");
    command
}

impl GitServer for Gitolite {
    fn url(&self, _: &Person) -> String {
        format!("ssh://{}@127.0.0.1:{}/upload", self.account, self.port)
    }

    fn environment(&self, person: &Person) -> Vec<(String, String)> {
        vec![("GIT_SSH_COMMAND".to_string(), person.ssh(self.port))]
    }

    fn repository(&self) -> PathBuf {
        self.home.path().join("repositories/upload.git")
    }

    fn on_server(&self, program: &str, arguments: &[&str]) -> Output {
        on(self.home.path(), program).args(arguments).output().unwrap()
    }
}

#[test]
fn the_user_of_gitolite_is_who_pushes() {
    let Some(scenario) = Gitolite::scenario() else { return };
    let commit = scenario.topic("load-in-order", "INSERT INTO records SELECT 1;\n");
    scenario.land(&commit).expect_refused("broken required-reviews");
    scenario.kim.git(&*scenario.server, &["fetch", "-q", "origin"]);
    let log = scenario.kim.git(&*scenario.server, &["show", "refs/portcullis/pushes:push.json"]);
    assert!(log.contains(r#""principal": "kim""#) && log.contains("GL_USER"), "{log}");
}
