//! How much faster than git do we look at a history of landings?
//!
//! `cargo bench --bench landings` builds a history of merges, then lets `git` and us look at it by turns, and prints the median
//! of each and git's time divided by ours. Judge a machine by the ratios only.
//!
//! - `-- --smoke` uses a tiny history and one turn: it shows that the benchmark runs. So does `cargo test --benches`.
//! - `PORTCULLIS_BENCH_REPO` names the git directory of a repository of yours, `PORTCULLIS_BENCH_MERGES` how many merges back,
//!   `PORTCULLIS_BENCH_GLOBS` the paths of data processing, separated by blanks (otherwise five directories are chosen).
//!
//! The last two rows are ours alone: the proof of what the last landings brought, and the decision about them once all facts are
//! there, with the proof's time divided by the decision's.
//!
//! git writes its recomputed merges to a temporary directory that has the repository as its alternate.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark asks clock and environment, starts git and prints"
)]

mod facts;

use facts::Landed;
use portcullis_git::Repository;
use portcullis_judge::decide::decide_deployment;
use portcullis_judge::policy::Policy;
use portcullis_model::change::Revision;
use portcullis_model::decision::Outcome;
use portcullis_model::landing::{Candidate, Coverage, Landing};
use portcullis_model::path::RepoPath;
use portcullis_pattern::glob::Glob;
use std::collections::BTreeMap;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn main() {
    // `cargo bench` says `--bench`; without it this runs as one test among others.
    let told = |wanted: &str| std::env::args().any(|argument| argument == wanted);
    let smoke = told("--smoke") || !told("--bench");
    let turns = if smoke { 1 } else { 7 };
    let scratch = tempfile::TempDir::new().expect("a temporary directory");
    let repository = match std::env::var_os("PORTCULLIS_BENCH_REPO") {
        Some(given) => PathBuf::from(given),
        None => generated(scratch.path(), if smoke { 12 } else { 400 }),
    };
    let merges = std::env::var("PORTCULLIS_BENCH_MERGES").map_or(300, |n| n.parse().expect("a number"));
    let objects = scratch.path().join("objects");
    std::fs::create_dir_all(&objects).expect("a directory");
    let subject = Subject { repository, objects, turns };
    println!("{:<52} {:>10} {:>10} {:>9}", subject.repository.display(), "git", "ours", "git/ours");
    proof(&subject, merges);
    decision(&subject, if smoke { 10 } else { 5000 });
}

struct Subject {
    repository: PathBuf,
    /// Where git may write.
    objects: PathBuf,
    turns: usize,
}

impl Subject {
    fn git(&self, arguments: &[&str]) -> Command {
        let mut git = Command::new("git");
        git.arg("--git-dir").arg(&self.repository).args(["-c", "core.commitGraph=false"]).args(arguments);
        git.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
        git.env("GIT_OBJECT_DIRECTORY", &self.objects);
        git.env("GIT_ALTERNATE_OBJECT_DIRECTORIES", self.repository.join("objects"));
        git
    }

    fn lines(&self, arguments: &[&str]) -> Vec<String> {
        let output = self.git(arguments).output().expect("git starts");
        assert!(output.status.success(), "git {arguments:?}");
        String::from_utf8(output.stdout).expect("text").lines().map(str::to_string).collect()
    }

