//! How two commits lie to each other: their merge bases, and what one reaches and the other does not.
//!
//! Both are found by painting: `head` and `base` each hand their colour down to their parents, the youngest
//! commit first. A commit with both colours is a common ancestor, and all below it is *stale*: it cannot be a best
//! one. Commits are read when the paint reaches them and not before. Dates come from the commits and may be false;
//! they only choose what to paint next:
//!
//! - Every way from a tip to a best common ancestor runs over commits of one colour. Those are never stale, and
//!   painting goes on until nothing but stale commits waits. So no best common ancestor is missed. One that is
//!   not the best may be taken for one; [`Graph::without_redundant`] removes it.
//! - A history that was read to its end gives dates that are not false ([`dates`]). Where they say that what `base` has still to
//!   paint is older than all that `head` alone has painted, the two cannot meet any more.
//! - `base` colours only what it reaches. So no commit of the range is missed. A false date can leave a commit in the
//!   range that `base` does reach, by a way that was not painted to its end; painting therefore goes on below the
//!   oldest commit of the range for [`SLACK`] commits more. Not where `head` is in the range and the range has one
//!   *bottom*, a commit without parents or with one outside: all of the range stands on it. What is not painted yet lies below
//!   both tips, so `head` gets there over that bottom, and nothing of the range can lie below what it stands on.
//! - A commit that is not here, as at the edge of a shallow clone, waits until all others are painted. If it is stale
//!   by then, or nobody needs it any more, it changes nothing; otherwise it is the gap.

pub mod ahead;
mod arrivals;
mod dates;
pub mod first_parents;

use super::by_id::ById;
use super::object::Objects;
use crate::model::fact::{Gap, GapReason};
use ahead::Ahead;
use dates::CorrectedDates;
use first_parents::FirstParents;
use git2::Oid;
use std::collections::BinaryHeap;
use std::ops::Range;

const HEAD: u8 = 1;
const BASE: u8 = 2;
const STALE: u8 = 4;
const BOTH: u8 = HEAD | BASE;

/// After so many steps, and again each time when they have doubled, it is asked whether painting can end.
const FIRST_LOOK: usize = 64;

/// How many commits older than all of the range are painted in search of a way from `base` into the range.
const SLACK: usize = 128;

/// So many merge bases are looked at. A history with more was mostly made for the purpose.
const MERGE_BASE_LIMIT: usize = 128;

/// What `head` would bring to `base`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relation {
    /// The best common ancestors, sorted.
    pub merge_bases: Vec<Oid>,
    /// The commits that `head` reaches and `base` does not, sorted.
    pub range: Vec<Oid>,
}

/// Stands for the place of a parent that was not needed yet.
const UNKNOWN: u32 = u32::MAX;

/// Commits that were read so far.
pub struct Graph<'o, 'r> {
    objects: &'o Objects<'r>,
    /// Somebody who helps to read, when called.
    ahead: Option<&'o Ahead>,
    is_helped: bool,
    nodes: ById<Node>,
    /// The parents of all commits, one commit after the other.
    parents: Vec<Oid>,
    /// Their places.
    links: Vec<u32>,
    corrected: CorrectedDates,
    /// What was read of the first-parent line that was asked for last.
    line: FirstParents,
    /// Others that were read before.
    lines_before: Vec<FirstParents>,
    /// Did a painting reach a good part of all that was read, since dates were corrected?
    went_far: bool,
}

struct Node {
    /// Where its parents are in [`Graph::parents`].
    parents: Range<u32>,
    /// The earliest possible for a commit that is not here.
    date: i64,
    is_here: bool,
}

impl Node {
    fn parents(&self) -> Range<usize> {
        self.parents.start as usize..self.parents.end as usize
    }
}

impl<'o, 'r> Graph<'o, 'r> {
    /// A graph of which nothing is read yet.
    pub fn new(objects: &'o Objects<'r>) -> Self {
        let corrected = CorrectedDates::default();
        let (nodes, parents, links, line) = (ById::new(), Vec::new(), Vec::new(), FirstParents::default());
        let lines_before = Vec::new();
        Graph {
            objects,
            ahead: None,
            is_helped: false,
            nodes,
            parents,
            links,
            corrected,
            line,
            lines_before,
            went_far: false,
        }
    }

