//! A run that ended without a decision, told where the job of a GitHub Actions run shows decisions: an annotation and the job summary.
//!
//! The annotation goes to stderr, which the runner reads like stdout (actions/runner, `ProcessInvoker.cs`), so that stdout holds data and
//! nothing else. Who named formats gets those and no others: an annotation with `github`, and no summary.

use super::exit::{Exit, Failure};
use super::output;
use crate::collect::host::ci;
use crate::render;

/// Tells it. That it could not be told changes nothing: the exit code stays what it is.
pub fn tell(failure: &Failure) {
    let job = ci::current_job();
    let formats = formats(std::env::args_os().map(|argument| argument.to_string_lossy().into_owned()));
    let what = what(failure.exit);
    let text = |format: &str| Some((render::find(format)?.failure?)(what, &failure.message));
    let is_shown = |format: &str| formats.is_empty() || formats.iter().any(|named| named == format);
    for format in job.default_formats().iter().filter(|format| is_shown(format)) {
        output::command(&text(format).unwrap_or_default());
    }
    if let Some((file, format)) = job.summary().filter(|_| formats.is_empty()) {
        drop(output::append(&file, text(format).unwrap_or_default().as_bytes()));
    }
}

/// What follows `--format`, or stands behind its `=`: the arguments may be ones that nobody could read.
fn formats(arguments: impl Iterator<Item = String>) -> Vec<String> {
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

/// What an exit code stands for, in a few words.
fn what(exit: Exit) -> &'static str {
    match exit {
        Exit::Allowed | Exit::Blocked => "no decision",
        Exit::Usage => "the command line is wrong",
        Exit::Undetermined => "undetermined",
        Exit::Policy => "the policy is missing or not valid",
        Exit::Environment => "no decision: something around the gate is missing",
        Exit::Unverified => "a record or statement does not verify",
    }
}
