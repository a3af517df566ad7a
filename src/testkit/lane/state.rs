//! What a branch holds, as a table of files, and what a request does to it. Applying a request's
//! operations to another table is what merging it has to give: no merge program takes part.

use crate::history::Edit;
use git2::Oid;
use std::collections::BTreeMap;

/// How many places a file of text has that change independently of each other.
pub const SLOTS: usize = 6;

/// What stands at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// Text: between lines that never change, places that do.
    Slots(Vec<String>),
    /// Bytes that are no text.
    Bytes(Vec<u8>),
    /// A symbolic link.
    Link(String),
    /// A submodule.
    Submodule(Oid),
    /// Text that changes as a whole.
    Text(String),
}

/// A file. Its number stays the same when it is renamed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    pub path: String,
    pub executable: bool,
    pub body: Body,
}

impl File {
    pub fn new(path: impl Into<String>, body: Body) -> File {
        File { path: path.into(), executable: false, body }
    }
}

/// All files, by number.
pub type State = BTreeMap<u32, File>;

/// One thing that a request does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// Replaces the lines of one place of a text.
    Slot(u32, usize, String),
    /// Replaces what stands there.
    Body(u32, Body),
    /// Makes a new file.
    Put(u32, File),
    Remove(u32),
    Rename(u32, String),
    Executable(u32, bool),
}

impl Op {
    pub fn file(&self) -> u32 {
        match self {
            Op::Slot(file, ..)
            | Op::Body(file, _)
            | Op::Put(file, _)
            | Op::Remove(file)
            | Op::Rename(file, _)
            | Op::Executable(file, _) => *file,
        }
    }

    /// Did nothing that this operation rests on change between two tables?
    pub fn is_free(&self, before: &State, after: &State) -> bool {
        let (Some(old), Some(new)) = (before.get(&self.file()), after.get(&self.file())) else {
            return matches!(self, Op::Put(..));
        };
        match self {
            Op::Slot(_, slot, _) => match (&old.body, &new.body) {
                (Body::Slots(old), Body::Slots(new)) => old[*slot] == new[*slot],
                _ => false,
            },
            Op::Body(..) => old.body == new.body,
            Op::Put(..) => false,
            Op::Remove(_) => old == new,
            Op::Rename(..) => old.path == new.path,
            Op::Executable(..) => old.executable == new.executable,
        }
    }

    /// Do two operations keep out of each other's way?
    pub fn is_apart(&self, other: &Op) -> bool {
        if self.file() != other.file() {
            return true;
        }
        match (self, other) {
            (Op::Slot(_, one, _), Op::Slot(_, two, _)) => one != two,
            _ => false,
        }
    }
}

pub fn apply<'a>(state: &State, ops: impl IntoIterator<Item = &'a Op>) -> State {
    let mut state = state.clone();
    for op in ops {
        match op {
            Op::Put(number, file) => drop(state.insert(*number, file.clone())),
            Op::Remove(number) => drop(state.remove(number)),
            _ => {
                if let Some(file) = state.get_mut(&op.file()) {
                    alter(file, op);
                }
            }
        }
    }
    state
}

fn alter(file: &mut File, op: &Op) {
    match op {
        Op::Slot(_, slot, text) => {
            if let Body::Slots(slots) = &mut file.body {
                slots[*slot].clone_from(text);
            }
        }
        Op::Body(_, body) => file.body = body.clone(),
        Op::Rename(_, path) => file.path.clone_from(path),
        Op::Executable(_, executable) => file.executable = *executable,
        Op::Put(..) | Op::Remove(_) => (),
    }
}

/// The text of a file of places. The lines between them are unlike any other, so that no comparison
/// can slide.
pub fn text(number: u32, slots: &[String]) -> String {
    let mut text = String::new();
    for (slot, lines) in slots.iter().enumerate() {
        (0..5).for_each(|line| text.push_str(&format!("-- file {number}, part {slot}, line {line}\n")));
        text.push_str(lines);
    }
    text + &format!("-- file {number} ends\n")
}

/// The line, from 1, on which a place begins.
pub fn line_of(slots: &[String], slot: usize) -> u64 {
    let before: usize = slots[..slot].iter().map(|lines| lines.lines().count()).sum();
    (before + 5 * (slot + 1) + 1) as u64
}

/// The steps from one table to another, handed on to be made a commit of.
pub fn with_edits<T>(before: &State, after: &State, make: impl FnOnce(&[Edit<'_>]) -> T) -> T {
    let content = |state: &State| -> BTreeMap<String, (bool, Body, String)> {
        let entry = |(number, file): (&u32, &File)| {
            let text = match &file.body {
                Body::Slots(slots) => text(*number, slots),
                Body::Text(text) => text.clone(),
                _ => String::new(),
            };
            (file.path.clone(), (file.executable, file.body.clone(), text))
        };
        state.iter().map(entry).collect()
    };
    let (old, new) = (content(before), content(after));
    let gone = old.keys().filter(|path| !new.contains_key(*path)).map(|path| Edit::Remove(path));
    let changed = new.iter().filter(|(path, entry)| old.get(*path) != Some(entry));
    let written = changed.map(|(path, (executable, body, text))| match body {
        Body::Bytes(bytes) => Edit::Bytes(path, bytes),
        Body::Link(target) => Edit::Link(path, target),
        Body::Submodule(commit) => Edit::Submodule(path, *commit),
        Body::Slots(_) | Body::Text(_) if *executable => Edit::Executable(path, text),
        Body::Slots(_) | Body::Text(_) => Edit::Write(path, text),
    });
    let edits: Vec<_> = gone.chain(written).collect();
    make(&edits)
}