    /// The same, with help when it is called.
    pub fn helped(objects: &'o Objects<'r>, ahead: &'o Ahead) -> Self {
        Graph { ahead: Some(ahead), ..Graph::new(objects) }
    }

    /// What it reads from.
    pub fn objects(&self) -> &'o Objects<'r> {
        self.objects
    }

    /// How `head` lies to `base`.
    pub fn relate(&mut self, base: Oid, head: Oid) -> Result<Relation, Gap> {
        let mut paint = Paint::start(self, head, &[base])?;
        let common = paint.until_stale()?;
        let range = if paint.colour_of(head) & BASE == 0 { paint.range()? } else { Vec::new() };
        let mut merge_bases = self.without_redundant(common)?;
        merge_bases.sort();
        Ok(Relation { merge_bases, range })
    }

    /// The best common ancestors, sorted, of `head` and of a merge of all `tips`. Where dates are false there may be one
    /// among them that another reaches: for merging this makes no difference, because their own merge is the same
    /// without it.
    pub fn merge_bases(&mut self, tips: &[Oid], head: Oid) -> Result<Vec<Oid>, Gap> {
        let mut paint = Paint::start(self, head, tips)?;
        paint.paint(usize::MAX)?;
        paint.best()
    }

    /// The same, or `None` when more than so many commits would have to be painted.
    pub fn near_merge_bases(
        &mut self,
        tips: &[Oid],
        head: Oid,
        limit: usize,
    ) -> Result<Option<Vec<Oid>>, Gap> {
        let mut paint = Paint::start(self, head, tips)?;
        if paint.paint(limit)? { paint.best().map(Some) } else { Ok(None) }
    }

    /// The parents of a commit that was reached before or is here.
    pub fn parents(&mut self, id: Oid) -> Result<&[Oid], Gap> {
        let place = self.place(id)?;
        let (_, node) = self.nodes.at(place);
        if !node.is_here {
            self.objects.header(id)?;
        }
        Ok(&self.parents[node.parents()])
    }

    /// Drops each commit that another of them reaches.
    fn without_redundant(&mut self, common: Vec<Oid>) -> Result<Vec<Oid>, Gap> {
        not_too_many(&common)?;
        let mut best = Vec::new();
        for one in &common {
            let others: Vec<Oid> = common.iter().filter(|other| *other != one).copied().collect();
            if others.is_empty() || !self.is_reached(*one, &others)? {
                best.push(*one);
            }
        }
        Ok(best)
    }

    /// Is `one` reached from any of `from`? Each commit reaches itself.
    pub fn is_reached(&mut self, one: Oid, from: &[Oid]) -> Result<bool, Gap> {
        let place = self.place(one)?;
        let mut paint = Paint::start(self, one, from)?;
        paint.paint_until(usize::MAX, |paint| paint.flags(place) & BASE != 0)?;
        Ok(paint.flags(place) & BASE != 0)
    }

    /// The place of a parent, which is read if that was not done before.
    fn link(&mut self, at: usize) -> Result<usize, Gap> {
        if self.links[at] == UNKNOWN {
            self.links[at] = self.place(self.parents[at])? as u32;
        }
        Ok(self.links[at] as usize)
    }

    fn place(&mut self, id: Oid) -> Result<usize, Gap> {
        if let Some(place) = self.nodes.place(id) {
            return Ok(place);
        }
        let start = self.parents.len() as u32;
        let header = match self.ahead.filter(|_| self.is_helped) {
            Some(ahead) => ahead.header_if_here(self.objects, id)?,
            None => self.objects.header_if_here(id)?,
        };
        let (date, is_here) = match header {
            Some(header) => {
                self.parents.extend_from_slice(&header.parents);
                (header.date, true)
            }
            None => (i64::MIN, false),
        };
        self.links.resize(self.parents.len(), UNKNOWN);
        Ok(self.nodes.add(id, Node { parents: start..self.parents.len() as u32, date, is_here }))
    }

