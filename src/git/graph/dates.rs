//! Dates that can be trusted, of commits all of whose ancestors were read.
//!
//! A commit says its own date, and may say anything. Its *corrected* date is that one, or one
//! second more than the latest corrected date of its parents, whichever is later
//! (gitformat-commit-graph(5), "corrected commit date"). So a commit that reaches another commit
//! has a later corrected date than it, whatever the commits say.

use crate::graph::{Graph, UNKNOWN};

/// The corrected dates that are known, by place.
#[derive(Default)]
pub struct CorrectedDates(Vec<Option<i64>>);

/// What the parents of a commit say of its corrected date.
enum ParentDates {
    Date(i64),
    /// That of this parent has to be found first.
    After(usize),
    /// One of its ancestors was not read.
    Unknown,
}

impl Graph<'_, '_> {
    /// The corrected date of a commit, if it is known.
    pub(super) fn corrected_date(&self, place: usize) -> Option<i64> {
        self.corrected.0.get(place).copied().flatten()
    }

    /// Finds the dates of commits that were read since the last time; after a long way, of all.
    /// `false`: there are none, because nobody has gone far yet.
    pub(super) fn correct_dates(&mut self) -> bool {
        let all = std::mem::take(&mut self.went_far);
        let first = if all { 0 } else { self.corrected.0.len() };
        if first == 0 && !all {
            return false;
        }
        self.corrected.0.resize(self.nodes.len(), None);
        let mut in_vain = vec![false; self.nodes.len() - first];
        let mut waiting = Vec::new();
        for place in first..self.nodes.len() {
            waiting.push(place);
            self.correct(&mut waiting, first, &mut in_vain);
        }
        true
    }

    fn correct(&mut self, waiting: &mut Vec<usize>, first: usize, in_vain: &mut [bool]) {
        while let Some(at) = waiting.last().copied() {
            let found = if in_vain[at - first] { ParentDates::Unknown } else { self.dated_by_parents(at) };
            match found {
                ParentDates::Date(date) => self.corrected.0[at] = Some(date),
                ParentDates::After(parent) if parent >= first && !in_vain[parent - first] => {
                    waiting.push(parent);
                    continue;
                }
                ParentDates::After(_) | ParentDates::Unknown => in_vain[at - first] = true,
            }
            waiting.pop();
        }
    }

    /// The place of a parent, if that was read.
    fn known_link(&self, at: usize) -> Option<usize> {
        match self.links[at] {
            UNKNOWN => self.nodes.place(self.parents[at]),
            place => Some(place as usize),
        }
    }

    fn dated_by_parents(&self, at: usize) -> ParentDates {
        let (_, node) = self.nodes.at(at);
        let mut latest = node.date;
        for at in node.parents() {
            let Some(place) = self.known_link(at) else { return ParentDates::Unknown };
            let Some(date) = self.corrected_date(place) else { return ParentDates::After(place) };
            let Some(next) = date.checked_add(1) else { return ParentDates::Unknown };
            latest = latest.max(next);
        }
        if node.is_here { ParentDates::Date(latest) } else { ParentDates::Unknown }
    }
}
