//! The tests before and after a change, paired, and what was lost.
//!
//! A test is the same one if it has the same name in the same file, or else the same name in another file, or else
//! the same body under another name. So what is moved, renamed or laid out anew is no loss.

use super::outline::{Outline, Test};
use crate::model::path::RepoPath;
use crate::model::test_source::{Loss, Weakening};
use std::collections::BTreeSet;

/// A file on both sides.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// Its name before.
    pub old_path: Option<RepoPath>,
    /// Its name after.
    pub new_path: Option<RepoPath>,
    /// Its tests before.
    pub old: Option<Outline>,
    /// Its tests after.
    pub new: Option<Outline>,
}

impl Source {
    /// Its names.
    pub fn names(&self) -> impl Iterator<Item = RepoPath> {
        self.old_path.iter().chain(&self.new_path).cloned()
    }

    fn path(&self) -> RepoPath {
        self.new_path.as_ref().or(self.old_path.as_ref()).cloned().unwrap_or_else(|| RepoPath::from(""))
    }

    fn weakening(&self, line: Option<u64>, test: Option<&str>, loss: Loss) -> Weakening {
        Weakening { path: self.path(), line, test: test.map(str::to_string), loss }
    }
}

/// A test and the number of its file.
type Placed<'s> = (usize, &'s Test);

/// What was lost between the two sides of these files.
pub fn compare(sources: &[Source]) -> Vec<Weakening> {
    let mut found = BTreeSet::new();
    let gained =
        outside(sources, |source| &source.new).saturating_sub(outside(sources, |source| &source.old));
    for (index, old, new) in pairs(sources) {
        match new {
            None => drop(found.insert(sources[index].weakening(None, Some(&old.name), Loss::Gone))),
            Some((at, new)) => {
                let losses = losses(old, new, gained);
                found.extend(losses.map(|loss| sources[at].weakening(Some(new.line), Some(&new.name), loss)));
            }
        }
    }
    let fewer = total(sources, |source| &source.new) < total(sources, |source| &source.old);
    for source in sources {
        found.extend(outside_tests(source, fewer));
    }
    found.into_iter().collect()
}

/// Assertions that moved out of a test, into a function that tests call, are no loss.
fn losses(old: &Test, new: &Test, gained: u64) -> impl Iterator<Item = Loss> {
    let emptied = (new.empty && !old.empty).then_some(Loss::Emptied);
    let ignored = (new.skipped && !old.skipped).then_some(Loss::Ignored);
    let lost = old.assertions.saturating_sub(new.assertions);
    let fewer = lost > gained && emptied.is_none();
    let assertions = fewer.then_some(Loss::Assertions { before: old.assertions, after: new.assertions });
    [emptied, ignored, assertions].into_iter().flatten()
}

/// Each test from before, with the number of its file, and what became of it.
fn pairs(sources: &[Source]) -> Vec<(usize, &Test, Option<Placed<'_>>)> {
    let old = placed(sources, |source| &source.old);
    let new = placed(sources, |source| &source.new);
    let mut partner: Vec<Option<usize>> = vec![None; old.len()];
    let mut taken = vec![false; new.len()];
    let same: [fn(&Placed<'_>, &Placed<'_>) -> bool; 4] = [
        |old, new| old.0 == new.0 && old.1.name == new.1.name && old.1.body == new.1.body,
        |old, new| old.0 == new.0 && old.1.name == new.1.name,
        |old, new| old.1.name == new.1.name,
        |old, new| !old.1.empty && old.1.body == new.1.body,
    ];
    for same in same {
        for (index, one) in
            old.iter().enumerate().filter(|(index, _)| partner[*index].is_none()).collect::<Vec<_>>()
        {
            let found = (0..new.len()).find(|at| !taken[*at] && same(one, &new[*at]));
            if let Some(at) = found {
                taken[at] = true;
                partner[index] = Some(at);
            }
        }
    }
    old.into_iter().zip(partner).map(|((index, test), at)| (index, test, at.map(|at| new[at]))).collect()
}

fn placed<'s>(sources: &'s [Source], side: fn(&Source) -> &Option<Outline>) -> Vec<Placed<'s>> {
    let tests = |(index, source): (usize, &'s Source)| {
        side(source)
            .iter()
            .flat_map(|outline| &outline.tests)
            .map(move |test| (index, test))
            .collect::<Vec<_>>()
    };
    sources.iter().enumerate().flat_map(tests).collect()
}

fn outside(sources: &[Source], side: fn(&Source) -> &Option<Outline>) -> u64 {
    sources.iter().filter_map(|source| side(source).as_ref()).map(|outline| outline.assertions).sum()
}

fn total(sources: &[Source], side: fn(&Source) -> &Option<Outline>) -> u64 {
    let within: u64 = placed(sources, side).iter().map(|(_, test)| test.assertions).sum();
    outside(sources, side) + within
}

/// What is not inside a test: assertions of functions that tests call, and marks over many tests.
fn outside_tests(source: &Source, fewer: bool) -> Vec<Weakening> {
    let Some(new) = &source.new else { return Vec::new() };
    let nothing = Outline::default();
    let old = source.old.as_ref().unwrap_or(&nothing);
    let (before, after) = (old.assertions, new.assertions);
    let assertions = (fewer && after < before).then_some((None, Loss::Assertions { before, after }));
    // In a file that is new, nothing was there that could be left out.
    let marks = |old: &[(String, u64)], new: &[(String, u64)], loss: Loss| {
        let line = if source.old.is_some() { added(old, new) } else { None };
        line.map(|line| (Some(line), loss))
    };
    let skips = marks(&old.skips, &new.skips, Loss::Ignored);
    let alone = marks(&old.alone, &new.alone, Loss::Alone);
    let all = [assertions, skips, alone].into_iter().flatten();
    all.map(|(line, loss)| source.weakening(line, None, loss)).collect()
}

/// The first line that was not there before.
fn added(old: &[(String, u64)], new: &[(String, u64)]) -> Option<u64> {
    let mut left: Vec<&str> = old.iter().map(|(text, _)| text.as_str()).collect();
    new.iter().find_map(|(text, line)| match left.iter().position(|one| one == text) {
        Some(at) => {
            left.swap_remove(at);
            None
        }
        None => Some(*line),
    })
}
