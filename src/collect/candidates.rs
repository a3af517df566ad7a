//! What might explain a landing.

use portcullis_git::Repository;
use portcullis_model::change::Revision;
use portcullis_model::fact::Gap;
use portcullis_model::facts::Facts;
use portcullis_model::landing::Candidate;

/// The requests that were seen.
pub(super) fn candidates_in(requests: &[Facts]) -> Vec<Candidate> {
    let seen = requests.iter().filter_map(|facts| facts.host.request.value());
    seen.map(|request| Candidate { request: request.id.clone(), head: request.head.clone() }).collect()
}

/// The other parents of a merge, as what might explain it: no host was asked which requests they
/// belong to, so they are numbered as parents are.
pub(super) fn merged_parents(repository: &Repository, landed: &Revision) -> Result<Vec<Candidate>, Gap> {
    let parents = repository.commit(landed)?.parents;
    let numbered = parents.into_iter().zip(1_u64..).skip(1);
    Ok(numbered.map(|(head, number)| Candidate { request: number.into(), head }).collect())
}
