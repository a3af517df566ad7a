//! The first-parent line of a branch: its former tips, as far as they were asked for.
//!
//! Whatever a commit of the line reaches, the ones above it reach as well. So where a commit came
//! onto the line, and down to where another history goes along with it, is found by halving. Dates
//! only choose where the search begins.

use crate::graph::Graph;
use crate::graph::arrivals::Arrivals;
use git2::Oid;
use portcullis_model::fact::Gap;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, VecDeque};

/// A new tip is at most so far above the one before, or the line is read anew.
const ABOVE: usize = 64;

/// So many lines are remembered besides the one that was asked for last.
pub const LINES_BEFORE: usize = 4;

/// A fork is at most so far below the tip.
const BELOW: i64 = 4_096;

/// So many commits beside the line are looked at for a first guess at a fork.
const BESIDE: usize = 4_096;

/// A line that was read in part. Its commits are numbered upward, from an arbitrary one on.
#[derive(Default)]
pub struct FirstParents {
    /// The oldest comes first.
    line: VecDeque<Oid>,
    oldest: i64,
    numbers: BTreeMap<Oid, i64>,
    pub(super) arrivals: Arrivals,
}

impl FirstParents {
    fn at(tip: Oid) -> Self {
        let numbers = BTreeMap::from([(tip, 0)]);
        FirstParents { line: VecDeque::from([tip]), oldest: 0, numbers, arrivals: Arrivals::default() }
    }

    /// The newest commit, and its number.
    pub(super) fn newest(&self) -> Option<(Oid, i64)> {
        self.line.back().map(|newest| (*newest, self.oldest + self.line.len() as i64 - 1))
    }

    pub(super) fn number(&self, commit: Oid) -> Option<i64> {
        self.numbers.get(&commit).copied()
    }

    fn commit(&self, number: i64) -> Option<Oid> {
        let place = usize::try_from(number - self.oldest).ok()?;
        self.line.get(place).copied()
    }

    fn add_above(&mut self, commit: Oid) {
        self.numbers.insert(commit, self.oldest + self.line.len() as i64);
        self.line.push_back(commit);
    }

    fn add_below(&mut self, commit: Oid) {
        self.oldest -= 1;
        self.numbers.insert(commit, self.oldest);
        self.line.push_front(commit);
    }
}

/// A question about a commit of the line.
type Holds<'h, G> = &'h mut dyn FnMut(&mut G, Oid) -> Result<bool, Gap>;

/// How a commit came onto a first-parent line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// The oldest commit of the line that reaches it.
    pub with: Oid,
    /// The one before; `None` when the line begins there.
    pub after: Option<Oid>,
    /// The commit's merge bases with the one before.
    pub bases: Vec<Oid>,
}

impl Graph<'_, '_> {
    /// Is a commit on the first-parent line of a branch? "No" is not sure where dates are false;
    /// [`Graph::arrival`] is.
    pub fn is_on_line(&mut self, tip: Oid, commit: Oid) -> Result<bool, Gap> {
        let (top, date) = (self.number(tip)?, self.date_of(commit)?);
        loop {
            if let Some(number) = self.line.number(commit) {
                return Ok(number <= top);
            }
            if self.date_on_line(self.line.oldest)? < date || !self.read_below()? {
                return Ok(false);
            }
        }
    }

    /// The newest commit of the first-parent line that any of these reaches; `None` when it lies
    /// too far below, or false dates hide it.
    pub fn fork(&mut self, tip: Oid, from: &[Oid]) -> Result<Option<Oid>, Gap> {
        let top = self.number(tip)?;
        let Some(guess) = self.guessed_fork(top, from)? else { return Ok(None) };
        let reached = self.line.commit(guess);
        let number = self.newest_where(top, guess, &mut |graph, commit| {
            Ok(reached == Some(commit) || graph.is_reached(commit, from)?)
        })?;
        Ok(number.and_then(|number| self.line.commit(number)))
    }

    /// A commit of the line that these reach, and probably the newest: the first that the way down
    /// meets. Dates only order the way.
    fn guessed_fork(&mut self, top: i64, from: &[Oid]) -> Result<Option<i64>, Gap> {
        let (mut waiting, mut seen, mut best) = (BinaryHeap::new(), BTreeSet::new(), None);
        for id in from {
            waiting.push((self.date_of(*id)?, *id));
        }
        while let Some((date, id)) = waiting.pop() {
            if best.is_some_and(|(known, _)| date < known) || seen.len() > BESIDE {
                break;
            }
            if !seen.insert(id) {
                continue;
            }
            if self.number_within(top, date, id)?.is_some_and(|number| number <= top) {
                best = best.max(self.line.number(id).map(|number| (date, number)));
            } else if self.line.oldest > top - BELOW {
                for parent in self.parents(id)?.to_vec() {
                    waiting.push((self.date_of(parent)?, parent));
                }
            }
        }
        Ok(best.map(|(_, number)| number))
    }

    /// The number of a commit of this date, if it is on the line as far as that is looked at for a
    /// fork.
    fn number_within(&mut self, top: i64, date: i64, commit: Oid) -> Result<Option<i64>, Gap> {
        loop {
            let number = self.line.number(commit);
            let is_below = self.line.oldest <= top - BELOW || self.date_on_line(self.line.oldest)? < date;
            if number.is_some() || is_below || !self.read_below()? {
                return Ok(number);
            }
        }
    }