    fn row(&self, label: &str, git: &[&str], ours: impl Fn()) {
        let (mut theirs, mut mine) = (Vec::new(), Vec::new());
        for _ in 0..self.turns {
            theirs.push(timed(|| {
                let status = self.git(git).stdout(Stdio::null()).status();
                assert!(status.expect("git starts").success());
            }));
            mine.push(timed(&ours));
        }
        let (theirs, mine) = (median(theirs), median(mine));
        let ratio = theirs.as_secs_f64() / mine.as_secs_f64();
        println!("{label:<52} {:>7.1} ms {:>7.1} ms {ratio:>9.2}", millis(theirs), millis(mine));
    }
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

fn name(text: &str) -> Revision {
    Revision::try_from(text.to_string()).expect("an object name")
}

/// Every merge proved from its parents, against a re-merge by git.
fn proof(subject: &Subject, merges: usize) {
    let count = merges.to_string();
    let list = subject.lines(&["rev-list", "--merges", "--parents", "-n", &count, "HEAD"]);
    let landings: Vec<Landing> = list.iter().map(|line| landing(line)).collect();
    let label = format!("proof of {} merges: log --merges --remerge-diff", landings.len());
    subject.row(&label, &["log", "--merges", "--remerge-diff", "--raw", "-n", &count, "HEAD"], || {
        open(subject).prove_landings(&landings, |_, _, _| {});
    });
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    open(subject).prove_landings(&landings, |_, coverage, _| *kinds.entry(kind(&coverage)).or_default() += 1);
    println!("    {kinds:?}");
}

fn landing(line: &str) -> Landing {
    let mut names = line.split(' ').map(name);
    let (landed, parent) = (names.next().expect("a merge"), names.next().expect("a parent"));
    let candidate = |(at, head)| Candidate { request: (at as u64).into(), head };
    Landing { parent, landed, candidates: names.enumerate().map(candidate).collect() }
}

fn kind(coverage: &Coverage) -> &'static str {
    match coverage {
        Coverage::Unchanged => "unchanged",
        Coverage::Identity(_) => "identity",
        Coverage::Replay(_) => "replay",
        Coverage::Rebase(_) => "rebase",
        Coverage::Train(_) => "train",
        Coverage::Residual(_) => "residual",
        Coverage::Unverifiable(_) => "unverifiable",
    }
}

fn open(subject: &Subject) -> Repository {
    Repository::open(&subject.repository).expect("a repository")
}

/// The decision about the last landings, beside the proof that it rests on.
fn decision(subject: &Subject, landings: usize) {
    let count = landings.to_string();
    let list = subject.lines(&["rev-list", "--first-parent", "--parents", "-n", &count, "HEAD"]);
    let claimed: Vec<Landing> = list.iter().filter_map(|line| claimed(line)).collect();
    let globs = globs(subject);
    let text = facts::policy(&globs.iter().map(Glob::as_str).collect::<Vec<_>>());
    let policy = Policy::parse(&text).unwrap_or_else(|problems| panic!("{problems:?}"));
    let deployment = facts::deployment(&landed(subject, &claimed), &text);
    let (mut proof, mut decision) = (Vec::new(), Vec::new());
    for _ in 0..subject.turns {
        proof.push(timed(|| open(subject).prove_landings(&claimed, |_, _, _| {})));
        decision.push(timed(|| drop(decide_deployment(&policy, &deployment))));
    }
    let (proof, decision) = (median(proof), median(decision));
    println!("{:<52} {:>10} {:>7.1} ms", format!("proof of {} landings", claimed.len()), "", millis(proof));
    let ratio = proof.as_secs_f64() / decision.as_secs_f64();
    let label = format!("decision about {} landings", claimed.len());
    println!("{label:<52} {:>10} {:>7.1} ms {ratio:>9.2}", "", millis(decision));
    // Honest facts: where something were missing, less would be looked at.
    let decided = decide_deployment(&policy, &deployment);
    let reasons: Vec<_> =
        decided.findings.iter().filter(|found| found.verdict.outcome() > Some(Outcome::Allow)).collect();
    assert_eq!(decided.outcome, Outcome::Allow, "{:?}", reasons.first());
}

/// A landing of everything but the first parent; without another parent, of the commit itself.
fn claimed(line: &str) -> Option<Landing> {
    let landing = line.contains(' ').then(|| landing(line))?;
    let itself = vec![Candidate { request: 0.into(), head: landing.landed.clone() }];
    let candidates = if landing.candidates.is_empty() { itself } else { landing.candidates };
    Some(Landing { candidates, ..landing })
}

/// The same with the paths that they changed, oldest first. A path that git quotes stays quoted: here it is one among many.
fn landed(subject: &Subject, landings: &[Landing]) -> Vec<Landed> {
    let count = landings.len().saturating_add(1).to_string();
    let git =
        ["log", "--first-parent", "--name-only", "--no-renames", "--format=%x00%H", "-n", &count, "HEAD"];
    let mut paths: BTreeMap<String, Vec<RepoPath>> = BTreeMap::new();
    let mut of = String::new();
    for line in subject.lines(&git) {
        match line.strip_prefix('\0') {
            Some(commit) => of = commit.to_string(),
            None if line.is_empty() => {}
            None => paths.entry(of.clone()).or_default().push(RepoPath::from(line.as_str())),
        }
    }
    let landed = landings.iter().rev().map(|one| Landed {
        parent: one.parent.clone(),
        landed: one.landed.clone(),
        paths: paths.remove(one.landed.as_str()).unwrap_or_default(),
    });
    landed.collect()
}

