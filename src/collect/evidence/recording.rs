//! Statements of test runs, made from reports and what is checked out.

use super::name_of;
use crate::line_coverage;
use crate::reading::{Taken as Read, digest_of_file, read, take};
use crate::reports::path_below;
use jiff::Timestamp;
use portcullis_git::Repository;
use portcullis_model::change::{ObjectName, Revision};
use portcullis_model::digest::Digest;
use portcullis_model::evidence::coverage::RecordedCoverage;
use portcullis_model::evidence::{
    Checkout, ExitStatus, Material, RecordedCommand, RecordedRun, ReportName, RunProducer, Statement,
};
use portcullis_model::fact::{Gap, GapReason};
use portcullis_model::line_coverage::{CoverageFormat, CoverageSource, Covered};
use portcullis_model::own_times::OwnTimes;
use portcullis_model::path::RepoPath;
use portcullis_model::reading::ReportReaders;
use portcullis_model::test_run::{ReportFormat, TestRun, worst_of_each};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A command that ran.
#[derive(Clone, Debug)]
pub struct WatchedCommand {
    /// What was run, and when.
    pub command: RecordedCommand,
    /// How it ended.
    pub ended: ExitStatus,
    /// The reports that it should have written and did not, by name.
    pub unwritten: Vec<String>,
}

/// What is to be recorded.
#[derive(Clone, Debug)]
pub struct Order<'a> {
    /// The suite.
    pub suite: &'a str,
    /// The configuration or shard.
    pub configuration: Option<&'a str>,
    /// Its reports.
    pub reports: &'a [PathBuf],
    /// The parsers that reports are read with.
    pub readers: &'a dyn ReportReaders,
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
    pub producer: RunProducer,
    /// How its command ended, if that was said.
    pub exit_status: Option<ExitStatus>,
    /// The command that we ran ourselves; then only what it wrote counts.
    pub watched: Option<&'a WatchedCommand>,
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
pub struct RecordedStatement {
    /// The statement.
    pub statement: Statement,
    /// What the coverage reports say beside it, for the one who records: names as the reports have
    /// them never go into the statement.
    pub measured: Vec<Covered>,
}

/// Makes a statement of a run from its reports and what is checked out.
///
/// # Errors
/// A report cannot be read or is a file of the repository, or the work tree cannot be looked at.
pub fn record(repository: &Repository, order: Order<'_>) -> Result<RecordedStatement, Gap> {
    let root = repository.work_tree();
    let measured = order.coverage.iter().map(|report| &report.file);
    let written = order.reports.iter().chain(measured).chain(order.written);
    let written = written.filter_map(|file| root.and_then(|root| path_below(root, file))).collect();
    let Checkout { subject, work_tree, settled } = repository.checkout(&written).known()?.clone();
    let mut taken =
        TakenReports { since: order.watched.map(|watched| watched.command.began), ..TakenReports::default() };
    let ended = order.watched.map(|watched| watched.ended).or(order.exit_status);
    let failed = ended.is_some_and(|status| !status.is_success());
    let unread = read_reports(repository, &subject.commit, &order, failed, &mut taken)?;
    let (coverage, measured) = read_measurements(repository, &subject.commit, &order, &mut taken)?;
    let over = order.watched.map(|watched| watched.command.ended);
    let finished = taken.oldest.or(over).ok_or_else(|| no_time(order.suite))?;
    let (reports, TestRun { tests, contradictions, mut errors, replayed, times }) = taken.folded();
    errors.extend(unread);
    let unwritten = order.watched.iter().flat_map(|watched| &watched.unwritten);
    errors.extend(unwritten.map(|name| format!("{name}: the command wrote no report there")));
    let mut materials =
        order.materials.iter().map(|file| material_of(root, file)).collect::<Result<Vec<_>, _>>()?;
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
        settled: settled.map(|settled| settled.at),
        began: times.began(),
        exit_status: ended,
        command: order.watched.map(|watched| watched.command.clone()),
    };
    Ok(RecordedStatement { statement: Statement { subject, predicate: run }, measured })
}

/// Takes the reports of a run. Returns what is wrong with those that a failed run broke off: it is
/// a failed run all the same, and nothing is hidden by that.
fn read_reports(
    repository: &Repository,
    commit: &Revision,
    order: &Order<'_>,
    failed: bool,
    taken: &mut TakenReports,
) -> Result<Vec<String>, Gap> {
    let mut unread = Vec::new();
    for file in order.reports {
        not_of_the_commit(repository, commit, file)?;
        match taken.report(name_of(repository.work_tree(), file), file, order) {
            Err(gap) if failed && gap.reason == GapReason::Malformed => unread.push(gap.to_string()),
            read => read?,
        }
    }
    Ok(unread)
}

