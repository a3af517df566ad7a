//! What a kind of host is, and the way to one.

use super::Forge;
use super::fleet::FleetHost;
use super::http::RetryPolicy;
use super::http::address::{AddressError, Origin};
use super::http::transport::Transport;
use super::settled::Settles;
use portcullis_model::host::HostConventions;
use portcullis_model::id::RequestId;
use std::sync::Arc;

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
    /// Reads what a person writes for a change request; `None`: no request of such a host is
    /// written like this.
    pub request_id: fn(&str) -> Option<RequestId>,
    /// Tells which answers are about something that is over.
    pub settles: Settles,
    /// The host of a repository of this name.
    pub open: OpenHost,
    /// The host of many repositories; `None` where it can only be asked about one at a time.
    pub fleet: Option<OpenFleet>,
}

/// Makes the host of a repository of this name.
pub type OpenHost = fn(&str, Connection) -> Result<Box<dyn Forge>, HostError>;

/// Makes the host of many repositories.
pub type OpenFleet = fn(Connection) -> Result<Box<dyn FleetHost>, HostError>;

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
    /// The change request that a person names.
    ///
    /// # Errors
    /// No request of such a host is written like this.
    pub fn read_request(&'static self, text: &str) -> Result<RequestId, HostError> {
        (self.request_id)(text).ok_or_else(|| HostError::Request(self, text.to_string()))
    }

    /// The way to a host of this kind, as environment variables name it.
    pub fn connection(
        &self,
        variable: impl Fn(&str) -> Option<String>,
        transport: Box<dyn Transport>,
    ) -> Connection {
        let api_url = variable(self.api_variable);
        let found = self.token_variables.iter().find_map(|name| Some((variable(name)?, *name)));
        let (token, token_variable) = found.unzip();
        let retry = RetryPolicy::default();
        Connection { api_url, server_url: None, token, token_variable, transport, retry }
    }
}

/// The way to a host.
pub struct Connection {
    /// The address of its API; `None`: the default of its kind.
    pub api_url: Option<String>,
    /// The address under which people know the server, where it is known from elsewhere than from
    /// that of the API.
    pub server_url: Option<String>,
    /// The token to show there, and nowhere else.
    pub token: Option<String>,
    /// The environment variable that the token is from, where it is from one.
    pub token_variable: Option<&'static str>,
    /// What carries requests.
    pub transport: Box<dyn Transport>,
    /// When to ask again.
    pub retry: RetryPolicy,
}

impl Connection {
    /// The way to an API without a token.
    pub fn to(api_url: impl Into<String>, transport: Box<dyn Transport>) -> Self {
        let (api_url, retry) = (Some(api_url.into()), RetryPolicy::default());
        Connection { api_url, server_url: None, token: None, token_variable: None, transport, retry }
    }
}

/// The domains of a host's own addresses: that of its server where it is known, else those that
/// the address of its API tells.
///
/// # Errors
/// The address of the server cannot be one.
pub(crate) fn domains_of(
    server_url: Option<String>,
    by_api: impl FnOnce() -> Vec<String>,
) -> Result<Vec<String>, HostError> {
    let Some(server) = server_url else { return Ok(by_api()) };
    match Origin::of(&server) {
        Some(origin) => Ok(vec![origin.host().to_string()]),
        None => Err(HostError::ServerAddress(server)),
    }
}

/// Why a host cannot be asked at all. None of these is a gap: somebody wrote what cannot be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostError {
    /// There is no kind of host of this name.
    UnknownKind(String, Vec<&'static str>),
    /// A host of this kind has no default address, and none was named.
    NoAddress(&'static HostKind),
    /// The address of the API cannot be one.
    Address(AddressError),
    /// The address of the server cannot be one.
    ServerAddress(String),
    /// The repository cannot be one of this kind of host.
    Repository(&'static HostKind, String),
    /// The change request cannot be one of this kind of host.
    Request(&'static HostKind, String),
    /// Facts of a host of this kind name other conventions than its own.
    Conventions(&'static HostKind),
    /// Asserted facts name other conventions than those of all asserted facts.
    AssertedConventions,
}

impl Eq for HostKind {}

impl std::fmt::Display for HostError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            HostError::UnknownKind(name, known) => {
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
            HostError::Conventions(kind) => {
                write!(f, "the facts name conventions that {} does not have", kind.name)
            }
            HostError::AssertedConventions => {
                f.write_str("the facts name conventions that asserted facts do not have")
            }
            HostError::Request(kind, id) => write!(f, "`{id}` is not a change request on {}", kind.name),
        }
    }
}

impl std::error::Error for HostError {}

impl From<AddressError> for HostError {
    fn from(error: AddressError) -> Self {
        HostError::Address(error)
    }
}
