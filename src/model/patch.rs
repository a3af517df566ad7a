//! A difference between two trees, as people read it: with the text of its lines.
//!
//! It is made when somebody asks for an explanation, and shown. It is no fact: facts hold no source
//! text, and nothing here can be written as JSON.

use crate::path::RepoPath;

/// What differs, sorted by path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Patch {
    /// The files.
    pub files: Vec<FilePatch>,
}

/// One file of a patch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilePatch {
    /// Its path.
    pub path: RepoPath,
    /// Its mode before, where it was there.
    pub old: Option<u32>,
    /// Its mode after, where it is there.
    pub new: Option<u32>,
    /// What differs in it.
    pub body: Body,
}

/// What differs in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// Lines; none where only the mode differs.
    Lines(Vec<Run>),
    /// It has no lines: it is binary, a link, a submodule or too large.
    Whole,
    /// Nothing, but two sides changed the same place, and somebody chose by hand.
    Conflict,
}

/// Changed lines that stand close together, with a few that did not change around them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The number of its first line in the old file, counted from 1; 0 before the first.
    pub old_line: u64,
    /// The same in the new file.
    pub new_line: u64,
    /// The lines, in the order in which a unified diff has them.
    pub lines: Vec<PatchLine>,
}

/// A line of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatchLine {
    /// What became of it.
    pub fate: Fate,
    /// Its bytes, without the end of the line.
    pub bytes: Vec<u8>,
    /// Does it have an end? The last line of a file may lack it.
    pub ended: bool,
}

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It stands on both sides.
    Kept,
    /// It is gone.
    Dropped,
    /// It is new.
    Added,
}

impl Run {
    /// How many lines of it one side has.
    pub fn count(&self, missing: Fate) -> usize {
        self.lines.iter().filter(|line| line.fate != missing).count()
    }
}

impl Patch {
    /// How many lines it adds, and how many it drops.
    pub fn lines(&self) -> (usize, usize) {
        let runs = self.files.iter().flat_map(|file| match &file.body {
            Body::Lines(runs) => runs.as_slice(),
            Body::Whole | Body::Conflict => &[],
        });
        let lines: Vec<Fate> = runs.flat_map(|run| &run.lines).map(|line| line.fate).collect();
        let count = |fate| lines.iter().filter(|one| **one == fate).count();
        (count(Fate::Added), count(Fate::Dropped))
    }
}
