//! Reading one object, and the gap when that fails.

use crate::commit::{Header, RawCommit};
use crate::hash::{self, Care};
use crate::pack::{Indexes, Packs};
use crate::trust::CloneKind;
use anyhow::anyhow;
use git2::{ErrorCode, ObjectType, Odb, OdbObject, Oid};
use portcullis_model::change::{ObjectName, Revision};
use portcullis_model::fact::{Gap, GapReason};
use std::cell::OnceCell;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// An object that was read.
pub enum Object<'o> {
    /// By ourselves, or made in memory.
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

/// The directories that hold the objects of a repository, and what all threads that read them
/// share.
#[derive(Clone)]
pub struct ObjectPlaces {
    /// The repository's own first. libgit2 looks in its alternates too.
    directories: Vec<PathBuf>,
    /// Opened by the first thread that needs them.
    indexes: Arc<OnceLock<Indexes>>,
    clone: CloneKind,
}

impl ObjectPlaces {
    /// The directory of objects of an open repository.
    pub fn of(git: &git2::Repository, clone: CloneKind) -> Self {
        ObjectPlaces { directories: vec![git.commondir().join("objects")], indexes: Arc::default(), clone }
    }

    /// Adds one more directory of objects, loose or in packs. Alternates that it names itself are
    /// not followed.
    ///
    /// # Errors
    /// It is no directory that can be read, or libgit2 refuses its path.
    pub fn add(&mut self, git: &git2::Repository, directory: &Path) -> anyhow::Result<()> {
        // libgit2 takes a directory that is missing for an empty one.
        std::fs::read_dir(directory)?;
        let path = directory.to_str().ok_or_else(|| anyhow!("its path is not UTF-8"))?;
        git.odb()?.add_disk_alternate(path)?;
        self.directories.push(directory.to_path_buf());
        self.indexes = Arc::default();
        Ok(())
    }

    fn indexes(&self) -> &Indexes {
        self.indexes.get_or_init(|| Indexes::of(&self.directories))
    }

    /// Why it cannot be said whether an object is here: a directory that may hold it cannot be
    /// read. libgit2 takes such a directory for an empty one.
    fn barred(&self, id: Oid) -> Option<String> {
        let name = id.to_string();
        let below = [None, Some("pack"), name.get(..2)];
        let places = self.directories.iter().enumerate().flat_map(|place| below.map(|below| (place, below)));
        let barred = |((number, directory), below): ((usize, &PathBuf), Option<&str>)| {
            let path = below.map_or_else(|| directory.clone(), |below| directory.join(below));
            let error = std::fs::read_dir(path).err()?;
            let shown = if number == 0 { "objects".into() } else { directory.to_string_lossy() };
            let below = below.map_or_else(String::new, |below| format!("/{below}"));
            let is_barred = error.kind() == ErrorKind::PermissionDenied;
            is_barred.then(|| format!("`{shown}{below}` cannot be read: {error}"))
        };
        places.map(barred).find_map(|barred| barred)
    }
}

/// The objects of a repository. Each is checked against its name when it is handed out: see
/// [`crate::hash`].
pub struct Objects<'r> {
    odb: Odb<'r>,
    packs: OnceCell<Packs>,
    places: ObjectPlaces,
}

impl<'r> Objects<'r> {
    /// The objects of an open repository.
    pub fn of(git: &'r git2::Repository, clone: CloneKind) -> Result<Self, Gap> {
        Objects::in_places(git, &ObjectPlaces::of(git, clone))
    }

    /// The objects of an open repository in these places.
    pub fn in_places(git: &'r git2::Repository, places: &ObjectPlaces) -> Result<Self, Gap> {
        let odb = git.odb().map_err(|error| {
            Gap::new("the objects of the repository", GapReason::MissingObject, error.message(), BARRED)
        })?;
        Ok(Objects { odb, packs: OnceCell::new(), places: places.clone() })
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

    /// An object of any kind; a gap names `kind`.
    pub fn read_any(&self, id: Oid, kind: ObjectType) -> Result<Object<'_>, Gap> {
        let care = if kind == ObjectType::Tree { Care::Quick } else { Care::Thorough };
        self.find(id, kind, care)
    }

