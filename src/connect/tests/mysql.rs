//! MariaDB, on a real server: types, the snapshot, what is refused.

use super::databases::{
    assert_death_is_no_end, assert_no_tls_is_refused, assert_one_moment, assert_tls_is_verified, environment,
    password_place, read,
};
use super::reading::{assert_names, extract_with, query, table, text};
use super::servers::{Server, mariadb, start_mariadb};
use crate::{Opening, open_source};
use jiff::SignedDuration;
use jiff::civil::date;
use portcullis_model::reconciliation::connector::{
    DatabaseServer, MysqlSettings, ServerAddress, SqlExtraction, TlsRequirement,
};
use portcullis_model::reconciliation::{ConnectorSettings, Isolation};
use portcullis_reconcile::source::RawValue;
use std::io::Write as _;
use std::path::Path;

fn by_socket(server: &Server) -> DatabaseServer {
    let path = server.path().join("mariadb.sock").display().to_string();
    let address = ServerAddress::Socket { path, port: None };
    let server = DatabaseServer::at(address, "test", "reader");
    DatabaseServer { password: password_place(), count_rows: true, ..server }
}

fn by_network(server: &Server, host: &str) -> DatabaseServer {
    let address = ServerAddress::Network { host: host.to_string(), port: Some(server.port) };
    DatabaseServer { address, ..by_socket(server) }
}

fn settings(server: DatabaseServer, extraction: SqlExtraction) -> ConnectorSettings {
    ConnectorSettings::Mysql(MysqlSettings { server, extraction })
}

#[test]
fn each_type_comes_as_what_it_is() {
    let Some(server) = mariadb() else { return };
    server.run_sql(
        "CREATE TABLE types (a_tiny TINYINT(1), a_bool BOOLEAN, a_int INT UNSIGNED, a_big BIGINT UNSIGNED, a_year YEAR, \
         a_float FLOAT, a_double DOUBLE, a_decimal DECIMAL(12,3), a_bit BIT(9), a_char CHAR(5), a_varchar VARCHAR(9), \
         a_latin VARCHAR(9) CHARACTER SET latin1, a_text LONGTEXT, a_binary VARBINARY(4), a_blob BLOB, a_enum ENUM('red','blue'), \
         a_set SET('x','y'), a_json JSON, a_date DATE, a_zero DATE, a_part DATE, a_local DATETIME(2), a_zero_local DATETIME, \
         a_instant TIMESTAMP(2) NULL, a_time TIME(1), a_uuid UUID, a_null INT) CHARACTER SET utf8mb4; \
         SET time_zone = '+02:00'; \
         INSERT INTO types VALUES (1, TRUE, 4294967295, 18446744073709551615, 2020, 3.3, 0.1, -0.100, b'100000001', 'ab', 'ab  ', \
         'Zoë', 'Zoë 😀', x'00ff', x'00ff', 'red', 'x,y', '{\"a\":1}', '2020-11-18', '0000-00-00', '2020-11-00', \
         '2020-11-18 13:05:09.25', '0000-00-00', '2020-11-18 13:05:09.25', '-26:03:04.5', \
         'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', NULL)",
    );
    let zero = RawValue::Unreadable("it is a zero date, or no day of the calendar".to_string());
    let expected = [
        ("a_tiny", RawValue::Integer(1)),
        ("a_bool", RawValue::Integer(1)),
        ("a_int", RawValue::Integer(4_294_967_295)),
        ("a_big", RawValue::Integer(u64::MAX.into())),
        ("a_year", RawValue::Integer(2020)),
        ("a_float", RawValue::Float(3.3)),
        ("a_double", RawValue::Float(0.1)),
        ("a_decimal", RawValue::Decimal("-0.100".to_string())),
        ("a_bit", RawValue::Integer(257)),
        ("a_char", text("ab")),
        ("a_varchar", text("ab  ")),
        ("a_latin", text("Zoë")),
        ("a_text", text("Zoë 😀")),
        ("a_binary", RawValue::Bytes(vec![0, 255])),
        ("a_blob", RawValue::Bytes(vec![0, 255])),
        ("a_enum", text("red")),
        ("a_set", text("x,y")),
        ("a_json", text("{\"a\":1}")),
        ("a_date", RawValue::Date(date(2020, 11, 18))),
        ("a_zero", zero.clone()),
        ("a_part", zero.clone()),
        ("a_local", RawValue::LocalTime(date(2020, 11, 18).at(13, 5, 9, 250_000_000))),
        ("a_zero_local", zero),
        ("a_instant", RawValue::Instant("2020-11-18T11:05:09.25Z".parse().unwrap())),
        ("a_time", text("-26:03:04.500000")),
        ("a_uuid", text("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")),
        ("a_null", RawValue::Null),
    ];
    let columns: Vec<&str> = expected.iter().map(|(name, _)| *name).collect();
    let extracted = read(&settings(by_socket(&server), table("types")), &columns).unwrap();
    for ((name, value), found) in expected.iter().zip(&extracted.rows[0]) {
        assert_eq!(found, value, "{name}");
    }
    assert_eq!((extracted.isolation, extracted.announced), (Isolation::Snapshot, Some(1)));
}

