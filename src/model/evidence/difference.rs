//! What became of the tests from one run to another.
//!
//! A test whose name differs only in what is made anew for each run (`names.rs`) is the same test,
//! and listed as neither gone nor new.
//!
//! Both inventories are sorted, so one walk over the two tells what is gone, what is new and what
//! changed. Renames are only ever an explanation, and only where there is all but no doubt: see
//! [`find_renames`]. A test that was renamed is still listed as removed and added.

use super::names::{NamedTests, same_places};
use super::renames::find_renames;
use crate::test_run::{Test, TestOutcome};
use serde::Serialize;
use std::cmp::Ordering;

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
        let named = |test: &'a Test| (test.id.as_str(), test.outcome);
        Difference::of(before.iter().map(named), after.iter().map(named))
    }

    /// The same of names and outcomes.
    pub fn of(before: impl Tests<'a>, after: impl Tests<'a>) -> Self {
        let mut difference = Difference::without_renames(before, after);
        difference.renamed = find_renames(&difference.removed, &difference.added);
        difference
    }

    /// The same without looking for renames.
    fn without_renames(mut before: impl Tests<'a>, mut after: impl Tests<'a>) -> Self {
        let mut difference = Difference::default();
        let mut gone = NamedTests::with_capacity(before.size_hint().0);
        let mut come = NamedTests::with_capacity(after.size_hint().0);
        let (mut old, mut new) = (before.next(), after.next());
        loop {
            let order = match (old, new) {
                (None, None) => break,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some((one, _)), Some((other, _))) => one.cmp(other),
            };
            let (here, there) = (old.filter(|_| order.is_le()), new.filter(|_| order.is_ge()));
            match (here, there) {
                (Some((id, outcome)), None) => gone.push(id, outcome),
                (None, Some((id, outcome))) => come.push(id, outcome),
                (Some((_, outcome)), Some(now)) => difference.changed(outcome, now),
                (None, None) => {}
            }
            old = if order.is_le() { before.next() } else { old };
            new = if order.is_ge() { after.next() } else { new };
        }
        difference.take(gone, come);
        difference
    }

    /// Takes what is gone and what is new. What is the same test under a name of another run is
    /// neither.
    fn take(&mut self, gone: NamedTests<'a>, new: NamedTests<'a>) {
        let same = same_places(&gone, &new);
        for (old, now) in &same {
            let now = *now as usize;
            self.changed(gone.outcomes[*old as usize], (new.ids[now], new.outcomes[now]));
        }
        if !same.is_empty() {
            let lists =
                [&mut self.newly_skipped, &mut self.newly_failing, &mut self.newly_flaky, &mut self.fixed];
            lists.into_iter().for_each(|list| list.sort_unstable());
        }
        self.removed = without_places(gone.ids, same.iter().map(|(old, _)| *old));
        self.added = without_places(new.ids, same.iter().map(|(_, now)| *now));
    }

    fn changed(&mut self, before: TestOutcome, (id, after): (&'a str, TestOutcome)) {
        let list = match after {
            now if now == before => return,
            TestOutcome::Passed => &mut self.fixed,
            TestOutcome::Skipped => &mut self.newly_skipped,
            TestOutcome::Flaky => &mut self.newly_flaky,
            TestOutcome::Failed | TestOutcome::Error if is_failure(before) => return,
            TestOutcome::Failed | TestOutcome::Error => &mut self.newly_failing,
        };
        list.push(id);
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

/// Names and outcomes of tests, sorted by name without repetition.
pub trait Tests<'a>: Iterator<Item = (&'a str, TestOutcome)> {}

impl<'a, I: Iterator<Item = (&'a str, TestOutcome)>> Tests<'a> for I {}

/// The names without those at these places.
fn without_places(mut names: Vec<&str>, places: impl ExactSizeIterator<Item = u32>) -> Vec<&str> {
    if places.len() > 0 {
        let mut stays = vec![true; names.len()];
        places.for_each(|place| stays[place as usize] = false);
        let mut stays = stays.into_iter();
        names.retain(|_| stays.next().unwrap_or(true));
    }
    names
}

fn is_failure(outcome: TestOutcome) -> bool {
    matches!(outcome, TestOutcome::Failed | TestOutcome::Error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

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
        let difference = Difference::between(&before, &after);
        assert_eq!((difference.removed, difference.added), (vec!["on port 2"], vec!["x on port 2"]));
        assert_eq!(difference.newly_failing, ["on port 8", "z"]);
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
