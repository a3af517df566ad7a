//! How long does a server's hook take to judge a push?
//!
//! `cargo bench --bench hook` makes a bare repository of 80,000 files and a push of ten commits to its deployment branch, with
//! the objects of the push in a quarantine directory as git has them there. It prints the median of `portcullis hook
//! pre-receive`, and how it compares with `git rev-list --objects` of the pushed range together with `git diff` of it.
//!
//! `-- --smoke` uses a small repository and one turn: it shows that the benchmark runs. So does `cargo test --benches`.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark asks clock and environment, starts programs, and prints"
)]

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

const PROGRAM: &str = env!("CARGO_BIN_EXE_portcullis");

const POLICY: &str = r#"schema = 1

[project]
name = "Record upload"

[branches]
deployment = ["main"]

[[data-processing]]
name = "upload"
purpose = "Loads records"
paths = ["part-00/**"]
content = ['(?i)\bnominal_id\b']

[roles.gate-owners]
users = ["robin"]

[controls.required-reviews]
approvals = 1

[controls.gate-integrity]
role = "gate-owners"
approvals = 1
"#;

fn main() {
    // `cargo bench` says `--bench`; without it this runs as one test among others.
    let told = |wanted: &str| std::env::args().any(|argument| argument == wanted);
    let smoke = told("--smoke") || !told("--bench");
    let (files, turns) = if smoke { (400, 1) } else { (80_000, 15) };
    let directory = tempfile::tempdir().expect("a directory");
    let push = Push::make(directory.path(), files);
    let hook = median(turns, || push.judge());
    let walk = median(turns, || push.git(&["rev-list", "--objects", &push.new, &format!("^{}", push.old)]));
    let diff = median(turns, || push.git(&["diff", &push.old, &push.new]));
    let ratio = hook.as_secs_f64() / (walk + diff).as_secs_f64();
    println!(
        "ten commits into {files} files: hook {hook:.1?}, rev-list {walk:.1?}, diff {diff:.1?}, ratio {ratio:.2}"
    );
}

/// A push on its way in.
struct Push {
    repository: PathBuf,
    quarantine: PathBuf,
    old: String,
    new: String,
}

impl Push {
    fn make(directory: &Path, files: usize) -> Push {
        let repository = directory.join("upload.git");
        run(git(directory).args(["init", "-q", "--bare", "-b", "main"]).arg(&repository));
        import(&repository, &first_commit(files), None);
        run(git(&repository).args(["repack", "-q", "-a", "-d"]));
        let old = tip(&repository, "main");
        // What a push of fewer than a hundred objects brings lies loose, in a directory of its own.
        let quarantine = repository.join("objects/tmp_objdir-incoming-bench");
        std::fs::create_dir(&quarantine).expect("a quarantine");
        import(&repository, &ten_commits(files, &old), Some(&quarantine));
        let new = run(git(&repository).args(["rev-parse", "refs/heads/pushed"])).trim().to_string();
        run(git(&repository).args(["pack-refs", "--all"]));
        std::fs::write(repository.join("packed-refs"), format!("{old} refs/heads/main\n")).expect("refs");
        let push = Push { repository, quarantine, old, new };
        let first = push.hook();
        assert_eq!(first.status.code(), Some(1), "{first:?}");
        let said = String::from_utf8_lossy(&first.stdout);
        assert!(said.contains("10 commits"), "the push was judged: {said}");
        push
    }

    fn received(&self, command: &mut Command) -> Command {
        let mut command = std::mem::replace(command, Command::new("true"));
        command.env("GIT_DIR", ".").env("GIT_QUARANTINE_PATH", &self.quarantine);
        command.env("GIT_OBJECT_DIRECTORY", &self.quarantine);
        command.env("GIT_ALTERNATE_OBJECT_DIRECTORIES", self.repository.join("objects"));
        command
    }

