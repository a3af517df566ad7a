//! A run that is watched: the command of a suite is started here, and only what it wrote is
//! recorded.
//!
//! Before it begins the work tree has to be what HEAD says, and after it has ended the same tree
//! has to lie there; HEAD may not have moved meanwhile. Reports that lie in the named places are
//! removed first, so that what lies there afterwards was put there by the run; and a file or a
//! report that tells of a time before the run was not made by it. What the command does to its
//! files in between and takes back is its own affair: it is the suite.
//!
//! This is the only place where the program starts another one. The command is what the user wrote,
//! no shell reads it, and it has the user's environment, working directory, input and output.

use super::name_of;
use super::recording::{Measurement, Order, RecordedStatement, WatchedCommand, not_of_the_commit, record};
use crate::reading::read_beginning;
use crate::reports::{find, native_path, path_below};
use jiff::Timestamp;
use portcullis_git::Repository;
use portcullis_model::digest::Digest;
use portcullis_model::evidence::{Checkout, ExitStatus, RecordedCommand};
use portcullis_model::fact::{Gap, GapReason};
use portcullis_model::reading::ReportReaders;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process;

/// Runs the command, and records the reports that it wrote. Reports may be named by patterns of the
/// one glob dialect, because their names may not be known before the run.
///
/// # Errors
/// The work tree is not what the commit says, before or after; the command cannot be started; it
/// succeeded and did not write its reports, or what lies in their place is not of this run.
pub fn run(
    repository: &Repository,
    order: Order<'_>,
    command: &[OsString],
) -> Result<RecordedStatement, Gap> {
    let before = State::of(repository, &order, "before the command ran")?;
    remove_earlier((repository, order.readers), &before.checkout, &report_places(&order)?)?;
    let (command, ended) = start_command(command)?;
    let after = State::of(repository, &order, "after the command had run")?;
    before.is_still(&after, command.began)?;
    let unwritten = unwritten_names(repository, &order)?;
    if let (Some(name), true) = (unwritten.first(), ended.is_success()) {
        let detail = format!("the command wrote no report there, and ended with {ended}");
        let remedy = "Let the command write it, or name the place where it does";
        return Err(Gap::new(format!("the report {name}"), GapReason::Unreachable, detail, remedy));
    }
    let here = |file: &PathBuf| fs::symlink_metadata(file).is_ok();
    let (mut reports, mut coverage) = (named_files(order.reports)?, named_measurements(order.coverage)?);
    reports.retain(here);
    coverage.retain(|report| here(&report.file));
    let watched = WatchedCommand { command, ended, unwritten };
    let order = Order { reports: &reports, coverage: &coverage, watched: Some(&watched), ..order };
    record(repository, order)
}

/// What lies in the work tree, and when HEAD last moved.
struct State {
    checkout: Checkout,
    moved: Option<Timestamp>,
}