    fn find(&self, id: Oid, kind: ObjectType, care: Care) -> Result<Object<'_>, Gap> {
        self.stored(id, care).map_err(|error| self.unreadable(id, kind, &error))
    }

    /// Our own way to what is in packs.
    fn packs(&self) -> &Packs {
        self.packs.get_or_init(|| Packs::of(self.places.indexes()))
    }

    /// Is an object in one of the packs that we read ourselves?
    pub fn is_packed(&self, id: Oid) -> bool {
        self.packs().has(id)
    }

    /// An object of the repository, with the content that its name stands for.
    fn stored(&self, id: Oid, care: Care) -> Result<Object<'_>, git2::Error> {
        if let Some(object) = self.packed(id, usize::MAX, care) {
            return Ok(object);
        }
        if self.packs().is_endless(id) {
            return Err(endless_chain());
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
        if let Some(object) = self.packed(id, limit, Care::Thorough) {
            return must_be(id, ObjectType::Blob, &object).map(|()| Some(object));
        }
        if self.blob_size(id)? > limit { Ok(None) } else { self.read(id, ObjectType::Blob).map(Some) }
    }

    /// The size of a blob in bytes, without reading it.
    pub fn blob_size(&self, id: Oid) -> Result<usize, Gap> {
        let is_endless = self.packs().is_endless(id);
        let header = if is_endless { Err(endless_chain()) } else { self.odb.read_header(id) };
        match header {
            Ok((size, ObjectType::Blob)) => Ok(size),
            Ok((_, other)) => Err(malformed_object(id, ObjectType::Blob, &format!("it is a {other}"))),
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
        RawCommit::parse(object.data()).map_err(|fault| malformed_object(id, ObjectType::Commit, fault.0))
    }

    /// The tree of a commit.
    pub fn tree_of(&self, commit: Oid) -> Result<Oid, Gap> {
        self.header(commit).map(|header| header.tree)
    }

    fn unreadable(&self, id: Oid, kind: ObjectType, error: &git2::Error) -> Gap {
        let what = format!("{kind} {id}");
        if let Some(detail) = self.places.barred(id).filter(|_| error.code() == ErrorCode::NotFound) {
            return Gap::new(what, GapReason::Unreachable, detail, BARRED);
        }
        if error.code() == ErrorCode::NotFound {
            let detail = format!("it is not in {}", self.places.clone.describe());
            let remedy = match (self.places.clone, kind) {
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

/// Where trees and files are read: a repository, or one with objects in front of it that are only
/// in memory.
pub trait ReadObjects<'o>: Copy {
    /// An object that must be of this kind.
    fn read(self, id: Oid, kind: ObjectType) -> Result<Object<'o>, Gap>;

    /// A blob; `None` when it has more bytes than this.
    fn blob_up_to(self, id: Oid, limit: usize) -> Result<Option<Object<'o>>, Gap>;
}

impl<'o> ReadObjects<'o> for &'o Objects<'_> {
    fn read(self, id: Oid, kind: ObjectType) -> Result<Object<'o>, Gap> {
        Objects::read(self, id, kind)
    }

    fn blob_up_to(self, id: Oid, limit: usize) -> Result<Option<Object<'o>>, Gap> {
        Objects::blob_up_to(self, id, limit)
    }
}

/// What to do where nobody lets the gate look for an object.
const BARRED: &str = "Check that the directory `objects` of the repository can be read";

fn endless_chain() -> git2::Error {
    git2::Error::from_str("its pack makes it of more differences than git writes, or of itself")
}

/// The name of an object with this content.
pub fn object_id_of(kind: ObjectType, data: &[u8]) -> Result<Oid, Gap> {
    hash::name(kind, data).map_err(|error| {
        let remedy = "Report this as a defect of Portcullis, with the two commits that it was about";
        Gap::new("a recomputed merge", GapReason::Unsupported, error.message(), remedy)
    })
}

fn header_of(id: Oid, object: &Object<'_>) -> Result<Header, Gap> {
    must_be(id, ObjectType::Commit, object)?;
    Header::parse(object.data()).map_err(|fault| malformed_object(id, ObjectType::Commit, fault.0))
}

/// Refuses an object of another kind.
pub fn must_be(id: Oid, kind: ObjectType, object: &Object<'_>) -> Result<(), Gap> {
    if object.kind() == kind {
        return Ok(());
    }
    Err(malformed_object(id, kind, &format!("it is a {}", object.kind())))
}

/// The gap of an object that is not what its format says.
pub fn malformed_object(id: Oid, kind: ObjectType, fault: &str) -> Gap {
    let remedy = "Run `git fsck` on the repository, and rewrite the commits that brought the object";
    Gap::new(format!("{kind} {id}"), GapReason::Malformed, fault, remedy)
}

/// An object name as libgit2 has it.
pub fn parse_oid(hex: &str) -> Result<Oid, Gap> {
    Oid::from_str(hex).map_err(|error| {
        let remedy = "Name a commit of this repository by its 40 hexadecimal digits";
        Gap::new(format!("object {hex}"), GapReason::Unsupported, error.message(), remedy)
    })
}

/// The model's name of a commit.
pub fn revision_of(id: Oid) -> Result<Revision, Gap> {
    Revision::try_from(id.to_string()).map_err(|fault| malformed_object(id, ObjectType::Commit, &fault))
}

/// The model's name of a tree or blob.
pub fn object_name(id: Oid) -> Result<ObjectName, Gap> {
    ObjectName::try_from(id.to_string()).map_err(|fault| malformed_object(id, ObjectType::Any, &fault))
}
