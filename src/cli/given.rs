//! A policy that is named on the command line.
//!
//! What lies in the work tree says what the change, or anything that ran in it, wants it to say. So
//! a path inside of it means the file at this path of the base commit, like the policy that is
//! found without a name; what lies there now is only compared. That holds for every way to such a
//! path: over `..`, over a link, in the directory of git, in another work tree of the same
//! repository. A policy that is kept elsewhere is read as it is.

use super::exit::{Failure, Result};
use super::policy_file::POLICY;
use portcullis_collect::sources::Ends;
use portcullis_git::Repository;
use portcullis_model::path::RepoPath;
use std::collections::VecDeque;
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

/// How many links one path may lead over (as many as Linux follows).
const LINKS: usize = 40;

/// Where a policy is that was named.
#[derive(Debug, PartialEq, Eq)]
pub enum GivenPlace {
    /// Outside of the repository.
    Elsewhere,
    /// At this path of the work tree.
    Inside(RepoPath),
}

/// Where the file is.
///
/// # Errors
/// It is reached by something of the repository that no commit vouches for: a link, the directory
/// of git, another work tree.
pub fn place_of(repository: &Repository, directory: &Path, file: &Path) -> Result<GivenPlace> {
    let root = repository.work_tree().and_then(|root| root.canonicalize().ok());
    let refuse = |what: &str| {
        Err(Failure::policy(format!(
            "the policy {} is {what}; leave out --policy to judge by {POLICY} at the base, or keep the policy outside of the \
             repository",
            file.display()
        )))
    };
    let ours = |path: &Path| {
        root.as_ref().is_some_and(|root| path.starts_with(root)) || repository.is_own_place(path)
    };
    let Ok(found) = follow_links(directory, file, &ours) else {
        return refuse("reached over a link in the repository, which no commit vouches for");
    };
    match root.as_ref().and_then(|root| found.strip_prefix(root).ok()).and_then(in_repository) {
        Some(path) => Ok(GivenPlace::Inside(path)),
        None if ours(&found) => refuse("in the directory of git, or in another work tree of the repository"),
        None => Ok(GivenPlace::Elsewhere),
    }
}

/// What the work tree has at the path has to be what the base has, if it has anything.
///
/// # Errors
/// It is something else, or the base has nothing there.
pub fn check_agreement(directory: &Path, file: &Path, ends: &Ends, committed: Option<&str>) -> Result<()> {
    let (name, at) = (file.display(), ends.base.short());
    let Some(committed) = committed else {
        return Err(Failure::policy(format!(
            "the policy {name} is a file of the work tree and is not in the base commit {at}, so anything that ran here may \
             have written it; leave out --policy to judge by {POLICY} at the base, or keep the policy outside of the repository"
        )));
    };
    match std::fs::read(directory.join(file)) {
        Ok(bytes) if bytes != committed.as_bytes() && !is_with_carriage_returns(&bytes, committed) => {
            Err(Failure::policy(format!(
                "the policy {name} is a file of the change that it would judge, and differs from the one at the base commit {at}; leave \
             out --policy to judge by {POLICY} at the base, or keep the policy outside of the repository"
            )))
        }
        Ok(_) | Err(_) => Ok(()),
    }
}

/// As git writes it where line ends are CRLF (`core.autocrlf`, `eol=crlf`).
fn is_with_carriage_returns(bytes: &[u8], committed: &str) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| text.replace("\r\n", "\n") == committed)
}

/// A link of ours.
struct OwnLink;

/// Where a path leads, one link after the other. What is not there, or what only the system can
/// follow, is taken by its name.
fn follow_links(
    directory: &Path,
    file: &Path,
    ours: &dyn Fn(&Path) -> bool,
) -> std::result::Result<PathBuf, OwnLink> {
    let directory = directory.canonicalize().unwrap_or_else(|_| directory.to_path_buf());
    let mut ahead = split_path(file);
    let mut at = directory;
    let mut links = 0;
    while let Some(part) = ahead.pop_front() {
        let here = match part {
            PathPart::Root(root) => {
                at = root;
                continue;
            }
            PathPart::Up => {
                at.pop();
                continue;
            }
            PathPart::Down(name) => at.join(name),
        };
        match std::fs::read_link(&here) {
            Ok(_) if ours(&here) => return Err(OwnLink),
            Ok(target) if links < LINKS => {
                links += 1;
                split_path(&target).into_iter().rev().for_each(|part| ahead.push_front(part));
            }
            Ok(_) | Err(_) => at = here,
        }
    }
    Ok(at)
}

enum PathPart {
    Root(PathBuf),
    Up,
    Down(OsString),
}

fn split_path(path: &Path) -> VecDeque<PathPart> {
    let mut root = PathBuf::new();
    let mut parts = VecDeque::new();
    for component in path.components() {
        match component {
            Component::Prefix(_) | Component::RootDir => root.push(component),
            Component::CurDir => {}
            Component::ParentDir => parts.push_back(PathPart::Up),
            Component::Normal(name) => parts.push_back(PathPart::Down(name.to_os_string())),
        }
    }
    if !root.as_os_str().is_empty() {
        parts.push_front(PathPart::Root(root));
    }
    parts
}

fn in_repository(path: &Path) -> Option<RepoPath> {
    let parts: Vec<&[u8]> = path.components().map(|part| part.as_os_str().as_encoded_bytes()).collect();
    (!parts.is_empty()).then(|| RepoPath::new(parts.join(&b'/')))
}
