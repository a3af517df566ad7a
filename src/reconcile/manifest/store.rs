//! Files of manifests and of extractions on their way: readable by their owner alone, and never
//! written over another file. The only place of this room that opens files.

use super::{FaultKind, ManifestFault};
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};

/// The file whose lock shows that a process works in a folder.
const LOCK_FILE: &str = "lock";

/// Only the owner reads and writes, whatever the umask.
#[cfg(unix)]
fn keep_private(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt as _;
    options.mode(0o600)
}

#[cfg(not(unix))]
fn keep_private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

#[cfg(unix)]
fn create_private_folder(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().mode(0o700).create(path)
}

#[cfg(not(unix))]
fn create_private_folder(path: &Path) -> std::io::Result<()> {
    fs::create_dir(path)
}

/// Creates a file that is not there yet.
pub(crate) fn create_file(path: &Path) -> Result<File, ManifestFault> {
    let opened = keep_private(OpenOptions::new().write(true).create_new(true)).open(path);
    opened.map_err(|error| ManifestFault::of_system(path, &error))
}

/// Opens a file to write at its end, and creates it where it is not there.
pub(crate) fn append_file(path: &Path) -> Result<File, ManifestFault> {
    let opened = keep_private(OpenOptions::new().append(true).create(true)).open(path);
    opened.map_err(|error| ManifestFault::of_system(path, &error))
}

/// Opens a file to read it.
pub(crate) fn open_file(path: &Path) -> Result<File, ManifestFault> {
    OpenOptions::new().read(true).open(path).map_err(|error| ManifestFault::of_system(path, &error))
}

/// Removes a folder and what is in it; one that is not there is fine.
///
/// # Errors
/// The system cannot remove it.
pub fn remove_folder(path: &Path) -> Result<(), ManifestFault> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(ManifestFault::of_system(path, &error))
        }
        _ => Ok(()),
    }
}

/// A folder in which one process works. Dropped before it is finished, it goes away with all that
/// is in it; a process that is killed leaves it, and the next one clears it.
pub(super) struct WorkFolder {
    path: PathBuf,
    target: PathBuf,
    _lock: File,
    finished: bool,
}

impl WorkFolder {
    /// Makes the folder `TARGET.partial`.
    pub(super) fn create(target: &Path) -> Result<Self, ManifestFault> {
        if target.symlink_metadata().is_ok() {
            let remedy = "Remove it, or name another folder.";
            return Err(ManifestFault::new(
                FaultKind::Occupied,
                target,
                "There is something already",
                remedy,
            ));
        }
        let mut name = target.as_os_str().to_os_string();
        name.push(".partial");
        let path = PathBuf::from(name);
        if path.symlink_metadata().is_ok() {
            drop(lock_folder(&path)?);
            remove_folder(&path)?;
        }
        create_private_folder(&path).map_err(|error| ManifestFault::of_system(&path, &error))?;
        let lock = lock_folder(&path)?;
        Ok(Self { path, target: target.to_path_buf(), _lock: lock, finished: false })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Gives the folder its name. From now on it is there whole.
    pub(super) fn finish(mut self) -> Result<(), ManifestFault> {
        let fault = |path: &Path, error: &std::io::Error| ManifestFault::of_system(path, error);
        let lock = self.path.join(LOCK_FILE);
        fs::remove_file(&lock).map_err(|error| fault(&lock, &error))?;
        fs::rename(&self.path, &self.target).map_err(|error| fault(&self.target, &error))?;
        self.finished = true;
        Ok(())
    }
}

impl Drop for WorkFolder {
    fn drop(&mut self) {
        if !self.finished {
            // Nothing can be done about an error here, and what is left is no manifest.
            let _ = remove_folder(&self.path);
        }
    }
}

fn lock_folder(folder: &Path) -> Result<File, ManifestFault> {
    let file = append_file(&folder.join(LOCK_FILE))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(ManifestFault::new(
            FaultKind::Occupied,
            folder,
            "Another process writes there",
            "Wait until it ends, or name another folder.",
        )),
        Err(fs::TryLockError::Error(error)) => Err(ManifestFault::of_system(folder, &error)),
    }
}
