//! Our changed lines and their coverage against `diff-cover`, which knows nothing of us.
//!
//! Needs `diff-cover` (PyPI) and is therefore ignored:
//! `DIFF_COVER=/path/to/diff-cover cargo test --test it line_coverage_agreement -- --ignored`
//!
//! Two diffs of the same texts may call different lines of equal text changed, because which of several equal lines is the
//! new one is a matter of taste. diff-cover asks `git diff`. So a difference is explained when exactly one of git and us calls
//! the line changed; a line that both call changed has to be judged alike.
//!
//! And all formats against each other: the same coverage, written in each, is read as the same lines.

use crate::support::written::WRITERS;
use portcullis_model::lines;
use portcullis_report::line_coverage::parse;
use portcullis_testkit::lane::rng::Rng;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

const POLICY: &str = r#"schema = 1
[project]
name = "agreement"
[branches]
deployment = ["main"]
[[data-processing]]
name = "all"
purpose = "everything"
paths = ["**"]
[controls.changed-line-coverage]
minimum = 1
[controls.changed-line-coverage.reports.all]
files = ["../REPORT"]
"#;

/// Lines by file.
type Lines = BTreeMap<String, BTreeSet<u64>>;

/// What a judge says of changed lines: executed, and not.
#[derive(Debug, Default, PartialEq)]
struct Said {
    covered: Lines,
    uncovered: Lines,
}

