//! What CI says of a commit: check runs and commit statuses.

use crate::model::change::Revision;
use crate::model::person::Account;
use serde::{Deserialize, Serialize};

/// One check run or commit status of the judged head.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Its name (a status's context). Anybody who may write checks can use any name.
    pub name: String,
    /// Its number; later ones have higher numbers.
    pub id: u64,
    /// The commit it speaks of.
    pub head: Revision,
    /// Who wrote it.
    pub producer: Producer,
    /// How it ended, or that it has not.
    pub conclusion: Conclusion,
}

/// Who wrote a check.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Producer {
    /// An installed app, which wrote a check run.
    App {
        /// Its number.
        id: u64,
        /// Its name in addresses, for example `github-actions`.
        slug: String,
    },
    /// An account, which wrote a commit status; `None` when the account is gone.
    Account(Option<Account>),
    /// A check run without an app.
    Unknown,
}

/// How a check ended (GitHub REST, "Check runs" `conclusion` and "Commit statuses" `state`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Conclusion {
    /// It has not ended.
    Running,
    /// The only good end.
    Success,
    /// It found something wrong.
    Failure,
    /// It could not do its work.
    Error,
    /// It did not object, and did not check either.
    Neutral,
    /// It did not run.
    Skipped,
    /// Somebody stopped it.
    Cancelled,
    /// The host gave up on it.
    Stale,
    /// It ran out of time.
    TimedOut,
    /// It waits for a person.
    ActionRequired,
    /// It could not start.
    StartupFailure,
}