    fn id(&self, place: usize) -> Oid {
        self.nodes.at(place).0
    }

    fn date(&self, place: usize) -> i64 {
        self.nodes.at(place).1.date
    }
}

/// Each common ancestor takes a painting, and each merge base a merge.
fn not_too_many(common: &[Oid]) -> Result<(), Gap> {
    if common.len() <= MERGE_BASE_LIMIT {
        return Ok(());
    }
    let detail = format!("there are more than {MERGE_BASE_LIMIT} best common ancestors");
    let remedy = "Rebase the change onto its base branch, so that it has one merge base";
    Err(Gap::new("the merge bases", GapReason::Truncated, detail, remedy))
}

/// One painting over a graph. A place is one in [`Graph::nodes`] and an index into `colours`.
struct Paint<'g, 'o, 'r> {
    graph: &'g mut Graph<'o, 'r>,
    colours: Vec<Colour>,
    /// By date, then by place.
    queue: BinaryHeap<(i64, usize)>,
    /// How many in the queue are not stale.
    fresh: usize,
    /// Where the two colours met first.
    common: Vec<usize>,
}

#[derive(Clone, Copy, Default)]
struct Colour {
    flags: u8,
    waits: bool,
}

impl<'g, 'o, 'r> Paint<'g, 'o, 'r> {
    fn start(graph: &'g mut Graph<'o, 'r>, head: Oid, base: &[Oid]) -> Result<Self, Gap> {
        let mut paint =
            Paint { graph, colours: Vec::new(), queue: BinaryHeap::new(), fresh: 0, common: Vec::new() };
        paint.reach(head, HEAD)?;
        base.iter().try_for_each(|base| paint.reach(*base, BASE))?;
        Ok(paint)
    }

    /// Paints until only stale commits wait; the common ancestors that did not become stale.
    fn until_stale(&mut self) -> Result<Vec<Oid>, Gap> {
        self.paint(usize::MAX)?;
        Ok(self.common())
    }

    /// Paints until only stale commits wait, or others that cannot matter, or until so many were painted. Is nothing left to paint?
    fn paint(&mut self, limit: usize) -> Result<bool, Gap> {
        self.paint_until(limit, |_| false)
    }

    /// The same, or until something is known.
    fn paint_until(&mut self, limit: usize, is_known: impl Fn(&Self) -> bool) -> Result<bool, Gap> {
        for step in 0..limit {
            if is_known(self) {
                return Ok(true);
            }
            if self.fresh == 0 {
                // Who has painted a good part of all that was read may have read a history to its end.
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

    /// Is it sure that `base` reaches nothing that `head` alone has painted so far, and that `head` is painted to its end? Then its
    /// colour can go on for a whole history and changes nothing any more.
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
    fn best(&mut self) -> Result<Vec<Oid>, Gap> {
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
    fn range(&mut self) -> Result<Vec<Oid>, Gap> {
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
        let coloured = self.colours.iter().enumerate();
        coloured.filter(|(_, colour)| colour.flags & BOTH == HEAD).map(|(place, _)| place)
    }

    /// The commits of the range from which a way leads out of it, or that are the first of a history.
    fn bottoms(&self) -> impl Iterator<Item = usize> {
        let is_outside = |parent: &Oid| self.colour_of(*parent) & BOTH != HEAD;
        self.range_places().filter(move |place| {
            let parents = &self.graph.parents[self.graph.nodes.at(*place).1.parents()];
            parents.is_empty() || parents.iter().any(is_outside)
        })
    }

    fn colour_of(&self, id: Oid) -> u8 {
        self.graph.nodes.place(id).map_or(0, |place| self.flags(place))
    }

    fn flags(&self, place: usize) -> u8 {
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
        colour.waits = true;
        let fresh = colour.flags & STALE == 0;
        let was_counted = before.waits && before.flags & STALE == 0;
        self.fresh = self.fresh + usize::from(fresh) - usize::from(was_counted);
        if !before.waits {
            self.queue.push((self.graph.date(place), place));
        }
    }
}

#[cfg(test)]
mod tests;
