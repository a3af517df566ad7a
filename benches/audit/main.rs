//! How long does an audit with given facts take, how long with a pack, and how much memory has each?
//!
//! `cargo bench --bench audit` makes a year of ten thousand landings up, composes what a host would say of each (requests,
//! reviews and pushes by seeded people, with seeded faults), writes it to a file of facts, and runs
//! `portcullis audit --facts` over it: alone, with `--pack`, and `pack verify` on what came of it. Time is the clock's, memory is
//! the kernel's figure for the process (`VmHWM`). The exceptions have to be the seeded faults and nothing else.
//!
//! - `-- --smoke` uses 120 landings. So does `cargo test --benches`.
//! - `PORTCULLIS_HISTORIES="rails.git cargo.git"` takes the year of real repositories in its place (git directories, separated by
//!   blanks), with composed facts; `PORTCULLIS_HISTORIES_YEAR` says which (otherwise 2025).
//! - `PORTCULLIS_AUDIT_LANDINGS` says how many landings are made up.
//!
//! | fault | what the host says |
//! | --- | --- |
//! | own approval | who opened the request, and wrote and pushed its commits, approved it |
//! | no approval | the request has no review |
//! | too early | it was approved, and then pushed to |
//! | direct push | no request brought the landing |
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark asks clock and environment, starts programs and prints"
)]

mod compose;
mod history;

use compose::Composed;
use history::Subject;
use portcullis_wire::audit::v1::{AuditV1, ExceptionV1};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The most memory that an audit of ten thousand landings may take, alone or with a pack, in MiB.
const MOST: u64 = 300;

/// The pack may take the time of the audit once more.
const SLOWEST: f64 = 2.0;

/// Landings of the year that is made up.
const LANDINGS: usize = 10_000;

/// So few landings say nothing about time and memory.
const FEW: usize = 1000;

fn main() {
    // `cargo bench` says `--bench`; without it this runs as one test among others.
    let told = |wanted: &str| std::env::args().any(|argument| argument == wanted);
    let smoke = told("--smoke") || !told("--bench");
    let scratch = TempDir::new().expect("a temporary directory");
    let given = std::env::var("PORTCULLIS_HISTORIES").ok().filter(|_| !smoke);
    let year = std::env::var("PORTCULLIS_HISTORIES_YEAR").unwrap_or("2025".to_string());
    let asked = std::env::var("PORTCULLIS_AUDIT_LANDINGS").ok().and_then(|number| number.parse().ok());
    let subjects: Vec<Subject> = match given {
        Some(given) => given.split_whitespace().map(|git| Subject::real(Path::new(git), &year)).collect(),
        None => {
            let landings = if smoke { 120 } else { asked.unwrap_or(LANDINGS) };
            vec![Subject::made_up(&scratch.path().join("made-up"), landings)]
        }
    };
    subjects.iter().for_each(|subject| measure(subject, scratch.path()));
}

/// What a run of the program took.
struct Run {
    time: Duration,
    peak: u64,
}

fn measure(subject: &Subject, scratch: &Path) {
    let place = scratch.join(format!("{}-results", subject.name));
    std::fs::create_dir_all(&place).expect("a directory");
    let composed = compose::compose(subject, &place.join("facts.json"));
    let policy = place.join("policy.toml");
    std::fs::write(&policy, compose::POLICY).expect("a file");
    let audit = place.join("audit.json");
    let mut more = vec![format!("--facts={}", place.join("facts.json").display())];
    if subject.needs_policy {
        more.push(format!("--policy={}", policy.display()));
    }
    let alone = audited(subject, &more, &audit, None);
    let read: AuditV1 = serde_json::from_slice(&std::fs::read(&audit).expect("an audit")).expect("an audit");
    check_exceptions(&read, &composed);
    drop(read);
    let pack = place.join("pack");
    let packed = audited(subject, &more, &audit, Some(&pack));
    let verified = run(Command::new(program()).arg("pack").arg("verify").arg(&pack), &[0, 3]);
    let archive = std::fs::metadata(pack.with_extension("tar")).expect("an archive").len();
    print(subject, &composed, [&alone, &packed, &verified], archive);
    let ratio = packed.time.as_secs_f64() / alone.time.as_secs_f64();
    if composed.landings >= FEW && !subject.needs_policy {
        let peak = alone.peak.max(packed.peak);
        assert!(peak < MOST, "{peak} MiB of memory, of at most {MOST}");
        assert!(ratio < SLOWEST, "with a pack {ratio:.2} times the audit alone, of at most {SLOWEST}");
    }
    if std::env::var_os("PORTCULLIS_AUDIT_KEEP").is_none() {
        std::fs::remove_dir_all(&place).expect("a directory");
    }
}

