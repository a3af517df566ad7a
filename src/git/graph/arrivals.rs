//! With which commit of a first-parent line each other one came, found for many at once.
//!
//! Each commit of the line hands its number down to the parents, the youngest commit first; a lower
//! number wins. What is left with a number is reached from that commit of the line. That no lower
//! one reaches it holds only as far as dates are true, so whoever asks confirms it
//! ([`Graph::arrival`]).

use crate::graph::Graph;
use git2::Oid;
use portcullis_model::fact::Gap;
use std::collections::{BTreeMap, BinaryHeap};

/// How far numbers were handed down.
#[derive(Default)]
pub struct Arrivals {
    /// By the place in the graph.
    numbers: Vec<Option<i64>>,
    /// Commits that have not handed their number down: by date, then by place.
    waiting: BinaryHeap<(i64, usize)>,
    /// What was confirmed: the number, and the merge bases with the line before.
    confirmed: BTreeMap<Oid, (i64, Vec<Oid>)>,
}

impl Arrivals {
    /// What is known of a commit: the number of the oldest commit of the line that reaches it, and
    /// its merge bases with the one before.
    pub fn known(&self, commit: Oid) -> Option<&(i64, Vec<Oid>)> {
        self.confirmed.get(&commit)
    }

    /// Remembers an answer.
    pub fn confirm(&mut self, commit: Oid, number: i64, bases: Vec<Oid>) {
        self.confirmed.insert(commit, (number, bases));
    }

    fn number(&self, place: usize) -> Option<i64> {
        self.numbers.get(place).copied().flatten()
    }

    fn hand(&mut self, place: usize, date: i64, number: i64) {
        if self.numbers.len() <= place {
            self.numbers.resize(place + 1, None);
        }
        if self.numbers[place].is_none_or(|before| number < before) {
            self.numbers[place] = Some(number);
            self.waiting.push((date, place));
        }
    }
}

impl Graph<'_, '_> {
    /// The number of a commit of the line that reaches this one, most likely of the oldest that
    /// does.
    pub(super) fn guessed_arrival(&mut self, commit: Oid) -> Result<Option<i64>, Gap> {
        let place = self.place(commit)?;
        let date = self.date(place);
        if let Some((newest, number)) = self.line.newest() {
            let place = self.place(newest)?;
            let date = self.date(place);
            self.line.arrivals.hand(place, date, number);
        }
        while self.line.arrivals.waiting.peek().is_some_and(|(next, _)| *next >= date) {
            let Some((_, place)) = self.line.arrivals.waiting.pop() else { break };
            self.hand_number_down(place)?;
        }
        Ok(self.line.arrivals.number(place))
    }

    fn hand_number_down(&mut self, place: usize) -> Result<(), Gap> {
        let (id, node) = self.nodes.at(place);
        let parents = node.parents();
        let Some(number) = self.line.arrivals.number(place) else { return Ok(()) };
        self.line_goes_below(id)?;
        for at in parents {
            let parent = self.link(at)?;
            let own = self.line.number(self.id(parent));
            let date = self.date(parent);
            self.line.arrivals.hand(parent, date, own.unwrap_or(number).min(number));
        }
        Ok(())
    }
}
