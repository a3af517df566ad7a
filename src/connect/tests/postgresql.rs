//! PostgreSQL, on a real server: types, the snapshot, what is refused.

use super::databases::{
    assert_death_is_no_end, assert_no_tls_is_refused, assert_one_moment, assert_tls_is_verified,
    password_place, read,
};
use super::reading::{assert_names, extract_with, query, table, text};
use super::servers::{Server, postgresql, start_postgresql};
use jiff::SignedDuration;
use jiff::civil::date;
use portcullis_model::reconciliation::connector::{
    DatabaseServer, PostgresqlSettings, ServerAddress, SqlExtraction, TlsRequirement,
};
use portcullis_model::reconciliation::{ConnectorSettings, Isolation};
use portcullis_reconcile::source::RawValue;
use std::io::{Read as _, Write as _};
use std::path::Path;

fn by_socket(server: &Server) -> DatabaseServer {
    let address =
        ServerAddress::Socket { path: server.path().display().to_string(), port: Some(server.port) };
    DatabaseServer { count_rows: true, ..DatabaseServer::at(address, "postgres", "reader") }
}

fn by_network(server: &Server, host: &str, database: &str) -> DatabaseServer {
    let address = ServerAddress::Network { host: host.to_string(), port: Some(server.port) };
    DatabaseServer { password: password_place(), ..DatabaseServer::at(address, database, "reader") }
}

fn settings(server: DatabaseServer, extraction: SqlExtraction) -> ConnectorSettings {
    ConnectorSettings::Postgresql(PostgresqlSettings { server, extraction })
}

#[test]
fn each_type_comes_as_what_it_is() {
    let Some(server) = postgresql() else { return };
    server.run_sql(
        "CREATE DOMAIN amount AS numeric(12,2); CREATE TYPE colour AS ENUM ('red', 'blue'); \
         CREATE TABLE types AS SELECT true AS a_bool, 32767::int2 AS a_int2, (-2147483648)::int4 AS a_int4, \
         9007199254740993::int8 AS a_int8, 4294967295::oid AS a_oid, 3.3::float4 AS a_float4, 0.1::float8 AS a_float8, \
         (-0.0001000)::numeric AS a_numeric, 12.50::amount AS a_domain, 'Zo' || chr(235) AS a_text, 'ab'::char(5) AS a_char, \
         'ab  '::varchar(9) AS a_varchar, 'n'::name AS a_name, '\\x00ff'::bytea AS a_bytea, '2020-11-18'::date AS a_date, \
         '2020-11-18 13:05:09.25'::timestamp AS a_local, '2020-11-18 13:05:09.25+02'::timestamptz AS a_instant, \
         'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid AS a_uuid, '{\"a\": 1}'::jsonb AS a_jsonb, '{ \"a\":1}'::json AS a_json, \
         'red'::colour AS a_enum, '13:05'::time AS a_time, '1 day 2 hours'::interval AS a_interval, '{1,2}'::int[] AS a_array, \
         'x'::\"char\" AS a_letter, NULL::int AS a_null, 'infinity'::date AS a_infinite, 'NaN'::numeric AS a_nan, \
         '0044-03-15 BC'::date AS a_old, 'infinity'::timestamptz AS a_never",
    );
    server.run_sql("GRANT SELECT ON types TO reader");
    let unreadable = |why: &str| RawValue::Unreadable(why.to_string());
    let local = date(2020, 11, 18).at(13, 5, 9, 250_000_000);
    let expected = [
        ("a_bool", RawValue::Boolean(true)),
        ("a_int2", RawValue::Integer(32767)),
        ("a_int4", RawValue::Integer(-2_147_483_648)),
        ("a_int8", RawValue::Integer(9_007_199_254_740_993)),
        ("a_oid", RawValue::Integer(4_294_967_295)),
        ("a_float4", RawValue::Float(3.3)),
        ("a_float8", RawValue::Float(0.1)),
        ("a_numeric", RawValue::Decimal("-0.0001000".to_string())),
        ("a_domain", RawValue::Decimal("12.50".to_string())),
        ("a_text", text("Zoë")),
        ("a_char", text("ab   ")),
        ("a_varchar", text("ab  ")),
        ("a_name", text("n")),
        ("a_bytea", RawValue::Bytes(vec![0, 255])),
        ("a_date", RawValue::Date(date(2020, 11, 18))),
        ("a_local", RawValue::LocalTime(local)),
        ("a_instant", RawValue::Instant("2020-11-18T11:05:09.25Z".parse().unwrap())),
        ("a_uuid", text("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")),
        ("a_jsonb", text("{\"a\": 1}")),
        ("a_json", text("{ \"a\":1}")),
        ("a_enum", text("red")),
        ("a_time", text("13:05:00")),
        ("a_interval", text("P1DT2H")),
        ("a_array", text("{1,2}")),
        ("a_letter", text("x")),
        ("a_null", RawValue::Null),
        ("a_infinite", unreadable("it is an infinite date")),
        ("a_nan", unreadable("it is no finite number")),
        ("a_old", RawValue::Date(date(-43, 3, 15))),
        ("a_never", unreadable("it is an infinite time")),
    ];
    let columns: Vec<&str> = expected.iter().map(|(name, _)| *name).collect();
    let extracted = read(&settings(by_socket(&server), table("types")), &columns).unwrap();
    for ((name, value), found) in expected.iter().zip(&extracted.rows[0]) {
        assert_eq!(found, value, "{name}");
    }
    assert_eq!((extracted.isolation, extracted.announced), (Isolation::Repeatable, Some(1)));
}

