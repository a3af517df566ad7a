//! Random histories, judged by us and by the `git` program.

use crate::tests::fixture::{FILE, Files, Fixture, ids, name, names};
use git2::Oid;
use portcullis_model::change::{Change, FileChange, FileStatus, Revision};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::process::Command;

/// One commit of a random history: how far back its parents are, its date, and what it edits.
#[derive(Clone, Debug)]
struct Step {
    parents: Vec<usize>,
    date: i64,
    edits: Vec<(usize, Option<u8>)>,
}

fn step(skew: i64) -> impl Strategy<Value = Step> {
    // Roots are rare, merges are not.
    let number = prop_oneof![1 => Just(0..=0_usize), 5 => Just(1..=1), 5 => Just(2..=2), 1 => Just(3..=3)];
    let parents = number.prop_flat_map(|number| proptest::collection::vec(1..6_usize, number));
    let edits = proptest::collection::vec((0..8_usize, proptest::option::of(any::<u8>())), 0..4);
    (parents, -skew..=skew, edits).prop_map(|(parents, date, edits)| Step { parents, date, edits })
}

/// Paths that sort before, between and after their neighbours in git's order.
const PATHS: [&str; 8] = ["a", "a.b", "a0", "d/x", "d/y/z", "d.e", "d0", "z\n\u{e9}"];

/// Builds the history; commit `n` may have any earlier commit as parent, or none.
fn build(fixture: &Fixture, steps: &[Step]) -> Vec<Oid> {
    let mut built: Vec<(Oid, Files)> = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        let parents: BTreeSet<usize> = step.parents.iter().filter_map(|back| at.checked_sub(*back)).collect();
        let mut files = parents.last().map_or_else(Files::new, |parent| built[*parent].1.clone());
        for (path, text) in &step.edits {
            let path = PATHS[*path].as_bytes().to_vec();
            match text {
                Some(text) => files.insert(path, (FILE, fixture.blob(&lines(*text)))),
                None => files.remove(&path),
            };
        }
        let parents: Vec<Oid> = parents.into_iter().map(|parent| built[parent].0).collect();
        built.push((fixture.commit_at(&files, &parents, 100_000 + at as i64 * 10 + step.date), files));
    }
    built.into_iter().map(|(id, _)| id).collect()
}

/// Texts of which many share most lines.
fn lines(seed: u8) -> Vec<u8> {
    let line = |n: u8| format!("{} {n}\n", if n == seed % 16 { seed } else { seed / 128 });
    (0..16).flat_map(|n| line(n).into_bytes()).collect()
}

fn git(fixture: &Fixture, arguments: &[&str]) -> Option<Vec<u8>> {
    let mut command = Command::new("git");
    command.arg("-C").arg(fixture.path()).args(arguments).env_clear().env("GIT_CONFIG_NOSYSTEM", "1");
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    command.output().ok().map(|output| output.stdout)
}

fn is_git_here() -> bool {
    let here = Command::new("git").arg("--version").output().is_ok();
    if !here {
        eprintln!("SKIPPED: the program `git` is not installed, so nothing was compared with it");
    }
    here
}

fn revisions(output: Vec<u8>) -> Vec<Revision> {
    let mut found: Vec<Revision> = String::from_utf8(output)
        .unwrap()
        .lines()
        .map(|line| Revision::try_from(line.to_string()).unwrap())
        .collect();
    found.sort();
    found
}

/// What each commit reaches, itself included, as places in the history: the slow and certain way.
fn reached(steps: &[Step]) -> Vec<BTreeSet<usize>> {
    let mut reached: Vec<BTreeSet<usize>> = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        let parents = step.parents.iter().filter_map(|back| at.checked_sub(*back));
        let below: BTreeSet<usize> = parents.flat_map(|parent| reached[parent].clone()).collect();
        reached.push(below.into_iter().chain([at]).collect());
    }
    reached
}

