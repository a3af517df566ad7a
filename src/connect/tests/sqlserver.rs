//! SQL Server, on a double of it: types, the snapshot, what is refused, and servers that fail.

mod clients;

use super::databases::{
    assert_authority_is_verified, assert_no_tls_is_refused, environment, password_place, read,
};
use super::reading::{assert_names, extract_with, query, table, text};
use super::tds::kinds::Kind;
use super::tds::login::write_greeting;
use super::tds::tokens::Cells;
use super::tds::{Fault, Table, TdsServer};
use crate::{Opening, open_source};
use jiff::SignedDuration;
use jiff::civil::date;
use portcullis_model::reconciliation::connector::{
    DatabaseServer, ServerAddress, SqlExtraction, SqlServerSettings, TlsRequirement,
};
use portcullis_model::reconciliation::{ConnectorSettings, Isolation};
use portcullis_reconcile::source::{RawValue, SourceError};
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

fn at(port: u16, host: &str) -> DatabaseServer {
    let address = ServerAddress::Network { host: host.to_string(), port: Some(port) };
    DatabaseServer { password: password_place(), ..DatabaseServer::at(address, "records", "reader") }
}

fn plain(server: &TdsServer) -> DatabaseServer {
    DatabaseServer { tls: TlsRequirement::Off, count_rows: true, ..at(server.port, "127.0.0.1") }
}

fn settings(server: DatabaseServer, extraction: SqlExtraction) -> ConnectorSettings {
    ConnectorSettings::SqlServer(SqlServerSettings { server, extraction })
}

/// A table of so many rows, which fill several packets.
fn large(rows: usize) -> Table {
    let row = |at: usize| -> Cells { vec![Some(at.to_string()), Some("x".repeat(500))] };
    Table::new("large", &[("i", Kind::Int), ("v", Kind::VarChar(900))], (0..rows).map(row).collect())
}

