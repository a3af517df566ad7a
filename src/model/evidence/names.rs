//! Which test of one run is which of another, where names change from run to run
//! ([`portcullis_testrun::names`]).

use super::hashes::{Hashes, hash_key as hash_of};
use crate::test_run::TestOutcome;
use portcullis_testrun::names::write_between_runs;
use std::borrow::Cow;
use std::collections::BTreeMap;

pub use portcullis_testrun::names::between_runs;

/// Tests of one run, in the order of their names.
#[derive(Debug, Default)]
pub struct NamedTests<'a> {
    /// Their names.
    pub ids: Vec<&'a str>,
    /// The outcome of each.
    pub outcomes: Vec<TestOutcome>,
}

impl<'a> NamedTests<'a> {
    /// None yet, and room for so many.
    pub fn with_capacity(tests: usize) -> Self {
        NamedTests { ids: Vec::with_capacity(tests), outcomes: Vec::with_capacity(tests) }
    }

    /// One test more.
    pub fn push(&mut self, id: &'a str, outcome: TestOutcome) {
        self.ids.push(id);
        self.outcomes.push(outcome);
    }
}

impl<'a> FromIterator<(&'a str, TestOutcome)> for NamedTests<'a> {
    fn from_iter<I: IntoIterator<Item = (&'a str, TestOutcome)>>(tests: I) -> Self {
        let (ids, outcomes) = tests.into_iter().unzip();
        NamedTests { ids, outcomes }
    }
}

/// Of the tests that are gone and those that are new, each with its outcome: which of the new ones
/// is which of those that are gone. Of several that are alike, the best stands for the best.
pub fn same_tests<'a>(
    gone: &[(&'a str, TestOutcome)],
    new: &[(&'a str, TestOutcome)],
) -> BTreeMap<&'a str, &'a str> {
    let (gone, new): (NamedTests<'_>, NamedTests<'_>) =
        (gone.iter().copied().collect(), new.iter().copied().collect());
    same_places(&gone, &new)
        .into_iter()
        .map(|(old, now)| (gone.ids[old as usize], new.ids[now as usize]))
        .collect()
}

/// The same by the places of both among the tests, in the order of those that are gone.
pub fn same_places(gone: &NamedTests<'_>, new: &NamedTests<'_>) -> Vec<(u32, u32)> {
    let mut same = Vec::new();
    if gone.ids.is_empty() || new.ids.is_empty() {
        return same;
    }
    let mut form = String::new();
    let hashes = Hashes::of([&gone.ids, &new.ids], |id| {
        form.clear();
        let changes = write_between_runs(id, &mut form);
        hash_of(if changes { &form } else { id }.as_bytes())
    });
    for [old, now] in hashes.groups() {
        pair_tests(&alike_tests(gone, old), &alike_tests(new, now), &mut same);
    }
    same.sort_unstable();
    same
}

/// A test with what its name has in every run, and its place.
type NameForm<'a> = (Cow<'a, str>, TestOutcome, &'a str, u32);

/// The tests at these places, those that are alike together, the best first.
fn alike_tests<'a>(tests: &NamedTests<'a>, places: impl Iterator<Item = usize>) -> Vec<NameForm<'a>> {
    let form = |at: usize| (between_runs(tests.ids[at]), tests.outcomes[at], tests.ids[at], at as u32);
    let mut alike: Vec<_> = places.map(form).collect();
    alike.sort_unstable();
    alike
}

fn pair_tests(gone: &[NameForm<'_>], new: &[NameForm<'_>], same: &mut Vec<(u32, u32)>) {
    let (mut old, mut now) = (gone.iter().peekable(), new.iter().peekable());
    while let (Some((one, .., at)), Some((other, .., now_at))) = (old.peek(), now.peek()) {
        let order = one.cmp(other);
        if order.is_eq() {
            same.push((*at, *now_at));
        }
        old.next_if(|_| order.is_le());
        now.next_if(|_| order.is_ge());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn as_many_as_before_have_to_be_there() {
        use TestOutcome::{Failed, Passed, Skipped};
        let gone = [("port 1", Passed), ("port 2", Skipped), ("x", Passed)];
        let new = [("port 8", Skipped), ("port 9", Passed), ("y", Passed)];
        let same = same_tests(&gone, &new);
        assert_eq!(Vec::from_iter(same), [("port 1", "port 9"), ("port 2", "port 8")]);
        assert_eq!(same_tests(&gone, &[("port 8", Failed)]).len(), 1);
        assert!(same_tests(&gone, &[]).is_empty());
    }

    /// Which tests are which, from the forms of all of them.
    fn same_of_all<'a>(
        gone: &[(&'a str, TestOutcome)],
        new: &[(&'a str, TestOutcome)],
    ) -> BTreeMap<&'a str, &'a str> {
        let forms = |tests: &[(&'a str, TestOutcome)]| {
            let mut forms: BTreeMap<String, Vec<(TestOutcome, &'a str)>> = BTreeMap::new();
            for (id, outcome) in tests {
                forms.entry(between_runs(id).into_owned()).or_default().push((*outcome, id));
            }
            forms.values_mut().for_each(|tests| tests.sort_unstable());
            forms
        };
        let (old, now) = (forms(gone), forms(new));
        let both = old.iter().filter_map(|(form, tests)| Some((tests, now.get(form)?)));
        both.flat_map(|(old, now)| old.iter().zip(now)).map(|((_, old), (_, now))| (*old, *now)).collect()
    }

    fn any_tests() -> impl Strategy<Value = BTreeMap<String, TestOutcome>> {
        let outcome =
            prop_oneof![Just(TestOutcome::Passed), Just(TestOutcome::Skipped), Just(TestOutcome::Failed)];
        let part = prop_oneof![
            Just("port "),
            Just("a "),
            Just("v1."),
            Just("1"),
            Just("2"),
            Just("@abcdef"),
            Just("x")
        ];
        let name = proptest::collection::vec(part, 0..4).prop_map(|parts| parts.concat());
        proptest::collection::btree_map(name, outcome, 0..20)
    }

    #[test]
    fn forms_of_one_hash_are_not_one_form() {
        let form = |id: &str| id.replace("port 1", "(port)").into_bytes();
        let [one, other] = super::super::hashes::twins(|number| format!("n{number} port 1"), form);
        let passed = |ids: [&str; 2]| ids.map(|id| (id.to_string(), TestOutcome::Passed));
        let gone = passed([&one, &other]);
        let new = gone.clone().map(|(id, outcome)| (id.replace("port 1", "port 2"), outcome));
        let [gone, new] =
            [&gone, &new].map(|tests| tests.each_ref().map(|(id, outcome)| (id.as_str(), *outcome)));
        assert_eq!(same_tests(&gone, &new), BTreeMap::from([(gone[0].0, new[0].0), (gone[1].0, new[1].0)]));
        assert!(same_tests(&gone[..1], &new[1..]).is_empty());
    }

    proptest! {
        #[test]
        fn the_same_are_those_of_one_form(gone in any_tests(), new in any_tests()) {
            let gone: Vec<(&str, TestOutcome)> = gone.iter().map(|(id, outcome)| (id.as_str(), *outcome)).collect();
            let new: Vec<(&str, TestOutcome)> = new.iter().map(|(id, outcome)| (id.as_str(), *outcome)).collect();
            prop_assert_eq!(same_tests(&gone, &new), same_of_all(&gone, &new));
        }
    }
}
