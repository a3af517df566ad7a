//! Where the commands of a page run: a project that was made for it.
//!
//! - `nothing`: an empty directory
//! - `project`: a repository without a policy
//! - `application`: a repository of an application with a database, whose remote is on GitHub
//! - `change`: a request that the gate allows, its head checked out, and its host
//!   (`--host github --repository example-org/data-upload --request 7`)
//! - `job`: the same in a GitHub Actions job
//! - `walk`: a repository with a migration and a suite, without a policy
//! - `suite`: a repository whose suite `upload` is `./run-regression-suite`, on a branch `change`,
//!   with a remote
//! - `signer`: the same with a key in `~/.ssh/id_ed25519` that `.portcullis/allowed_signers` allows
//! - `register`: the files that the page about people shows, and a badge with its status list
//! - `incident`: a repository whose policy has the parties that the page about incidents shows
//! - `cases`: a policy, and the cases that the page about tests of a policy shows
//! - `house`: the house policy and the policy that the page about them shows
//! - `waiver`: a policy, and the waiver that the page about waivers shows first
//! - `dataset`: the policy and the intentions that the page about reconciliation shows, with a receiver
//!   before and after a deployment
//! - `fleet`: a repository, and a host with five others of an organisation, of which two lack something;
//!   a key in `~/.ssh/id_ed25519`, and a list `signers` that allows it
//! - `release`: a branch `main`: the tag `v1`, two landings to the tag `v2`, one more, and its host

use super::page::{Page, root};
use crate::support::checkout::Checkout;
use crate::support::clean::CleanEnvironment as _;
use crate::support::gate::event;
use portcullis_testkit::fleet::FleetSite;
use portcullis_testkit::lane::{How, Lane};
use portcullis_testkit::server::{Server, Site};
use portcullis_testkit::stage::{POLICY, Stage};
use std::any::Any;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// A directory to run commands in.
pub struct Fixture {
    directory: PathBuf,
    outside: TempDir,
    variables: Vec<(&'static str, String)>,
    /// Directories and servers that end with the fixture.
    kept: Vec<Box<dyn Any>>,
}

/// The fixture of this name.
pub fn find(name: &str) -> Option<Fixture> {
    Some(match name {
        "nothing" => nothing(),
        "project" => project(),
        "application" => application(),
        "change" => change(),
        "job" => job(),
        "suite" => suite(),
        "walk" => walk(),
        "signer" => signer(),
        "register" => register(),
        "incident" => incident(),
        "cases" => cases(),
        "house" => house(),
        "waiver" => waiver(),
        "dataset" => dataset(),
        "fleet" => fleet(),
        "release" => release(),
        _ => return None,
    })
}

impl Fixture {
    fn new(directory: &Path) -> Fixture {
        let outside = tempfile::tempdir().unwrap();
        Fixture { directory: directory.to_path_buf(), outside, variables: Vec::new(), kept: Vec::new() }
    }

    fn keeping(mut self, what: impl Any) -> Fixture {
        self.kept.push(Box::new(what));
        self
    }

    /// A key in `~/.ssh/id_ed25519`; gives the list of signers that allows it.
    fn add_key(&self) -> String {
        let key = ssh_key::PrivateKey::from(ssh_key::private::Ed25519Keypair::from_seed(&[7; 32]));
        let ssh = self.outside.path().join(".ssh");
        std::fs::create_dir(&ssh).unwrap();
        std::fs::write(ssh.join("id_ed25519"), key.to_openssh(ssh_key::LineEnding::LF).unwrap()).unwrap();
        self.must("chmod 600 ~/.ssh/id_ed25519");
        let public = key.public_key().to_openssh().unwrap();
        std::fs::write(ssh.join("id_ed25519.pub"), &public).unwrap();
        format!("kim@example.test {public}\n")
    }

    fn asking<S: Site + 'static>(mut self, server: Server<S>) -> Fixture {
        self.variables.push(("GITHUB_API_URL", server.address()));
        self.variables.push(("GITHUB_TOKEN", "a-token-of-the-job".into()));
        self.keeping(server)
    }

