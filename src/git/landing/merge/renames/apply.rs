//! What becomes of each path when the moves of both sides are known (`process_renames` and
//! `process_entry` in `merge-ort.c`).

use crate::landing::merge::entry::{MergedItem, merge_items};
use crate::landing::merge::model::{Merge, TreeEdit};
use crate::landing::merge::renames::merge_info::{MergeInfo, MergePath};
use crate::landing::store::Store;
use crate::tree_diff::Item;
use git2::{ObjectType, Oid};
use portcullis_model::fact::Gap;
use std::collections::{BTreeMap, BTreeSet};

/// A file that moved.
pub struct Rename {
    pub from: Vec<u8>,
    pub to: Vec<u8>,
    /// 1 is ours, 2 theirs: its place in
    /// [`crate::landing::merge::renames::merge_info::Stages`].
    pub side: usize,
}

/// The paths of a merge, on their way to what becomes of them.
pub struct RenameApplier<'s, 'o, 'r> {
    store: &'s Store<'o, 'r>,
    actual: Option<Oid>,
    entries: BTreeMap<Vec<u8>, MergePath>,
    merge: Merge,
}

/// What a path ends as.
struct PathResult {
    item: Option<Item>,
    is_clean: bool,
}

impl<'s, 'o, 'r> RenameApplier<'s, 'o, 'r> {
    /// `actual` is what landed.
    pub fn of(store: &'s Store<'o, 'r>, actual: Option<Oid>, found: MergeInfo) -> Self {
        let merge = Merge { edits: found.whole, ..Merge::default() };
        RenameApplier { store, actual, entries: found.entries, merge }
    }

    /// Paths and directories of which a person has to say where they belong.
    pub fn directories(&mut self, conflicts: &[Vec<u8>]) {
        for path in conflicts {
            match self.entries.get_mut(path) {
                Some(entry) => entry.needs_person = true,
                None => self.merge.conflicts.push(path.clone()),
            }
        }
    }

    /// Sorted by where the files were, ours first.
    pub fn renames(&mut self, renames: Vec<Rename>) -> Result<(), Gap> {
        let mut renames = renames.into_iter().peekable();
        while let Some(one) = renames.next() {
            match renames.next_if(|next| next.from == one.from) {
                Some(other) => self.by_both(&one, &other),
                None => self.by_one(&one)?,
            }
        }
        Ok(())
    }

    /// Both moved the same file: to the same place, where it is merged, or to two, where a person
    /// decides.
    fn by_both(&mut self, one: &Rename, other: &Rename) {
        let Some(old) = self.entries.get_mut(&one.from) else { return };
        let base = old.stages[0];
        if one.to == other.to {
            old.is_gone = true;
            self.entries.entry(one.to.clone()).and_modify(|new| new.stages[0] = base);
            return;
        }
        for path in [&one.from, &one.to, &other.to] {
            self.entries.entry(path.clone()).and_modify(|entry| entry.needs_person = true);
        }
    }

    fn by_one(&mut self, rename: &Rename) -> Result<(), Gap> {
        let (Some(old), Some(new)) = (self.entries.get(&rename.from), self.entries.get(&rename.to)) else {
            return Ok(());
        };
        let (mut old, mut new) = (old.clone(), new.clone());
        let (here, there) = (rename.side, 3 - rename.side);
        let (kept, moved, collides) = (old.stages[there], new.stages[here], new.stages[there].is_some());
        let changed_type = kept.zip(moved).is_some_and(|(kept, moved)| kept.0.is_file() != moved.0.is_file());
        match kept {
            Some(kept) if collides && !changed_type => self.collide(&old, &mut new, here, kept)?,
            None if collides => new.needs_person = true,
            _ => {
                new.stages[0] = old.stages[0];
                new.needs_person |= kept.is_none();
                if kept.is_some() && !changed_type {
                    new.stages[there] = kept;
                }
            }
        }
        if changed_type {
            old.stages[0] = None;
        } else {
            old.is_gone = true;
        }
        self.entries.insert(rename.from.clone(), old);
        self.entries.insert(rename.to.clone(), new);
        Ok(())
    }