#[test]
fn rows_are_those_of_one_moment_or_the_isolation_says_that_they_are_not() {
    let Some(server) = mariadb() else { return };
    server.run_sql(
        "CREATE TABLE moving ENGINE=InnoDB AS SELECT seq AS i, 'before' AS v FROM seq_1_to_100000; \
         CREATE TABLE unsafe_rows ENGINE=MyISAM AS SELECT 1 AS v; CREATE VIEW seen_rows AS SELECT v FROM unsafe_rows",
    );
    let extracted = assert_one_moment(&server, &settings(by_socket(&server), table("moving")));
    assert_eq!(extracted.isolation, Isolation::Snapshot);
    for name in ["unsafe_rows", "UNSAFE_ROWS", "seen_rows"] {
        let through = query(&format!("SELECT v FROM {} AS a", name.to_lowercase()));
        let extracted = read(&settings(by_socket(&server), through), &["v"]).unwrap();
        assert_eq!(extracted.isolation, Isolation::None, "{name}");
    }
}

#[test]
fn nothing_is_written_and_nothing_is_locked() {
    let Some(server) = mariadb() else { return };
    server.run_sql(
        "CREATE TABLE kept (id INT) ENGINE=InnoDB; INSERT INTO kept VALUES (1); GRANT ALL ON test.* TO reader@localhost; \
         CREATE SEQUENCE counter;\nDELIMITER //\n\
         CREATE FUNCTION write_it() RETURNS INT BEGIN INSERT INTO test.kept VALUES (2); RETURN 1; END//",
    );
    for text in [
        "INSERT INTO kept VALUES (2) RETURNING id",
        "SELECT write_it() AS id",
        "SELECT NEXT VALUE FOR counter AS id",
        "SELECT 1 AS id INTO OUTFILE '/tmp/portcullis-attack'",
        "SELECT 1 AS id) AS a INTO OUTFILE '/tmp/portcullis-attack' -- ",
        "SELECT 1 AS id; DELETE FROM kept; SELECT 1 AS id",
        "SELECT 1 AS id) AS a; DELETE FROM kept; SELECT id FROM (SELECT 1 AS id",
        "DELETE FROM kept RETURNING id",
    ] {
        let error = read(&settings(by_socket(&server), query(text)), &["id"]).unwrap_err();
        assert!(error.problem.contains("The server refused"), "{text}: {error}");
    }
    assert!(!Path::new("/tmp/portcullis-attack").exists());
    let rows =
        read(&settings(by_socket(&server), query("SELECT id FROM kept -- all; ")), &["id"]).unwrap().rows;
    assert_eq!(rows, [[RawValue::Integer(1)]]);
    // A lock is refused, or is none.
    let locking = settings(by_socket(&server), query("SELECT id FROM kept FOR UPDATE"));
    let columns = ["id".to_string()];
    let opening = Opening { columns: &columns, directory: Path::new("/"), environment: &environment };
    if let Ok(source) = open_source(&locking, &opening) {
        server.run_sql("SET innodb_lock_wait_timeout = 1; UPDATE kept SET id = 1");
        drop(source);
    }
}

