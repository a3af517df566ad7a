//! Whether a head landed before, as a squash or a rebase.
//!
//! Such a landing names its head nowhere, so what was taken back since could land again by the old
//! review. A head lands once; to land it again takes a new commit, and a review of that.

use portcullis_collect::bare::is_explained;
use portcullis_git::Repository;
use portcullis_model::change::{ObjectName, Revision};
use portcullis_model::fact::Gap;
use portcullis_model::inquiry::Inquiry;
use portcullis_model::path::RepoPath;
use std::collections::BTreeSet;

/// Behind so many steps of the branch a head lands no more as a squash or a rebase.
const MOST_STEPS: usize = 5_000;

/// So many of the paths that land are looked for in earlier steps.
const MOST_PATHS: usize = 64;

/// A step of the branch, and what is at the paths that land.
type StepEntries = (Revision, Vec<Option<(u32, ObjectName)>>);

/// Did a step of the branch, or several in a row, land this head before it would land again between
/// `parent` and `landed`?
///
/// # Errors
/// An object cannot be read.
pub fn has_landed(
    repository: &Repository,
    head: &Revision,
    parent: &Revision,
    landed: &Revision,
) -> Result<bool, Gap> {
    let line = line_beyond(repository, head, parent)?;
    if line.len() > MOST_STEPS {
        return Ok(true);
    }
    let paths = changed_paths(repository, parent, landed)?;
    let entries = |step: Revision| {
        let all = paths.iter().map(|path| repository.entry_at(&step, path)).collect::<Result<_, _>>()?;
        Ok((step, all))
    };
    let line = line.into_iter().map(entries).collect::<Result<Vec<StepEntries>, Gap>>()?;
    let is_it = |steps: &[StepEntries]| match steps {
        [after, .., before] => after.1 != before.1 && is_explained(repository, &before.0, &after.0, head),
        _ => false,
    };
    // A squash is one step, and a rebase one for each commit but merges.
    let widths = BTreeSet::from([1, count_commits(repository, head, parent)?.max(1)]);
    Ok(widths.iter().any(|width| line.windows(width.saturating_add(1)).any(is_it)))
}

/// The steps of the branch that the head does not hold, and the one before them, newest first.
fn line_beyond(repository: &Repository, head: &Revision, tip: &Revision) -> Result<Vec<Revision>, Gap> {
    let beyond = repository.brought(&[head], tip)?;
    let (mut line, mut at) = (Vec::new(), Some(tip.clone()));
    while let Some(step) = at {
        at = match beyond.contains(&step) {
            true => repository.commit(&step)?.parents.first().cloned(),
            false => None,
        };
        line.push(step);
    }
    Ok(line)
}

fn count_commits(repository: &Repository, head: &Revision, tip: &Revision) -> Result<usize, Gap> {
    let mut count = 0;
    for commit in repository.brought(&[tip], head)? {
        count += usize::from(repository.commit(&commit)?.parents.len() < 2);
    }
    Ok(count)
}

/// May a head be what landed? Where the branch has the same already, merging the head changes
/// nothing.
///
/// # Errors
/// An object cannot be read.
pub fn may_change(
    repository: &Repository,
    head: &Revision,
    parent: &Revision,
    paths: &[RepoPath],
) -> Result<bool, Gap> {
    for path in paths {
        if repository.entry_at(head, path)? == repository.entry_at(parent, path)? {
            return Ok(false);
        }
    }
    Ok(!paths.is_empty())
}

/// Paths at which two commits differ; not all of them where there are many.
///
/// # Errors
/// An object cannot be read.
pub fn changed_paths(repository: &Repository, from: &Revision, to: &Revision) -> Result<Vec<RepoPath>, Gap> {
    let change = repository.change(from, to, &Inquiry::default());
    let entries = change.known()?.files.iter().flat_map(|file| file.entries());
    let paths: BTreeSet<RepoPath> = entries.map(|entry| entry.path.clone()).collect();
    Ok(paths.into_iter().take(MOST_PATHS).collect())
}