/// Those given, or five directories of the second level, evenly chosen.
fn globs(subject: &Subject) -> Vec<Glob> {
    let glob = |text: &str| Glob::new(text).expect("a glob");
    if let Ok(given) = std::env::var("PORTCULLIS_BENCH_GLOBS") {
        return given.split_whitespace().map(glob).collect();
    }
    let all = subject.lines(&["ls-tree", "-d", "-r", "--name-only", "HEAD"]);
    let second: Vec<&String> = all.iter().filter(|path| path.matches('/').count() == 1).collect();
    let step = (second.len() / 5).max(1);
    second.iter().step_by(step).take(5).map(|path| glob(&format!("{path}/**"))).collect()
}

/// A history in which every landing merges a request that forked off some landings ago.
fn generated(scratch: &Path, landings: usize) -> PathBuf {
    let repository = scratch.join("generated.git");
    let init = Command::new("git").args(["init", "-q", "--bare"]).arg(&repository).status();
    assert!(init.expect("git starts").success());
    let mut import = Command::new("git")
        .arg("--git-dir")
        .arg(&repository)
        .args(["fast-import", "--quiet", "--done"])
        .stdin(Stdio::piped())
        .spawn()
        .expect("git fast-import");
    let out = BufWriter::new(import.stdin.take().expect("a pipe"));
    history(out, landings).expect("git fast-import reads on");
    assert!(import.wait().expect("git fast-import ends").success());
    let mut head = Command::new("git");
    head.arg("--git-dir").arg(&repository).args(["symbolic-ref", "HEAD", "refs/heads/main"]);
    assert!(head.status().expect("git starts").success());
    repository
}

const FILES: usize = 2000;
const LAG: usize = 8;

fn history(mut out: impl Write, landings: usize) -> std::io::Result<()> {
    commit(&mut out, "main", 0, "")?;
    for file in 0..FILES {
        write_file(&mut out, file, &[])?;
    }
    writeln!(out, "reset refs/heads/tag0\nfrom refs/heads/main\n")?;
    for landing in 1..=landings {
        let edits = |upto: usize, file: usize| -> Vec<usize> {
            (1..=upto).filter(|one| touched(*one).contains(&file)).collect()
        };
        let fork = landing.saturating_sub(LAG);
        commit(&mut out, "topic", landing * 2, &format!("from refs/heads/tag{fork}\n"))?;
        for file in touched(landing) {
            let mut versions = edits(fork, file);
            versions.push(landing);
            write_file(&mut out, file, &versions)?;
        }
        commit(&mut out, "main", landing * 2 + 1, "merge refs/heads/topic\n")?;
        for file in touched(landing) {
            write_file(&mut out, file, &edits(landing, file))?;
        }
        writeln!(out, "reset refs/heads/tag{landing}\nfrom refs/heads/main\n")?;
    }
    writeln!(out, "done")
}

/// Two files of one's own, and one that every tenth landing edits too.
fn touched(landing: usize) -> [usize; 3] {
    [landing * 7 % FILES, landing * 31 % FILES, landing % 10]
}

fn commit(out: &mut impl Write, branch: &str, number: usize, from: &str) -> std::io::Result<()> {
    writeln!(out, "commit refs/heads/{branch}")?;
    writeln!(out, "committer Robin Example <robin@example.test> {} +0000", 1_600_000_000 + number * 60)?;
    write!(out, "data 6\nchange\n{from}")
}

/// Two hundred lines, of which each landing replaces one of its own.
fn write_file(out: &mut impl Write, file: usize, landings: &[usize]) -> std::io::Result<()> {
    let line = |number: usize| match landings.iter().rev().find(|landing| **landing * 37 % 200 == number) {
        Some(landing) => format!("    let edited_by_{landing} = {number};\n"),
        None => format!("    let value_{number} = compute({file}, {number});\n"),
    };
    let text: String = (0..200).map(line).collect();
    let path = format!("part{:02}/unit{:02}/file{file}.rs", file % 20, file / 20 % 10);
    writeln!(out, "M 100644 inline {path}\ndata {}\n{text}", text.len())
}