#[test]
fn names_are_names_and_errors_tell_no_content() {
    let Some(server) = mariadb() else { return };
    server.run_sql(
        "CREATE TABLE named (`a``b` INT, `Upper` TEXT); INSERT INTO named VALUES (1, 'SECRET'); \
         CREATE DATABASE hidden; CREATE TABLE hidden.rows_of_it (id INT)",
    );
    let rows = read(&settings(by_socket(&server), table("named")), &["a`b", "Upper"]).unwrap().rows;
    assert_eq!(rows, [[RawValue::Integer(1), text("SECRET")]]);
    for name in ["uper", "a` FROM named; DROP TABLE named; --", "1", "*"] {
        let error = read(&settings(by_socket(&server), table("named")), &[name]).unwrap_err();
        assert_names(&error, "table named", "error 1054");
    }
    let cast = query(
        "SELECT EXTRACTVALUE(CONCAT('<', Upper), '/') AS id, JSON_EXTRACT(Upper, 'SECRET') AS x FROM named",
    );
    if let Err(error) = read(&settings(by_socket(&server), cast), &["id", "x"]) {
        assert_names(&error, "query", "refused");
    }
    let schema = Some("hidden".to_string());
    let hidden = SqlExtraction::Table { schema, table: "rows_of_it".to_string(), condition: None };
    let error = read(&settings(by_socket(&server), hidden), &["id"]).unwrap_err();
    assert!(error.remedy.contains("Grant"), "{error}");
}

#[test]
fn a_statement_that_takes_too_long_ends() {
    let Some(server) = mariadb() else { return };
    let statement_timeout = SignedDuration::from_millis(300);
    let limited = DatabaseServer { statement_timeout, count_rows: false, ..by_socket(&server) };
    let slow = query("SELECT SUM(a.seq * b.seq) AS id FROM seq_1_to_100000 a, seq_1_to_100000 b");
    let error = read(&settings(limited, slow), &["id"]).unwrap_err();
    assert!(error.remedy.contains("statement-timeout"), "{error}");
}

#[test]
fn a_connection_through_the_network_is_verified() {
    let Some(server) = mariadb() else { return };
    let ask = |host: &str, tls: TlsRequirement| {
        let server = DatabaseServer { tls, ..by_network(&server, host) };
        let text = "SELECT VARIABLE_VALUE <> '' AS n FROM information_schema.SESSION_STATUS \
                    WHERE VARIABLE_NAME = 'SSL_CIPHER'";
        settings(server, query(text))
    };
    assert_tls_is_verified(&server, ask);
    let plain = read(&ask("127.0.0.1", TlsRequirement::Off), &["n"]).unwrap();
    assert_eq!(plain.rows, [[RawValue::Integer(0)]]);
}

#[test]
fn a_wrong_password_is_named_and_not_shown() {
    let Some(server) = mariadb() else { return };
    let ask = settings(by_socket(&server), query("SELECT 1 AS id"));
    let wrong = |_: &str| Some("SECRET-password".to_string());
    let error = extract_with(&ask, &["id"], Path::new("/"), &wrong).unwrap_err();
    assert_names(&error, "/test", "Access denied");
}

#[test]
fn a_server_that_offers_no_tls_is_refused() {
    assert_no_tls_is_refused(
        |stream| stream.write_all(&greeting_without_tls()).unwrap(),
        |server| settings(server, query("SELECT 1 AS id")),
        "requires secure connection",
        // The driver says goodbye (5 bytes). It names nobody.
        5,
    );
}

/// The first packet of a server, protocol 10, whose capabilities hold no TLS.
fn greeting_without_tls() -> Vec<u8> {
    let capabilities: u32 = 0x00ff_f7ff;
    let mut payload = b"\x0a10.11.0-MariaDB\0".to_vec();
    payload.extend_from_slice(&7_u32.to_le_bytes());
    payload.extend_from_slice(b"12345678\0");
    payload.extend_from_slice(&capabilities.to_le_bytes()[..2]);
    payload.extend_from_slice(b"\x2d\x02\x00");
    payload.extend_from_slice(&capabilities.to_le_bytes()[2..]);
    payload.push(21);
    payload.extend_from_slice(&[0; 10]);
    payload.extend_from_slice(b"123456789012\0mysql_native_password\0");
    let length = u32::try_from(payload.len()).unwrap().to_le_bytes();
    [&length[..3], b"\0", &payload].concat()
}

#[test]
fn a_server_that_dies_gives_an_error_and_no_short_source() {
    let Some(server) = start_mariadb() else { return };
    server.run_sql("CREATE TABLE large AS SELECT seq AS i, REPEAT('x', 500) AS v FROM seq_1_to_200000");
    let settings = settings(by_socket(&server), table("large"));
    assert_death_is_no_end(server, &settings);
}
