//! The text of a database: where it is, who asks it, and what is read.

use super::shared::write_secret;
use super::text::DefinitionText;
use crate::reconciliation::connector::{
    DatabaseServer, OdbcSettings, ServerAddress, SqlExtraction, SqliteSettings, TlsRequirement,
};

pub(super) fn write_database(text: &mut DefinitionText, server: &DatabaseServer, extraction: &SqlExtraction) {
    let DatabaseServer {
        address,
        database,
        user,
        password,
        tls,
        connect_timeout,
        statement_timeout,
        silence_timeout,
        count_rows,
    } = server;
    write_address(text, address);
    text.entry("database", database);
    text.entry("user", user);
    text.optional("password", password.as_ref(), write_secret);
    write_tls(text, tls);
    text.duration("connect-timeout", *connect_timeout);
    text.duration("statement-timeout", *statement_timeout);
    text.duration("silence-timeout", *silence_timeout);
    text.flag("count-rows", *count_rows);
    write_extraction(text, extraction);
}

fn write_address(text: &mut DefinitionText, address: &ServerAddress) {
    let port = match address {
        ServerAddress::Network { host, port } => {
            text.entry("host", host);
            port
        }
        ServerAddress::Socket { path, port } => {
            text.entry("socket", path);
            port
        }
    };
    text.optional_number("port", *port);
}

fn write_tls(text: &mut DefinitionText, tls: &TlsRequirement) {
    match tls {
        TlsRequirement::Verified { ca_file } => {
            text.entry("tls", "verified");
            text.optional_entry("ca-file", ca_file.as_deref());
        }
        TlsRequirement::Off => text.entry("tls", "off"),
    }
}

fn write_extraction(text: &mut DefinitionText, extraction: &SqlExtraction) {
    match extraction {
        SqlExtraction::Query(query) => text.entry("query", query),
        SqlExtraction::Table { schema, table, condition } => {
            text.entry("table", table);
            text.optional_entry("schema", schema.as_deref());
            text.optional_entry("condition", condition.as_deref());
        }
    }
}

pub(super) fn write_sqlite(text: &mut DefinitionText, settings: &SqliteSettings) {
    let SqliteSettings { file, extraction, count_rows } = settings;
    text.entry("file", file);
    write_extraction(text, extraction);
    text.flag("count-rows", *count_rows);
}

pub(super) fn write_odbc(text: &mut DefinitionText, settings: &OdbcSettings) {
    let OdbcSettings { connection, user, password, extraction, statement_timeout, count_rows } = settings;
    text.entry("connection", connection);
    text.optional_entry("user", user.as_deref());
    text.optional("password", password.as_ref(), write_secret);
    write_extraction(text, extraction);
    text.duration("statement-timeout", *statement_timeout);
    text.flag("count-rows", *count_rows);
}
