//! Names of commits on a command line.

use portcullis_forge::ci;
use portcullis_git::Repository;
use portcullis_model::change::Revision;

/// The commit that a command line names. In a job, whose clone may lack what is meant, only by its
/// whole name.
///
/// # Errors
/// It names no commit, or more than one.
pub fn resolve_named(repository: &Repository, name: &str) -> anyhow::Result<Revision> {
    if ci::is_ci() { repository.resolve(name) } else { repository.resolve_short(name) }
}
