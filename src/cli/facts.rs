//! `portcullis facts`: gather only.

use super::deployment::{self, Deploying};
use super::exit::{Exit, Failure, Result};
use super::judged::{Preparation, prepare_named, spare};
use super::record::facts_json;
use super::{Subject, output};
use crate::model::environment::Environment;
use clap::Args;
use std::path::{Path, PathBuf};

/// Arguments of `facts`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    subject: Subject,
    #[command(flatten)]
    deploying: Deploying,
    /// Write to this file. Without it: to stdout.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Gathers the facts of one change request, or with `--environment` of a deployment, and writes them as JSON.
///
/// # Errors
/// Usage, environment or policy errors; also when not even the policy could be seen, because then
/// nobody knows what to ask.
pub fn run(directory: &Path, arguments: &Arguments) -> Result {
    if let Some(output) = &arguments.output {
        spare(output, &arguments.subject)?;
    }
    let json = match arguments.deploying.environment() {
        Some(environment) => of_deployment(directory, arguments, environment)?,
        None => of_change(directory, arguments)?,
    };
    match &arguments.output {
        Some(file) => output::write_file(file, json.as_bytes())?,
        None => output::stdout(json.as_bytes())?,
    }
    Ok(Exit::Allowed)
}

fn of_change(directory: &Path, arguments: &Arguments) -> Result<String> {
    match prepare_named(directory, &arguments.subject)? {
        Preparation::Ready(ready) => facts_json(ready.facts),
        Preparation::Unseen(_, gap) => Err(Failure::unseen(Exit::Undetermined, &gap)),
    }
}

fn of_deployment(directory: &Path, arguments: &Arguments, environment: &Environment) -> Result<String> {
    let Arguments { subject, deploying, .. } = arguments;
    match deployment::prepare(directory, subject, deploying, environment, None)? {
        deployment::Preparation::Ready(ready) => facts_json(ready.facts),
        deployment::Preparation::Unseen(_, gap) => Err(Failure::unseen(Exit::Undetermined, &gap)),
    }
}
