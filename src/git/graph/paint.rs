//! One painting over a graph. How it finds what is asked, and when it may end, says [`super`].

use crate::graph::{Graph, not_too_many};
use git2::Oid;
use portcullis_model::fact::Gap;
use std::collections::BinaryHeap;

const HEAD: u8 = 1;
pub(super) const BASE: u8 = 2;
const STALE: u8 = 4;
const BOTH: u8 = HEAD | BASE;

/// After so many steps, and again each time when they have doubled, it is asked whether painting
/// can end.
const FIRST_LOOK: usize = 64;

/// How many commits older than all of the range are painted in search of a way from `base` into the
/// range.
pub(super) const SLACK: usize = 128;

/// One painting over a graph. A place is one in [`Graph::nodes`] and an index into `colours`.
pub(super) struct Paint<'g, 'o, 'r> {
    graph: &'g mut Graph<'o, 'r>,
    /// Those of the graph, given back when the painting ends: to make them anew takes longer than
    /// most paintings.
    colours: Vec<Colour>,
    /// The places that have a colour.
    coloured: Vec<usize>,
    /// By date, then by place.
    queue: BinaryHeap<(i64, usize)>,
    /// How many in the queue are not stale.
    fresh: usize,
    /// Where the two colours met first.
    common: Vec<usize>,
}

#[derive(Clone, Copy, Default)]
pub(super) struct Colour {
    flags: u8,
    waits: bool,
}

impl<'g, 'o, 'r> Paint<'g, 'o, 'r> {
    pub(super) fn start(graph: &'g mut Graph<'o, 'r>, head: Oid, base: &[Oid]) -> Result<Self, Gap> {
        let colours = std::mem::take(&mut graph.colours);
        let (coloured, queue, common) = (Vec::new(), BinaryHeap::new(), Vec::new());
        let mut paint = Paint { graph, colours, coloured, queue, fresh: 0, common };
        paint.reach(head, HEAD)?;
        base.iter().try_for_each(|base| paint.reach(*base, BASE))?;
        Ok(paint)
    }

    /// Paints until only stale commits wait; the common ancestors that did not become stale.
    pub(super) fn until_stale(&mut self) -> Result<Vec<Oid>, Gap> {
        self.paint(usize::MAX)?;
        Ok(self.common())
    }

    /// Paints until only stale commits wait, or others that cannot matter, or until so many were
    /// painted. Is nothing left to paint?
    pub(super) fn paint(&mut self, limit: usize) -> Result<bool, Gap> {
        self.paint_until(limit, |_| false)
    }

    /// The same, or until something is known.
    pub(super) fn paint_until(
        &mut self,
        limit: usize,
        is_known: impl Fn(&Self) -> bool,
    ) -> Result<bool, Gap> {
        for step in 0..limit {
            if is_known(self) {
                return Ok(true);
            }
            if self.fresh == 0 {
                // Who has painted a good part of all that was read may have read a history to its
                // end.
                self.graph.went_far |= step >= FIRST_LOOK && step >= self.graph.nodes.len() / 2;
                return Ok(true);
            }
            if step >= FIRST_LOOK && step.is_power_of_two() && self.cannot_meet() {
                return Ok(true);
            }
            let Some(place) = self.next() else { break };
            if self.hand_down(place)? {
                self.common.push(place);
            }
        }
        Ok(self.fresh == 0)
    }

    /// Is it sure that `base` reaches nothing that `head` alone has painted so far, and that `head`
    /// is painted to its end? Then its colour can go on for a whole history and changes nothing any
    /// more.
    fn cannot_meet(&mut self) -> bool {
        // Looked at first, because it takes least.
        if !self.fresh_places().all(|place| self.flags(place) == BASE) || !self.graph.correct_dates() {
            return false;
        }
        let date = |place| self.graph.corrected_date(place);
        let Some(latest) =
            self.fresh_places().map(date).try_fold(i64::MIN, |latest, date| Some(latest.max(date?)))
        else {
            return false;
        };
        self.range_places().map(date).all(|earliest| earliest.is_some_and(|earliest| latest <= earliest))
    }

    /// What waits and is not stale.
    fn fresh_places(&self) -> impl Iterator<Item = usize> {
        self.queue.iter().map(|(_, place)| *place).filter(|place| self.flags(*place) & STALE == 0)
    }

    /// The common ancestors that did not become stale.
    fn common(&mut self) -> Vec<Oid> {
        self.common.sort_unstable();
        self.common.dedup();
        let common = self.common.iter().filter(|place| self.flags(**place) & STALE == 0);
        common.map(|place| self.graph.id(*place)).collect()
    }

