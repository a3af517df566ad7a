//! Trees that were read and checked, kept while landings are looked at one after the other.
//!
//! A landing's tree is the next one's parent, and most of what a merge reads was read for the merge before. Each tree
//! is checked for its form once, when it comes in; where its entries begin is noted then. So trees that are equal
//! over long stretches are compared at the speed of memory, and [`Cursor`] still stops at entries.

use super::super::object::Objects;
use super::super::tree::{TreeEntry, parse, split_entry};
use crate::model::fact::Gap;
use git2::{ObjectType, OdbObject, Oid};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

/// When this many bytes of trees are kept, all are let go.
const KEPT_LIMIT: usize = 128 * 1024 * 1024;

/// The width of an object name in a tree, in bytes.
const ID_WIDTH: usize = 20;

/// A sound tree in its raw form.
pub struct KeptTree<'o> {
    object: OdbObject<'o>,
    /// Where each entry begins, and where the last one ends.
    starts: Vec<u32>,
}

impl KeptTree<'_> {
    /// All of its entries.
    pub fn cursor(&self) -> Cursor<'_> {
        Cursor { data: self.object.data(), starts: &self.starts, at: 0 }
    }
}

/// A place in a tree: before an entry, or at the end.
#[derive(Clone, Copy, Default)]
pub struct Cursor<'t> {
    data: &'t [u8],
    starts: &'t [u32],
    at: usize,
}

impl<'t> Cursor<'t> {
    /// The entry that comes next.
    pub fn entry(&self) -> Option<TreeEntry<'t>> {
        split_entry(self.rest(), ID_WIDTH).map(|(entry, _)| entry)
    }

    /// Goes on by this many entries.
    pub fn advance(&mut self, entries: usize) {
        self.at = (self.at + entries).min(self.starts.len().saturating_sub(1));
    }

    /// How many entries from here on are the same in another tree, entry by entry.
    pub fn equal_entries(&self, other: &Cursor<'_>) -> usize {
        let end = self.start() + common_length(self.rest(), other.rest());
        let whole =
            self.starts[self.at.min(self.starts.len())..].partition_point(|start| *start as usize <= end);
        whole.saturating_sub(1)
    }

    fn start(&self) -> usize {
        self.starts.get(self.at).map_or(0, |start| *start as usize)
    }

    fn rest(&self) -> &'t [u8] {
        self.data.get(self.start()..).unwrap_or_default()
    }
}

fn common_length(one: &[u8], other: &[u8]) -> usize {
    const STEP: usize = 64;
    let steps = one.chunks_exact(STEP).zip(other.chunks_exact(STEP));
    let sure = steps.take_while(|(one, other)| one == other).count() * STEP;
    let more = one[sure..].iter().zip(&other[sure..]).take_while(|(one, other)| one == other).count();
    sure + more
}

/// The objects of a repository, with a memory for trees.
pub struct Store<'o, 'r> {
    /// Where they come from.
    pub objects: &'o Objects<'r>,
    trees: RefCell<BTreeMap<Oid, Rc<KeptTree<'o>>>>,
    kept: Cell<usize>,
}

impl<'o, 'r> Store<'o, 'r> {
    /// A store that has read nothing yet.
    pub fn new(objects: &'o Objects<'r>) -> Self {
        Store { objects, trees: RefCell::new(BTreeMap::new()), kept: Cell::new(0) }
    }

    /// A tree in its raw form, which is known to be sound.
    pub fn tree(&self, id: Oid) -> Result<Rc<KeptTree<'o>>, Gap> {
        if let Some(tree) = self.trees.borrow().get(&id) {
            return Ok(Rc::clone(tree));
        }
        let object = self.objects.read(id, ObjectType::Tree)?;
        let starts = starts(&parse(id, object.data())?, object.data());
        let tree = Rc::new(KeptTree { object, starts });
        self.keep(id, &tree);
        Ok(tree)
    }

    fn keep(&self, id: Oid, tree: &Rc<KeptTree<'o>>) {
        let mut trees = self.trees.borrow_mut();
        if self.kept.get() > KEPT_LIMIT {
            trees.clear();
            self.kept.set(0);
        }
        self.kept.set(self.kept.get() + tree.object.len() + tree.starts.len() * size_of::<u32>());
        trees.insert(id, Rc::clone(tree));
    }
}

/// An entry ends with its object name, one NUL after its name.
fn starts(entries: &[TreeEntry<'_>], data: &[u8]) -> Vec<u32> {
    let mut starts = Vec::with_capacity(entries.len() + 1);
    starts.push(0);
    let base = data.as_ptr().addr();
    let end = |entry: &TreeEntry<'_>| entry.name.as_ptr().addr() + entry.name.len() + 1 + ID_WIDTH - base;
    starts.extend(entries.iter().map(|entry| end(entry) as u32));
    starts
}
