//! How much longer does reading a report take than looking at its XML, and how much memory do large ones take?
//!
//! `cargo bench --bench reports` makes a JUnit report of a hundred thousand tests, lets a bare loop over the events of
//! the XML library and our reader read the same bytes by turns, and prints the median of each and the ratio. Judge a
//! machine by the ratios only. Then it makes a report of 1.7 million tests and another of half as many, records, signs, verifies and
//! compares them with the program itself, also with one in which every name is another, and prints what each step took.
//! `-- --smoke` uses small reports and one turn: it shows that the benchmark runs.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark asks the clock and prints"
)]

use portcullis_report::parse;
use quick_xml::Reader;
use quick_xml::events::Event;
use std::fmt::Write;
use std::hint::black_box;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

#[path = "../tests/it/support/large.rs"]
mod large;

fn main() {
    let given = |name: &str| std::env::args().any(|argument| argument == name);
    let (tests, turns) = if given("--bench") && !given("--smoke") { (100_000, 15) } else { (1000, 1) };
    println!("{:<44} {:>10} {:>10} {:>9}", format!("{tests} tests"), "events", "ours", "ours/bare");
    row("JUnit, names only", &junit(tests, ""), turns);
    let output = "<system-out>loaded 12 records &amp; rejected 3 of them\nthe end</system-out>";
    row("JUnit, with output of each test", &junit(tests, output), turns);
    let large = if turns > 1 { 1_700_000 } else { 2_000 };
    println!("\n{:<56} {:>10} {:>10} {:>9} {:>9}", "with the program", "time", "memory", "target", "of half");
    let half = Large::of(large / 2).steps();
    for (whole, half) in Large::of(large).steps().iter().zip(half) {
        whole.print(&half);
    }
}

/// What every step may hold at once, in megabytes.
const TARGET: u64 = 500;

/// Large reports of one suite in a repository.
struct Large {
    directory: tempfile::TempDir,
    tests: usize,
}

/// What a step took.
struct Step {
    label: String,
    time: Duration,
    /// The most memory that it held, in kilobytes, where the system tells.
    memory: Option<u64>,
}

impl Step {
    fn print(&self, half: &Step) {
        let megabytes = self.memory.map(|kilobytes| kilobytes / 1000);
        let memory = megabytes.map_or("unknown".to_string(), |megabytes| format!("{megabytes} MB"));
        let verdict = match megabytes {
            Some(megabytes) if megabytes > TARGET => format!("> {TARGET}"),
            Some(_) => format!("<= {TARGET}"),
            None => String::new(),
        };
        let ratio = self.time.as_secs_f64() / half.time.as_secs_f64();
        println!(
            "{:<56} {:>8.2} s {memory:>10} {verdict:>9} {ratio:>9.2}",
            self.label,
            self.time.as_secs_f64()
        );
    }
}

