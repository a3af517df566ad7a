//! A run that ended without a decision, told where the job of a GitHub Actions run shows decisions: an annotation and the job summary.
//!
//! The annotation goes to stderr, which the runner reads like stdout (actions/runner, `ProcessInvoker.cs`), so that stdout holds data and
//! nothing else. Who named formats gets those and no others.

use super::exit::{Exit, Failure};
use super::{actions, output};
use crate::render;

/// Tells it. That it could not be told changes nothing: the exit code stays what it is.
pub fn tell(failure: &Failure) {
    let named = std::env::args_os().any(|argument| argument.to_string_lossy().starts_with("--format"));
    if !actions::is_job() || named {
        return;
    }
    let what = what(failure.exit);
    output::command(&render::github::failure(what, &failure.message));
    if let Some(file) = actions::summary() {
        drop(output::append(&file, render::markdown::failure(what, &failure.message).as_bytes()));
    }
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
