//! Trees and files that were read and checked, kept while landings are looked at one after the
//! other.
//!
//! A landing's tree is the next one's parent, and most of what a merge reads was read for the merge
//! before. Each tree is checked for its form once, when it comes in; where its entries begin is
//! noted then. So trees that are equal over long stretches are compared at the speed of memory, and
//! [`Cursor`] still stops at entries.

use crate::cache::ByteCache;
use crate::landing::merge::contents::MergedContents;
use crate::landing::tree_offsets;
use crate::object::{Object, Objects};
use crate::oid_map::OidMap;
use crate::overlay::Overlay;
use crate::similarity::Similarity;
use crate::tree::{ID_WIDTH, TreeEntry, split_entry};
use crate::tree_diff::Item;
use git2::{ObjectType, Oid};
use portcullis_model::fact::Gap;
use std::cell::RefCell;
use std::rc::Rc;

/// This many bytes of trees are kept, and as many of those before.
const TREE_LIMIT: usize = 64 * 1024 * 1024;

/// The same for files: busy ones are merged again and again.
const FILE_LIMIT: usize = 16 * 1024 * 1024;

/// The same for files that were merged.
const MERGED_LIMIT: usize = 16 * 1024 * 1024;

/// A sound tree in its raw form.
pub struct KeptTree<'o> {
    object: Object<'o>,
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

    /// Goes to the entry with this key, which is a name, with a `/` at the end of a directory's:
    /// what was passed over, and the entry, which is passed over too.
    pub fn seek(&mut self, key: &[u8]) -> (&'t [u8], Option<TreeEntry<'t>>) {
        let (from, last) = (self.start(), self.starts.len().saturating_sub(1));
        let ahead = self.starts.get(self.at..last).unwrap_or_default();
        let is_before = |start: &u32| {
            tree_offsets::entry_at(self.data, *start).is_some_and(|entry| entry.order_to(key).is_lt())
        };
        self.at += ahead.partition_point(is_before);
        let passed = &self.data[from..self.start()];
        let entry = self.entry().filter(|entry| entry.order_to(key).is_eq());
        self.advance(usize::from(entry.is_some()));
        (passed, entry)
    }

    /// How many entries from here on are the same in all these trees, entry by entry.
    pub fn equal_entries(&self, others: &[Cursor<'_>]) -> usize {
        let mut equal = self.rest();
        for other in others {
            equal = &equal[..tree_offsets::common_start(equal, other.rest())];
        }
        let end = self.start() + equal.len();
        let whole =
            self.starts[self.at.min(self.starts.len())..].partition_point(|start| *start as usize <= end);
        whole.saturating_sub(1)
    }

    fn start(&self) -> usize {
        self.starts.get(self.at).map_or(0, |start| *start as usize)
    }

    /// All that comes next, in its raw form.
    pub fn rest(&self) -> &'t [u8] {
        self.data.get(self.start()..).unwrap_or_default()
    }
}

/// The objects of a repository, with a memory.
pub struct Store<'o, 'r> {
    /// The repository, and what merges made.
    pub objects: Overlay<'o, 'r>,
    trees: RefCell<ByteCache<Oid, Rc<KeptTree<'o>>>>,
    files: RefCell<ByteCache<Oid, Rc<Object<'o>>>>,
    roots: RefCell<OidMap<Oid>>,
    /// Contents of files that were merged.
    pub merged: RefCell<MergedContents>,
    /// How much its files have in common.
    pub similarity: Similarity<'o, 'r>,
}

impl<'o, 'r> Store<'o, 'r> {
    /// A store that has read nothing yet.
    pub fn new(objects: &'o Objects<'r>) -> Self {
        let objects = Overlay::over(objects);
        Store {
            trees: RefCell::new(ByteCache::up_to(TREE_LIMIT)),
            files: RefCell::new(ByteCache::up_to(FILE_LIMIT)),
            roots: RefCell::new(OidMap::new()),
            merged: RefCell::new(ByteCache::up_to(MERGED_LIMIT)),
            similarity: Similarity::new(objects.clone()),
            objects,
        }
    }

    /// The tree of a commit, which is the parent of one landing and the end of another.
    pub fn tree_of(&self, commit: Oid) -> Result<Oid, Gap> {
        if let Some(tree) = self.roots.borrow().get(commit) {
            return Ok(*tree);
        }
        let tree = match self.objects.repository().header_if_here(commit)? {
            Some(header) => header.tree,
            // Reading it once more says why it is not here.
            None => self.objects.repository().tree_of(commit)?,
        };
        self.roots.borrow_mut().add(commit, tree);
        Ok(tree)
    }

    /// Trees in their raw form, which are known to be sound, and probably like each other.
    pub fn trees<const N: usize>(&self, ids: [Option<Oid>; N]) -> Result<[Option<Rc<KeptTree<'o>>>; N], Gap> {
        let mut like = ids.iter().flatten().find_map(|id| self.trees.borrow_mut().get(*id));
        let mut trees = [const { None }; N];
        for (tree, id) in trees.iter_mut().zip(ids) {
            *tree = id.map(|id| self.tree(id, like.as_deref())).transpose()?;
            like = like.or_else(|| tree.clone());
        }
        Ok(trees)
    }

    /// The entry at a path of a tree.
    pub fn item_at(&self, tree: Option<Oid>, path: &[u8]) -> Result<Option<Item>, Gap> {
        let (mut tree, mut rest) = (tree, path);
        while let Some(end) = rest.iter().position(|byte| *byte == b'/') {
            tree = self.entry_of(tree, &rest[..=end])?.map(|(_, id)| id);
            rest = &rest[end + 1..];
        }
        self.entry_of(tree, rest)
    }

    fn entry_of(&self, tree: Option<Oid>, key: &[u8]) -> Result<Option<Item>, Gap> {
        let [kept] = self.trees([tree])?;
        let mut cursor = kept.as_ref().map_or(Cursor::default(), |tree| tree.cursor());
        cursor.seek(key).1.map(|entry| Ok((entry.mode, entry.id()?))).transpose()
    }

    fn tree(&self, id: Oid, like: Option<&KeptTree<'_>>) -> Result<Rc<KeptTree<'o>>, Gap> {
        if let Some(tree) = self.trees.borrow_mut().get(id) {
            return Ok(tree);
        }
        let object = self.objects.read(id, ObjectType::Tree)?;
        let starts = match like {
            Some(like) => tree_offsets::beside(id, object.data(), like.object.data(), &like.starts)?,
            None => tree_offsets::of(id, object.data())?,
        };
        let bytes = object.data().len() + starts.len() * size_of::<u32>();
        let tree = Rc::new(KeptTree { object, starts });
        self.trees.borrow_mut().add(id, bytes, Rc::clone(&tree));
        Ok(tree)
    }

    /// A file.
    pub fn file(&self, id: Oid) -> Result<Rc<Object<'o>>, Gap> {
        if let Some(file) = self.files.borrow_mut().get(id) {
            return Ok(file);
        }
        let file = Rc::new(self.objects.read_quickly(id, ObjectType::Blob)?);
        self.files.borrow_mut().add(id, file.data().len(), Rc::clone(&file));
        Ok(file)
    }
}
