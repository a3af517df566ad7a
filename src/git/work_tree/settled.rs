//! Since when has the work tree been what it is?
//!
//! What can be trusted here is the clock of this machine, as its file system writes it down: when
//! each file of the commit was written (a checkout writes those that it changes), and when HEAD
//! came to name its commit. The index is not asked, because `git status` writes it anew; nor is the
//! commit, whose date is the clock of another machine.
//!
//! HEAD itself is a file that each checkout writes. On a branch, a commit writes the file of the
//! branch. Where git has packed that away (`git gc`), `packed-refs` is all that tells: HEAD's log
//! holds the time that the committer chose. A run from before the packing does not count then, and
//! the suite has to run again.

use crate::Repository;
use jiff::Timestamp;
use portcullis_model::evidence::Settled;
use portcullis_model::path::RepoPath;
use std::fs::{self, Metadata};
use std::path::Path;
#[cfg(unix)]
use std::time::Duration;
use std::time::SystemTime;

impl Repository {
    /// The last of what made the work tree what it is; `None` when git's files do not tell when
    /// HEAD came to its commit.
    pub(super) fn settled(&self, newest: Option<(SystemTime, RepoPath)>) -> Option<Settled> {
        let moved = Settled { at: self.head_moved()?, by: "HEAD came to this commit".to_string() };
        let Some((at, path)) = newest else { return Some(moved) };
        let written = Settled { at: Timestamp::try_from(at).ok()?, by: format!("{path} was written") };
        Some(if written.at > moved.at { written } else { moved })
    }

    /// When HEAD came to name the commit that it names; `None` when git's files do not tell.
    pub fn head_moved(&self) -> Option<Timestamp> {
        let head = written_at(&self.git.path().join("HEAD"))?;
        let reference = self.git.find_reference("HEAD").ok()?;
        let Ok(Some(branch)) = reference.symbolic_target() else { return Some(head) };
        let common = self.git.commondir();
        let came = written_at(&common.join(branch)).or_else(|| written_at(&common.join("packed-refs")))?;
        Some(head.max(came))
    }
}

fn written_at(file: &Path) -> Option<Timestamp> {
    Timestamp::try_from(last_change(&fs::symlink_metadata(file).ok()?)?).ok()
}

/// When a file was last written or otherwise changed; `None` when the file system does not tell. A
/// program can put the time of writing back (utimensat(2)); the time of change is the system's own.
#[cfg(unix)]
pub(super) fn last_change(metadata: &Metadata) -> Option<SystemTime> {
    use std::os::unix::fs::MetadataExt;
    let seconds = Duration::from_secs(u64::try_from(metadata.ctime()).ok()?);
    let nanoseconds = Duration::from_nanos(u64::try_from(metadata.ctime_nsec()).ok()?);
    let changed = SystemTime::UNIX_EPOCH + seconds + nanoseconds;
    metadata.modified().ok().map(|modified| modified.max(changed))
}

/// When a file was last written; `None` when the file system does not tell.
#[cfg(not(unix))]
pub(super) fn last_change(metadata: &Metadata) -> Option<SystemTime> {
    metadata.modified().ok()
}
