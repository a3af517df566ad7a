//! A made-up project: its repository, its GitHub and its test report, in a directory that goes
//! away.
//!
//! Kim opened request 7, which changes how records are loaded, and pushed it; Robin and Alex
//! approved the head; the regression suite ran. Scenarios and tests alter it from there.

use super::history::{Edit, History, Person};
use super::world::{Activity, World, minutes};
use anyhow::{Result, anyhow};
use git2::Oid;
use portcullis_model::change::{BranchName, Revision};
use portcullis_model::check::Check;
use portcullis_model::person::Account;
use portcullis_model::review::CommitAccounts;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The policy at the base.
pub const POLICY: &str = include_str!("portcullis.toml");
/// Where the test report lies, below the directory.
pub const REPORT: &str = "target/upload-regression.xml";
/// Kim, as a commit names her.
pub const KIM: Person<'static> = ("Kim Example", "kim@example.test");

/// The report of an honest run.
pub const GREEN: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="upload-regression" tests="3" failures="0" errors="0" skipped="0">
    <testcase classname="upload" name="loads_new_records" time="0.1"/>
    <testcase classname="upload" name="amends_records" time="0.1"/>
    <testcase classname="upload" name="deletes_records" time="0.1"/>
  </testsuite>
</testsuites>
"#;

/// The project under construction.
pub struct Stage {
    directory: TempDir,
    /// Its repository.
    pub history: History,
    /// The tip of `main`.
    pub base: Oid,
    /// The commits of the change, oldest first.
    pub commits: Vec<Oid>,
    /// Its host.
    pub world: World,
}

impl Stage {
    /// An honest change to data-processing code.
    ///
    /// # Errors
    /// Whatever git or the file system says.
    pub fn honest() -> Result<Self> {
        Stage::with(&[
            Edit::Write("portcullis.toml", POLICY),
            Edit::Write(
                ".github/CODEOWNERS",
                "* @robin-example\n/services/upload/ @robin-example @alex-example\n",
            ),
            Edit::Write(".github/workflows/gate.yml", "on: pull_request\n"),
            Edit::Write("README.md", "# Record upload\n"),
            Edit::Write("docs/guide.md", "How to upload records.\n"),
            Edit::Write("services/upload/load.sql", "INSERT INTO records SELECT * FROM staging;\n"),
            Edit::Write("tests/upload/load_test.sql", "SELECT count(*) FROM records;\n"),
        ])
    }

    /// An honest change in a project of these files.
    ///
    /// # Errors
    /// Whatever git or the file system says.
    pub fn with(files: &[Edit<'_>]) -> Result<Self> {
        let directory = tempfile::Builder::new().prefix("portcullis-").tempdir()?;
        let mut history = History::begin(directory.path())?;
        let base = history.commit(KIM, &[], "Begin", files)?;
        history.branch("main", base)?;
        let nobody = revision(base)?;
        let world = World::honest(nobody.clone(), nobody, &[]);
        let mut stage = Stage { directory, history, base, commits: Vec::new(), world };
        stage.change(&[Edit::Write(
            "services/upload/load.sql",
            "INSERT INTO records SELECT * FROM staging ORDER BY id;\n",
        )])?;
        stage.report(GREEN)?;
        Ok(stage)
    }

    /// Replaces the change by one commit of Kim's with these edits; everything else about it is
    /// honest.
    ///
    /// # Errors
    /// Whatever git says.
    pub fn change(&mut self, edits: &[Edit<'_>]) -> Result<()> {
        let head = self.history.commit(KIM, &[self.base], "Load records in order", edits)?;
        self.commits = vec![head];
        self.honest_world()
    }

    /// Adds a commit of somebody's on top; nobody has looked at it since.
    ///
    /// # Errors
    /// Whatever git says.
    pub fn push(&mut self, person: Person<'_>, account: &Account, edits: &[Edit<'_>]) -> Result<()> {
        let id = self.history.commit(person, &[self.head()], "One more thing", edits)?;
        self.commits.push(id);
        let head = revision(id)?;
        let accounts = CommitAccounts { author: Some(account.clone()), committer: Some(account.clone()) };
        self.world.commits.push((head.clone(), accounts));
        let branch = BranchName::new(self.world.head_branch());
        let after = head.clone();
        self.world.activity.push(Activity { branch, after, actor: Some(account.clone()), at: minutes(60) });
        self.world.checks = std::mem::take(&mut self.world.checks)
            .into_iter()
            .map(|check| Check { head: head.clone(), ..check })
            .collect();
        self.world.request.head = head;
        self.publish()
    }

    /// An honest host for the commits as they are.
    ///
    /// # Errors
    /// Whatever git says.
    pub fn honest_world(&mut self) -> Result<()> {
        let commits = self.commits.iter().map(|id| revision(*id)).collect::<Result<Vec<_>>>()?;
        self.world = World::honest(revision(self.base)?, revision(self.head())?, &commits);
        self.publish()
    }

    /// Points the branches to the base and the head.
    ///
    /// # Errors
    /// Whatever git says.
    pub fn publish(&self) -> Result<()> {
        self.history.branch("main", self.base)?;
        self.history.branch("batches", self.head())
    }

    /// Writes the test report.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub fn report(&self, text: &str) -> Result<()> {
        let file = self.report_file();
        if let Some(parent) = file.parent() {
            std::fs::create_dir_all(parent)?;
        }
        Ok(std::fs::write(file, text)?)
    }

    /// The test report.
    pub fn report_file(&self) -> PathBuf {
        self.directory.path().join(REPORT)
    }

    /// The addresses in the commits, with the accounts that the neutral state attributes them to.
    pub fn addresses(&self) -> Vec<(String, Account)> {
        let co_authors = self.world.co_authors.iter().flat_map(|(_, attributed)| attributed);
        let mut found: Vec<(String, Account)> =
            co_authors.filter_map(|(email, owner)| Some((email.clone(), owner.clone()?))).collect();
        for (id, accounts) in &self.world.commits {
            let repository = self.history.repository();
            let commit = git2::Oid::from_str(id.as_str()).and_then(|oid| repository.find_commit(oid));
            let Ok(commit) = commit else { continue };
            let mut add = |email: Option<&str>, account: &Option<Account>| {
                if let (Some(email), Some(account)) = (email, account)
                    && !found.iter().any(|(known, _)| known == email)
                {
                    found.push((email.to_string(), account.clone()));
                }
            };
            add(commit.author().email().ok(), &accounts.author);
            add(commit.committer().email().ok(), &accounts.committer);
        }
        found
    }

    /// The head of the change.
    pub fn head(&self) -> Oid {
        self.commits.last().copied().unwrap_or(self.base)
    }

    /// The directory that the repository and the report are in.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }
}

/// A commit as the model names it.
///
/// # Errors
/// Never, for a commit of SHA-1.
pub fn revision(id: Oid) -> Result<Revision> {
    Revision::try_from(id.to_string()).map_err(|error| anyhow!(error))
}
