//! Contents of files that merges made, and the cache of them.

use crate::cache::ByteCache;
use crate::object::object_id_of;
use git2::{ObjectType, Oid};
use portcullis_model::fact::Gap;
use std::rc::Rc;
use std::sync::Arc;

/// The content of a file that a merge made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergedContent {
    /// Its name.
    pub id: Oid,
    /// Shared, because the same is merged again and again.
    pub bytes: Arc<Vec<u8>>,
}

impl MergedContent {
    /// The content of these bytes.
    pub fn new(bytes: Vec<u8>) -> Result<Self, Gap> {
        Ok(MergedContent { id: object_id_of(ObjectType::Blob, &bytes)?, bytes: Arc::new(bytes) })
    }
}

/// The result of merging the contents of base, ours and theirs. The merge of a landing, its virtual
/// merge base, and the search for files that moved ask for the same ones.
pub type MergedContents = ByteCache<(Option<Oid>, Oid, Oid), Option<Rc<OfVersions>>>;

/// What versions of git make of the contents of a file.
pub struct OfVersions {
    /// With whether it is clean: up to git 2.53.
    pub older: (MergedContent, bool),
    /// With whether it is clean: since git 2.54, where that is something else.
    pub newer: Option<(MergedContent, bool)>,
}

impl OfVersions {
    /// The size of all of them, in bytes.
    pub fn size(&self) -> usize {
        std::iter::once(&self.older).chain(&self.newer).map(|(content, _)| content.bytes.len()).sum()
    }
}
