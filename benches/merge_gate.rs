//! How much longer does the gate's look at a change take than git's?
//!
//! `cargo bench --bench merge_gate` builds a repository of eighty thousand files once, then lets `git` and us read the same
//! changes by turns, and prints the median of each and the ratio. Judge a machine by the ratios only.
//!
//! git is timed with the start of its process, we are called within ours. What a start takes is printed first: where a change
//! takes little more than that, the ratio flatters us.
//!
//! - `-- --smoke` uses a tiny repository and one turn: it shows that the benchmark runs.
//! - `PORTCULLIS_BENCH_REPO`, `PORTCULLIS_BENCH_BASE` and `PORTCULLIS_BENCH_HEAD` name a repository and a change of yours.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark asks clock and environment, starts git and prints"
)]

use portcullis_git::Repository;
use portcullis_model::change::Revision;
use portcullis_model::fact::Fact;
use portcullis_model::inquiry::Inquiry;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn main() {
    // `cargo bench` says `--bench`; `cargo test --benches` does not, and only wants to see it run.
    let given = |name: &str| std::env::args().any(|argument| argument == name);
    let size = if given("--bench") && !given("--smoke") { FULL } else { SMOKE };
    match std::env::var_os("PORTCULLIS_BENCH_REPO") {
        Some(repository) => of_yours(Path::new(&repository), size.turns),
        None => generated(size),
    }
}

/// What to generate, and how often to measure.
#[derive(Clone, Copy)]
struct Size {
    files: usize,
    commits: usize,
    turns: usize,
}

const FULL: Size = Size { files: 80_000, commits: 4_000, turns: 9 };
const SMOKE: Size = Size { files: 300, commits: 30, turns: 1 };

fn of_yours(repository: &Path, turns: usize) {
    let name =
        |key| std::env::var(key).expect("PORTCULLIS_BENCH_BASE and PORTCULLIS_BENCH_HEAD name the change");
    let (base, head) = (name("PORTCULLIS_BENCH_BASE"), name("PORTCULLIS_BENCH_HEAD"));
    measure(&Subject { repository, base: &base, head: &head, turns });
}

fn generated(size: Size) {
    let directory = tempfile::TempDir::new().expect("a temporary directory");
    let repository: PathBuf = directory.path().join("repository");
    build(&repository, size);
    for head in ["small", "medium", "large"] {
        println!("\n{head} change, {} files, {} commits of history", size.files, size.commits);
        measure(&Subject { repository: &repository, base: "main", head, turns: size.turns });
    }
}

struct Subject<'s> {
    repository: &'s Path,
    base: &'s str,
    head: &'s str,
    turns: usize,
}

fn measure(subject: &Subject<'_>) {
    println!("{:<44} {:>10} {:>10} {:>9}", "", "git", "ours", "ours/git");
    let start = median((0..subject.turns).map(|_| timed(start_git)).collect());
    println!("{:<44} {:>7.1} ms", "nothing but a start: git version", millis(start));
    let plain = Inquiry::default();
    row("paths: git diff --name-status -M A...B", subject, &["--name-status", "-M"], &plain);
    let patterns = (0..50).map(|n| format!(r"(?i)\b(nominal|pnc)_{n}_id\b")).collect();
    row("lines and 50 patterns: git diff -M A...B", subject, &["-M"], &Inquiry { patterns, ..plain });
}

