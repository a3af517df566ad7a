//! A gated repository with two people, on any server.

use super::people::{PROGRAM, Pushed};
use super::{GitServer, Person, said};

/// The policy of the repository.
pub const POLICY: &str = r#"schema = 1

[project]
name = "Record upload"

[branches]
deployment = ["main", "release/*"]

[[data-processing]]
name = "upload"
purpose = "Loads records"
paths = ["services/upload/**"]

[roles.gate-owners]
users = ["robin"]

[reviews]
signers = ".portcullis/allowed_signers"

[controls.protected-branch]
change-request = true
approvals = 1
dismiss-stale = true
force-push = "blocked"
deletion = "blocked"
bypass = [{ kind = "server-access", reason = "two people keep the server" }]

[controls.required-reviews]
approvals = 1

[controls.gate-integrity]
role = "gate-owners"
approvals = 1
"#;

/// The file that changes.
pub const FILE: &str = "services/upload/load.sql";

/// A server with a gated repository, and two people with clones of it.
pub struct Scenario {
    /// The server.
    pub server: Box<dyn GitServer>,
    /// Who writes.
    pub kim: Person,
    /// Who reviews.
    pub robin: Person,
    /// The first commit of the main branch.
    pub base: String,
}

impl Scenario {
    /// Pushes a first commit with a policy, then installs the hook.
    pub fn begin(server: Box<dyn GitServer>, kim: Person, robin: Person) -> Self {
        let signers = [kim.signer(""), robin.signer("")].concat();
        Scenario::begin_with(server, (kim, robin), &[(".portcullis/allowed_signers", &signers)])
    }

    /// The same with these files.
    pub fn begin_with(
        server: Box<dyn GitServer>,
        (kim, robin): (Person, Person),
        files: &[(&str, &str)],
    ) -> Self {
        kim.begin(&*server);
        let own = [("portcullis.toml", POLICY), (FILE, "INSERT INTO records SELECT * FROM staging;\n")];
        let base = kim.commit(&*server, "Begin", &[&own[..], files].concat());
        kim.push(&*server, &["origin", "main"]).expect_taken();
        let scenario = Scenario { server, kim, robin, base };
        let installed = scenario.hook(&["install"]);
        assert!(installed.taken, "{}", installed.text);
        scenario.robin.begin(&*scenario.server);
        scenario.robin.update(&*scenario.server, "origin/main");
        scenario.kim.update(&*scenario.server, "origin/main");
        scenario
    }

    /// Runs `portcullis hook` on the server.
    pub fn hook(&self, arguments: &[&str]) -> Pushed {
        let repository = self.server.repository().display().to_string();
        let arguments = [&["hook"], arguments, &["--repository", &repository]].concat();
        let output = self.server.on_server(PROGRAM, &arguments);
        Pushed { taken: output.status.success(), text: said(&output), width: 80 }
    }

    /// Kim commits on top of the main branch of the server, and pushes a topic branch.
    pub fn topic(&self, name: &str, text: &str) -> String {
        self.kim.update(&*self.server, "origin/main");
        let commit = self.kim.commit(&*self.server, name, &[(FILE, text)]);
        self.kim.push(&*self.server, &["origin", &format!("HEAD:refs/heads/{name}")]).expect_taken();
        commit
    }

    /// Kim pushes a commit to the main branch.
    pub fn land(&self, commit: &str) -> Pushed {
        self.kim.push(&*self.server, &["origin", &format!("{commit}:refs/heads/main")])
    }

    /// What a ref on the server points to.
    pub fn on_server(&self, reference: &str) -> String {
        let repository = self.server.repository().display().to_string();
        let output =
            self.server.on_server("git", &["-C", &repository, "rev-parse", "--verify", "-q", reference]);
        String::from_utf8_lossy(&output.stdout).trim().to_string()
    }
}