    /// A bare repository beside it, to which all branches and tags were pushed.
    fn with_remote(self) -> Fixture {
        self.must("git init -q --bare \"$HOME/origin.git\" && git remote add origin \"$HOME/origin.git\"");
        self.must("git push -q origin --all && git push -q origin --tags && git fetch -q origin");
        self
    }

    /// Runs a command line; its exit code and all that it wrote, what goes to stderr last.
    pub fn run(&self, line: &str) -> (i32, String) {
        let programs = Path::new(env!("CARGO_BIN_EXE_portcullis")).parent().unwrap();
        let mut shell = Command::new("sh");
        shell.clean_env().current_dir(&self.directory).args(["-c", line]);
        let others = std::env::var("PATH").unwrap();
        shell.env("PATH", format!("{}:{others}", programs.display()));
        shell.env("HOME", self.outside.path()).env("GIT_CONFIG_NOSYSTEM", "1").env("LC_ALL", "C");
        shell.env("USER", "kim");
        for role in ["AUTHOR", "COMMITTER"] {
            shell.env(format!("GIT_{role}_NAME"), "Kim Example");
            shell.env(format!("GIT_{role}_EMAIL"), "kim@example.test");
        }
        shell.envs(self.variables.iter().cloned());
        let output = shell.output().unwrap();
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        (output.status.code().unwrap_or(-1), said.concat())
    }

    fn must(&self, line: &str) {
        let (exit, said) = self.run(line);
        assert_eq!(exit, 0, "{line}: {said}");
    }
}

fn nothing() -> Fixture {
    let directory = tempfile::tempdir().unwrap();
    Fixture::new(directory.path()).keeping(directory)
}

fn project() -> Fixture {
    let checkout = Checkout::empty();
    checkout.write("services/upload/load.sql", "INSERT INTO records SELECT * FROM staging;\n");
    checkout.write(".gitignore", "/reports/\n");
    checkout.commit("Begin");
    Fixture::new(checkout.path()).keeping(checkout)
}

fn application() -> Fixture {
    let checkout = Checkout::empty();
    for (path, text) in [
        ("db/migrate/20200101_create_people.rb", "create_table(:people) { |t| t.date :date_of_birth }\n"),
        ("db/migrate/20200102_add_index.rb", "add_index :people, :id\n"),
        ("app/models/person.rb", "class Person < ApplicationRecord\nend\n"),
        ("app/jobs/upload_job.rb", "class UploadJob < ApplicationJob\nend\n"),
        ("app/controllers/people_controller.rb", "class PeopleController\nend\n"),
        ("spec/spec_helper.rb", "RSpec.configure {}\n"),
        (".rspec", "--require spec_helper\n"),
        (".gitignore", "/out/\n"),
        ("CODEOWNERS", "* @example-org/records\n"),
        (".github/workflows/ci.yml", "on: pull_request\njobs:\n  build:\n    runs-on: ubuntu-latest\n"),
    ] {
        checkout.write(path, text);
    }
    checkout.commit("Begin");
    let fixture = Fixture::new(checkout.path());
    fixture.must("git remote add origin https://github.com/example-org/data-upload.git");
    fixture.keeping(checkout)
}

fn change() -> Fixture {
    let stage = Stage::honest().unwrap();
    let server = Server::start(stage.world.clone());
    let fixture = Fixture::new(stage.directory()).asking(server).keeping(stage);
    fixture.must("git checkout -q -f batches");
    fixture
}

fn job() -> Fixture {
    let stage = Stage::honest().unwrap();
    let server = Server::start(stage.world.clone());
    let (event, repository) = (event(&stage).display().to_string(), stage.world.repository.clone());
    let mut fixture = Fixture::new(stage.directory()).asking(server).keeping(stage);
    fixture.variables.extend([
        ("GITHUB_ACTIONS", "true".to_string()),
        ("GITHUB_REPOSITORY", repository),
        ("GITHUB_EVENT_PATH", event),
    ]);
    fixture.must("git checkout -q -f batches");
    fixture
}

const SUITE: &str = r#"
[controls.regression-tests.suites.upload]
reports = ["out/junit.xml"]
minimum = 2
trust = "local"
baseline = "first-run"

