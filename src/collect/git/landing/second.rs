//! The second engine: libgit2, asked where the first is not certain.
//!
//! It never sees the judged repository. The paths that may matter ([`super::picture`]) are copied, with their trees, into an object
//! database in memory, and merged there. Contents come along
//! where they can matter: of a file that one side alone edited in place, its name is enough. libgit2 takes such a file
//! as it is; if it ever looked into it, it would miss it and refuse the merge. That database belongs to no directory, so there is nothing that it could write to, and neither
//! attributes nor configuration nor merge drivers that it could read.

use super::super::tree::Mode;
use super::super::tree_diff::Item;
use super::build::{self, with_edits};
use super::merge::{Merge, Party, Sides, TreeEdit};
use super::picture::{self, Changed};
use super::store::Store;
use crate::model::fact::{Gap, GapReason};
use git2::{MergeOptions, ObjectType, Odb, Oid, Repository};
use std::cell::RefCell;
use std::collections::BTreeSet;

/// As many files may be compared in the search for renames.
const RENAME_LIMIT: u32 = 2_000;

const SUBMODULE: u32 = 0o160_000;

/// When so many bytes were copied for the second engine, it starts anew.
const MEMORY_LIMIT: usize = 64 * 1024 * 1024;

/// The second engine, with the objects that it was given so far: one merge after the other asks for nearly the same.
#[derive(Default)]
pub struct Second(RefCell<Option<Memory>>);

impl Second {
    /// The tree of the merged result; `None` when this engine calls it a conflict.
    ///
    /// Contents are no question for it: the first engine compares lines as git does ([`super::lines`]), and this one
    /// does not. So where each path decided for itself, the first has said all. A conflict in a file that did not move stays one.
    pub fn merge(
        &self,
        store: &Store<'_, '_>,
        sides: Sides,
        first: &Merge,
        recomputed: Option<Oid>,
    ) -> Result<Option<Option<Oid>>, Gap> {
        if first.is_plain {
            return Ok(first.conflicts.is_empty().then_some(recomputed));
        }
        if has_conflict_in_place(first) {
            return Ok(None);
        }
        let mut kept = self.0.borrow_mut();
        let memory = match kept.take().filter(|memory| memory.bytes <= MEMORY_LIMIT) {
            Some(memory) => memory,
            None => Memory::new().map_err(|error| refused(&error))?,
        };
        with_moves(store, kept.insert(memory), sides, !first.conflicts.is_empty())
    }
}

/// A repository without a directory.
struct Memory {
    repository: Repository,
    bytes: usize,
}

impl Memory {
    fn new() -> Result<Self, git2::Error> {
        Ok(Memory { repository: Repository::from_odb(memory()?)?, bytes: 0 })
    }

    fn has(&self, id: Oid) -> Result<bool, git2::Error> {
        Ok(self.repository.odb()?.exists(id))
    }

    fn write(&mut self, kind: ObjectType, data: &[u8]) -> Result<Oid, git2::Error> {
        self.bytes += data.len();
        self.repository.odb()?.write(kind, data)
    }

    /// A tree of these paths alone.
    fn tree(&mut self, store: &Store<'_, '_>, edits: &[TreeEdit]) -> Result<Oid, Gap> {
        let mut write = |kind, data: &[u8]| self.write(kind, data).map_err(|error| refused(&error));
        let tree = with_edits(store, &mut write, None, edits)?;
        tree.map_or_else(|| write(ObjectType::Tree, b""), Ok)
    }
}

/// Every path takes part that a move may make something of. Where nothing left its place, a conflict that was found stays one.
fn with_moves(
    store: &Store<'_, '_>,
    memory: &mut Memory,
    sides: Sides,
    has_conflict: bool,
) -> Result<Option<Option<Oid>>, Gap> {
    let all = picture::all(store, sides)?;
    let shown = picture::picture(store, &all)?;
    let picks: [fn(&Changed) -> Option<Item>; 3] = [|one| one.base, |one| one.ours, |one| one.theirs];
    let mut roots = Vec::new();
    for pick in picks {
        let edit = |(path, one): (&&[u8], &&Changed)| TreeEdit { path: path.to_vec(), item: pick(one) };
        roots.push(memory.tree(store, &shown.iter().map(edit).collect::<Vec<_>>())?);
    }
    let moves = Moves::of(shown.values().copied());
    if has_conflict && !moves.ours.some_left && !moves.theirs.some_left {
        return Ok(None);
    }
    for one in shown.values().filter(|one| moves.may_read(one)) {
        copy_contents(store, memory, one)?;
    }
    let known: BTreeSet<Oid> = shown.values().flat_map(|one| one.items()).map(|(_, id)| id).collect();
    let Some(result) = merged(&memory.repository, &roots, &known).map_err(|error| refused(&error))? else {
        return Ok(None);
    };
    for bytes in &result.contents {
        store.objects.make(ObjectType::Blob, bytes)?;
    }
    let decided = |(path, one): (&Vec<u8>, &Changed)| {
        let item = if shown.contains_key(path.as_slice()) { None } else { one.plain() };
        (item != one.ours).then(|| TreeEdit { path: path.clone(), item })
    };
    let mut edits: Vec<TreeEdit> = all.iter().filter_map(decided).collect();
    edits.extend(result.items.into_iter().map(|(path, item)| TreeEdit { path, item: Some(item) }));
    build::edited(store, sides.ours, &edits).map(Some)
}