fn run(directory: &Path, program: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(program);
    let output = command.current_dir(directory).args(arguments).output().unwrap();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn git(directory: &Path, arguments: &[&str]) -> String {
    let who = ["-c", "user.name=Robin Example", "-c", "user.email=robin@example.test"];
    run(directory, "git", &[&who, arguments].concat())
}

fn text(rng: &mut Rng) -> Vec<String> {
    (0..rng.below(60)).map(|_| format!("line {}", rng.below(12))).collect()
}

fn edited(rng: &mut Rng, lines: &[String]) -> Vec<String> {
    let mut lines = lines.to_vec();
    for _ in 0..=rng.below(6) {
        let at = rng.below(lines.len() + 1);
        match rng.below(3) {
            0 => lines.insert(at, format!("new {}", rng.below(4))),
            1 if at < lines.len() => drop(lines.remove(at)),
            _ => lines.extend(text(rng).into_iter().take(3)),
        }
    }
    lines
}

/// Each line: nothing to execute, executed, or not.
fn measured(rng: &mut Rng, total: usize) -> Vec<(u32, bool)> {
    let total = u32::try_from(total).unwrap();
    (1..=total).filter_map(|line| Some((line, rng.below(3).checked_sub(1)? > 0))).collect()
}

/// The formats that diff-cover reads as well.
const SHARED: &[&str] = &["clover", "cobertura", "lcov"];

/// A report in one of them. diff-cover knows a tracefile by the end of its name.
fn report(format: &str, files: &BTreeMap<&str, Vec<(u32, bool)>>) -> (String, String) {
    let measured: Vec<(&str, &[(u32, bool)])> =
        files.iter().map(|(name, lines)| (*name, lines.as_slice())).collect();
    let (_, write) = WRITERS.iter().find(|(name, _)| *name == format).unwrap();
    // diff-cover wants a path beside the name in Clover, and a source directory and a rate in Cobertura.
    let text = write(&measured).replace("<file name=", "<file path=");
    let text =
        text.replace("<coverage><sources/>", "<coverage line-rate='0'><sources><source>.</source></sources>");
    let text = text.replace("<coverage><project>", "<coverage clover='4'><project>");
    (if format == "lcov" { "r.info".into() } else { "r.xml".into() }, text)
}

fn numbers(runs: &Value) -> BTreeSet<u64> {
    let run = |run: &Value| run[0].as_u64().unwrap()..=run[1].as_u64().unwrap();
    runs.as_array().unwrap().iter().flat_map(run).collect()
}

fn ours(directory: &Path, base: &str, policy: &Path) -> (Said, Lines) {
    let arguments =
        ["facts", "--host", "none", "--base", base, "--head", "HEAD", "--policy", policy.to_str().unwrap()];
    let facts: Value =
        serde_json::from_str(&run(directory, env!("CARGO_BIN_EXE_portcullis"), &arguments)).unwrap();
    let facts = &facts["line_coverage"]["known"];
    let changed = facts["changed"].as_object().unwrap().iter();
    let changed: Lines =
        changed.map(|(path, lines)| (path.clone(), numbers(&lines["known"]["lines"]))).collect();
    let mut said = Said::default();
    for (path, lines) in facts["reports"][0]["content"]["known"]["files"].as_object().unwrap() {
        let executable = &numbers(&lines["executable"]) & &changed[path];
        let hit = numbers(&lines["hit"]);
        said.covered.insert(path.clone(), &executable & &hit);
        said.uncovered.insert(path.clone(), &executable - &hit);
    }
    (said, changed)
}

fn theirs(directory: &Path, base: &str, report: &str) -> Said {
    let program = std::env::var("DIFF_COVER").unwrap_or_else(|_| "diff-cover".into());
    let branch = format!("--compare-branch={base}");
    run(
        directory,
        &program,
        &[report, &branch, "--format", "json:theirs.json", "--ignore-unstaged", "--ignore-staged"],
    );
    let json: Value =
        serde_json::from_str(&std::fs::read_to_string(directory.join("theirs.json")).unwrap()).unwrap();
    let lines = |stats: &Value, key: &str| -> BTreeSet<u64> {
        stats[key].as_array().unwrap().iter().map(|line| line.as_u64().unwrap()).collect()
    };
    let mut said = Said::default();
    for (path, stats) in json["src_stats"].as_object().unwrap() {
        said.covered.insert(path.clone(), lines(stats, "covered_lines"));
        said.uncovered.insert(path.clone(), lines(stats, "violation_lines"));
    }
    said
}

/// What `git diff` calls changed.
fn changed_for_git(directory: &Path, base: &str) -> Lines {
    let mut lines = Lines::new();
    let mut path = String::new();
    for line in git(directory, &["diff", "-U0", "--no-color", &format!("{base}...HEAD")]).lines() {
        if let Some(name) = line.strip_prefix("+++ b/") {
            path = name.to_string();
        } else if let Some(hunk) = line.strip_prefix("@@ ") {
            let place = hunk.split(" +").nth(1).unwrap().split(' ').next().unwrap();
            let (first, count) = place.split_once(',').unwrap_or((place, "1"));
            let first: u64 = first.parse().unwrap();
            lines.entry(path.clone()).or_default().extend(first..first + count.parse::<u64>().unwrap());
        }
    }
    lines
}

/// Compares; says how many lines both judge, and how many only one of the diffs calls changed.
fn compare(ours: &Said, changed: &Lines, theirs: &Said, git: &Lines) -> (usize, usize) {
    let none = BTreeSet::new();
    let (mut alike, mut explained) = (0, 0);
    for path in changed.keys().chain(git.keys()).collect::<BTreeSet<_>>() {
        let of = |lines: &Lines| lines.get(path).unwrap_or(&none).clone();
        let both = &of(changed) & &of(git);
        for (mine, other) in [(&ours.covered, &theirs.covered), (&ours.uncovered, &theirs.uncovered)] {
            let (mine, other) = (of(mine), of(other));
            assert_eq!(&mine & &both, &other & &both, "{path}");
            alike += (&mine & &both).len();
            explained += mine.symmetric_difference(&other).count();
        }
    }
    (alike, explained)
}

fn round(seed: u64) -> (usize, usize) {
    let rng = &mut Rng(seed);
    let outside = tempfile::tempdir().unwrap();
    let directory = &outside.path().join("tree");
    std::fs::create_dir_all(directory.join("src/deep")).unwrap();
    git(directory, &["init", "--quiet", "--initial-branch=main"]);
    let names = ["a.py", "src/b.py", "src/deep/c.py"];
    let before: Vec<Vec<String>> = names.iter().map(|_| text(rng)).collect();
    let write =
        |name: &str, lines: &[String]| std::fs::write(directory.join(name), lines.join("\n") + "\n").unwrap();
    names.iter().zip(&before).for_each(|(name, lines)| write(name, lines));
    git(directory, &["add", "."]);
    git(directory, &["commit", "--quiet", "--message=before"]);
    let base = git(directory, &["rev-parse", "HEAD"]).trim().to_string();
    let mut files = BTreeMap::new();
    for (name, lines) in names.iter().zip(&before) {
        let lines = edited(rng, lines);
        write(name, &lines);
        files.insert(*name, measured(rng, lines.len()));
    }
    git(directory, &["commit", "--quiet", "--all", "--allow-empty", "--message=after"]);
    let (report, content) = report(SHARED[rng.below(SHARED.len())], &files);
    std::fs::write(directory.join(&report), content).unwrap();
    let policy = outside.path().join("policy.toml");
    std::fs::write(&policy, POLICY.replace("../REPORT", &report)).unwrap();
    let (said, changed) = ours(directory, &base, &policy);
    compare(&said, &changed, &theirs(directory, &base, &report), &changed_for_git(directory, &base))
}

#[test]
#[ignore = "needs diff-cover"]
fn changed_lines_are_judged_as_diff_cover_judges_them() {
    let rounds = (0..40).map(round);
    let (alike, explained) =
        rounds.fold((0, 0), |sum, (alike, explained)| (sum.0 + alike, sum.1 + explained));
    eprintln!("{alike} lines judged alike; {explained} lines that only one diff calls changed");
    assert!(alike > 100, "nothing was compared: {alike}");
}

#[test]
fn the_same_coverage_is_read_alike_in_every_format() {
    let rng = &mut Rng(7);
    for round in 0..200 {
        let mut files: Vec<(String, Vec<(u32, bool)>)> = Vec::new();
        for number in 0..=rng.below(4) {
            let total = rng.below(50);
            files.push((format!("src/{number}/load.x"), measured(rng, total)));
        }
        let measured: Vec<(&str, &[(u32, bool)])> =
            files.iter().map(|(name, lines)| (name.as_str(), lines.as_slice())).collect();
        let with_lines = measured.iter().any(|(_, lines)| !lines.is_empty());
        for (format, write) in WRITERS.iter().filter(|_| with_lines) {
            let (known, reported) = parse(write(&measured).as_bytes(), None).unwrap();
            assert_eq!((known.as_str(), reported.contradictions), (*format, Vec::new()), "{round}");
            for (name, said) in measured.iter().filter(|(_, said)| !said.is_empty()) {
                let file = reported.files.iter().find(|file| file.names == [*name]).unwrap();
                let runs = |wanted: &dyn Fn(bool) -> bool| {
                    lines::Lines::of(
                        said.iter().filter(|(_, hit)| wanted(*hit)).map(|(line, _)| (*line, *line)),
                    )
                };
                assert_eq!(file.lines.executable, runs(&|_| true), "{format} {round}");
                assert_eq!(file.lines.hit, runs(&|hit| hit), "{format} {round}");
            }
        }
    }
}
