//! Where a run writes on its way: keyed keys and digests, readable by their owner. The folder goes
//! away with the run. What a killed run left is removed by the next one.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// How folders are called that are made and not locked yet; nothing is in them.
const NEW: &str = ".portcullis-new-";

/// How folders of runs are called.
const RUN: &str = ".portcullis-run-";

/// The file whose lock shows that the run is alive.
const LOCK: &str = "lock";

/// A folder of one run.
pub(super) struct Workplace {
    path: PathBuf,
    _lock: File,
}

impl Workplace {
    /// Makes a folder, and removes those of runs that ended without doing so.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub(super) fn open(parent: &Path) -> io::Result<Self> {
        let new = tempfile::Builder::new().prefix(NEW).tempdir_in(parent)?;
        let lock = create_private(&new.path().join(LOCK))?;
        lock.lock()?;
        let name = new.path().file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let path = parent.join(name.replacen(NEW, RUN, 1));
        fs::rename(new.path(), &path)?;
        let _ = new.keep();
        let own = fs::symlink_metadata(&path)?;
        let place = Self { path, _lock: lock };
        place.remove_abandoned(parent, &own);
        Ok(place)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Removes what no run works in any more. An error is no reason not to run.
    fn remove_abandoned(&self, parent: &Path, own: &Metadata) {
        for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
            let path = entry.path();
            let is_of_run = entry.file_name().to_string_lossy().starts_with(RUN) && path != self.path;
            if is_of_run && is_abandoned(&path, own) {
                let _ = fs::remove_dir_all(&path);
            }
        }
    }
}

impl Drop for Workplace {
    fn drop(&mut self) {
        // Nothing can be done about an error here, and the next run tries again.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// A new file that only its owner can read.
fn create_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// A folder of the same owner whose lock no one holds.
fn is_abandoned(path: &Path, own: &Metadata) -> bool {
    let is_ours = fs::symlink_metadata(path).is_ok_and(|about| about.is_dir() && is_same_owner(&about, own));
    is_ours && File::open(path.join(LOCK)).is_ok_and(|lock| lock.try_lock().is_ok())
}

#[cfg(unix)]
fn is_same_owner(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    one.uid() == other.uid()
}

#[cfg(not(unix))]
fn is_same_owner(_: &Metadata, _: &Metadata) -> bool {
    true
}
