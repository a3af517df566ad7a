//! One data set, written as each system writes it, gives one manifest.

mod written;

use super::reading::table;
use super::servers::{PASSWORD, Server, mariadb, postgresql};
use super::tds::kinds::Kind;
use super::tds::{Fault, Table, TdsServer};
use crate::{Opening, open_source};
use jiff::Timestamp;
use portcullis_model::reconciliation::connector::{
    CharacterSet, CsvSettings, DatabaseServer, FieldTrim, FixedColumn, FixedValue, FixedWidthSettings,
    HttpSettings, InputFiles, JsonLinesSettings, MemberPath, MysqlSettings, ParquetSettings, PositionUnit,
    PostgresqlSettings, RecordLayout, SecretPlace, ServerAddress, SqlServerSettings, SqliteSettings,
    TlsRequirement, XmlSettings,
};
use portcullis_model::reconciliation::field::BytesEncoding;
use portcullis_model::reconciliation::{ConnectorSettings, Dataset, DatasetField, FieldRule, SystemSettings};
use portcullis_reconcile::extract::{ExtractSettings, SORTED_AT_ONCE, extract_rows, list_columns};
use portcullis_reconcile::key::DatasetKey;
use portcullis_reconcile::manifest::ManifestForm;
use portcullis_wire::manifest::v1::{ManifestContentV1, ManifestV1};
use std::path::Path;
use tempfile::tempdir;
use written::RECORDS;

fn field(name: &str, rule: FieldRule) -> DatasetField {
    DatasetField { name: name.to_string(), source: name.to_string(), target: name.to_string(), rule }
}

fn dataset() -> Dataset {
    let text = FieldRule::Text { trim_end: true, empty_is_null: false };
    let instant =
        |zone: &str| FieldRule::Instant { zone: Some(zone.to_string()), digits: 6, format: String::new() };
    let words = |words: &[&str]| words.iter().map(ToString::to_string).collect();
    let truth =
        FieldRule::Boolean { truths: words(&["1", "t", "true"]), falsehoods: words(&["0", "f", "false"]) };
    Dataset {
        key: vec![field("id", text.clone())],
        fields: vec![
            field("name", text),
            field("amount", FieldRule::Decimal { scale: 3 }),
            field("big", FieldRule::Decimal { scale: 0 }),
            field("day", FieldRule::Date { format: String::new() }),
            field("at", instant("UTC")),
            field("local", instant("Europe/London")),
            field("live", truth),
            field("raw", FieldRule::Bytes { encoding: BytesEncoding::Hexadecimal }),
        ],
        ..Dataset::blank("uploads")
    }
}

/// What the connector gives, as a manifest.
fn make_manifest(connector: ConnectorSettings, directory: &Path) -> ManifestV1 {
    let dataset = dataset();
    let system = SystemSettings { connector, operation: None, sequence: None, time: None, reason: None };
    let columns = list_columns(&dataset, &system, ManifestContentV1::Source);
    let environment = |name: &str| (name == "PASSWORD").then(|| PASSWORD.to_string());
    let opening = Opening { columns: &columns, directory, environment: &environment };
    let mut source = open_source(&system.connector, &opening).unwrap();
    let settings = ExtractSettings {
        content: ManifestContentV1::Source,
        as_of: Timestamp::from_second(1_605_704_709).unwrap(),
        columns: true,
        only: None,
        threads: 1,
        sorted_at_once: SORTED_AT_ONCE,
        generator: "test",
        resumable: false,
        form: ManifestForm::Plain,
        place: Path::new(""),
    };
    let key = DatasetKey::read(b"0123456789abcdef0123456789abcdef").unwrap();
    let place = tempdir().unwrap();
    extract_rows(&dataset, &system, &mut *source, &key, &place.path().join("manifest"), &settings).unwrap()
}

