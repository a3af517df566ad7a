//! The paths in which two trees differ.

use crate::landing::store::{Cursor, Store};
use crate::tree::TreeEntry;
use crate::tree_diff::{Item, TreeChange};
use crate::walk_budget::WalkBudget;
use git2::Oid;
use portcullis_model::fact::Gap;
use std::cmp::Ordering;

/// Every path that differs between two trees, with the entry on both sides. `None` is the empty
/// tree. In git's order of trees.
pub fn diff_cached_trees(
    store: &Store<'_, '_>,
    old: Option<Oid>,
    new: Option<Oid>,
) -> Result<Vec<TreeChange>, Gap> {
    diff_cached_trees_within(&mut budget_of_walk(), store, old, new)
}

fn budget_of_walk() -> WalkBudget {
    WalkBudget::of("the changed paths")
}

/// The same, with what is left of an effort.
pub fn diff_cached_trees_within(
    budget: &mut WalkBudget,
    store: &Store<'_, '_>,
    old: Option<Oid>,
    new: Option<Oid>,
) -> Result<Vec<TreeChange>, Gap> {
    let mut changes = Vec::new();
    let found_one = |path: &[u8], [old, new]: [Option<TreeEntry<'_>>; 2]| {
        let item = |entry: TreeEntry<'_>| -> Result<Item, Gap> { Ok((entry.mode, entry.id()?)) };
        let (old, new) = (old.map(item).transpose()?, new.map(item).transpose()?);
        changes.push(TreeChange { path: path.to_vec(), old, new });
        Ok(())
    };
    walk_pair(budget, store, [old, new], found_one)?;
    Ok(changes)
}

fn walk_pair<F>(
    budget: &mut WalkBudget,
    store: &Store<'_, '_>,
    sides: [Option<Oid>; 2],
    found: F,
) -> Result<(), Gap>
where
    F: FnMut(&[u8], [Option<TreeEntry<'_>>; 2]) -> Result<(), Gap>,
{
    if sides[0] == sides[1] {
        return Ok(());
    }
    CachedTreeWalk { budget, store, path: Vec::new(), found }.directory(sides, 0)
}

struct CachedTreeWalk<'s, 'o, 'r, F> {
    budget: &'s mut WalkBudget,
    store: &'s Store<'o, 'r>,
    path: Vec<u8>,
    found: F,
}

impl<F> CachedTreeWalk<'_, '_, '_, F>
where
    F: FnMut(&[u8], [Option<TreeEntry<'_>>; 2]) -> Result<(), Gap>,
{
    fn directory(&mut self, [old, new]: [Option<Oid>; 2], depth: usize) -> Result<(), Gap> {
        self.budget.enter(&self.path, depth)?;
        let trees = self.store.trees([old, new])?;
        let mut sides =
            trees.each_ref().map(|tree| tree.as_ref().map_or(Cursor::default(), |tree| tree.cursor()));
        while let Some(pair) = next_pair(&mut sides) {
            self.pair(pair, depth)?;
        }
        Ok(())
    }

    fn pair(&mut self, pair: [Option<TreeEntry<'_>>; 2], depth: usize) -> Result<(), Gap> {
        let Some(one) = pair[0].or(pair[1]) else { return Ok(()) };
        let length = self.path.len();
        if length > 0 {
            self.path.push(b'/');
        }
        self.path.extend_from_slice(one.name);
        if !one.mode.is_tree() {
            self.budget.list(&self.path)?;
            (self.found)(&self.path, pair)?;
        } else {
            let id = |entry: Option<TreeEntry<'_>>| entry.map(|entry| entry.id()).transpose();
            self.directory([id(pair[0])?, id(pair[1])?], depth + 1)?;
        }
        self.path.truncate(length);
        Ok(())
    }
}

/// The next entries that are on one side only or differ.
fn next_pair<'t>(sides: &mut [Cursor<'t>; 2]) -> Option<[Option<TreeEntry<'t>>; 2]> {
    let equal = sides[0].equal_entries(&sides[1..]);
    sides.iter_mut().for_each(|side| side.advance(equal));
    let (old, new) = (sides[0].entry(), sides[1].entry());
    let order = match (&old, &new) {
        (None, None) => return None,
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (Some(old), Some(new)) => old.order(new),
    };
    let pair = [old.filter(|_| order.is_le()), new.filter(|_| order.is_ge())];
    for (side, entry) in sides.iter_mut().zip(&pair) {
        side.advance(usize::from(entry.is_some()));
    }
    Some(pair)
}
