//! `portcullis evidence`: test runs as statements that are bound to a tree.

use super::exit::{Exit, Failure, Result};
use super::hosts::profile_of;
use super::output::unknown;
use super::policy_file::POLICY;
use super::{names, output};
use clap::{Args, Subcommand};
use portcullis_attest::evidence::{NOTES, StatementLines, add_line};
use portcullis_collect::evidence::{Measurement, Order, RecordedStatement, record as make, run as watch};
use portcullis_collect::gather::text_at;
use portcullis_collect::policy_texts::valid_policy_at;
use portcullis_forge::ci;
use portcullis_git::Repository;
use portcullis_git::note_writer::extend_note;
use portcullis_model::evidence::{ExitStatus, RecordedRun, Statement};
use portcullis_model::fact::Gap;
use portcullis_model::line_coverage::{CoverageFormat, Covered};
use portcullis_model::path::RepoPath;
use portcullis_model::reading::ReportReaders;
use portcullis_model::test_run::ReportFormat;
use portcullis_render::plural;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

mod diff;
mod key_file;
mod line;
mod list;
mod sign;

use line::Line;

/// What to do with evidence.
#[derive(Debug, Subcommand)]
pub enum EvidenceCommand {
    /// Record one run of a suite from its reports, bound to the checked-out tree. Failed tests are
    /// recorded too.
    Record(EvidenceRecording),
    /// Compare two runs: tests that were added, removed or renamed, or are newly skipped, failing,
    /// flaky or fixed; files whose line coverage changed. Exits with 0 whatever it lists.
    Diff(diff::DiffArguments),
    /// Sign the statements of a file, each in a DSSE envelope.
    Sign(sign::Signing),
    /// Show who signed the statements of a file. Exits with 6 if one does not verify.
    Verify(sign::Verifying),
    /// Show what statements of other programs say of a commit, and what vouches for each: SLSA
    /// verification summaries and provenance, SCAI, test results. No control takes one of them in
    /// place of a report or a review.
    List(list::Listing),
}

