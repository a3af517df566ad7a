//! Reading one object, and the gap when that fails.

use super::by_id::ById;
use super::commit::{Header, RawCommit};
use super::hash::{self, Care};
use super::pack::{Indexes, Packs};
use super::trust::CloneKind;
use crate::model::change::{ObjectName, Revision};
use crate::model::fact::{Gap, GapReason};
use git2::{ErrorCode, ObjectType, Odb, OdbObject, Oid};
use std::cell::{OnceCell, RefCell};
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

/// An object that was read.
pub enum Object<'o> {
    /// By ourselves.
    Packed(ObjectType, Arc<Vec<u8>>),
    /// By libgit2.
    Stored(OdbObject<'o>),
}

impl Object<'_> {
    /// What it is.
    pub fn kind(&self) -> ObjectType {
        match self {
            Object::Packed(kind, _) => *kind,
            Object::Stored(object) => object.kind(),
        }
    }

    /// Its bytes.
    pub fn data(&self) -> &[u8] {
        match self {
            Object::Packed(_, bytes) => bytes,
            Object::Stored(object) => object.data(),
        }
    }
}

/// The indexes of packs, which are opened by who needs them first.
pub type SharedIndexes = Arc<OnceLock<Indexes>>;

/// The objects of a repository. Each is checked against its name when it is handed out: see [`super::hash`].
///
/// Recomputing a merge makes objects that are in no repository. They are kept in memory beside it.
pub struct Objects<'r> {
    odb: Odb<'r>,
    directory: PathBuf,
    packs: OnceCell<Packs>,
    indexes: SharedIndexes,
    made: RefCell<ById<(ObjectType, Arc<Vec<u8>>)>>,
    clone: CloneKind,
}

impl<'r> Objects<'r> {
    /// The objects of an open repository.
    pub fn of(git: &'r git2::Repository, clone: CloneKind) -> Result<Self, Gap> {
        let odb = git.odb().map_err(|error| {
            Gap::new("the objects of the repository", GapReason::MissingObject, error.message(), BARRED)
        })?;
        let directory = git.commondir().join("objects");
        let (packs, made, indexes) = (OnceCell::new(), RefCell::new(ById::new()), Arc::default());
        Ok(Objects { odb, directory, packs, indexes, made, clone })
    }

    /// The same objects, with what others know of their places, or will.
    pub fn sharing(self, indexes: &SharedIndexes) -> Self {
        Objects { indexes: Arc::clone(indexes), ..self }
    }

    /// Makes an object in memory, unless it is here.
    pub fn make(&self, kind: ObjectType, data: &[u8]) -> Result<Oid, Gap> {
        let id = named(kind, data)?;
        self.keep_made(id, kind, || Arc::new(data.to_vec()));
        Ok(id)
    }

    /// The same, where its name is known already. The name has to be that of the bytes.
    pub fn make_named(&self, id: Oid, kind: ObjectType, data: &Arc<Vec<u8>>) {
        self.keep_made(id, kind, || Arc::clone(data));
    }

    fn keep_made(&self, id: Oid, kind: ObjectType, data: impl FnOnce() -> Arc<Vec<u8>>) {
        let mut made = self.made.borrow_mut();
        if made.place(id).is_none() && !self.packs().has(id) {
            made.add(id, (kind, data()));
        }
    }

    /// An object that was made: it has the bytes that its name stands for.
    fn made(&self, id: Oid) -> Option<(ObjectType, Arc<Vec<u8>>)> {
        self.made.borrow().get(id).cloned()
    }

