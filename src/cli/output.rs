//! Decisions and data out, complaints beside them: stdout carries data and nothing else.
#![allow(clippy::print_stderr, reason = "complaints go to stderr")]

use super::actions;
use super::exit::{Exit, Failure, Result};
use crate::model::decision::{Decision, Outcome};
use crate::model::digest::Digest;
use crate::render::{self, Format, Style};
use clap::Args;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// How the decision is shown.
#[derive(Debug, Args)]
pub struct Shown {
    /// `terminal`, `json`, `github` or `markdown`; to a file with `=FILE`. Repeatable. Without it: for a terminal,
    /// and in a GitHub Actions job annotations and the job summary too.
    #[arg(long = "format", value_name = "NAME[=FILE]", help_heading = "Output")]
    formats: Vec<String>,
    /// Show the decision, but exit with 0 when it is `blocked` or `undetermined`.
    #[arg(long, help_heading = "Output")]
    advisory: bool,
    /// Also show what is met.
    #[arg(short, long, help_heading = "Output")]
    verbose: bool,
}

/// One format and where it goes.
struct Target {
    format: &'static Format,
    file: Option<PathBuf>,
    append: bool,
}

/// Shows a decision in every format asked for, and says how to exit.
///
/// # Errors
/// An unknown format, two formats for stdout, or a file that cannot be written.
pub fn show(decision: &Decision, arguments: &Shown) -> Result {
    for target in targets(arguments)? {
        write(decision, &target, arguments)?;
    }
    let exit = Exit::from(decision.outcome);
    Ok(if arguments.advisory && decision.outcome != Outcome::Allow { Exit::Allowed } else { exit })
}

fn targets(arguments: &Shown) -> Result<Vec<Target>> {
    if arguments.formats.is_empty() {
        return Ok(usual());
    }
    let targets = arguments.formats.iter().map(|text| target(text)).collect::<Result<Vec<_>>>()?;
    if targets.iter().filter(|target| target.file.is_none()).count() > 1 {
        return Err(Failure::usage(
            "only one format can go to stdout; give the others a file: --format json=FILE",
        ));
    }
    Ok(targets)
}

fn usual() -> Vec<Target> {
    let plain = |format: &'static Format| Target { format, file: None, append: false };
    let mut targets = vec![plain(&render::terminal::FORMAT)];
    if actions::is_job() {
        targets.push(plain(&render::github::FORMAT));
        let summary = |file| Target { format: &render::markdown::FORMAT, file: Some(file), append: true };
        targets.extend(actions::summary().map(summary));
    }
    targets
}

fn target(text: &str) -> Result<Target> {
    let (name, file) =
        text.split_once('=').map_or((text, None), |(name, file)| (name, Some(PathBuf::from(file))));
    let format = render::find(name).ok_or_else(|| {
        let names: Vec<_> = render::TABLE.iter().map(|format| format.name).collect();
        Failure::usage(format!("there is no format `{name}`; there are {}", names.join(", ")))
    })?;
    Ok(Target { format, file, append: false })
}

fn write(decision: &Decision, target: &Target, arguments: &Shown) -> Result<()> {
    let mut bytes = Vec::new();
    let style = style(arguments, target.file.is_none());
    (target.format.write)(decision, style, &mut bytes)
        .map_err(|error| Failure::environment(error.to_string()))?;
    match &target.file {
        Some(file) if target.append => append(file, &bytes),
        Some(file) => write_file(file, &bytes),
        None => stdout(&guarded(target.format, bytes)),
    }
}

fn style(arguments: &Shown, to_stdout: bool) -> Style {
    Style {
        colour: to_stdout && colour(),
        width: 80,
        verbose: arguments.verbose,
        advisory: arguments.advisory,
    }
}

/// May stdout carry colour? (`NO_COLOR`, `CLICOLOR_FORCE`, no terminal)
pub fn colour() -> bool {
    anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never
}

/// In a job's log a line of text could be taken for a command to the runner. The text stands between
/// `stop-commands` marks (GitHub docs, "Workflow commands"), whose token is a digest over the text, so that no text can
/// hold its own. JSON is for programs and stays as it is: its renderer leaves nothing in it that the runner obeys.
fn guarded(format: &Format, bytes: Vec<u8>) -> Vec<u8> {
    if !actions::is_job() || [render::github::FORMAT.name, render::json::FORMAT.name].contains(&format.name) {
        return bytes;
    }
    let token = Digest::of(&bytes).as_str().replace(':', "-");
    [format!("::stop-commands::{token}\n").as_bytes(), &bytes, format!("::{token}::\n").as_bytes()].concat()
}

/// Writes data to stdout. A closed pipe is the reader's decision and no error of ours.
///
/// # Errors
/// Stdout cannot be written.
pub fn stdout(bytes: &[u8]) -> Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::environment(format!("cannot write to stdout: {error}")))
        }
        _ => Ok(()),
    }
}

/// Writes a file whole or not at all: beside it first, then in its place. A device or pipe (`/dev/stdout`) is written
/// where it is and never replaced.
///
/// # Errors
/// It cannot be written.
pub fn write_file(file: &Path, bytes: &[u8]) -> Result<()> {
    if std::fs::metadata(file).is_ok_and(|target| !target.is_file()) {
        return append(file, bytes);
    }
    let cannot = |error: &dyn std::fmt::Display| {
        Failure::environment(format!("cannot write {}: {error}", file.display()))
    };
    let directory = match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut beside = beside(directory).map_err(|error| cannot(&error))?;
    beside.write_all(bytes).and_then(|()| beside.as_file().sync_all()).map_err(|error| cannot(&error))?;
    beside.persist(file).map(drop).map_err(|error| cannot(&error))
}

/// A new file with the rights of any other (a temporary one is its owner's alone).
fn beside(directory: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(directory)
}

fn append(file: &Path, bytes: &[u8]) -> Result<()> {
    let open = std::fs::OpenOptions::new().append(true).create(true).open(file);
    open.and_then(|mut file| file.write_all(bytes))
        .map_err(|error| Failure::environment(format!("cannot write {}: {error}", file.display())))
}

/// Writes text for people to stdout, with what came from outside made harmless.
///
/// # Errors
/// Stdout cannot be written.
pub fn text(text: &str) -> Result<()> {
    stdout(format!("{}\n", render::plain(text.trim_end())).as_bytes())
}

/// Says on stderr what went wrong.
pub fn complain(message: &str) {
    let message = message.trim_end();
    let prefix = if message.starts_with("error") { "" } else { "error: " };
    remark(&format!("{prefix}{message}"));
}

/// Says something on stderr that is no error.
pub fn remark(message: &str) {
    eprintln!("{}", render::plain(message.trim_end()));
}
