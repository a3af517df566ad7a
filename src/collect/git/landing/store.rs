//! Trees that were read and checked, kept while landings are looked at one after the other.
//!
//! A landing's tree is the next one's parent, and most of what a merge reads was read for the merge before. Each tree
//! is checked for its form once, when it comes in.

use super::super::object::Objects;
use super::super::tree::parse;
use crate::model::fact::Gap;
use git2::{ObjectType, OdbObject, Oid};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

/// When this many bytes of trees are kept, all are let go.
const KEPT_LIMIT: usize = 128 * 1024 * 1024;

/// The objects of a repository, with a memory for trees.
pub struct Store<'o, 'r> {
    /// Where they come from.
    pub objects: &'o Objects<'r>,
    trees: RefCell<BTreeMap<Oid, Rc<OdbObject<'o>>>>,
    kept: Cell<usize>,
}

impl<'o, 'r> Store<'o, 'r> {
    /// A store that has read nothing yet.
    pub fn new(objects: &'o Objects<'r>) -> Self {
        Store { objects, trees: RefCell::new(BTreeMap::new()), kept: Cell::new(0) }
    }

    /// A tree in its raw form, which is known to be sound.
    pub fn tree(&self, id: Oid) -> Result<Rc<OdbObject<'o>>, Gap> {
        if let Some(tree) = self.trees.borrow().get(&id) {
            return Ok(Rc::clone(tree));
        }
        let tree = Rc::new(self.objects.read(id, ObjectType::Tree)?);
        parse(id, tree.data())?;
        self.keep(id, &tree);
        Ok(tree)
    }

    fn keep(&self, id: Oid, tree: &Rc<OdbObject<'o>>) {
        let mut trees = self.trees.borrow_mut();
        if self.kept.get() > KEPT_LIMIT {
            trees.clear();
            self.kept.set(0);
        }
        self.kept.set(self.kept.get() + tree.len());
        trees.insert(id, Rc::clone(tree));
    }
}
