//! What became of the tests from one run to another.
//!
//! A test whose name differs only in what is made anew for each run (`names.rs`) is the same test, and listed as neither gone nor new.
//!
//! Both inventories are sorted, so one walk over the two tells what is gone, what is new and what changed. Renames are only ever an
//! explanation, and only where there is all but no doubt: see [`renames`]. A test that was renamed is still listed as removed and added.

use super::names::same_tests;
use crate::model::test_run::{SEPARATOR, Test, TestOutcome};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// A word of more bytes may be a plural.
const LONG_WORD: usize = 4;

/// What changed between two inventories; every list is sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Difference<'a> {
    /// In the first only.
    pub removed: Vec<&'a str>,
    /// In the second only.
    pub added: Vec<&'a str>,
    /// Pairs of a removed and an added test that are all but certainly one.
    pub renamed: Vec<(&'a str, &'a str)>,
    /// Skipped now, and not before.
    pub newly_skipped: Vec<&'a str>,
    /// Failed or broken now, and not before.
    pub newly_failing: Vec<&'a str>,
    /// Passed only after a failure now, and not before.
    pub newly_flaky: Vec<&'a str>,
    /// Passed now, and did not before.
    pub fixed: Vec<&'a str>,
}

impl<'a> Difference<'a> {
    /// Compares two inventories, each sorted by identity without repetition.
    pub fn between(before: &'a [Test], after: &'a [Test]) -> Self {
        let mut difference = Difference::without_renames(before, after);
        difference.renamed = renames(&difference.removed, &difference.added);
        difference
    }

    /// The same without looking for renames.
    pub fn without_renames(before: &'a [Test], after: &'a [Test]) -> Self {
        let mut difference = Difference::default();
        let (mut removed, mut added) = (Vec::new(), Vec::new());
        let (mut old, mut new) = (before.iter().peekable(), after.iter().peekable());
        loop {
            let order = match (old.peek(), new.peek()) {
                (None, None) => break,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(one), Some(other)) => one.id.cmp(&other.id),
            };
            let gone = if order.is_le() { old.next() } else { None };
            let here = if order.is_ge() { new.next() } else { None };
            match (gone, here) {
                (Some(before), None) => removed.push(before),
                (None, Some(after)) => added.push(after),
                (Some(before), Some(after)) => difference.changed(before.outcome, after),
                (None, None) => {}
            }
        }
        difference.take(&removed, &added);
        difference
    }

    /// Takes what is gone and what is new. What is the same test under a name of another run is neither.
    fn take(&mut self, removed: &[&'a Test], added: &[&'a Test]) {
        let named = |tests: &[&'a Test]| {
            tests.iter().map(|test| (test.id.as_str(), test.outcome)).collect::<Vec<_>>()
        };
        let same = same_tests(&named(removed), &named(added));
        let mut before: BTreeMap<&str, TestOutcome> = BTreeMap::new();
        for test in removed {
            match same.get(test.id.as_str()) {
                Some(now) => drop(before.insert(now, test.outcome)),
                None => self.removed.push(&test.id),
            }
        }
        for test in added {
            match before.get(test.id.as_str()) {
                Some(outcome) => self.changed(*outcome, test),
                None => self.added.push(&test.id),
            }
        }
        if !before.is_empty() {
            let lists =
                [&mut self.newly_skipped, &mut self.newly_failing, &mut self.newly_flaky, &mut self.fixed];
            lists.into_iter().for_each(|list| list.sort_unstable());
        }
    }

    fn changed(&mut self, before: TestOutcome, after: &'a Test) {
        let list = match after.outcome {
            now if now == before => return,
            TestOutcome::Passed => &mut self.fixed,
            TestOutcome::Skipped => &mut self.newly_skipped,
            TestOutcome::Flaky => &mut self.newly_flaky,
            TestOutcome::Failed | TestOutcome::Error if fails(before) => return,
            TestOutcome::Failed | TestOutcome::Error => &mut self.newly_failing,
        };
        list.push(&after.id);
    }

    /// Is nothing gone, new or changed?
    pub fn is_empty(&self) -> bool {
        let lists = [
            &self.removed,
            &self.added,
            &self.newly_skipped,
            &self.newly_failing,
            &self.newly_flaky,
            &self.fixed,
        ];
        lists.iter().all(|list| list.is_empty())
    }
}

fn fails(outcome: TestOutcome) -> bool {
    matches!(outcome, TestOutcome::Failed | TestOutcome::Error)
}

/// The suites and class of a test, and its own name.
fn split(id: &str) -> (&str, &str) {
    id.rsplit_once(SEPARATOR).unwrap_or(("", id))
}

