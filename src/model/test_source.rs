//! What a change takes away from the sources of tests, as far as reading them like a person in a
//! hurry shows it.
//!
//! Every finding here is a *heuristic*: it is told from the look of the text and not from a parser,
//! and it can be wrong both ways. It is for the eyes of reviewers, and never allows or stops
//! anything. No source text is kept, only names of tests.

use crate::path::RepoPath;
use std::collections::BTreeSet;

/// What was read of the test sources that a change touches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TestSources {
    /// The files, under each of their names, whose text was read on both sides and in which tests
    /// or assertions were recognised.
    pub read: BTreeSet<RepoPath>,
    /// What was taken away, in the order of the files.
    pub weakened: Vec<Weakening>,
}

/// Something that a test had and has no more.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Weakening {
    /// The file as it is after the change; as it was, when it is gone.
    pub path: RepoPath,
    /// The line in it, from 1; `None` when what is meant is not there any more.
    pub line: Option<u64>,
    /// The test; `None` when it is about what stands outside tests.
    pub test: Option<String>,
    /// What happened.
    pub loss: Loss,
}

/// What was taken away.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Loss {
    /// The test is gone: removed, or renamed so that its runner no longer takes it for one.
    Gone,
    /// Its body does nothing any more.
    Emptied,
    /// It is marked to be skipped, or to be expected to fail.
    Ignored,
    /// Others are marked to run alone, so that it does not run.
    Alone,
    /// It checks less.
    Assertions {
        /// How many assertions there were.
        before: u64,
        /// How many there are.
        after: u64,
    },
}

impl std::fmt::Display for Loss {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Loss::Gone => f.write_str("removed, or no longer a test"),
            Loss::Emptied => f.write_str("its body is empty"),
            Loss::Ignored => f.write_str("newly skipped, or expected to fail"),
            Loss::Alone => f.write_str("newly marked to run alone, without the others"),
            Loss::Assertions { before, after } => {
                write!(f, "assertions removed: {before} before, {after} now")
            }
        }
    }
}
