//! Real database servers on directories and ports of their own, and their end.
//!
//! A server's life hangs on a pipe: when the test's process ends, however it ends, the shell beside
//! the server reads the pipe's end and stops it. Where a server is not installed, a line says that
//! its tests were left out.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, Weak};
use std::thread::sleep;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The password of the account that only reads.
pub const PASSWORD: &str = "not-SECRET-at-all";

/// A server that runs.
pub struct Server {
    pub directory: TempDir,
    pub port: u16,
    /// The authority of its certificate, if `openssl` could make one.
    pub authority: Option<PathBuf>,
    kind: Kind,
    guard: Child,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Postgresql,
    Mariadb,
}

impl Drop for Server {
    fn drop(&mut self) {
        // The end of the pipe stops the server; the shell ends after it.
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
}

impl Server {
    /// Where its sockets are.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Runs statements as the administrator.
    pub fn run_sql(&self, sql: &str) {
        let output = self.client(sql).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// A client that runs statements as the administrator.
    pub fn client(&self, sql: &str) -> Command {
        match self.kind {
            Kind::Postgresql => {
                let mut command = Command::new("psql");
                command.arg("-h").arg(self.path()).arg("-p").arg(self.port.to_string());
                command.args([
                    "-U",
                    "postgres",
                    "-d",
                    "postgres",
                    "-X",
                    "-q",
                    "-v",
                    "ON_ERROR_STOP=1",
                    "-c",
                    sql,
                ]);
                command
            }
            Kind::Mariadb => {
                let mut command = Command::new("mariadb");
                command.arg("--no-defaults").arg("--socket").arg(self.path().join("mariadb.sock"));
                command.args([
                    "--user=root",
                    "--default-character-set=utf8mb4",
                    "--database=test",
                    "-e",
                    sql,
                ]);
                command
            }
        }
    }

    /// Stops it at once, as a crash would.
    pub fn kill(&mut self) {
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
}

static POSTGRESQL: Mutex<Weak<Server>> = Mutex::new(Weak::new());
static MARIADB: Mutex<Weak<Server>> = Mutex::new(Weak::new());

/// PostgreSQL, shared by the tests that run at one time; `None`: it is not installed.
pub fn postgresql() -> Option<Arc<Server>> {
    share(&POSTGRESQL, start_postgresql)
}

/// MariaDB, shared by the tests that run at one time; `None`: it is not installed.
pub fn mariadb() -> Option<Arc<Server>> {
    share(&MARIADB, start_mariadb)
}

fn share(shared: &Mutex<Weak<Server>>, start: fn() -> Option<Server>) -> Option<Arc<Server>> {
    // A test that failed while it started the server is no reason for the next one to fail.
    let mut shared = shared.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(server) = shared.upgrade() {
        return Some(server);
    }
    let server = Arc::new(start()?);
    *shared = Arc::downgrade(&server);
    Some(server)
}

/// A PostgreSQL of one's own.
pub fn start_postgresql() -> Option<Server> {
    let programs = newest_postgresql();
    let Some(programs) = programs.filter(|_| is_there("psql")) else {
        println!("left out: PostgreSQL is not installed");
        return None;
    };
    let account = Account::find("postgres");
    let directory = account.make_directory();
    let data = directory.path().join("data");
    let mut initdb = account.command(&programs.join("initdb"));
    initdb.arg("-D").arg(&data).args([
        "-A",
        "trust",
        "-U",
        "postgres",
        "-E",
        "UTF8",
        "--locale=C",
        "--no-sync",
    ]);
    run_quietly(&mut initdb);
    let authority = make_certificates(directory.path(), &account);
    let port = free_port();
    let rules = "local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n\
                 host plain all 127.0.0.1/32 scram-sha-256\n";
    fs::write(data.join("pg_hba.conf"), rules).unwrap();
    let mut server = account.command(&programs.join("postgres"));
    server.arg("-D").arg(&data).arg("-k").arg(directory.path()).args(["-p", &port.to_string()]);
    for setting in ["listen_addresses=127.0.0.1", "fsync=off", "shared_buffers=32MB", "log_statement=all"] {
        server.args(["-c", setting]);
    }
    if authority.is_some() {
        server.args(["-c", "ssl=on"]);
        server.arg("-c").arg(format!("ssl_cert_file={}", directory.path().join("server.pem").display()));
        server.arg("-c").arg(format!("ssl_key_file={}", directory.path().join("server.key").display()));
    }
    let guard = guard(&server, "QUIT", directory.path());
    let server = Server { directory, port, authority, kind: Kind::Postgresql, guard };
    wait_until_it_answers(&server);
    server.run_sql(&format!("CREATE ROLE reader LOGIN PASSWORD '{PASSWORD}'"));
    server.run_sql("CREATE DATABASE plain");
    Some(server)
}

/// A MariaDB of one's own.
pub fn start_mariadb() -> Option<Server> {
    let program = ["/usr/sbin/mariadbd", "/usr/libexec/mariadbd", "/usr/bin/mariadbd"].map(PathBuf::from);
    let program = program.into_iter().find(|program| program.exists());
    let Some(program) = program.filter(|_| is_there("mariadb-install-db") && is_there("mariadb")) else {
        println!("left out: MariaDB is not installed");
        return None;
    };
    let account = Account::find("mysql");
    let directory = account.make_directory();
    let data = directory.path().join("data");
    let mut install = account.command(Path::new("mariadb-install-db"));
    install.arg("--no-defaults").arg(format!("--datadir={}", data.display()));
    install.args(["--auth-root-authentication-method=normal", "--skip-name-resolve"]);
    // Two servers that share a directory for temporary tables remove each other's.
    install.env("TMPDIR", directory.path());
    run_quietly(&mut install);
    let authority = make_certificates(directory.path(), &account);
    let port = free_port();
    let mut server = account.command(&program);
    server.env("TMPDIR", directory.path());
    server.arg("--no-defaults").arg(format!("--datadir={}", data.display()));
    server.arg(format!("--socket={}", directory.path().join("mariadb.sock").display()));
    server.args([
        &format!("--port={port}"),
        "--bind-address=127.0.0.1",
        "--skip-log-bin",
        "--skip-name-resolve",
    ]);
    server.args(["--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=32M", "--sql-mode="]);
    if authority.is_some() {
        for (option, file) in [("ssl-ca", "ca.pem"), ("ssl-cert", "server.pem"), ("ssl-key", "server.key")] {
            server.arg(format!("--{option}={}", directory.path().join(file).display()));
        }
    }
    let guard = guard(&server, "KILL", directory.path());
    let server = Server { directory, port, authority, kind: Kind::Mariadb, guard };
    wait_until_it_answers(&server);
    server.run_sql(&format!(
        "CREATE USER reader@'%' IDENTIFIED BY '{PASSWORD}'; CREATE USER reader@localhost IDENTIFIED BY '{PASSWORD}'; \
         GRANT SELECT ON test.* TO reader@'%', reader@localhost"
    ));
    Some(server)
}

fn newest_postgresql() -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|programs| programs.join("initdb").exists())
        .collect();
    found.sort();
    found.pop()
}

pub fn is_there(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).exists())
}

