//! The order in which git merges several merge bases: the oldest first.
//!
//! Of those with the same date, the one comes first that git's search for merge bases finds last:
//! both sides hand their colour down to the parents, the youngest commit first, and of equally
//! young ones the one that was reached first. A merge that exists only while git merges counts as
//! older than all. (With a commit-graph file git may go by generations instead; for equal dates
//! these are mostly equal too.)

use crate::graph::Graph;
use crate::landing::merge::entry::REVIEW;
use crate::object::Objects;
use git2::Oid;
use portcullis_model::fact::{Gap, GapReason};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// So many commits are looked at to find out which of several merge bases of one date comes first.
const STEP_LIMIT: usize = 100_000;

const OURS: u8 = 1;
const THEIRS: u8 = 2;
const STALE: u8 = 4;

/// The merge bases of `head` and of a merge of all `tips`, in the order in which git merges them.
pub fn oldest_first(
    graph: &mut Graph<'_, '_>,
    objects: &Objects<'_>,
    bases: &[Oid],
    tips: &[Oid],
    head: Oid,
) -> Result<Vec<Oid>, Gap> {
    let dated = bases.iter().map(|id| Ok((objects.header(*id)?.date, *id)));
    let mut dated = dated.collect::<Result<Vec<_>, Gap>>()?;
    dated.sort();
    if dated.windows(2).any(|pair| pair[0].0 == pair[1].0) {
        let found = MergeBaseSearch {
            graph,
            objects,
            tips,
            seen: BTreeMap::new(),
            queue: BinaryHeap::new(),
            fresh: 0,
            count: 0,
        }
        .run(bases, head)?;
        dated.sort_by_key(|(date, id)| (*date, Reverse(found.iter().position(|one| one == id))));
    }
    Ok(dated.into_iter().map(|(_, id)| id).collect())
}

/// A commit, or a merge of so many tips that exists only for the search.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum MergedTip {
    Commit(Oid),
    Merge(usize),
}

#[derive(Clone, Copy, Default)]
struct ReachedTip {
    flags: u8,
    /// How many times it waits.
    waits: usize,
}

struct MergeBaseSearch<'g, 'o, 'r> {
    graph: &'g mut Graph<'o, 'r>,
    objects: &'g Objects<'g>,
    tips: &'g [Oid],
    seen: BTreeMap<MergedTip, ReachedTip>,
    queue: BinaryHeap<(i64, Reverse<usize>, MergedTip)>,
    /// How many in the queue are not stale.
    fresh: usize,
    count: usize,
}

impl MergeBaseSearch<'_, '_, '_> {
    /// The merge bases in the order in which they are found.
    fn run(mut self, bases: &[Oid], head: Oid) -> Result<Vec<Oid>, Gap> {
        let ours = match self.tips {
            [one] => MergedTip::Commit(*one),
            several => MergedTip::Merge(several.len()),
        };
        self.reach(ours, OURS)?;
        self.reach(MergedTip::Commit(head), THEIRS)?;
        let mut found = Vec::new();
        while self.fresh > 0 && found.len() < bases.len() {
            let Some((.., node)) = self.queue.pop() else { break };
            let seen = self.seen.entry(node).or_default();
            seen.waits -= 1;
            let mut flags = seen.flags;
            self.fresh -= usize::from(flags & STALE == 0);
            if flags == OURS | THEIRS {
                if let MergedTip::Commit(id) = node
                    && bases.contains(&id)
                    && !found.contains(&id)
                {
                    found.push(id);
                }
                flags |= STALE;
            }
            for parent in self.parents(node)? {
                self.reach(parent, flags)?;
            }
        }
        Ok(found)
    }

    fn parents(&mut self, node: MergedTip) -> Result<Vec<MergedTip>, Gap> {
        Ok(match node {
            MergedTip::Commit(id) => {
                self.graph.parents(id)?.iter().map(|id| MergedTip::Commit(*id)).collect()
            }
            MergedTip::Merge(2) => self.tips[..2].iter().map(|id| MergedTip::Commit(*id)).collect(),
            MergedTip::Merge(tips) => {
                vec![MergedTip::Merge(tips - 1), MergedTip::Commit(self.tips[tips - 1])]
            }
        })
    }

    fn reach(&mut self, node: MergedTip, flags: u8) -> Result<(), Gap> {
        let seen = self.seen.entry(node).or_default();
        if seen.flags & flags == flags {
            return Ok(());
        }
        let was_fresh = seen.flags & STALE == 0;
        seen.flags |= flags;
        if seen.flags & STALE == 0 {
            self.fresh += 1;
        } else if was_fresh {
            self.fresh -= seen.waits;
        }
        seen.waits += 1;
        let date = match node {
            MergedTip::Commit(id) => self.objects.header(id)?.date,
            MergedTip::Merge(_) => 0,
        };
        self.count += 1;
        if self.count > STEP_LIMIT {
            let detail = format!(
                "there are several merge bases of one date, and after {STEP_LIMIT} commits it is open which git takes first"
            );
            return Err(Gap::new("a recomputed merge", GapReason::Truncated, detail, REVIEW));
        }
        self.queue.push((date, Reverse(self.count), node));
        Ok(())
    }
}