/// Holds a connector's manifest against that of the CSV file: the digest of every bucket.
pub fn assert_same(name: &str, connector: ConnectorSettings, directory: &Path) {
    let csv = tempdir().unwrap();
    written::write_csv(&csv.path().join("records.csv"));
    let first = make_manifest(csv_settings(), csv.path());
    let manifest = make_manifest(connector, directory);
    assert_eq!(manifest.read, RECORDS.len() as u64, "{name}");
    assert_eq!(manifest.definition, first.definition, "{name}");
    let unlike = manifest.buckets.iter().zip(&first.buckets).filter(|(ours, csv)| ours != csv).count();
    assert_eq!(unlike, 0, "{name}: buckets have other digests");
}

fn csv_settings() -> ConnectorSettings {
    let files = InputFiles::matching("records.csv");
    ConnectorSettings::Csv(CsvSettings {
        null_texts: vec!["\\N".to_string()],
        ..CsvSettings::of_files(files)
    })
}

#[test]
fn json_lines_give_the_same_manifest() {
    let directory = tempdir().unwrap();
    std::fs::write(directory.path().join("records.jsonl"), written::write_json_lines()).unwrap();
    let settings = JsonLinesSettings {
        files: InputFiles::matching("records.jsonl"),
        characters: CharacterSet::Utf8,
        members: MemberPath::Name,
    };
    assert_same("jsonl", ConnectorSettings::JsonLines(settings), directory.path());
}

#[test]
fn records_of_fixed_width_give_the_same_manifest() {
    let directory = tempdir().unwrap();
    std::fs::write(directory.path().join("records.dat"), written::write_fixed()).unwrap();
    let mut first = 1;
    let columns = written::WIDTHS.map(|(name, length)| {
        let value = if name == "amount" { FixedValue::Digits { scale: 3 } } else { FixedValue::Text };
        let column = FixedColumn { name: name.to_string(), first, length, trim: FieldTrim::End, value };
        first += length;
        column
    });
    let settings = FixedWidthSettings {
        files: InputFiles::matching("records.dat"),
        characters: CharacterSet::Utf16Le,
        positions: PositionUnit::Characters,
        records: RecordLayout::Length((first - 1) * 2),
        columns: columns.to_vec(),
        null_texts: vec!["~".to_string()],
        header: None,
        trailer: None,
    };
    assert_same("fixed", ConnectorSettings::FixedWidth(settings), directory.path());
}

#[test]
fn xml_gives_the_same_manifest() {
    let directory = tempdir().unwrap();
    std::fs::write(directory.path().join("records.xml"), written::write_xml()).unwrap();
    let settings = XmlSettings {
        files: InputFiles::matching("records.xml"),
        characters: CharacterSet::Utf8,
        record: "record".to_string(),
        count: Some("batch/@records".to_string()),
    };
    assert_same("xml", ConnectorSettings::Xml(settings), directory.path());
}

#[test]
fn parquet_gives_the_same_manifest() {
    let directory = tempdir().unwrap();
    written::write_parquet(&directory.path().join("records.parquet"));
    let files = InputFiles::matching("records.parquet");
    assert_same("parquet", ConnectorSettings::Parquet(ParquetSettings { files }), directory.path());
}

#[test]
fn an_api_gives_the_same_manifest() {
    let lines = written::write_json_lines();
    let items = lines.trim_end().replace('\n', ",");
    let (url, _) = super::http::serve(vec![super::http::answer(&format!("[{items}]"))]);
    assert_same("http", ConnectorSettings::Http(HttpSettings::of_url(&url)), Path::new("/"));
}

/// Writes the records into a new database.
pub fn fill_sqlite(path: &Path) {
    let connection = rusqlite::Connection::open(path).unwrap();
    let create = "CREATE TABLE same_records (id TEXT, name TEXT, amount TEXT, big INTEGER, day TEXT, at TEXT, local TEXT, \
                  live INTEGER, raw BLOB)";
    connection.execute_batch(create).unwrap();
    connection.execute_batch(&written::write_inserts("same_records", |bytes| format!("x'{bytes}'"))).unwrap();
}

#[test]
fn sqlite_gives_the_same_manifest() {
    let directory = tempdir().unwrap();
    fill_sqlite(&directory.path().join("records.db"));
    let settings = SqliteSettings {
        file: "records.db".to_string(),
        extraction: table("same_records"),
        count_rows: true,
    };
    assert_same("sqlite", ConnectorSettings::Sqlite(settings), directory.path());
}

