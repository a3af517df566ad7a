//! SQLite: values of each kind, one snapshot, and nothing written.

use super::reading::{Extracted, assert_names, extract, query, table, text};
use crate::{Opening, open_source};
use portcullis_model::reconciliation::connector::{SqlExtraction, SqliteSettings};
use portcullis_model::reconciliation::{ConnectorSettings, Isolation};
use portcullis_reconcile::source::{RawValue, SourceError};
use rusqlite::Connection;
use std::path::Path;

fn settings(extraction: SqlExtraction) -> ConnectorSettings {
    let file = "records.db".to_string();
    ConnectorSettings::Sqlite(SqliteSettings { file, extraction, count_rows: true })
}

fn prepare(directory: &Path) -> Connection {
    let connection = Connection::open(directory.join("records.db")).unwrap();
    let setup = "CREATE TABLE records (id INTEGER, value); \
                 INSERT INTO records VALUES (1, NULL), (2, 9007199254740993), (3, 0.5), (4, 'Zoë'), (5, x'00ff'), \
                 (6, CAST(x'ff' AS TEXT))";
    connection.execute_batch(setup).unwrap();
    connection
}

fn read(extraction: SqlExtraction, columns: &[&str]) -> Result<Extracted, SourceError> {
    let directory = tempfile::tempdir().unwrap();
    prepare(directory.path());
    extract(&settings(extraction), columns, directory.path())
}

#[test]
fn values_come_as_the_database_has_them() {
    let extracted = read(table("records"), &["value"]).unwrap();
    let values: Vec<RawValue> = extracted.rows.into_iter().flatten().collect();
    let expected = [
        RawValue::Null,
        RawValue::Integer(9_007_199_254_740_993),
        RawValue::Float(0.5),
        text("Zoë"),
        RawValue::Bytes(vec![0, 255]),
        RawValue::Unreadable("its bytes are no text in utf-8".to_string()),
    ];
    assert_eq!(values, expected);
    assert_eq!((extracted.isolation, extracted.announced), (Isolation::Snapshot, Some(6)));
}

#[test]
fn a_query_and_a_condition_choose_rows() {
    let rows =
        read(query("SELECT id AS number FROM records WHERE id < 3 -- two;"), &["number"]).unwrap().rows;
    assert_eq!(rows, [[RawValue::Integer(1)], [RawValue::Integer(2)]]);
    let condition = Some("id = 3 OR id = 4".to_string());
    let chosen = SqlExtraction::Table { schema: None, table: "records".to_string(), condition };
    assert_eq!(read(chosen, &["id", "id"]).unwrap().rows[0], [RawValue::Integer(3), RawValue::Integer(3)]);
}

#[test]
fn a_name_is_a_name_and_nothing_else() {
    // In double quotes an unknown name is a text, in each row the same: all records would be equal.
    assert_names(&read(table("records"), &["valeu"]).unwrap_err(), "table records", "no such column");
    for name in ["value` FROM records; DROP TABLE records; --", "value\"", "1", "*", "count(*)"] {
        assert!(read(table("records"), &[name]).is_err(), "{name}");
    }
}

#[test]
fn nothing_is_written() {
    let directory = tempfile::tempdir().unwrap();
    prepare(directory.path());
    let before = std::fs::read(directory.path().join("records.db")).unwrap();
    for text in [
        "INSERT INTO records VALUES (7, 1) RETURNING id",
        "DELETE FROM records RETURNING id",
        "SELECT id FROM records) AS a; DELETE FROM records; SELECT * FROM (SELECT 1 AS id",
        "PRAGMA user_version = 5",
        "WITH a AS (SELECT 1) INSERT INTO records SELECT 1, 1 RETURNING id",
    ] {
        assert!(extract(&settings(query(text)), &["id"], directory.path()).is_err(), "{text}");
    }
    assert_eq!(std::fs::read(directory.path().join("records.db")).unwrap(), before);
}

#[test]
fn rows_are_those_of_one_moment() {
    let directory = tempfile::tempdir().unwrap();
    let writer = prepare(directory.path());
    writer.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())).unwrap();
    let many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000) \
                INSERT INTO records SELECT i, 'before' FROM n";
    writer.execute_batch(many).unwrap();
    let columns = ["value".to_string()];
    let opening = Opening { columns: &columns, directory: directory.path(), environment: &|_| None };
    let mut source = open_source(&settings(table("records")), &opening).unwrap();
    writer
        .execute_batch("UPDATE records SET value = 'after'; INSERT INTO records VALUES (0, 'after')")
        .unwrap();
    let (mut values, mut count) = (Vec::new(), 0);
    while source.read_row(&mut values).unwrap() {
        assert_ne!(values[0], text("after"));
        count += 1;
    }
    assert_eq!((count, source.announced_rows()), (50_006, Some(50_006)));
}

#[test]
fn what_is_no_database_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("records.db");
    let read = || extract(&settings(table("records")), &["id"], directory.path()).unwrap_err();
    assert_names(&read(), "records.db", "cannot be read");
    assert!(!path.exists(), "a file that is missing is not made");
    std::fs::write(&path, "SECRET ".repeat(200)).unwrap();
    assert_names(&read(), "records.db", "not a database");
    std::fs::remove_file(&path).unwrap();
    prepare(directory.path());
    // A file that was cut.
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    assert!(read().place.contains("records.db"));
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, "").unwrap();
    assert_names(&read(), "records.db", "no such table");
    #[cfg(unix)]
    {
        std::fs::rename(&path, directory.path().join("real.db")).unwrap();
        std::os::unix::fs::symlink(directory.path().join("real.db"), &path).unwrap();
        assert_names(&read(), "records.db", "a link");
    }
}
