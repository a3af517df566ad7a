//! `portcullis people`: the register of people and their training.

use super::exit::{Failure, Result};
use super::policy_file::read_policy;
use super::{HostName, hosts};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use portcullis_judge::policy::{self, Policy};
use portcullis_model::moment::Moment;
use portcullis_model::training::{Register, TrainingSettings};
use std::path::{Path, PathBuf};

mod check;
mod import;
mod status;
mod update;

/// What to do with the register.
#[derive(Debug, Subcommand)]
pub enum PeopleCommand {
    /// Show who is trained in what, what ends soon, and who fills a role without training.
    ///
    /// Exit codes: 0 nothing to do, 1 something to do, 4 the policy or the register is not valid, 5
    /// a file cannot be read.
    Check(check::RegisterCheckArguments),
    /// Add training to the register from what a training provider exports.
    #[command(subcommand)]
    Import(import::ImportCommand),
}

/// Where the policy is, which names the register.
#[derive(Debug, Args)]
pub struct RegisterArguments {
    /// Policy; the register that it names is read from the same directory.
    #[arg(long, value_name = "FILE", default_value = super::policy_file::POLICY)]
    policy: PathBuf,
    /// Kind of host, as for `policy check`.
    #[arg(long, value_name = "NAME", hide_possible_values = true)]
    host: Option<HostName>,
}

/// Runs one of the commands.
///
/// # Errors
/// The policy or the register cannot be read, or is not valid.
pub fn run(command: &PeopleCommand) -> Result {
    match command {
        PeopleCommand::Check(arguments) => check::run(arguments),
        PeopleCommand::Import(command) => import::run(command),
    }
}

/// A register with the policy that names it.
struct ReadRegister {
    policy: Policy,
    settings: TrainingSettings,
    file: PathBuf,
    text: String,
    register: Register,
}

impl RegisterArguments {
    /// Reads both.
    fn read(&self) -> Result<ReadRegister> {
        let policy = read_policy(&self.policy, &hosts::profile_of(self.host))?;
        let name = self.policy.display();
        let Some(training) = &policy.scope.training else {
            return Err(Failure::policy(format!("{name} has no `[training]`"))
                .hint("define each course: `[training.courses.NAME]` with `title` and `valid-for`"));
        };
        let settings = training.settings.clone();
        let file = self.policy.with_file_name(settings.register.to_string());
        let text = read_text(&file)?;
        let shown = file.display().to_string();
        let register = policy::read_register(&text)
            .map_err(|problems| Failure::policy(policy::show(&shown, &text, &problems)))?;
        Ok(ReadRegister { policy, settings, file, text, register })
    }
}

/// A moment that an argument names.
fn parse_moment(text: &str) -> Result<Timestamp> {
    Moment::try_from(text.to_string()).map(|Moment(at)| at).map_err(Failure::usage)
}

/// The text of a file that someone named.
fn read_text(file: &Path) -> Result<String> {
    std::fs::read_to_string(file)
        .map_err(|error| Failure::environment(format!("cannot read {}: {error}", file.display())))
}