/// What to record, and where to.
#[derive(Debug, Args)]
pub struct EvidenceRecording {
    /// Name of the suite in the policy.
    #[arg(long, value_name = "NAME", value_parser = parse_name)]
    suite: String,
    /// Name of the configuration or shard, if the policy names several.
    #[arg(long, value_name = "NAME", value_parser = parse_name)]
    configuration: Option<String>,
    /// Report of the run. Takes several files, and may be repeated.
    #[arg(long = "report", value_name = "FILE", required = true, num_args = 1..)]
    reports: Vec<PathBuf>,
    /// Format of the reports. Default: recognised by content.
    #[arg(long, value_name = "NAME", value_parser = parse_format)]
    format: Option<ReportFormat>,
    /// Coverage report of the run. Takes several files, and may be repeated. The format is
    /// recognised by content unless FORMAT names it: clover, cobertura, coverage-py, go-cover,
    /// istanbul, jacoco, lcov, llvm-cov, opencover, simplecov, sonarqube, xccov.
    #[arg(long = "coverage", value_name = "[FORMAT:]FILE", num_args = 1.., value_parser = parse_measurement)]
    coverage: Vec<Measurement>,
    /// Leading components to remove from each name in the coverage reports, like `strip` in the
    /// policy.
    #[arg(long, value_name = "PREFIX", requires = "coverage", value_parser = parse_text)]
    strip: Option<String>,
    /// Directory to put in front of each name that is not absolute, like `add` in the policy.
    #[arg(long, value_name = "DIR", requires = "coverage", value_parser = parse_text)]
    add: Option<String>,
    /// File that decides what runs and how, such as a lock file; its digest is recorded.
    #[arg(long = "material", value_name = "FILE", num_args = 1..)]
    materials: Vec<PathBuf>,
    /// Write the statement to this file. Default: stdout, if neither --note nor a command is given.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write an in-toto `test-result/v0.1` statement for other programs. The gate reads only the
    /// full form.
    #[arg(long, conflicts_with = "note")]
    test_result: bool,
    /// Sign the statement with this SSH private key (Ed25519, without a passphrase).
    #[arg(long, value_name = "FILE", conflicts_with = "test_result")]
    key: Option<PathBuf>,
    /// Store the statement in the repository, as a note on the tree under refs/notes/portcullis.
    #[arg(long)]
    note: bool,
    /// Exit status of the suite's command, if you ran it yourself. A status other than 0 is a
    /// failed run, however green its reports are.
    #[arg(long, value_name = "N", conflicts_with = "command", allow_negative_numbers = true)]
    exit_status: Option<i32>,
    /// Run this command, the suite, and record what it writes: `-- COMMAND ARGUMENTS`. The work
    /// tree must be clean before and after. Reports of an earlier run are removed first; reports
    /// may be named by patterns. No shell reads the command. If it fails, the run is recorded and
    /// this command exits with 1.
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

fn parse_name(text: &str) -> Result<String> {
    let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    match plain && !text.is_empty() {
        true => Ok(text.to_string()),
        false => Err(Failure::usage("a name has letters, digits, `-`, `_` and `.`")),
    }
}

fn parse_format(text: &str) -> Result<ReportFormat> {
    let names = || ReportFormat::ALL.iter().map(|format| format.name());
    ReportFormat::named(text).ok_or_else(|| Failure::usage(unknown("format", text, names())))
}

/// `FILE`; before it `FORMAT:`, where FORMAT is one.
fn parse_measurement(text: &str) -> Result<Measurement> {
    let named = text.split_once(':').and_then(|(name, file)| Some((CoverageFormat::named(name)?, file)));
    let (format, file) = named.map_or((None, text), |(format, file)| (Some(format), file));
    let file = parse_text(file)?.into();
    Ok(Measurement { format, file })
}

fn parse_text(text: &str) -> Result<String> {
    if text.is_empty() {
        return Err(Failure::usage("an empty text says nothing here"));
    }
    Ok(text.to_string())
}

/// Runs one of the commands.
///
/// # Errors
/// There is no repository, a file cannot be read or written, or what should be evidence is none.
pub fn run(directory: &Path, command: &EvidenceCommand, readers: &dyn ReportReaders) -> Result {
    match command {
        EvidenceCommand::Record(recording) => record_run(directory, recording, readers),
        EvidenceCommand::Diff(arguments) => diff::run(directory, arguments),
        EvidenceCommand::Sign(arguments) => sign::sign(arguments),
        EvidenceCommand::Verify(arguments) => sign::verify(arguments),
        EvidenceCommand::List(arguments) => list::run(directory, arguments),
    }
}

fn record_run(directory: &Path, recording: &EvidenceRecording, readers: &dyn ReportReaders) -> Result {
    let repository = super::opening::open(directory)?;
    if recording.command.is_empty() && std::env::args_os().any(|argument| argument == "--") {
        let hint = "name the command that runs the suite; an empty variable leaves nothing there";
        return Err(Failure::usage("there is no command after `--`").hint(hint));
    }
    if !recording.command.is_empty() && recording.output.is_none() && !recording.note {
        let message = "the output of the command would be mixed with the statement";
        return Err(Failure::usage(message).hint("name a file for it with -o, or use --note"));
    }
    if let Some(output) = &recording.output {
        let measured = recording.coverage.iter().map(|measured| &measured.file);
        let read = recording.reports.iter().chain(measured).chain(&recording.materials).chain(&recording.key);
        names::spare_files(output, read.map(PathBuf::as_path))?;
    }
    let doubt = check_names(&repository, recording)?;
    let written: Vec<PathBuf> = recording.output.iter().cloned().collect();
    let order = Order {
        suite: &recording.suite,
        configuration: recording.configuration.as_deref(),
        reports: &recording.reports,
        readers,
        format: recording.format,
        coverage: &recording.coverage,
        strip: recording.strip.as_deref(),
        add: recording.add.as_deref(),
        materials: &recording.materials,
        written: &written,
        producer: ci::current_job().producer(),
        exit_status: recording.exit_status.map(ExitStatus::Code),
        watched: None,
    };
    let made = match recording.command.as_slice() {
        [] => make(&repository, order),
        command => watch(&repository, order, command),
    };
    let RecordedStatement { statement, measured } = made.map_err(unseen_failure)?;
    let named = doubt.map(|doubt| format!("\nwarning: {doubt}")).unwrap_or_default();
    let remark = format!("{}{named}{}", summarize_run(&statement), list_doubts(&statement, &measured));
    let failed = statement.predicate.exit_status.is_some_and(|status| !status.is_success());
    let exit = if failed && statement.predicate.command.is_some() { Exit::Blocked } else { Exit::Allowed };
    keep_statement(directory, recording, statement)?;
    output::remark(&remark);
    Ok(exit)
}

/// Puts the statement where it was asked for. Nothing is written of one that could not be read
/// back.
fn keep_statement(directory: &Path, recording: &EvidenceRecording, statement: Statement) -> Result<()> {
    let tree = statement.subject.tree.clone();
    let line = Line::of(statement, recording)?;
    if recording.note {
        let bytes = line.bytes()?;
        let extend = |note: &[u8]| add_line(note, &bytes);
        extend_note(directory, NOTES, &tree, extend, jiff::Timestamp::now())
            .map_err(|refusal| Failure::environment(refusal.to_string()))?;
    }
    match &recording.output {
        Some(file) => write_below(directory, file, &line),
        None if !recording.note => output::stdout_with(|out| line.write_plainly(out)),
        None => Ok(()),
    }
}

/// The statements of a file, or of what is in its place, a line each.
fn open_statements(file: &Path) -> io::Result<StatementLines<BufReader<File>>> {
    let file = File::open(file)?;
    let is_file = file.metadata()?.is_file();
    let source = BufReader::new(file);
    Ok(if is_file { StatementLines::of(source) } else { StatementLines::of_endless(source) })
}

/// Is the suite one of the policy at HEAD? A misspelt one would be recorded, and never asked for.
fn check_names(repository: &Repository, recording: &EvidenceRecording) -> Result<Option<String>> {
    let read = || {
        let head = repository.resolve("HEAD").ok()?;
        let text = text_at(repository, &head, &POLICY.into()).ok()??;
        valid_policy_at(repository, &head, &text, &profile_of(None))
    };
    let Some(policy) = read() else { return Ok(None) };
    names::check_suite(&policy, &recording.suite, recording.configuration.as_deref())
}

/// What the suite came to shall not be lost for want of a directory.
fn write_below(directory: &Path, file: &Path, line: &Line) -> Result<()> {
    if let Some(parent) = file.parent() {
        std::fs::create_dir_all(directory.join(parent))
            .map_err(|error| Failure::environment(format!("cannot make {}: {error}", parent.display())))?;
    }
    output::write_file_with(file, |out| line.write_to(out).and_then(|()| out.write_all(b"\n")))
}

/// What was recorded, and what will keep it from counting.
fn summarize_run(statement: &Statement) -> String {
    let (subject, run) = (&statement.subject, &statement.predicate);
    let mut text = format!(
        "recorded {} of {} on commit {}, tree {}",
        plural(run.tests.len() as u64, "test"),
        run.suite,
        subject.commit.short(),
        subject.tree.short()
    );
    if let Some(status) = run.exit_status {
        text.push_str(&format!("\nits command ended with {status}"));
    }
    if run.command.is_none() && run.settled.is_some_and(|settled| was_there_before(run, settled)) {
        text.push_str(
            "\nwarning: the reports were there before the work tree came to be what it is, so the gate will not count this run: run the \
             suite again, or let this command run it, behind `--`",
        );
    }
    if run.tests.is_empty() {
        text.push_str("\nwarning: zero tests is no evidence");
    }
    if !run.work_tree.is_clean() {
        let more = if run.work_tree.more > 0 {
            format!("\n  and {} more", run.work_tree.more)
        } else {
            String::new()
        };
        let list = run.work_tree.differences.join("\n  ");
        text.push_str(&format!(
            "\nwarning: the work tree is not what the commit says, so the gate will not count this run:\n  {list}{more}"
        ));
    }
    text
}

fn was_there_before(run: &RecordedRun, settled: jiff::Timestamp) -> bool {
    run.finished < settled || run.began.is_some_and(|began| began.as_second() < settled.as_second())
}

/// What of the coverage will not count, while it can still be corrected. The statement itself holds
/// no name of a report.
fn list_doubts(statement: &Statement, measured: &[Covered]) -> String {
    let mut text = String::new();
    for report in &statement.predicate.coverage {
        let doubtful = report.files.iter().filter(|file| file.doubt.is_some()).count();
        text.push_str(&format!(
            "\nrecorded line coverage of {} from {}, of which {doubtful} cannot be relied on; {} of no file of the tree",
            plural(report.files.len() as u64, "file"),
            report.path,
            if report.elsewhere == 1 { "1 entry is".to_string() } else { format!("{} entries are", report.elsewhere) }
        ));
    }
    for covered in measured {
        let alike = covered
            .unmatched
            .iter()
            .map(|name| format!("{name} ends like the path of a file and names none (--strip, --add)"));
        let of_file = |(path, how): (&RepoPath, &String)| format!("{path}: {how}");
        let stale = covered.stale.iter().map(of_file);
        for warning in covered.contradictions.iter().cloned().chain(stale).chain(alike) {
            text.push_str(&format!("\nwarning: {warning}"));
        }
    }
    text
}

fn unseen_failure(gap: Gap) -> Failure {
    Failure::unseen(Exit::Environment, &gap)
}
