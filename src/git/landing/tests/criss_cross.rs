//! Merges over several merge bases, which conflict among themselves, beside those of `git
//! merge-tree`.
//!
//! `PORTCULLIS_CROSSES` says how many, `PORTCULLIS_SEED` which, `PORTCULLIS_FIRST` from where on;
//! for the long run `PORTCULLIS_CROSSES=10000 cargo test --release --lib criss_cross --
//! --nocapture`, which prints the figures.

use crate::graph::Graph;
use crate::landing::histogram::Git;
use crate::landing::merge::departs_over_all;
use crate::landing::prover::Prover;
use crate::landing::store::Store;
use crate::landing::tests::dice::{Dice, asked};
use crate::landing::tests::fixture::{Files, Fixture, landing};
use crate::landing::tests::oracle::{ask, version};
use crate::tests::fixture::{EXECUTABLE, FILE, LINK, SUBMODULE};
use git2::Oid;
use portcullis_model::landing::{Coverage, Landing};

const WORDS: [&str; 5] = ["one", "two", "three", "four", "{"];

/// A path never has content that is like that of another one: no file moves.
const PATHS: [&str; 6] = ["f", "g", "dir/h", "dir/link", "module", "data"];

struct World<'f> {
    fixture: &'f Fixture,
    dice: Dice,
    /// How dates go on: all equal, forwards, or any way.
    dates: usize,
    date: i64,
}

