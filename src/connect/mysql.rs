//! MySQL and MariaDB: a read-only transaction with a consistent snapshot, rows as they come.

mod answer;
mod value;

use crate::failure::fail;
use crate::opening::{AnySource, Opening};
use crate::pump::{Beginning, PumpInlet};
use crate::secret::SecretText;
use crate::server::{ServerReading, to_std};
use crate::sql::SqlDialect;
use crate::tls::Channel;
use answer::fail_answer;
use mysql::prelude::Queryable;
use mysql::{Conn, Opts, OptsBuilder, SslOpts};
use portcullis_model::reconciliation::Isolation;
use portcullis_model::reconciliation::connector::{MysqlSettings, ServerAddress, SqlExtraction};
use portcullis_reconcile::source::SourceError;
use std::time::Duration;
use value::{ColumnForm, take_value};

const DIALECT: SqlDialect = SqlDialect { open: '`', close: '`', longest_name: 256 };

/// Longest packet that is accepted: no row is longer than the server's own greatest value.
const LONGEST_PACKET: usize = 1 << 30;

/// Opens the connection and begins to read.
pub(crate) fn open(settings: &MysqlSettings, opening: &Opening<'_>) -> Result<AnySource, SourceError> {
    ServerReading::prepare("mysql", DIALECT, &settings.server, &settings.extraction, opening)?
        .start(read_rows)
}

fn read_rows(reading: &ServerReading, inlet: &mut PumpInlet) -> Result<(), SourceError> {
    let fail_here = |error: mysql::Error| fail_answer(reading.place(), &error);
    let mut connection = Conn::new(choose_options(reading)).map_err(fail_here)?;
    begin_transaction(&mut connection, reading).map_err(fail_here)?;
    let isolation = find_isolation(&mut connection, &reading.extraction).map_err(fail_here)?;
    let announced = match &reading.request.count {
        Some(count) => connection.exec_first::<u64, _, _>(count, ()).map_err(fail_here)?,
        None => None,
    };
    // Prepared, it is one statement.
    let statement = connection.prep(&reading.request.select).map_err(fail_here)?;
    let mut rows = connection.exec_iter(statement, ()).map_err(fail_here)?;
    let forms: Vec<ColumnForm> = rows.columns().as_ref().iter().map(ColumnForm::of_column).collect();
    inlet.begin(Beginning { isolation, announced })?;
    for row in rows.by_ref() {
        let number = inlet.rows() + 1;
        let place = || reading.place_of_row(number);
        let row = row.map_err(|error| fail_answer(&place(), &error))?;
        for at in &reading.request.places {
            let (Some(value), Some(form)) = (row.as_ref(*at), forms.get(*at)) else {
                let problem = "The server sent a row with other columns.";
                return Err(fail(place(), problem, "Read again."));
            };
            inlet.push_value(take_value(*form, value));
        }
        inlet.end_row()?;
    }
    Ok(())
}

fn choose_options(reading: &ServerReading) -> Opts {
    let server = &reading.server;
    let options = OptsBuilder::new()
        .user(Some(&server.user))
        .pass(reading.password.as_ref().map(SecretText::reveal))
        .db_name(Some(&server.database))
        // The driver would otherwise ask the server for a socket and go there.
        .prefer_socket(false)
        .local_infile_handler(None)
        .stmt_cache_size(Some(0))
        .max_allowed_packet(Some(LONGEST_PACKET))
        .tcp_connect_timeout(Some(to_limit(server.connect_timeout)))
        .read_timeout(Some(to_limit(server.silence_timeout)))
        .write_timeout(Some(to_limit(server.silence_timeout)));
    let options = match &server.address {
        ServerAddress::Network { host, port } => {
            options.ip_or_hostname(Some(host)).tcp_port(port.unwrap_or(3306))
        }
        ServerAddress::Socket { path, .. } => options.socket(Some(path)),
    };
    match &reading.channel {
        Channel::Local => options.into(),
        Channel::Verified(authorities) => {
            options.ssl_opts(SslOpts::default().with_root_cert_path(authorities.clone())).into()
        }
    }
}

/// Begins the one transaction. Times come in UTC, texts in UTF-8.
fn begin_transaction(connection: &mut Conn, reading: &ServerReading) -> mysql::Result<()> {
    let version: Option<String> = connection.query_first("SELECT VERSION()")?;
    let limit = reading.server.statement_timeout.as_millis().clamp(1, 1 << 40);
    let limit = if version.is_some_and(|version| version.contains("MariaDB")) {
        format!("SET SESSION max_statement_time = {}.{:03}", limit / 1000, limit % 1000)
    } else {
        format!("SET SESSION max_execution_time = {limit}")
    };
    for statement in [
        "SET NAMES utf8mb4",
        "SET SESSION time_zone = '+00:00'",
        // A reader that waits is no reason for the server to hang up.
        "SET SESSION net_write_timeout = 3600",
        &limit,
        "SET SESSION TRANSACTION READ ONLY",
        "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
        "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
    ] {
        connection.query_drop(statement)?;
    }
    Ok(())
}

/// A snapshot holds for tables with transactions alone. Where the query may read another one, there
/// is none. A view may read any table.
fn find_isolation(connection: &mut Conn, extraction: &SqlExtraction) -> mysql::Result<Isolation> {
    let tables: Vec<(String, String, Option<String>)> = connection.query(
        "SELECT TABLE_NAME, TABLE_TYPE, ENGINE FROM information_schema.TABLES \
         WHERE TABLE_SCHEMA NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys')",
    )?;
    let is_view = |kind: &str| kind.contains("VIEW");
    let has_snapshot = |engine: &Option<String>| {
        engine.as_ref().is_some_and(|engine| ["innodb", "rocksdb"].contains(&engine.to_lowercase().as_str()))
    };
    let without =
        |(_, kind, engine): &&(String, String, Option<String>)| !is_view(kind) && !has_snapshot(engine);
    if !tables.iter().any(|table| without(&table)) {
        return Ok(Isolation::Snapshot);
    }
    let text = match extraction {
        SqlExtraction::Query(query) => query.to_lowercase(),
        SqlExtraction::Table { table, condition, .. } => {
            format!("{table} {}", condition.as_deref().unwrap_or_default()).to_lowercase()
        }
    };
    let suspects = tables.iter().filter(|table| is_view(&table.1) || without(table));
    let is_named = suspects.map(|(name, _, _)| name.to_lowercase()).any(|name| text.contains(&name));
    Ok(if is_named { Isolation::None } else { Isolation::Snapshot })
}

/// A duration of the policy. The driver takes no duration of nothing.
fn to_limit(duration: jiff::SignedDuration) -> Duration {
    to_std(duration).max(Duration::from_millis(1))
}