#[test]
fn each_type_comes_as_what_it_is() {
    let decimal = |text: &str| RawValue::Decimal(text.to_string());
    let local = date(2020, 11, 18).at(13, 5, 9, 250_000_000);
    let unreadable = |why: &str| RawValue::Unreadable(why.to_string());
    let cases: Vec<(&str, Kind, Option<&str>, RawValue)> = vec![
        ("a_bit", Kind::Bit, Some("1"), RawValue::Boolean(true)),
        ("a_tiny", Kind::TinyInt, Some("255"), RawValue::Integer(255)),
        ("a_small", Kind::SmallInt, Some("-32768"), RawValue::Integer(-32768)),
        ("a_int", Kind::Int, Some("-2147483648"), RawValue::Integer(-2_147_483_648)),
        ("a_big", Kind::BigInt, Some("9007199254740993"), RawValue::Integer(9_007_199_254_740_993)),
        ("a_real", Kind::Real, Some("3.3"), RawValue::Float(3.3)),
        ("a_float", Kind::Float, Some("0.1"), RawValue::Float(0.1)),
        ("a_decimal", Kind::Decimal(12, 3), Some("-0.100"), decimal("-0.100")),
        (
            "a_long",
            Kind::Decimal(38, 2),
            Some("-999999999999999999999999999999999999.99"),
            decimal("-999999999999999999999999999999999999.99"),
        ),
        // A floating-point number has no room for it.
        ("a_money", Kind::Money, Some("922337203685477.5807"), decimal("922337203685477.5807")),
        ("a_low", Kind::Money, Some("-922337203685477.5808"), decimal("-922337203685477.5808")),
        ("a_small_money", Kind::SmallMoney, Some("-0.1"), decimal("-0.1000")),
        ("a_char", Kind::Char(5), Some("ab"), text("ab   ")),
        ("a_varchar", Kind::VarChar(9), Some("Zoë €  "), text("Zoë €  ")),
        ("a_nchar", Kind::NChar(4), Some("≠"), text("≠   ")),
        ("a_nvarchar", Kind::NVarChar(20), Some("Zoe\u{308} 😀"), text("Zoe\u{308} 😀")),
        ("a_max", Kind::NVarCharMax, Some("long"), text("long")),
        ("a_empty", Kind::NVarChar(20), Some(""), text("")),
        ("a_binary", Kind::Binary(3), Some("00ff"), RawValue::Bytes(vec![0, 255, 0])),
        ("a_varbinary", Kind::VarBinary(4), Some("00ff"), RawValue::Bytes(vec![0, 255])),
        ("a_blob", Kind::VarBinaryMax, Some("00ff"), RawValue::Bytes(vec![0, 255])),
        ("a_date", Kind::Date, Some("2020-11-18"), RawValue::Date(date(2020, 11, 18))),
        ("a_first", Kind::Date, Some("0001-01-01"), RawValue::Date(date(1, 1, 1))),
        ("a_last", Kind::Date, Some("9999-12-31"), RawValue::Date(date(9999, 12, 31))),
        ("a_time", Kind::Time(7), Some("13:05:09.2500001"), text("13:05:09.2500001")),
        ("a_clock", Kind::Time(0), Some("13:05:00"), text("13:05:00")),
        (
            "a_datetime",
            Kind::DateTime,
            Some("2020-11-18T23:59:59.997"),
            RawValue::LocalTime(date(2020, 11, 18).at(23, 59, 59, 997_000_000)),
        ),
        (
            "a_old",
            Kind::DateTime,
            Some("1753-01-01T00:00:00.003"),
            RawValue::LocalTime(date(1753, 1, 1).at(0, 0, 0, 3_000_000)),
        ),
        (
            "a_minute",
            Kind::SmallDateTime,
            Some("2079-06-06T23:59:00"),
            RawValue::LocalTime(date(2079, 6, 6).at(23, 59, 0, 0)),
        ),
        ("a_local", Kind::DateTime2(2), Some("2020-11-18T13:05:09.25"), RawValue::LocalTime(local)),
        (
            "a_end",
            Kind::DateTime2(7),
            Some("9999-12-31T23:59:59.9999999"),
            RawValue::LocalTime(date(9999, 12, 31).at(23, 59, 59, 999_999_900)),
        ),
        (
            "a_instant",
            Kind::DateTimeOffset(7),
            Some("2020-11-18T13:05:09.25+05:30"),
            RawValue::Instant("2020-11-18T07:35:09.25Z".parse().unwrap()),
        ),
        (
            "a_guid",
            Kind::Guid,
            Some("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
            text("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
        ),
        ("a_xml", Kind::Xml, Some("<a>1</a>"), text("<a>1</a>")),
        ("a_nan", Kind::Float, Some("NaN"), unreadable("it is no finite number")),
        ("a_null", Kind::NVarChar(3), None, RawValue::Null),
        ("a_null_money", Kind::Money, None, RawValue::Null),
        ("a_null_time", Kind::DateTimeOffset(3), None, RawValue::Null),
    ];
    let cells: Vec<_> = cases.iter().map(|(name, kind, cell, _)| (*name, *kind, *cell)).collect();
    let server = TdsServer::start(vec![Table::of_row("types", &cells)], Fault::None);
    let columns: Vec<&str> = cases.iter().map(|(name, ..)| *name).collect();
    let extracted = read(&settings(plain(&server), table("types")), &columns).unwrap();
    for ((name, .., value), found) in cases.iter().zip(&extracted.rows[0]) {
        assert_eq!(found, value, "{name}");
    }
    assert_eq!((extracted.isolation, extracted.announced), (Isolation::Snapshot, Some(1)));
}

#[test]
fn a_column_without_one_type_is_refused() {
    let cells = [("id", Kind::Int, Some("1")), ("v", Kind::Variant, Some("7"))];
    let server = TdsServer::start(vec![Table::of_row("types", &cells)], Fault::None);
    let error = read(&settings(plain(&server), table("types")), &["id", "v"]).unwrap_err();
    assert_names(&error, "table types", "[v] has a type");
    assert!(error.remedy.contains("CAST"), "{error}");
    assert_eq!(read(&settings(plain(&server), table("types")), &["id"]).unwrap().rows.len(), 1);
}

#[test]
fn rows_are_those_of_one_snapshot_that_is_rolled_back() {
    let server = TdsServer::start(vec![large(100)], Fault::None);
    let extracted = read(&settings(plain(&server), table("large")), &["v", "i", "v"]).unwrap();
    assert_eq!((extracted.rows.len(), extracted.announced), (100, Some(100)));
    assert_eq!(extracted.rows[99][1], RawValue::Integer(99));
    let begins: Vec<String> = server.batches().iter().map(|batch| batch.chars().take(22).collect()).collect();
    let expected = [
        "SET TEXTSIZE 214748364",
        "SELECT CAST(transactio",
        "SELECT COUNT_BIG(*) AS",
        "SELECT TOP (0) [i], [v",
        "SELECT [i], CAST([v] A",
        "ROLLBACK TRANSACTION",
    ];
    assert_eq!(begins, expected);
    let begin = &server.batches()[0];
    let (level, transaction) = begin.split_once("SET TRANSACTION ISOLATION LEVEL SNAPSHOT").unwrap();
    assert!(level.contains("ROWCOUNT 0") && transaction.contains("BEGIN TRANSACTION"), "{begin}");
    let login = &server.logins()[0];
    assert_eq!((&*login.database, &*login.application, login.reads_only), ("records", "portcullis", true));
}

#[test]
fn nothing_is_sent_that_could_write_or_lock() {
    let server = TdsServer::start(vec![Table::of_row("kept", &[("id", Kind::Int, Some("1"))])], Fault::None);
    let refused = [
        "SELECT 1 AS id) AS a DELETE FROM kept SELECT id FROM (SELECT 1 AS id",
        "SELECT 1 AS id) AS a; DELETE FROM kept; SELECT id FROM (SELECT 1 AS id",
        "SELECT 1 AS id; DELETE FROM kept; SELECT 1 AS id",
        "SELECT 1 AS id -- \r) AS a DELETE FROM kept --",
        "SELECT id FROM kept WITH (TABLOCKX)",
        "SELECT id FROM kept WITH (NOLOCK)",
        "SELECT id FROM OPENQUERY(far, 'DELETE FROM kept; SELECT 1 AS id')",
    ];
    for text in refused {
        let error = read(&settings(plain(&server), query(text)), &["id"]).unwrap_err();
        assert_names(&error, "policy's query", "query");
    }
    let condition = Some("1 = 1) DELETE FROM kept --".to_string());
    let attack = SqlExtraction::Table { schema: None, table: "kept".to_string(), condition };
    assert_names(&read(&settings(plain(&server), attack), &["id"]).unwrap_err(), "kept", "parentheses");
    assert_eq!(server.logins().len(), 0);
    let honest = query("SELECT id FROM kept WHERE 'NOLOCK); --' <> '' -- all; ");
    assert_eq!(read(&settings(plain(&server), honest), &["id"]).unwrap().rows, [[RawValue::Integer(1)]]);
    assert!(!server.batches().iter().any(|batch| batch.contains("DELETE FROM") || batch.contains("COMMIT")));
}

#[test]
fn a_session_that_is_not_as_it_should_be_is_refused() {
    let refuse = |fault: Fault| -> SourceError {
        let server = TdsServer::start(vec![large(1)], fault);
        read(&settings(plain(&server), table("large")), &["i"]).unwrap_err()
    };
    let error = refuse(Fault::NoSnapshots);
    assert_names(&error, "table large", "[records] does not allow snapshots");
    assert!(error.remedy.contains("ALTER DATABASE [records] SET ALLOW_SNAPSHOT_ISOLATION ON"), "{error}");
    // Another database that the query reads.
    let message = "Snapshot isolation transaction failed accessing database 'other' because snapshot isolation is not \
                   allowed in this database. Use ALTER DATABASE to allow snapshot isolation.";
    let error = refuse(Fault::Refuses(3952, message));
    assert_names(&error, "table large", "'other'");
    assert!(error.remedy.contains("ALLOW_SNAPSHOT_ISOLATION ON"), "{error}");
    assert_names(&refuse(Fault::OtherLevel), "table large", "another transaction");
    let error = refuse(Fault::MayWrite);
    assert_names(&error, "table large", "`reader` may write");
    assert!(error.remedy.contains("SELECT"), "{error}");
    let error = refuse(Fault::Routes);
    assert_names(&error, "table large", "`replica.example.test`, port 1444");
    assert!(error.remedy.contains("host = \"replica.example.test\""), "{error}");
}

#[test]
fn names_are_names_and_errors_tell_no_content() {
    let cells = [("a]b", Kind::Int, Some("1")), ("Upper", Kind::VarChar(9), Some("SECRET"))];
    let tables = vec![Table::of_row("named", &cells)];
    let server = TdsServer::start(tables.clone(), Fault::None);
    let ask = settings(plain(&server), table("named"));
    let rows = read(&ask, &["a]b", "Upper", "a]b"]).unwrap().rows;
    assert_eq!(rows, [[RawValue::Integer(1), text("SECRET"), RawValue::Integer(1)]]);
    for name in ["uper", "a] FROM named; DROP TABLE named; --", "1", "*"] {
        assert_names(&read(&ask, &[name]).unwrap_err(), "table named", "Invalid column name");
    }
    let error = read(&settings(plain(&server), table("hidden")), &["id"]).unwrap_err();
    assert_names(&error, "table hidden", "error 208");
    let denied = Fault::Refuses(229, "The SELECT permission was denied on the object 'named'.");
    let server = TdsServer::start(tables.clone(), denied);
    let error = read(&settings(plain(&server), table("named")), &["Upper"]).unwrap_err();
    assert_names(&error, "table named", "permission was denied");
    assert!(error.remedy.contains("Grant"), "{error}");
    // The server's own message has the value in it.
    let message = "Conversion failed when converting the varchar value 'SECRET' to data type int.";
    let server = TdsServer::start(tables, Fault::Fails(1, 245, message));
    let error = read(&settings(plain(&server), table("named")), &["Upper"]).unwrap_err();
    assert_names(&error, "table named, row 2", "error 245");
}

#[test]
fn a_server_that_fails_gives_an_error_and_no_short_source() {
    let deadlock = "Transaction (Process ID 51) was deadlocked on lock resources with another process.";
    for (fault, place, problem) in [
        (Fault::CutsWithin(40), "table large, row 41", "The connection failed"),
        (Fault::CutsAfter(40), "table large, row 41", "The connection failed"),
        (Fault::Fails(40, 1205, deadlock), "table large, row 41", "error 1205"),
        (Fault::EndsAfter(40), "table large, row 41", "without the server's count"),
        (Fault::Loses(40), "table large", "counts 200 rows and sent 40"),
        (Fault::Loses(0), "table large", "counts 200 rows and sent 0"),
        (Fault::EndsAfter(0), "table large, row 1", "without the server's count"),
    ] {
        let server = TdsServer::start(vec![large(200)], fault);
        let error = read(&settings(plain(&server), table("large")), &["i", "v"]).unwrap_err();
        assert_names(&error, place, problem);
    }
}

#[test]
fn a_server_that_drips_or_falls_silent_is_left() {
    let limited = |server: &TdsServer, statement: i64, silence: i64| DatabaseServer {
        statement_timeout: SignedDuration::from_millis(statement),
        silence_timeout: SignedDuration::from_millis(silence),
        ..plain(server)
    };
    let start = Instant::now();
    for (fault, statement, silence, problem) in [
        (Fault::FallsSilent(30), 60_000, 300, "has been silent"),
        (Fault::FallsSilent(30), 300, 60_000, "The statement took longer"),
        (Fault::Drips(5), 300, 60_000, "The statement took longer"),
        (Fault::Drips(1), 60_000, 300, "has been silent"),
    ] {
        let server = TdsServer::start(vec![large(200)], fault);
        let ask = settings(limited(&server, statement, silence), table("large"));
        let error = read(&ask, &["i", "v"]).unwrap_err();
        assert_names(&error, "table large, row ", problem);
    }
    assert!(start.elapsed() < Duration::from_secs(90));
}

#[test]
fn a_server_that_never_greets_is_left() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let connect_timeout = SignedDuration::from_millis(200);
    let server = DatabaseServer { connect_timeout, tls: TlsRequirement::Off, ..at(port, "127.0.0.1") };
    let error = read(&settings(server, table("large")), &["i"]).unwrap_err();
    assert_names(&error, "table large", "has been silent");
}

#[test]
fn a_connection_through_the_network_is_verified() {
    let seen = Table::of_row("seen", &[("n", Kind::Int, Some("1"))]);
    let Some(server) = TdsServer::start_with_tls(vec![seen]) else { return };
    let ask = |host: &str, tls: TlsRequirement| {
        settings(DatabaseServer { tls, ..at(server.port, host) }, table("seen"))
    };
    assert_authority_is_verified(&server.authority(), server.path(), ask);
    assert_eq!(server.logins().len(), 1, "only the verified connection logged in");
    let error = read(&ask("127.0.0.1", TlsRequirement::Off), &["n"]).unwrap_err();
    assert_names(&error, "table seen", "asks for TLS");
    assert_eq!(server.logins().len(), 1);
}

#[test]
fn a_server_that_offers_no_tls_is_refused() {
    assert_no_tls_is_refused(
        |stream| {
            // A greeting of 26 bytes; then "no TLS here", as a machine in the middle answers.
            stream.read_exact(&mut [0; 26]).unwrap();
            let greeting = write_greeting(2);
            let length = u8::try_from(greeting.len() + 8).unwrap();
            stream.write_all(&[4, 1, 0, length, 0, 0, 1, 0]).unwrap();
            stream.write_all(&greeting).unwrap();
        },
        |server| settings(server, query("SELECT 1 AS id")),
        "offers no TLS",
        0,
    );
}

#[test]
fn a_wrong_password_is_named_and_not_shown() {
    let server = TdsServer::start(vec![large(1)], Fault::None);
    let ask = settings(plain(&server), table("large"));
    assert_eq!(read(&ask, &["i"]).unwrap().rows.len(), 1);
    let wrong = |_: &str| Some("SECRET-password".to_string());
    let error = extract_with(&ask, &["i"], Path::new("/"), &wrong).unwrap_err();
    assert_names(&error, "/records", "Login failed for user 'reader' (error 18456)");
    let missing = DatabaseServer { database: "missing".to_string(), ..plain(&server) };
    let error = read(&settings(missing, table("large")), &["i"]).unwrap_err();
    assert!(error.problem.contains("4060") && error.remedy.contains("name of the database"), "{error}");
    let without = DatabaseServer { password: None, ..plain(&server) };
    assert_names(
        &read(&settings(without, table("large")), &["i"]).unwrap_err(),
        "large",
        "asks for a password",
    );
    let path = "/run/mssql".to_string();
    let socket = DatabaseServer { address: ServerAddress::Socket { path, port: None }, ..plain(&server) };
    assert_names(&read(&settings(socket, table("large")), &["i"]).unwrap_err(), "large", "no Unix socket");
}

#[test]
fn a_result_without_end_is_read_as_a_stream() {
    let server = TdsServer::start(vec![large(100)], Fault::NeverEnds);
    let settings = settings(plain(&server), table("large"));
    let columns = ["v".to_string()];
    let opening = Opening { columns: &columns, directory: Path::new("/"), environment: &environment };
    let mut source = open_source(&settings, &opening).unwrap();
    let mut values = Vec::new();
    for _ in 0..40_000 {
        assert!(source.read_row(&mut values).unwrap());
    }
    assert_eq!(values, [text(&"x".repeat(500))]);
}