[controls.changed-line-coverage]
minimum = 80

[controls.changed-line-coverage.reports.python]
files = ["coverage/python.info"]
"#;

const RUNNER: &str = r#"#!/bin/sh
mkdir -p out coverage
cat > out/junit.xml <<REPORT
<testsuites><testsuite name="upload" tests="2">
<testcase classname="upload" name="loads_new_records"/><testcase classname="upload" name="deletes_records"/>
</testsuite></testsuites>
REPORT
printf 'TN:\nSF:services/upload/load.py\nDA:1,1\nDA:2,1\nLF:2\nLH:2\nend_of_record\n' > coverage/python.info
"#;

fn suite() -> Fixture {
    let files = [("services/upload/load.py", "a = 1\n"), ("run-regression-suite", RUNNER)];
    let checkout = Checkout::with(SUITE, &files);
    checkout.write(".gitignore", "/out/\n/coverage/\n");
    let fixture = Fixture::new(checkout.path());
    fixture.must("chmod +x run-regression-suite && git add -A && git commit -qm 'Add the suite'");
    checkout.change("services/upload/load.py", "a = 1\nb = 2\n");
    fixture.keeping(checkout).with_remote()
}

/// What the suite of `walk` does.
const TESTS: &str = r#"#!/bin/sh
mkdir -p reports
echo '<testsuite name="upload" tests="1"><testcase classname="upload" name="loads"/></testsuite>' > reports/junit.xml
"#;

fn walk() -> Fixture {
    let checkout = Checkout::empty();
    checkout.write("migrations/001_people.sql", "CREATE TABLE people(id INTEGER, surname TEXT);\n");
    checkout.write("run-tests", TESTS);
    let fixture = Fixture::new(checkout.path());
    fixture.must("chmod +x run-tests && mkdir ~/.ssh && git add -A && git commit -qm Begin");
    fixture.keeping(checkout)
}

fn signer() -> Fixture {
    let fixture = suite();
    let signers = fixture.add_key();
    std::fs::create_dir(fixture.directory.join(".portcullis")).unwrap();
    std::fs::write(fixture.directory.join(".portcullis/allowed_signers"), signers).unwrap();
    fixture.must("git add -A && git commit -qm 'Name the signers'");
    fixture
}

fn incident() -> Fixture {
    let checkout = Checkout::empty();
    let page = Page::read("docs/incidents.md");
    let blocks = page.blocks();
    let parties = &blocks.iter().find(|block| block.language == "toml").unwrap().text;
    let policy = std::fs::read_to_string(root().join("policies/baseline.toml")).unwrap();
    checkout.write("portcullis.toml", &format!("{policy}\n{parties}"));
    checkout.commit("Begin");
    Fixture::new(checkout.path()).keeping(checkout)
}

fn fleet() -> Fixture {
    let mut site = FleetSite::of(5, POLICY);
    site.repository("example-org/service-0001").change_rulesets(Vec::new());
    site.repository("example-org/service-0003").files.clear();
    let checkout = Checkout::empty();
    checkout.write("README.md", "Rounds over the fleet\n");
    checkout.commit("Begin");
    let fixture = Fixture::new(checkout.path());
    checkout.write("signers", &fixture.add_key());
    fixture.must("git config user.email kim@example.test");
    fixture.keeping(checkout).asking(Server::start(site))
}

fn cases() -> Fixture {
    let fixture = nothing();
    let write = |name: &str, text: &str| std::fs::write(fixture.directory.join(name), text).unwrap();
    let page = Page::read("docs/policy-test.md");
    let blocks = page.blocks();
    let mut shown = blocks.iter().filter(|block| block.language == "toml");
    let policy = &shown.next().unwrap().text;
    assert_eq!(policy, portcullis_testkit::stage::POLICY, "cases of pages are read for this policy");
    write("portcullis.toml", policy);
    write("portcullis-tests.toml", &shown.next().unwrap().text);
    fixture
}

