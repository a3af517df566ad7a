//! The double, as clients that others wrote understand it: it would be worth little if this
//! program alone did.

use super::super::servers::{PASSWORD, is_there};
use super::{Fault, Kind, Table, TdsServer};
use std::io::Write as _;
use std::process::{Command, Stdio};

fn tables() -> Vec<Table> {
    let columns = [
        ("id", Kind::Int),
        ("big", Kind::BigInt),
        ("live", Kind::Bit),
        ("amount", Kind::Decimal(20, 3)),
        ("money", Kind::Money),
        ("half", Kind::Float),
        ("name", Kind::NVarChar(20)),
        ("code", Kind::Char(4)),
        ("long_name", Kind::NVarCharMax),
        ("raw", Kind::VarBinary(4)),
        ("day", Kind::Date),
        ("at_time", Kind::DateTime),
        ("at_exact", Kind::DateTime2(7)),
        ("at_place", Kind::DateTimeOffset(3)),
        ("guid", Kind::Guid),
    ];
    let full = [
        "1",
        "9007199254740993",
        "1",
        "-12.500",
        "922337203685477.5807",
        "0.5",
        "Zoë",
        "ab",
        "long",
        "00ff",
        "2020-02-29",
        "2020-11-18T13:05:09.250",
        "2020-11-18T13:05:09.2500001",
        "2020-11-18T13:05:09.250+05:30",
        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
    ];
    let full = full.map(|cell| Some(cell.to_string())).to_vec();
    let mut rows = vec![full.clone(), full];
    // NULLs by a map, and one by one.
    for id in ["3", "4"] {
        let mut row = vec![None; columns.len()];
        row[0] = Some(id.to_string());
        rows.push(row);
    }
    vec![Table::new("types", &columns, rows)]
}

/// What each client has to show of a row.
const SHOWN: [&str; 12] = [
    "9007199254740993",
    // pytds leaves zeros at the end out.
    "-12.5",
    "922337203685477.5807",
    "Zoë",
    "long",
    "00ff",
    "2020-02-29",
    "13:05:09.25",
    "13:05:09.2500001",
    "+05:30",
    "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
    "ab  ",
];

#[test]
fn freetds_understands_the_double() {
    if !is_there("tsql") {
        println!("left out: tsql of FreeTDS is not installed");
        return;
    }
    let servers = [Some(TdsServer::start(tables(), Fault::None)), TdsServer::start_with_tls(tables())];
    for server in servers.into_iter().flatten() {
        let mut client = Command::new("tsql")
            .args(["-H", "127.0.0.1", "-p", &server.port.to_string(), "-U", "reader", "-P", PASSWORD])
            .args(["-D", "records", "-o", "q"])
            .env("TDSVER", "7.4")
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        client
            .stdin
            .take()
            .unwrap()
            .write_all(b"SELECT * FROM types\ngo\nSELECT * FROM nowhere\ngo\nexit\n")
            .unwrap();
        let output = client.wait_with_output().unwrap();
        let told = [output.stdout, output.stderr].concat();
        let told = String::from_utf8_lossy(&told).to_lowercase();
        // It writes times to the minute, and its own way.
        let times = ["2020-02-29", "13:05:09.25", "13:05:09.2500001", "+05:30"];
        for shown in SHOWN.iter().filter(|shown| !times.contains(shown)) {
            assert!(told.contains(&shown.to_lowercase()), "{shown}: {told}");
        }
        assert!(told.contains("feb 29 2020") && told.contains("nov 18 2020"), "{told}");
        assert!(told.contains("invalid object name"), "{told}");
        assert_eq!(told.matches("null").count(), 28, "{told}");
        assert_eq!(server.logins()[0].user, "reader");
    }
}

/// Shows each row as Python reads it: by python-tds, or by pymssql, which has FreeTDS in it as `tsql` has.
const SHOW: &str = r#"
import sys
name, port, password, authority = sys.argv[1:5]
if name == "pytds":
    import pytds
    tls = {"cafile": authority, "validate_host": True} if authority else {}
    connection = pytds.connect("localhost", "records", "reader", password, port=int(port), autocommit=True, **tls)
else:
    import pymssql
    wish = "require" if authority else "off"
    connection = pymssql.connect("localhost", "reader", password, "records", port=port, autocommit=True, encryption=wish)
cursor = connection.cursor()
cursor.execute("SELECT * FROM types")
def show(value):
    return value.hex() if isinstance(value, bytes) else str(value)
for row in cursor.fetchall():
    print("|".join(show(value) for value in row))
try:
    cursor.execute("SELECT * FROM nowhere")
    cursor.fetchall()
except Exception as error:
    print(error)
"#;

fn show(name: &str, port: u16, password: &str, authority: &str) -> String {
    let output = Command::new("python3")
        .args(["-c", SHOW, name, &port.to_string(), password, authority])
        .env("PYTHONIOENCODING", "utf-8")
        .output()
        .unwrap();
    let told = [output.stdout, output.stderr].concat();
    String::from_utf8_lossy(&told).into_owned()
}

fn assert_python_understands(name: &str) {
    let is_installed = Command::new("python3").args(["-c", &format!("import {name}")]).output();
    if !is_installed.is_ok_and(|output| output.status.success()) {
        println!("left out: {name} for Python is not installed");
        return;
    }
    let with_tls = TdsServer::start_with_tls(tables());
    let authority = with_tls.as_ref().map(|server| server.authority().display().to_string());
    let plain = TdsServer::start(tables(), Fault::None);
    for (server, authority) in [(Some(&plain), Some(String::new())), (with_tls.as_ref(), authority)] {
        let (Some(server), Some(authority)) = (server, authority) else { continue };
        let told = show(name, server.port, PASSWORD, &authority);
        // Python has no tenths of a microsecond.
        for shown in SHOWN.iter().filter(|shown| !shown.contains("2500001")) {
            assert!(told.contains(shown), "{name} {shown}: {told}");
        }
        assert!(told.contains("Invalid object name"), "{name}: {told}");
        assert_eq!(told.matches("|None").count(), 28, "{name}: {told}");
        assert!(show(name, server.port, "wrong", &authority).contains("Login failed"), "{name}");
    }
}

#[test]
fn pytds_understands_the_double() {
    assert_python_understands("pytds");
}

#[test]
fn pymssql_understands_the_double() {
    assert_python_understands("pymssql");
}
