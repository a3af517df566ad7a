//! Which repository a directory belongs to: the one whose work tree it is in.
//!
//! git also takes a directory that looks like a bare repository for one, wherever it lies; and such
//! a directory is plain files, which a change can bring. So a bare repository counts only where no
//! work tree is around it, as with `safe.bareRepository=explicit` of git-config(1). A `.git` of its
//! own inside another's work tree is not what a change can bring, but what its build can make: over
//! files that the outer repository tracks it is refused, and elsewhere it is told to the caller,
//! see [`DiscoveredRepository::outer`].
//!
//! `GIT_DIR` and the other variables of git's discovery are not looked at.

use crate::explain_open;
use anyhow::{Result, anyhow};
use git2::{RepositoryOpenFlags, TreeWalkMode, TreeWalkResult};
use std::fs;
use std::path::{Path, PathBuf};

/// The repository that a directory belongs to.
pub struct DiscoveredRepository {
    /// It, open.
    pub git: git2::Repository,
    /// The root of its work tree; `None` when it has none.
    pub checkout: Option<PathBuf>,
    /// The root of the work tree of another repository that it lies in, nearest first. A linked
    /// work tree of the same repository is not another.
    pub outer: Option<PathBuf>,
}

/// Finds and opens it, upward from `start`.
///
/// # Errors
/// There is none, it cannot be read, or it cannot be told from another's files.
pub fn discover_repository(start: &Path) -> Result<DiscoveredRepository> {
    let Ok(from) = start.canonicalize() else { return Err(no_repository(start)) };
    let checkout = on_one_file_system(&from).find(|place| has_dot_git(place));
    if let Some(checkout) = checkout {
        let git = open_work_tree(start, checkout)?;
        let outer = outer_of(&git, checkout)?;
        return Ok(DiscoveredRepository { git, checkout: Some(checkout.to_path_buf()), outer });
    }
    let bare = on_one_file_system(&from)
        .find(|place| is_git_directory(place))
        .ok_or_else(|| no_repository(start))?;
    if let Some(outer) = bare.ancestors().find(|place| has_dot_git(place)) {
        return Err(bare_inside(bare, outer));
    }
    let git = open_exactly(start, bare, RepositoryOpenFlags::NO_SEARCH | RepositoryOpenFlags::NO_DOTGIT)?;
    Ok(DiscoveredRepository { git, checkout: None, outer: None })
}

/// Exactly there, and nowhere above.
fn open_exactly(start: &Path, place: &Path, flags: RepositoryOpenFlags) -> Result<git2::Repository> {
    git2::Repository::open_ext(place, flags, &[] as &[&Path]).map_err(|error| explain_open(start, &error))
}

/// By its `.git`. Where libgit2 finds nothing there it takes the directory itself for a bare
/// repository; we do not.
fn open_work_tree(start: &Path, root: &Path) -> Result<git2::Repository> {
    let git = open_exactly(start, root, RepositoryOpenFlags::NO_SEARCH)?;
    match git.path().canonicalize() {
        Ok(place) if place != root => Ok(git),
        _ => Err(anyhow!("`{}` is no repository that can be read", root.join(".git").display())),
    }
}

fn no_repository(start: &Path) -> anyhow::Error {
    explain_open(start, &git2::Error::new(git2::ErrorCode::NotFound, git2::ErrorClass::Repository, ""))
}

fn bare_inside(bare: &Path, outer: &Path) -> anyhow::Error {
    anyhow!(
        "`{}` looks like a bare repository inside the work tree `{}`, whose files may have brought it: start in the work tree \
         that is to be judged",
        bare.display(),
        outer.display()
    )
}

/// The directory and those above it, up to where another file system begins, as git looks for
/// repositories.
fn on_one_file_system(from: &Path) -> impl Iterator<Item = &Path> {
    let device = device_of(from);
    from.ancestors().take_while(move |place| self::device_of(place) == device)
}

#[cfg(unix)]
fn device_of(place: &Path) -> Option<u64> {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata(place).ok().map(|metadata| metadata.dev())
}

#[cfg(not(unix))]
fn device_of(_: &Path) -> Option<u64> {
    None
}

/// A file `.git` (gitrepository-layout(5)) or a directory `.git` that is a repository. An empty one
/// is passed over, as by git.
fn has_dot_git(place: &Path) -> bool {
    let entry = place.join(".git");
    match fs::metadata(&entry) {
        Ok(metadata) if metadata.is_dir() => is_git_directory(&entry),
        Ok(_) => true,
        Err(_) => false,
    }
}