fn row(label: &str, subject: &Subject<'_>, options: &[&str], inquiry: &Inquiry) {
    let (mut git, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..subject.turns {
        git.push(timed(|| run_git(subject, options)));
        ours.push(timed(|| run_ours(subject, inquiry)));
    }
    let (git, ours) = (median(git), median(ours));
    let ratio = ours.as_secs_f64() / git.as_secs_f64();
    println!("{label:<44} {:>7.1} ms {:>7.1} ms {ratio:>9.2}", millis(git), millis(ours));
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

fn run_git(subject: &Subject<'_>, options: &[&str]) {
    let range = format!("{}...{}", subject.base, subject.head);
    let status = Command::new("git")
        .arg("-C")
        .arg(subject.repository)
        .args(["-c", "core.commitGraph=false", "diff"])
        .args(options)
        .arg(range)
        .stdout(Stdio::null())
        .status();
    assert!(status.expect("git is installed").success());
}

fn start_git() {
    let status = Command::new("git").arg("version").stdout(Stdio::null()).status();
    assert!(status.expect("git is installed").success());
}

fn run_ours(subject: &Subject<'_>, inquiry: &Inquiry) {
    let repository = Repository::open(subject.repository).expect("a repository");
    let name = |name: &str| -> Revision { repository.resolve(name).expect("a commit") };
    let change = repository.change(&name(subject.base), &name(subject.head), inquiry);
    assert!(matches!(change, Fact::Known(_)), "{change:?}");
}

/// Through `git fast-import`, from a stream that is the same every time.
fn build(repository: &Path, size: Size) {
    let init = Command::new("git").args(["init", "-q", "--bare"]).arg(repository).status();
    assert!(init.expect("git is installed").success());
    let mut import = Command::new("git")
        .arg("-C")
        .arg(repository)
        .args(["fast-import", "--quiet", "--done"])
        .stdin(Stdio::piped())
        .spawn()
        .expect("git fast-import");
    let mut stream =
        Stream { out: BufWriter::new(import.stdin.take().expect("a pipe")), date: 1_600_000_000 };
    stream.history(size).expect("git fast-import reads on");
    drop(stream);
    assert!(import.wait().expect("git fast-import ends").success());
}

struct Stream<W: Write> {
    out: W,
    date: u64,
}

impl<W: Write> Stream<W> {
    fn history(&mut self, size: Size) -> std::io::Result<()> {
        self.commit("main", None)?;
        for file in 0..size.files {
            self.file(file, 0)?;
        }
        let branch_off = size.commits * 9 / 10;
        for commit in 1..size.commits {
            if commit == branch_off {
                self.branches(size)?;
            }
            self.commit("main", None)?;
            self.file(commit * 7919 % size.files, commit)?;
        }
        writeln!(self.out, "done")
    }

    /// A request of one commit and two files, one of a hundred, and one that edits, moves and adds many.
    fn branches(&mut self, size: Size) -> std::io::Result<()> {
        self.commit("small", Some("main"))?;
        self.file(1, 900_001)?;
        self.file(size.files, 900_001)?;
        self.request("medium", size.files / 1_000 + 1, size.files / 4_000 + 1)?;
        self.request("large", size.files / 40, size.files / 160)
    }

    fn request(&mut self, branch: &str, edited: usize, moved: usize) -> std::io::Result<()> {
        self.commit(branch, Some("main"))?;
        for file in 0..edited {
            self.file(file * 3, 900_002)?;
        }
        for file in 0..moved {
            let from = path(file * 3 + 1);
            writeln!(self.out, "R {from} moved/{from}")?;
        }
        Ok(())
    }

    fn commit(&mut self, branch: &str, from: Option<&str>) -> std::io::Result<()> {
        self.date += 600;
        writeln!(self.out, "commit refs/heads/{branch}")?;
        writeln!(self.out, "committer Robin Example <robin@example.test> {} +0000", self.date)?;
        writeln!(self.out, "data 6\nchange")?;
        from.map_or(Ok(()), |from| writeln!(self.out, "from refs/heads/{from}"))
    }

    fn file(&mut self, file: usize, version: usize) -> std::io::Result<()> {
        let text = text(file, version);
        writeln!(self.out, "M 100644 inline {}\ndata {}\n{text}", path(file), text.len())
    }
}

fn path(file: usize) -> String {
    format!("part{:02}/unit{:03}/file{file}.rs", file % 40, file / 40 % 100)
}

/// Sixty lines, of which a version changes three.
fn text(file: usize, version: usize) -> String {
    let line = |n: usize| {
        let edit = if version > 0 && n % 20 == version % 20 { version } else { 0 };
        format!("    let value_{n} = compute({file}, {edit}, {});\n", file * n % 97)
    };
    (0..60).map(line).collect()
}
