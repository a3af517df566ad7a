//! How a system is read: the settings of each connector, as plain values of the policy's
//! `[reconciliation.NAME.source]`, `.target`, `.rejects` and `.receipts`.
//!
//! No value here is a secret. A password or token is named by where it is ([`SecretPlace`]).

pub mod characters;
pub mod database;
pub mod file;
pub mod web;

pub use characters::CharacterSet;
pub use database::{
    DatabaseServer, MysqlSettings, OdbcSettings, PostgresqlSettings, ServerAddress, SqlExtraction,
    SqlServerSettings, SqliteSettings, TlsRequirement,
};
pub use file::{
    CsvHeader, CsvSettings, CsvTotal, CsvTrailer, FieldTrim, FixedColumn, FixedMarker, FixedRecord,
    FixedTotal, FixedValue, FixedWidthSettings, InputFiles, JsonLinesSettings, LineBreak, MemberPath,
    ParquetSettings, PositionUnit, QuoteEscape, RecordLayout, XmlSettings,
};
pub use web::{HttpCredential, HttpPaging, HttpSettings};

/// A connector and its settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectorSettings {
    /// Comma-separated values and their relatives.
    Csv(CsvSettings),
    /// Records of fixed width.
    FixedWidth(FixedWidthSettings),
    /// A read-back API that answers with pages of JSON.
    Http(HttpSettings),
    /// One JSON object a line.
    JsonLines(JsonLinesSettings),
    /// MySQL or MariaDB.
    Mysql(MysqlSettings),
    /// Anything with an ODBC driver.
    Odbc(OdbcSettings),
    /// Apache Parquet.
    Parquet(ParquetSettings),
    /// PostgreSQL.
    Postgresql(PostgresqlSettings),
    /// Microsoft SQL Server.
    SqlServer(SqlServerSettings),
    /// A SQLite file.
    Sqlite(SqliteSettings),
    /// XML with one element a record.
    Xml(XmlSettings),
}

impl ConnectorSettings {
    /// The connector's name in a policy (`connector = "csv"`) and in the table of connectors.
    #[must_use]
    pub const fn connector(&self) -> &'static str {
        match self {
            Self::Csv(_) => "csv",
            Self::FixedWidth(_) => "fixed",
            Self::Http(_) => "http",
            Self::JsonLines(_) => "jsonl",
            Self::Mysql(_) => "mysql",
            Self::Odbc(_) => "odbc",
            Self::Parquet(_) => "parquet",
            Self::Postgresql(_) => "postgresql",
            Self::SqlServer(_) => "sqlserver",
            Self::Sqlite(_) => "sqlite",
            Self::Xml(_) => "xml",
        }
    }
}

/// Where a password or token is. It is never part of a policy or a command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretPlace {
    /// An environment variable of this name.
    Environment(String),
    /// A file of this path, which its owner alone may read. A line break at its end is cut off.
    File(String),
}