/// Is there a conflict in what all three sides have at one path? It did not move, so whatever others did settles nothing. Nor of
/// what both added with different modes: libgit2 takes one of them.
fn has_conflict_in_place(first: &Merge) -> bool {
    let conflicts: BTreeSet<&[u8]> = first.conflicts.iter().map(Vec::as_slice).collect();
    let in_place = first.contested.iter().filter(|one| one.base.is_some() || one.ours.0 != one.theirs.0);
    in_place.map(|one| one.path.as_slice()).any(|path| conflicts.contains(path))
}

/// What files of one side may have done.
#[derive(Clone, Copy, Default)]
struct Movement {
    some_left: bool,
    some_came: bool,
}

/// libgit2 compares the content of what left a side with what came to it, and of nothing else that did not change on both
/// sides. Where nothing left or nothing came, nothing has moved, and it reads neither.
#[derive(Default)]
struct Moves {
    ours: Movement,
    theirs: Movement,
}

impl Moves {
    fn of<'c>(all: impl Iterator<Item = &'c Changed>) -> Self {
        let mut moves = Moves::default();
        for one in all {
            for (side, party) in [(&mut moves.ours, Party::Ours), (&mut moves.theirs, Party::Theirs)] {
                side.some_left |= one.left(party);
                side.some_came |= one.came(party);
            }
        }
        moves
    }

    fn may_read(&self, one: &Changed) -> bool {
        match (one.base, one.ours, one.theirs) {
            (None, Some(_), None) => self.ours.some_left,
            (None, None, Some(_)) => self.theirs.some_left,
            (Some(base), None, Some(kept)) if base == kept => self.ours.some_came,
            (Some(base), Some(kept), None) if base == kept => self.theirs.some_came,
            (Some(_), None, None) => self.ours.some_came || self.theirs.some_came,
            (base, ours, theirs) => ours != base && theirs != base,
        }
    }
}

/// Copies what stands at a path, on each side.
fn copy_contents(store: &Store<'_, '_>, memory: &mut Memory, one: &Changed) -> Result<(), Gap> {
    for (mode, id) in one.items() {
        if mode.0 != SUBMODULE && !memory.has(id).map_err(|error| refused(&error))? {
            memory.write(ObjectType::Blob, store.file(id)?.data()).map_err(|error| refused(&error))?;
        }
    }
    Ok(())
}

struct Merged {
    items: Vec<(Vec<u8>, Item)>,
    /// Those that are new: what stood on one of the sides is in the repository.
    contents: Vec<Vec<u8>>,
}

fn merged(
    repository: &Repository,
    roots: &[Oid],
    known: &BTreeSet<Oid>,
) -> Result<Option<Merged>, git2::Error> {
    let trees = roots.iter().map(|id| repository.find_tree(*id)).collect::<Result<Vec<_>, _>>()?;
    let [base, ours, theirs] = trees.as_slice() else { return Ok(None) };
    let mut options = MergeOptions::new();
    options.find_renames(true).rename_threshold(50).target_limit(RENAME_LIMIT);
    let index = repository.merge_trees(base, ours, theirs, Some(&options))?;
    if index.has_conflicts() {
        return Ok(None);
    }
    let odb = repository.odb()?;
    let mut result = Merged { items: Vec::new(), contents: Vec::new() };
    for entry in index.iter() {
        if entry.mode != SUBMODULE && !known.contains(&entry.id) {
            result.contents.push(odb.read(entry.id)?.data().to_vec());
        }
        result.items.push((entry.path, (Mode(entry.mode), entry.id)));
    }
    Ok(Some(result))
}

/// An object database in memory, without any directory.
fn memory() -> Result<Odb<'static>, git2::Error> {
    let odb = Odb::new()?;
    odb.add_new_mempack_backend(1)?;
    Ok(odb)
}

fn refused(error: &git2::Error) -> Gap {
    Gap::new(
        "a merge recomputed by the second engine",
        GapReason::Unsupported,
        format!("libgit2 refuses it: {}", error.message()),
        "Report this as a defect of Portcullis, with the two commits that were merged",
    )
}
