//! `source`, `target`, `rejects` and `receipts` of a dataset: how a system is read.
//!
//! All settings of all connectors are keys of one table, so that a mistake has its place in the
//! text. Each key says which connectors it belongs to; elsewhere it would have no effect, and is
//! refused.

use super::super::list::List;
use super::deadline::Period;
use super::words::{ConnectorName, FixedType, LineBreakName, MemberName, PositionName, TlsName, TrimName};
use serde::Deserialize;
use std::ops::Range;
use toml::Spanned;

/// The connectors that read files.
const FILES: &[&str] = &["csv", "fixed", "jsonl", "parquet", "xml"];

/// The connectors that read text files.
const TEXTS: &[&str] = &["csv", "fixed", "jsonl", "xml"];

/// The connectors that ask a database server.
const SERVERS: &[&str] = &["mysql", "postgresql", "sqlserver"];

/// The connectors that send a SELECT.
const QUERIES: &[&str] = &["mysql", "odbc", "postgresql", "sqlite", "sqlserver"];

/// The connectors that log in.
const ACCOUNTS: &[&str] = &["mysql", "odbc", "postgresql", "sqlserver"];

/// Settings of connectors: a key, what it holds, what of it the schema shows, and to which
/// connectors it belongs.
macro_rules! connector_keys {
    ($($(#[doc = $doc:literal])+ $key:literal $field:ident: $type:ty, $schema:literal, $of:expr;)+) => {
        /// A system that is read.
        #[derive(Debug, Deserialize)]
        #[cfg_attr(test, derive(schemars::JsonSchema))]
        #[serde(deny_unknown_fields, rename_all = "kebab-case")]
        pub struct SystemText {
            /// How the system is read.
            #[cfg_attr(test, schemars(with = "ConnectorName"))]
            pub connector: Spanned<ConnectorName>,
            /// The column that says what was meant to happen to a record. Default: none; each row
            /// is an upload.
            pub operation: Option<OperationText>,
            /// The column that orders the operations of one key, or holds the version of a record.
            /// Default: none.
            #[cfg_attr(test, schemars(with = "Option<String>"))]
            pub sequence: Option<Spanned<String>>,
            /// The column with the time from which an operation counts, or at which a record was
            /// loaded.
            pub time: Option<TimeText>,
            /// Of `rejects` and `receipts`: the column with the reason or the answer.
            #[cfg_attr(test, schemars(with = "Option<String>"))]
            pub reason: Option<Spanned<String>>,
            /// Of `rejects`: reasons that hold no content, `["E17", "E21"]`, and are kept by name.
            /// Every other reason is kept as a code under the key of the dataset. Default: none.
            #[cfg_attr(test, schemars(with = "Option<Vec<String>>"))]
            pub codes: Option<List<String>>,
            /// Of `receipts`: what the column holds where the operation was accepted. Default:
            /// `["accepted"]`.
            #[cfg_attr(test, schemars(with = "Option<Vec<String>>"))]
            pub accepted: Option<List<String>>,
            /// Of `receipts`: where it was refused. Default: `["rejected"]`.
            #[cfg_attr(test, schemars(with = "Option<Vec<String>>"))]
            pub rejected: Option<List<String>>,
            /// Of `receipts`: where it was received, and nothing more is said. Such an answer is in
            /// time, and promises nothing. Default: `["received"]`.
            #[cfg_attr(test, schemars(with = "Option<Vec<String>>"))]
            pub received: Option<List<String>>,
            $($(#[doc = $doc])+
            #[serde(rename = $key)]
            #[cfg_attr(test, schemars(with = $schema))]
            pub $field: Option<Spanned<$type>>,)+
        }

        impl SystemText {
            /// Each setting of a connector that is written, its place, and to which connectors it
            /// belongs.
            pub fn written(&self) -> Vec<(&'static str, Range<usize>, &'static [&'static str])> {
                let all = [$((
                    $key,
                    self.$field.as_ref().map(Spanned::span),
                    { const OF: &[&str] = $of; OF },
                )),+];
                all.into_iter().filter_map(|(key, span, of)| Some((key, span?, of))).collect()
            }
        }
    };
}

connector_keys! {
    /// Of files: a path; its last part may hold `*` and `?`, and all files that match are read.
    "files" files: String, "Option<String>", FILES;
    /// Of files: the longest record in bytes. Default: 16 MiB.
    "longest-record" longest_record: u64, "Option<u64>", FILES;
    /// Of text files: their character set, as `"utf-8"`, `"iso-8859-1"` or `"ibm037"`. Default:
    /// `"utf-8"`.
    "characters" characters: String, "Option<String>", TEXTS;
    /// Of csv and fixed: texts that mean NULL. Default: none.
    "nulls" nulls: Vec<String>, "Option<Vec<String>>", &["csv", "fixed"];
    /// Of csv and fixed: what ends a record. Default: `"either"`.
    "line-break" line_break: LineBreakName, "Option<LineBreakName>", &["csv", "fixed"];
    /// Of csv: what separates fields. Default: `","`.
    "delimiter" delimiter: String, "Option<String>", &["csv"];
    /// Of csv: what encloses fields; `""` for nothing. Default: `"\""`.
    "quote" quote: String, "Option<String>", &["csv"];
    /// Of csv: the character before a quotation mark inside a field. Default: it is doubled.
    "escape" escape: String, "Option<String>", &["csv"];
    /// Of csv: lines before the header that are no records. Default: 0.
    "skip-lines" skip_lines: u32, "Option<u32>", &["csv"];
    /// Of csv: the names of the columns, where the first record is data. Default: the first record
    /// names them.
    "columns" columns: Vec<String>, "Option<Vec<String>>", &["csv"];
    /// Of csv: `false` accepts a last line without its line break. Default: `true`.
    "final-line-break" final_line_break: bool, "Option<bool>", &["csv"];
    /// Of csv: the last record, where it says how much there is.
    "trailer" trailer: CsvTrailerText, "Option<CsvTrailerText>", &["csv"];
    /// Of fixed: the columns.
    "layout" layout: Vec<Spanned<FixedColumnText>>, "Option<Vec<FixedColumnText>>", &["fixed"];
    /// Of fixed: what positions count. Default: `"bytes"`.
    "positions" positions: PositionName, "Option<PositionName>", &["fixed"];
    /// Of fixed: the bytes of a record, where no line break ends it.
    "record-length" record_length: u32, "Option<u32>", &["fixed"];
    /// Of fixed: the first record of each file, where it is none of the data.
    "header-record" header_record: FixedRecordText, "Option<FixedRecordText>", &["fixed"];
    /// Of fixed: the last record of each file, where it is none of the data.
    "trailer-record" trailer_record: FixedRecordText, "Option<FixedRecordText>", &["fixed"];
    /// Of jsonl and http: how a column leads to a member. Default: `"name"`.
    "members" members: MemberName, "Option<MemberName>", &["http", "jsonl"];
    /// Of xml: the name of the element that is a record.
    "record" record: String, "Option<String>", &["xml"];
    /// Of xml: where a file says how many records it has: `"export/@count"`.
    "count" count: String, "Option<String>", &["xml"];
    /// Of sqlite: the path of the database.
    "file" file: String, "Option<String>", &["sqlite"];
    /// Of databases: one SELECT, from which the columns are taken.
    "query" query: String, "Option<String>", QUERIES;
    /// Of databases: the table or view.
    "table" table: String, "Option<String>", QUERIES;
    /// Of databases: the schema of the table.
    "schema" schema: String, "Option<String>", QUERIES;
    /// Of databases: what comes after WHERE.
    "where" condition: String, "Option<String>", QUERIES;
    /// Of databases: `true` counts the rows in the same snapshot as well. Default: `false`.
    "count-rows" count_rows: bool, "Option<bool>", QUERIES;
    /// Of servers: the name or address.
    "host" host: String, "Option<String>", SERVERS;
    /// Of servers: the port. Default: the usual one.
    "port" port: u16, "Option<u16>", SERVERS;
    /// Of mysql and postgresql: the path of a Unix socket, in place of `host`.
    "socket" socket: String, "Option<String>", &["mysql", "postgresql"];
    /// Of servers: the database.
    "database" database: String, "Option<String>", SERVERS;
    /// Of servers and odbc: the account. One that can only read.
    "user" user: String, "Option<String>", ACCOUNTS;
    /// Of servers and odbc: the environment variable with the password.
    "password-env" password_env: String, "Option<String>", ACCOUNTS;
    /// Of servers and odbc: the file with the password, which only its owner can read.
    "password-file" password_file: String, "Option<String>", ACCOUNTS;
    /// Of servers: `"off"` on a socket or a loopback address. Default: `"verified"`.
    "tls" tls: TlsName, "Option<TlsName>", SERVERS;
    /// Of servers and http: a file of authorities in PEM. Default: those of the operating system.
    "ca-file" ca_file: String, "Option<String>", &["http", "mysql", "postgresql", "sqlserver"];
    /// Of servers: the longest time for the whole statement. Default: `"6h"`.
    "statement-timeout" statement_timeout: Period, "Option<Period>", ACCOUNTS;
    /// Of servers: the longest silence while rows are read. Default: `"10m"`.
    "silence-timeout" silence_timeout: Period, "Option<Period>", SERVERS;
    /// Of odbc: the connection string, without secrets.
    "connection" connection: String, "Option<String>", &["odbc"];
    /// Of http: the address of the first page.
    "url" url: String, "Option<String>", &["http"];
    /// Of http: a JSON pointer to the array of records on a page. Default: the page is the array.
    "rows" rows: String, "Option<String>", &["http"];
    /// Of http: how the next page is found. Default: there is one page.
    "paging" paging: PagingText, "Option<PagingText>", &["http"];
    /// Of http: a JSON pointer to the number of all records.
    "total" total: String, "Option<String>", &["http"];
    /// Of http: the header that says who asks.
    "credential" credential: CredentialText, "Option<CredentialText>", &["http"];
    /// Of http: the least time between two requests. Default: none.
    "pause" pause: Period, "Option<Period>", &["http"];
    /// Of http: the longest time for one page. Default: `"60s"`.
    "timeout" timeout: Period, "Option<Period>", &["http"];
}

/// The column of the operation.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct OperationText {
    /// The column.
    #[cfg_attr(test, schemars(with = "String"))]
    pub column: Spanned<String>,
    /// What it holds for an upload. Default: `["U"]`.
    #[cfg_attr(test, schemars(with = "Option<Vec<String>>"))]
    pub upload: Option<List<String>>,
    /// What it holds for an amendment. Default: `["A"]`.
    #[cfg_attr(test, schemars(with = "Option<Vec<String>>"))]
    pub amend: Option<List<String>>,
    /// What it holds for a deletion. Default: `["D"]`.
    #[cfg_attr(test, schemars(with = "Option<Vec<String>>"))]
    pub delete: Option<List<String>>,
}

/// The column of the time.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TimeText {
    /// The column.
    #[cfg_attr(test, schemars(with = "String"))]
    pub column: Spanned<String>,
    /// How text writes it, as `strftime` does. Default: RFC 3339.
    #[serde(default)]
    pub format: String,
    /// The IANA time zone of values without one. Default: none.
    pub zone: Option<String>,
}

/// The last record of a CSV file.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CsvTrailerText {
    /// Its first field.
    pub marker: String,
    /// The number of the field that holds the count, from 1.
    pub count: u32,
    /// How many records the count holds that are no data. Default: 0.
    #[serde(default)]
    pub also_counted: u32,
    /// Sums of columns that it holds. Default: none.
    #[serde(default)]
    pub totals: Vec<CsvTotalText>,
}

/// A sum in a trailer.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CsvTotalText {
    /// The column that is summed.
    pub column: String,
    /// The number of the trailer's field, from 1.
    pub field: u32,
}