    /// An object that must be of this kind.
    pub fn read(&self, id: Oid, kind: ObjectType) -> Result<Object<'_>, Gap> {
        let object = self.read_any(id, kind)?;
        must_be(id, kind, &object)?;
        Ok(object)
    }

    /// The same for what is only compared or merged, and shown to nobody.
    pub fn read_quickly(&self, id: Oid, kind: ObjectType) -> Result<Object<'_>, Gap> {
        let object = self.find(id, kind, Care::Quick)?;
        must_be(id, kind, &object)?;
        Ok(object)
    }

    /// An object of any kind; a gap speaks of `kind`.
    pub fn read_any(&self, id: Oid, kind: ObjectType) -> Result<Object<'_>, Gap> {
        let care = if kind == ObjectType::Tree { Care::Quick } else { Care::Thorough };
        self.find(id, kind, care)
    }

    fn find(&self, id: Oid, kind: ObjectType, care: Care) -> Result<Object<'_>, Gap> {
        let object = match self.made(id) {
            Some((kind, bytes)) => Ok(Object::Packed(kind, bytes)),
            None => self.stored(id, care),
        };
        object.map_err(|error| self.unreadable(id, kind, &error))
    }

    /// Our own way to what is in packs.
    fn packs(&self) -> &Packs {
        self.packs.get_or_init(|| Packs::of(self.indexes.get_or_init(|| Indexes::of(&self.directory))))
    }

    /// An object of the repository, with the content that its name stands for.
    fn stored(&self, id: Oid, care: Care) -> Result<Object<'_>, git2::Error> {
        if let Some(object) = self.packed(id, usize::MAX, care) {
            return Ok(object);
        }
        if self.packs().is_endless(id) {
            return Err(endless());
        }
        let object = self.odb.read(id)?;
        hash::check(id, object.kind(), object.data(), care)?;
        Ok(Object::Stored(object))
    }

    fn packed(&self, id: Oid, limit: usize, care: Care) -> Option<Object<'_>> {
        let (kind, bytes) = self.packs().read(id, limit)?;
        hash::check(id, kind, &bytes, care).is_ok().then_some(Object::Packed(kind, bytes))
    }

    /// A blob; `None` when it has more bytes than this.
    pub fn blob_up_to(&self, id: Oid, limit: usize) -> Result<Option<Object<'_>>, Gap> {
        let packed = if self.made(id).is_none() { self.packed(id, limit, Care::Thorough) } else { None };
        if let Some(object) = packed {
            return must_be(id, ObjectType::Blob, &object).map(|()| Some(object));
        }
        if self.blob_size(id)? > limit { Ok(None) } else { self.read(id, ObjectType::Blob).map(Some) }
    }

    /// The size of a blob in bytes, without reading it.
    pub fn blob_size(&self, id: Oid) -> Result<usize, Gap> {
        let header = match self.made(id) {
            Some((kind, bytes)) => Ok((bytes.len(), kind)),
            None if self.packs().is_endless(id) => Err(endless()),
            None => self.odb.read_header(id),
        };
        match header {
            Ok((size, ObjectType::Blob)) => Ok(size),
            Ok((_, other)) => Err(malformed(id, ObjectType::Blob, &format!("it is a {other}"))),
            Err(error) => Err(self.unreadable(id, ObjectType::Blob, &error)),
        }
    }

    /// The tree, parents and date of a commit.
    pub fn header(&self, id: Oid) -> Result<Header, Gap> {
        header_of(id, &self.read(id, ObjectType::Commit)?)
    }

    /// The same, or `None` when no such object is here: for walks that can do without it.
    pub fn header_if_here(&self, id: Oid) -> Result<Option<Header>, Gap> {
        match self.stored(id, Care::Quick) {
            Ok(object) => header_of(id, &object).map(Some),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(self.unreadable(id, ObjectType::Commit, &error)),
        }
    }

    /// A whole commit.
    pub fn commit(&self, id: Oid) -> Result<RawCommit, Gap> {
        let object = self.read(id, ObjectType::Commit)?;
        RawCommit::parse(object.data()).map_err(|fault| malformed(id, ObjectType::Commit, &fault))
    }

    /// The tree of a commit.
    pub fn tree_of(&self, commit: Oid) -> Result<Oid, Gap> {
        self.header(commit).map(|header| header.tree)
    }

    /// Why nobody can say whether an object is here: a directory where it may lie cannot be read. libgit2 takes that for an empty one.
    fn barred(&self, id: Oid) -> Option<String> {
        let name = id.to_string();
        let places = [String::new(), "pack".into(), name.get(..2)?.into()];
        let barred = |place: String| match std::fs::read_dir(self.directory.join(&place)) {
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                let place = if place.is_empty() { place } else { format!("/{place}") };
                Some(format!("`objects{place}` cannot be read: {error}"))
            }
            _ => None,
        };
        places.into_iter().find_map(barred)
    }

    fn unreadable(&self, id: Oid, kind: ObjectType, error: &git2::Error) -> Gap {
        let what = format!("{kind} {id}");
        if let Some(detail) = self.barred(id).filter(|_| error.code() == ErrorCode::NotFound) {
            return Gap::new(what, GapReason::Unreachable, detail, BARRED);
        }
        if error.code() == ErrorCode::NotFound {
            let detail = format!("it is not in {}", self.clone.describe());
            let remedy = match (self.clone, kind) {
                (CloneKind::Full, ObjectType::Commit) => {
                    format!("Fetch it (`git fetch origin {id}`); if it stays missing, clone again")
                }
                (clone, _) => clone.remedy().to_string(),
            };
            return Gap::new(what, GapReason::MissingObject, detail, remedy);
        }
        let detail = format!("it is damaged: {}", error.message());
        Gap::new(what, GapReason::MissingObject, detail, "Run `git fsck`, and judge a fresh clone")
    }
}

