//! Records of tests to tests.
//!
//! Records of one name are several tests under that name, and the worst of them decides. They are
//! attempts of one test only where the runner says so of the later one, by its number, and exactly
//! the attempts before it are there; then a pass after a failure is flaky.
//!
//! A name is never made so short that two of one report become one. What a format leaves out of its
//! names, and the home directory of the one who ran the tests, comes back where it tells two of
//! them apart.

use crate::error::ContentError;
use portcullis_testrun::names::without_home;
use portcullis_testrun::test_run::{Test, TestOutcome};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Bounds of what a report may hold. Beyond them it is refused, never cut.
#[derive(Clone, Copy, Debug)]
pub struct RecordLimits {
    /// How many records there may be.
    pub records: u64,
    /// The length of the identities of all records together, in bytes.
    pub identities: usize,
}

impl RecordLimits {
    /// Those of a report of so many bytes: a larger one may hold more. Whoever writes a small one
    /// cannot make it cost more.
    pub fn of(self, length: u64) -> RecordLimits {
        let records = self.records.max(length / SHORTEST_RECORD);
        RecordLimits {
            records,
            identities: self.identities.max(usize::try_from(length).unwrap_or(usize::MAX)),
        }
    }
}

/// No runner writes a test in fewer bytes, taking one with another.
const SHORTEST_RECORD: u64 = 64;

/// The bounds of a report.
pub const LIMITS: RecordLimits = RecordLimits { records: 5_000_000, identities: 1 << 28 };

/// What to do with a report that holds too much.
const SPLIT: &str = "split the suite into several reports";

/// The name of a test.
#[derive(Debug, Default)]
pub struct TestName {
    /// As it is known.
    id: String,
    /// As it is written, where that is longer.
    whole: Option<Box<str>>,
}

impl TestName {
    /// A name of which something is left out.
    pub fn shortened(id: String, whole: String) -> Self {
        TestName { whole: (whole != id).then(|| whole.into()), id }
    }

    /// As it is known.
    pub fn as_str(&self) -> &str {
        &self.id
    }
}

impl<T: Into<String>> From<T> for TestName {
    fn from(id: T) -> Self {
        TestName { id: id.into(), whole: None }
    }
}

/// The tests of a report while it is read.
pub struct Attempts {
    limits: RecordLimits,
    identities: usize,
    /// In the order of the report. They are sorted at its end, which is much faster than keeping
    /// them sorted.
    records: Vec<TestRecord>,
    /// The whole names of records whose names were shortened, each with the place of the record, in
    /// their order.
    whole: Vec<(usize, Box<str>)>,
}

/// One record of a test, or several that the report only counts.
struct TestRecord {
    id: String,
    outcome: TestOutcome,
    number: u64,
    /// Which attempt of its test the runner says it is; 1 where it says nothing.
    attempt: u32,
}

impl Default for Attempts {
    fn default() -> Self {
        Attempts::within(LIMITS)
    }
}

impl Attempts {
    /// No test yet.
    pub fn within(limits: RecordLimits) -> Self {
        Attempts { limits, identities: 0, records: Vec::new(), whole: Vec::new() }
    }

    /// Takes a test.
    ///
    /// # Errors
    /// A sentence, when there are more than a report may hold.
    pub fn add(&mut self, name: impl Into<TestName>, outcome: TestOutcome) -> Result<(), ContentError> {
        self.take(name.into(), outcome, 1, 1)
    }

    /// Takes what the runner calls this attempt of a test, counted from 1.
    ///
    /// # Errors
    /// A sentence, when there are more than a report may hold.
    pub fn add_attempt(
        &mut self,
        name: impl Into<TestName>,
        outcome: TestOutcome,
        attempt: u64,
    ) -> Result<(), ContentError> {
        self.take(name.into(), outcome, 1, u32::try_from(attempt).unwrap_or(u32::MAX))
    }