/// Who a server runs as: database servers refuse to run as root.
struct Account {
    ids: Option<(u32, u32)>,
}

impl Account {
    /// This account of the system where the tests run as root; otherwise whoever runs them.
    fn find(name: &str) -> Self {
        use std::os::unix::fs::MetadataExt;
        let is_root = fs::metadata("/proc/self").is_ok_and(|metadata| metadata.uid() == 0);
        let accounts = fs::read_to_string("/etc/passwd").unwrap_or_default();
        let line = accounts.lines().find(|line| line.split(':').next() == Some(name));
        let ids = line
            .map(|line| line.split(':').collect::<Vec<_>>())
            .and_then(|parts| Some((parts.get(2)?.parse().ok()?, parts.get(3)?.parse().ok()?)));
        Self { ids: ids.filter(|_| is_root) }
    }

    fn command(&self, program: &Path) -> Command {
        let Some((user, group)) = self.ids else { return Command::new(program) };
        let mut command = Command::new("setpriv");
        // Where the tests keep their files, this account may not write.
        command.env("TMPDIR", "/tmp");
        command.args([format!("--reuid={user}"), format!("--regid={group}"), "--clear-groups".to_string()]);
        command.arg("--").arg(program);
        command
    }

    /// A directory of the account's, with a path that is short enough for a socket.
    fn make_directory(&self) -> TempDir {
        let directory = tempfile::Builder::new().prefix("portcullis").tempdir_in("/tmp").unwrap();
        self.give(directory.path());
        directory
    }

    fn give(&self, path: &Path) {
        if let Some((user, group)) = self.ids {
            std::os::unix::fs::chown(path, Some(user), Some(group)).unwrap();
        }
    }
}

fn run_quietly(command: &mut Command) {
    let output = command.output().unwrap();
    let told = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&told));
}

/// Starts a server beside a shell that stops it when the pipe to it ends.
fn guard(server: &Command, signal: &str, directory: &Path) -> Child {
    let log = fs::File::create(directory.join("server.log")).unwrap();
    let script = format!("\"$@\" </dev/null & p=$!; read -r _; kill -{signal} $p; wait $p");
    Command::new("sh")
        .args(["-c", &script, "sh"])
        .arg(server.get_program())
        .args(server.get_args())
        .env("TMPDIR", "/tmp")
        .stdin(Stdio::piped())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap()
}

fn wait_until_it_answers(server: &Server) {
    let start = Instant::now();
    while !server.client("SELECT 1").output().unwrap().status.success() {
        let log = || fs::read_to_string(server.path().join("server.log")).unwrap_or_default();
        assert!(start.elapsed() < Duration::from_secs(120), "the server does not answer: {}", log());
        sleep(Duration::from_millis(100));
    }
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// What [`make_certificates`] makes, for a double that runs within the tests.
pub fn make_authority(directory: &Path) -> Option<PathBuf> {
    make_certificates(directory, &Account { ids: None })
}

/// An authority (`ca.pem`), a server's certificate for `localhost` (`server.pem`, `server.key`),
/// and an authority that signed nothing (`other.pem`).
fn make_certificates(directory: &Path, account: &Account) -> Option<PathBuf> {
    if !is_there("openssl") {
        println!("left out: openssl is not installed, so TLS is not tried");
        return None;
    }
    let request = |name: &str, subject: &str, more: &[&str]| {
        let mut command = Command::new("openssl");
        command.current_dir(directory).args(["req", "-x509", "-newkey", "ec", "-pkeyopt"]);
        command.args(["ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", subject]);
        command.args(["-keyout", &format!("{name}.key"), "-out", &format!("{name}.pem")]).args(more);
        run_quietly(&mut command);
    };
    request("ca", "/CN=Authority of the tests", &[]);
    request("other", "/CN=Another authority", &[]);
    let signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-addext", "subjectAltName=DNS:localhost"];
    let end = ["-addext", "basicConstraints=critical,CA:FALSE"];
    request("server", "/CN=localhost", &[&signed[..], &end[..]].concat());
    for file in ["server.key", "server.pem", "ca.pem"] {
        account.give(&directory.join(file));
    }
    Some(directory.join("ca.pem"))
}
