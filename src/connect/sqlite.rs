//! A SQLite file, opened for reading, in one read transaction.

use crate::failure::{fail, fail_reading};
use crate::opening::{AnySource, Opening};
use crate::pump::{Beginning, PumpInlet, PumpedSource};
use crate::sql::{SqlDialect, SqlRequest};
use portcullis_model::reconciliation::Isolation;
use portcullis_model::reconciliation::connector::SqliteSettings;
use portcullis_reconcile::source::{RawValue, SourceError};
use rusqlite::config::DbConfig;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::time::Duration;

/// A backtick never becomes a text, as an unknown name in double quotes does.
const DIALECT: SqlDialect = SqlDialect { open: '`', close: '`', longest_name: 1 << 10 };

/// How long a writer may keep the file locked.
const BUSY: Duration = Duration::from_secs(30);

/// Opens the file and begins to read.
pub(crate) fn open(settings: &SqliteSettings, opening: &Opening<'_>) -> Result<AnySource, SourceError> {
    let path = opening.resolve_path(&settings.file);
    let name = path.display().to_string();
    let request = DIALECT.write_request(&name, &settings.extraction, settings.count_rows, opening.columns)?;
    let place = request.place.clone();
    let read = move |inlet: &mut PumpInlet| read_rows(&path, &request, inlet);
    Ok(Box::new(PumpedSource::start(&place, opening.columns.len(), read)?))
}

/// Counts, if that is asked for, and reads, in one transaction.
fn read_rows(path: &Path, request: &SqlRequest, inlet: &mut PumpInlet) -> Result<(), SourceError> {
    let connection = open_connection(path, &request.place)?;
    let fail_here = |error: rusqlite::Error| fail_query(&request.place, &error);
    let announced = match &request.count {
        Some(count) => {
            let rows: i64 = connection.query_row(count, [], |row| row.get(0)).map_err(fail_here)?;
            u64::try_from(rows).ok()
        }
        None => None,
    };
    let mut statement = connection.prepare(&request.select).map_err(fail_here)?;
    if !statement.readonly() {
        let remedy = "Write a SELECT that writes nothing.";
        return Err(fail(&request.place, "The query writes.", remedy));
    }
    let mut rows = statement.query([]).map_err(fail_here)?;
    inlet.begin(Beginning { isolation: Isolation::Snapshot, announced })?;
    loop {
        let place = |rows: u64| format!("{}, row {}", request.place, rows + 1);
        let row = rows.next().map_err(|error| fail_query(&place(inlet.rows()), &error))?;
        let Some(row) = row else { return Ok(()) };
        for at in &request.places {
            inlet.push_value(take_value(row.get_ref(*at).map_err(fail_here)?));
        }
        inlet.end_row()?;
    }
}

/// Opens the file for reading alone, without extensions, and begins the transaction.
fn open_connection(path: &Path, place: &str) -> Result<Connection, SourceError> {
    let metadata = std::fs::symlink_metadata(path).map_err(|error| fail_reading(place, &error))?;
    if !metadata.is_file() {
        let problem = "A regular file was required, and this is a link, a directory, a pipe or a device.";
        return Err(fail(place, problem, "Name the database file itself."));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_NOFOLLOW
        | OpenFlags::SQLITE_OPEN_EXRESCODE;
    // The directory is resolved first: only the file itself must be no link.
    let path = match (path.parent().map(std::fs::canonicalize), path.file_name()) {
        (Some(Ok(directory)), Some(name)) => directory.join(name),
        _ => path.to_path_buf(),
    };
    let prepare = || -> rusqlite::Result<Connection> {
        let connection = Connection::open_with_flags(&path, flags)?;
        connection.busy_timeout(BUSY)?;
        for (setting, on) in [
            (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
            (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
            (DbConfig::SQLITE_DBCONFIG_DQS_DML, false),
            (DbConfig::SQLITE_DBCONFIG_DQS_DDL, false),
        ] {
            connection.set_db_config(setting, on)?;
        }
        connection.execute_batch("PRAGMA query_only = ON; BEGIN")?;
        // The first read takes the snapshot, and tells a database from any other file.
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        Ok(connection)
    };
    prepare().map_err(|error| {
        let remedy = "Check that the file is a SQLite database, and that this account may read it and, \
                      where it is in WAL mode, its `-wal` and `-shm`.";
        fail(place, format!("The database cannot be opened: {}.", describe_error(&error)), remedy)
    })
}

fn take_value(from: ValueRef<'_>) -> RawValue {
    match from {
        ValueRef::Null => RawValue::Null,
        ValueRef::Integer(number) => RawValue::Integer(number.into()),
        ValueRef::Real(number) => RawValue::Float(number),
        ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => RawValue::Text(text.to_string()),
            Err(_) => RawValue::Unreadable("its bytes are no text in utf-8".to_string()),
        },
        ValueRef::Blob(bytes) => RawValue::Bytes(bytes.to_vec()),
    }
}

fn fail_query(place: &str, error: &rusqlite::Error) -> SourceError {
    let problem = format!("SQLite refused: {}.", describe_error(error));
    let remedy = "Try the query of the policy in `sqlite3 -readonly`. It has to be one SELECT that has the \
                  columns of the policy.";
    fail(place, problem, remedy)
}

/// What SQLite says, without the text of the statement.
fn describe_error(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
        rusqlite::Error::SqliteFailure(code, Some(message)) => format!("{message} ({code})"),
        other => other.to_string(),
    }
}
