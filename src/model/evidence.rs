//! Statements of test runs: what a recorder saw of one run of one suite, bound to the tree that it
//! ran on.
//!
//! A statement holds identities and outcomes of tests, digests, and names that CI systems give to
//! their runs. It never holds names of people or machines, values of the environment, or what a
//! test printed.

use crate::change::{ObjectName, Revision};
use crate::digest::Digest;
use crate::fact::Fact;
use crate::test_run::{Test, TestRun};
use coverage::RecordedCoverage;
use jiff::Timestamp;
use std::collections::BTreeSet;

pub mod coverage;
pub mod difference;
mod hashes;
pub mod inventory;
pub mod names;
pub mod renames;

/// What a run was a run of. The tree decides: two commits of one tree are one content.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RunSubject {
    /// The commit that was checked out.
    pub commit: Revision,
    /// Its tree.
    pub tree: ObjectName,
}

/// A statement about one commit and its tree. `P` is its predicate: what it claims of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement<P = RecordedRun> {
    /// The commit and the tree that the claim is about.
    pub subject: RunSubject,
    /// The claim. Facts name it by what it was first: a test run.
    pub predicate: P,
}

/// One run of one suite in one configuration. Its tests can be many: what only goes through them
/// keeps them as an [`inventory::TestInventory`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedRun<T = Vec<Test>> {
    /// The suite, as the policy names it.
    pub suite: String,
    /// The configuration or shard; `None` where there is only one.
    pub configuration: Option<String>,
    /// Who ran it.
    pub producer: RunProducer,
    /// What differed from the tree when the run was recorded.
    pub work_tree: WorkTree,
    /// When the oldest of its reports was written: a run of several reports is as old as the oldest
    /// of them.
    pub finished: Timestamp,
    /// Files that decide what is run and how, by path, sorted.
    pub materials: Vec<Material>,
    /// The reports that it was read from, sorted by path.
    pub reports: Vec<ReportName>,
    /// The tests, sorted by identity, each once.
    pub tests: T,
    /// Where a report speaks against itself.
    pub contradictions: Vec<String>,
    /// Failures outside any test.
    pub errors: Vec<String>,
    /// Results of an earlier run that were only shown again.
    pub replayed: Vec<String>,
    /// What coverage reports say that it executed, sorted by path and digest. Statements from
    /// before there was such a thing have none, and so has a run that nobody measured: both show of
    /// no line that it was executed.
    pub coverage: Vec<RecordedCoverage>,
    /// Since when the work tree had been what it was when the run was recorded, by the clock of
    /// that machine. `None` in statements from before it was asked: nothing then shows that the
    /// reports were not there before.
    pub settled: Option<Timestamp>,
    /// The earliest time that its reports name themselves.
    pub began: Option<Timestamp>,
    /// How the command of the suite ended; `None` when nobody said.
    pub exit_status: Option<ExitStatus>,
    /// The command that the recorder ran itself, with the work tree clean before and after.
    pub command: Option<RecordedCommand>,
}

impl RecordedRun {
    /// Everything but its tests, which can be many.
    pub fn without_tests(&self) -> RecordedRun {
        RecordedRun {
            suite: self.suite.clone(),
            configuration: self.configuration.clone(),
            producer: self.producer.clone(),
            work_tree: self.work_tree.clone(),
            finished: self.finished,
            materials: self.materials.clone(),
            reports: self.reports.clone(),
            tests: Vec::new(),
            contradictions: self.contradictions.clone(),
            errors: self.errors.clone(),
            replayed: self.replayed.clone(),
            coverage: self.coverage.clone(),
            settled: self.settled,
            began: self.began,
            exit_status: self.exit_status,
            command: self.command.clone(),
        }
    }

    /// The run as a report would tell it. A command that failed is an error outside the tests,
    /// however green they are.
    pub fn as_run(&self) -> TestRun {
        let failed = self.exit_status.filter(|status| !status.is_success());
        let failed = failed.map(|status| format!("its command ended with {status}"));
        TestRun {
            tests: self.tests.clone(),
            contradictions: self.contradictions.clone(),
            errors: self.errors.iter().cloned().chain(failed).collect(),
            replayed: self.replayed.clone(),
            ..TestRun::default()
        }
    }
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// By itself, with this status; 0 means success.
    Code(i32),
    /// By a signal of this number.
    Signal(i32),
}

impl ExitStatus {
    /// Did the command say that all went well?
    pub fn is_success(self) -> bool {
        self == ExitStatus::Code(0)
    }
}

