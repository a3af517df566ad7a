//! Statements of test runs, made from reports and what is checked out.

use super::name_of;
use crate::collect::git::Repository;
use crate::collect::line_coverage;
use crate::collect::reports::{below, read, run};
use crate::model::change::{ObjectName, Revision};
use crate::model::digest::Digest;
use crate::model::evidence::coverage::RecordedCoverage;
use crate::model::evidence::{Checkout, Material, Producer, RecordedRun, ReportName, Statement};
use crate::model::fact::{Gap, GapReason};
use crate::model::line_coverage::{CoverageFormat, CoverageSource, Covered};
use crate::model::path::RepoPath;
use crate::model::test_run::{ReportFormat, Test, TestRun};
use crate::report::TABLE;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What is to be recorded.
#[derive(Clone, Debug)]
pub struct Order<'a> {
    /// The suite.
    pub suite: &'a str,
    /// The configuration or shard.
    pub configuration: Option<&'a str>,
    /// Its reports.
    pub reports: &'a [PathBuf],
    /// The format that they are said to be in; otherwise their content tells.
    pub format: Option<ReportFormat>,
    /// Its coverage reports.
    pub coverage: &'a [Measurement],
    /// The leading components to take from each name in them.
    pub strip: Option<&'a str>,
    /// The directory to put before each of those names that is not absolute.
    pub add: Option<&'a str>,
    /// Files that decide what is run.
    pub materials: &'a [PathBuf],
    /// Other files that the job wrote, such as the statement itself.
    pub written: &'a [PathBuf],
    /// Who ran it.
    pub producer: Producer,
}

/// A coverage report to record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measurement {
    /// The format that it is said to be in; otherwise its content tells.
    pub format: Option<CoverageFormat>,
    /// The file.
    pub file: PathBuf,
}

/// What was recorded.
#[derive(Debug)]
pub struct Recorded {
    /// The statement.
    pub statement: Statement,
    /// What the coverage reports say beside it, for whoever records: names as they stand there never go into the statement.
    pub measured: Vec<Covered>,
}

/// Makes a statement of a run from its reports and what is checked out.
///
/// # Errors
/// A report cannot be read or is a file of the repository, or the work tree cannot be looked at.
pub fn record(repository: &Repository, order: Order<'_>) -> Result<Recorded, Gap> {
    let root = repository.work_tree();
    let measured = order.coverage.iter().map(|report| &report.file);
    let written = order.reports.iter().chain(measured).chain(order.written);
    let written = written.filter_map(|file| root.and_then(|root| below(root, file))).collect();
    let Checkout { subject, work_tree } = repository.checkout(&written).known()?.clone();
    let mut taken = Taken::default();
    for file in order.reports {
        not_of_the_commit(repository, &subject.commit, file)?;
        taken.report(name_of(root, file), file, order.format)?;
    }
    let (coverage, measured) = measure(repository, &subject.commit, &order, &mut taken.oldest)?;
    let finished = taken.oldest.ok_or_else(|| no_time(order.suite))?;
    let (reports, TestRun { tests, contradictions, errors, replayed }) = taken.folded();
    let mut materials =
        order.materials.iter().map(|file| material(root, file)).collect::<Result<Vec<_>, _>>()?;
    materials.sort();
    materials.dedup();
    let run = RecordedRun {
        suite: order.suite.to_string(),
        configuration: order.configuration.map(str::to_string),
        producer: order.producer,
        work_tree,
        finished,
        materials,
        reports,
        tests,
        contradictions,
        errors,
        replayed,
        coverage,
    };
    Ok(Recorded { statement: Statement { subject, run }, measured })
}

