//! Since when has the work tree been what it is?
//!
//! What can be trusted here is the clock of this machine, as its file system writes it down: when each file of the commit was
//! written (a checkout writes those that it changes), and when HEAD came to name its commit. The index is not asked, because
//! `git status` writes it anew; nor is the commit, whose date is the clock of another machine.
//!
//! HEAD itself is a file that each checkout writes. On a branch, a commit writes the file of the branch. Where git has packed that
//! away (`git gc`), the branch is no younger than `packed-refs` and than the last entry of HEAD's log.

use crate::collect::git::Repository;
use crate::model::evidence::Settled;
use crate::model::path::RepoPath;
use jiff::Timestamp;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

impl Repository {
    /// The last of what made the work tree what it is; `None` when git's files do not tell when HEAD came to its commit.
    pub(super) fn settled(&self, newest: Option<(SystemTime, RepoPath)>) -> Option<Settled> {
        let moved = Settled { at: self.head_moved()?, by: "HEAD came to this commit".to_string() };
        let Some((at, path)) = newest else { return Some(moved) };
        let written = Settled { at: Timestamp::try_from(at).ok()?, by: format!("{path} was written") };
        Some(if written.at > moved.at { written } else { moved })
    }

    /// When HEAD came to name the commit that it names; `None` when git's files do not tell.
    pub fn head_moved(&self) -> Option<Timestamp> {
        let head = written(&self.git.path().join("HEAD"))?;
        let reference = self.git.find_reference("HEAD").ok()?;
        let Ok(Some(branch)) = reference.symbolic_target() else { return Some(head) };
        let common = self.git.commondir();
        let came = written(&common.join(branch)).or_else(|| self.packed(common))?;
        Some(head.max(came))
    }

    fn packed(&self, common: &Path) -> Option<Timestamp> {
        let packed = written(&common.join("packed-refs"))?;
        let log = self.git.reflog("HEAD").ok();
        let last = log.as_ref().and_then(|log| Some(log.get(0)?.committer().when().seconds()));
        let last = last.and_then(|seconds| Timestamp::from_second(seconds).ok());
        Some(last.map_or(packed, |last| last.min(packed)))
    }
}

fn written(file: &Path) -> Option<Timestamp> {
    let modified = fs::symlink_metadata(file).and_then(|metadata| metadata.modified()).ok()?;
    Timestamp::try_from(modified).ok()
}
