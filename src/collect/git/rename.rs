//! Which deleted and added files are one that moved.
//!
//! Evidence for readers, never a reason to leave something out: old and new path count either way, and the
//! content of a moved file is searched whole, as that of a deleted and an added one is. So the search may give up when
//! it would cost too much. It works like `git diff -M50%`: equal objects first, then files that share at least half
//! of their content, measured in lines.

use super::object::Objects;
use super::tree::Mode;
use super::tree_diff::{Item, TreeChange};
use crate::model::fact::Gap;
use git2::{ObjectType, Oid};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// No more pairs than this are compared; git has 1000 by 1000 (`diff.renameLimit`, git-config(1)).
const PAIR_LIMIT: usize = 1_000_000;

/// Larger files are not compared, in bytes.
const SIZE_LIMIT: usize = 1024 * 1024;

/// No more steps than this are spent on comparing.
const STEP_LIMIT: usize = 400_000_000;

/// Longer lines are cut into pieces of this many bytes.
const PIECE: usize = 64;

/// A path, its mode and its object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Side {
    /// The path from the root.
    pub path: Vec<u8>,
    /// What stands there.
    pub item: Item,
}

/// How the two sides of a pair belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Link {
    /// They are at one path, or there is only one.
    Same,
    /// The new one is the old one, moved.
    Renamed,
    /// The new one began as a copy of the old one, which the change also touches.
    Copied,
}

/// One changed path, or two that belong together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pair {
    /// Before.
    pub old: Option<Side>,
    /// After.
    pub new: Option<Side>,
    /// How they belong together.
    pub link: Link,
}

impl Pair {
    /// A path that stays where it is.
    pub fn in_place(change: TreeChange) -> Self {
        let side = |item: Option<Item>| item.map(|item| Side { path: change.path.clone(), item });
        Pair { old: side(change.old), new: side(change.new), link: Link::Same }
    }
}

/// Pairs of everything that changed: each path of `changes` is in at least one of them.
pub fn pair(objects: &Objects<'_>, changes: Vec<TreeChange>) -> Vec<Pair> {
    let mut search = Search::of(changes);
    search.exact();
    search.similar(objects);
    search.copies();
    search.into_pairs()
}

struct Search {
    pairs: Vec<Pair>,
    /// Indices of deletions without a partner.
    deleted: BTreeSet<usize>,
    /// Indices of additions without a partner.
    added: BTreeSet<usize>,
    /// Addition to deletion.
    renames: BTreeMap<usize, usize>,
    /// Addition to origin.
    copies: BTreeMap<usize, Side>,
}

impl Search {
    fn of(changes: Vec<TreeChange>) -> Self {
        let pairs: Vec<Pair> = changes.into_iter().map(Pair::in_place).collect();
        let which = |wanted: fn(&Pair) -> bool| {
            pairs.iter().enumerate().filter(|(_, pair)| wanted(pair)).map(|(at, _)| at).collect()
        };
        let deleted = which(|pair| pair.new.is_none());
        let added = which(|pair| pair.old.is_none());
        Search { pairs, deleted, added, renames: BTreeMap::new(), copies: BTreeMap::new() }
    }

    /// Equal objects; of several that would do, one of the same file name.
    fn exact(&mut self) {
        let mut origins: BTreeMap<(Oid, Mode), Origins> = BTreeMap::new();
        for at in &self.deleted {
            if let Some(old) = &self.pairs[*at].old {
                origins.entry(kin(old)).or_default().add(*at, file_name(&old.path));
            }
        }
        for at in self.added.clone() {
            let Some(new) = &self.pairs[at].new else { continue };
            let origin = origins.get_mut(&kin(new)).and_then(|origins| origins.take(file_name(&new.path)));
            if let Some(origin) = origin {
                self.join(origin, at);
            }
        }
    }

    fn join(&mut self, deleted: usize, added: usize) {
        self.deleted.remove(&deleted);
        self.added.remove(&added);
        self.renames.insert(added, deleted);
    }

    fn same_name(&self, deleted: usize, added: usize) -> bool {
        let name = |side: &Option<Side>| side.as_ref().map(|side| file_name(&side.path).to_vec());
        name(&self.pairs[deleted].old) == name(&self.pairs[added].new)
    }

    /// The most similar first.
    fn similar(&mut self, objects: &Objects<'_>) {
        if self.deleted.is_empty() || self.deleted.len().saturating_mul(self.added.len()) > PAIR_LIMIT {
            return;
        }
        let old = self.prints(objects, &self.deleted, |pair| pair.old.as_ref());
        let new = self.prints(objects, &self.added, |pair| pair.new.as_ref());
        if steps(&old, &new).saturating_add(steps(&new, &old)) > STEP_LIMIT {
            return;
        }
        let mut scores = Vec::new();
        for (added, new) in &new {
            for (deleted, old) in &old {
                if let Some(score) = old.similarity(new) {
                    scores.push((Reverse(score), !self.same_name(*deleted, *added), *added, *deleted));
                }
            }
        }
        scores.sort_unstable();
        for (_, _, added, deleted) in scores {
            if self.added.contains(&added) && self.deleted.contains(&deleted) {
                self.join(deleted, added);
            }
        }
    }

    fn prints(
        &self,
        objects: &Objects<'_>,
        places: &BTreeSet<usize>,
        side: fn(&Pair) -> Option<&Side>,
    ) -> Vec<(usize, Print)> {
        let print = |at: &usize| Some((*at, Print::read(objects, side(&self.pairs[*at])?)?));
        places.iter().filter_map(print).collect()
    }

