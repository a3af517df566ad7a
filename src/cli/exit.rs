//! How the program ends: exit codes are an interface, and the same for every format.

use portcullis_forge::HostError;
use portcullis_forge::ci::EventError;
use portcullis_model::decision::Outcome;
use portcullis_model::fact::Gap;
use std::process::ExitCode;

/// The exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// The change is allowed, or the command did what it was asked.
    Allowed = 0,
    /// The change is blocked.
    Blocked = 1,
    /// The command line is wrong.
    Usage = 2,
    /// We cannot tell; the change must not land.
    Undetermined = 3,
    /// The policy is missing or not valid.
    Policy = 4,
    /// No repository, a file that cannot be read or written.
    Environment = 5,
    /// A deployment record does not verify, or says something else than was expected.
    Unverified = 6,
    /// Something was simulated, and nothing decided.
    Simulated = 7,
}

/// What each exit code says, for the manual; the pages of the book say more.
pub const MEANINGS: [(Exit, &str); 8] = [
    (Exit::Allowed, "allowed, or the command did what it was asked"),
    (Exit::Blocked, "blocked; a command that was watched failed, or something is overdue"),
    (Exit::Usage, "the command line is wrong"),
    (Exit::Undetermined, "undetermined: something could not be seen, and the change must not land either"),
    (Exit::Policy, "the policy is missing or not valid"),
    (Exit::Environment, "no repository, no such commit, or a file that cannot be read or written"),
    (Exit::Unverified, "a record, a statement or a signature does not verify, or says something else"),
    (Exit::Simulated, "something was simulated, and nothing decided"),
];

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

/// An error: the exit code that it ends in, what went wrong, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The exit code, which is the kind of the error.
    pub exit: Exit,
    /// What went wrong, in lines for people.
    pub message: String,
    /// What to do about it: each one is shown in a line of its own after `help:`.
    pub hints: Vec<String>,
}

impl Failure {
    fn new(exit: Exit, message: impl Into<String>) -> Self {
        Failure { exit, message: message.into(), hints: Vec::new() }
    }

    /// The command line is wrong.
    pub fn usage(message: impl Into<String>) -> Self {
        Failure::new(Exit::Usage, message)
    }

    /// The policy is missing or not valid.
    pub fn policy(message: impl Into<String>) -> Self {
        Failure::new(Exit::Policy, message)
    }

    /// The repository, a file or the output cannot be used.
    pub fn environment(message: impl Into<String>) -> Self {
        Failure::new(Exit::Environment, message)
    }

    /// A deployment record does not verify.
    pub fn unverified(message: impl Into<String>) -> Self {
        Failure::new(Exit::Unverified, message)
    }

    /// Something could not be seen; its remedy is the hint.
    pub fn unseen(exit: Exit, gap: &Gap) -> Self {
        Failure::new(exit, gap.to_string()).hint(&gap.remedy)
    }

    /// The same with a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)?;
        self.hints.iter().try_for_each(|hint| write!(f, "\nhelp: {hint}"))
    }
}

impl std::error::Error for Failure {}

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