    fn hook(&self) -> Output {
        let mut command = Command::new(PROGRAM);
        command.current_dir(&self.repository).args(["hook", "pre-receive"]);
        let mut command = self.received(&mut command);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the hook");
        let line = format!("{} {} refs/heads/main\n", self.old, self.new);
        child.stdin.take().expect("a pipe").write_all(line.as_bytes()).expect("the refs");
        child.wait_with_output().expect("the hook")
    }

    fn judge(&self) -> usize {
        self.hook().stdout.len()
    }

    fn git(&self, arguments: &[&str]) -> usize {
        let mut command = git(&self.repository);
        command.args(arguments);
        self.received(&mut command).output().expect("git").stdout.len()
    }
}

fn git(directory: &Path) -> Command {
    let mut git = Command::new("git");
    git.current_dir(directory).env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
    git
}

fn run(command: &mut Command) -> String {
    let output = command.output().expect("a program");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn tip(repository: &Path, branch: &str) -> String {
    run(git(repository).args(["rev-parse", branch])).trim().to_string()
}

/// Imports a history: into a pack, or loose into a quarantine.
fn import(repository: &Path, stream: &str, quarantine: Option<&Path>) {
    let limit = if quarantine.is_some() { "1000000" } else { "1" };
    let unpack = format!("fastimport.unpackLimit={limit}");
    let mut command = git(repository);
    command.args(["-c", &unpack, "fast-import", "--quiet", "--force"]).stdin(Stdio::piped());
    if let Some(quarantine) = quarantine {
        command.env("GIT_OBJECT_DIRECTORY", quarantine);
        command.env("GIT_ALTERNATE_OBJECT_DIRECTORIES", repository.join("objects"));
    }
    let mut child = command.spawn().expect("git fast-import");
    child.stdin.take().expect("a pipe").write_all(stream.as_bytes()).expect("the history");
    assert!(child.wait().expect("git fast-import").success());
}

fn path(number: usize) -> String {
    format!("part-{:02}/group-{:02}/file-{number:05}.sql", number % 40, number / 40 % 50)
}

fn write_file(stream: &mut String, path: &str, text: &str) {
    let _never_fails = writeln!(stream, "M 100644 inline {path}\ndata {}\n{text}", text.len());
}

fn begin_commit(stream: &mut String, branch: &str, from: Option<&str>, second: usize) {
    let who = format!("Kim Example <kim@example.test> {} +0000", 1_800_000_000 + second);
    let _never_fails =
        writeln!(stream, "commit refs/heads/{branch}\nauthor {who}\ncommitter {who}\ndata 6\nChange");
    if let Some(from) = from {
        let _never_fails = writeln!(stream, "from {from}");
    }
}

fn text(number: usize, line: &str) -> String {
    let lines: String = (0..40).map(|at| format!("INSERT INTO table_{number} VALUES ({at});\n")).collect();
    format!("{lines}{line}\n")
}

fn first_commit(files: usize) -> String {
    let mut stream = String::new();
    begin_commit(&mut stream, "main", None, 0);
    write_file(&mut stream, "portcullis.toml", POLICY);
    (0..files).for_each(|number| write_file(&mut stream, &path(number), &text(number, "SELECT 1;")));
    stream
}

/// Each changes three files.
fn ten_commits(files: usize, from: &str) -> String {
    let mut stream = String::new();
    for commit in 0..10 {
        begin_commit(&mut stream, "pushed", (commit == 0).then_some(from), commit + 1);
        for change in 0..3 {
            let number = (commit * 7919 + change * 104_729) % files;
            write_file(&mut stream, &path(number), &text(number, &format!("SELECT {commit};")));
        }
    }
    stream
}

fn median(turns: usize, mut turn: impl FnMut() -> usize) -> Duration {
    let mut times: Vec<Duration> = (0..turns)
        .map(|_| {
            let begun = Instant::now();
            std::hint::black_box(turn());
            begun.elapsed()
        })
        .collect();
    times.sort();
    times[turns / 2]
}