impl World<'_> {
    fn commit(&mut self, files: &Files, parents: &[Oid]) -> Oid {
        self.date += match self.dates {
            0 => 0,
            1 => 10,
            2 => self.dice.below(2) as i64,
            _ => self.dice.below(100) as i64 - 40,
        };
        self.fixture.commit_at(files, parents, self.date)
    }

    fn text(&mut self, path: &str) -> Vec<u8> {
        let lines = self.dice.below(14);
        let mut text: Vec<u8> =
            (0..lines).flat_map(|_| format!("{path} {}\n", self.dice.pick(&WORDS)).into_bytes()).collect();
        if self.dice.one_in(8) {
            text.pop();
        }
        text
    }

    fn item(&mut self, path: &str) -> (u32, Oid) {
        let text = match path {
            "dir/link" if !self.dice.one_in(4) => {
                return (LINK, self.fixture.blob(self.dice.pick(&WORDS).as_bytes()));
            }
            "module" if !self.dice.one_in(4) => {
                let name = format!("{:040x}", 1 + self.dice.below(3));
                return (SUBMODULE, Oid::from_str(&name).unwrap());
            }
            "data" => [self.text(path), b"\0".to_vec()].concat(),
            _ => self.text(path),
        };
        (if self.dice.one_in(5) { EXECUTABLE } else { FILE }, self.fixture.blob(&text))
    }

    fn root(&mut self) -> Files {
        let mut files = Files::new();
        for path in PATHS {
            if !self.dice.one_in(3) {
                files.insert(path.as_bytes().to_vec(), self.item(path));
            }
        }
        files.insert(b"always".to_vec(), (FILE, self.fixture.blob(b"always\n")));
        files
    }

    /// Edits a few files, most often lines of one.
    fn edited(&mut self, files: &Files) -> Files {
        let mut files = files.clone();
        for _ in 0..=self.dice.below(2) {
            let path = if self.dice.one_in(2) { "f" } else { *self.dice.pick(&PATHS) };
            let key = path.as_bytes().to_vec();
            match files.get(&key).copied() {
                Some((mode, id)) if (mode == FILE || mode == EXECUTABLE) && !self.dice.one_in(5) => {
                    let text = self.fixture.git.find_blob(id).unwrap().content().to_vec();
                    let text = self.edited_text(path, &text);
                    let mode = if self.dice.one_in(8) { EXECUTABLE } else { mode };
                    files.insert(key, (mode, self.fixture.blob(&text)));
                }
                Some(_) if self.dice.one_in(2) => drop(files.remove(&key)),
                _ => drop(files.insert(key, self.item(path))),
            }
        }
        files
    }

    fn edited_text(&mut self, path: &str, text: &[u8]) -> Vec<u8> {
        let mut lines: Vec<Vec<u8>> = text.split_inclusive(|b| *b == b'\n').map(<[u8]>::to_vec).collect();
        for _ in 0..=self.dice.below(2) {
            let at = self.dice.below(lines.len() + 1);
            let line = format!("{path} {}\n", self.dice.pick(&WORDS)).into_bytes();
            match self.dice.below(3) {
                0 => lines.insert(at, line),
                1 if at < lines.len() => lines[at] = line,
                _ => drop(lines.drain(at..(at + 1).min(lines.len()))),
            }
        }
        lines.concat()
    }

    /// What a person makes of two sides: of each path one of both, or something else.
    fn resolved(&mut self, one: &Files, other: &Files, ours_in: usize) -> Files {
        let mut files = Files::new();
        let paths: std::collections::BTreeSet<&Vec<u8>> = one.keys().chain(other.keys()).collect();
        for path in paths {
            let from = if self.dice.one_in(ours_in) { other } else { one };
            if let Some(item) = from.get(path) {
                files.insert(path.clone(), *item);
            }
        }
        if self.dice.one_in(3) { self.edited(&files) } else { files }
    }

    /// Two commits with several merge bases, maybe over several levels.
    fn crossed(&mut self) -> [Oid; 2] {
        let files = self.root();
        let root = self.commit(&files, &[]);
        let many = if self.dice.one_in(4) { 3 } else { 2 };
        let mut tips: Vec<(Files, Oid)> = (0..many).map(|_| (files.clone(), root)).collect();
        for _ in 0..=self.dice.below(3) {
            for tip in &mut tips {
                let files = self.edited(&tip.0);
                *tip = (files.clone(), self.commit(&files, &[tip.1]));
            }
            let parents: Vec<Oid> = tips.iter().map(|tip| tip.1).collect();
            let agreed = self.resolved(&tips[0].0, &tips[1].0, 2);
            let before = tips.clone();
            for (number, tip) in tips.iter_mut().enumerate() {
                let mut parents = parents.clone();
                parents.rotate_left(number);
                let files = if self.dice.one_in(3) {
                    self.resolved(&before[number].0, &before[(number + 1) % many].0, 3)
                } else {
                    agreed.clone()
                };
                *tip = (files.clone(), self.commit(&files, &parents));
            }
        }
        [0, 1].map(|number| {
            let files = self.edited(&tips[number].0);
            self.commit(&files, &[tips[number].1])
        })
    }
}

fn is_explained(coverage: &Coverage) -> bool {
    !matches!(coverage, Coverage::Residual(_) | Coverage::Unverifiable(_))
}

/// Does it take another version of git than the one that was asked to arrive at what landed?
fn is_of_another_git(fixture: &Fixture, landing: &Landing) -> bool {
    let repository = fixture.open();
    let objects = repository.trusted_objects().unwrap();
    let [ours, theirs, landed] = [&landing.parent, &landing.candidates[0].head, &landing.landed]
        .map(|name| Oid::from_str(name.as_str()).unwrap());
    let needed = Prover::of_results(&objects).versions(ours, theirs, landed).unwrap();
    match version() {
        Git::Older => needed.newer,
        Git::Newer => needed.older,
    }
}

/// Is it sure, before the merge bases are merged, that no merge over them gives what landed?
fn departs(fixture: &Fixture, landing: &Landing) -> bool {
    let repository = fixture.open();
    let objects = repository.trusted_objects().unwrap();
    let [ours, theirs, landed] = [&landing.parent, &landing.candidates[0].head, &landing.landed]
        .map(|name| Oid::from_str(name.as_str()).unwrap());
    let bases = Graph::new(&objects).merge_bases(&[ours], theirs).unwrap();
    let tree = |id: Oid| objects.tree_of(id).unwrap();
    let bases: Vec<Oid> = bases.into_iter().map(tree).collect();
    let sides = [Some(tree(ours)), Some(tree(theirs))];
    departs_over_all(&Store::new(&objects), &bases, sides, tree(landed)).unwrap()
}