    /// Of those the best, sorted.
    pub(super) fn best(&mut self) -> Result<Vec<Oid>, Gap> {
        let mut common = self.common();
        if common.len() > 1 {
            self.below(&common)?;
            common.retain(|id| self.colour_of(*id) & STALE == 0);
        }
        common.sort();
        not_too_many(&common)?;
        Ok(common)
    }

    /// What only `head` reaches, sorted, when `base` does not reach `head`.
    pub(super) fn range(&mut self) -> Result<Vec<Oid>, Gap> {
        if self.bottoms().nth(1).is_some() {
            self.below_range()?;
        }
        let mut ids: Vec<Oid> = self.range_places().map(|place| self.graph.id(place)).collect();
        ids.sort();
        Ok(ids)
    }

    /// Goes on painting as far as `base` could still reach into the range.
    fn below_range(&mut self) -> Result<(), Gap> {
        let dates = self.range_places().map(|place| self.graph.date(place));
        let Some(oldest) = dates.min() else { return Ok(()) };
        let mut slack = SLACK;
        while slack > 0 {
            let Some(place) = self.next() else { break };
            self.hand_down(place)?;
            slack -= usize::from(self.graph.date(place) < oldest);
        }
        Ok(())
    }

    /// Goes on painting until all that waits is older than each of these.
    fn below(&mut self, these: &[Oid]) -> Result<(), Gap> {
        let date = |id: &Oid| Some(self.graph.nodes.get(*id)?.date);
        let oldest = these.iter().filter_map(date).min().unwrap_or(i64::MAX);
        while self.queue.peek().is_some_and(|(date, _)| *date >= oldest) {
            let Some(place) = self.next() else { break };
            self.hand_down(place)?;
        }
        Ok(())
    }

    fn range_places(&self) -> impl Iterator<Item = usize> {
        self.coloured.iter().copied().filter(|place| self.flags(*place) & BOTH == HEAD)
    }

    /// The commits of the range from which a way leads out of it, or that are the first of a
    /// history.
    fn bottoms(&self) -> impl Iterator<Item = usize> {
        let is_outside = |parent: &Oid| self.colour_of(*parent) & BOTH != HEAD;
        self.range_places().filter(move |place| {
            let parents = &self.graph.parents[self.graph.nodes.at(*place).1.parents()];
            parents.is_empty() || parents.iter().any(is_outside)
        })
    }

    pub(super) fn colour_of(&self, id: Oid) -> u8 {
        self.graph.nodes.place(id).map_or(0, |place| self.flags(place))
    }

    pub(super) fn flags(&self, place: usize) -> u8 {
        self.colours.get(place).map_or(0, |colour| colour.flags)
    }

    fn next(&mut self) -> Option<usize> {
        let (_, place) = self.queue.pop()?;
        self.colours[place].waits = false;
        self.fresh -= usize::from(self.flags(place) & STALE == 0);
        Some(place)
    }

    /// Paints the parents. Is the commit itself a common ancestor that nothing has made stale?
    fn hand_down(&mut self, place: usize) -> Result<bool, Gap> {
        let flags = self.flags(place);
        let (id, node) = self.graph.nodes.at(place);
        let parents = node.parents();
        if !node.is_here && flags & STALE == 0 {
            // Reading it once more says why it is not here.
            self.graph.objects.header(id)?;
        }
        let common = flags == BOTH;
        let passed_on = if common { flags | STALE } else { flags };
        for at in parents {
            let parent = self.graph.link(at)?;
            self.colour(parent, passed_on);
        }
        Ok(common)
    }

    fn reach(&mut self, id: Oid, flags: u8) -> Result<(), Gap> {
        let place = self.graph.place(id)?;
        self.colour(place, flags);
        Ok(())
    }

    fn colour(&mut self, place: usize, flags: u8) {
        if self.colours.len() <= place {
            self.colours.resize(self.graph.nodes.len(), Colour::default());
        }
        let colour = &mut self.colours[place];
        let before = *colour;
        colour.flags |= flags;
        if colour.flags == before.flags {
            return;
        }
        if before.flags == 0 {
            self.coloured.push(place);
        }
        colour.waits = true;
        let fresh = colour.flags & STALE == 0;
        let was_counted = before.waits && before.flags & STALE == 0;
        self.fresh = self.fresh + usize::from(fresh) - usize::from(was_counted);
        if !before.waits {
            self.queue.push((self.graph.date(place), place));
        }
    }
}

impl Drop for Paint<'_, '_, '_> {
    fn drop(&mut self) {
        for place in &self.coloured {
            self.colours[*place] = Colour::default();
        }
        self.graph.colours = std::mem::take(&mut self.colours);
    }
}
