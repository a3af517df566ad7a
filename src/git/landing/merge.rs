//! Merging three trees and comparing with a fourth, in one walk.
//!
//! Base, ours, theirs and what really landed are read side by side. Where two of the three agree
//! the third decides, for whole directories at once; only where all three differ the walk goes
//! down, and only files that both sides changed are read. No index, no attributes, no
//! configuration, nothing written. The rules are those of `git merge-tree --write-tree`
//! (git-merge-tree(1)); what they make of renames is in
//! [`crate::landing::merge::renames`].

use crate::landing::cached_tree_diff::diff_cached_trees_within;
use crate::landing::merge::entry::merge_items;
use crate::landing::store::{Cursor, Store};
use crate::tree::{Mode, TreeEntry};
use crate::tree_diff::Item;
use crate::walk_budget::WalkBudget;
use git2::Oid;
use portcullis_model::fact::Gap;
use std::cmp::Ordering;

pub mod contents;
pub mod entry;
pub mod model;
mod renames;

pub use model::{Contested, Level, Merge, MergeSides, TreeEdit};

/// Merges, and compares with what landed, if that is given.
pub fn merge_trees(
    store: &Store<'_, '_>,
    sides: MergeSides,
    actual: Option<Option<Oid>>,
) -> Result<Merge, Gap> {
    merge_at(store, sides, actual, Level::Commits)
}

/// Merges merge bases, to merge over them.
pub fn merge_bases(store: &Store<'_, '_>, sides: MergeSides) -> Result<Merge, Gap> {
    merge_at(store, sides, None, Level::Bases)
}

fn merge_at(
    store: &Store<'_, '_>,
    sides: MergeSides,
    actual: Option<Option<Oid>>,
    level: Level,
) -> Result<Merge, Gap> {
    let mut walk = MergeWalk::new(store, actual.is_some());
    walk.root([sides.base, sides.ours, sides.theirs, actual.flatten()])?;
    if walk.is_open { renames::settle(store, sides, actual.flatten(), level) } else { Ok(walk.merge) }
}

/// Merges as long as a tree can come of it; `None` when it cannot.
pub fn merge_towards(store: &Store<'_, '_>, sides: MergeSides, tree: Oid) -> Result<Option<Merge>, Gap> {
    let walk = walk_towards(store, sides, &[], tree)?;
    if walk.departs {
        return Ok(None);
    }
    let merge =
        if walk.is_open { renames::settle(store, sides, Some(tree), Level::Commits)? } else { walk.merge };
    Ok(Some(merge))
}

/// Can a merge not give a tree, whatever the virtual merge base of several is? A file that is the
/// same in all of them is the same in their virtual merge base, so one such file that comes out
/// otherwise is enough. This takes far less time than merging them.
pub fn departs_over_all(
    store: &Store<'_, '_>,
    bases: &[Oid],
    [ours, theirs]: [Option<Oid>; 2],
    tree: Oid,
) -> Result<bool, Gap> {
    let Some((first, others)) = bases.split_first() else { return Ok(false) };
    let sides = MergeSides { base: Some(*first), ours, theirs };
    Ok(walk_towards(store, sides, others, tree)?.departs)
}

fn walk_towards<'s, 'o, 'r>(
    store: &'s Store<'o, 'r>,
    sides: MergeSides,
    other_bases: &'s [Oid],
    tree: Oid,
) -> Result<MergeWalk<'s, 'o, 'r>, Gap> {
    let base_is_empty = sides.base.is_none();
    let mut walk = MergeWalk { ends_early: true, base_is_empty, other_bases, ..MergeWalk::new(store, true) };
    walk.root([sides.base, sides.ours, sides.theirs, Some(tree)])?;
    Ok(walk)
}

const BASE: usize = 0;
const OURS: usize = 1;
const THEIRS: usize = 2;
const ACTUAL: usize = 3;

type EntryGroup<'t> = [Option<TreeEntry<'t>>; 4];

struct MergeWalk<'s, 'o, 'r> {
    store: &'s Store<'o, 'r>,
    budget: WalkBudget,
    compares: bool,
    /// Does nothing but arriving at the compared tree matter?
    ends_early: bool,
    base_is_empty: bool,
    /// Trees in which a file has to be as in the base, or its departure is not sure.
    other_bases: &'s [Oid],
    path: Vec<u8>,
    merge: Merge,
    /// Is it sure that the merge does not arrive there, whatever moved? The walk ends then, if it
    /// may.
    departs: bool,
    /// May files have moved? Then the walk alone cannot say what becomes of a path, and ends unless
    /// it looks for a departure.
    is_open: bool,
    /// The side that deleted the current directory or an ancestor of it.
    gone: Option<usize>,
}

fn is_same(one: Option<&TreeEntry<'_>>, other: Option<&TreeEntry<'_>>) -> bool {
    match (one, other) {
        (None, None) => true,
        (Some(one), Some(other)) => one.is_same(other),
        _ => false,
    }
}

