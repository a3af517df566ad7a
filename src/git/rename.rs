//! Which deleted and added files are one that moved.
//!
//! Evidence for readers, never a reason to leave something out: old and new path count either way,
//! and the content of a moved file is searched whole, as that of a deleted and an added one is. So
//! the search may give up when it would cost too much. It works like `git diff -M50%`: equal
//! objects first, then files of one name, then those that have most in common
//! ([`crate::similarity`]).

use crate::similarity::{Fingerprint, HALF, Similarity, near_sizes};
use crate::tree::Mode;
use crate::tree_diff::{Item, TreeChange};
use git2::Oid;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// No more pairs than this are compared; git has 1000 by 1000 (`diff.renameLimit`, git-config(1)).
const PAIR_LIMIT: usize = 1_000_000;

/// No more steps than this are spent on comparing.
const STEP_LIMIT: usize = 400_000_000;

/// A path, its mode and its object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChangedSide {
    /// The path from the root.
    pub path: Vec<u8>,
    /// What stands there.
    pub item: Item,
}

/// How the two sides of a pair belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PairLink {
    /// They are at one path, or there is only one.
    Same,
    /// The new one is the old one, moved.
    Renamed,
    /// The new one began as a copy of the old one, which the change also touches.
    Copied,
}

/// One changed path, or two that belong together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChangedPair {
    /// Before.
    pub old: Option<ChangedSide>,
    /// After.
    pub new: Option<ChangedSide>,
    /// How they belong together.
    pub link: PairLink,
}

impl ChangedPair {
    /// A path that stays where it is.
    pub fn in_place(change: TreeChange) -> Self {
        let side = |item: Option<Item>| item.map(|item| ChangedSide { path: change.path.clone(), item });
        ChangedPair { old: side(change.old), new: side(change.new), link: PairLink::Same }
    }
}

/// Pairs of everything that changed: each path of `changes` is in at least one of them.
pub fn pair_changes(similarity: &Similarity<'_, '_>, changes: Vec<TreeChange>) -> Vec<ChangedPair> {
    let mut search = PairSearch::of(changes);
    search.exact();
    search.namesakes(similarity);
    search.similar(similarity);
    search.copies();
    search.into_pairs()
}

/// One side of a pair.
type Pick = fn(&ChangedPair) -> Option<&ChangedSide>;

fn old_side(pair: &ChangedPair) -> Option<&ChangedSide> {
    pair.old.as_ref()
}

fn new_side(pair: &ChangedPair) -> Option<&ChangedSide> {
    pair.new.as_ref()
}

struct PairSearch {
    pairs: Vec<ChangedPair>,
    /// Indices of deletions without a partner.
    deleted: BTreeSet<usize>,
    /// Indices of additions without a partner.
    added: BTreeSet<usize>,
    /// Addition to deletion.
    renames: BTreeMap<usize, usize>,
    /// Addition to origin.
    copies: BTreeMap<usize, ChangedSide>,
}

impl PairSearch {
    fn of(changes: Vec<TreeChange>) -> Self {
        let pairs: Vec<ChangedPair> = changes.into_iter().map(ChangedPair::in_place).collect();
        let which = |wanted: fn(&ChangedPair) -> bool| {
            pairs.iter().enumerate().filter(|(_, pair)| wanted(pair)).map(|(at, _)| at).collect()
        };
        let deleted = which(|pair| pair.new.is_none());
        let added = which(|pair| pair.old.is_none());
        PairSearch { pairs, deleted, added, renames: BTreeMap::new(), copies: BTreeMap::new() }
    }