#[derive(Debug, Default)]
struct Figures {
    clean: usize,
    conflicts: usize,
    explained_conflicts: usize,
    /// Explained, because a git of another version than the one that was asked merges them.
    of_another_git: usize,
    residual: usize,
    unverifiable: usize,
    /// Seen without merging the merge bases.
    departing: usize,
}

#[test]
fn merges_over_several_merge_bases_are_those_of_git() {
    let (seed, count) = (asked("PORTCULLIS_SEED", 1), asked("PORTCULLIS_CROSSES", 200));
    let first = asked("PORTCULLIS_FIRST", 0);
    let fixture = Fixture::new();
    let pairs: Vec<[Oid; 2]> = (first..first + count)
        .map(|number| {
            let dice = Dice::new(seed.wrapping_mul(1_000_003).wrapping_add(number));
            World { fixture: &fixture, dice, dates: number as usize % 4, date: 1_000_000 }.crossed()
        })
        .collect();
    let questions: Vec<String> = pairs.iter().map(|[ours, theirs]| format!("{ours} {theirs}")).collect();
    let answers = ask(fixture.path(), &questions);
    let tree_of = |id: Oid| fixture.git.find_commit(id).unwrap().tree_id();
    let (mut landings, mut cases): (Vec<Landing>, Vec<(usize, bool)>) = Default::default();
    for (number, (pair, answer)) in pairs.iter().zip(&answers).enumerate() {
        let others = [answer.tree, tree_of(pair[0]), tree_of(pair[1])];
        let trees = if answer.clean { &others[..1] } else { &others[..] };
        for tree in trees {
            let headers =
                "author R <r@example.test> 5000000 +0000\ncommitter R <r@example.test> 5000000 +0000\n";
            let landed = fixture.raw_commit(*tree, pair, headers, "landed");
            landings.push(landing(pair[0], landed, &pair[1..]));
            cases.push((number, answer.clean));
        }
    }
    let mut figures = Figures::default();
    fixture.cover_by_result(&landings, |at, coverage| {
        let (number, is_clean) = cases[at];
        let elsewhere = !is_clean && is_explained(&coverage) && is_of_another_git(&fixture, &landings[at]);
        let counter = match (is_clean, &coverage) {
            (true, Coverage::Residual(_)) => &mut figures.residual,
            (true, Coverage::Unverifiable(_)) => &mut figures.unverifiable,
            (true, _) => &mut figures.clean,
            (false, _) if elsewhere => &mut figures.of_another_git,
            (false, coverage) if is_explained(coverage) => &mut figures.explained_conflicts,
            (false, _) => &mut figures.conflicts,
        };
        *counter += 1;
        let departs = departs(&fixture, &landings[at]);
        assert!(!departs || !is_explained(&coverage), "{}", questions[number]);
        figures.departing += usize::from(departs);
        if is_clean != is_explained(&coverage) && !elsewhere {
            let (at, conflicts) = (first as usize + number, &answers[number].conflicts);
            println!("{at}: clean {is_clean} {conflicts:?}, {}: {coverage:?}", questions[number]);
            if asked("PORTCULLIS_KEEP", 0) == 1 {
                println!("kept in {}", fixture.path().display());
            }
        }
    });
    println!("{count} merges: {figures:?}");
    if asked("PORTCULLIS_KEEP", 0) == 1 {
        std::mem::forget(fixture);
    }
    assert_eq!(figures.explained_conflicts + figures.residual + figures.unverifiable, 0);
    assert!(count < 20 || figures.clean > count as usize / 20, "{figures:?}");
    assert!(count < 20 || figures.departing > count as usize / 20, "{figures:?}");
}