#[test]
fn rows_are_those_of_one_moment() {
    let Some(server) = postgresql() else { return };
    server.run_sql(
        "CREATE TABLE moving AS SELECT i, 'before' AS v FROM generate_series(1, 100000) i; GRANT SELECT ON moving TO reader",
    );
    let extracted = assert_one_moment(&server, &settings(by_socket(&server), table("moving")));
    assert_eq!(extracted.isolation, Isolation::Repeatable);
}

#[test]
fn nothing_is_written_and_nothing_is_locked() {
    let Some(server) = postgresql() else { return };
    server.run_sql(
        "CREATE TABLE kept (id int); INSERT INTO kept VALUES (1); GRANT ALL ON kept TO reader; CREATE SEQUENCE counter; \
         GRANT ALL ON counter TO reader; \
         CREATE FUNCTION write_it() RETURNS int LANGUAGE sql AS 'INSERT INTO public.kept VALUES (2) RETURNING id'",
    );
    for (text, state) in [
        ("INSERT INTO kept VALUES (2) RETURNING id", "42601"),
        ("WITH a AS (INSERT INTO kept VALUES (2) RETURNING id) SELECT id FROM a", "0A000"),
        ("SELECT id FROM kept FOR UPDATE", "25006"),
        ("SELECT write_it() AS id", "25006"),
        ("SELECT nextval('counter') AS id", "25006"),
        ("SELECT set_config('transaction_read_only', 'off', true)::text || write_it() AS id", "25001"),
        ("SELECT 1 AS id) AS a) TO '/tmp/portcullis-attack' --", "42601"),
        ("SELECT 1 AS id; DELETE FROM kept; SELECT 1 AS id", "42601"),
        ("SELECT 1 AS id) AS a; DELETE FROM kept; SELECT id FROM (SELECT 1 AS id", "42601"),
        ("DELETE FROM kept RETURNING id", "42601"),
    ] {
        let error = read(&settings(by_socket(&server), query(text)), &["id"]).unwrap_err();
        assert!(error.problem.contains(state), "{text}: {error}");
    }
    assert!(!Path::new("/tmp/portcullis-attack").exists());
    let rows =
        read(&settings(by_socket(&server), query("SELECT id FROM kept -- all; ")), &["id"]).unwrap().rows;
    assert_eq!(rows, [[RawValue::Integer(1)]]);
}

