//! Opening the repository that a command is about.

use super::actions;
use super::exit::Result;
use crate::collect::git::Repository;
use std::path::Path;

/// The repository whose work tree the directory is in.
///
/// # Errors
/// There is none, or it cannot be told which one is meant.
pub fn open(directory: &Path) -> Result<Repository> {
    let _ = actions::workspace();
    Ok(Repository::open(directory)?)
}
