//! The tree that a merge gives, made in memory.

use super::super::object::Objects;
use super::super::tree::{Mode, parse};
use super::super::tree_diff::Item;
use super::merge::{Merge, TreeEdit};
use crate::model::fact::Gap;
use git2::{ObjectType, Oid};
use std::collections::BTreeMap;

const DIRECTORY: Mode = Mode(0o040_000);

/// The tree of our side with the edits of a merge; `None` when nothing is left.
pub fn tree(objects: &Objects<'_>, ours: Option<Oid>, merge: &Merge) -> Result<Option<Oid>, Gap> {
    for (_, bytes) in &merge.contents {
        objects.make_new(ObjectType::Blob, bytes)?;
    }
    edited(objects, ours, &merge.edits)
}

/// A tree with edits; what is new of it is kept in memory.
pub fn edited(objects: &Objects<'_>, tree: Option<Oid>, edits: &[TreeEdit]) -> Result<Option<Oid>, Gap> {
    with_edits(objects, &mut |kind, data| objects.make_new(kind, data), tree, edits)
}

/// Where a new object goes: its name.
pub type Write<'w> = dyn FnMut(ObjectType, &[u8]) -> Result<Oid, Gap> + 'w;

/// A tree with edits.
pub fn with_edits(
    objects: &Objects<'_>,
    write: &mut Write<'_>,
    tree: Option<Oid>,
    edits: &[TreeEdit],
) -> Result<Option<Oid>, Gap> {
    let mut root = Node::default();
    for edit in edits {
        root.insert(&edit.path, edit.item);
    }
    root.apply(objects, write, tree)
}

/// What changes at a path and below it. Keys are names, those of directories with a `/` at the end: this is git's order.
#[derive(Default)]
struct Node {
    replaced: Option<Option<Item>>,
    below: BTreeMap<Vec<u8>, Node>,
}

impl Node {
    fn insert(&mut self, path: &[u8], item: Option<Item>) {
        if path.is_empty() {
            *self = Node { replaced: Some(item), below: BTreeMap::new() };
            return;
        }
        let end = path.iter().position(|b| *b == b'/').map_or(path.len(), |at| at + 1);
        self.below.entry(path[..end].to_vec()).or_default().insert(&path[end..], item);
    }

    fn apply(
        &self,
        objects: &Objects<'_>,
        write: &mut Write<'_>,
        tree: Option<Oid>,
    ) -> Result<Option<Oid>, Gap> {
        let tree = match self.replaced {
            Some(item) => item.map(|item| item.1),
            None => tree,
        };
        if self.below.is_empty() {
            return Ok(tree);
        }
        let mut entries = tree.map_or(Ok(BTreeMap::new()), |id| read(objects, id))?;
        for (name, node) in &self.below {
            let before = entries.remove(name);
            let after = if name.ends_with(b"/") {
                node.apply(objects, write, before.map(|item| item.1))?.map(|id| (DIRECTORY, id))
            } else {
                node.replaced.unwrap_or(before)
            };
            if let Some(item) = after {
                entries.insert(name.clone(), item);
            }
        }
        put(write, &entries)
    }
}

fn read(objects: &Objects<'_>, id: Oid) -> Result<BTreeMap<Vec<u8>, Item>, Gap> {
    let object = objects.read(id, ObjectType::Tree)?;
    let entries = parse(id, object.data())?;
    let keyed = entries.iter().map(|entry| {
        let end: &[u8] = if entry.mode.is_tree() { b"/" } else { b"" };
        Ok(([entry.name, end].concat(), (entry.mode, entry.id()?)))
    });
    keyed.collect()
}

fn put(write: &mut Write<'_>, entries: &BTreeMap<Vec<u8>, Item>) -> Result<Option<Oid>, Gap> {
    if entries.is_empty() {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    for (name, (mode, id)) in entries {
        let name = name.strip_suffix(b"/").unwrap_or(name);
        bytes.extend_from_slice(format!("{:o} ", mode.0).as_bytes());
        bytes.extend_from_slice(name);
        bytes.push(0);
        bytes.extend_from_slice(id.as_bytes());
    }
    write(ObjectType::Tree, &bytes).map(Some)
}
