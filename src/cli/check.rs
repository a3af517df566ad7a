//! `portcullis check`: gather and decide in one.

use super::exit::Result;
use super::judged::{Preparation, prepare};
use super::{Subject, output};
use clap::Args;
use std::path::Path;

/// Arguments of `check`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    subject: Subject,
    #[command(flatten)]
    output: output::Shown,
}

/// Judges one change request.
///
/// # Errors
/// Usage, environment or policy errors; a blocked change is no error.
pub fn run(directory: &Path, arguments: &Arguments) -> Result {
    let output = arguments.output.plan()?;
    let decision = match prepare(directory, &arguments.subject)? {
        Preparation::Ready(ready) => crate::decide::decide(&ready.policy, &ready.facts),
        Preparation::Unseen(judged, gap) => crate::decide::undetermined(*judged, &gap),
    };
    output.show(&decision)
}