    /// Additions that equal the old content of something that changed.
    fn copies(&mut self) {
        let mut origins: BTreeMap<Oid, &Side> = BTreeMap::new();
        for old in self.pairs.iter().filter_map(|pair| pair.old.as_ref()) {
            origins.entry(old.item.1).or_insert(old);
        }
        for at in &self.added {
            let new = self.pairs[*at].new.as_ref();
            let origin = new.and_then(|new| origins.get(&new.item.1).filter(|old| are_alike(old, new)));
            if let Some(origin) = origin {
                self.copies.insert(*at, (*origin).clone());
            }
        }
    }

    fn into_pairs(mut self) -> Vec<Pair> {
        for (added, deleted) in &self.renames {
            let old = self.pairs[*deleted].old.take();
            self.pairs[*added].old = old;
            self.pairs[*added].link = Link::Renamed;
        }
        for (added, origin) in self.copies {
            self.pairs[added].old = Some(origin);
            self.pairs[added].link = Link::Copied;
        }
        self.pairs.retain(|pair| pair.old.is_some() || pair.new.is_some());
        self.pairs
    }
}

/// What a file keeps when it moves: its object, and its kind. Files move to files, whether executable or not; links to
/// links; submodules to submodules.
fn kin(side: &Side) -> (Oid, Mode) {
    let (mode, id) = side.item;
    (id, if mode.is_file() { Mode(0o100_644) } else { mode })
}

/// Deleted paths of one object. A change can move a hundred thousand copies of a file, so none is looked at twice.
#[derive(Default)]
struct Origins {
    /// The index of each, and its file name.
    left: BTreeMap<usize, Vec<u8>>,
    by_name: BTreeMap<Vec<u8>, BTreeSet<usize>>,
}

impl Origins {
    fn add(&mut self, place: usize, name: &[u8]) {
        self.left.insert(place, name.to_vec());
        self.by_name.entry(name.to_vec()).or_default().insert(place);
    }

    /// The first of this file name, otherwise the first of all.
    fn take(&mut self, name: &[u8]) -> Option<usize> {
        let named = self.by_name.get(name).and_then(BTreeSet::first).copied();
        let place = named.or_else(|| self.left.first_key_value().map(|(place, _)| *place))?;
        let name = self.left.remove(&place)?;
        self.by_name.get_mut(&name).map(|places| places.remove(&place));
        Some(place)
    }
}

fn are_alike(old: &Side, new: &Side) -> bool {
    let (old, new) = (old.item.0, new.item.0);
    old == new || old.is_file() && new.is_file()
}

fn file_name(path: &[u8]) -> &[u8] {
    path.rsplit(|b| *b == b'/').next().unwrap_or(path)
}

fn steps(these: &[(usize, Print)], those: &[(usize, Print)]) -> usize {
    these.iter().map(|(_, print)| print.pieces.len()).sum::<usize>().saturating_mul(those.len())
}

/// What a file consists of: the hashes of its lines, sorted, with how many bytes each covers.
struct Print {
    size: usize,
    pieces: Vec<(u64, usize)>,
}

impl Print {
    /// `None` for what is no file, is too large, empty, or not here: such a file has no relatives.
    fn read(objects: &Objects<'_>, side: &Side) -> Option<Self> {
        let (mode, id) = side.item;
        if !mode.is_file() || !matches!(objects.blob_size(id), Ok(1..=SIZE_LIMIT)) {
            return None;
        }
        let object: Result<_, Gap> = objects.read_quickly(id, ObjectType::Blob);
        Some(Print::of(object.ok()?.data()))
    }

    fn of(text: &[u8]) -> Self {
        let lines = text.split_inclusive(|b| *b == b'\n');
        let mut pieces: Vec<_> =
            lines.flat_map(|line| line.chunks(PIECE)).map(|piece| (hash(piece), piece.len())).collect();
        pieces.sort_unstable();
        pieces.dedup_by(|next, first| {
            let same = next.0 == first.0;
            first.1 += if same { next.1 } else { 0 };
            same
        });
        Print { size: text.len(), pieces }
    }

    /// How much of the larger of two files is in both, in 60,000ths, if it is at least half.
    fn similarity(&self, other: &Print) -> Option<usize> {
        let larger = self.size.max(other.size);
        if self.size.min(other.size) * 2 < larger {
            return None;
        }
        let common = self.common(other);
        (common * 2 >= larger).then(|| common * 60_000 / larger)
    }

    fn common(&self, other: &Print) -> usize {
        let (mut mine, mut theirs) = (self.pieces.iter().peekable(), other.pieces.iter().peekable());
        let mut common = 0;
        while let (Some((hash, size)), Some((other_hash, other_size))) = (mine.peek(), theirs.peek()) {
            if hash == other_hash {
                common += size.min(other_size);
            }
            let (left, right) = (hash <= other_hash, other_hash <= hash);
            if left {
                mine.next();
            }
            if right {
                theirs.next();
            }
        }
        common
    }
}

/// FNV-1a, the same on every machine. A collision makes two files look more alike than they are, no more.
fn hash(piece: &[u8]) -> u64 {
    piece.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_larger_file_makes_a_relative() {
        let (a, b) = (Print::of(b"one\ntwo\n"), Print::of(b"two\nsix\n"));
        assert_eq!(a.similarity(&b), Some(30_000));
        assert_eq!(a.similarity(&Print::of(b"two\nsix\nten\n")), None);
        assert_eq!(Print::of(b"x\nx\n").pieces.len(), 1);
    }
}