impl Large {
    fn of(tests: usize) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let large = Large { directory, tests };
        for (run, name) in ["before.xml", "after.xml", "other.xml"].iter().enumerate() {
            let file = std::fs::File::create(large.path(name)).expect("a file");
            large::junit(&mut std::io::BufWriter::new(file), tests, run, false, "").expect("a report");
        }
        let key = ssh_key::PrivateKey::from(ssh_key::private::Ed25519Keypair::from_seed(&[7; 32]));
        let text = key.to_openssh(ssh_key::LineEnding::LF).expect("a key");
        std::fs::write(large.path("key"), text.as_bytes()).expect("a file");
        let public = key.public_key().to_openssh().expect("a key");
        std::fs::write(large.path("signers"), format!("kim@example.test {public}\n")).expect("a file");
        std::fs::write(large.path(".gitignore"), "*\n").expect("a file");
        large.git(&["init", "-q", "-b", "main"]);
        large.git(&["add", "-f", ".gitignore"]);
        large.git(&["-c", "user.name=Kim", "-c", "user.email=kim@example.test", "commit", "-qm", "Begin"]);
        large
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.directory.path().join(name)
    }

    fn git(&self, arguments: &[&str]) {
        let status = Command::new("git").args(arguments).current_dir(self.directory.path()).status();
        assert!(status.expect("git").success());
    }

    fn steps(&self) -> Vec<Step> {
        let record = ["evidence", "record", "--suite", "upload", "--report"];
        let with = |more: &[&'static str]| [&record[..], more].concat();
        let diff = |more: &[&'static str]| [&["evidence", "diff", "before.json"], more].concat();
        [
            ("evidence record", with(&["before.xml", "-o", "before.json"])),
            ("evidence record, a later run", with(&["after.xml", "-o", "after.json"])),
            ("evidence record --key", with(&["before.xml", "-o", "signed.json", "--key", "key"])),
            ("evidence verify", vec!["evidence", "verify", "signed.json", "--signers", "signers"]),
            ("evidence diff", diff(&["after.json"])),
            ("evidence record, every name another", with(&["other.xml", "-o", "other.json"])),
            ("evidence diff, every name another", diff(&["other.json"])),
            ("evidence diff --json, every name another", diff(&["other.json", "--json"])),
        ]
        .into_iter()
        .map(|(label, arguments)| self.step(label, &arguments))
        .collect()
    }

    fn step(&self, label: &str, arguments: &[&str]) -> Step {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
        command
            .args(arguments)
            .current_dir(self.directory.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let begin = Instant::now();
        let mut child = command.spawn().expect("the program");
        let mut memory = None;
        let status = loop {
            if let Some(status) = child.try_wait().expect("the program") {
                break status;
            }
            memory = peak(child.id()).max(memory);
            std::thread::sleep(Duration::from_millis(2));
        };
        assert!(status.success(), "{label}");
        Step { label: format!("{label}, {} tests", self.tests), time: begin.elapsed(), memory }
    }
}

/// The most that a process held so far, in kilobytes, as Linux tells it.
fn peak(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

/// A report of passed, failed and skipped tests in suites of a hundred, as in earlier versions of this benchmark.
fn junit(tests: usize, output: &str) -> String {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"all\">\n");
    for number in 0..tests {
        if number % 100 == 0 {
            let suite = number / 100;
            let _ = writeln!(
                text,
                "<testsuite name=\"suite {suite}\" timestamp=\"2026-01-01T00:00:00Z\" time=\"1.5\">"
            );
        }
        let more = match number % 50 {
            7 => "<failure message=\"1 is not 2\" type=\"AssertionError\">at line 3</failure>",
            8 => "<skipped message=\"not today\"/>",
            _ => "",
        };
        let _ = writeln!(
            text,
            "<testcase classname=\"upload.loader\" name=\"rejects record {number}\" time=\"0.012\">{more}{output}</testcase>"
        );
        if number % 100 == 99 {
            text.push_str("</testsuite>\n");
        }
    }
    text + "</testsuites>\n"
}

fn row(label: &str, report: &str, turns: usize) {
    let (mut bare, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..turns {
        bare.push(timed(|| events(report)));
        ours.push(timed(|| {
            black_box(parse(report.as_bytes()).expect("a report"));
        }));
    }
    let (bare, ours) = (median(bare), median(ours));
    let ratio = ours.as_secs_f64() / bare.as_secs_f64();
    println!("{label:<44} {:>7.1} ms {:>7.1} ms {ratio:>9.2}", millis(bare), millis(ours));
}

/// Every event, and every attribute of every element: what no reader of such a report can leave out.
fn events(report: &str) {
    let mut reader = Reader::from_str(report);
    let mut seen = 0u64;
    loop {
        match reader.read_event().expect("well-formed XML") {
            Event::Start(tag) | Event::Empty(tag) => {
                for attribute in tag.attributes() {
                    seen += attribute.expect("an attribute").value.len() as u64;
                }
            }
            Event::Eof => break,
            _ => seen += 1,
        }
    }
    black_box(seen);
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
