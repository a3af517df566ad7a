//! gitolite 3: sshd, with people, groups and rules for refs.

use super::scenario::{FILE, Scenario};
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
        let (port, daemon) = start_sshd(home.path(), &keys, "")?;
        let head = home.path().join("repositories/upload.git/HEAD");
        std::fs::write(head, "ref: refs/heads/main\n").unwrap();
        Some(Gitolite { home, port, account: account(), _daemon: daemon })
    }

    /// Replaces its rules.
    fn set_rules(home: &Path, rules: &str) {
        std::fs::write(home.join(".gitolite/conf/gitolite.conf"), rules).unwrap();
        run(on(home, "gitolite").arg("compile"));
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

/// A gated repository, and the home of gitolite.
fn with_home() -> Option<(Scenario, PathBuf)> {
    let scenario = Gitolite::scenario()?;
    let home = scenario.server.repository().ancestors().nth(2).unwrap().to_path_buf();
    Some((scenario, home))
}

const OPEN: &str = "repo gitolite-admin\n    RW+ = admin\n\n@devs = kim robin\nrepo upload\n    RW+ = @devs\n    RW refs/portcullis/reviews/USER/ = @all\n";
const STRICT: &str = "repo gitolite-admin\n    RW+ = admin\n\n@devs = kim robin\nrepo upload\n    RW refs/portcullis/reviews/USER/ = @all\n    RW main$ = @devs\n    RW+ dev/ = @devs\n    RW refs/portcullis/pushes$ = @all\n";

#[test]
fn gitolite_is_asked_who_may_do_what() {
    let Some((scenario, home)) = with_home() else { return };
    let check = |rules: &str| {
        Gitolite::set_rules(&home, rules);
        scenario.hook(&["check"])
    };
    let open = check(OPEN);
    assert!(open.taken, "the hook refuses what the rules allow: {}", open.text);
    for line in [
        "open    gitolite: write refs/heads/main: kim, robin may, by gitolite's rules",
        "open    gitolite: rewind refs/heads/main: kim, robin may, by gitolite's rules",
        "open    gitolite: delete refs/heads/main: kim, robin may, by gitolite's rules",
        "open    gitolite: rewind refs/portcullis/server: kim, robin may, by gitolite's rules",
    ] {
        assert!(open.text.contains(line), "{line}: {}", open.text);
    }
    let strict = check(STRICT);
    for line in [
        "open    gitolite: write refs/heads/main: kim, robin may, by gitolite's rules",
        "holds   gitolite: rewind refs/heads/main: no one may, by gitolite's rules",
        "holds   gitolite: delete refs/heads/main: no one may, by gitolite's rules",
        "holds   gitolite: write refs/portcullis/server: no one may, by gitolite's rules",
    ] {
        assert!(strict.taken && strict.text.contains(line), "{line}: {}", strict.text);
    }
    Gitolite::set_rules(&home, "repo upload\n    RW+ = @all\n");
    let all = scenario.hook(&["check"]);
    let line = "open    gitolite: rewind refs/heads/main: everyone with a key may, by gitolite's rules";
    assert!(all.taken && all.text.contains(line), "{}", all.text);
}

/// A rule that gives a role of the repository its people, and one that denies.
#[test]
fn roles_and_denials_of_gitolite_count() {
    let Some((scenario, home)) = with_home() else { return };
    let rules = "repo gitolite-admin\n    RW+ = admin\n\n@devs = kim\nrepo upload\n    - main$ = robin\n    RW+ = WRITERS robin\n";
    Gitolite::set_rules(&home, rules);
    let roles = home.join("repositories/upload.git/gl-perms");
    let checked = |text: &[u8]| {
        std::fs::write(&roles, text).unwrap();
        scenario.hook(&["check"]).text
    };
    for text in ["WRITERS kim\n", "WRITERS=kim\n", "WRITERS @devs\n"] {
        let seen = checked(text.as_bytes());
        let line = "gitolite: rewind refs/heads/main: kim may, by gitolite's rules";
        assert!(seen.contains(line), "{text}: {seen}");
    }
    let seen = checked(b"WRITERS kim\xff\n");
    assert!(seen.contains("unseen  gitolite: rewind refs/heads/main"), "{seen}");
}

/// What gitolite does not answer is a gap, and no rule of its own.
#[test]
fn what_gitolite_does_not_answer_is_unseen() {
    let Some((scenario, home)) = with_home() else { return };
    Gitolite::set_rules(&home, STRICT);
    let line =
        |text: &str| text.lines().find(|line| line.contains("rewind refs/heads/main")).map(str::to_string);
    let rc = home.join(".gitolite.rc");
    let settings = std::fs::read_to_string(&rc).unwrap();
    std::fs::write(&rc, settings.replace("%RC = (", "%RC = (\n    GROUPLIST_PGM => '/bin/true',")).unwrap();
    let unseen = scenario.hook(&["check"]);
    assert!(!unseen.taken, "{}", unseen.text);
    assert!(line(&unseen.text).unwrap().starts_with("unseen  gitolite"), "{}", unseen.text);
    std::fs::write(&rc, "this is no perl (").unwrap();
    let broken = scenario.hook(&["check"]);
    assert!(line(&broken.text).unwrap().starts_with("unseen  gitolite"), "{}", broken.text);
    std::fs::write(&rc, settings).unwrap();
    let twin = scenario.hook(&["check"]);
    assert!(twin.taken && line(&twin.text).unwrap().starts_with("holds   gitolite"), "{}", twin.text);
}

/// The hook keeps what it saw, so that a clone knows it too.
#[test]
fn a_clone_knows_the_rules_of_gitolite_from_the_state_of_the_server() {
    let Some((scenario, home)) = with_home() else { return };
    Gitolite::set_rules(&home, STRICT);
    let dev = scenario.kim.push(&*scenario.server, &["origin", "HEAD:refs/heads/dev/load"]);
    dev.expect_taken();
    scenario.kim.git(&*scenario.server, &["fetch", "-q", "origin"]);
    let state = scenario.kim.git(&*scenario.server, &["show", "refs/portcullis/server:server.json"]);
    assert!(state.contains("gitolite: rewind refs/heads/main"), "{state}");
    assert!(!state.contains("dev/load\""), "a topic branch is not asked about: {state}");
}

/// Where the hook of ours is gone, gitolite's rules still protect the branch from being rewound, and
/// nothing else.
#[test]
fn without_the_hook_the_rules_of_gitolite_are_no_review() {
    let Some((scenario, home)) = with_home() else { return };
    Gitolite::set_rules(&home, STRICT);
    let repository = scenario.server.repository().display().to_string();
    let commit = scenario.kim.commit(&*scenario.server, "Load", &[(FILE, "SELECT 2;\n")]);
    scenario.kim.push(&*scenario.server, &["origin", "HEAD:refs/heads/dev/load"]).expect_taken();
    let check = || {
        let arguments = [
            "-C",
            &repository,
            "check",
            "--host",
            "bare",
            "--onto",
            "main",
            "--head",
            &commit,
            "--format",
            "json",
        ];
        super::said(&scenario.server.on_server(super::people::PROGRAM, &arguments))
    };
    std::fs::remove_file(scenario.server.repository().join("hooks/pre-receive")).unwrap();
    for name in ["receive.denyDeletes", "receive.denyNonFastForwards"] {
        run(on(&home, "git").args(["-C", &repository, "config", name, "false"]));
    }
    let text = check();
    assert!(text.contains("gitolite's rules (seen on the server) requires"), "{text}");
    assert!(text.contains("main: change-request") && text.contains("\"broken\""), "{text}");
}

/// What was pushed before the hook was there is in gitolite's log, and in no other.
#[test]
fn who_pushed_before_the_hook_was_there_is_asked_of_gitolite() {
    let Some((scenario, home)) = with_home() else { return };
    let (kim, robin, server) = (&scenario.kim, &scenario.robin, &*scenario.server);
    // As if the hook had been installed after this push.
    let hook = server.repository().join("hooks/pre-receive");
    let aside = home.join("pre-receive");
    let logger = server.repository().join("hooks/post-receive");
    let logger_aside = home.join("post-receive");
    let move_all = |back: bool| {
        for (here, there) in [(&hook, &aside), (&logger, &logger_aside)] {
            let (from, to) = if back { (there, here) } else { (here, there) };
            std::fs::rename(from, to).unwrap();
        }
    };
    move_all(false);
    let commit = scenario.topic("load-in-order", "INSERT INTO records SELECT 1;\n");
    move_all(true);
    // Kim wrote and pushed it: an approval of hers is none.
    kim.approve(server, &commit);
    scenario.land(&commit).expect_refused("broken required-reviews");
    robin.approve(server, &commit);
    // Without gitolite's log it is not known who pushed it.
    let logs = home.join(".gitolite/logs");
    std::fs::rename(&logs, home.join("logs-aside")).unwrap();
    std::fs::create_dir(&logs).unwrap();
    scenario.robin.git(server, &["fetch", "-q", "origin"]);
    let by_robin = |commit: &str| robin.push(server, &["origin", &format!("{commit}:refs/heads/main")]);
    let unknown = by_robin(&commit);
    assert!(!unknown.taken, "{}", unknown.text);
    std::fs::remove_dir_all(&logs).unwrap();
    std::fs::rename(home.join("logs-aside"), &logs).unwrap();
    by_robin(&commit).expect_taken();
}