    /// Takes a test whose earlier attempts the report only counts: all of them failed.
    ///
    /// # Errors
    /// A sentence, when there are more than a report may hold.
    pub fn add_last(
        &mut self,
        name: impl Into<TestName>,
        outcome: TestOutcome,
        attempts: u64,
    ) -> Result<(), ContentError> {
        let outcome = if attempts > 1 { outcome_after(TestOutcome::Failed, outcome) } else { outcome };
        self.take(name.into(), outcome, attempts.max(1), 1)
    }

    fn take(
        &mut self,
        name: TestName,
        outcome: TestOutcome,
        number: u64,
        attempt: u32,
    ) -> Result<(), ContentError> {
        let TestName { mut id, mut whole } = name;
        if let Cow::Owned(short) = without_home(&id) {
            let written = std::mem::replace(&mut id, short);
            whole.get_or_insert(written.into());
        }
        self.identities += id.len() + whole.as_ref().map_or(0, |whole| whole.len());
        if self.records.len() as u64 >= self.limits.records {
            return Err(format!("it holds more than {} test cases; {SPLIT}", self.limits.records).into());
        }
        if self.identities > self.limits.identities {
            return Err(format!(
                "the names of its tests are longer than {} bytes; {SPLIT}",
                self.limits.identities
            )
            .into());
        }
        self.whole.extend(whole.map(|whole| (self.records.len(), whole)));
        self.records.push(TestRecord { id, outcome, number, attempt });
        Ok(())
    }

    /// The tests, sorted by identity.
    pub fn finish(mut self) -> Vec<Test> {
        self.keep_apart();
        // Records of one test stay in their order.
        self.records.sort_by(|a, b| a.id.cmp(&b.id));
        self.records.dedup_by(|next, first| {
            let same = next.id == first.id;
            if same {
                fold_record(first, next);
            }
            same
        });
        // Both are of one size, so the tests take the room of the records.
        let test =
            |record: TestRecord| Test { id: record.id, outcome: record.outcome, records: record.number };
        self.records.into_iter().map(test).collect()
    }

    /// Gives whole names back to tests that would otherwise have the name of another one.
    fn keep_apart(&mut self) {
        if self.whole.is_empty() {
            return;
        }
        let shortened = std::mem::take(&mut self.whole);
        // Of each short name its one whole name; nothing where there are several.
        let mut names: BTreeMap<&str, Option<&str>> = BTreeMap::new();
        for (at, whole) in &shortened {
            let name = names.entry(self.records[*at].id.as_str()).or_insert(Some(whole));
            *name = name.filter(|name| **name == **whole);
        }
        let mut places = shortened.iter().map(|(at, _)| *at).peekable();
        for (at, record) in self.records.iter().enumerate() {
            if places.next_if_eq(&at).is_none()
                && let Some(name) = names.get_mut(record.id.as_str())
            {
                *name = None;
            }
        }
        let apart = |at: &usize| names.get(self.records[*at].id.as_str()) == Some(&None);
        let apart: Vec<bool> = shortened.iter().map(|(at, _)| apart(at)).collect();
        for ((at, whole), _) in shortened.into_iter().zip(apart).filter(|(_, apart)| *apart) {
            self.records[at].id = whole.into();
        }
    }
}

/// Takes another record of a test into its first one.
fn fold_record(first: &mut TestRecord, next: &TestRecord) {
    let again = next.attempt > 1 && u64::from(next.attempt - 1) == first.number;
    let worse = if again { outcome_after } else { TestOutcome::max };
    first.outcome = worse(first.outcome, next.outcome);
    first.number = first.number.saturating_add(next.number);
}

