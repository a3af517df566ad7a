//! The git half of the deployment gate: which landings lie between two commits, and what of each is explained.
//!
//! | file | holds |
//! | --- | --- |
//! | `line` | the steps of a branch between two commits |
//! | `coverage` | a landing and the candidates that may explain it, also with clean merges of the base in them |
//! | `merge`, `moves` | the first engine: trees, and files that moved |
//! | `merge_text`, `lines` | merging contents, and the line differences it rests on |
//! | `second` | the second engine: libgit2, in memory |
//! | `build`, `store` | trees made and trees kept |
//! | `tried` | what was tried in vain |
//! | `residual`, `patch` | what is left: its places, and its text |
//! | `paths` | the paths that landings change |

use super::Repository;
use super::object::{Objects, oid};
use crate::model::change::{Revision, Updates};
use crate::model::fact::{Fact, Gap};
use crate::model::landing::{Coverage, Landing, Miss, Span};
use crate::model::patch::Patch;
use crate::model::path::RepoPath;
use crate::model::reach::Reach;
use git2::Oid;

mod build;
mod coverage;
mod line;
mod lines;
mod merge;
mod merge_text;
mod moves;
mod patch;
mod paths;
mod residual;
mod second;
mod store;
mod tried;

pub use line::Place;

impl Repository {
    /// How `head` lies to `baseline`, with every step of the branch between them.
    pub fn span(&self, baseline: &Revision, head: &Revision) -> Fact<Span> {
        let read = || {
            let objects = self.trusted_objects()?;
            line::span(&objects, oid(baseline.as_str())?, oid(head.as_str())?)
        };
        read().into()
    }

    /// The paths in which each pair of commits differs, as far as `reach` goes: `each` gets the number of the pair.
    /// Moves are not looked for; old and new path both count.
    pub fn changed_paths(
        &self,
        pairs: &[(Revision, Revision)],
        reach: &Reach,
        mut each: impl FnMut(usize, Fact<Vec<RepoPath>>),
    ) {
        let objects = self.trusted_objects();
        let store = objects.as_ref().map(store::Store::new);
        for (number, (old, new)) in pairs.iter().enumerate() {
            let read = || {
                let store = store.as_ref().map_err(|gap| (*gap).clone())?;
                let tree = |name: &Revision| store.objects.tree_of(oid(name.as_str())?);
                paths::changed(store, tree(old)?, tree(new)?, reach)
            };
            each(number, read().into());
        }
    }

    /// What of each landing is explained by its candidates: `each` gets the number of the landing, and its coverage.
    pub fn coverage(&self, landings: &[Landing], mut each: impl FnMut(usize, Coverage)) {
        self.proofs(landings, |number, coverage, _| each(number, coverage));
    }

    /// The same, with what was tried in vain.
    pub fn proofs(&self, landings: &[Landing], mut each: impl FnMut(usize, Coverage, Vec<Miss>)) {
        match self.trusted_objects() {
            Ok(objects) => {
                let mut prover = coverage::Prover::new(&objects);
                for (number, landing) in landings.iter().enumerate() {
                    let coverage = prover.cover(landing);
                    each(number, coverage, prover.misses());
                }
            }
            Err(gap) => {
                let unseen = || Coverage::Unverifiable(gap.clone());
                (0..landings.len()).for_each(|number| each(number, unseen(), Vec::new()));
            }
        }
    }

    /// The residual of a landing with the text of its lines; `None` when it has none.
    ///
    /// # Errors
    /// An object is missing or cannot be trusted.
    pub fn residual(&self, landing: &Landing) -> Result<Option<Patch>, Gap> {
        let objects = self.trusted_objects()?;
        let mut prover = coverage::Prover::new(&objects);
        match prover.cover(landing) {
            Coverage::Unverifiable(gap) => Err(gap),
            _ => prover.left().map(|left| patch::patch(&objects, left)).transpose(),
        }
    }

    /// Where a commit stands on the branch with this tip; `None` when the branch does not hold it.
    ///
    /// # Errors
    /// An object is missing or cannot be trusted.
    pub fn place(&self, tip: &Revision, commit: &Revision) -> Result<Option<Place>, Gap> {
        let objects = self.trusted_objects()?;
        line::place(&objects, oid(tip.as_str())?, oid(commit.as_str())?)
    }
}

/// What a head is, but for clean merges of the base into it.
pub fn updates(objects: &Objects<'_>, base: Oid, head: Oid) -> Updates {
    coverage::Prover::new(objects).updates(base, head)
}

#[cfg(test)]
mod tests;
