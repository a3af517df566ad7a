//! The tree that a merge gives, made in memory.

use crate::landing::merge::{Merge, TreeEdit};
use crate::landing::store::{Cursor, Store};
use crate::tree::Mode;
use crate::tree_diff::Item;
use git2::{ObjectType, Oid};
use portcullis_model::fact::Gap;
use std::collections::BTreeMap;

const DIRECTORY: Mode = Mode(0o040_000);

/// The tree of our side with the edits of a merge; `None` when nothing is left.
pub fn tree(store: &Store<'_, '_>, ours: Option<Oid>, merge: &Merge) -> Result<Option<Oid>, Gap> {
    for content in &merge.contents {
        store.objects.make_named(content.id, ObjectType::Blob, &content.bytes);
    }
    edit_tree(store, ours, &merge.edits)
}

/// A tree with edits; what is new of it is kept in memory.
pub fn edit_tree(store: &Store<'_, '_>, tree: Option<Oid>, edits: &[TreeEdit]) -> Result<Option<Oid>, Gap> {
    with_edits(store, &mut |kind, data| store.objects.make(kind, data), tree, edits)
}

/// Where a new object goes: its name.
pub type Write<'w> = dyn FnMut(ObjectType, &[u8]) -> Result<Oid, Gap> + 'w;

/// A tree with edits.
pub fn with_edits(
    store: &Store<'_, '_>,
    write: &mut Write<'_>,
    tree: Option<Oid>,
    edits: &[TreeEdit],
) -> Result<Option<Oid>, Gap> {
    let mut root = EditNode::default();
    for edit in edits {
        root.insert(&edit.path, edit.item);
    }
    root.apply(store, write, tree)
}

/// What changes at a path and below it. Keys are names, those of directories with a `/` at the end:
/// this is git's order.
#[derive(Default)]
struct EditNode {
    replaced: Option<Option<Item>>,
    below: BTreeMap<Vec<u8>, EditNode>,
}

impl EditNode {
    fn insert(&mut self, path: &[u8], item: Option<Item>) {
        if path.is_empty() {
            *self = EditNode { replaced: Some(item), below: BTreeMap::new() };
            return;
        }
        let end = path.iter().position(|b| *b == b'/').map_or(path.len(), |at| at + 1);
        self.below.entry(path[..end].to_vec()).or_default().insert(&path[end..], item);
    }

    fn apply(
        &self,
        store: &Store<'_, '_>,
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
        let [kept] = store.trees([tree])?;
        let mut cursor = kept.as_ref().map_or(Cursor::default(), |tree| tree.cursor());
        let mut bytes = Vec::with_capacity(cursor.rest().len() + 64);
        for (name, node) in &self.below {
            let (passed, entry) = cursor.seek(name);
            bytes.extend_from_slice(passed);
            let before = entry.map(|entry| Ok((entry.mode, entry.id()?))).transpose()?;
            let after = if name.ends_with(b"/") {
                node.apply(store, write, before.map(|item: Item| item.1))?.map(|id| (DIRECTORY, id))
            } else {
                node.replaced.unwrap_or(before)
            };
            write_entry(&mut bytes, name, after);
        }
        bytes.extend_from_slice(cursor.rest());
        if bytes.is_empty() { Ok(None) } else { write(ObjectType::Tree, &bytes).map(Some) }
    }
}

fn write_entry(bytes: &mut Vec<u8>, name: &[u8], item: Option<Item>) {
    if let Some((mode, id)) = item {
        bytes.extend_from_slice(format!("{:o} ", mode.0).as_bytes());
        bytes.extend_from_slice(name.strip_suffix(b"/").unwrap_or(name));
        bytes.push(0);
        bytes.extend_from_slice(id.as_bytes());
    }
}