impl std::fmt::Display for ExitStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ExitStatus::Code(code) => write!(f, "exit status {code}"),
            ExitStatus::Signal(signal) => write!(f, "signal {signal}"),
        }
    }
}

/// A command that was run and watched. Arguments can hold secrets, so they are not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedCommand {
    /// The name of the program, without the way to it.
    pub program: String,
    /// The digest of the program as it was named and its arguments, each followed by a NUL: it
    /// tells whether two runs were of one command.
    pub digest: Digest,
    /// When it was started.
    pub began: Timestamp,
    /// When it had ended.
    pub ended: Timestamp,
}

/// Who ran it, by their own account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RunProducer {
    /// `github-actions`, `gitlab-ci`, or `local`.
    pub kind: String,
    /// The CI system's number of the run.
    pub run: Option<String>,
    /// Which attempt of that run, counted from 1.
    pub attempt: Option<u64>,
    /// What defined the run: file and ref.
    pub workflow: Option<String>,
}

/// How the files differ from the tree that is checked out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkTree {
    /// The first paths that differ, each with how: "changed: src/lib.rs".
    pub differences: Vec<String>,
    /// How many more there are.
    pub more: u64,
}

impl WorkTree {
    /// Is it what the tree says, to the byte?
    pub fn is_clean(&self) -> bool {
        self.differences.is_empty() && self.more == 0
    }
}

/// A file that decides what is run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Material {
    /// Its path.
    pub path: String,
    /// The digest of its bytes.
    pub digest: Digest,
}

/// A report, without what it says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReportName {
    /// Its path.
    pub path: String,
    /// The format that it was read as.
    pub format: String,
    /// The digest of its bytes.
    pub digest: Digest,
}

/// Everything that was seen of evidence that is bound to a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceFacts {
    /// What is checked out where the reports were found.
    pub checkout: Fact<Checkout>,
    /// Which trees stand for what.
    pub trees: Trees,
    /// When the newest commit of the change was made, by its own account.
    pub newest: Option<Timestamp>,
    /// Does this clone hold any notes of evidence? A clone does not bring them by itself.
    pub notes: bool,
    /// Every statement that was found, sorted by place and digest.
    pub statements: Vec<Found>,
}

/// Which trees stand for what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trees {
    /// That of the judged head.
    pub head: ObjectName,
    /// Does the head land with all that it holds? If a merge base keeps something of it out, a run
    /// on its own tree is a run of something else. Facts that were gathered before this was asked
    /// do not say so.
    pub head_lands: bool,
    /// Those that were proved to be the head merged into the base, which is what CI systems check
    /// out; or, where the head lands with all that it holds, into the base as it was after the head
    /// had left it.
    pub merged: BTreeSet<ObjectName>,
    /// That of the base.
    pub base: ObjectName,
    /// Those of the merge bases.
    pub merge_bases: BTreeSet<ObjectName>,
}

impl Trees {
    /// Is a run on this tree a run of what would land?
    pub fn is_judged(&self, tree: &ObjectName) -> bool {
        (self.head_lands && *tree == self.head) || self.merged.contains(tree)
    }
}

/// What is checked out, and how far it is that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkout {
    /// The commit.
    pub subject: RunSubject,
    /// What differs.
    pub work_tree: WorkTree,
    /// Since when it has been that; `None` in facts from before it was asked, and where git's own
    /// files do not tell.
    pub settled: Option<Settled>,
}

/// Since when a work tree has been what it is, by the clock of its machine: the last time that one
/// of the commit's files was written in it, or that HEAD came to name its commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The moment.
    pub at: Timestamp,
    /// What happened then: "services/upload/load.sql was written".
    pub by: String,
}

/// A statement, and how it came to us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The file, or the note.
    pub place: StatementPlace,
    /// The digest of its bytes as they were found.
    pub digest: Digest,
    /// Whose valid signatures it bears; none where it is not signed; a gap where a signature could
    /// not be verified.
    pub signers: Fact<BTreeSet<String>>,
    /// What it says.
    pub statement: Fact<Statement>,
}

/// Where a statement was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StatementPlace {
    /// A file that was handed over.
    File {
        /// Its path.
        path: String,
        /// Is a file of this path part of the repository? Then it is no product of a run.
        tracked: bool,
    },
    /// A note on a tree.
    Note(ObjectName),
}

impl std::fmt::Display for StatementPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            StatementPlace::File { path, .. } => f.write_str(path),
            StatementPlace::Note(tree) => write!(f, "the note on tree {}", tree.short()),
        }
    }
}
