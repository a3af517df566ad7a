//! A pack in an archive.

use portcullis_pack::archive::{Extent, read_index};
use portcullis_pack::{ItemPath, ItemSource, PackFault, PackWrong};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

/// An archive whose index was read.
pub(super) struct ArchiveFile {
    file: File,
    index: BTreeMap<ItemPath, Extent>,
    lengths: BTreeMap<ItemPath, u64>,
}

impl ArchiveFile {
    /// Opens an archive.
    ///
    /// # Errors
    /// It cannot be read, or holds what no pack holds.
    pub(super) fn open(place: &Path) -> Result<ArchiveFile, PackFault> {
        let cannot = |error: std::io::Error| PackFault::new("the archive", PackWrong::Io(error.to_string()));
        let file = File::open(place).map_err(cannot)?;
        let index = read_index(&mut BufReader::new(&file))?;
        let lengths = index.iter().map(|(path, (_, length))| (path.clone(), *length)).collect();
        Ok(ArchiveFile { file, index, lengths })
    }
}

impl ItemSource for ArchiveFile {
    fn items(&self) -> &BTreeMap<ItemPath, u64> {
        &self.lengths
    }

    fn read(&self, path: &ItemPath) -> Result<Vec<u8>, PackWrong> {
        let (offset, length) = *self.index.get(path).ok_or(PackWrong::Missing)?;
        let cannot = |error: std::io::Error| PackWrong::Io(error.to_string());
        let mut file = &self.file;
        file.seek(SeekFrom::Start(offset)).map_err(cannot)?;
        let mut bytes = Vec::new();
        file.take(length).read_to_end(&mut bytes).map_err(cannot)?;
        if bytes.len() as u64 == length { Ok(bytes) } else { Err(PackWrong::Truncated) }
    }
}