    /// How a commit came onto the first-parent line of a branch; `None` when the branch does not
    /// hold it.
    pub fn arrival(&mut self, tip: Oid, commit: Oid) -> Result<Option<Arrival>, Gap> {
        let top = self.number(tip)?;
        if self.line.arrivals.known(commit).is_none() {
            self.find_arrival(commit)?;
        }
        let Some((number, bases)) = self.line.arrivals.known(commit) else { return Ok(None) };
        let with = self.line.commit(*number).filter(|_| *number <= top);
        Ok(with.map(|with| Arrival { with, after: self.line.commit(number - 1), bases: bases.clone() }))
    }

    /// Finds and remembers with which commit of the line one came, if with any.
    fn find_arrival(&mut self, commit: Oid) -> Result<(), Gap> {
        let guess = self.guessed_arrival(commit)?;
        if let Some(number) = guess
            && self.confirm_arrival(commit, number)?
        {
            return Ok(());
        }
        let Some((_, top)) = self.line.newest() else { return Ok(()) };
        let start = guess.unwrap_or(top);
        let without =
            self.newest_where(top, start, &mut |graph, other| Ok(!graph.is_reached(commit, &[other])?))?;
        let number = without.map_or(self.line.oldest, |number| number + 1);
        if number <= top {
            self.confirm_arrival(commit, number)?;
        }
        Ok(())
    }

    /// Does the line before a commit of it, which reaches another one, not reach that yet? Then
    /// this is remembered.
    fn confirm_arrival(&mut self, commit: Oid, number: i64) -> Result<bool, Gap> {
        self.read_down_to(number - 1)?;
        let bases = match self.line.commit(number - 1) {
            Some(before) => self.merge_bases(&[before], commit)?,
            None => Vec::new(),
        };
        if bases.contains(&commit) {
            return Ok(false);
        }
        self.line.arrivals.confirm(commit, number, bases);
        Ok(true)
    }

    /// Reads the line one further where this is the oldest commit read.
    pub(super) fn line_goes_below(&mut self, commit: Oid) -> Result<(), Gap> {
        if self.line.number(commit) == Some(self.line.oldest) {
            self.read_below()?;
        }
        Ok(())
    }

    /// The newest commit of the line, from `top` down, for which something holds that holds for all
    /// below it as well.
    fn newest_where(&mut self, top: i64, start: i64, holds: Holds<'_, Self>) -> Result<Option<i64>, Gap> {
        let Some((mut yes, mut no)) = self.around(top, start, holds)? else { return Ok(None) };
        while yes + 1 < no {
            let middle = yes + (no - yes) / 2;
            if self.is_so(middle, holds)? {
                yes = middle;
            } else {
                no = middle;
            }
        }
        Ok(Some(yes))
    }

    /// Where it holds, and above that where it does not, sought in longer and longer steps.
    fn around(&mut self, top: i64, start: i64, holds: Holds<'_, Self>) -> Result<Option<(i64, i64)>, Gap> {
        let (mut at, mut step) = (start, 1);
        if self.is_so(at, holds)? {
            while at < top {
                let next = (at + step).min(top);
                if !self.is_so(next, holds)? {
                    return Ok(Some((at, next)));
                }
                (at, step) = (next, step * 2);
            }
            return Ok(Some((at, top + 1)));
        }
        loop {
            let next = self.read_down_to(at - step)?;
            if next == at {
                return Ok(None);
            }
            if self.is_so(next, holds)? {
                return Ok(Some((next, at)));
            }
            (at, step) = (next, step * 2);
        }
    }

    fn is_so(&mut self, number: i64, holds: Holds<'_, Self>) -> Result<bool, Gap> {
        self.line.commit(number).map_or(Ok(false), |commit| holds(self, commit))
    }

    /// Reads the line down to a number, or to its end: how far that is.
    fn read_down_to(&mut self, number: i64) -> Result<i64, Gap> {
        while self.line.oldest > number && self.read_below()? {}
        Ok(number.max(self.line.oldest))
    }

    /// Reads one commit more; `false` where the line ends.
    fn read_below(&mut self) -> Result<bool, Gap> {
        let Some(oldest) = self.line.commit(self.line.oldest) else { return Ok(false) };
        let parent = self.parents(oldest)?.first().copied();
        parent.into_iter().for_each(|parent| self.line.add_below(parent));
        Ok(parent.is_some())
    }

    /// The number of a tip. One that is a little above the line is added to it; any other begins a
    /// new one.
    fn number(&mut self, tip: Oid) -> Result<i64, Gap> {
        if let Some(number) = self.line.number(tip) {
            return Ok(number);
        }
        if let Some(before) = self.lines_before.iter_mut().find(|line| line.number(tip).is_some()) {
            std::mem::swap(&mut self.line, before);
            return Ok(self.line.number(tip).unwrap_or_default());
        }
        let newest = self.line.line.back().copied();
        let mut above = vec![tip];
        while let (Some(newest), Some(at)) = (newest, above.last().copied()) {
            let parent = self.parents(at)?.first().copied();
            if parent == Some(newest) {
                above.into_iter().rev().for_each(|commit| self.line.add_above(commit));
                return Ok(self.line.number(tip).unwrap_or_default());
            }
            match parent {
                Some(parent) if above.len() < ABOVE => above.push(parent),
                _ => break,
            }
        }
        let before = std::mem::replace(&mut self.line, FirstParents::at(tip));
        self.lines_before.insert(0, before);
        self.lines_before.truncate(LINES_BEFORE);
        Ok(0)
    }

    fn date_on_line(&mut self, number: i64) -> Result<i64, Gap> {
        self.line.commit(number).map_or(Ok(i64::MIN), |commit| self.date_of(commit))
    }

    fn date_of(&mut self, commit: Oid) -> Result<i64, Gap> {
        let place = self.place(commit)?;
        Ok(self.date(place))
    }
}
