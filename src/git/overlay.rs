//! Objects that are in no repository, in front of those that are.
//!
//! Recomputing a merge makes trees and files. They stay in memory, and what recomputes merges reads
//! them through an [`Overlay`]. The repository below it is never written.

use crate::object::{Object, Objects, ReadObjects, must_be, object_id_of};
use crate::oid_map::OidMap;
use git2::{ObjectType, Oid};
use portcullis_model::fact::Gap;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

/// The kind and the bytes of an object that was made.
type Made = (ObjectType, Arc<Vec<u8>>);

/// The objects of a repository, and those that were made in memory. Clones share what is made.
#[derive(Clone)]
pub struct Overlay<'o, 'r> {
    repository: &'o Objects<'r>,
    made: Rc<RefCell<OidMap<Made>>>,
}

impl<'o, 'r> Overlay<'o, 'r> {
    /// A repository with nothing made yet.
    pub fn over(repository: &'o Objects<'r>) -> Self {
        Overlay { repository, made: Rc::new(RefCell::new(OidMap::new())) }
    }

    /// The objects of the repository alone.
    pub fn repository(&self) -> &'o Objects<'r> {
        self.repository
    }

    /// Makes an object, and returns its name.
    pub fn make(&self, kind: ObjectType, data: &[u8]) -> Result<Oid, Gap> {
        let id = object_id_of(kind, data)?;
        self.keep(id, kind, || Arc::new(data.to_vec()));
        Ok(id)
    }

    /// Makes an object whose name is known already. `id` has to be the name of `data`.
    pub fn make_named(&self, id: Oid, kind: ObjectType, data: &Arc<Vec<u8>>) {
        self.keep(id, kind, || Arc::clone(data));
    }

    /// What the repository has in a pack is not kept.
    fn keep(&self, id: Oid, kind: ObjectType, data: impl FnOnce() -> Arc<Vec<u8>>) {
        let mut made = self.made.borrow_mut();
        if made.place(id).is_none() && !self.repository.is_packed(id) {
            made.add(id, (kind, data()));
        }
    }

    fn made(&self, id: Oid) -> Option<Made> {
        self.made.borrow().get(id).cloned()
    }

    /// An object that must be of this kind.
    pub fn read(&self, id: Oid, kind: ObjectType) -> Result<Object<'o>, Gap> {
        match self.made(id) {
            Some(made) => check_kind(id, kind, made),
            None => self.repository.read(id, kind),
        }
    }

    /// An object of this kind that is only compared or merged, and shown to nobody: see
    /// [`crate::hash::Care::Quick`].
    pub fn read_quickly(&self, id: Oid, kind: ObjectType) -> Result<Object<'o>, Gap> {
        match self.made(id) {
            Some(made) => check_kind(id, kind, made),
            None => self.repository.read_quickly(id, kind),
        }
    }

    /// A blob; `None` when it has more bytes than this.
    pub fn blob_up_to(&self, id: Oid, limit: usize) -> Result<Option<Object<'o>>, Gap> {
        match self.made(id) {
            Some(made) => check_kind(id, ObjectType::Blob, made)
                .map(|blob| Some(blob).filter(|blob| blob.data().len() <= limit)),
            None => self.repository.blob_up_to(id, limit),
        }
    }

    /// The size of a blob in bytes, without reading it.
    pub fn blob_size(&self, id: Oid) -> Result<usize, Gap> {
        match self.made(id) {
            Some(made) => check_kind(id, ObjectType::Blob, made).map(|blob| blob.data().len()),
            None => self.repository.blob_size(id),
        }
    }
}

impl<'o> ReadObjects<'o> for &Overlay<'o, '_> {
    fn read(self, id: Oid, kind: ObjectType) -> Result<Object<'o>, Gap> {
        Overlay::read(self, id, kind)
    }

    fn blob_up_to(self, id: Oid, limit: usize) -> Result<Option<Object<'o>>, Gap> {
        Overlay::blob_up_to(self, id, limit)
    }
}

/// What was made has the bytes that its name stands for; its kind may be another.
fn check_kind<'o>(id: Oid, kind: ObjectType, (made, bytes): Made) -> Result<Object<'o>, Gap> {
    let object = Object::Packed(made, bytes);
    must_be(id, kind, &object)?;
    Ok(object)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::fixture::Fixture;

    #[test]
    fn what_was_made_is_read_through_the_overlay_and_is_in_no_repository() {
        let fixture = Fixture::new();
        let stored = fixture.blob(b"stored");
        let opened = fixture.open();
        let objects = opened.trusted_objects().unwrap();
        let overlay = Overlay::over(&objects);
        let made = overlay.make(ObjectType::Blob, b"made").unwrap();
        assert_eq!(made, Oid::hash_object(ObjectType::Blob, b"made").unwrap());
        for overlay in [&overlay, &overlay.clone()] {
            for (id, bytes) in [(made, b"made".as_slice()), (stored, b"stored")] {
                assert_eq!(overlay.read(id, ObjectType::Blob).unwrap().data(), bytes);
                assert_eq!(overlay.read_quickly(id, ObjectType::Blob).unwrap().data(), bytes);
                assert_eq!(overlay.blob_size(id).unwrap(), bytes.len());
                assert!(overlay.blob_up_to(id, bytes.len()).unwrap().is_some());
                assert!(overlay.blob_up_to(id, bytes.len() - 1).unwrap().is_none());
                assert!(overlay.read(id, ObjectType::Tree).is_err(), "it is a blob");
            }
        }
        assert!(objects.read(made, ObjectType::Blob).is_err());
        assert!(Overlay::over(&objects).read(made, ObjectType::Blob).is_err());
        assert!(!fixture.object_file(made).exists());
    }
}
