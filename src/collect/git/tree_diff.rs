//! Which paths differ between two trees.
//!
//! Both trees are read side by side; where the same entry stands on both sides with the same object, nothing
//! below it is read. libgit2's own comparison is several times slower (it builds a list of the whole tree).

use super::object::Objects;
use super::tree::{Entries, Mode, TreeEntry};
use crate::model::fact::{Gap, GapReason};
use git2::{ObjectType, OdbObject, Oid};
use std::cmp::Ordering;

/// More different paths than this are not listed: a small object can name a tree of any size.
const PATH_LIMIT: usize = 2_000_000;

/// Deeper trees are not entered. git has such a limit too (`core.maxTreeDepth`, git-config(1)); ours keeps the
/// recursion well within a thread's stack.
const DEPTH_LIMIT: usize = 256;

/// What stands at a path: its mode and its object.
pub type Item = (Mode, Oid);

/// A path that differs. At least one side is there; neither is a directory.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TreeChange {
    /// The path from the root.
    pub path: Vec<u8>,
    /// Before.
    pub old: Option<Item>,
    /// After.
    pub new: Option<Item>,
}

/// Every path that differs between two trees; `None` is the empty tree. In git's order of trees.
pub fn between(objects: &Objects<'_>, old: Option<Oid>, new: Option<Oid>) -> Result<Vec<TreeChange>, Gap> {
    let mut differ = Differ { objects, path: Vec::new(), changes: Vec::new() };
    if old != new {
        differ.trees(old, new, 0)?;
    }
    Ok(differ.changes)
}

struct Differ<'o, 'r> {
    objects: &'o Objects<'r>,
    path: Vec<u8>,
    changes: Vec<TreeChange>,
}

impl Differ<'_, '_> {
    fn trees(&mut self, old: Option<Oid>, new: Option<Oid>, depth: usize) -> Result<(), Gap> {
        if depth > DEPTH_LIMIT {
            return Err(self.too_much("directories are nested too deep"));
        }
        let read = |id: Option<Oid>| id.map(|id| self.objects.read(id, ObjectType::Tree)).transpose();
        let (old_object, new_object) = (read(old)?, read(new)?);
        let mut sides = [Side::of(old, old_object.as_ref())?, Side::of(new, new_object.as_ref())?];
        while let Some([old, new]) = next_unequal(&mut sides)? {
            self.entry(old, new, depth)?;
        }
        Ok(())
    }

    /// Both sides have one name, and either both are directories or none is: git's order keeps `a` and `a/` apart.
    fn entry(
        &mut self,
        old: Option<TreeEntry<'_>>,
        new: Option<TreeEntry<'_>>,
        depth: usize,
    ) -> Result<(), Gap> {
        let Some(one) = old.or(new) else { return Ok(()) };
        let length = self.path.len();
        if length > 0 {
            self.path.push(b'/');
        }
        self.path.extend_from_slice(one.name);
        let (before, after) = (old.map(item).transpose()?, new.map(item).transpose()?);
        if one.mode.is_tree() {
            self.trees(before.map(|item| item.1), after.map(|item| item.1), depth + 1)?;
        } else {
            self.record(before, after)?;
        }
        self.path.truncate(length);
        Ok(())
    }

    fn record(&mut self, old: Option<Item>, new: Option<Item>) -> Result<(), Gap> {
        if self.changes.len() >= PATH_LIMIT {
            return Err(self.too_much("more paths differ than we list"));
        }
        self.changes.push(TreeChange { path: self.path.clone(), old, new });
        Ok(())
    }

    fn too_much(&self, fault: &str) -> Gap {
        let path = String::from_utf8_lossy(&self.path[..self.path.len().min(200)]);
        let detail = format!("{fault}, at `{path}`");
        Gap::new("the changed paths", GapReason::Truncated, detail, "Split the change into smaller ones")
    }
}

fn item(entry: TreeEntry<'_>) -> Result<Item, Gap> {
    Ok((entry.mode, entry.id()?))
}

/// A tree that is read from one entry to the next; each is checked on the way, also those that nobody asks for.
struct Side<'t> {
    entries: Option<Entries<'t>>,
    next: Option<TreeEntry<'t>>,
}

impl<'t> Side<'t> {
    fn of(id: Option<Oid>, object: Option<&'t OdbObject<'_>>) -> Result<Self, Gap> {
        let entries = id.zip(object).map(|(id, object)| Entries::of(id, object.data()));
        let mut side = Side { entries, next: None };
        side.take()?;
        Ok(side)
    }

    /// The entry that comes next, which is left behind.
    fn take(&mut self) -> Result<Option<TreeEntry<'t>>, Gap> {
        let after = self.entries.as_mut().map_or(Ok(None), Entries::next_entry)?;
        Ok(std::mem::replace(&mut self.next, after))
    }
}

/// The next entries that stand on one side only or differ, old first.
fn next_unequal<'t>(sides: &mut [Side<'t>; 2]) -> Result<Option<[Option<TreeEntry<'t>>; 2]>, Gap> {
    let [old, new] = sides;
    loop {
        let order = match (&old.next, &new.next) {
            (None, None) => return Ok(None),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(old), Some(new)) => old.order(new),
        };
        let pair = match order {
            Ordering::Less => [old.take()?, None],
            Ordering::Greater => [None, new.take()?],
            Ordering::Equal => [old.take()?, new.take()?],
        };
        if !matches!(pair, [Some(old), Some(new)] if old.is_same(&new)) {
            return Ok(Some(pair));
        }
    }
}
