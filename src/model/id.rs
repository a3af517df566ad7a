//! What a host calls accounts, apps, requests and other things, as texts without a meaning of their
//! own.
//!
//! One host gives numbers, the next one UUIDs or names. A judgement only compares them, and shows
//! them.

use std::cmp::Ordering;
use std::fmt;

/// Identifiers that are opaque texts. Shorter ones sort first, so that numbers sort as numbers.
macro_rules! opaque_text {
    ($($(#[$doc:meta])+ $name:ident;)+) => { $(
        $(#[$doc])+
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                $name(text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        /// A host that gives numbers: their digits.
        impl From<u64> for $name {
            fn from(number: u64) -> Self {
                $name(number.to_string())
            }
        }

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }

        impl Ord for $name {
            fn cmp(&self, other: &Self) -> Ordering {
                (self.0.len(), &self.0).cmp(&(other.0.len(), &other.0))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+ };
}

opaque_text! {
    /// An account. Its host never gives the text to another account, whatever their logins become.
    AccountId;
    /// An actor in a bypass list; what it identifies depends on the
    /// [kind](crate::protection::ActorKind).
    ActorId;
    /// An installed app.
    AppId;
    /// A check run or commit status.
    CheckId;
    /// A deployment in the host's own list.
    DeploymentId;
    /// A review. A host that gives reviews no identifier gets one from its adapter.
    ReviewId;
    /// A service that posts the results of external checks.
    ServiceId;
    /// What defines the runs of a workflow.
    WorkflowId;
}

/// A change request on its host: a number, as on GitHub and GitLab, or a text where a host has no
/// numbers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RequestId {
    /// A number.
    Number(u64),
    /// A text.
    Name(String),
}

impl RequestId {
    /// The number; `None` where the host has no numbers.
    pub fn number(&self) -> Option<u64> {
        match self {
            RequestId::Number(number) => Some(*number),
            RequestId::Name(_) => None,
        }
    }
}

impl From<u64> for RequestId {
    fn from(number: u64) -> Self {
        RequestId::Number(number)
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RequestId::Number(number) => write!(f, "{number}"),
            RequestId::Name(name) => f.write_str(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_sort_as_numbers_and_are_shown_as_they_are() {
        let mut ids: Vec<AccountId> = [100, 9, 23].map(AccountId::from).into();
        ids.push("b7f3".to_string().into());
        ids.sort();
        let shown: Vec<&str> = ids.iter().map(AccountId::as_str).collect();
        assert_eq!(shown, ["9", "23", "100", "b7f3"]);
        assert_eq!(RequestId::from(7).to_string(), "7");
        assert_eq!(RequestId::Name("I8473b9".to_string()).number(), None);
    }
}
