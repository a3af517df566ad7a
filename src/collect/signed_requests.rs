//! Which requests brought the steps of a branch, where no host knows any: heads that somebody
//! approved for the branch, and the other parents of merges.
//!
//! This only says what to try. That the content is theirs is proved, and whether their approvals
//! count is judged, as for the requests of a host.

use crate::signed_reviews::{approved_heads, review_refs};
use crate::sources::Sources;
use portcullis_git::Repository;
use portcullis_model::change::{BranchName, Revision};
use portcullis_model::fact::Gap;
use portcullis_model::id::RequestId;
use portcullis_model::inquiry::Inquiry;
use portcullis_model::path::RepoPath;
use std::collections::{BTreeMap, BTreeSet};

/// Heads that somebody approved for a branch.
pub struct SignedRequests {
    heads: Vec<ApprovedHead>,
}

struct ApprovedHead {
    head: Revision,
    /// The commits that it brings to the base that its reviewer saw.
    brings: BTreeSet<Revision>,
    /// The paths that it changes.
    paths: BTreeSet<RepoPath>,
}

impl SignedRequests {
    /// Every head that a chain approves for this branch, and that is here. No signature is looked
    /// at.
    ///
    /// # Errors
    /// The refs cannot be read, or an object is missing.
    pub fn read(sources: &Sources<'_>, inquiry: &Inquiry, branch: &BranchName) -> Result<Self, Gap> {
        let Some(asked) = &inquiry.signed else { return Ok(SignedRequests { heads: Vec::new() }) };
        let repository = sources.repository;
        let mut bases: BTreeMap<Revision, Revision> = BTreeMap::new();
        for (name, tip) in review_refs(repository, &sources.review_refs.moved)? {
            for (head, base) in approved_heads(repository, &name, &tip, &asked.project, branch) {
                bases.entry(head).or_insert(base);
            }
        }
        let here = |commit: &Revision| repository.has_commit(commit);
        let heads = bases.into_iter().filter(|(head, base)| here(head) && here(base));
        let heads = heads.map(|(head, base)| approved_head(repository, head, &base));
        Ok(SignedRequests { heads: heads.collect::<Result<_, _>>()? })
    }

    /// What may have brought a step; `line` holds the steps of the branch.
    ///
    /// # Errors
    /// An object is missing or cannot be trusted.
    pub fn of_step(
        &self,
        repository: &Repository,
        step: &Revision,
        line: &BTreeSet<Revision>,
    ) -> Result<BTreeSet<RequestId>, Gap> {
        let name = |commit: &Revision| RequestId::Name(commit.to_string());
        let parents = repository.commit(step)?.parents;
        if parents.len() > 1 {
            return Ok(parents.iter().skip(1).map(name).collect());
        }
        // A head that became the branch itself brought every step since the base of its review; of
        // several the one that brought most.
        let as_it_is = self.heads.iter().filter(|one| line.contains(&one.head) && one.brings.contains(step));
        if let Some(one) = as_it_is.max_by_key(|one| one.brings.len()) {
            return Ok(BTreeSet::from([name(&one.head)]));
        }
        let Some(parent) = parents.first() else { return Ok(BTreeSet::new()) };
        let paths = changed_paths(repository, parent, step)?;
        let squashed = self.heads.iter().filter(|one| !line.contains(&one.head) && one.paths == paths);
        Ok(squashed.map(|one| name(&one.head)).collect())
    }
}

fn approved_head(repository: &Repository, head: Revision, base: &Revision) -> Result<ApprovedHead, Gap> {
    let brings = repository.brought(&[base], &head)?;
    let paths = changed_paths(repository, base, &head)?;
    Ok(ApprovedHead { head, brings, paths })
}

fn changed_paths(
    repository: &Repository,
    base: &Revision,
    head: &Revision,
) -> Result<BTreeSet<RepoPath>, Gap> {
    let change = repository.change(base, head, &Inquiry::default());
    let change = change.known()?;
    Ok(change.files.iter().flat_map(|file| file.entries()).map(|entry| entry.path.clone()).collect())
}