/// The result, where at most one side changed something or both made the same change.
fn trivial_result<'g, 't>(group: &'g EntryGroup<'t>) -> Option<Option<&'g TreeEntry<'t>>> {
    let [base, ours, theirs, _] = group.each_ref().map(Option::as_ref);
    if is_same(ours, theirs) || is_same(base, theirs) {
        Some(ours)
    } else if is_same(base, ours) {
        Some(theirs)
    } else {
        None
    }
}

fn item_of(entry: Option<&TreeEntry<'_>>) -> Result<Option<Item>, Gap> {
    entry.map(|entry| Ok((entry.mode, entry.id()?))).transpose()
}

impl<'s, 'o, 'r> MergeWalk<'s, 'o, 'r> {
    fn new(store: &'s Store<'o, 'r>, compares: bool) -> Self {
        MergeWalk {
            store,
            budget: WalkBudget::of("a recomputed merge"),
            compares,
            ends_early: false,
            base_is_empty: false,
            other_bases: &[],
            path: Vec::new(),
            merge: Merge { matches: true, is_plain: true, ..Merge::default() },
            departs: false,
            is_open: false,
            gone: None,
        }
    }

    fn root(&mut self, [base, ours, theirs, actual]: [Option<Oid>; 4]) -> Result<(), Gap> {
        let decided = if ours == theirs || base == theirs {
            Some(ours)
        } else if base == ours {
            Some(theirs)
        } else {
            None
        };
        match decided {
            Some(result) => {
                if result != ours {
                    let item = result.map(|id| (Mode(0o040_000), id));
                    self.merge.edits.push(TreeEdit { path: Vec::new(), item });
                }
                self.merge.matches = !self.compares || result == actual;
                Ok(())
            }
            None => self.directory([base, ours, theirs, actual], 0),
        }
    }

    fn directory(&mut self, ids: [Option<Oid>; 4], depth: usize) -> Result<(), Gap> {
        self.budget.enter(&self.path, depth)?;
        let trees = self.store.trees(ids)?;
        let mut cursors =
            trees.each_ref().map(|tree| tree.as_ref().map_or(Cursor::default(), |t| t.cursor()));
        let mut kinds = Kinds::default();
        while !self.departs
            && (self.ends_early || !self.is_open)
            && let Some(group) = next_group(&mut cursors, self.compares)
        {
            let stays = self.group(&group, depth)?;
            kinds.note(&group, stays);
        }
        for name in kinds.doubled() {
            let path = [&self.path[..], &name].concat();
            self.merge.conflicts.push(path);
            (self.merge.matches, self.merge.is_plain) = (false, false);
        }
        Ok(())
    }

    /// Is anything there in the end?
    fn group(&mut self, group: &EntryGroup<'_>, depth: usize) -> Result<bool, Gap> {
        if let Some(result) = trivial_result(group) {
            self.is_open = self.is_open || self.may_have_moved(group)?;
            let result = result.copied();
            self.result(group, item_of(result.as_ref())?)?;
            return Ok(result.is_some());
        }
        let Some(name) = group.iter().flatten().next() else { return Ok(false) };
        let (length, gone) = (self.path.len(), self.gone);
        self.path.extend_from_slice(name.name);
        if name.mode.is_tree() {
            self.path.push(b'/');
            self.gone = gone.or_else(|| side_gone(group));
            let mut ids = [None; 4];
            for (id, entry) in ids.iter_mut().zip(group) {
                *id = entry.as_ref().map(TreeEntry::id).transpose()?;
            }
            self.directory(ids, depth + 1)?;
        } else {
            self.leaf(group)?;
        }
        self.gone = gone;
        self.path.truncate(length);
        Ok(true)
    }

    /// Takes down what the merge puts at the path of a group.
    fn result(&mut self, group: &EntryGroup<'_>, result: Option<Item>) -> Result<(), Gap> {
        if result != item_of(group[OURS].as_ref())? {
            let path = self.listed(group)?;
            self.merge.edits.push(TreeEdit { path, item: result });
        }
        if self.compares && result != item_of(group[ACTUAL].as_ref())? {
            self.merge.matches = false;
            let [base, ours, theirs, _] = group;
            if let (Some(base), Some(_), Some(_)) = (base, ours, theirs)
                && !base.mode.is_tree()
            {
                self.depart(&self.path_of(group), item_of(Some(base))?)?;
            }
        }
        Ok(())
    }

    /// A file comes out otherwise than in the compared tree. That is final if it is on all sides,
    /// or if the base is empty: such a file did not move.
    fn depart(&mut self, path: &[u8], base: Option<Item>) -> Result<(), Gap> {
        let stays = base.is_some() || self.base_is_empty;
        self.departs = self.ends_early && stays && self.is_in_all_bases(path, base)?;
        Ok(())
    }

