//! The tests before and after a change, paired, and what was lost.
//!
//! A test is the same one if it has the same name in the same file, or else the same name in
//! another file, or else the same body under another name. So what is moved, renamed or laid out
//! anew is no loss.

use crate::test_source::outline::{Outline, OutlinedTest};
use portcullis_model::path::RepoPath;
use portcullis_model::test_source::{Loss, Weakening};
use std::collections::{BTreeMap, BTreeSet};

/// A file on both sides.
#[derive(Clone, Debug, Default)]
pub struct TestSourceChange {
    /// Its name before.
    pub old_path: Option<RepoPath>,
    /// Its name after.
    pub new_path: Option<RepoPath>,
    /// Its tests before.
    pub old: Option<Outline>,
    /// Its tests after.
    pub new: Option<Outline>,
}

impl TestSourceChange {
    /// Its names.
    pub fn names(&self) -> impl Iterator<Item = RepoPath> {
        self.old_path.iter().chain(&self.new_path).cloned()
    }

    /// Was anything in it recognised before? If not, that nothing is missed now says nothing.
    pub fn is_understood(&self) -> bool {
        let recognised = |outline: &Outline| !outline.tests.is_empty() || outline.assertions > 0;
        self.old.as_ref().is_none_or(recognised)
    }

    fn path(&self) -> RepoPath {
        self.new_path.as_ref().or(self.old_path.as_ref()).cloned().unwrap_or_else(|| RepoPath::from(""))
    }

    fn weakening(&self, line: Option<u64>, test: Option<&str>, loss: Loss) -> Weakening {
        Weakening { path: self.path(), line, test: test.map(str::to_string), loss }
    }
}

/// A test and the number of its file.
type Placed<'s> = (usize, &'s OutlinedTest);

/// What was lost between the two sides of these files.
pub fn compare_sources(sources: &[TestSourceChange]) -> Vec<Weakening> {
    let mut found = BTreeSet::new();
    let gained = lines_outside(sources, |source| &source.new)
        .saturating_sub(lines_outside(sources, |source| &source.old));
    for (index, old, new) in pair_tests(sources) {
        match new {
            None => drop(found.insert(sources[index].weakening(None, Some(&old.name), Loss::Gone))),
            Some((at, new)) => {
                let losses = find_losses(old, new, gained);
                found.extend(losses.map(|loss| sources[at].weakening(Some(new.line), Some(&new.name), loss)));
            }
        }
    }
    let fewer = total_lines(sources, |source| &source.new) < total_lines(sources, |source| &source.old);
    for source in sources {
        found.extend(outside_tests(source, fewer));
    }
    found.into_iter().collect()
}

/// Assertions that moved out of a test, into a function that tests call, are no loss.
fn find_losses(old: &OutlinedTest, new: &OutlinedTest, gained: u64) -> impl Iterator<Item = Loss> {
    let emptied = (new.empty && !old.empty).then_some(Loss::Emptied);
    let ignored = (new.skipped && !old.skipped).then_some(Loss::Ignored);
    let lost = old.assertions.saturating_sub(new.assertions);
    let fewer = lost > gained && emptied.is_none();
    let assertions = fewer.then_some(Loss::Assertions { before: old.assertions, after: new.assertions });
    [emptied, ignored, assertions].into_iter().flatten()
}

/// By what two tests are the same: a file, a name, a body.
type TestKey<'s> = (Option<usize>, &'s str, &'s str);

/// The ways to know a test again, the surest first.
const WAYS: [for<'s> fn(&Placed<'s>) -> TestKey<'s>; 4] = [
    |(file, test)| (Some(*file), &test.name, &test.body),
    |(file, test)| (Some(*file), &test.name, ""),
    |(_, test)| (None, &test.name, ""),
    |(_, test)| (None, "", &test.body),
];

/// Each test from before, with the number of its file, and what became of it.
fn pair_tests(sources: &[TestSourceChange]) -> Vec<(usize, &OutlinedTest, Option<Placed<'_>>)> {
    let old = place_tests(sources, |source| &source.old);
    let mut left = place_tests(sources, |source| &source.new);
    let mut partners: Vec<Option<Placed<'_>>> = vec![None; old.len()];
    for key in WAYS {
        let mut free: BTreeMap<TestKey<'_>, Vec<Placed<'_>>> = BTreeMap::new();
        left.into_iter().rev().for_each(|new| free.entry(key(&new)).or_default().push(new));
        for (one, partner) in old.iter().zip(&mut partners).filter(|(_, partner)| partner.is_none()) {
            // Tests without a body are not one test under two names.
            let known = key(one) != (None, "", "");
            *partner = free.get_mut(&key(one)).filter(|_| known).and_then(Vec::pop);
        }
        left = free.into_values().flatten().collect();
        left.sort_by_key(|(file, test)| (*file, test.line));
    }
    old.into_iter().zip(partners).map(|((file, test), partner)| (file, test, partner)).collect()
}

fn place_tests<'s>(
    sources: &'s [TestSourceChange],
    side: fn(&TestSourceChange) -> &Option<Outline>,
) -> Vec<Placed<'s>> {
    let tests = |(index, source): (usize, &'s TestSourceChange)| {
        side(source)
            .iter()
            .flat_map(|outline| &outline.tests)
            .map(move |test| (index, test))
            .collect::<Vec<_>>()
    };
    sources.iter().enumerate().flat_map(tests).collect()
}

fn lines_outside(sources: &[TestSourceChange], side: fn(&TestSourceChange) -> &Option<Outline>) -> u64 {
    sources.iter().filter_map(|source| side(source).as_ref()).map(|outline| outline.assertions).sum()
}

fn total_lines(sources: &[TestSourceChange], side: fn(&TestSourceChange) -> &Option<Outline>) -> u64 {
    let within: u64 = place_tests(sources, side).iter().map(|(_, test)| test.assertions).sum();
    lines_outside(sources, side) + within
}

/// What is not inside a test: assertions of functions that tests call, and marks over many tests.
fn outside_tests(source: &TestSourceChange, fewer: bool) -> Vec<Weakening> {
    let Some(new) = &source.new else { return Vec::new() };
    let nothing = Outline::default();
    let old = source.old.as_ref().unwrap_or(&nothing);
    let (before, after) = (old.assertions, new.assertions);
    let assertions = (fewer && after < before).then_some((None, Loss::Assertions { before, after }));
    // In a file that is new, nothing was there that could be left out.
    let marks = |old: &[(String, u64)], new: &[(String, u64)], loss: Loss| {
        let line = if source.old.is_some() { count_added(old, new) } else { None };
        line.map(|line| (Some(line), loss))
    };
    let skips = marks(&old.skips, &new.skips, Loss::Ignored);
    let alone = marks(&old.alone, &new.alone, Loss::Alone);
    let all = [assertions, skips, alone].into_iter().flatten();
    all.map(|(line, loss)| source.weakening(line, None, loss)).collect()
}

/// The first line that was not there before.
fn count_added(old: &[(String, u64)], new: &[(String, u64)]) -> Option<u64> {
    let mut left: Vec<&str> = old.iter().map(|(text, _)| text.as_str()).collect();
    new.iter().find_map(|(text, line)| match left.iter().position(|one| one == text) {
        Some(at) => {
            left.swap_remove(at);
            None
        }
        None => Some(*line),
    })
}
