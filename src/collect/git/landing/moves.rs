//! What a merge makes of files that one side moved.
//!
//! git follows renames only where it must (merge-ort): where one side deleted what the other changed, where both
//! added something, and where one side added to a directory that the other side moved away. So renames are searched
//! for only then, and only among the files that matter. What is found here is the best guess of what git does, which
//! depends on measures of likeness; the caller asks the second engine about it.

use super::super::rename::{Link, pair};
use super::super::tree_diff::{Item, TreeChange};
use super::merge::{Merge, MergedItem, Open, Party, Sides, TreeEdit, merge_items};
use super::paths::between;
use super::store::Store;
use crate::model::fact::Gap;
use git2::Oid;
use std::collections::{BTreeMap, BTreeSet};

/// Settles what the walk left open.
pub fn settle(store: &Store<'_, '_>, sides: Sides, open: Vec<Open>, merge: &mut Merge) -> Result<(), Gap> {
    let ours = Moves::find(store, sides.base, sides.ours, &relevant(&open, Party::Ours))?;
    let theirs = Moves::find(store, sides.base, sides.theirs, &relevant(&open, Party::Theirs))?;
    let settling = Settling { store, ours, theirs };
    merge.is_plain = false;
    for one in open {
        settling.one(one, merge)?;
    }
    Ok(())
}

/// Which deleted files of a side may be renamed to something that matters.
enum Relevant {
    Nothing,
    Some { paths: BTreeSet<Vec<u8>>, all: bool },
}

fn relevant(open: &[Open], party: Party) -> Relevant {
    let (mut paths, mut all) = (BTreeSet::new(), false);
    for one in open {
        match one {
            Open::Deleted { path, by, .. } if *by == party => {
                paths.insert(path.clone());
            }
            Open::Added { .. } => all = true,
            Open::Stray { gone, .. } if *gone == party => all = true,
            _ => {}
        }
    }
    if paths.is_empty() && !all { Relevant::Nothing } else { Relevant::Some { paths, all } }
}

/// Where the files of a side went, and where they came from.
#[derive(Default)]
struct Moves {
    to: BTreeMap<Vec<u8>, (Vec<u8>, Item)>,
    from: BTreeMap<Vec<u8>, (Vec<u8>, Item)>,
    added: BTreeSet<Vec<u8>>,
    /// Directories that files moved out of, with a `/` at the end.
    directories: BTreeSet<Vec<u8>>,
}

impl Moves {
    fn find(
        store: &Store<'_, '_>,
        base: Option<Oid>,
        side: Option<Oid>,
        relevant: &Relevant,
    ) -> Result<Self, Gap> {
        let Relevant::Some { paths, all } = relevant else { return Ok(Moves::default()) };
        let mut changes = between(store, base, side)?;
        changes.retain(|change| change.old.is_none() || change.new.is_none());
        let new: BTreeSet<Oid> = changes.iter().filter_map(|change| change.new).map(|item| item.1).collect();
        let counts = |change: &TreeChange| match change.old {
            None => true,
            Some((_, id)) => *all || new.contains(&id) || paths.contains(&change.path),
        };
        changes.retain(counts);
        let mut moves = Moves::default();
        moves.added.extend(changes.iter().filter(|c| c.old.is_none()).map(|c| c.path.clone()));
        for pair in pair(&store.likeness, changes) {
            if let (Link::Renamed, Some(old), Some(new)) = (pair.link, pair.old, pair.new) {
                moves.directories.extend(moved_directories(&old.path, &new.path));
                moves.to.insert(old.path.clone(), (new.path.clone(), new.item));
                moves.from.insert(new.path, (old.path, old.item));
            }
        }
        Ok(moves)
    }
}

struct Settling<'s, 'o, 'r> {
    store: &'s Store<'o, 'r>,
    ours: Moves,
    theirs: Moves,
}

