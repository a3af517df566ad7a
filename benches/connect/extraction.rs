//! How fast connectors read, beside the tool that does nothing else, on the same rows in one run:
//! PostgreSQL beside `psql COPY … TO` a file, CSV beside the bare reader of the crate `csv`. Each
//! is also read into a manifest: canonical forms, keyed digests, sorted buckets.
//!
//! `cargo bench -p portcullis-connect --features all` is the long run; under `cargo test --benches`
//! it is short, and its figures mean nothing.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods, reason = "a benchmark")]
#![allow(missing_docs, dead_code, reason = "a benchmark, with the servers of the tests")]

#[path = "../../src/connect/tests/servers.rs"]
mod servers;

use portcullis_connect::{Opening, open_source};
use portcullis_model::reconciliation::connector::{
    CsvSettings, DatabaseServer, InputFiles, PostgresqlSettings, ServerAddress, SqlExtraction,
};
use portcullis_model::reconciliation::{ConnectorSettings, Dataset, DatasetField, FieldRule, SystemSettings};
use portcullis_reconcile::extract::{ExtractSettings, SORTED_AT_ONCE, extract_rows, list_columns};
use portcullis_reconcile::key::DatasetKey;
use portcullis_reconcile::manifest::ManifestForm;
use portcullis_wire::manifest::v1::ManifestContentV1;
use std::fs::File;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Rows of a long run and of a short one.
const ROWS: (u64, u64) = (2_000_000, 20_000);
const ROUNDS: u32 = 3;
const COLUMNS: [&str; 6] = ["id", "name", "amount", "day", "at", "note"];

fn main() {
    let is_long = std::env::args().any(|argument| argument == "--bench");
    let rows = if is_long { ROWS.0 } else { ROWS.1 };
    compare_csv(rows);
    compare_postgresql(rows);
}

/// The shortest of several rounds of each, taken in turns, so that other work meets both.
fn compare(name: &str, rows: u64, mut bare: impl FnMut(), mut ours: impl FnMut() -> u64) {
    let (mut shortest_bare, mut shortest_ours) = (Duration::MAX, Duration::MAX);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        bare();
        shortest_bare = shortest_bare.min(start.elapsed());
        let start = Instant::now();
        assert_eq!(ours(), rows);
        shortest_ours = shortest_ours.min(start.elapsed());
    }
    let ratio = shortest_bare.as_secs_f64() / shortest_ours.as_secs_f64();
    println!(
        "{name}: {rows} rows, bare {shortest_bare:.2?}, ours {shortest_ours:.2?}: {:.0} % of its rate",
        ratio * 100.0
    );
}

fn read_rows(settings: &ConnectorSettings, columns: &[&str], directory: &Path) -> u64 {
    let columns: Vec<String> = columns.iter().map(ToString::to_string).collect();
    let environment = |_: &str| Some(servers::PASSWORD.to_string());
    let opening = Opening { columns: &columns, directory, environment: &environment };
    let mut source = open_source(settings, &opening).unwrap();
    let (mut values, mut rows) = (Vec::new(), 0);
    while source.read_row(&mut values).unwrap() {
        rows += 1;
    }
    rows
}

/// What the rows mean: a key and five fields, one of each kind.
fn dataset() -> Dataset {
    let field = |name: &str, rule| DatasetField {
        name: name.to_string(),
        source: name.to_string(),
        target: name.to_string(),
        rule,
    };
    let text = FieldRule::Text { trim_end: true, empty_is_null: false };
    let instant = FieldRule::Instant { zone: Some("UTC".to_string()), digits: 3, format: String::new() };
    Dataset {
        key: vec![field("id", FieldRule::Decimal { scale: 0 })],
        fields: vec![
            field("name", text.clone()),
            field("amount", FieldRule::Decimal { scale: 2 }),
            field("day", FieldRule::Date { format: String::new() }),
            field("at", instant),
            field("note", text),
        ],
        ..Dataset::blank("large")
    }
}

/// Reads everything into a manifest; returns its rows.
fn write_manifest(connector: &ConnectorSettings, directory: &Path) -> u64 {
    let dataset = dataset();
    let connector = connector.clone();
    let system = SystemSettings { connector, operation: None, sequence: None, time: None, reason: None };
    let columns = list_columns(&dataset, &system, ManifestContentV1::Target);
    let environment = |_: &str| Some(servers::PASSWORD.to_string());
    let opening = Opening { columns: &columns, directory, environment: &environment };
    let mut source = open_source(&system.connector, &opening).unwrap();
    let settings = ExtractSettings {
        content: ManifestContentV1::Target,
        as_of: jiff::Timestamp::UNIX_EPOCH,
        columns: false,
        only: None,
        threads: std::thread::available_parallelism().unwrap().get(),
        sorted_at_once: SORTED_AT_ONCE,
        generator: "benchmark",
        resumable: true,
        form: ManifestForm::Plain,
        place: Path::new(""),
    };
    let key = DatasetKey::read(b"0123456789abcdef0123456789abcdef").unwrap();
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("manifest");
    extract_rows(&dataset, &system, &mut *source, &key, &path, &settings).unwrap().rows
}

fn compare_csv(rows: u64) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("records.csv");
    let mut text = "id,name,amount,day,at,note\n".to_string();
    for number in 0..rows {
        let note = if number % 10 == 0 { "\"a, b\"" } else { "nothing" };
        text.push_str(&format!(
            "{number},name of {number},{number}.25,2020-11-18,2020-11-18T13:05:09Z,{note}\n"
        ));
    }
    std::fs::write(&path, text).unwrap();
    let settings = ConnectorSettings::Csv(CsvSettings::of_files(InputFiles::matching("records.csv")));
    let bare = || {
        let mut reader = csv::Reader::from_path(&path).unwrap();
        let (mut record, mut count) = (csv::StringRecord::new(), 0);
        while reader.read_record(&mut record).unwrap() {
            count += 1;
        }
        assert_eq!(count, rows);
    };
    compare("CSV beside `csv`", rows, bare, || read_rows(&settings, &COLUMNS, directory.path()));
    compare("CSV into a manifest beside `csv`", rows, bare, || write_manifest(&settings, directory.path()));
}

fn compare_postgresql(rows: u64) {
    let Some(server) = servers::start_postgresql() else { return };
    server.run_sql(&format!(
        "CREATE TABLE large AS SELECT i AS id, 'name of ' || i AS name, (i * 0.25)::numeric(12,2) AS amount, \
         '2020-11-18'::date + (i % 365)::int AS day, '2020-11-18 13:05:09.25+00'::timestamptz + i * interval '1 second' AS at, \
         md5(i::text) AS note FROM generate_series(1, {rows}) i; GRANT SELECT ON large TO reader"
    ));
    let address =
        ServerAddress::Socket { path: server.path().display().to_string(), port: Some(server.port) };
    let extraction = SqlExtraction::Table { schema: None, table: "large".to_string(), condition: None };
    let settings =
        PostgresqlSettings { server: DatabaseServer::at(address, "postgres", "reader"), extraction };
    let settings = ConnectorSettings::Postgresql(settings);
    let bare = || {
        let file = File::create(server.path().join("large.copy")).unwrap();
        let mut psql = server.client("COPY large TO STDOUT");
        assert!(psql.stdin(Stdio::null()).stdout(file).status().unwrap().success());
    };
    compare("PostgreSQL beside `psql COPY`", rows, bare, || read_rows(&settings, &COLUMNS, Path::new("/")));
    compare("PostgreSQL into a manifest beside `psql COPY`", rows, bare, || {
        write_manifest(&settings, Path::new("/"))
    });
}