/// One more attempt: the worst, save that a pass after a failure is flaky.
pub fn outcome_after(before: TestOutcome, attempt: TestOutcome) -> TestOutcome {
    match (before, attempt) {
        (TestOutcome::Failed | TestOutcome::Error, TestOutcome::Passed | TestOutcome::Flaky) => {
            TestOutcome::Flaky
        }
        _ => before.max(attempt),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use TestOutcome::{Error, Failed, Flaky, Passed, Skipped};

    #[test]
    fn the_worst_of_one_name_decides_and_an_attempt_is_one_by_its_number() {
        for (attempts, outcome) in [
            (vec![(Passed, 1)], Passed),
            (vec![(Passed, 1), (Passed, 1)], Passed),
            (vec![(Failed, 1), (Passed, 1)], Failed),
            (vec![(Failed, 1), (Passed, 2)], Flaky),
            (vec![(Failed, 1), (Flaky, 2)], Flaky),
            (vec![(Failed, 1), (Error, 2), (Passed, 3)], Flaky),
            // It is the second attempt of one of the two.
            (vec![(Failed, 1), (Failed, 1), (Passed, 2)], Failed),
            (vec![(Failed, 1), (Passed, 3)], Failed),
            (vec![(Error, 1), (Passed, 2), (Skipped, 3)], Flaky),
            (vec![(Passed, 2), (Failed, 1)], Failed),
            (vec![(Failed, 1), (Passed, 2), (Failed, 3)], Failed),
            (vec![(Failed, 1), (Passed, 2), (Error, 3)], Error),
            (vec![(Skipped, 1), (Passed, 1)], Skipped),
        ] {
            let mut tests = Attempts::default();
            let add =
                |(outcome, attempt): &(TestOutcome, u64)| tests.add_attempt("a", *outcome, *attempt).unwrap();
            attempts.iter().for_each(add);
            let tests = tests.finish();
            assert_eq!(
                (tests[0].outcome, tests[0].records),
                (outcome, attempts.len() as u64),
                "{attempts:?}"
            );
        }
    }

    #[test]
    fn tests_are_sorted_by_identity_and_records_of_one_stay_in_their_order() {
        for names in [
            vec!["b", "a", "ab", "", "a\0", "a"],
            vec!["suite 12 > x", "suite 1 > y", "suite 1 > y > z", "suite 12", "suite 1 > y"],
            vec!["é", "è", "\u{10ffff}", "z", "aaaaaaaaab", "aaaaaaaaaa"],
        ] {
            let mut tests = Attempts::default();
            names.iter().for_each(|name| tests.add(*name, Passed).unwrap());
            let ids: Vec<String> = tests.finish().into_iter().map(|test| test.id).collect();
            let sorted: std::collections::BTreeSet<&str> = names.into_iter().collect();
            assert_eq!(ids, Vec::from_iter(sorted));
        }
    }

    #[test]
    fn names_that_are_shortened_stay_apart() {
        let ids = |names: &[(&str, &str)]| {
            let mut tests = Attempts::default();
            for (short, whole) in names {
                tests.add(TestName::shortened(short.to_string(), whole.to_string()), Passed).unwrap();
            }
            tests.finish().into_iter().map(|test| test.id).collect::<Vec<_>>()
        };
        assert_eq!(ids(&[("a", "1 > a"), ("b", "b"), ("a", "1 > a")]), ["a", "b"]);
        assert_eq!(ids(&[("a", "1 > a"), ("b", "b"), ("a", "2 > a")]), ["1 > a", "2 > a", "b"]);
        assert_eq!(ids(&[("a", "a"), ("a", "1 > a"), ("c", "1 > c")]), ["1 > a", "a", "c"]);
        assert_eq!(ids(&[("/home/robin/x", "/home/robin/x"), ("y", "y")]), ["(home)/x", "y"]);
        assert_eq!(
            ids(&[("/home/robin/x", "/home/robin/x"), ("(home)/x", "(home)/x")]),
            ["(home)/x", "/home/robin/x"]
        );
        assert_eq!(
            ids(&[("/home/a/x", "7 > /home/a/x"), ("/home/b/x", "7 > /home/b/x")]),
            ["7 > /home/a/x", "7 > /home/b/x"]
        );
    }

    #[test]
    fn limits_refuse_and_never_cut() {
        let add = |names: &[&str]| {
            let mut tests = Attempts::within(RecordLimits { records: 2, identities: 3 });
            names.iter().try_for_each(|name| tests.add(*name, Passed))
        };
        assert_eq!(add(&["a", "bc"]), Ok(()));
        assert_eq!(add(&["a", "b", "c"]), Err(format!("it holds more than 2 test cases; {SPLIT}").into()));
        assert_eq!(
            add(&["ab", "cd"]),
            Err(format!("the names of its tests are longer than 3 bytes; {SPLIT}").into())
        );
    }
}
