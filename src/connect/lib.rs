//! Connectors: a file, a database or an API, read as a stream of raw values
//! ([`portcullis_reconcile::source::RecordSource`]). A connector translates nothing and writes
//! nothing.
//!
//! A connector is a file or folder here, a feature of this crate and a line in [`TABLE`].
//!
//! | module | what it does |
//! | --- | --- |
//! | `opening` | what a connector is opened with: columns, directory, environment |
//! | `input` | files: which ones, opened without following links, unchanged until the end |
//! | `characters` | bytes to text, by the stated character set |
//! | `totals` | counts and sums of headers and trailers |
//! | `sql` | the one SELECT that is sent, with quoted names |
//! | `server` | a database server: what is asked of it, by which account and over which channel |
//! | `secret` | passwords and tokens from an environment variable or a private file |
#![allow(
    clippy::disallowed_methods,
    reason = "this room is where files, databases and APIs are read; the environment comes from outside"
)]
#![cfg_attr(
    not(feature = "all"),
    allow(dead_code, unused_imports, reason = "a build with some connectors has what only others need")
)]

mod characters;
#[cfg(feature = "csv")]
mod csv;
mod failure;
#[cfg(feature = "fixed")]
mod fixed;
#[cfg(feature = "http")]
mod http;
mod input;
#[cfg(any(feature = "http", feature = "jsonl"))]
mod json;
#[cfg(feature = "jsonl")]
mod jsonl;
#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "odbc")]
mod odbc;
mod opening;
#[cfg(feature = "parquet")]
mod parquet;
#[cfg(feature = "postgresql")]
mod postgresql;
mod progress;
#[cfg(any(
    feature = "mysql",
    feature = "odbc",
    feature = "parquet",
    feature = "postgresql",
    feature = "sqlite",
    feature = "sqlserver"
))]
mod pump;
#[cfg(any(
    feature = "http",
    feature = "mysql",
    feature = "odbc",
    feature = "postgresql",
    feature = "sqlserver"
))]
mod secret;
#[cfg(any(feature = "mysql", feature = "postgresql", feature = "sqlserver"))]
mod server;
#[cfg(any(
    feature = "mysql",
    feature = "odbc",
    feature = "postgresql",
    feature = "sqlite",
    feature = "sqlserver"
))]
mod sql;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(feature = "sqlserver")]
mod sqlserver;
mod text_input;
#[cfg(any(feature = "mysql", feature = "postgresql", feature = "sqlserver"))]
mod tls;
mod totals;
#[cfg(feature = "xml")]
mod xml;

pub use opening::{AnySource, Opening};
pub use progress::WatchedSource;

use portcullis_model::reconciliation::ConnectorSettings;
use portcullis_reconcile::source::SourceError;

/// A connector of this program.
#[derive(Clone, Copy)]
pub struct Connector {
    /// Its name in a policy.
    pub name: &'static str,
    open: fn(&ConnectorSettings, &Opening<'_>) -> Option<Result<AnySource, SourceError>>,
}

/// A line of [`TABLE`]: a connector's name, its settings, and what opens it.
#[allow(unused_macros, reason = "without a feature there is no connector")]
macro_rules! connector {
    ($name:literal, $settings:ident, $open:path) => {
        Connector {
            name: $name,
            open: |settings, opening| match settings {
                ConnectorSettings::$settings(settings) => Some($open(settings, opening)),
                _ => None,
            },
        }
    };
}

/// Every connector that this program was built with, by name.
pub const TABLE: &[Connector] = &[
    #[cfg(feature = "csv")]
    connector!("csv", Csv, csv::open),
    #[cfg(feature = "fixed")]
    connector!("fixed", FixedWidth, fixed::open),
    #[cfg(feature = "http")]
    connector!("http", Http, http::open),
    #[cfg(feature = "jsonl")]
    connector!("jsonl", JsonLines, jsonl::open),
    #[cfg(feature = "mysql")]
    connector!("mysql", Mysql, mysql::open),
    #[cfg(feature = "odbc")]
    connector!("odbc", Odbc, odbc::open),
    #[cfg(feature = "parquet")]
    connector!("parquet", Parquet, parquet::open),
    #[cfg(feature = "postgresql")]
    connector!("postgresql", Postgresql, postgresql::open),
    #[cfg(feature = "sqlite")]
    connector!("sqlite", Sqlite, sqlite::open),
    #[cfg(feature = "sqlserver")]
    connector!("sqlserver", SqlServer, sqlserver::open),
    #[cfg(feature = "xml")]
    connector!("xml", Xml, xml::open),
];

/// Opens what the settings describe and prepares to read these columns.
///
/// # Errors
///
/// A connector that this program was built without; what cannot be opened; a column that is not
/// there.
pub fn open_source(settings: &ConnectorSettings, opening: &Opening<'_>) -> Result<AnySource, SourceError> {
    let name = settings.connector();
    if opening.columns.is_empty() {
        let remedy = "Name the key's fields in the policy.";
        return Err(failure::fail(name, "No column was asked for.", remedy));
    }
    let known = TABLE.iter().find_map(|connector| (connector.open)(settings, opening));
    let source = known.unwrap_or_else(|| {
        let problem = format!("This program was built without the connector `{name}`.");
        Err(failure::fail(name, problem, format!("Build it with `--features {name}`.")))
    })?;
    Ok(Box::new(opening::FailingSource::new(source)))
}

#[cfg(test)]
mod tests;