impl Settling<'_, '_, '_> {
    fn one(&self, open: Open, merge: &mut Merge) -> Result<(), Gap> {
        match open {
            Open::Deleted { path, by, base, kept, actual } => {
                self.deleted(merge, Deleted { path, by, base, kept, actual })
            }
            Open::Added { path, ours, theirs } => self.added(merge, path, ours, theirs),
            Open::Stray { path, gone, directory } => {
                self.stray(merge, path, gone, directory);
                Ok(())
            }
        }
    }

    /// The file moved: its new place gets the changes of both sides. Or it is gone, and a person must decide.
    fn deleted(&self, merge: &mut Merge, one: Deleted) -> Result<(), Gap> {
        let (mine, other) = match one.by {
            Party::Ours => (&self.ours, &self.theirs),
            Party::Theirs => (&self.theirs, &self.ours),
        };
        let Some((to, moved)) = mine.to.get(&one.path).filter(|(to, _)| !other.added.contains(to)) else {
            one.conflict(merge);
            return Ok(());
        };
        let (ours, theirs) = match one.by {
            Party::Ours => (*moved, one.kept),
            Party::Theirs => (one.kept, *moved),
        };
        let merged = merge_items(self.store, Some(one.base), ours, theirs)?;
        merge.edits.push(TreeEdit { path: one.path, item: None });
        put(merge, to.clone(), merged);
        Ok(())
    }

    /// Both moved the same file to the same place: it is merged with where it came from.
    fn added(&self, merge: &mut Merge, path: Vec<u8>, ours: Item, theirs: Item) -> Result<(), Gap> {
        let origin = match (self.ours.from.get(&path), self.theirs.from.get(&path)) {
            (Some(one), Some(other)) if one == other => Some(one.1),
            _ => None,
        };
        let merged = merge_items(self.store, origin, ours, theirs)?;
        put(merge, path, merged);
        Ok(())
    }

    /// git calls it a conflict when the rest of the directory moved elsewhere (`merge.directoryRenames`, git-config(1)).
    fn stray(&self, merge: &mut Merge, path: Vec<u8>, gone: Party, directory: usize) {
        let moves = match gone {
            Party::Ours => &self.ours,
            Party::Theirs => &self.theirs,
        };
        let ends = (directory - 1..path.len() - 1).filter(|at| path[*at] == b'/');
        if ends.into_iter().any(|at| moves.directories.contains(&path[..=at])) {
            merge.conflicts.push(path);
            merge.matches = false;
        }
    }
}

/// The directories that a moved file says have moved: its own, and those above it while their names stay.
fn moved_directories(from: &[u8], to: &[u8]) -> Vec<Vec<u8>> {
    let (mut from, mut to) = (parent(from), parent(to));
    let mut moved = Vec::new();
    while !from.is_empty() && from != to {
        moved.push(from.to_vec());
        let (above_from, above_to) = (parent(&from[..from.len() - 1]), parent(&to[..to.len().max(1) - 1]));
        if to.is_empty() || from[above_from.len()..] != to[above_to.len()..] {
            break;
        }
        (from, to) = (above_from, above_to);
    }
    moved
}

/// The directory of a path, with the `/` at its end; empty for the root.
fn parent(path: &[u8]) -> &[u8] {
    path.iter().rposition(|b| *b == b'/').map_or(b"", |at| &path[..=at])
}

struct Deleted {
    path: Vec<u8>,
    by: Party,
    base: Item,
    kept: Item,
    actual: Option<Item>,
}

impl Deleted {
    /// Whatever was decided is a person's decision, and shows as a whole: the result is the other one.
    fn conflict(self, merge: &mut Merge) {
        let item = if self.actual.is_some() { None } else { Some(self.kept) };
        merge.edits.push(TreeEdit { path: self.path.clone(), item });
        merge.conflicts.push(self.path);
        merge.matches = false;
    }
}

fn put(merge: &mut Merge, path: Vec<u8>, merged: MergedItem) {
    merge.matches = false;
    merge.contents.extend(merged.content);
    merge.edits.push(TreeEdit { path: path.clone(), item: Some(merged.item) });
    if !merged.is_clean {
        merge.conflicts.push(path);
    }
}
