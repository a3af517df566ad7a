//! Files that are read: which ones a pattern names, opened without following a link, and
//! unchanged from the first byte to the last.

use crate::failure::{fail, fail_reading};
use crate::opening::Opening;
use portcullis_model::reconciliation::connector::InputFiles;
use portcullis_pattern::glob::Glob;
use portcullis_reconcile::source::SourceError;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The files of one extraction, in the order in which they are read.
pub(crate) fn list_files(files: &InputFiles, opening: &Opening<'_>) -> Result<Vec<PathBuf>, SourceError> {
    let path = opening.resolve_path(&files.pattern);
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    let Some(name) = name.filter(|name| name.contains(['*', '?'])) else {
        return Ok(vec![path]);
    };
    let place = files.pattern.clone();
    let glob = Glob::new(&name).map_err(|error| {
        fail(&place, format!("The pattern cannot be read: {error}."), "Use `*` and `?` alone.")
    })?;
    let directory = path.parent().unwrap_or(opening.directory);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(|error| fail_reading(&place, &error))? {
        let name = entry.map_err(|error| fail_reading(&place, &error))?.file_name();
        if glob.matches(name.as_encoded_bytes()) {
            found.push(directory.join(name));
        }
    }
    found.sort();
    if found.is_empty() {
        let remedy = "Check the directory and the pattern. No file is not the same as no records.";
        return Err(fail(place, "No file matches.", remedy));
    }
    Ok(found)
}

/// Files that wait to be read, and how much of all of them was read.
pub(crate) struct InputQueue {
    /// The next one last.
    waiting: Vec<PathBuf>,
    /// The sum of their sizes when they were listed.
    size: u64,
    read: Arc<AtomicU64>,
}

impl InputQueue {
    pub(crate) fn list(files: &InputFiles, opening: &Opening<'_>) -> Result<Self, SourceError> {
        let mut waiting = list_files(files, opening)?;
        let size = waiting.iter().filter_map(|path| Some(std::fs::symlink_metadata(path).ok()?.len())).sum();
        waiting.reverse();
        Ok(Self { waiting, size, read: Arc::default() })
    }

    /// Opens the next file; `None`: there is none.
    pub(crate) fn open_next(&mut self) -> Result<Option<InputFile>, SourceError> {
        let Some(path) = self.waiting.pop() else { return Ok(None) };
        let mut file = InputFile::open(&path)?;
        file.counter = Some(Arc::clone(&self.read));
        Ok(Some(file))
    }

    /// How much was read, from 0 to 1.
    pub(crate) fn share_read(&self) -> f64 {
        (self.read.load(Ordering::Relaxed) as f64 / self.size.max(1) as f64).min(1.0)
    }
}

/// What tells a file from another one, and from itself after it was written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FileIdentity {
    file: (u64, u64),
    size: u64,
    changed: (i64, i64),
}

impl FileIdentity {
    #[cfg(unix)]
    fn of_metadata(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self {
            file: (metadata.dev(), metadata.ino()),
            size: metadata.size(),
            changed: (metadata.mtime(), metadata.mtime_nsec()),
        }
    }

    #[cfg(not(unix))]
    fn of_metadata(metadata: &Metadata) -> Self {
        let modified = metadata.modified().ok();
        let since = modified.and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
        let changed = since.map_or((0, 0), |since| {
            (i64::try_from(since.as_secs()).unwrap_or(0), i64::from(since.subsec_nanos()))
        });
        Self { file: (0, 0), size: metadata.len(), changed }
    }
}

/// A regular file that is read once, from the beginning to the end.
pub(crate) struct InputFile {
    file: File,
    path: PathBuf,
    name: String,
    identity: FileIdentity,
    bytes: u64,
    /// What was read of all files.
    counter: Option<Arc<AtomicU64>>,
}

impl InputFile {
    /// Opens a regular file. A link, a directory, a pipe or a device is refused without waiting.
    pub(crate) fn open(path: &Path) -> Result<Self, SourceError> {
        let name = path.display().to_string();
        check_kind(path, &name)?;
        let file = open_directly(path).map_err(|error| fail_reading(&name, &error))?;
        let metadata = file.metadata().map_err(|error| fail_reading(&name, &error))?;
        if !metadata.is_file() {
            return Err(fail_kind(&name, "no regular file"));
        }
        let identity = FileIdentity::of_metadata(&metadata);
        Ok(Self { file, path: path.to_path_buf(), name, identity, bytes: 0, counter: None })
    }

    /// Its path, for messages.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The open file itself, for a reader that goes forth and back.
    #[cfg(feature = "parquet")]
    pub(crate) const fn handle(&self) -> &File {
        &self.file
    }

    /// Whether this is still the file that was opened, and whether all of it was read: neither the
    /// open file nor the path has another size, time or file.
    pub(crate) fn check_whole(&self) -> Result<(), SourceError> {
        if self.bytes != self.identity.size {
            return Err(self.fail_changed());
        }
        self.check_unchanged()
    }

    /// Whether this is still the file that was opened.
    pub(crate) fn check_unchanged(&self) -> Result<(), SourceError> {
        let open = self.file.metadata().map_err(|error| fail_reading(&self.name, &error))?;
        let path = std::fs::symlink_metadata(&self.path);
        let path = path.map_err(|_| self.fail_changed())?;
        let same = [open, path].iter().all(|now| FileIdentity::of_metadata(now) == self.identity);
        if same { Ok(()) } else { Err(self.fail_changed()) }
    }

    fn fail_changed(&self) -> SourceError {
        fail(
            &self.name,
            "The file changed while it was read.",
            "Read it after it was written: let the writer rename it into place when it is whole.",
        )
    }
}

impl Read for InputFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.bytes = self.bytes.saturating_add(count as u64);
        if let Some(counter) = &self.counter {
            counter.fetch_add(count as u64, Ordering::Relaxed);
        }
        Ok(count)
    }
}

/// Says what a path is if it is no regular file.
fn check_kind(path: &Path, name: &str) -> Result<(), SourceError> {
    let metadata = std::fs::symlink_metadata(path).map_err(|error| fail_reading(name, &error))?;
    let kind = metadata.file_type();
    if kind.is_symlink() {
        return Err(fail_kind(name, "a symbolic link"));
    }
    if kind.is_dir() {
        return Err(fail_kind(name, "a directory"));
    }
    if !kind.is_file() {
        return Err(fail_kind(name, "a pipe, socket or device"));
    }
    Ok(())
}

fn fail_kind(name: &str, found: &str) -> SourceError {
    let problem = format!("A regular file was required, and this is {found}.");
    fail(name, problem, "Name the file itself. Its directories may be links.")
}

/// Opens a file for reading. A link that took its place since it was looked at is not followed, and
/// a pipe does not wait for a writer.
fn open_directly(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_CLOEXEC);
    }
    options.open(path)
}
