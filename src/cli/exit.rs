//! How the program ends: exit codes are an interface, and the same for every format.

use crate::collect::host::HostError;
use crate::collect::host::ci::EventError;
use crate::model::decision::Outcome;
use std::process::ExitCode;

/// The exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// The change is allowed, or the command did what it was asked.
    Allowed = 0,
    /// The change is blocked.
    Blocked = 1,
    /// The command line makes no sense.
    Usage = 2,
    /// We cannot tell; the change must not land.
    Undetermined = 3,
    /// The policy is missing or not valid.
    Policy = 4,
    /// No repository, a file that cannot be read or written.
    Environment = 5,
    /// A deployment record does not verify, or says something else than was expected.
    Unverified = 6,
}

impl From<Outcome> for Exit {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Allow => Exit::Allowed,
            Outcome::Undetermined => Exit::Undetermined,
            Outcome::Block => Exit::Blocked,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

/// An error and the exit code it ends in.
#[derive(Debug)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// What went wrong and what to do, for people.
    pub message: String,
}

impl Failure {
    /// The command line makes no sense.
    pub fn usage(message: impl Into<String>) -> Self {
        Failure { exit: Exit::Usage, message: message.into() }
    }

    /// The policy is missing or not valid.
    pub fn policy(message: impl Into<String>) -> Self {
        Failure { exit: Exit::Policy, message: message.into() }
    }

    /// The surroundings are not what they must be.
    pub fn environment(message: impl Into<String>) -> Self {
        Failure { exit: Exit::Environment, message: message.into() }
    }

    /// A deployment record does not verify.
    pub fn unverified(message: impl Into<String>) -> Self {
        Failure { exit: Exit::Unverified, message: message.into() }
    }
}

impl From<EventError> for Failure {
    fn from(error: EventError) -> Self {
        let message = error.to_string();
        if error.is_usage() { Failure::usage(message) } else { Failure::environment(message) }
    }
}

impl From<HostError> for Failure {
    fn from(error: HostError) -> Self {
        Failure::usage(error.to_string())
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Failure::environment(format!("{error:#}"))
    }
}

/// What a command returns.
pub type Result<T = Exit> = std::result::Result<T, Failure>;
