//! Settings of the connectors that read databases.

use super::SecretPlace;
use jiff::SignedDuration;

/// What is read from a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SqlExtraction {
    /// One SELECT of the policy's author. It becomes a subquery, from which the columns are taken.
    Query(String),
    /// A table or view.
    Table {
        /// Its schema (MySQL: database); the session's own where this is `None`.
        schema: Option<String>,
        /// Its name, as the database holds it.
        table: String,
        /// What stands after WHERE, if anything.
        condition: Option<String>,
    },
}

/// A database server, and who asks it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseServer {
    /// Where it listens.
    pub address: ServerAddress,
    /// The database.
    pub database: String,
    /// The account. One that can only read.
    pub user: String,
    /// Where its password is; `None`: the server asks for none (a socket with peer authentication).
    pub password: Option<SecretPlace>,
    /// What is asked of the connection.
    pub tls: TlsRequirement,
    /// Longest time until a connection is there.
    pub connect_timeout: SignedDuration,
    /// Longest time for the whole statement, held by the server.
    pub statement_timeout: SignedDuration,
    /// Longest silence of the server while rows are read.
    pub silence_timeout: SignedDuration,
    /// Whether rows are also counted by the server in the same snapshot, as an independent total.
    pub count_rows: bool,
}

impl DatabaseServer {
    /// A server with verified TLS, ten seconds to connect, six hours for the statement and ten
    /// minutes of silence.
    #[must_use]
    pub fn at(address: ServerAddress, database: &str, user: &str) -> Self {
        Self {
            address,
            database: database.to_string(),
            user: user.to_string(),
            password: None,
            tls: TlsRequirement::Verified { ca_file: None },
            connect_timeout: SignedDuration::from_secs(10),
            statement_timeout: SignedDuration::from_hours(6),
            silence_timeout: SignedDuration::from_mins(10),
            count_rows: false,
        }
    }
}

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerAddress {
    /// A name or IP address and a port; the usual port where it is `None`.
    Network {
        /// Name or address.
        host: String,
        /// Port.
        port: Option<u16>,
    },
    /// A Unix socket: its path (PostgreSQL: the directory that holds it).
    Socket {
        /// Path of the socket or of its directory.
        path: String,
        /// Port, which PostgreSQL has in the socket's name.
        port: Option<u16>,
    },
}

impl ServerAddress {
    /// Whether what is sent stays on this machine: a socket, `localhost`, or a loopback address.
    #[must_use]
    pub fn is_local(&self) -> bool {
        match self {
            Self::Socket { .. } => true,
            Self::Network { host, .. } => is_loopback(host),
        }
    }
}

/// Whether a host is this machine: `localhost` or a loopback address.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// What is asked of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TlsRequirement {
    /// TLS whose certificate is for the host's name and comes from an accepted authority.
    Verified {
        /// A file of authorities in PEM; those of the operating system where this is `None`.
        ca_file: Option<String>,
    },
    /// None. Accepted on sockets and loopback addresses alone.
    Off,
}

/// PostgreSQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostgresqlSettings {
    /// The server.
    pub server: DatabaseServer,
    /// What is read.
    pub extraction: SqlExtraction,
}

/// MySQL or MariaDB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MysqlSettings {
    /// The server.
    pub server: DatabaseServer,
    /// What is read.
    pub extraction: SqlExtraction,
}

/// Microsoft SQL Server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlServerSettings {
    /// The server.
    pub server: DatabaseServer,
    /// What is read.
    pub extraction: SqlExtraction,
}

/// A SQLite file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqliteSettings {
    /// Path of the file. One that is not absolute begins at the directory of the command.
    pub file: String,
    /// What is read.
    pub extraction: SqlExtraction,
    /// Whether rows are also counted in the same snapshot, as an independent total.
    pub count_rows: bool,
}

/// Anything with an ODBC driver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OdbcSettings {
    /// The connection string without secrets: `Driver=…;Server=…`.
    pub connection: String,
    /// The account, if the driver asks for one.
    pub user: Option<String>,
    /// Where its password is.
    pub password: Option<SecretPlace>,
    /// What is read.
    pub extraction: SqlExtraction,
    /// Longest time for the statement, held by the driver.
    pub statement_timeout: SignedDuration,
    /// Whether rows are also counted, as an independent total.
    pub count_rows: bool,
}
