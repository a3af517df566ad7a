//! Tests of a run in little room, to be gone through in their order.
//!
//! A million tests take a hundred bytes each as [`Test`]s. Sorted names begin alike, so that here
//! each is kept as what it does not share with the one before it.

use crate::test_run::{Test, TestOutcome};
use std::cmp::Ordering;
use std::fmt;

/// The tests of a run in the order in which they were added.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TestInventory {
    entries: Vec<TestEntry>,
    /// What the names do not share with those before them, one behind the other.
    names: String,
    last: String,
    unsorted: bool,
    unrecorded: bool,
}

/// A test whose name is longer than an inventory can hold: 4 GiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameTooLong;

impl fmt::Display for NameTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name is too long")
    }
}

impl std::error::Error for NameTooLong {}

/// One test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct TestEntry {
    /// How much of the name before it begins its name, in bytes.
    shared: u32,
    /// How long the rest of its name is, in bytes.
    own: u32,
    records: u32,
    outcome: TestOutcome,
}

impl TestInventory {
    /// How many tests there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Is each name greater than the one before it?
    pub fn ascends(&self) -> bool {
        !self.unsorted
    }

    /// Is there a record of each?
    pub fn is_recorded(&self) -> bool {
        !self.unrecorded
    }

    /// Adds a test.
    ///
    /// # Errors
    /// The name is longer than 4 GiB.
    pub fn add(&mut self, id: &str, outcome: TestOutcome, records: u64) -> Result<(), NameTooLong> {
        let long = |length: usize| u32::try_from(length).map_err(|_| NameTooLong);
        self.unsorted |= !self.entries.is_empty() && *self.last >= *id;
        self.unrecorded |= records == 0;
        let alike = self.last.bytes().zip(id.bytes()).take_while(|(one, other)| one == other).count();
        let shared = id.floor_char_boundary(alike);
        let own = id.get(shared..).unwrap_or_default();
        // More records than this are as many.
        let records = u32::try_from(records).unwrap_or(u32::MAX);
        self.entries.push(TestEntry { shared: long(shared)?, own: long(own.len())?, records, outcome });
        self.names.push_str(own);
        self.last.truncate(shared);
        self.last.push_str(own);
        Ok(())
    }

    /// The tests, one after the other.
    pub fn walk(&self) -> Walk<'_> {
        let mut walk =
            Walk { entries: self.entries.iter(), names: &self.names, id: String::new(), entry: None };
        walk.step();
        walk
    }

    /// Those of its tests that are marked.
    fn only(self, marked: &[bool]) -> Written {
        let how_many = marked.iter().filter(|is_marked| **is_marked).count();
        let mut only = Written::with_capacity(how_many);
        if how_many == 0 {
            return only;
        }
        let mut walk = self.walk();
        let mut marked = marked.iter();
        while let (Some(entry), Some(is_marked)) = (walk.entry, marked.next()) {
            if *is_marked {
                only.add(&walk.id, entry.outcome);
            }
            walk.step();
        }
        only
    }

    /// Both as one: of a test in both the worst outcome and the larger number of records.
    ///
    /// # Errors
    /// Those of [`TestInventory::add`].
    pub fn worst_with(self, other: TestInventory) -> Result<TestInventory, NameTooLong> {
        if self.is_empty() || other.is_empty() {
            return Ok(if self.is_empty() { other } else { self });
        }
        let mut both = TestInventory::default();
        let (mut one, mut two) = (self.walk(), other.walk());
        while let Some(order) = one.order(&two) {
            let (first, second) = (one.entry.filter(|_| order.is_le()), two.entry.filter(|_| order.is_ge()));
            let id = if order.is_le() { &one.id } else { &two.id };
            let found = || first.into_iter().chain(second);
            let records = found().map(|entry| entry.records).max().unwrap_or_default();
            let outcome = found().map(|entry| entry.outcome).max().unwrap_or(TestOutcome::Error);
            both.add(id, outcome, records.into())?;
            one.step_if(order.is_le());
            two.step_if(order.is_ge());
        }
        Ok(both)
    }
}

/// A test of an inventory, and the way to the next.
pub struct Walk<'i> {
    entries: std::slice::Iter<'i, TestEntry>,
    names: &'i str,
    id: String,
    entry: Option<TestEntry>,
}

impl Walk<'_> {
    fn step(&mut self) {
        self.entry = self.entries.next().copied();
        let Some(entry) = self.entry else { return };
        let (own, names) = self.names.split_at_checked(entry.own as usize).unwrap_or_default();
        self.names = names;
        self.id.truncate(entry.shared as usize);
        self.id.push_str(own);
    }

    fn step_if(&mut self, so: bool) {
        if so {
            self.step();
        }
    }

    fn test(&self) -> Option<Test> {
        let entry = self.entry?;
        Some(Test { id: self.id.clone(), outcome: entry.outcome, records: entry.records.into() })
    }

    /// Which of two tests comes first; nothing at the end of both.
    fn order(&self, other: &Walk<'_>) -> Option<Ordering> {
        match (self.entry, other.entry) {
            (None, None) => None,
            (Some(_), None) => Some(Ordering::Less),
            (None, Some(_)) => Some(Ordering::Greater),
            (Some(_), Some(_)) => Some(self.id.cmp(&other.id)),
        }
    }
}

impl Iterator for Walk<'_> {
    type Item = Test;

    fn next(&mut self) -> Option<Test> {
        let test = self.test();
        self.step();
        test
    }
}

/// The tests of two sorted inventories that are not the same in both: in one of them only, or with
/// another outcome. Each list is sorted. The inventories are given up for them, one after the
/// other: names that are written out take several times as much.
pub fn differing_tests(before: TestInventory, after: TestInventory) -> (Written, Written) {
    let (gone, come) = mark_differing(&before, &after);
    (before.only(&gone), after.only(&come))
}

