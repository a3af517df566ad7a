//! ODBC, through unixODBC with the drivers of SQLite and PostgreSQL.

use super::databases::{assert_death_is_no_end, assert_one_moment, password_place, read};
use super::reading::{assert_names, extract_with, query, table, text};
use super::same_records::{assert_same, fill_postgresql, fill_sqlite};
use super::servers::{Server, postgresql, start_postgresql};
use crate::{Opening, open_source};
use jiff::SignedDuration;
use jiff::civil::date;
use portcullis_model::reconciliation::connector::{OdbcSettings, SqlExtraction};
use portcullis_model::reconciliation::{ConnectorSettings, Isolation};
use portcullis_reconcile::source::RawValue;
use std::path::Path;

/// Whether a driver of this name is installed.
fn has_driver(name: &str) -> bool {
    let installed = std::fs::read_to_string("/etc/odbcinst.ini").unwrap_or_default();
    let is_there = installed.contains(&format!("[{name}]"));
    if !is_there {
        println!("left out: the ODBC driver {name} is not installed");
    }
    is_there
}

fn settings(connection: String, extraction: SqlExtraction) -> OdbcSettings {
    OdbcSettings {
        connection,
        user: None,
        password: None,
        extraction,
        statement_timeout: SignedDuration::from_secs(60),
        count_rows: true,
    }
}

/// A SQLite file, whose rows come one after the other.
fn by_file(path: &Path, extraction: SqlExtraction) -> ConnectorSettings {
    let connection = format!("Driver=SQLite3;Database={};StepAPI=1;BigInt=1", path.display());
    ConnectorSettings::Odbc(settings(connection, extraction))
}

/// PostgreSQL, whose rows come in batches and whose times are in UTC.
fn by_socket(server: &Server, extraction: SqlExtraction) -> ConnectorSettings {
    let connection = format!(
        "Driver=PostgreSQL Unicode;Server={};Port={};Database=postgres;UseDeclareFetch=1;Fetch=100;\
         ConnSettings={{SET TIME ZONE 'UTC'}}",
        server.path().display(),
        server.port
    );
    let user = Some("reader".to_string());
    ConnectorSettings::Odbc(OdbcSettings {
        user,
        password: password_place(),
        ..settings(connection, extraction)
    })
}

#[test]
fn odbc_gives_the_manifest_of_sqlite() {
    if !has_driver("SQLite3") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("records.db");
    fill_sqlite(&path);
    assert_same("odbc, SQLite", by_file(&path, table("same_records")), directory.path());
}

#[test]
fn odbc_gives_the_manifest_of_postgresql() {
    let Some(server) = postgresql().filter(|_| has_driver("PostgreSQL Unicode")) else { return };
    server.run_sql("CREATE SCHEMA by_odbc; GRANT USAGE ON SCHEMA by_odbc TO reader");
    fill_postgresql(&server, "by_odbc.same_records");
    let schema = Some("by_odbc".to_string());
    let extraction = SqlExtraction::Table { schema, table: "same_records".to_string(), condition: None };
    assert_same("odbc, PostgreSQL", by_socket(&server, extraction), Path::new("/"));
}

#[test]
fn odbc_gives_each_type_as_what_it_is() {
    let Some(server) = postgresql().filter(|_| has_driver("PostgreSQL Unicode")) else { return };
    let types = "SELECT 32767::int2 AS a_int2, 9007199254740993::int8 AS a_int8, 3.3::float4 AS a_float4, \
                 0.1::float8 AS a_float8, (-0.0001000)::numeric(20,7) AS a_numeric, ('Zo' || chr(235))::varchar AS a_text, \
                 repeat('ab', 40000)::text AS a_long, '\\x00ff'::bytea AS a_bytea, '2020-11-18'::date AS a_date, \
                 '2020-11-18 13:05:09.25'::timestamp AS a_local, '2020-11-18 13:05:09.25+02'::timestamptz AS a_instant, \
                 NULL::int AS a_null, ''::text AS a_empty";
    let local = |hour: i8| RawValue::LocalTime(date(2020, 11, 18).at(hour, 5, 9, 250_000_000));
    let expected = [
        ("a_int2", RawValue::Integer(32767)),
        ("a_int8", RawValue::Integer(9_007_199_254_740_993)),
        ("a_float4", RawValue::Float(3.3)),
        ("a_float8", RawValue::Float(0.1)),
        ("a_numeric", RawValue::Decimal("-0.0001000".to_string())),
        ("a_text", text("Zoë")),
        ("a_long", text(&"ab".repeat(40_000))),
        ("a_bytea", RawValue::Bytes(vec![0, 255])),
        ("a_date", RawValue::Date(date(2020, 11, 18))),
        ("a_local", local(13)),
        ("a_instant", local(11)),
        ("a_null", RawValue::Null),
        ("a_empty", text("")),
    ];
    let columns: Vec<&str> = expected.iter().map(|(name, _)| *name).collect();
    let extracted = read(&by_socket(&server, query(types)), &columns).unwrap();
    for ((name, value), found) in expected.iter().zip(&extracted.rows[0]) {
        assert!(found == value, "{name}: {found:.60?}");
    }
    assert_eq!((extracted.isolation, extracted.announced), (Isolation::Repeatable, Some(1)));
}

#[test]
fn odbc_reads_one_moment_of_postgresql() {
    let Some(server) = start_postgresql().filter(|_| has_driver("PostgreSQL Unicode")) else { return };
    server.run_sql(
        "CREATE TABLE moving AS SELECT i, 'before'::varchar AS v FROM generate_series(1, 100000) i; \
         CREATE TABLE large AS SELECT i, repeat('x', 500) AS v FROM generate_series(1, 200000) i; \
         GRANT SELECT ON moving, large TO reader",
    );
    let extracted = assert_one_moment(&server, &by_socket(&server, table("moving")));
    assert_eq!(extracted.isolation, Isolation::Repeatable);
    let large = by_socket(&server, table("large"));
    assert_death_is_no_end(server, &large);
}