fn at_socket(server: &Server, path: &Path, database: &str) -> DatabaseServer {
    let address = ServerAddress::Socket { path: path.display().to_string(), port: Some(server.port) };
    let password = Some(SecretPlace::Environment("PASSWORD".to_string()));
    DatabaseServer { password, count_rows: true, ..DatabaseServer::at(address, database, "reader") }
}

/// Writes the records into a new table.
pub fn fill_postgresql(server: &Server, table: &str) {
    server.run_sql(&format!(
        "CREATE TABLE {table} (id char(8), name varchar(40), amount numeric(20,3), big bigint, day date, \
         at timestamptz, local timestamp, live boolean, raw bytea); GRANT SELECT ON {table} TO reader"
    ));
    server.run_sql(&written::write_inserts(table, |bytes| format!("'\\x{bytes}'")));
}

#[test]
fn postgresql_gives_the_same_manifest() {
    let Some(server) = postgresql() else { return };
    fill_postgresql(&server, "same_records");
    let server = at_socket(&server, server.path(), "postgres");
    let settings = PostgresqlSettings { server, extraction: table("same_records") };
    assert_same("postgresql", ConnectorSettings::Postgresql(settings), Path::new("/"));
}

#[test]
fn mariadb_gives_the_same_manifest() {
    let Some(server) = mariadb() else { return };
    server.run_sql(
        "CREATE TABLE same_records (id CHAR(8), name VARCHAR(40), amount DECIMAL(20,3), big BIGINT, day DATE, \
         at TIMESTAMP(6) NULL, local DATETIME(6), live TINYINT(1), raw VARBINARY(20)) CHARACTER SET utf8mb4",
    );
    // The server's own texts of points in time have no zone.
    let inserts = written::write_inserts("same_records", |bytes| format!("x'{bytes}'")).replace("Z'", "'");
    server.run_sql(&format!("SET time_zone = '+00:00'; {inserts}"));
    let server = at_socket(&server, &server.path().join("mariadb.sock"), "test");
    let settings = MysqlSettings { server, extraction: table("same_records") };
    assert_same("mysql", ConnectorSettings::Mysql(settings), Path::new("/"));
}

#[test]
fn sqlserver_gives_the_same_manifest() {
    let columns = [
        ("id", Kind::Char(8)),
        ("name", Kind::NVarChar(40)),
        ("amount", Kind::Decimal(20, 3)),
        ("big", Kind::BigInt),
        ("day", Kind::Date),
        ("at", Kind::DateTimeOffset(7)),
        ("local", Kind::DateTime2(6)),
        ("live", Kind::Bit),
        ("raw", Kind::VarBinary(20)),
    ];
    let server =
        TdsServer::start(vec![Table::new("same_records", &columns, written::write_cells())], Fault::None);
    let address = ServerAddress::Network { host: "127.0.0.1".to_string(), port: Some(server.port) };
    let password = Some(SecretPlace::Environment("PASSWORD".to_string()));
    let server = DatabaseServer {
        password,
        count_rows: true,
        tls: TlsRequirement::Off,
        ..DatabaseServer::at(address, "records", "reader")
    };
    let settings = SqlServerSettings { server, extraction: table("same_records") };
    assert_same("sqlserver", ConnectorSettings::SqlServer(settings), Path::new("/"));
}

#[test]
fn a_record_that_differs_gives_another_manifest() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("records.csv");
    written::write_csv(&path);
    let honest = make_manifest(csv_settings(), directory.path());
    let text = std::fs::read_to_string(&path).unwrap();
    for (from, to) in [
        ("9007199254740993", "9007199254740992"),
        ("-12.500", "-12.501"),
        ("\"two\nlines\"", "\"two\r\nlines\""),
        ("00:59:59.123456", "00:59:59.123457"),
        ("\\N", ""),
    ] {
        std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
        assert_ne!(make_manifest(csv_settings(), directory.path()).buckets, honest.buckets, "{from:?}");
    }
}