/// Removed and added tests that are all but certainly one:
///
/// - in one place, the names differ in nothing but case, separators and the `s` of a plural (`rejects_record`, `rejectsRecords`);
/// - one name in two places, of which the innermost is called the same (a package or directory was moved), or to which everything went
///   that left the old place, several tests at least.
///
/// Names that are only alike are no reason: `accepts_1` and `accepts_2`, `is_valid` and `is_invalid` are different tests. Nor is one
/// that two tests could stand for. Each test is in one pair at most.
pub fn renames<'a>(removed: &[&'a str], added: &[&'a str]) -> Vec<(&'a str, &'a str)> {
    let mut pairs = Pairs::default();
    pairs.by(removed, added, |id| [split(id).0.to_string(), words(split(id).1)]);
    pairs.by(removed, added, |id| [words(split(split(id).0).1), split(id).1.to_string()]);
    pairs.moved_together(removed, added);
    pairs.found.into_iter().collect()
}

/// How many bytes stand for a key.
const KEY: usize = 16;

/// What stands for a key, so that a million of them take little room: the beginning of its SHA-256.
fn short(key: &[String; 2]) -> [u8; KEY] {
    let mut digest = Sha256::new();
    key.iter().for_each(|part| {
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part);
    });
    let mut short = [0; KEY];
    short.iter_mut().zip(digest.finalize()).for_each(|(byte, of)| *byte = of);
    short
}

/// The words of a name without what parts them, in lower case and the singular.
fn words(name: &str) -> String {
    let mut parted = String::new();
    for c in name.chars() {
        if c.is_uppercase() && parted.ends_with(char::is_lowercase) {
            parted.push(' ');
        }
        parted.push(if c.is_alphanumeric() { c } else { ' ' });
    }
    let singular = |word: &str| match word.strip_suffix('s') {
        Some(stem) if word.len() > LONG_WORD => stem.to_string(),
        _ => word.to_string(),
    };
    parted.split(' ').map(|word| singular(&word.to_lowercase())).collect()
}

#[derive(Default)]
struct Pairs<'a> {
    found: BTreeMap<&'a str, &'a str>,
    taken: BTreeSet<&'a str>,
}

impl<'a> Pairs<'a> {
    /// Pairs of which each is the only one with its key.
    fn by(&mut self, removed: &[&'a str], added: &[&'a str], key: impl Fn(&str) -> [String; 2]) {
        let ids = removed.iter().chain(added).copied();
        let mut keyed: Vec<([u8; KEY], u32)> = (0..).zip(ids).map(|(at, id)| (short(&key(id)), at)).collect();
        keyed.sort_unstable();
        let at = |place: u32| {
            (removed.get(place as usize), added.get((place as usize).wrapping_sub(removed.len())))
        };
        for room in keyed.chunk_by(|one, next| one.0 == next.0) {
            if let [(_, one), (_, other)] = room
                && let ((Some(old), _), (None, Some(new))) = (at(*one), at(*other))
            {
                self.add(old, new);
            }
        }
    }

    fn add(&mut self, old: &'a str, new: &'a str) {
        if !self.found.contains_key(old) && self.taken.insert(new) {
            self.found.insert(old, new);
        }
    }