    /// The other side has something else where the file went, and the file as well: it is merged
    /// first, with itself.
    fn collide(&mut self, old: &MergePath, new: &mut MergePath, here: usize, kept: Item) -> Result<(), Gap> {
        let Some(moved) = new.stages[here] else { return Ok(()) };
        let (ours, theirs) = if here == 1 { (moved, kept) } else { (kept, moved) };
        let merged = merge_items(self.store, old.stages[0], ours, theirs)?;
        new.needs_person |= !merged.is_clean;
        new.stages[here] = Some(self.made(merged).0);
        Ok(())
    }

    /// A merged item whose content can be read from now on, and whether it needs no person.
    fn made(&self, merged: MergedItem) -> (Item, bool) {
        if let Some(content) = &merged.content {
            self.store.objects.make_named(content.id, ObjectType::Blob, &content.bytes);
        }
        (merged.item, merged.is_clean)
    }

    /// The result.
    pub fn merge(mut self) -> Result<Merge, Gap> {
        let entries = std::mem::take(&mut self.entries);
        let mut ends = BTreeMap::new();
        for (path, entry) in &entries {
            ends.insert(path.as_slice(), self.end(path, entry)?);
        }
        self.clear_the_way(&entries, &mut ends);
        for (path, end) in ends {
            if !end.is_clean {
                self.merge.conflicts.push(path.to_vec());
            }
            if entries.get(path).is_none_or(|entry| entry.ours != end.item) {
                self.merge.edits.push(TreeEdit { path: path.to_vec(), item: end.item });
            }
        }
        Ok(self.merge)
    }

    fn end(&mut self, path: &[u8], entry: &MergePath) -> Result<PathResult, Gap> {
        let clean = |item| PathResult { item, is_clean: true };
        if entry.is_gone {
            return Ok(clean(None));
        }
        let mut end = match (entry.same, entry.stages) {
            (6 | 5, [_, ours, _]) => clean(ours),
            (3, [.., theirs]) => clean(theirs),
            (_, [base, Some(ours), Some(theirs)]) => self.both(path, base, ours, theirs)?,
            (_, [None, ours, theirs]) => clean(ours.or(theirs)),
            (_, [Some(_), None, None]) => clean(None),
            (_, [Some(_), ours, theirs]) => self.decided(path, ours.or(theirs))?,
        };
        // Where nothing is left, there is nothing to decide, unless both moved it away.
        if entry.needs_person && (end.item.is_some() || entry.same == 0) {
            end.is_clean = false;
        }
        Ok(end)
    }

    fn both(&mut self, path: &[u8], base: Option<Item>, ours: Item, theirs: Item) -> Result<PathResult, Gap> {
        let mut merged = merge_items(self.store, base, ours, theirs)?;
        if merged.newer.is_some() {
            let landed = self.store.item_at(self.actual, path)?;
            merged = self.merge.of_version(path, merged, landed);
        }
        let (item, is_clean) = self.made(merged);
        Ok(PathResult { item: Some(item), is_clean })
    }

    /// Whatever was decided is a person's decision, and shows as a whole: the result is the other
    /// one.
    fn decided(&self, path: &[u8], kept: Option<Item>) -> Result<PathResult, Gap> {
        let is_there = self.store.item_at(self.actual, path)?.is_some();
        Ok(PathResult { item: kept.filter(|_| !is_there), is_clean: false })
    }

    /// A file would stay where something else needs a directory: a person decides.
    fn clear_the_way(
        &mut self,
        entries: &BTreeMap<Vec<u8>, MergePath>,
        ends: &mut BTreeMap<&[u8], PathResult>,
    ) {
        let whole =
            self.merge.edits.iter().filter(|edit| edit.item.is_some()).map(|edit| edit.path.as_slice());
        let stays = ends.iter().filter(|(_, end)| end.item.is_some()).map(|(path, _)| *path);
        let standing: BTreeSet<Vec<u8>> = whole.chain(stays).map(<[u8]>::to_vec).collect();
        for path in entries.iter().filter(|(_, entry)| entry.is_mixed).map(|(path, _)| path.as_slice()) {
            let below = [path, b"/"].concat();
            let is_directory =
                standing.range(below.clone()..).next().is_some_and(|next| next.starts_with(&below));
            if let Some(end) = ends.get_mut(path).filter(|end| is_directory && end.item.is_some()) {
                *end = PathResult { item: None, is_clean: false };
            }
        }
    }
}
