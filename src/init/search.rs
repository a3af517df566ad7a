//! Searching one text for many patterns of lines.

use crate::writes::{LineRule, PERSONAL, WRITES};
use regex::bytes::{RegexSet, RegexSetBuilder};
use std::collections::{BTreeMap, BTreeSet};

/// Sets that are kept, one for each group of marks that a file may show.
const SETS: usize = 256;

/// How large one set may become, compiled.
const SET_SIZE: usize = 32 << 20;

/// What a text matched.
#[derive(Default)]
pub(crate) struct MatchedLines {
    /// Numbers of marks.
    pub(crate) marks: Vec<usize>,
    /// Numbers of rules: of [`WRITES`], then of [`PERSONAL`].
    pub(crate) rules: Vec<usize>,
}

/// The patterns, compiled for each group that is asked for.
pub(crate) struct LineSearch {
    patterns: Vec<Option<&'static str>>,
    sets: BTreeMap<(Vec<usize>, bool), Option<RegexSet>>,
}

/// The rules that every source text is searched for.
pub(crate) fn line_rules() -> impl Iterator<Item = &'static LineRule> {
    WRITES.iter().chain(PERSONAL)
}

impl LineSearch {
    /// The search for these patterns of marks.
    pub(crate) fn of(patterns: Vec<Option<&'static str>>) -> Self {
        LineSearch { patterns, sets: BTreeMap::new() }
    }

    /// Which of these marks, and with `rules` which of the rules, a text matches.
    pub(crate) fn search(&mut self, text: &[u8], marks: &[usize], rules: bool) -> MatchedLines {
        let key = (marks.to_vec(), rules);
        if !self.sets.contains_key(&key) && self.sets.len() >= SETS {
            self.sets.clear();
        }
        let patterns = &self.patterns;
        let set = self.sets.entry(key).or_insert_with(|| build_set(patterns, marks, rules));
        let Some(set) = set else { return MatchedLines::default() };
        let mut found = MatchedLines::default();
        for number in set.matches(text).iter() {
            match marks.get(number) {
                Some(mark) => found.marks.push(*mark),
                None => found.rules.push(number - marks.len()),
            }
        }
        found
    }
}

/// The patterns of the marks, then those of the rules.
fn build_set(patterns: &[Option<&'static str>], marks: &[usize], rules: bool) -> Option<RegexSet> {
    let of_marks = marks.iter().map(|mark| patterns.get(*mark).copied().flatten().unwrap_or(r"[^\s\S]"));
    let of_rules = line_rules().map(|rule| rule.pattern).filter(|_| rules);
    let mut builder = RegexSetBuilder::new(of_marks.chain(of_rules));
    builder.unicode(false).multi_line(true).size_limit(SET_SIZE).dfa_size_limit(SET_SIZE).build().ok()
}

/// The files in which each rule was found, by its number.
#[derive(Default)]
pub(crate) struct Finds(BTreeMap<usize, BTreeSet<usize>>);

impl Finds {
    pub(crate) fn add(&mut self, file: usize, rules: &[usize]) {
        for rule in rules {
            self.0.entry(*rule).or_default().insert(file);
        }
    }

    /// The files in which a rule of [`WRITES`] was found.
    pub(crate) fn writes(&self, number: usize) -> Option<&BTreeSet<usize>> {
        self.0.get(&number)
    }

    /// The files in which a rule of [`PERSONAL`] was found.
    pub(crate) fn personal(&self, number: usize) -> Option<&BTreeSet<usize>> {
        self.0.get(&(WRITES.len() + number))
    }
}
