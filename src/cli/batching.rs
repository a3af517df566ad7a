//! The batch that a job is of: from the tip of its branch, as the host has it, to the commit that
//! the verdict is shown on.

use super::exit::Failure;
use super::meant::CommitsQuestion;
use super::stop::Stop;
use portcullis_collect::batch::BatchTarget;
use portcullis_collect::request::{LocateError, RevisionNames, check_clone, locate_change};
use portcullis_collect::sources::HostSession;
use portcullis_model::change::{BranchName, Revision};
use portcullis_model::decision::Judged;
use portcullis_model::fact::{Fact, Gap};

/// The batch of the job; `None` where the job is of none.
///
/// # Errors
/// Its commits are not known, or are not those that the verdict is shown on.
pub fn locate(question: &CommitsQuestion<'_>) -> Result<Option<BatchTarget>, Stop> {
    let (place, forge) = (question.meant.place.as_ref(), question.forge);
    let Some((place, batch)) = place.and_then(|place| Some((place, place.batch.as_ref()?))) else {
        return Ok(None);
    };
    let forge = forge.ok_or_else(|| Failure::usage("only its host knows the requests of a batch"))?;
    let branch = forge.branch(&batch.branch);
    let request = Fact::Gap(Gap::not_asked("one change request", "a batch has several"));
    let session = HostSession { forge, on_request: None, request, branch };
    let (subject, head) = (question.subject, &place.commit);
    let names =
        RevisionNames { base: subject.base.as_deref(), head: subject.head.as_deref(), of_job: Some(head) };
    let unseen = |gap, base: Option<&Revision>| Stop::Gap(Box::new(judged(&batch.branch, base, head)), gap);
    let ends = locate_change(question.repository, names, Some(&session)).map_err(|error| match error {
        LocateError::Unseen(gap) => unseen(gap, None),
        LocateError::Unresolved(error) => Stop::from(error),
        LocateError::NoBase => {
            Stop::from(Failure::usage("name the tip of the branch that would receive the change: --base REV"))
        }
    })?;
    let checked = place.check_head(&ends.head);
    let checked = checked.and_then(|()| check_clone(question.repository, Some(&session), &ends));
    checked.map_err(|gap| unseen(gap, Some(&ends.base)))?;
    let (name, branch, request) = (batch.branch.clone(), session.branch, batch.request.clone());
    Ok(Some(BatchTarget { name, branch, ends, request }))
}

/// What a decision says of a batch before the policy is known.
pub fn judged(branch: &BranchName, base: Option<&Revision>, head: &Revision) -> Judged {
    let (branch, base, head) = (Some(branch.clone()), base.cloned(), Some(head.clone()));
    Judged { branch, base, head, ..Judged::default() }
}
