//! A base and what two sides made of it, drawn at random. The same seed draws the same on every
//! machine.

use crate::landing::tests::dice::Dice;
use crate::landing::tests::fixture::{Files, Fixture};
use crate::tests::fixture::{EXECUTABLE, FILE, LINK, SUBMODULE};
use git2::Oid;
use std::collections::BTreeMap;
use std::fmt;

const DIRECTORIES: &[&str] = &["", "a/", "b/", "a/x/", "b/x/", "c/", "c/y/", "a-b/", "d/e/f/"];
const NAMES: &[&str] = &["f", "g", "h", "Makefile", "f.c", "x", "k"];

impl Dice {
    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    fn path(&mut self) -> String {
        format!("{}{}", self.one_of(DIRECTORIES), self.one_of(NAMES))
    }
}

type Node = (u32, Vec<u8>);

/// Files by path. No path is both a file and a directory.
#[derive(Clone, Default)]
struct Side(BTreeMap<String, Node>);

impl Side {
    fn put(&mut self, path: &str, node: Node) {
        let is_below = |one: &str, other: &str| one.starts_with(other) && one[other.len()..].starts_with('/');
        self.0.retain(|other, _| !is_below(other, path) && !is_below(path, other));
        self.0.insert(path.to_string(), node);
    }

    fn any(&self, dice: &mut Dice, hot: &[String]) -> Option<String> {
        let hot: Vec<&String> = hot.iter().filter(|path| self.0.contains_key(*path)).collect();
        if !hot.is_empty() && dice.chance(60) {
            return Some(dice.one_of(&hot).clone());
        }
        self.0.keys().nth(dice.below(self.0.len())).cloned()
    }

    fn tree(&self, fixture: &Fixture) -> Files {
        let item = |(path, (mode, content)): (&String, &Node)| {
            let id = if *mode == SUBMODULE {
                Oid::hash_object(git2::ObjectType::Blob, content).unwrap()
            } else {
                fixture.blob(content)
            };
            (path.as_bytes().to_vec(), (*mode, id))
        };
        self.0.iter().map(item).collect()
    }
}

pub struct History {
    number: u64,
    base: Side,
    ours: Side,
    theirs: Side,
}

impl History {
    pub fn random(seed: u64, number: u64) -> Self {
        let mut dice = Dice::new(seed.wrapping_mul(1_000_003).wrapping_add(number));
        let is_large = dice.chance(12);
        let base = if is_large { large(&mut dice) } else { small(&mut dice) };
        let hot: Vec<String> = (0..3).filter_map(|_| base.any(&mut dice, &[])).collect();
        let (mut ours, mut theirs) = (base.clone(), base.clone());
        for side in [&mut ours, &mut theirs] {
            for _ in 0..=dice.below(if is_large { 9 } else { 5 }) {
                act(&mut dice, side, &hot);
            }
        }
        // Now and then both did a part of it.
        if dice.chance(15) {
            let at = dice.number();
            act(&mut Dice::new(at), &mut ours, &hot);
            act(&mut Dice::new(at), &mut theirs, &hot);
        }
        History { number, base, ours, theirs }
    }

    pub fn commits(&self, fixture: &Fixture) -> [Oid; 3] {
        let base = fixture.commit(&self.base.tree(fixture), &[]);
        let commit = |side: &Side, date| fixture.commit_at(&side.tree(fixture), &[base], date);
        [base, commit(&self.ours, 2_000), commit(&self.theirs, 3_000)]
    }
}

fn small(dice: &mut Dice) -> Side {
    let mut base = Side::default();
    for _ in 0..3 + dice.below(10) {
        let node = node(dice, &base);
        base.put(&dice.path(), node);
    }
    base
}

/// Directories that hold files of the same names.
fn large(dice: &mut Dice) -> Side {
    let mut base = Side::default();
    for directory in ["a/", "a/x/", "b/", "b/x/", "c/y/", ""] {
        for number in 0..2 + dice.below(14) {
            let name = if dice.chance(50) { format!("n{number}") } else { dice.one_of(NAMES).to_string() };
            let node = node(dice, &base);
            base.put(&format!("{directory}{name}"), node);
        }
    }
    base
}

fn node(dice: &mut Dice, others: &Side) -> Node {
    if dice.chance(12)
        && let Some(path) = others.any(dice, &[])
    {
        return others.0[&path].clone();
    }
    let mode = if dice.chance(6) { EXECUTABLE } else { FILE };
    match dice.below(30) {
        0 => (mode, Vec::new()),
        1 => (LINK, text(dice, 1)),
        2 => (SUBMODULE, text(dice, 1)),
        3 => (mode, [b"\0".as_slice(), &text(dice, 9)].concat()),
        4 => (mode, String::from_utf8(text(dice, 12)).unwrap().replace('\n', "\r\n").into_bytes()),
        5..=9 => {
            let lines = 1 + dice.below(4);
            (mode, text(dice, lines))
        }
        _ => {
            let lines = 8 + dice.below(30);
            (mode, text(dice, lines))
        }
    }
}