fn print(subject: &Subject, composed: &Composed, [alone, packed, verified]: [&Run; 3], archive: u64) {
    let ratio = packed.time.as_secs_f64() / alone.time.as_secs_f64();
    println!(
        "{}: {} landings, {} seeded faults, each an exception and no other; the pack has {} MiB",
        subject.name,
        composed.landings,
        composed.faults.len(),
        archive >> 20
    );
    for (what, run) in [("audit alone", alone), ("with a pack", packed), ("pack verify", verified)] {
        println!("  {what:<12} {:>8.1} s {:>6} MiB", run.time.as_secs_f64(), run.peak);
    }
    println!("  with a pack / alone: {ratio:.2}; facts {} MiB", composed.bytes >> 20);
}

/// The faults are the exceptions, and nothing else is.
fn check_exceptions(audit: &AuditV1, composed: &Composed) {
    let of = |one: &ExceptionV1| one.item.rsplit('@').next().unwrap_or_default().to_string();
    let found: BTreeSet<String> = audit.exceptions.iter().map(of).collect();
    let missed: Vec<&String> = composed.faults.difference(&found).collect();
    let invented: Vec<&ExceptionV1> =
        audit.exceptions.iter().filter(|one| !composed.faults.contains(&of(one))).collect();
    assert!(missed.is_empty(), "{} faults were missed: {:?}", missed.len(), missed.first());
    assert!(invented.is_empty(), "{} exceptions are no faults: {:#?}", invented.len(), invented.first());
    assert_eq!(audit.counts.landings as usize, composed.landings, "landings: {:?}", audit.branches);
}

fn audited(subject: &Subject, more: &[String], audit: &Path, pack: Option<&Path>) -> Run {
    let mut command = Command::new(program());
    command.arg("-C").arg(&subject.directory).args([
        "audit",
        "--no-deployments",
        "--branch",
        &subject.branch,
    ]);
    command.args(["--since", &subject.since, "--until", &subject.until]);
    command.args(["--as-of", "2030-01-01T00:00:00Z"]).args(more);
    command.arg(format!("--format=json={}", audit.display()));
    if let Some(pack) = pack {
        command.arg("--pack").arg(pack);
    }
    run(&mut command, &[0, 1, 3])
}

fn program() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_portcullis"))
}

fn run(command: &mut Command, exits: &[i32]) -> Run {
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    let begin = Instant::now();
    let mut child = command.spawn().expect("the program starts");
    let mut peak = 0;
    let status = loop {
        peak = peak.max(peak_of(&child));
        match child.try_wait().expect("a process") {
            Some(status) => break status,
            None => std::thread::sleep(Duration::from_millis(2)),
        }
    };
    let time = begin.elapsed();
    let is_expected = status.code().is_some_and(|code| exits.contains(&code));
    assert!(is_expected, "{status}: {}", said(&mut child));
    Run { time, peak }
}

fn said(child: &mut Child) -> String {
    child.stderr.take().map(std::io::read_to_string).and_then(Result::ok).unwrap_or_default()
}

/// The most memory that a process had until now, in MiB; 0 where the system does not say.
fn peak_of(child: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) >> 10
}
