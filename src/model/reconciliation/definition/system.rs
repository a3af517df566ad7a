//! The text of a system: its connector, and the columns that are no fields.

use super::database;
use super::file;
use super::shared::{name_members, write_secret};
use super::text::DefinitionText;
use crate::reconciliation::connector::{ConnectorSettings, HttpCredential, HttpPaging, HttpSettings};
use crate::reconciliation::{OperationColumn, SystemSettings, TimeColumn};

pub(super) fn write_system(text: &mut DefinitionText, system: &SystemSettings) {
    let SystemSettings { connector, operation, sequence, time, reason } = system;
    text.entry("connector", connector.connector());
    write_connector(text, connector);
    text.optional("operation", operation.as_ref(), write_operation);
    text.optional_entry("sequence", sequence.as_deref());
    text.optional("time", time.as_ref(), write_time);
    text.optional_entry("reason", reason.as_deref());
}

fn write_connector(text: &mut DefinitionText, connector: &ConnectorSettings) {
    match connector {
        ConnectorSettings::Csv(settings) => file::write_csv(text, settings),
        ConnectorSettings::FixedWidth(settings) => file::write_fixed_width(text, settings),
        ConnectorSettings::Http(settings) => write_http(text, settings),
        ConnectorSettings::JsonLines(settings) => file::write_json_lines(text, settings),
        ConnectorSettings::Mysql(settings) => {
            database::write_database(text, &settings.server, &settings.extraction);
        }
        ConnectorSettings::Odbc(settings) => database::write_odbc(text, settings),
        ConnectorSettings::Parquet(settings) => file::write_parquet(text, settings),
        ConnectorSettings::Postgresql(settings) => {
            database::write_database(text, &settings.server, &settings.extraction);
        }
        ConnectorSettings::SqlServer(settings) => {
            database::write_database(text, &settings.server, &settings.extraction);
        }
        ConnectorSettings::Sqlite(settings) => database::write_sqlite(text, settings),
        ConnectorSettings::Xml(settings) => file::write_xml(text, settings),
    }
}

fn write_operation(text: &mut DefinitionText, operation: &OperationColumn) {
    let OperationColumn { column, upload, amend, delete } = operation;
    text.entry("column", column);
    text.texts("upload", upload);
    text.texts("amend", amend);
    text.texts("delete", delete);
}

fn write_time(text: &mut DefinitionText, time: &TimeColumn) {
    let TimeColumn { column, format, zone } = time;
    text.entry("column", column);
    text.entry("format", format);
    text.optional_entry("zone", zone.as_deref());
}

fn write_http(text: &mut DefinitionText, settings: &HttpSettings) {
    let HttpSettings { url, rows, members, paging, total, credential, pause, timeout, ca_file, longest_page } =
        settings;
    text.entry("url", url);
    text.entry("rows", rows);
    text.entry("members", name_members(*members));
    write_paging(text, paging);
    text.optional_entry("total", total.as_deref());
    text.optional("credential", credential.as_ref(), write_credential);
    text.duration("pause", *pause);
    text.duration("timeout", *timeout);
    text.optional_entry("ca-file", ca_file.as_deref());
    text.number("longest-page", *longest_page);
}

fn write_paging(text: &mut DefinitionText, paging: &HttpPaging) {
    match paging {
        HttpPaging::OnePage => text.entry("paging", "one-page"),
        HttpPaging::Token { token, parameter } => {
            text.entry("paging", "token");
            text.entry("token", token);
            text.entry("parameter", parameter);
        }
        HttpPaging::NextUrl { next } => {
            text.entry("paging", "next-url");
            text.entry("next", next);
        }
        HttpPaging::LinkHeader => text.entry("paging", "link-header"),
        HttpPaging::Number { parameter, first } => {
            text.entry("paging", "number");
            text.entry("parameter", parameter);
            text.number("first", *first);
        }
    }
}

fn write_credential(text: &mut DefinitionText, credential: &HttpCredential) {
    let HttpCredential { header, prefix, secret } = credential;
    text.entry("header", header);
    text.entry("prefix", prefix);
    write_secret(text, secret);
}