/// So many lines, of which none stands anywhere else.
fn text(dice: &mut Dice, lines: usize) -> Vec<u8> {
    let mut text = String::new();
    for _ in 0..lines {
        let word = dice.number();
        let long = if dice.chance(5) { 120 } else { dice.below(30) };
        text += &format!("{word:x} {}\n", "-".repeat(long));
    }
    text.into_bytes()
}

/// Some lines replaced, about so many in a hundred.
fn edited(dice: &mut Dice, content: &[u8], percent: usize) -> Vec<u8> {
    let mut new = Vec::new();
    for line in content.split_inclusive(|byte| *byte == b'\n') {
        if dice.chance(percent) {
            new.extend(text(dice, 1));
        } else {
            new.extend_from_slice(line);
        }
    }
    if new == content || dice.chance(20) {
        new.extend(text(dice, 1));
    }
    new
}

fn lightly(dice: &mut Dice, (mode, content): &Node) -> Node {
    let percent = dice.one_of(&[0, 3, 8, 20, 40, 48, 52, 60]);
    (*mode, edited(dice, content, percent))
}

/// One thing that somebody does.
fn act(dice: &mut Dice, side: &mut Side, hot: &[String]) {
    let Some(path) = side.any(dice, hot) else { return };
    let node = side.0[&path].clone();
    match dice.below(20) {
        0..=2 => {
            let node = lightly(dice, &node);
            side.put(&path, node);
        }
        3 | 4 => {
            side.0.remove(&path);
        }
        5..=9 => rename(dice, side, &path, hot),
        10 => {
            let mode = dice.one_of(&[FILE, EXECUTABLE, LINK, SUBMODULE, EXECUTABLE]);
            side.put(&path, (mode, node.1));
        }
        11 | 12 => {
            let node = crate::landing::tests::random::histories::node(dice, side);
            side.put(&dice.path(), node);
        }
        13 => {
            let name = format!("{}{}", directory(&path), dice.one_of(NAMES));
            let node = crate::landing::tests::random::histories::node(dice, side);
            side.put(&name, node);
        }
        14 => swap(dice, side, &path, hot),
        15 => {
            let node = if dice.chance(50) { lightly(dice, &node) } else { node };
            side.put(&dice.path(), node);
        }
        16 => side.put(&format!("{path}/{}", dice.one_of(NAMES)), node),
        17 => side.put(&path, (node.0, Vec::new())),
        _ => move_directory(dice, side, directory(&path)),
    }
}

fn rename(dice: &mut Dice, side: &mut Side, path: &str, hot: &[String]) {
    let node = side.0.remove(path);
    let node = node.map(|node| if dice.chance(50) { lightly(dice, &node) } else { node });
    let name = path.rsplit('/').next().unwrap_or(path);
    let to = match dice.below(4) {
        0 => format!("{}{name}", dice.one_of(DIRECTORIES)),
        1 => hot.first().map_or("moved".to_string(), |path| format!("{path}-moved")),
        2 => dice.one_of(&["new/f", "new/g", "f2"]).to_string(),
        _ => dice.path(),
    };
    if let Some(node) = node {
        side.put(&to, node);
    }
}

fn swap(dice: &mut Dice, side: &mut Side, path: &str, hot: &[String]) {
    if let Some(other) = side.any(dice, hot)
        && let (Some(one), Some(two)) = (side.0.get(path).cloned(), side.0.get(&other).cloned())
    {
        side.put(path, two);
        side.put(&other, one);
    }
}

/// The whole directory, or most of it; some files change on the way.
fn move_directory(dice: &mut Dice, side: &mut Side, from: &str) {
    let to = dice.one_of(&["moved/", "moved/x/", "b/", "z/x/", "", "c/", "a/", "d/"]);
    let (whole, below) = (dice.chance(70), dice.chance(70));
    let inside = |path: &&String| path.starts_with(from) && (below || !path[from.len()..].contains('/'));
    let paths: Vec<String> = side.0.keys().filter(inside).cloned().collect();
    let other = dice.one_of(DIRECTORIES);
    for path in paths {
        let to = if whole || dice.chance(60) { to } else { other };
        let Some(node) = side.0.remove(&path) else { continue };
        let node = if dice.chance(30) { lightly(dice, &node) } else { node };
        side.put(&format!("{to}{}", &path[from.len()..]), node);
    }
}

/// With the `/` at its end; empty for the root.
fn directory(path: &str) -> &str {
    path.rfind('/').map_or("", |end| &path[..=end])
}

impl fmt::Display for History {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "merge {}", self.number)?;
        for (name, side) in [("base", &self.base), ("ours", &self.ours), ("theirs", &self.theirs)] {
            writeln!(out, " {name}")?;
            for (path, (mode, content)) in &side.0 {
                let id = Oid::hash_object(git2::ObjectType::Blob, content).unwrap().to_string();
                writeln!(out, "  {mode:o} {} {:5} {path}", &id[..7], content.len())?;
            }
        }
        Ok(())
    }
}
