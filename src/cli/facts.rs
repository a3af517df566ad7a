//! `portcullis facts`: gather only.

use super::deployment::Deploying;
use super::exit::{Exit, Failure, Result};
use super::facts_check::{self, FactsCheckArguments};
use super::prepare::{Preparation, prepare_named, spare_inputs};
use super::record::facts_json;
use super::{SubjectArguments, output};
use clap::{Args, Subcommand};
use portcullis_model::reading::ReportReaders;
use std::path::{Path, PathBuf};

/// Arguments of `facts`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct FactsArguments {
    #[command(subcommand)]
    command: Option<FactsCommand>,
    #[command(flatten)]
    subject: SubjectArguments,
    #[command(flatten)]
    deploying: Deploying,
    /// Write to this file instead of stdout.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Commands about facts of other origin.
#[derive(Debug, Subcommand)]
pub enum FactsCommand {
    /// Check an evidence file of another version control system: what it states, and which controls
    /// its gaps leave unproven.
    ///
    /// Exit codes: 0 it is one; 3 it leaves out what the policy needs; 4 the policy is not valid; 5
    /// it is not an evidence file, or cannot be read.
    Check(FactsCheckArguments),
}

/// Gathers the facts of one change request, or with `--environment` of a deployment, and writes
/// them as JSON.
///
/// # Errors
/// Usage, environment or policy errors; also when not even the policy could be seen, because then
/// it is not known what to ask.
pub fn run(directory: &Path, arguments: &FactsArguments, readers: &dyn ReportReaders) -> Result {
    if let Some(FactsCommand::Check(check)) = &arguments.command {
        return facts_check::run(directory, check, readers);
    }
    if let Some(output) = &arguments.output {
        spare_inputs(output, &arguments.subject)?;
    }
    let request = arguments.deploying.request();
    let json = match prepare_named(readers, directory, &arguments.subject, &request)? {
        Preparation::Ready(ready) => facts_json(ready.facts)?,
        Preparation::Unseen(_, gap) => return Err(Failure::unseen(Exit::Undetermined, &gap)),
    };
    match &arguments.output {
        Some(file) => output::write_file(file, json.as_bytes())?,
        None => output::stdout(json.as_bytes())?,
    }
    Ok(Exit::Allowed)
}