/// What git takes for the directory of a repository: `HEAD`, and objects and refs here or where
/// `commondir` says.
fn is_git_directory(place: &Path) -> bool {
    fs::symlink_metadata(place.join("HEAD")).is_ok()
        && (place.join("commondir").exists()
            || (place.join("objects").exists() && place.join("refs").exists()))
}

/// The nearest work tree of another repository around this one.
fn outer_of(git: &git2::Repository, checkout: &Path) -> Result<Option<PathBuf>> {
    let mut nearest = None;
    for outer in checkout.ancestors().skip(1).filter(|place| has_dot_git(place)) {
        let other =
            open_work_tree(outer, outer).map_err(|error| unreadable_outer(checkout, outer, &error))?;
        let below = checkout.strip_prefix(outer).map_err(|_| no_repository(checkout))?;
        if tracks_below(&other, below).map_err(|error| unreadable_outer(checkout, outer, &anyhow!(error)))? {
            return Err(over_files(checkout, outer));
        }
        if !is_same(git, &other) && nearest.is_none() {
            nearest = Some(outer.to_path_buf());
        }
    }
    Ok(nearest)
}

fn is_same(one: &git2::Repository, other: &git2::Repository) -> bool {
    let place = |git: &git2::Repository| git.commondir().canonicalize().ok();
    place(one).is_some_and(|here| place(other) == Some(here))
}

/// Does a repository track files at or below this path, in its index or at its `HEAD`? A submodule
/// that it registers there is no file of its.
fn tracks_below(git: &git2::Repository, below: &Path) -> std::result::Result<bool, git2::Error> {
    Ok(in_index(git, below) || at_head(git, below)?)
}

/// An index that cannot be read says nothing; `HEAD` is asked too.
fn in_index(git: &git2::Repository, below: &Path) -> bool {
    let Ok(index) = git.index() else { return false };
    let prefix = [&path_bytes(below)[..], b"/"].concat();
    let start = index.find_prefix(below).unwrap_or(index.len());
    let near = (start..index.len()).map_while(|at| index.get(at));
    let mut near = near.take_while(|entry| entry.path.starts_with(&prefix[..prefix.len() - 1]));
    near.any(|entry| entry.path.starts_with(&prefix))
}

#[cfg(unix)]
fn path_bytes(path: &Path) -> Vec<u8> {
    std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str()).to_vec()
}

#[cfg(not(unix))]
fn path_bytes(path: &Path) -> Vec<u8> {
    path.to_string_lossy().replace('\\', "/").into_bytes()
}

fn at_head(git: &git2::Repository, below: &Path) -> std::result::Result<bool, git2::Error> {
    let head = match git.head() {
        Ok(head) => head.peel_to_tree()?,
        // No commit yet.
        Err(error) if [git2::ErrorCode::UnbornBranch, git2::ErrorCode::NotFound].contains(&error.code()) => {
            return Ok(false);
        }
        Err(error) => return Err(error),
    };
    match head.get_path(below) {
        Ok(entry) => match entry.kind() {
            Some(git2::ObjectType::Tree) => holds_a_file(git, &entry),
            Some(git2::ObjectType::Commit) => Ok(false),
            _ => Ok(true),
        },
        Err(error) if error.code() == git2::ErrorCode::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// A directory with anything in it: also one that only leads to submodules is the outer
/// repository's.
fn holds_a_file(
    git: &git2::Repository,
    entry: &git2::TreeEntry<'_>,
) -> std::result::Result<bool, git2::Error> {
    let tree = git.find_tree(entry.id())?;
    let mut any = false;
    let walked = tree.walk(TreeWalkMode::PreOrder, |_, entry| {
        any = entry.kind() != Some(git2::ObjectType::Tree);
        if any { TreeWalkResult::Abort } else { TreeWalkResult::Ok }
    });
    if any { Ok(true) } else { walked.map(|()| false) }
}

fn over_files(checkout: &Path, outer: &Path) -> anyhow::Error {
    anyhow!(
        "`{}` has a repository of its own, over files that the repository of `{}` tracks, so it cannot be told which one is \
         meant: remove `{}`, which something made after the checkout",
        checkout.display(),
        outer.display(),
        checkout.join(".git").display()
    )
}

fn unreadable_outer(checkout: &Path, outer: &Path, error: &anyhow::Error) -> anyhow::Error {
    anyhow!(
        "`{}` lies in the work tree `{}`, whose repository cannot be read ({error:#}), so it cannot be told whose files these \
         are: judge a clone outside of it",
        checkout.display(),
        outer.display()
    )
}
