//! A run that ended without a decision is shown where the job of a GitHub Actions run shows
//! decisions: as an annotation and in the job summary.
//!
//! The annotation goes to stderr, which the runner reads like stdout (actions/runner,
//! `ProcessInvoker.cs`), so that stdout holds nothing but data. If formats were named, only those
//! are used: an annotation with `github`, and no summary.

use super::exit::{Exit, Failure};
use super::{output, program};
use portcullis_forge::ci;
use portcullis_render::Imprint;

/// Prints an error on stderr, and shows it where the job of a CI system shows decisions. If the
/// latter fails, nothing else changes: the exit code stays what it is.
pub fn report_failure(failure: &Failure) {
    output::complain(&failure.to_string());
    annotate_job(failure);
}

/// Shows the error in the job alone.
pub fn annotate_job(failure: &Failure) {
    let job = ci::current_job();
    let formats = named_formats(std::env::args_os().map(|argument| argument.to_string_lossy().into_owned()));
    let (what, message) = (name_exit(failure.exit), failure.to_string());
    let text = |format: &str| Some((portcullis_render::find(format)?.failure?)(what, &message));
    let is_usual = formats.is_empty() || formats.iter().any(|named| named == output::DEFAULT_FORMAT);
    let is_shown = |format: &str| is_usual || formats.iter().any(|named| named == format);
    for format in job.default_formats().iter().filter(|format| is_shown(format)) {
        output::command(&text(format).unwrap_or_default());
    }
    if let Some((file, format)) = job.summary().filter(|_| is_usual) {
        let text = format!("{}{}", text(format).unwrap_or_default(), last_line());
        drop(output::append(&file, text.as_bytes()));
    }
}

/// Which program ended, when, and in which run.
fn last_line() -> String {
    let run = ci::run_link();
    let imprint = Imprint { version: program::VERSION, run: run.as_deref() };
    let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    portcullis_render::markdown::footer(imprint, Some(now))
}

/// The values of `--format`, from arguments that clap may have refused.
fn named_formats(arguments: impl Iterator<Item = String>) -> Vec<String> {
    let mut formats = Vec::new();
    let mut is_next = false;
    for argument in arguments {
        match argument.strip_prefix("--format") {
            _ if is_next => formats.push(argument.clone()),
            Some(rest) if rest.starts_with('=') => formats.push(rest[1..].to_string()),
            _ => {}
        }
        is_next = !is_next && argument == "--format";
    }
    formats
}

/// The meaning of an exit code, in a few words.
fn name_exit(exit: Exit) -> &'static str {
    match exit {
        Exit::Allowed | Exit::Blocked | Exit::Simulated => "no decision",
        Exit::Usage => "the command line is wrong",
        Exit::Undetermined => "undetermined",
        Exit::Policy => "the policy is missing or not valid",
        Exit::Environment => "no decision: something around the gate is missing",
        Exit::Unverified => "a record or statement does not verify",
    }
}
