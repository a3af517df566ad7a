//! Our own way to the objects that lie in packs, which is tried first.
//!
//! libgit2 takes a process-wide lock per object, allocates more than most objects need, and evicts
//! reconstructed delta bases too early. This reader keeps to itself, so that several can work side
//! by side, and remembers more. It knows packs with an index of version 2 in the directory `pack`
//! of the repository itself, and nothing else (gitformat-pack(5)). It is not trusted: everything it
//! returns is hashed before it is used ([`crate::hash`]), and where it finds nothing,
//! or something that it does not understand, libgit2 is asked. So no answer depends on it, and it
//! reports no errors.

use crate::cache::ByteCache;
use delta::{apply_delta, made_size};
use file::PackFile;
use git2::{ObjectType, Oid};
use index::Index;
use std::cell::{Cell, OnceCell, RefCell};
use std::path::{Path, PathBuf};
use std::sync::Arc;

mod delta;
mod file;
mod index;

/// Each pack takes two open files, of which a program has not many: the largest packs come first,
/// the rest is left to libgit2.
const PACK_LIMIT: usize = 24;

/// What is longer, also all differences of an object together, is left to libgit2.
const SIZE_LIMIT: u64 = 256 * 1024 * 1024;

/// So many deltas may be chained; git itself writes fifty (git-pack-objects(1), `--depth`).
const CHAIN_LIMIT: usize = 10_000;

/// This many bytes of a pack's objects are kept, and as many of those before.
const OBJECTS_LIMIT: usize = 24 * 1024 * 1024;

/// The bytes of an object, and what it is.
pub type Packed = (ObjectType, Arc<Vec<u8>>);

/// The packs of a repository.
pub struct Packs {
    packs: Vec<Pack>,
    /// The pack that the last object was found in.
    last: Cell<usize>,
}

/// The indexes of the packs, each beside the path of its pack. Threads share them.
pub struct Indexes(Vec<(PathBuf, Arc<Index>)>);

impl Indexes {
    /// Those in these directories of objects, as far as they can be opened.
    pub fn of(directories: &[PathBuf]) -> Self {
        let list =
            |objects: &PathBuf| std::fs::read_dir(objects.join("pack")).into_iter().flatten().flatten();
        let listed = directories.iter().flat_map(list);
        let sized = listed.map(|entry| (entry.metadata().map_or(0, |about| about.len()), entry.path()));
        let mut indexes: Vec<_> =
            sized.filter(|(_, path)| path.extension().is_some_and(|ending| ending == "idx")).collect();
        indexes.sort();
        let largest = indexes.iter().rev().take(PACK_LIMIT);
        let open = |path: &Path| Some((path.with_extension("pack"), Arc::new(Index::open(path)?)));
        Indexes(largest.filter_map(|(_, path)| open(path)).collect())
    }
}

impl Packs {
    /// The packs of these indexes.
    pub fn of(indexes: &Indexes) -> Self {
        let packs = indexes.0.iter().map(|(path, index)| Pack::of(path, index));
        Packs { packs: packs.collect(), last: Cell::new(0) }
    }

    /// Is it in one of them?
    pub fn has(&self, id: Oid) -> bool {
        self.packs.iter().any(|pack| pack.index.offset(id).is_some())
    }

    /// Is it a difference from an object that is a difference from it, over however many others?
    /// libgit2 would follow that without an end.
    pub fn is_endless(&self, id: Oid) -> bool {
        let in_pack = |pack: &Pack| pack.index.offset(id).is_some_and(|offset| pack.is_endless(offset));
        self.packs.iter().any(in_pack)
    }

    /// An object of up to so many bytes, not hashed yet. `None`: ask elsewhere.
    pub fn read(&self, id: Oid, limit: usize) -> Option<Packed> {
        let last = self.last.get();
        let places = std::iter::once(last).chain((0..self.packs.len()).filter(|place| *place != last));
        for place in places {
            let pack = self.packs.get(place)?;
            if let Some(offset) = pack.index.offset(id) {
                self.last.set(place);
                return pack.object_at(offset, limit as u64);
            }
        }
        None
    }
}

struct Pack {
    index: Arc<Index>,
    path: PathBuf,
    /// Opened for the first object; `None` when it cannot be.
    file: OnceCell<Option<PackFile>>,
    /// Objects by where they begin: the next difference may be one from them.
    kept: RefCell<ByteCache<u64, Packed>>,
}

impl Pack {
    fn of(path: &Path, index: &Arc<Index>) -> Self {
        let (index, kept) = (Arc::clone(index), RefCell::new(ByteCache::up_to(OBJECTS_LIMIT)));
        Pack { index, path: path.to_path_buf(), file: OnceCell::new(), kept }
    }

    fn file(&self) -> Option<&PackFile> {
        self.file.get_or_init(|| PackFile::open(&self.path)).as_ref()
    }

    fn object_at(&self, offset: u64, limit: u64) -> Option<Packed> {
        let mut differences = Vec::new();
        let (kind, mut bytes) = self.whole_below(offset, limit, &mut differences)?;
        while let Some((at, difference)) = differences.pop() {
            bytes = self.keep(at, (kind, Arc::new(apply_delta(&bytes, &difference)?))).1;
        }
        Some((kind, bytes))
    }

    /// Is there no whole object below this one, however far one goes down?
    fn is_endless(&self, offset: u64) -> bool {
        let base_of = |at: &u64| match self.file()?.head_of(*at)?.kind {
            StoredForm::Whole(_) => None,
            StoredForm::DifferenceAt(base) => Some(base),
            StoredForm::DifferenceFrom(id) => self.index.offset(id),
        };
        std::iter::successors(Some(offset), base_of).nth(CHAIN_LIMIT).is_some()
    }

    /// The nearest whole object below this one, and the differences on the way there, each with its
    /// place. Nothing is inflated of an object that is stored whole and larger than the limit, and
    /// nothing but the last difference of another one.
    fn whole_below(&self, offset: u64, limit: u64, differences: &mut Vec<(u64, Vec<u8>)>) -> Option<Packed> {
        let (file, mut at, mut inflated) = (self.file()?, offset, 0);
        while inflated <= SIZE_LIMIT && differences.len() <= CHAIN_LIMIT {
            let limit = if at == offset { limit } else { SIZE_LIMIT };
            if let Some(found) = self.kept.borrow_mut().get(at) {
                return Some(found).filter(|(_, bytes)| bytes.len() as u64 <= limit);
            }
            let head = file.head_of(at)?;
            let base = match head.kind {
                StoredForm::Whole(_) if head.size > limit => return None,
                StoredForm::Whole(kind) => {
                    return Some(self.keep(at, (kind, Arc::new(file.inflate(&head)?))));
                }
                StoredForm::DifferenceAt(base) => base,
                StoredForm::DifferenceFrom(id) => self.index.offset(id)?,
            };
            let difference = file.inflate(&head)?;
            if made_size(&difference)? > limit {
                return None;
            }
            inflated += head.size;
            differences.push((std::mem::replace(&mut at, base), difference));
        }
        None
    }

    /// Commits are many, small and hardly ever stored as differences.
    fn keep(&self, at: u64, packed: Packed) -> Packed {
        if packed.0 != ObjectType::Commit {
            self.kept.borrow_mut().add(at, packed.1.len(), packed.clone());
        }
        packed
    }
}

/// How an object is stored (gitformat-pack(5), "Object types").
enum StoredForm {
    Whole(ObjectType),
    /// As a difference from the object that begins here.
    DifferenceAt(u64),
    /// As a difference from this object.
    DifferenceFrom(Oid),
}

#[cfg(test)]
mod tests;