#[test]
fn names_are_names_and_errors_tell_no_content() {
    let Some(server) = postgresql() else { return };
    server.run_sql(
        "CREATE TABLE named (\"a\"\"b\" int, \"Upper\" text); INSERT INTO named VALUES (1, 'SECRET'); \
         GRANT SELECT ON named TO reader; CREATE TABLE hidden (id int)",
    );
    let rows = read(&settings(by_socket(&server), table("named")), &["a\"b", "Upper", "a\"b"]).unwrap().rows;
    assert_eq!(rows, [[RawValue::Integer(1), text("SECRET"), RawValue::Integer(1)]]);
    for name in ["upper", "a\" FROM named; DROP TABLE named; --", "1", "*", "Upper\", \"a"] {
        let error = read(&settings(by_socket(&server), table("named")), &[name]).unwrap_err();
        assert_names(&error, "table named", "does not exist");
    }
    // PostgreSQL's own message has the value in it.
    let cast = query("SELECT \"Upper\"::int AS id FROM named");
    assert_names(&read(&settings(by_socket(&server), cast), &["id"]).unwrap_err(), "query, row 1", "22P02");
    let error = read(&settings(by_socket(&server), table("hidden")), &["id"]).unwrap_err();
    assert_names(&error, "table hidden", "permission denied");
    assert!(error.remedy.contains("Grant"), "{error}");
}

#[test]
fn a_statement_that_takes_too_long_ends() {
    let Some(server) = postgresql() else { return };
    let statement_timeout = SignedDuration::from_millis(300);
    let limited = DatabaseServer { statement_timeout, count_rows: false, ..by_socket(&server) };
    let slow = query("SELECT pg_sleep(30)::text AS id");
    let error = read(&settings(limited, slow), &["id"]).unwrap_err();
    assert!(error.problem.contains("57014") && error.remedy.contains("statement-timeout"), "{error}");
}

#[test]
fn a_connection_through_the_network_is_verified() {
    let Some(server) = postgresql() else { return };
    server.run_sql("CREATE TABLE seen AS SELECT 1 AS id; GRANT SELECT ON seen TO reader");
    assert_tls_is_verified(&server, |host, tls| {
        let server = DatabaseServer { tls, ..by_network(&server, host, "postgres") };
        let text = "SELECT count(*) AS n FROM seen, pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl";
        settings(server, query(text))
    });
}

#[test]
fn a_wrong_password_is_named_and_not_shown() {
    let Some(server) = postgresql() else { return };
    let off = DatabaseServer { tls: TlsRequirement::Off, ..by_network(&server, "127.0.0.1", "plain") };
    let ask = settings(off.clone(), query("SELECT 1 AS id"));
    assert_eq!(read(&ask, &["id"]).unwrap().rows.len(), 1);
    let wrong = |_: &str| Some("SECRET-password".to_string());
    let error = extract_with(&ask, &["id"], Path::new("/"), &wrong).unwrap_err();
    assert_names(&error, "plain", "password authentication failed");
    let error = extract_with(&ask, &["id"], Path::new("/"), &|_| None).unwrap_err();
    assert_names(&error, "the password", "PASSWORD is not set");
}

#[test]
fn a_server_that_refuses_tls_is_refused() {
    assert_no_tls_is_refused(
        |stream| {
            let mut request = [0; 8];
            stream.read_exact(&mut request).unwrap();
            // "No TLS here": what a machine in the middle answers.
            stream.write_all(b"N").unwrap();
        },
        |server| settings(server, query("SELECT 1 AS id")),
        "TLS",
        0,
    );
}

#[test]
fn a_silent_server_is_not_waited_for_without_end() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let address = ServerAddress::Network { host: "localhost".to_string(), port: Some(port) };
    let server = DatabaseServer {
        tls: TlsRequirement::Off,
        connect_timeout: SignedDuration::from_millis(200),
        ..DatabaseServer::at(address, "d", "reader")
    };
    let error = read(&settings(server, query("SELECT 1 AS id")), &["id"]).unwrap_err();
    assert_names(&error, "localhost", "silent");
}

#[test]
fn a_server_that_dies_gives_an_error_and_no_short_source() {
    let Some(server) = start_postgresql() else { return };
    server.run_sql(
        "CREATE TABLE large AS SELECT i, repeat('x', 500) AS v FROM generate_series(1, 200000) i; GRANT SELECT ON large TO reader",
    );
    let settings = settings(by_socket(&server), table("large"));
    assert_death_is_no_end(server, &settings);
}