/// Which tests of each are not the same in both.
fn mark_differing(before: &TestInventory, after: &TestInventory) -> (Vec<bool>, Vec<bool>) {
    let (mut old, mut new) = (before.walk(), after.walk());
    let (mut gone, mut come) = (Vec::with_capacity(before.len()), Vec::with_capacity(after.len()));
    while let Some(order) = old.order(&new) {
        let outcomes = [&old, &new].map(|side| side.entry.map(|entry| entry.outcome));
        let differ = order.is_ne() || outcomes[0] != outcomes[1];
        gone.extend(order.is_le().then_some(differ));
        come.extend(order.is_ge().then_some(differ));
        old.step_if(order.is_le());
        new.step_if(order.is_ge());
    }
    (gone, come)
}

/// Names and outcomes of tests, with every name written out, in pieces of memory that never grow.
#[derive(Debug, Default)]
pub struct Written {
    /// One name behind the other.
    pieces: Vec<String>,
    /// How long each name is, in bytes.
    lengths: Vec<u32>,
    outcomes: Vec<TestOutcome>,
}

/// How long the names of a piece are at most, in bytes, unless one alone is longer.
const PIECE: usize = 1 << 20;

impl Written {
    fn with_capacity(tests: usize) -> Self {
        let (lengths, outcomes) = (Vec::with_capacity(tests), Vec::with_capacity(tests));
        Written { pieces: Vec::new(), lengths, outcomes }
    }

    fn add(&mut self, id: &str, outcome: TestOutcome) {
        self.lengths.push(id.len() as u32);
        self.outcomes.push(outcome);
        let fits = |piece: &&mut String| piece.capacity() - piece.len() >= id.len();
        if let Some(piece) = self.pieces.last_mut().filter(fits) {
            piece.push_str(id);
            return;
        }
        let mut piece = String::with_capacity(id.len().max(PIECE));
        piece.push_str(id);
        self.pieces.push(piece);
    }

    /// The tests, one after the other.
    pub fn iter(&self) -> impl Iterator<Item = (&str, TestOutcome)> {
        let (mut pieces, mut names) = (self.pieces.iter(), "");
        self.lengths.iter().zip(&self.outcomes).map(move |(length, outcome)| {
            let length = *length as usize;
            if names.len() < length {
                names = pieces.next().map_or("", String::as_str);
            }
            let (id, rest) = names.split_at_checked(length).unwrap_or_default();
            names = rest;
            (id, *outcome)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::difference::Difference;
    use crate::test_run::worst_of_each;
    use proptest::prelude::*;

    fn inventory(tests: &[Test]) -> TestInventory {
        let mut inventory = TestInventory::default();
        tests.iter().for_each(|test| inventory.add(&test.id, test.outcome, test.records).unwrap());
        inventory
    }

    #[test]
    fn what_is_not_sorted_or_not_recorded_is_seen() {
        let of = |ids: &[&str], records| {
            let test = |id: &&str| Test { id: id.to_string(), outcome: TestOutcome::Passed, records };
            inventory(&ids.iter().map(test).collect::<Vec<_>>())
        };
        for (ids, ascends) in [
            (vec![], true),
            (vec![""], true),
            (vec!["a", "ab", "b"], true),
            (vec!["a", "a"], false),
            (vec!["", ""], false),
            (vec!["b", "a"], false),
            (vec!["a", "c", "b", "d"], false),
        ] {
            assert_eq!(of(&ids, 1).ascends(), ascends, "{ids:?}");
        }
        assert!(of(&["a"], 1).is_recorded() && !of(&["a"], 0).is_recorded());
    }

    fn any_tests() -> impl Strategy<Value = Vec<Test>> {
        let outcome = prop_oneof![
            Just(TestOutcome::Passed),
            Just(TestOutcome::Skipped),
            Just(TestOutcome::Flaky),
            Just(TestOutcome::Failed),
            Just(TestOutcome::Error)
        ];
        proptest::collection::btree_map("[ab\u{e9}\u{e8}]{0,3}( > [0-3]{1,2})?", (outcome, 1..3u64), 0..12)
            .prop_map(|tests| {
                let test = |(id, (outcome, records))| Test { id, outcome, records };
                tests.into_iter().map(test).collect()
            })
    }

    #[test]
    fn names_written_out_are_those_that_went_in() {
        let mut written = Written::default();
        let names: Vec<String> = (0..50)
            .map(|length| "é".repeat(length * 4_000))
            .chain(["é".repeat(PIECE), String::new(), "e".to_string()])
            .collect();
        names.iter().for_each(|name| written.add(name, TestOutcome::Passed));
        assert!(written.pieces.len() > 3);
        assert!(written.iter().map(|(id, _)| id).eq(names.iter().map(String::as_str)));
    }

    proptest! {
        #[test]
        fn what_goes_in_comes_out(tests in any_tests()) {
            let one = inventory(&tests);
            prop_assert!(one.ascends());
            prop_assert_eq!(one.walk().collect::<Vec<_>>(), tests.clone());
        }

        #[test]
        fn two_are_folded_as_lists_are(one in any_tests(), other in any_tests()) {
            let both = inventory(&one).worst_with(inventory(&other)).unwrap();
            prop_assert_eq!(both.walk().collect::<Vec<_>>(), worst_of_each([one, other].concat()));
        }

        #[test]
        fn what_differs_is_all_that_a_difference_is_made_of(one in any_tests(), other in any_tests()) {
            let (gone, come) = differing_tests(inventory(&one), inventory(&other));
            prop_assert_eq!(Difference::of(gone.iter(), come.iter()), Difference::between(&one, &other));
        }
    }
}