/// What to do where nobody lets the gate look for an object.
const BARRED: &str = "Check that the directory `objects` of the repository can be read";

fn endless() -> git2::Error {
    git2::Error::from_str("its pack makes it of more differences than git writes, or of itself")
}

/// The name of an object that is made.
pub fn named(kind: ObjectType, data: &[u8]) -> Result<Oid, Gap> {
    hash::name(kind, data).map_err(|error| {
        let remedy = "Report this as a defect of Portcullis, with the two commits that it was about";
        Gap::new("a recomputed merge", GapReason::Unsupported, error.message(), remedy)
    })
}

fn header_of(id: Oid, object: &Object<'_>) -> Result<Header, Gap> {
    must_be(id, ObjectType::Commit, object)?;
    Header::parse(object.data()).map_err(|fault| malformed(id, ObjectType::Commit, &fault))
}

fn must_be(id: Oid, kind: ObjectType, object: &Object<'_>) -> Result<(), Gap> {
    if object.kind() == kind {
        return Ok(());
    }
    Err(malformed(id, kind, &format!("it is a {}", object.kind())))
}

/// The gap of an object that is not what its format says.
pub fn malformed(id: Oid, kind: ObjectType, fault: &str) -> Gap {
    let remedy = "Run `git fsck` on the repository, and rewrite the commits that brought the object";
    Gap::new(format!("{kind} {id}"), GapReason::Malformed, fault, remedy)
}

/// An object name as libgit2 has it.
pub fn oid(hex: &str) -> Result<Oid, Gap> {
    Oid::from_str(hex).map_err(|error| {
        let remedy = "Name a commit of this repository by its 40 hexadecimal digits";
        Gap::new(format!("object {hex}"), GapReason::Unsupported, error.message(), remedy)
    })
}

/// The model's name of a commit.
pub fn revision(id: Oid) -> Result<Revision, Gap> {
    Revision::try_from(id.to_string()).map_err(|fault| malformed(id, ObjectType::Commit, &fault))
}

/// The model's name of a tree or blob.
pub fn object_name(id: Oid) -> Result<ObjectName, Gap> {
    ObjectName::try_from(id.to_string()).map_err(|fault| malformed(id, ObjectType::Any, &fault))
}