    fn is_in_all_bases(&self, path: &[u8], base: Option<Item>) -> Result<bool, Gap> {
        for other in self.other_bases {
            if self.store.item_at(Some(*other), path)? != base {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The path of a group, which is going to be listed.
    fn listed(&mut self, group: &EntryGroup<'_>) -> Result<Vec<u8>, Gap> {
        let path = self.path_of(group);
        self.budget.list(&path)?;
        Ok(path)
    }

    fn path_of(&self, group: &EntryGroup<'_>) -> Vec<u8> {
        let entry = group.iter().flatten().next();
        let (name, end): (&[u8], &[u8]) =
            entry.map_or((b"", b""), |entry| (entry.name, if entry.mode.is_tree() { b"/" } else { b"" }));
        [&self.path[..], name, end].concat()
    }

    /// Did both sides delete something here, or one of them a directory to which the other one
    /// added this?
    fn may_have_moved(&mut self, group: &EntryGroup<'_>) -> Result<bool, Gap> {
        let [base, ours, theirs, _] = group.each_ref().map(Option::as_ref);
        match (base, ours, theirs) {
            (Some(_), None, None) => Ok(true),
            (None, ..) => Ok(self.gone.is_some_and(|gone| group[gone].is_none())),
            (Some(base), Some(ours), Some(theirs)) if base.mode.is_tree() && ours.is_same(theirs) => {
                let (base, ours) = (Some(base.id()?), Some(ours.id()?));
                let changes = diff_cached_trees_within(&mut self.budget, self.store, base, ours)?;
                Ok(changes.iter().any(|change| change.new.is_none()))
            }
            _ => Ok(false),
        }
    }

    /// A path at which all three differ and none is a directory. `self.path` already ends in its
    /// name.
    fn leaf(&mut self, group: &EntryGroup<'_>) -> Result<(), Gap> {
        let [base, ours, theirs, actual] =
            [BASE, OURS, THEIRS, ACTUAL].map(|side| item_of(group[side].as_ref()));
        let (base, ours, theirs, actual) = (base?, ours?, theirs?, actual?);
        self.budget.list(&self.path)?;
        let path = self.path.clone();
        if !self.is_in_all_bases(&path, base)? {
            return Ok(());
        }
        let merged = match (base, ours, theirs) {
            (base, Some(ours), Some(theirs)) => {
                self.merge.contested.push(Contested { path: path.clone(), base, ours, theirs });
                let merged = merge_items(self.store, base, ours, theirs)?;
                self.merge.of_version(&self.path, merged, actual)
            }
            // One side deleted what the other changed.
            (Some(_), Some(_), None) | (Some(_), None, Some(_)) => {
                self.is_open = true;
                return Ok(());
            }
            _ => return Ok(()),
        };
        let differs = self.compares && actual != Some(merged.item);
        self.merge.matches &= merged.is_clean && !differs;
        if differs || !merged.is_clean {
            self.depart(&path, base)?;
        }
        if !merged.is_clean {
            self.merge.conflicts.push(path.clone());
        }
        if Some(merged.item) != ours {
            self.merge.edits.push(TreeEdit { path, item: Some(merged.item) });
        }
        self.merge.contents.extend(merged.content);
        Ok(())
    }
}

/// The one side that has a directory of the base no more.
fn side_gone(group: &EntryGroup<'_>) -> Option<usize> {
    match (&group[BASE], &group[OURS], &group[THEIRS]) {
        (Some(_), None, Some(_)) => Some(OURS),
        (Some(_), Some(_), None) => Some(THEIRS),
        _ => None,
    }
}

/// The next entries of one name and sort that are not the same in all trees.
fn next_group<'t>(cursors: &mut [Cursor<'t>; 4], compares: bool) -> Option<EntryGroup<'t>> {
    let used = if compares { 4 } else { 3 };
    let (first, others) = cursors[..used].split_first()?;
    let equal = first.equal_entries(others);
    cursors[..used].iter_mut().for_each(|cursor| cursor.advance(equal));
    let entries = cursors.map(|cursor| cursor.entry());
    let least = entries.iter().flatten().min_by(|one, other| one.order(other)).copied()?;
    let group = entries.map(|entry| entry.filter(|entry| entry.order(&least) == Ordering::Equal));
    for (cursor, entry) in cursors.iter_mut().zip(&group) {
        cursor.advance(usize::from(entry.is_some()));
    }
    Some(group)
}

/// Names of a directory that are not in all three trees, to see whether one becomes both file and
/// directory.
#[derive(Default)]
struct Kinds(Vec<(Vec<u8>, bool)>);

impl Kinds {
    fn note(&mut self, group: &EntryGroup<'_>, stays: bool) {
        let everywhere = group[..ACTUAL].iter().all(Option::is_some);
        if let Some(entry) = group.iter().flatten().next().filter(|_| stays && !everywhere) {
            self.0.push((entry.name.to_vec(), entry.mode.is_tree()));
        }
    }

    fn doubled(mut self) -> Vec<Vec<u8>> {
        self.0.sort();
        let pairs = self.0.windows(2).filter(|pair| pair[0].0 == pair[1].0);
        pairs.map(|pair| pair[0].0.clone()).collect()
    }
}