fn house() -> Fixture {
    let fixture = nothing();
    let page = Page::read("docs/house-policy.md");
    let shown: Vec<_> = page.blocks().into_iter().filter(|block| block.language == "toml").collect();
    for (name, block) in ["portcullis-house.toml", "portcullis.toml"].iter().zip(shown) {
        std::fs::write(fixture.directory.join(name), block.text).unwrap();
    }
    fixture
}

fn waiver() -> Fixture {
    let fixture = nothing();
    let write = |name: &str, text: &str| std::fs::write(fixture.directory.join(name), text).unwrap();
    let page = Page::read("docs/waivers.md");
    let blocks = page.blocks();
    write("portcullis-waivers.toml", &blocks.iter().find(|block| block.language == "toml").unwrap().text);
    write("portcullis.toml", &std::fs::read_to_string(root().join("policies/sensitive-data.toml")).unwrap());
    fixture
}

fn dataset() -> Fixture {
    let checkout = Checkout::empty();
    let page = Page::read("docs/reconciliation.md");
    let blocks = page.blocks();
    let shown = |language: &str| &blocks.iter().find(|block| block.language == language).unwrap().text;
    checkout.write("services/upload/load.sql", "INSERT INTO records SELECT * FROM staging;\n");
    checkout.write("portcullis.toml", shown("toml"));
    checkout.write("intended.csv", shown("text"));
    checkout.commit("Begin");
    let fill = |name: &str, rows: &[(&str, i64, &str, &str)]| {
        let database = rusqlite::Connection::open(checkout.path().join(name)).unwrap();
        let table = "CREATE TABLE nominal(id TEXT, version INTEGER, surname TEXT, loaded_at TEXT)";
        database.execute(table, ()).unwrap();
        for row in rows {
            database.execute("INSERT INTO nominal VALUES(?1, ?2, ?3, ?4)", *row).unwrap();
        }
    };
    let (first, second) = ("2026-01-01T09:00:00Z", "2026-01-02T09:00:00Z");
    // As the page makes it.
    let receiver = blocks.iter().filter(|block| block.language == "text").nth(1).unwrap();
    let database = rusqlite::Connection::open(checkout.path().join("receiver.db")).unwrap();
    database.execute_batch(&receiver.text).unwrap();
    fill(
        "receiver-after-the-deployment.db",
        &[
            ("N1", 1, "Archer", first),
            ("N2", 1, "Baker", first),
            ("N3", 1, "Cooper", first),
            ("TEST9", 1, "Tester", second),
        ],
    );
    Fixture::new(checkout.path()).keeping(checkout)
}

fn register() -> Fixture {
    let fixture = nothing();
    let write = |name: &str, text: &[u8]| std::fs::write(fixture.directory.join(name), text).unwrap();
    let page = Page::read("docs/people.md");
    let blocks = page.blocks();
    let of = |language: &'static str| {
        blocks.iter().filter(move |block| block.language == language).map(|block| &block.text)
    };
    let (toml, text): (Vec<_>, Vec<_>) = (of("toml").collect(), of("text").collect());
    let policy = std::fs::read_to_string(root().join("policies/sensitive-data.toml")).unwrap();
    write("portcullis.toml", format!("{policy}\n{}", toml[1]).as_bytes());
    write("portcullis-people.toml", toml[0].as_bytes());
    write("completions.csv", text[0].as_bytes());
    write("moodle.toml", text[1].as_bytes());
    write("statements.json", of("json").next().unwrap().as_bytes());
    for (name, vector) in [("badge.jwt", "eddsa.jwt"), ("status.jwt", "status-clear.jwt")] {
        write(name, &std::fs::read(root().join("src/attest/vectors/badges").join(vector)).unwrap());
    }
    fixture
}

fn release() -> Fixture {
    let mut lane = Lane::begin();
    let mut tags = vec![lane.baseline()];
    for how in [How::Squash, How::Merge, How::Rebase] {
        tags.push(lane.land_file(how, true));
    }
    let server = Server::start(lane.host());
    let fixture = Fixture::new(lane.directory()).asking(server).keeping(lane);
    fixture.must(&format!("git tag v1 {} && git tag v2 {}", tags[0], tags[2]));
    fixture.with_remote()
}