/// By definition: common ancestors that no other common ancestor reaches.
fn best_common(reached: &[BTreeSet<usize>], base: usize, head: usize) -> Vec<usize> {
    let common: Vec<usize> = reached[base].intersection(&reached[head]).copied().collect();
    let is_below = |one: usize| common.iter().any(|other| *other != one && reached[*other].contains(&one));
    common.iter().copied().filter(|one| !is_below(*one)).collect()
}

/// `--name-status` with each rename or copy taken apart, since both find moves by their own lights.
fn paths_of_git(output: &[u8]) -> BTreeSet<String> {
    let mut fields = output.split(|b| *b == 0).map(|field| String::from_utf8(field.to_vec()).unwrap());
    let mut found = BTreeSet::new();
    while let Some(status) = fields.next().filter(|status| !status.is_empty()) {
        found.insert(format!("{} {}", status, fields.next().unwrap()));
    }
    found
}

fn paths_of_ours(files: &[FileChange]) -> BTreeSet<String> {
    files.iter().flat_map(lines_of).collect()
}

fn lines_of(file: &FileChange) -> Vec<String> {
    let raw =
        |entry: &portcullis_model::change::Entry| String::from_utf8(entry.path.as_bytes().to_vec()).unwrap();
    let (old, new) = (file.old.as_ref().map(raw), file.new.as_ref().map(raw));
    let old = old.unwrap_or_default();
    let new = new.unwrap_or_default();
    match file.status {
        FileStatus::Added | FileStatus::Copied => vec![format!("A {new}")],
        FileStatus::Deleted => vec![format!("D {old}")],
        FileStatus::Renamed => vec![format!("D {old}"), format!("A {new}")],
        FileStatus::Modified | FileStatus::ModeChanged => vec![format!("M {new}")],
        FileStatus::TypeChanged => vec![format!("T {new}")],
    }
}

fn compare_with_git(fixture: &Fixture, base: Oid, head: Oid, change: &Change) -> Result<(), TestCaseError> {
    let (base_hex, head_hex) = (base.to_string(), head.to_string());
    let run = |arguments: &[&str]| git(fixture, arguments).unwrap();
    prop_assert_eq!(&change.merge_bases, &revisions(run(&["merge-base", "--all", &base_hex, &head_hex])));
    prop_assert_eq!(ids(change), revisions(run(&["rev-list", &head_hex, &format!("^{base_hex}")])));
    if let [one] = change.merge_bases.as_slice() {
        let output = run(&["diff", "--name-status", "--no-renames", "-z", one.as_str(), &head_hex]);
        prop_assert_eq!(paths_of_ours(&change.files), paths_of_git(&output));
    }
    Ok(())
}

fn compare(skew: i64, steps: &[Step]) -> Result<(), TestCaseError> {
    let fixture = Fixture::new();
    let commits = build(&fixture, steps);
    let reached = reached(steps);
    let revisions = |places: Vec<usize>| names(&places.into_iter().map(|at| commits[at]).collect::<Vec<_>>());
    let head = commits.len() - 1;
    for base in (0..commits.len()).rev().take(4) {
        let change = fixture.change(commits[base], commits[head]);
        let range = reached[head].difference(&reached[base]).copied().collect();
        prop_assert_eq!(ids(&change), revisions(range));
        prop_assert_eq!(&change.merge_bases, &revisions(best_common(&reached, base, head)));
        prop_assert_eq!(&change.head, &name(commits[head]));
        // Without true dates git itself may list commits too many.
        if skew == 0 && is_git_here() {
            compare_with_git(&fixture, commits[base], commits[head], &change)?;
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn true_dates(steps in proptest::collection::vec(step(0), 2..24)) {
        compare(0, &steps)?;
    }

    #[test]
    fn false_dates(steps in proptest::collection::vec(step(200_000), 2..40)) {
        compare(200_000, &steps)?;
    }
}
