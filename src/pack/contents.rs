//! The files of a pack, wherever they are.

use crate::fault::PackWrong;
use crate::item_path::ItemPath;
use std::collections::BTreeMap;

/// Where the files of a pack are read from: a folder, an archive, or memory.
pub trait ItemSource {
    /// The path and the length of every file, sorted by path.
    fn items(&self) -> &BTreeMap<ItemPath, u64>;

    /// The bytes of a file that is there.
    ///
    /// # Errors
    /// The file is not there, or cannot be read.
    fn read(&self, path: &ItemPath) -> Result<Vec<u8>, PackWrong>;
}

/// Files in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackContents {
    files: BTreeMap<ItemPath, Vec<u8>>,
    lengths: BTreeMap<ItemPath, u64>,
}

impl PackContents {
    /// Takes a file, in place of the one that was there.
    pub fn insert(&mut self, path: ItemPath, bytes: Vec<u8>) {
        self.lengths.insert(path.clone(), bytes.len() as u64);
        self.files.insert(path, bytes);
    }

    /// Takes a file away.
    pub fn remove(&mut self, path: &ItemPath) -> Option<Vec<u8>> {
        self.lengths.remove(path);
        self.files.remove(path)
    }

    /// Every file, sorted by path.
    pub fn files(&self) -> &BTreeMap<ItemPath, Vec<u8>> {
        &self.files
    }
}

impl ItemSource for PackContents {
    fn items(&self) -> &BTreeMap<ItemPath, u64> {
        &self.lengths
    }

    fn read(&self, path: &ItemPath) -> Result<Vec<u8>, PackWrong> {
        self.files.get(path).cloned().ok_or(PackWrong::Missing)
    }
}
