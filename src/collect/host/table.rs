//! The kinds of hosts, by name, and the one way to one of them.

use super::Forge;
use super::github;
use super::http::RetryPolicy;
use super::http::address::AddressError;
use super::http::transport::Transport;
use crate::model::host::HostConventions;
use std::sync::Arc;

/// Every kind of host, sorted by name.
pub static TABLE: &[&HostKind] = &[&github::KIND];

/// The kind of host of a repository that is named without one, outside of a job.
pub static DEFAULT: &HostKind = &github::KIND;

/// A kind of host.
pub struct HostKind {
    /// The name on the command line and in facts.
    pub name: &'static str,
    /// One line for the help.
    pub about: &'static str,
    /// The address of the API where none is named; `None`: it has to be named.
    pub default_api: Option<&'static str>,
    /// The environment variable that names the address of the API.
    pub api_variable: &'static str,
    /// The environment variables that hold a token; the first that is set counts.
    pub token_variables: &'static [&'static str],
    /// What all hosts of this kind have in common.
    pub conventions: fn() -> Arc<HostConventions>,
    /// How a repository is named, for messages.
    pub repository_form: &'static str,
    /// The host of a repository of this name.
    pub open: OpenHost,
}

/// Makes the host of a repository of this name.
pub type OpenHost = fn(&str, Connection) -> Result<Box<dyn Forge>, HostError>;

impl PartialEq for HostKind {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl std::fmt::Debug for HostKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("HostKind").field(&self.name).finish()
    }
}

impl HostKind {
    /// The way to a host of this kind, as environment variables name it.
    pub fn connection(
        &self,
        variable: impl Fn(&str) -> Option<String>,
        transport: Box<dyn Transport>,
    ) -> Connection {
        let api_url = variable(self.api_variable);
        let token = self.token_variables.iter().find_map(|name| variable(name));
        Connection { api_url, server_url: None, token, transport, retry: RetryPolicy::default() }
    }
}

/// The way to a host.
pub struct Connection {
    /// The address of its API; `None`: the default of its kind.
    pub api_url: Option<String>,
    /// The address under which people know the server, where it is known from elsewhere than from that of the API.
    pub server_url: Option<String>,
    /// The token to show there, and nowhere else.
    pub token: Option<String>,
    /// What carries requests.
    pub transport: Box<dyn Transport>,
    /// When to ask again.
    pub retry: RetryPolicy,
}

impl Connection {
    /// The way to an API without a token.
    pub fn to(api_url: impl Into<String>, transport: Box<dyn Transport>) -> Self {
        let (api_url, retry) = (Some(api_url.into()), RetryPolicy::default());
        Connection { api_url, server_url: None, token: None, transport, retry }
    }
}

/// Why a host cannot be asked at all. None of these is a gap: somebody wrote what cannot be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostError {
    /// There is no kind of host of this name.
    UnknownKind(String),
    /// A host of this kind has no default address, and none was named.
    NoAddress(&'static HostKind),
    /// The address of the API cannot be one.
    Address(AddressError),
    /// The address of the server cannot be one.
    ServerAddress(String),
    /// The repository cannot be one of this kind of host.
    Repository(&'static HostKind, String),
}

impl Eq for HostKind {}

impl std::fmt::Display for HostError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            HostError::UnknownKind(name) => {
                let known: Vec<&str> = TABLE.iter().map(|kind| kind.name).collect();
                write!(f, "there is no host `{name}`; there are {}", known.join(", "))
            }
            HostError::NoAddress(kind) => {
                write!(f, "the address of the API is not known; set {}", kind.api_variable)
            }
            HostError::Address(error) => error.fmt(f),
            HostError::ServerAddress(url) => write!(f, "`{url}` is not the address of a server"),
            HostError::Repository(kind, name) => {
                write!(f, "`{name}` is not a repository; write `{}`", kind.repository_form)
            }
        }
    }
}

impl std::error::Error for HostError {}

impl From<AddressError> for HostError {
    fn from(error: AddressError) -> Self {
        HostError::Address(error)
    }
}

/// The kind of host of this name.
pub fn find(name: &str) -> Option<&'static HostKind> {
    TABLE.iter().find(|kind| kind.name == name).copied()
}

/// The host of a repository.
///
/// # Errors
/// The kind, the address or the repository cannot be one.
pub fn open(kind: &str, repository: &str, connection: Connection) -> Result<Box<dyn Forge>, HostError> {
    let kind = find(kind).ok_or_else(|| HostError::UnknownKind(kind.to_string()))?;
    (kind.open)(repository, connection)
}

#[cfg(test)]
mod tests {
    use super::super::http::transport::Live;
    use super::*;

    #[test]
    fn the_table_is_sorted_and_hosts_are_found_by_name() {
        assert!(TABLE.is_sorted_by(|a, b| a.name < b.name));
        let way = || Connection::to("https://api.example.test", Box::new(Live::new()));
        assert!(TABLE.iter().all(|kind| open(kind.name, "owner/name", way()).is_ok()));
        assert_eq!(
            open("sourcebin", "owner/name", way()).err().map(|error| error.to_string()),
            Some("there is no host `sourcebin`; there are github".to_string())
        );
    }

    #[test]
    fn the_first_variable_that_is_set_holds_the_token() {
        let token = |set: &[(&str, &str)]| {
            let variable = |name: &str| {
                set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_string())
            };
            github::KIND.connection(variable, Box::new(Live::new())).token
        };
        assert_eq!(token(&[("GH_TOKEN", "b"), ("GITHUB_TOKEN", "a")]), Some("a".to_string()));
        assert_eq!(token(&[("GH_TOKEN", "b")]), Some("b".to_string()));
        assert_eq!(token(&[]), None);
    }
}
