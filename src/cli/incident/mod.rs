//! `portcullis incident`: what went wrong with records, who has to be told, and who was.

use super::exit::{Failure, Result};
use super::policy_file::{POLICY, read_policy};
use super::{HostName, hosts};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use portcullis_judge::policy::Policy;
use portcullis_model::moment::Moment;
use portcullis_model::notification::NotificationRules;
use std::path::{Path, PathBuf};

mod close;
mod note;
mod notify;
pub mod open;
mod seen;
mod show;
mod status;
pub mod store;

/// What to do with the register of incidents.
#[derive(Debug, Subcommand)]
pub enum IncidentCommand {
    /// Begin the register, before there is an incident: where none is found, no one can tell
    /// whether there was an incident or the register was not fetched.
    Begin(store::EntryArguments),
    /// Open an incident.
    Open(open::OpeningArguments),
    /// List the incidents.
    List,
    /// Show everything that the register holds of an incident.
    Show {
        /// Identifier of the incident, or how it begins.
        id: String,
    },
    /// Add to what is known of an incident.
    Note(note::NoteArguments),
    /// Draft the letter to a party, or record a notice that was sent to it.
    Notify(notify::NotifyArguments),
    /// Close an incident.
    Close(close::ClosingArguments),
    /// Show which notices are owed, until when, and which are overdue.
    Status(status::IncidentStatusArguments),
    /// Verify the register.
    Verify(show::RegisterExpectations),
}

/// Where the policy is, which names the parties.
#[derive(Debug, Args)]
pub struct NotificationPolicy {
    /// Policy, which names the parties and their terms.
    #[arg(long, value_name = "FILE", default_value = POLICY)]
    policy: PathBuf,
    /// Kind of host, as for `policy check`.
    #[arg(long, value_name = "NAME", hide_possible_values = true)]
    host: Option<HostName>,
}

impl NotificationPolicy {
    /// Reads the policy and what it says of notices.
    fn read(&self) -> Result<(Policy, NotificationRules)> {
        let policy = read_policy(&self.policy, &hosts::profile_of(self.host))?;
        match policy.scope.notification.clone() {
            Some(rules) => Ok((policy, rules)),
            None => Err(Failure::policy(format!("{} has no `[notification]`", self.policy.display()))
                .hint("name each party: `[notification.parties.NAME]` with `title`, `role` and a term")),
        }
    }
}

/// Runs one of the commands.
///
/// # Errors
/// The command line, the policy or the repository, or a register that does not verify.
pub fn run(directory: &Path, command: &IncidentCommand) -> Result {
    match command {
        IncidentCommand::Begin(entry) => open::begin(directory, entry),
        IncidentCommand::Open(arguments) => open::run(directory, arguments),
        IncidentCommand::List => show::list(directory),
        IncidentCommand::Show { id } => show::show(directory, id),
        IncidentCommand::Note(arguments) => note::run(directory, arguments),
        IncidentCommand::Notify(arguments) => notify::run(directory, arguments),
        IncidentCommand::Close(arguments) => close::run(directory, arguments),
        IncidentCommand::Status(arguments) => status::run(directory, arguments),
        IncidentCommand::Verify(expectations) => show::verify(directory, expectations),
    }
}

/// A moment that an argument names, in whole seconds, for clap.
///
/// # Errors
/// The text is no moment.
pub fn parse_time(text: &str) -> Result<Timestamp> {
    let Moment(time) = Moment::try_from(text.to_string()).map_err(Failure::usage)?;
    Ok(portcullis_incident::clock::whole_second(time))
}

/// Text that an argument has to hold, for clap.
fn parse_text(text: &str) -> Result<String> {
    match text.trim() {
        "" => Err(Failure::usage("it is empty")),
        text => Ok(text.to_string()),
    }
}