#[test]
fn odbc_reads_one_moment_of_sqlite() {
    if !has_driver("SQLite3") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("records.db");
    let writer = rusqlite::Connection::open(&path).unwrap();
    writer.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())).unwrap();
    let fill = "CREATE TABLE moving (i INTEGER, v TEXT); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n \
                WHERE i < 50000) INSERT INTO moving SELECT i, 'before' FROM n";
    writer.execute_batch(fill).unwrap();
    let columns = ["v".to_string()];
    let opening = Opening { columns: &columns, directory: directory.path(), environment: &|_| None };
    let mut source = open_source(&by_file(&path, table("moving")), &opening).unwrap();
    writer.execute_batch("UPDATE moving SET v = 'after'; INSERT INTO moving VALUES (0, 'after')").unwrap();
    let (mut values, mut count) = (Vec::new(), 0);
    while source.read_row(&mut values).unwrap() {
        assert_eq!(values[0], text("before"));
        count += 1;
    }
    assert_eq!((count, source.announced_rows()), (50_000, Some(50_000)));
    assert_eq!(source.isolation(), Isolation::Snapshot);
}

#[test]
fn odbc_writes_nothing() {
    let Some(server) = postgresql().filter(|_| has_driver("PostgreSQL Unicode")) else { return };
    server.run_sql(
        "CREATE TABLE kept_by_odbc (id int); INSERT INTO kept_by_odbc VALUES (1); GRANT ALL ON kept_by_odbc TO reader; \
         CREATE FUNCTION write_by_odbc() RETURNS int LANGUAGE sql AS \
         'INSERT INTO public.kept_by_odbc VALUES (2) RETURNING id'",
    );
    for text in [
        "INSERT INTO kept_by_odbc VALUES (2) RETURNING id",
        "SELECT write_by_odbc() AS id",
        "SELECT 1 AS id) AS a; COMMIT; DELETE FROM kept_by_odbc; SELECT id FROM (SELECT 1 AS id",
        "DELETE FROM kept_by_odbc RETURNING id",
    ] {
        let error = read(&by_socket(&server, query(text)), &["id"]).unwrap_err();
        assert!(!error.remedy.is_empty(), "{text}: {error}");
    }
    let rows = read(&by_socket(&server, table("kept_by_odbc")), &["id"]).unwrap().rows;
    assert_eq!(rows, [[RawValue::Integer(1)]]);
    if !has_driver("SQLite3") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("records.db");
    fill_sqlite(&path);
    let before = std::fs::read(&path).unwrap();
    for text in [
        "DELETE FROM same_records RETURNING id",
        "SELECT id FROM same_records) AS a; DELETE FROM same_records; --",
    ] {
        assert!(read(&by_file(&path, query(text)), &["id"]).is_err(), "{text}");
    }
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn odbc_takes_names_as_names_and_its_errors_tell_no_content() {
    let Some(server) = postgresql().filter(|_| has_driver("PostgreSQL Unicode")) else { return };
    server.run_sql(
        "CREATE TABLE odbc_named (\"a\"\"b\" int, \"Upper\" varchar); INSERT INTO odbc_named VALUES (1, 'SECRET'); \
         GRANT SELECT ON odbc_named TO reader",
    );
    let rows = read(&by_socket(&server, table("odbc_named")), &["a\"b", "Upper", "a\"b"]).unwrap().rows;
    assert_eq!(rows, [[RawValue::Integer(1), text("SECRET"), RawValue::Integer(1)]]);
    for name in ["upper", "a\" FROM odbc_named --", "1", "*"] {
        let error = read(&by_socket(&server, table("odbc_named")), &[name]).unwrap_err();
        assert_names(&error, "odbc, table odbc_named", "does not exist");
    }
    let cast = query("SELECT \"Upper\"::int AS id FROM odbc_named");
    assert_names(&read(&by_socket(&server, cast), &["id"]).unwrap_err(), "query", "not repeated");
    if !has_driver("SQLite3") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("records.db");
    fill_sqlite(&path);
    // In quotation marks alone the name would be a text, in each row the same: all records equal.
    let error = read(&by_file(&path, table("same_records")), &["naem"]).unwrap_err();
    assert_names(&error, "table same_records", "no such column");
}

#[test]
fn odbc_names_what_is_missing_and_shows_no_password() {
    let missing = settings("Driver=No such driver;Server=x".to_string(), query("SELECT 1 AS id"));
    let error = read(&ConnectorSettings::Odbc(missing), &["id"]).unwrap_err();
    assert_names(&error, "odbc", "The driver refused");
    assert!(error.remedy.contains("odbcinst"), "{error}");
    let Some(server) = postgresql().filter(|_| has_driver("PostgreSQL Unicode")) else { return };
    let ConnectorSettings::Odbc(honest) = by_socket(&server, query("SELECT 1 AS id")) else { unreachable!() };
    let connection = honest.connection.replace("Database=postgres", "Database=plain;SSLmode=disable");
    let at = format!("Server={}", server.path().display());
    let ask = ConnectorSettings::Odbc(OdbcSettings {
        connection: connection.replace(&at, "Server=127.0.0.1"),
        ..honest
    });
    assert_eq!(read(&ask, &["id"]).unwrap().rows.len(), 1);
    let wrong = |_: &str| Some("SECRET;password}x".to_string());
    let error = extract_with(&ask, &["id"], Path::new("/"), &wrong).unwrap_err();
    assert_names(&error, "odbc", "password authentication failed");
}