    /// Equal objects; of several that would do, one of the same file name.
    fn exact(&mut self) {
        let mut origins: BTreeMap<(Oid, Mode), Origins> = BTreeMap::new();
        for at in &self.deleted {
            if let Some(old) = &self.pairs[*at].old {
                origins.entry(kind_key(old)).or_default().add(*at, file_name(&old.path));
            }
        }
        for at in self.added.clone() {
            let Some(new) = &self.pairs[at].new else { continue };
            let origin =
                origins.get_mut(&kind_key(new)).and_then(|origins| origins.take(file_name(&new.path)));
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
        let name = |side: &Option<ChangedSide>| side.as_ref().map(|side| file_name(&side.path).to_vec());
        name(&self.pairs[deleted].old) == name(&self.pairs[added].new)
    }

    /// Files of one name, if no other file has it, that have most in common.
    fn namesakes(&mut self, similarity: &Similarity<'_, '_>) {
        let (deleted, added) = (self.names(&self.deleted, old_side), self.names(&self.added, new_side));
        let mut found = Vec::new();
        for (name, deleted) in deleted {
            let pair = [deleted, added.get(name).copied().unwrap_or_default()];
            if let [Some(deleted), Some(added)] = pair
                && self.are_namesakes(similarity, deleted, added)
            {
                found.push((deleted, added));
            }
        }
        found.into_iter().for_each(|(deleted, added)| self.join(deleted, added));
    }

    fn are_namesakes(&self, similarity: &Similarity<'_, '_>, deleted: usize, added: usize) -> bool {
        let (Some(old), Some(new)) = (&self.pairs[deleted].old, &self.pairs[added].new) else { return false };
        similarity.are_namesakes(old.item, new.item).unwrap_or(false)
    }

    /// Which of these has a file name; `None` when several have it.
    fn names<'s>(&'s self, places: &BTreeSet<usize>, side: Pick) -> BTreeMap<&'s [u8], Option<usize>> {
        let mut names = BTreeMap::new();
        for place in places {
            if let Some(side) = side(&self.pairs[*place]) {
                let first = names.entry(file_name(&side.path)).or_insert(Some(*place));
                *first = first.filter(|first| first == place);
            }
        }
        names
    }

    /// The most similar first.
    fn similar(&mut self, similarity: &Similarity<'_, '_>) {
        if self.deleted.is_empty() || self.deleted.len().saturating_mul(self.added.len()) > PAIR_LIMIT {
            return;
        }
        let (old, new) =
            (self.files(similarity, &self.deleted, old_side), self.files(similarity, &self.added, new_side));
        let (old, new) = (fingerprints_of(similarity, &old, &new), fingerprints_of(similarity, &new, &old));
        if comparison_steps(&old, &new).saturating_add(comparison_steps(&new, &old)) > STEP_LIMIT {
            return;
        }
        let mut scores = Vec::new();
        for (added, new) in &new {
            for (deleted, old) in &old {
                let score = old.common(new);
                if score >= HALF {
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

    /// Those that may have relatives.
    fn files(&self, similarity: &Similarity<'_, '_>, places: &BTreeSet<usize>, side: Pick) -> Vec<FileOf> {
        let file = |place: &usize| {
            let item = side(&self.pairs[*place])?.item;
            let size = similarity.size(item).ok().flatten()?;
            Some(FileOf { place: *place, id: item.1, size })
        };
        places.iter().filter_map(file).collect()
    }

    /// Additions that equal the old content of something that changed.
    fn copies(&mut self) {
        let mut origins: BTreeMap<Oid, &ChangedSide> = BTreeMap::new();
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

    fn into_pairs(mut self) -> Vec<ChangedPair> {
        for (added, deleted) in &self.renames {
            let old = self.pairs[*deleted].old.take();
            self.pairs[*added].old = old;
            self.pairs[*added].link = PairLink::Renamed;
        }
        for (added, origin) in self.copies {
            self.pairs[added].old = Some(origin);
            self.pairs[added].link = PairLink::Copied;
        }
        self.pairs.retain(|pair| pair.old.is_some() || pair.new.is_some());
        self.pairs
    }
}

/// What a file keeps when it moves: its object, and its kind. Files move to files, whether
/// executable or not; links to links; submodules to submodules.
fn kind_key(side: &ChangedSide) -> (Oid, Mode) {
    let (mode, id) = side.item;
    (id, if mode.is_file() { Mode(0o100_644) } else { mode })
}

/// Deleted paths of one object. A change can move a hundred thousand copies of a file, so none is
/// looked at twice.
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

fn are_alike(old: &ChangedSide, new: &ChangedSide) -> bool {
    let (old, new) = (old.item.0, new.item.0);
    old == new || old.is_file() && new.is_file()
}

/// The last component of a path.
pub fn file_name(path: &[u8]) -> &[u8] {
    path.rsplit(|b| *b == b'/').next().unwrap_or(path)
}

struct FileOf {
    place: usize,
    id: Oid,
    size: usize,
}

/// Of those that any of the others is near to in size.
fn fingerprints_of(
    similarity: &Similarity<'_, '_>,
    these: &[FileOf],
    others: &[FileOf],
) -> Vec<(usize, Rc<Fingerprint>)> {
    let sizes: BTreeSet<usize> = others.iter().map(|one| one.size).collect();
    let is_near = |one: &&FileOf| sizes.range(near_sizes(one.size)).next().is_some();
    let print = |one: &FileOf| Some((one.place, similarity.print(one.id).ok()?));
    these.iter().filter(is_near).filter_map(print).collect()
}

fn comparison_steps(these: &[(usize, Rc<Fingerprint>)], those: &[(usize, Rc<Fingerprint>)]) -> usize {
    these.iter().map(|(_, print)| print.len()).sum::<usize>().saturating_mul(those.len())
}
