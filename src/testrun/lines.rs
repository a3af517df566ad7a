//! Sets of line numbers.

/// Line numbers, counted from 1, as sorted runs (first and last line) that neither overlap nor
/// touch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(into = "Vec<(u32, u32)>"))]
pub struct Lines(Vec<(u32, u32)>);

impl Lines {
    /// The lines of runs in any order. A run that ends before it begins holds nothing, and there is
    /// no line 0.
    pub fn of(runs: impl IntoIterator<Item = (u32, u32)>) -> Self {
        let mut runs: Vec<(u32, u32)> = runs.into_iter().map(|(first, last)| (first.max(1), last)).collect();
        runs.retain(|(first, last)| first <= last);
        runs.sort_unstable();
        let mut lines: Vec<(u32, u32)> = Vec::new();
        for (first, last) in runs {
            match lines.last_mut() {
                Some(before) if first <= before.1.saturating_add(1) => before.1 = before.1.max(last),
                _ => lines.push((first, last)),
            }
        }
        Lines(lines)
    }

    /// Every line of a text of so many.
    pub fn all(total: u32) -> Self {
        Lines::of([(1, total)])
    }

    /// The runs, first and last line of each.
    pub fn runs(&self) -> &[(u32, u32)] {
        &self.0
    }

    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.0.iter().map(|(first, last)| u64::from(last - first) + 1).sum()
    }

    /// The first one.
    pub fn first(&self) -> Option<u32> {
        self.0.first().map(|(first, _)| *first)
    }

    /// The last one.
    pub fn last(&self) -> Option<u32> {
        self.0.last().map(|(_, last)| *last)
    }

    /// Those of either.
    #[must_use]
    pub fn or(&self, other: &Lines) -> Lines {
        Lines::of(self.0.iter().chain(&other.0).copied())
    }

    /// Those of both.
    #[must_use]
    pub fn and(&self, other: &Lines) -> Lines {
        let (mut mine, mut others) = (self.0.iter().peekable(), other.0.iter().peekable());
        let mut both = Vec::new();
        while let (Some(a), Some(b)) = (mine.peek(), others.peek()) {
            both.push((a.0.max(b.0), a.1.min(b.1)));
            if a.1 < b.1 {
                mine.next()
            } else {
                others.next()
            };
        }
        Lines::of(both)
    }

    /// Those that the other does not hold.
    #[must_use]
    pub fn without(&self, other: &Lines) -> Lines {
        let mut from = 1;
        let mut between = Vec::new();
        for (first, last) in &other.0 {
            between.push((from, first - 1));
            // Nothing comes after the greatest number.
            let Some(next) = last.checked_add(1) else { return self.and(&Lines::of(between)) };
            from = next;
        }
        between.push((from, u32::MAX));
        self.and(&Lines::of(between))
    }
}

impl TryFrom<Vec<(u32, u32)>> for Lines {
    type Error = String;

    fn try_from(runs: Vec<(u32, u32)>) -> Result<Self, Self::Error> {
        let lines = Lines::of(runs.iter().copied());
        if lines.0 == runs { Ok(lines) } else { Err("line numbers are not in sorted, separate runs".into()) }
    }
}

impl From<Lines> for Vec<(u32, u32)> {
    fn from(lines: Lines) -> Self {
        lines.0
    }
}

/// For people: `3-7, 9`.
impl std::fmt::Display for Lines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, (first, last)) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            if first == last { write!(f, "{comma}{first}")? } else { write!(f, "{comma}{first}-{last}")? }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn numbers(lines: &Lines) -> BTreeSet<u32> {
        lines.runs().iter().flat_map(|(first, last)| *first..=*last).collect()
    }

    #[test]
    fn runs_are_shown_as_people_write_them() {
        assert_eq!(Lines::of([(9, 9), (3, 5), (6, 7), (0, 0)]).to_string(), "3-7, 9");
        assert_eq!(Lines::default().to_string(), "");
    }

    #[test]
    fn what_was_not_written_by_us_is_refused() {
        for runs in [vec![(2, 1)], vec![(0, 1)], vec![(1, 2), (3, 4)], vec![(4, 5), (1, 2)]] {
            assert!(Lines::try_from(runs.clone()).is_err(), "{runs:?}");
        }
        assert_eq!(Lines::try_from(vec![(1, 2), (4, 4)]).unwrap().count(), 3);
    }

    #[test]
    fn the_greatest_number_is_a_number() {
        let last = Lines::of([(u32::MAX, u32::MAX)]);
        assert_eq!((last.count(), last.or(&last).last()), (1, Some(u32::MAX)));
        assert_eq!(Lines::all(u32::MAX).count(), u64::from(u32::MAX));
        assert_eq!(last.without(&Lines::all(3)), last);
        assert!(last.without(&last).is_empty());
    }

    proptest! {
        #[test]
        fn they_are_sets(
            a in proptest::collection::vec((0u32..40, 0u32..40), 0..12),
            b in proptest::collection::vec((0u32..40, 0u32..40), 0..12),
        ) {
            let (a, b) = (Lines::of(a), Lines::of(b));
            let (left, right) = (numbers(&a), numbers(&b));
            prop_assert_eq!(numbers(&a.or(&b)), &left | &right);
            prop_assert_eq!(numbers(&a.and(&b)), &left & &right);
            prop_assert_eq!(numbers(&a.without(&b)), &left - &right);
            prop_assert_eq!(a.count(), left.len() as u64);
            prop_assert_eq!((a.first(), a.last()), (left.first().copied(), left.last().copied()));
            prop_assert_eq!(Lines::try_from(Vec::from(a.clone())), Ok(a));
        }
    }
}
