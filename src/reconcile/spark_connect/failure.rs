//! Why a Spark that listens gave no answer.

use std::fmt;
use std::io;
use std::time::Duration;

/// Why there is no answer.
#[derive(Debug)]
pub enum RemoteFailure {
    /// Nothing listens at the address.
    Silent(String),
    /// The client refuses the address or its token: its own words.
    Client(String),
    /// Spark says that it cannot do it: its own words.
    Refused(String),
    /// The answer is not what the protocol says: why.
    Unreadable(String),
    /// A value of the answer is neither a text nor a whole number: the name of its column.
    Column(String),
    /// The answer cannot be written.
    Output(io::Error),
    /// The time was over.
    TooLong(Duration),
}

impl fmt::Display for RemoteFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Silent(why) => write!(f, "Spark does not listen there: {why}"),
            Self::Client(said) => write!(f, "Spark cannot be asked: {said}"),
            Self::Refused(said) => write!(f, "Spark says: {said}"),
            Self::Unreadable(why) => write!(f, "Spark's answer cannot be read: {why}"),
            Self::Column(name) => {
                write!(f, "the column `{name}` of Spark's answer holds neither texts nor whole numbers")
            }
            Self::Output(error) => write!(f, "the answer cannot be written: {error}"),
            Self::TooLong(limit) => {
                write!(f, "Spark took more than {} s and was told to stop", limit.as_secs())
            }
        }
    }
}

impl std::error::Error for RemoteFailure {}
