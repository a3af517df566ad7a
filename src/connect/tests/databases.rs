//! What is tried on every database: one snapshot, verified TLS, a server that dies.

use super::reading::{Extracted, assert_names, extract_with, read_to_end, text};
use super::servers::{PASSWORD, Server};
use crate::{Opening, open_source};
use portcullis_model::reconciliation::ConnectorSettings;
use portcullis_model::reconciliation::connector::{
    DatabaseServer, SecretPlace, ServerAddress, TlsRequirement,
};
use portcullis_reconcile::source::{RawValue, RecordSource, SourceError};
use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::thread::JoinHandle;

pub fn environment(name: &str) -> Option<String> {
    (name == "PASSWORD").then(|| PASSWORD.to_string())
}

/// Where [`environment`] has the password.
pub fn password_place() -> Option<SecretPlace> {
    Some(SecretPlace::Environment("PASSWORD".to_string()))
}

pub fn read(settings: &ConnectorSettings, columns: &[&str]) -> Result<Extracted, SourceError> {
    extract_with(settings, columns, Path::new("/"), &environment)
}

/// Opens the column `v`.
fn open_values(settings: &ConnectorSettings) -> Box<dyn RecordSource> {
    let columns = ["v".to_string()];
    let opening = Opening { columns: &columns, directory: Path::new("/"), environment: &environment };
    open_source(settings, &opening).unwrap()
}

/// That a table `moving` of 100,000 rows `before` is read as it was, while its rows change.
pub fn assert_one_moment(server: &Server, settings: &ConnectorSettings) -> Extracted {
    let source = open_values(settings);
    server.run_sql("UPDATE moving SET v = 'after'; INSERT INTO moving VALUES (0, 'after')");
    let extracted = read_to_end(source, 1).unwrap();
    assert!(extracted.rows.iter().all(|row| row[0] == text("before")));
    assert_eq!((extracted.rows.len(), extracted.announced), (100_000, Some(100_000)));
    extracted
}

/// That an error, and no end, comes when the server dies while a table `large` of 200,000 rows is
/// read.
pub fn assert_death_is_no_end(mut server: Server, settings: &ConnectorSettings) {
    let mut source = open_values(settings);
    let mut values = Vec::new();
    for _ in 0..100 {
        assert!(source.read_row(&mut values).unwrap());
    }
    server.kill();
    let error = read_to_end(source, 1).unwrap_err();
    assert!(error.place.contains("table large, row ") && !error.place.ends_with("row 200000"), "{error}");
}

/// That the server's certificate is verified. `ask` reads whether the connection has TLS.
pub fn assert_tls_is_verified(server: &Server, ask: impl Fn(&str, TlsRequirement) -> ConnectorSettings) {
    let Some(authority) = &server.authority else { return };
    assert_authority_is_verified(authority, server.path(), ask);
}

/// That the certificate of this authority is verified; other files of PEM are in the directory.
pub fn assert_authority_is_verified(
    authority: &Path,
    directory: &Path,
    ask: impl Fn(&str, TlsRequirement) -> ConnectorSettings,
) {
    let tls = |file: &Path| TlsRequirement::Verified { ca_file: Some(file.display().to_string()) };
    let read_by = |host: &str, tls: TlsRequirement| read(&ask(host, tls), &["n"]);
    assert_eq!(read_by("localhost", tls(authority)).unwrap().rows, [[RawValue::Integer(1)]]);
    // Another name, another authority, the authorities of the system: each is refused.
    let other = tls(&directory.join("other.pem"));
    let system = TlsRequirement::Verified { ca_file: None };
    for (host, tls) in [("127.0.0.1", tls(authority)), ("localhost", other), ("localhost", system)] {
        assert_names(&read_by(host, tls).unwrap_err(), host, "certificate");
    }
    // A file without certificates is not the same as none.
    let key = tls(&directory.join("ca.key"));
    assert_names(&read_by("localhost", key).unwrap_err(), "ca.key", "no certificate");
    // Without TLS to another machine: refused before anything is sent.
    let error = read_by("database.test", TlsRequirement::Off).unwrap_err();
    assert_names(&error, "database.test", "to this machine alone");
}

/// That a server is refused which offers no TLS: it greets, and gets no more than so many bytes.
pub fn assert_no_tls_is_refused(
    greet: impl FnOnce(&mut TcpStream) + Send + 'static,
    ask: impl FnOnce(DatabaseServer) -> ConnectorSettings,
    problem: &str,
    most: usize,
) {
    let (port, fake) = serve_once(greet);
    let address = ServerAddress::Network { host: "localhost".to_string(), port: Some(port) };
    let server = DatabaseServer { password: password_place(), ..DatabaseServer::at(address, "d", "reader") };
    let error = read(&ask(server), &["id"]).unwrap_err();
    assert_names(&error, "localhost", problem);
    assert!(fake.join().unwrap().len() <= most, "neither name nor password was sent");
}

/// Greets one client and keeps what it sends.
fn serve_once(greet: impl FnOnce(&mut TcpStream) + Send + 'static) -> (u16, JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let fake = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        greet(&mut stream);
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
        rest
    });
    (port, fake)
}
