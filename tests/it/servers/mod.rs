//! The gate on git servers that really run: sshd with a bare repository, gitolite, and a web server with git's own backend.
//!
//! Each test starts a server of its own on loopback, with its own port and directory, and stops it. Where the program of a
//! server is not installed, a test says so and ends.

mod attacks;
mod gitolite;
mod http;
mod landings;
mod local;
mod people;
mod scenario;
mod sshd;

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

pub use people::Person;

/// A server with one gated repository.
pub trait GitServer {
    /// Where a person pushes to.
    fn url(&self, person: &Person) -> String;
    /// What git of that person needs to get there.
    fn environment(&self, person: &Person) -> Vec<(String, String)>;
    /// The repository on the server.
    fn repository(&self) -> PathBuf;
    /// Runs a command on the server, as the owner of the repository.
    fn on_server(&self, program: &str, arguments: &[&str]) -> Output;
}

/// A process that ends with its owner.
pub struct Daemon(Child);

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ended = self.0.kill();
        let _reaped = self.0.wait();
    }
}

impl Daemon {
    /// Starts it and waits until it listens; what it logs is shown where it does not.
    pub fn start(command: &mut Command, port: u16, log: &Path) -> Daemon {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let daemon = Daemon(child);
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let logged = || std::fs::read_to_string(log).unwrap_or_default();
            assert!(begun.elapsed() < Duration::from_secs(20), "it does not listen: {}", logged());
            std::thread::sleep(Duration::from_millis(20));
        }
        daemon
    }
}

/// A port that is free now.
pub fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

/// The place of a program; says so and gives nothing where it is not installed.
pub fn installed(program: &str) -> Option<PathBuf> {
    let places = ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin", "/usr/lib/git-core"];
    let found = places.iter().map(|place| Path::new(place).join(program)).find(|file| file.is_file());
    if found.is_none() {
        println!("skipped: `{program}` is not installed");
    }
    found
}

/// A directory for a server or a clone, outside of any repository.
pub fn directory() -> TempDir {
    tempfile::Builder::new().prefix("portcullis-server-").tempdir().unwrap()
}

/// What a command wrote, both ways.
pub fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Runs a command that has to succeed.
pub fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", said(&output));
    said(&output)
}

/// A git that reads no configuration but that of the repository.
pub fn plain_git(directory: &Path) -> Command {
    let mut git = Command::new("git");
    git.current_dir(directory).env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
    git.env("HOME", directory).env_remove("SSH_AUTH_SOCK");
    git
}

/// The name of the account that runs the tests.
pub fn account() -> String {
    run(Command::new("id").arg("-un")).trim().to_string()
}
