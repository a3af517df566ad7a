//! Opening the repository that a command is about.

use super::exit::{Failure, Result};
use portcullis_forge::ci;
use portcullis_git::Repository;
use std::path::Path;

/// The repository whose work tree the directory is in. In a CI job it must not lie in the work tree
/// of another repository that was checked out there: a submodule, or a clone that a build made,
/// would then be judged in the place of the job's own. What lies above the job's workspace belongs
/// to the machine.
///
/// # Errors
/// There is none, or it cannot be told which one is meant.
pub fn open(directory: &Path) -> Result<Repository> {
    let repository = Repository::open(directory)?;
    match repository.outer_work_tree().filter(|outer| ci::is_ci() && is_of_job(outer)) {
        None => Ok(repository),
        Some(outer) => Err(inside_another(&repository, outer)),
    }
}

fn is_of_job(outer: &Path) -> bool {
    let workspace = ci::current_job().workspace().and_then(|place| place.canonicalize().ok());
    workspace.is_none_or(|workspace| outer.starts_with(workspace))
}

fn inside_another(repository: &Repository, outer: &Path) -> Failure {
    let place = repository.work_tree().unwrap_or(outer).display();
    Failure::environment(format!(
        "`{place}` is a repository of its own inside the work tree of another, `{}`, and a job judges the repository that it \
         checked out: start in a directory of that one, or check the other out outside of it",
        outer.display()
    ))
}
