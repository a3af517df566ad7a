//! How two commits lie to each other: their merge bases, and what one reaches and the other does
//! not.
//!
//! Both are found by painting: `head` and `base` each hand their colour down to their parents, the
//! youngest commit first. A commit with both colours is a common ancestor, and all below it is
//! *stale*: it cannot be a best one. Commits are read when the paint reaches them and not before.
//! Dates come from the commits and may be false; they only choose what to paint next:
//!
//! - Every way from a tip to a best common ancestor runs over commits of one colour. Those are
//!   never stale, and painting goes on until nothing but stale commits waits. So no best common
//!   ancestor is missed. One that is not the best may be taken for one;
//!   [`Graph::without_redundant`] removes it.
//! - A history that was read to its end gives dates that are not false ([`dates`]). Where they say
//!   that what `base` has still to paint is older than all that `head` alone has painted, the two
//!   cannot meet any more.
//! - `base` colours only what it reaches. So no commit of the range is missed. A false date can
//!   leave a commit in the range that `base` does reach, by a way that was not painted to its end;
//!   painting therefore goes on below the oldest commit of the range for [`paint::SLACK`] commits
//!   more. Not where `head` is in the range and the range has one *bottom*, a commit without
//!   parents or with one outside: all of the range is above it. What is not painted yet lies below
//!   both tips, so `head` gets there over that bottom, and nothing of the range can lie below what
//!   it stands on.
//! - A commit that is not here, as at the edge of a shallow clone, waits until all others are
//!   painted. If it is stale by then, or it is not needed any more, it changes nothing; otherwise
//!   it is the gap.

mod arrivals;
mod dates;
pub mod first_parents;
mod paint;
pub mod prefetch;

use crate::object::Objects;
use crate::oid_map::OidMap;
use dates::CorrectedDates;
use first_parents::FirstParents;
use git2::Oid;
use paint::{BASE, Colour, Paint};
use portcullis_model::fact::{Gap, GapReason};
use prefetch::Prefetch;
use std::ops::Range;

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
    /// A helper that reads ahead, when called.
    prefetch: Option<Prefetch>,
    is_helped: bool,
    nodes: OidMap<GraphCommit>,
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
    /// For the next painting; none has a colour.
    colours: Vec<Colour>,
}

struct GraphCommit {
    /// Where its parents are in [`Graph::parents`].
    parents: Range<u32>,
    /// The earliest possible for a commit that is not here.
    date: i64,
    is_here: bool,
}

impl GraphCommit {
    fn parents(&self) -> Range<usize> {
        self.parents.start as usize..self.parents.end as usize
    }
}

impl<'o, 'r> Graph<'o, 'r> {
    /// A graph of which nothing is read yet.
    pub fn new(objects: &'o Objects<'r>) -> Self {
        let corrected = CorrectedDates::default();
        let (nodes, parents, links, line) = (OidMap::new(), Vec::new(), Vec::new(), FirstParents::default());
        let lines_before = Vec::new();
        Graph {
            objects,
            prefetch: None,
            is_helped: false,
            nodes,
            parents,
            links,
            corrected,
            line,
            lines_before,
            went_far: false,
            colours: Vec::new(),
        }
    }

    /// The same, with help when it is called.
    pub fn helped(objects: &'o Objects<'r>, prefetch: Prefetch) -> Self {
        Graph { prefetch: Some(prefetch), ..Graph::new(objects) }
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
        drop(paint);
        let mut merge_bases = self.without_redundant(common)?;
        merge_bases.sort();
        Ok(Relation { merge_bases, range })
    }

    /// The best common ancestors, sorted, of `head` and of a merge of all `tips`. Where dates are
    /// false there may be one among them that another reaches: for merging this makes no
    /// difference, because their own merge is the same without it.
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
        let header = match self.prefetch.as_ref().filter(|_| self.is_helped) {
            Some(prefetch) => prefetch.header_if_here(self.objects, id)?,
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
        Ok(self.nodes.add(id, GraphCommit { parents: start..self.parents.len() as u32, date, is_here }))
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

#[cfg(test)]
mod tests;