impl State {
    /// # Errors
    /// It cannot be seen, or is not what the commit says.
    fn of(repository: &Repository, order: &Order<'_>, when: &str) -> Result<Self, Gap> {
        let root = repository.work_tree();
        let written = report_places(order)?.into_iter().chain(order.written.iter().cloned());
        let written = written.filter_map(|file| root.and_then(|root| path_below(root, &file))).collect();
        let moved = repository.head_moved();
        let checkout = repository.checkout(&written).known()?.clone();
        if checkout.work_tree.is_clean() {
            return Ok(State { checkout, moved });
        }
        let more = match checkout.work_tree.more {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        let list = checkout.work_tree.differences.join(", ");
        let detail = format!("{when}, the work tree was not what the commit says ({list}{more})");
        let remedy = "Commit what belongs to the project, name in .gitignore what a run leaves behind, and run it again";
        Err(Gap::new("the run of the suite", GapReason::Untrusted, detail, remedy))
    }

    /// # Errors
    /// HEAD names another commit, or was elsewhere meanwhile.
    fn is_still(&self, after: &State, began: Timestamp) -> Result<(), Gap> {
        // Where git packs the branch away meanwhile, another of its files tells when HEAD moved:
        // before.
        let moved = self.moved != after.moved
            && after.moved.is_none_or(|moved| moved.as_second() >= began.as_second());
        if self.checkout.subject == after.checkout.subject && !moved {
            return Ok(());
        }
        let [old, new] = [self, after].map(|state| state.checkout.subject.commit.short());
        let detail = format!("HEAD moved while the command ran (it was {old} before and is {new} now)");
        let remedy = "Let the command neither commit nor check out anything";
        Err(Gap::new("the run of the suite", GapReason::Untrusted, detail, remedy))
    }
}

/// Where reports may lie now.
fn report_places(order: &Order<'_>) -> Result<Vec<PathBuf>, Gap> {
    let coverage = named_measurements(order.coverage)?.into_iter().map(|report| report.file);
    Ok(named_files(order.reports)?.into_iter().chain(coverage).collect())
}

/// The files that are meant by names. A name that is no file and has a wildcard is a pattern.
fn named_files(names: &[PathBuf]) -> Result<Vec<PathBuf>, Gap> {
    let mut files = BTreeSet::new();
    for name in names {
        let text = name.to_string_lossy();
        let is_pattern = text.contains(['*', '?', '[', '{']) && fs::symlink_metadata(name).is_err();
        match is_pattern {
            true => files
                .extend(find(Path::new("."), &BTreeSet::from([text.into_owned()]))?.iter().map(native_path)),
            false => drop(files.insert(name.clone())),
        }
    }
    Ok(files.into_iter().collect())
}

fn named_measurements(reports: &[Measurement]) -> Result<Vec<Measurement>, Gap> {
    let mut all = Vec::new();
    for Measurement { format, file } in reports {
        let files = named_files(std::slice::from_ref(file))?;
        all.extend(files.into_iter().map(|file| Measurement { format: *format, file }));
    }
    Ok(all)
}

/// Removes the reports of an earlier run: never a file of the repository, a link, or what does not
/// look like a report. Nothing is removed before all of them are known to be reports.
fn remove_earlier(
    (repository, readers): (&Repository, &dyn ReportReaders),
    checkout: &Checkout,
    files: &[PathBuf],
) -> Result<(), Gap> {
    let mut old = Vec::new();
    for file in files {
        not_of_the_commit(repository, &checkout.subject.commit, file)?;
        if fs::symlink_metadata(file).is_ok_and(|metadata| metadata.is_file()) {
            let name = name_of(repository.work_tree(), file);
            is_report(readers, file, &name)?;
            old.push((file, name));
        }
    }
    for (file, name) in old {
        fs::remove_file(file).map_err(|error| not_removable(&name, error.to_string()))?;
    }
    Ok(())
}

/// # Errors
/// It does not look like a report, so it is not ours to remove.
fn is_report(readers: &dyn ReportReaders, file: &Path, name: &str) -> Result<(), Gap> {
    let bytes = read_beginning(file, name)?;
    let tests = readers.detect_tests(&bytes).is_some();
    let lines = || readers.detect_coverage(&bytes).is_some();
    if tests || bytes.iter().all(u8::is_ascii_whitespace) || lines() {
        return Ok(());
    }
    Err(not_removable(name, "what lies there does not look like a report, so it is left alone".to_string()))
}

fn not_removable(name: &str, detail: String) -> Gap {
    let what = format!("the report {name} of an earlier run");
    Gap::new(
        what,
        GapReason::Unreachable,
        detail,
        "Remove it before the suite runs, or name its reports more narrowly",
    )
}

/// Names without a file: a report that was named, or a pattern that matches nothing.
fn unwritten_names(repository: &Repository, order: &Order<'_>) -> Result<Vec<String>, Gap> {
    let mut missing = Vec::new();
    for name in order.reports.iter().chain(order.coverage.iter().map(|report| &report.file)) {
        let files = named_files(std::slice::from_ref(name))?;
        if !files.iter().any(|file| fs::symlink_metadata(file).is_ok()) {
            missing.push(name_of(repository.work_tree(), name));
        }
    }
    Ok(missing)
}

/// Starts the command and waits for its end.
fn start_command(command: &[OsString]) -> Result<(RecordedCommand, ExitStatus), Gap> {
    let (program, arguments) =
        command.split_first().ok_or_else(|| not_started("", "no command was given"))?;
    let name = Path::new(program).file_name().unwrap_or(program).to_string_lossy().into_owned();
    let bytes: Vec<&[u8]> = command.iter().flat_map(|word| [word.as_encoded_bytes(), b"\0"]).collect();
    let digest = Digest::of(&bytes.concat());
    let began = Timestamp::now();
    let status = process::Command::new(program).args(arguments).status();
    let status = status.map_err(|error| not_started(&program.to_string_lossy(), &error.to_string()))?;
    // A clock may be put back meanwhile.
    let ended = Timestamp::now().max(began);
    Ok((RecordedCommand { program: name, digest, began, ended }, exit_status(status)))
}

fn not_started(program: &str, detail: &str) -> Gap {
    let remedy = "Name a program that is installed, and its arguments, behind `--`; no shell reads them";
    Gap::new(format!("the command `{program}`"), GapReason::Unreachable, detail, remedy)
}

#[cfg(unix)]
fn exit_status(status: process::ExitStatus) -> ExitStatus {
    use std::os::unix::process::ExitStatusExt;
    let signal = status.signal().map(ExitStatus::Signal);
    status.code().map(ExitStatus::Code).or(signal).unwrap_or(ExitStatus::Code(-1))
}

#[cfg(not(unix))]
fn exit_status(status: process::ExitStatus) -> ExitStatus {
    ExitStatus::Code(status.code().unwrap_or(-1))
}