/// A column of fixed width.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FixedColumnText {
    /// Its name.
    pub name: String,
    /// Its first position, from 1.
    pub first: u32,
    /// Its length.
    pub length: u32,
    /// Which blanks are padding. Default: `"end"`.
    pub trim: Option<TrimName>,
    /// What its bytes are. Default: `"text"`.
    pub r#type: Option<FixedType>,
    /// Digits after the point that is not written. Default: 0.
    #[serde(default)]
    pub scale: u8,
}

/// A header or trailer of fixed width.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FixedRecordText {
    /// The first position of the text that tells it from data, from 1.
    pub first: u32,
    /// The text.
    pub text: String,
    /// The first position of the count of records.
    pub count_first: Option<u32>,
    /// The length of the count.
    pub count_length: Option<u32>,
    /// How many records the count holds that are no data. Default: 0.
    #[serde(default)]
    pub also_counted: u32,
}

/// How the next page is found: one of these.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PagingText {
    /// A JSON pointer to a token, which the next request repeats as `parameter`.
    pub token: Option<String>,
    /// A JSON pointer to the address of the next page.
    pub next: Option<String>,
    /// `true`: the header `Link` holds it.
    #[serde(default)]
    pub link_header: bool,
    /// The number of the first page, which is counted up in `parameter`.
    pub first: Option<u64>,
    /// The name of the parameter.
    pub parameter: Option<String>,
}

/// A header that says who asks.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CredentialText {
    /// The name of the header.
    pub header: String,
    /// What comes before the secret in it. Default: nothing.
    #[serde(default)]
    pub prefix: String,
    /// The environment variable with the secret.
    pub env: Option<String>,
    /// The file with the secret.
    pub file: Option<String>,
}
