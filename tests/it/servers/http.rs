//! A web server (lighttpd) with `git http-backend`: a person is a name and a password.

use super::scenario::Scenario;
use super::{Daemon, GitServer, Person, directory, free_port, installed, plain_git, run};
use std::path::PathBuf;
use std::process::{Command, Output};
use tempfile::TempDir;

/// The password of everybody.
const PASSWORD: &str = "opensesame-4711";

/// A running web server.
pub struct Lighttpd {
    directory: TempDir,
    port: u16,
    _daemon: Daemon,
}

impl Lighttpd {
    /// Starts one with an empty repository, open to these people.
    pub fn start(people: &[&Person]) -> Option<Lighttpd> {
        let lighttpd = installed("lighttpd")?;
        let backend = installed("git-http-backend")?;
        let (directory, port) = (directory(), free_port());
        let place = directory.path().display();
        let users: String = people.iter().map(|person| format!("{}:{PASSWORD}\n", person.name)).collect();
        std::fs::write(directory.path().join("users"), users).unwrap();
        let config = format!(
            "server.document-root = \"{place}\"\nserver.port = {port}\nserver.bind = \"127.0.0.1\"\n\
             server.errorlog = \"{place}/log\"\n\
             server.modules = (\"mod_auth\", \"mod_authn_file\", \"mod_alias\", \"mod_setenv\", \"mod_cgi\")\n\
             auth.backend = \"plain\"\nauth.backend.plain.userfile = \"{place}/users\"\n\
             auth.require = (\"/git\" => (\"method\" => \"basic\", \"realm\" => \"git\", \"require\" => \"valid-user\"))\n\
             alias.url = (\"/git\" => \"{}\")\n\
             cgi.assign = (\"\" => \"\")\n\
             setenv.set-environment = (\"GIT_PROJECT_ROOT\" => \"{place}\", \"GIT_HTTP_EXPORT_ALL\" => \"1\", \
             \"GIT_CONFIG_NOSYSTEM\" => \"1\", \"GIT_CONFIG_GLOBAL\" => \"/dev/null\")\n",
            backend.display()
        );
        std::fs::write(directory.path().join("lighttpd.conf"), config).unwrap();
        let repository = directory.path().join("upload.git");
        run(plain_git(directory.path()).args(["init", "-q", "--bare", "-b", "main"]).arg(&repository));
        run(plain_git(&repository).args(["config", "http.receivepack", "true"]));
        let mut command = Command::new(lighttpd);
        command.args(["-D", "-f"]).arg(directory.path().join("lighttpd.conf"));
        let daemon = Daemon::start(&mut command, port, &directory.path().join("log"));
        Some(Lighttpd { directory, port, _daemon: daemon })
    }

    /// A gated repository for two people.
    pub fn scenario() -> Option<Scenario> {
        let (kim, robin) = (Person::new("kim"), Person::new("robin"));
        let server = Lighttpd::start(&[&kim, &robin])?;
        Some(Scenario::begin(Box::new(server), kim, robin))
    }
}

impl GitServer for Lighttpd {
    fn url(&self, person: &Person) -> String {
        format!("http://{}:{PASSWORD}@127.0.0.1:{}/git/upload.git", person.name, self.port)
    }

    fn environment(&self, _: &Person) -> Vec<(String, String)> {
        vec![("GIT_TERMINAL_PROMPT".to_string(), "0".to_string())]
    }

    fn repository(&self) -> PathBuf {
        self.directory.path().join("upload.git")
    }

    fn on_server(&self, program: &str, arguments: &[&str]) -> Output {
        Command::new(program).args(arguments).output().unwrap()
    }
}

#[test]
fn the_user_of_the_web_server_is_who_pushes_and_no_password_is_shown() {
    let Some(scenario) = Lighttpd::scenario() else { return };
    let commit = scenario.topic("load-in-order", "INSERT INTO records SELECT 1;\n");
    let refused = scenario.land(&commit);
    refused.expect_refused("broken required-reviews");
    // The line of git itself names the address that the person typed.
    let by_us: Vec<&str> = refused.text.lines().filter(|line| !line.starts_with("To http")).collect();
    let by_us = by_us.join("\n").replace("error: failed to push some refs to", "");
    let by_us: String = by_us.lines().filter(|line| !line.contains("http://")).collect();
    assert!(!by_us.contains(PASSWORD) && !by_us.contains("HTTP_AUTHORIZATION"), "{by_us}");
    scenario.kim.git(&*scenario.server, &["fetch", "-q", "origin"]);
    let log = scenario.kim.git(&*scenario.server, &["show", "refs/portcullis/pushes:push.json"]);
    assert!(log.contains(r#""principal": "kim""#) && log.contains("REMOTE_USER"), "{log}");
}