/// The coverage reports, sorted; the same bytes under one name are one report.
fn measure(
    repository: &Repository,
    commit: &Revision,
    order: &Order<'_>,
    oldest: &mut Option<jiff::Timestamp>,
) -> Result<(Vec<RecordedCoverage>, Vec<Covered>), Gap> {
    if order.coverage.is_empty() {
        return Ok(Default::default());
    }
    let blobs: BTreeMap<RepoPath, ObjectName> = repository.files_at(commit)?;
    let (mut all, mut measured) = (BTreeMap::new(), Vec::new());
    for Measurement { format, file } in order.coverage {
        not_of_the_commit(repository, commit, file)?;
        let files = name_of(repository.work_tree(), file);
        let found = read(file, &files)?;
        *oldest = (*oldest).into_iter().chain(found.written).min();
        let text = |text: &str| text.to_string();
        let (strip, add) = (order.strip.map(text), order.add.map(text));
        let source = CoverageSource { files, format: *format, strip, add };
        let (report, covered) = line_coverage::recorded(repository, commit, &blobs, &found.bytes, &source)?;
        all.insert((report.path.clone(), report.digest.clone()), report);
        measured.push(covered);
    }
    Ok((all.into_values().collect(), measured))
}

fn no_time(suite: &str) -> Gap {
    let detail = "no report of it says when it was written";
    Gap::new(format!("when the suite `{suite}` ran"), GapReason::Unsupported, detail, "Hand over its reports")
}

fn not_of_the_commit(repository: &Repository, commit: &Revision, file: &Path) -> Result<(), Gap> {
    let Some(path) = repository.work_tree().and_then(|root| below(root, file)) else { return Ok(()) };
    match repository.brings(commit, &path)? {
        false => Ok(()),
        true => Err(Gap::new(
            format!("the report {path}"),
            GapReason::Untrusted,
            "it is a file of the repository, and no product of a run",
            "Remove the report from the repository and let the runner write it",
        )),
    }
}

fn material(root: Option<&Path>, file: &Path) -> Result<Material, Gap> {
    let path = name_of(root, file);
    let digest = Digest::of(&read(file, &path)?.bytes);
    Ok(Material { path, digest })
}

/// Reports on their way into one run.
#[derive(Default)]
struct Taken {
    runs: BTreeMap<ReportName, TestRun>,
    digests: BTreeSet<Digest>,
    oldest: Option<jiff::Timestamp>,
}

impl Taken {
    /// The same bytes under two names are one report.
    fn report(&mut self, path: String, file: &Path, format: Option<ReportFormat>) -> Result<(), Gap> {
        let found = read(file, &path)?;
        let run = run(&found.bytes, &path, format)?;
        self.oldest = self.oldest.into_iter().chain(found.written).min();
        let digest = Digest::of(&found.bytes);
        if self.digests.insert(digest.clone()) {
            let detected =
                || TABLE.iter().find(|format| (format.detect)(&found.bytes)).map(|format| format.name);
            let format = format.map(ReportFormat::name).or_else(detected).unwrap_or("unknown").to_string();
            self.runs.insert(ReportName { path, format, digest }, run);
        }
        Ok(())
    }

    /// A test of several reports is one test, with the worst of its outcomes.
    fn folded(self) -> (Vec<ReportName>, TestRun) {
        let mut tests: BTreeMap<String, Test> = BTreeMap::new();
        let (mut names, mut whole) = (Vec::new(), TestRun::default());
        for (name, run) in self.runs {
            let said = |all: Vec<String>| {
                all.into_iter().map(|one| format!("{}: {one}", name.path)).collect::<Vec<_>>()
            };
            whole.contradictions.extend(said(run.contradictions));
            whole.errors.extend(said(run.errors));
            whole.replayed.extend(run.replayed);
            for test in run.tests {
                let seen = tests.entry(test.id.clone()).or_insert_with(|| test.clone());
                seen.outcome = seen.outcome.max(test.outcome);
                seen.records = seen.records.max(test.records);
            }
            names.push(name);
        }
        whole.replayed.sort();
        whole.replayed.dedup();
        whole.tests = tests.into_values().collect();
        (names, whole)
    }
}
