//! A pack in a folder, read without following what leads out of it.

use portcullis_pack::{ItemPath, ItemSource, LONGEST_ITEM, MOST_BYTES, MOST_ITEMS, PackFault, PackWrong};
use std::collections::BTreeMap;
use std::fs::{DirEntry, File};
use std::io::Read;
use std::path::{Path, PathBuf};

/// The files of a folder.
pub(super) struct FolderOfPack {
    root: PathBuf,
    lengths: BTreeMap<ItemPath, u64>,
}

impl FolderOfPack {
    /// The files of a folder that were just written, with their lengths.
    pub(super) fn of(root: &Path, lengths: BTreeMap<ItemPath, u64>) -> FolderOfPack {
        FolderOfPack { root: root.to_path_buf(), lengths }
    }

    /// Lists a folder.
    ///
    /// # Errors
    /// Everything in it that is no plain file with the path of a file of a pack.
    pub(super) fn open(root: &Path) -> Result<FolderOfPack, Vec<PackFault>> {
        let mut walk = FolderWalk { lengths: BTreeMap::new(), bytes: 0, faults: Vec::new() };
        walk.list(root, "");
        match walk.faults.is_empty() {
            true => Ok(FolderOfPack { root: root.to_path_buf(), lengths: walk.lengths }),
            false => Err(walk.faults),
        }
    }
}

impl ItemSource for FolderOfPack {
    fn items(&self) -> &BTreeMap<ItemPath, u64> {
        &self.lengths
    }

    fn read(&self, path: &ItemPath) -> Result<Vec<u8>, PackWrong> {
        let length = *self.lengths.get(path).ok_or(PackWrong::Missing)?;
        let cannot = |error: std::io::Error| PackWrong::Io(error.to_string());
        let place = self.root.join(path.as_str());
        if !std::fs::symlink_metadata(&place).map_err(cannot)?.is_file() {
            return Err(PackWrong::Refused("refused: it is no plain file any more".to_string()));
        }
        let mut bytes = Vec::new();
        // One byte more than was listed shows that the file grew.
        File::open(place).map_err(cannot)?.take(length + 1).read_to_end(&mut bytes).map_err(cannot)?;
        Ok(bytes)
    }
}

struct FolderWalk {
    lengths: BTreeMap<ItemPath, u64>,
    bytes: u64,
    faults: Vec<PackFault>,
}

impl FolderWalk {
    fn refuse(&mut self, item: &str, why: impl Into<String>) {
        self.faults.push(PackFault::new(item, PackWrong::Refused(format!("refused: {}", why.into()))));
    }

    fn list(&mut self, folder: &Path, prefix: &str) {
        let entries = std::fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<DirEntry>, _>>);
        let entries = match entries {
            Ok(entries) => entries,
            Err(error) => {
                return self
                    .faults
                    .push(PackFault::new(name_or_dot(prefix), PackWrong::Io(error.to_string())));
            }
        };
        if entries.is_empty() {
            return self.refuse(name_or_dot(prefix), "an empty folder");
        }
        for entry in entries {
            if self.lengths.len() >= MOST_ITEMS || self.faults.len() > 100 {
                return self.refuse(
                    name_or_dot(prefix),
                    "more files than a pack holds, or too much that is refused",
                );
            }
            self.take(&entry, prefix);
        }
    }

    fn take(&mut self, entry: &DirEntry, prefix: &str) {
        let name = entry.file_name();
        let text = format!("{prefix}{}", name.to_string_lossy());
        let metadata = match std::fs::symlink_metadata(entry.path()) {
            Ok(metadata) => metadata,
            Err(error) => return self.faults.push(PackFault::new(text, PackWrong::Io(error.to_string()))),
        };
        // A lossy name has a character that no path has, so it is refused below.
        let path = match ItemPath::new(&text) {
            Ok(path) => path,
            Err(error) => return self.refuse(&text, format!("its name {}", error.1)),
        };
        if metadata.is_dir() {
            return self.list(&entry.path(), &format!("{text}/"));
        }
        if !metadata.is_file() {
            let kind = if metadata.is_symlink() { "it is a symbolic link" } else { "it is no plain file" };
            return self.refuse(&text, kind);
        }
        self.bytes = self.bytes.saturating_add(metadata.len());
        if metadata.len() > LONGEST_ITEM || self.bytes > MOST_BYTES {
            return self.refuse(&text, "longer than a file of a pack may be, or the pack is too large");
        }
        self.lengths.insert(path, metadata.len());
    }
}

fn name_or_dot(prefix: &str) -> &str {
    if prefix.is_empty() { "." } else { prefix }
}
