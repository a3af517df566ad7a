//! The folder of a cache: private, bounded, and written a whole file at a time.

use portcullis_model::digest::Digest;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

/// The mark of a cache, which backups leave out (bford.info/cachedir).
const TAG: &str = "CACHEDIR.TAG";

/// What is in it: the signature that the specification asks for, and whose cache it is.
const TAG_TEXT: &str = "Signature: 8a477f597d28d172789f06886806bc55\n\
     # Answers of a host, kept by `portcullis audit --cache`. It can be removed at any time.\n";

/// Where the entries are.
const ANSWERS: &str = "answers";

/// The beginning of the name of a file that is being written.
const PART: &str = "part-";

/// The largest entry, in bytes.
const LARGEST: u64 = 4 << 20;

/// All entries together, in bytes, and how much a file counts at least.
const MOST: u64 = 1 << 30;
const BLOCK: u64 = 4096;

/// Entries that were written so long ago are removed: they are not used any more.
const OLD: Duration = Duration::from_secs(2 * 24 * 60 * 60);

/// Why there is no cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CacheFault {
    /// What was named cannot be one: somebody has to name another.
    Misused(String),
    /// It cannot be read or written now. The work can be done without it.
    Unusable(String),
}

/// The folder of a cache.
pub struct CacheFolder {
    answers: PathBuf,
    /// How many bytes may still be written.
    room: AtomicU64,
}

impl CacheFolder {
    /// The folder at this place, which is made if it is not there; what is old in it is removed.
    ///
    /// # Errors
    /// It holds something else, or it cannot be read or written.
    pub fn open(place: &Path) -> Result<Self, CacheFault> {
        CacheFolder::open_up_to(place, MOST)
    }

    /// The same with another limit, in bytes.
    pub(super) fn open_up_to(place: &Path, most: u64) -> Result<Self, CacheFault> {
        let unusable =
            |error: io::Error| CacheFault::Unusable(format!("the folder {}: {error}", place.display()));
        if std::fs::metadata(place).is_ok_and(|found| !found.is_dir()) {
            return Err(CacheFault::Misused(format!("{} is no folder", place.display())));
        }
        make_private(place).map_err(unusable)?;
        let tag = place.join(TAG);
        match std::fs::read(&tag) {
            Ok(text) if text == TAG_TEXT.as_bytes() => {}
            Ok(_) => return Err(not_ours(place)),
            Err(_) if std::fs::read_dir(place).map_err(unusable)?.next().is_some() => {
                return Err(not_ours(place));
            }
            Err(_) => write_new(&tag, TAG_TEXT.as_bytes()).map_err(unusable)?,
        }
        let answers = place.join(ANSWERS);
        make_private(&answers).map_err(unusable)?;
        let used = tidy(&answers);
        Ok(CacheFolder { answers, room: AtomicU64::new(most.saturating_sub(used)) })
    }

    /// Where the entry of this name is.
    pub(super) fn place(&self, name: &str) -> PathBuf {
        self.answers.join(name.get(..2).unwrap_or("00")).join(name)
    }

    /// The bytes of an entry; `None` where there is none, or something else in its place.
    pub(super) fn read(&self, place: &Path) -> Option<Vec<u8>> {
        // A pipe would keep the reader waiting, and a link leads elsewhere.
        let found = std::fs::symlink_metadata(place).ok()?;
        if !found.is_file() || found.len() > LARGEST {
            return found.is_file().then(Vec::new);
        }
        let mut bytes = Vec::new();
        std::fs::File::open(place).ok()?.take(LARGEST + 1).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    }

    /// Writes an entry: beside it first, then in its place.
    pub(super) fn write(&self, place: &Path, bytes: &[u8]) -> std::io::Result<()> {
        let size = bytes.len() as u64;
        if size > LARGEST {
            return Ok(());
        }
        let takes = size.max(BLOCK);
        let take = |room: u64| room.checked_sub(takes);
        if self.room.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_err() {
            return Err(std::io::Error::other("it is full"));
        }
        replace(place, bytes)
    }
}

fn not_ours(place: &Path) -> CacheFault {
    CacheFault::Misused(format!(
        "{} holds something else than a cache of this program: name a folder that is empty or not there yet",
        place.display()
    ))
}

/// Removes what is old or was never finished; how many bytes the rest has.
fn tidy(answers: &Path) -> u64 {
    let mut used = 0;
    let entries = |folder: &Path| std::fs::read_dir(folder).into_iter().flatten().flatten();
    for file in entries(answers).flat_map(|folder| entries(&folder.path())) {
        let Ok(found) = file.metadata() else { continue };
        let name = file.file_name().to_string_lossy().into_owned();
        let age = found.modified().ok().and_then(|at| SystemTime::now().duration_since(at).ok());
        let is_old = age.is_some_and(|age| age > OLD);
        let is_ours = name.starts_with(PART) || is_name(&name);
        match is_old && is_ours && found.is_file() {
            true => drop(std::fs::remove_file(file.path())),
            false => used += found.len().max(BLOCK),
        }
    }
    used
}

fn is_name(name: &str) -> bool {
    name.len() == Digest::of(b"").hex().len() && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn make_private(folder: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// A new file that its owner alone can read; nothing where it is there already.
pub(super) fn write_new(place: &Path, bytes: &[u8]) -> io::Result<()> {
    let written = write_beside(place, bytes)?.persist_noclobber(place);
    match written {
        Err(failed) if failed.error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other.map(drop).map_err(|failed| failed.error),
    }
}

fn replace(place: &Path, bytes: &[u8]) -> io::Result<()> {
    write_beside(place, bytes)?.persist(place).map(drop).map_err(|failed| failed.error)
}

/// A temporary file is its owner's alone from the moment that it is made.
fn write_beside(place: &Path, bytes: &[u8]) -> io::Result<tempfile::NamedTempFile> {
    let folder = place.parent().unwrap_or(Path::new("."));
    make_private(folder)?;
    let mut file = tempfile::Builder::new().prefix(PART).tempfile_in(folder)?;
    file.write_all(bytes)?;
    Ok(file)
}

/// Is this a file, and can its owner alone read and write it?
pub(super) fn is_private(place: &Path) -> bool {
    let Ok(found) = std::fs::symlink_metadata(place) else { return false };
    #[cfg(unix)]
    let is_closed = std::os::unix::fs::PermissionsExt::mode(&found.permissions()) & 0o077 == 0;
    #[cfg(not(unix))]
    let is_closed = true;
    found.is_file() && is_closed
}
