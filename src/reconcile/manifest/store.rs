//! Files of manifests and of extractions on their way: readable by their owner alone, and never
//! written over another file. The only place of this room that opens files.

use super::{FaultKind, HEADER_FILE, ManifestFault, ManifestForm, READ_NOTES, SORTED_NOTES};
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};

/// The file whose lock shows that a process works in a folder.
const LOCK_FILE: &str = "lock";

/// The file of the Parquet form, before it has its name.
pub(super) const PARQUET_FILE: &str = "manifest.parquet";

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

/// Opens a file that is written anew, whatever it held.
pub(crate) fn replace_file(path: &Path) -> Result<File, ManifestFault> {
    let opened = keep_private(OpenOptions::new().write(true).create(true).truncate(true)).open(path);
    opened.map_err(|error| ManifestFault::of_system(path, &error))
}

fn remove_file(path: &Path) -> Result<(), ManifestFault> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(ManifestFault::of_system(path, &error))
        }
        _ => Ok(()),
    }
}

/// A folder in which one process works. Dropped before it is finished, it goes away with all that
/// is in it, unless it is kept; a process that is killed leaves it, and the next one clears it.
pub(super) struct WorkFolder {
    path: PathBuf,
    target: PathBuf,
    _lock: File,
    stays: bool,
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
        let path = name_work_folder(target);
        if path.symlink_metadata().is_ok() {
            check_own_folder(&path)?;
            drop(lock_folder(&path)?);
            remove_folder(&path)?;
        }
        create_private_folder(&path).map_err(|error| ManifestFault::of_system(&path, &error))?;
        let lock = lock_folder(&path)?;
        Ok(Self { path, target: target.to_path_buf(), _lock: lock, stays: false })
    }

    /// The folder of a process that was interrupted after it had read all rows.
    pub(super) fn reopen(target: &Path) -> Result<Option<Self>, ManifestFault> {
        if !can_be_reopened(target) {
            return Ok(None);
        }
        let path = name_work_folder(target);
        let lock = lock_folder(&path)?;
        Ok(Some(Self { path, target: target.to_path_buf(), _lock: lock, stays: true }))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Dropped before it is finished, it stays.
    pub(super) fn keep(&mut self) {
        self.stays = true;
    }

    /// Gives the folder, or the Parquet file in it, its name. From now on it is there whole.
    pub(super) fn finish(mut self, form: ManifestForm) -> Result<(), ManifestFault> {
        // Without the first one no process goes on from here, whatever else is left.
        for name in [READ_NOTES, SORTED_NOTES, LOCK_FILE] {
            remove_file(&self.path.join(name))?;
        }
        let whole = match form {
            ManifestForm::Plain => self.path.clone(),
            ManifestForm::Parquet => self.path.join(PARQUET_FILE),
        };
        let renamed = fs::rename(whole, &self.target);
        renamed.map_err(|error| ManifestFault::of_system(&self.target, &error))?;
        // What is left of the Parquet form's folder goes away.
        self.stays = form == ManifestForm::Plain;
        Ok(())
    }
}

impl Drop for WorkFolder {
    fn drop(&mut self) {
        if !self.stays {
            // Nothing can be done about an error here, and what is left is no manifest.
            let _ = remove_folder(&self.path);
        }
    }
}

/// What is not of an extraction is nothing to be cleared.
#[allow(clippy::disallowed_methods, reason = "the folder is listed, and nothing in it is followed")]
fn check_own_folder(path: &Path) -> Result<(), ManifestFault> {
    let fault = |error: &std::io::Error| ManifestFault::of_system(path, error);
    let is_folder = path.symlink_metadata().map_err(|error| fault(&error))?.is_dir();
    let mut foreign = (!is_folder).then(|| path.to_path_buf());
    if is_folder {
        for entry in fs::read_dir(path).map_err(|error| fault(&error))? {
            let entry = entry.map_err(|error| fault(&error))?;
            let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
            if !is_file || !is_own_name(&entry.file_name().to_string_lossy()) {
                foreign = Some(entry.path());
            }
        }
    }
    let Some(foreign) = foreign else { return Ok(()) };
    let problem = "This is none of the files that an extraction makes, and it would be removed";
    Err(ManifestFault::new(FaultKind::Occupied, &foreign, problem, "Move it away, or name another folder."))
}

fn is_own_name(name: &str) -> bool {
    let whole = [LOCK_FILE, READ_NOTES, SORTED_NOTES, PARQUET_FILE, HEADER_FILE];
    let is_whole = |own: &str| name == own || name.strip_suffix(".new") == Some(own);
    let parts = ["bucket-", "columns-", "spill-", "run-"];
    let is_part = |rest: &str| rest.starts_with(|first: char| first.is_ascii_digit());
    whole.into_iter().any(is_whole) || parts.iter().any(|part| name.strip_prefix(part).is_some_and(is_part))
}

fn name_work_folder(target: &Path) -> PathBuf {
    let mut name = target.as_os_str().to_os_string();
    name.push(".partial");
    PathBuf::from(name)
}

/// Whether an extraction to this folder was interrupted after it had read all rows.
#[must_use]
pub fn can_be_reopened(target: &Path) -> bool {
    let path = name_work_folder(target);
    let is_folder = path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir());
    is_folder && target.symlink_metadata().is_err() && path.join(READ_NOTES).is_file()
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