    /// Everything that left one place came to one other, under the same names.
    fn moved_together(&mut self, removed: &[&'a str], added: &[&'a str]) {
        let mut came: Vec<(&str, &'a str)> = added.iter().map(|id| (split(id).1, *id)).collect();
        came.sort_unstable();
        let mut left: Vec<(&str, &'a str)> = removed.iter().map(|id| (split(id).0, *id)).collect();
        left.sort();
        let only = |id: &str| {
            let name = split(id).1;
            let rest = came.get(came.partition_point(|(other, _)| *other < name)..).unwrap_or_default();
            let mut new = rest.iter().take(2).take_while(|(other, _)| *other == name).map(|(_, new)| *new);
            new.next().filter(|_| new.next().is_none())
        };
        for all in left.chunk_by(|one, next| one.0 == next.0).filter(|all| all.len() > 1) {
            let moved: Vec<_> = all.iter().filter_map(|(_, id)| Some((*id, only(id)?))).collect();
            let places: BTreeSet<&str> = moved.iter().map(|(_, new)| split(new).0).collect();
            if moved.len() == all.len() && places.len() == 1 {
                moved.into_iter().for_each(|(old, new)| self.add(old, new));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn inventory(tests: &[(&str, TestOutcome)]) -> Vec<Test> {
        let mut tests: Vec<Test> = tests
            .iter()
            .map(|(id, outcome)| Test { id: id.to_string(), outcome: *outcome, records: 1 })
            .collect();
        tests.sort();
        tests
    }

    #[test]
    fn each_kind_of_change_has_its_list() {
        use TestOutcome::{Error, Failed, Flaky, Passed, Skipped};
        let before = inventory(&[
            ("a", Passed),
            ("b", Passed),
            ("c", Passed),
            ("d", Passed),
            ("e", Failed),
            ("f", Failed),
            ("g", Skipped),
            ("h", Passed),
        ]);
        let after = inventory(&[
            ("b", Skipped),
            ("c", Failed),
            ("d", Flaky),
            ("e", Passed),
            ("f", Error),
            ("g", Passed),
            ("h", Passed),
            ("i", Passed),
        ]);
        let difference = Difference::between(&before, &after);
        assert_eq!(difference.removed, ["a"]);
        assert_eq!(difference.added, ["i"]);
        assert_eq!(difference.newly_skipped, ["b"]);
        assert_eq!(difference.newly_failing, ["c"]);
        assert_eq!(difference.newly_flaky, ["d"]);
        assert_eq!(difference.fixed, ["e", "g"]);
        assert!(!difference.is_empty());
        assert!(Difference::between(&before, &before).is_empty());
    }

    #[test]
    fn a_rename_is_all_but_certain_or_none() {
        let of = |removed: &[&'static str], added: &[&'static str]| renames(removed, added);
        let one = |old, new| of(&[old], &[new]).len();
        assert_eq!(one("upload > loader > rejects_test_data", "upload > loader > rejectsTestData"), 1);
        assert_eq!(one("app.load > Tests > keeps_order", "app.upload > Tests > keeps_order"), 1);
        assert_eq!(one("upload > deletes_records", "upload > deletes_record"), 1);
        for (old, new) in [
            ("upload > accepts_1", "upload > accepts_2"),
            ("upload > is_valid", "upload > is_invalid"),
            ("upload > rejects_test_data", "upload > rejects_all_test_data"),
            ("upload > as_is", "upload > a_i"),
            ("load > Tests > works", "amend > Other > works"),
            ("works", "fails"),
        ] {
            assert_eq!(one(old, new), 0, "{old}");
        }
        assert_eq!(
            of(&["a > x", "a > y"], &["b > x", "b > y", "c > z"]),
            [("a > x", "b > x"), ("a > y", "b > y")]
        );
        assert!(of(&["a > x", "a > y"], &["b > x", "c > y"]).is_empty(), "to two places");
        assert!(of(&["a > x", "a > y"], &["b > x", "b > y", "c > y"]).is_empty(), "which of two?");
        assert!(of(&["u > a_b"], &["u > ab", "u > AB"]).is_empty(), "which of two?");
    }

    #[test]
    fn a_test_under_a_name_of_another_run_is_the_same_test() {
        use TestOutcome::{Failed, Passed};
        let before = inventory(&[("on port 1", Passed), ("on port 2", Passed), ("z", Passed)]);
        let after = inventory(&[("on port 8", Failed), ("x on port 2", Passed), ("z", Failed)]);
        let difference = Difference::without_renames(&before, &after);
        assert_eq!((difference.removed, difference.added), (vec!["on port 2"], vec!["x on port 2"]));
        assert_eq!(difference.newly_failing, ["on port 8", "z"]);
    }

    /// Many are gone and as many are new: the time does not grow with the square of their number.
    #[test]
    fn many_renames_take_no_long_search() {
        let name = |kind: &str, number: usize| format!("s > {kind}{number:06}");
        let removed: Vec<String> = (0..100_000).map(|number| name("finds_it_", number)).collect();
        let added: Vec<String> = (0..100_000).map(|number| name("findsIt", number)).collect();
        let removed: Vec<&str> = removed.iter().map(String::as_str).collect();
        let added: Vec<&str> = added.iter().map(String::as_str).collect();
        assert_eq!(renames(&removed, &added).len(), 100_000);
    }

    fn any_inventory() -> impl Strategy<Value = Vec<Test>> {
        let outcome = prop_oneof![
            Just(TestOutcome::Passed),
            Just(TestOutcome::Skipped),
            Just(TestOutcome::Flaky),
            Just(TestOutcome::Failed)
        ];
        proptest::collection::btree_map("[ab] > [abc]{1,3}", outcome, 0..12).prop_map(|tests| {
            tests.into_iter().map(|(id, outcome)| Test { id, outcome, records: 1 }).collect()
        })
    }

    proptest! {
        #[test]
        fn it_agrees_with_sets(before in any_inventory(), after in any_inventory()) {
            let ids = |tests: &[Test]| tests.iter().map(|test| test.id.clone()).collect::<BTreeSet<_>>();
            let (old, new) = (ids(&before), ids(&after));
            let difference = Difference::between(&before, &after);
            prop_assert_eq!(&difference.removed, &old.difference(&new).collect::<Vec<_>>());
            prop_assert_eq!(&difference.added, &new.difference(&old).collect::<Vec<_>>());
            for (from, to) in &difference.renamed {
                prop_assert!(difference.removed.contains(from) && difference.added.contains(to));
            }
        }
    }
}
