//! What became of the tests from one run to another.
//!
//! A test whose name differs only in what is made anew for each run (`names.rs`) is the same test, and listed as neither gone nor new.
//!
//! Both inventories are sorted, so one walk over the two tells what is gone, what is new and what changed. Renames are a guess and
//! only ever an explanation: they are looked for among what is gone and what is new, within one suite, and not
//! longer than [`PAIRS`] comparisons take. A test that was renamed is still listed as removed and added.

use super::names::same_tests;
use crate::model::test_run::{SEPARATOR, Test, TestOutcome};
use serde::Serialize;
use similar::{Algorithm, DiffTag, capture_diff_slices};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// How many pairs of names are compared in the search for renames.
pub const PAIRS: usize = 20_000;

/// How alike two names must be, from 0 to 1.
const ALIKE: f32 = 0.6;

/// How many neighbours in the order of names are compared on either side.
const NEIGHBOURS: usize = 8;

/// Longer names are not compared, in bytes.
const LONGEST: usize = 512;

/// What changed between two inventories; every list is sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Difference<'a> {
    /// In the first only.
    pub removed: Vec<&'a str>,
    /// In the second only.
    pub added: Vec<&'a str>,
    /// Pairs of a removed and an added test with names much alike.
    pub renamed: Vec<(&'a str, &'a str)>,
    /// Was every pair looked at? Otherwise there may be more renames.
    pub renames_complete: bool,
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
        let (renamed, complete) = renames(&difference.removed, &difference.added);
        difference.renamed = renamed;
        difference.renames_complete = complete;
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

/// Removed and added tests that are likely one: first those of one name in another place, then those of much the same
/// name in one place. The best pairs come first, and each test is in one pair at most.
pub fn renames<'a>(removed: &[&'a str], added: &[&'a str]) -> (Vec<(&'a str, &'a str)>, bool) {
    let mut search = Search { pairs: Vec::new(), left: PAIRS, complete: true };
    search.by(removed, added, |id| split(id).1, |id| split(id).0);
    search.by(removed, added, |id| split(id).0, |id| split(id).1);
    let Search { mut pairs, complete, .. } = search;
    pairs.sort_by(|one, other| {
        other.0.total_cmp(&one.0).then_with(|| (one.1, one.2).cmp(&(other.1, other.2)))
    });
    let (mut from, mut to) = (BTreeSet::new(), BTreeSet::new());
    let free = |(_, old, new): &(f32, &'a str, &'a str)| {
        let both = !from.contains(old) && !to.contains(new);
        both && from.insert(*old) && to.insert(*new)
    };
    let mut renamed: Vec<_> = pairs.into_iter().filter(free).map(|(_, old, new)| (old, new)).collect();
    renamed.sort_unstable();
    (renamed, complete)
}

struct Search<'a> {
    pairs: Vec<(f32, &'a str, &'a str)>,
    left: usize,
    complete: bool,
}

impl<'a> Search<'a> {
    /// Compares what differs between tests that share something.
    fn by(
        &mut self,
        removed: &[&'a str],
        added: &[&'a str],
        shared: impl Fn(&'a str) -> &'a str,
        differing: impl Fn(&'a str) -> &'a str,
    ) {
        let mut rooms: BTreeMap<&str, Vec<&'a str>> = BTreeMap::new();
        for id in added {
            rooms.entry(shared(id)).or_default().push(id);
        }
        for id in removed {
            if self.left == 0 {
                self.complete = false;
                return;
            }
            let Some(room) = rooms.get(shared(id)) else { continue };
            let near = room.partition_point(|other| other < id);
            let (from, to) = (near.saturating_sub(NEIGHBOURS), (near + NEIGHBOURS).min(room.len()));
            self.complete &= from == 0 && to == room.len();
            for other in &room[from..to] {
                self.compare(id, other, &differing);
            }
        }
    }

    fn compare(&mut self, old: &'a str, new: &'a str, differing: impl Fn(&'a str) -> &'a str) {
        let (one, other) = (differing(old), differing(new));
        if one.len() > LONGEST || other.len() > LONGEST || self.left == 0 {
            self.complete = false;
            return;
        }
        // No pair can be more alike than its lengths let it.
        let (short, all) = (one.len().min(other.len()) as f32, (one.len() + other.len()) as f32);
        if 2.0 * short < ALIKE * all {
            return;
        }
        self.left -= 1;
        let (one, other) = (one.as_bytes(), other.as_bytes());
        let steps = capture_diff_slices(Algorithm::Myers, one, other);
        let equal = steps.iter().filter(|step| step.tag() == DiffTag::Equal);
        let equal: usize = equal.map(|step| step.old_range().len()).sum();
        let ratio = 2.0 * equal as f32 / all;
        if ratio >= ALIKE {
            self.pairs.push((ratio, old, new));
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
    fn a_test_under_a_name_of_another_run_is_the_same_test() {
        use TestOutcome::{Failed, Passed};
        let before = inventory(&[("on port 1", Passed), ("on port 2", Passed), ("z", Passed)]);
        let after = inventory(&[("on port 8", Failed), ("x on port 2", Passed), ("z", Failed)]);
        let difference = Difference::without_renames(&before, &after);
        assert_eq!((difference.removed, difference.added), (vec!["on port 2"], vec!["x on port 2"]));
        assert_eq!(difference.newly_failing, ["on port 8", "z"]);
    }

    #[test]
    fn the_best_pairs_are_renames_and_nothing_is_in_two() {
        let removed = ["upload > loader > rejects_test_data", "upload > loader > zzz", "old > keeps_order"];
        let added = [
            "new > keeps_order",
            "upload > loader > rejects_all_test_data",
            "upload > loader > rejects_testdata",
        ];
        let (renamed, complete) = renames(&removed, &added);
        assert!(complete);
        assert_eq!(renamed, [("upload > loader > rejects_test_data", "upload > loader > rejects_testdata")]);
        let (moved, _) = renames(&["app.load.Tests > keeps_order"], &["app.upload.Tests > keeps_order"]);
        assert_eq!(moved.len(), 1);
    }

    #[test]
    fn a_search_that_would_take_too_long_says_that_it_ended() {
        let name = |kind: &str, number: usize| format!("s > {kind}_of_some_length_{number:06}");
        let removed: Vec<String> = (0..20_000).map(|number| name("rejects", number)).collect();
        let added: Vec<String> = (0..20_000).map(|number| name("refuses", number)).collect();
        let removed: Vec<&str> = removed.iter().map(String::as_str).collect();
        let added: Vec<&str> = added.iter().map(String::as_str).collect();
        let (_, complete) = renames(&removed, &added);
        assert!(!complete);
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