/// The coverage reports, sorted; the same bytes under one name are one report.
fn read_measurements(
    repository: &Repository,
    commit: &Revision,
    order: &Order<'_>,
    taken: &mut TakenReports,
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
        let text = |text: &str| text.to_string();
        let (strip, add) = (order.strip.map(text), order.add.map(text));
        let source = CoverageSource { files: files.clone(), format: *format, strip, add };
        let (report, covered) =
            line_coverage::recorded((repository, order.readers), commit, &blobs, &found.bytes, &source)?;
        taken.time(&files, found.written, &covered.times)?;
        all.insert((report.path.clone(), report.digest.clone()), report);
        measured.push(covered);
    }
    Ok((all.into_values().collect(), measured))
}

fn no_time(suite: &str) -> Gap {
    let detail = "no report of it that can be read says when it was written";
    let remedy = "Let this command run the suite, behind `--`, or hand over a report that can be read";
    Gap::new(format!("when the suite `{suite}` ran"), GapReason::Unsupported, detail, remedy)
}

/// # Errors
/// The file is one of the repository.
pub(super) fn not_of_the_commit(repository: &Repository, commit: &Revision, file: &Path) -> Result<(), Gap> {
    let Some(path) = repository.work_tree().and_then(|root| path_below(root, file)) else { return Ok(()) };
    match repository.brings(commit, &path)? {
        false => Ok(()),
        true => Err(Gap::new(
            format!("the report {path}"),
            GapReason::Untrusted,
            "git tracks it, so it is not the output of a run",
            "Remove the report from the repository and let the runner write it",
        )),
    }
}

fn material_of(root: Option<&Path>, file: &Path) -> Result<Material, Gap> {
    let path = name_of(root, file);
    let digest = digest_of_file(file, &path)?;
    Ok(Material { path, digest })
}

/// Reports on their way into one run.
#[derive(Default)]
struct TakenReports {
    runs: BTreeMap<ReportName, TestRun>,
    digests: BTreeSet<Digest>,
    /// When the first of them was written.
    oldest: Option<Timestamp>,
    /// The times that they name themselves.
    times: OwnTimes,
    /// Where reports contradict themselves.
    doubts: Vec<String>,
    /// When the run began, if it was watched.
    since: Option<Timestamp>,
}

impl TakenReports {
    /// The same bytes under two names are one report.
    fn report(&mut self, path: String, file: &Path, order: &Order<'_>) -> Result<(), Gap> {
        let Read { digest, written, format, run } = take(order.readers, file, &path, Ok(order.format))?;
        let run = run?;
        self.time(&path, written, &run.times)?;
        if self.digests.insert(digest.clone()) {
            let format = format.unwrap_or("unknown").to_string();
            self.runs.insert(ReportName { path, format, digest }, run);
        }
        Ok(())
    }

    /// When a report was made.
    ///
    /// # Errors
    /// The run was watched, and the report is from before it.
    fn time(&mut self, path: &str, written: Option<Timestamp>, times: &OwnTimes) -> Result<(), Gap> {
        let told = |at: Option<Timestamp>, how| Some((at?, how));
        let moments =
            [told(written, "it was last written"), told(times.began(), "by its own account it began")];
        let earlier = |at: Timestamp| self.since.is_some_and(|since| at.as_second() < since.as_second());
        if let Some((at, how)) = moments.into_iter().flatten().find(|(at, _)| earlier(*at)) {
            let detail = format!("{how} at {at}, before the command began: it is not of this run");
            let remedy = "Let the command write the report itself, and bring none back from an earlier run";
            return Err(Gap::new(format!("the report {path}"), GapReason::Untrusted, detail, remedy));
        }
        if let (Some(written), Some(ended)) = (written, times.ended())
            && ended.as_second() > written.as_second() + 1
        {
            self.doubts
                .push(format!("{path}: it was last written at {written}, but names a later time, {ended}"));
        }
        self.oldest = self.oldest.into_iter().chain(written).min();
        self.times.add(times);
        Ok(())
    }

    /// A test of several reports is one test, with the worst of its outcomes.
    fn folded(self) -> (Vec<ReportName>, TestRun) {
        let whole = TestRun { contradictions: self.doubts, times: self.times, ..TestRun::default() };
        let (mut names, mut whole) = (Vec::new(), whole);
        for (name, run) in self.runs {
            let said = |all: Vec<String>| {
                all.into_iter().map(|one| format!("{}: {one}", name.path)).collect::<Vec<_>>()
            };
            whole.contradictions.extend(said(run.contradictions));
            whole.errors.extend(said(run.errors));
            whole.replayed.extend(run.replayed);
            match whole.tests.is_empty() {
                true => whole.tests = run.tests,
                false => whole.tests.extend(run.tests),
            }
            names.push(name);
        }
        whole.replayed.sort();
        whole.replayed.dedup();
        whole.tests = worst_of_each(whole.tests);
        (names, whole)
    }
}
