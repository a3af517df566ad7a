//! `portcullis facts`: gather only.

use super::exit::{Exit, Failure, Result};
use super::judged::{Preparation, prepare};
use super::{Subject, output};
use clap::Args;
use std::path::{Path, PathBuf};

/// Arguments of `facts`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    subject: Subject,
    /// Write to this file. Without it: to stdout.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Gathers the facts of one change request and writes them as JSON.
///
/// # Errors
/// Usage, environment or policy errors; also when not even the policy could be seen, because then
/// nobody knows what to ask.
pub fn run(directory: &Path, arguments: &Arguments) -> Result {
    let facts = match prepare(directory, &arguments.subject)? {
        Preparation::Ready(ready) => ready.facts,
        Preparation::Unseen(_, gap) => {
            let message = format!("{gap}\nhelp: {}", gap.remedy);
            return Err(Failure { exit: Exit::Undetermined, message });
        }
    };
    let json =
        serde_json::to_string_pretty(&facts).map_err(|error| Failure::environment(error.to_string()))?;
    let json = crate::render::plain_json(&json) + "\n";
    match &arguments.output {
        Some(file) => output::write_file(file, json.as_bytes())?,
        None => output::stdout(json.as_bytes())?,
    }
    Ok(Exit::Allowed)
}
