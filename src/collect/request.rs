//! From what a command was asked to judge to the facts: a change, a batch and a deployment go the
//! same way.
//!
//! 1. [`locate_change`], or [`super::baseline::find_baseline`], finds the commits that are judged.
//! 2. The policy is read at these commits ([`super::policy_texts`]), and says what to ask.
//! 3. [`gather`] asks it.

use crate::batch::{BatchTarget, gather_batch};
use crate::deployment::{DeploymentTarget, gather_deployment};
use crate::gather::gather_change;
use crate::naming::resolve_named;
use crate::sources::{Ends, HostSession, Sources};
use portcullis_forge::ChangeRequestHost;
use portcullis_git::Repository;
use portcullis_model::change::Revision;
use portcullis_model::environment::Environment;
use portcullis_model::fact::{Gap, GapReason};
use portcullis_model::gathered::GatheredFacts;
use portcullis_model::inquiry::Inquiry;

/// What a command is asked to judge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JudgementRequest {
    /// One change request, or the change between two commits; in a job of a batch, the batch.
    Change,
    /// A deployment.
    Deployment {
        /// The environment that would be deployed to.
        environment: Environment,
        /// The branch that is deployed from, where one is named.
        branch: Option<String>,
        /// The account of who deploys, where one is named.
        deployer: Option<String>,
    },
}

/// A change, once its commits are known.
pub struct LocatedChange<'a> {
    /// The commits.
    pub ends: Ends,
    /// The host, where one takes part.
    pub session: Option<HostSession<'a>>,
}

/// What is judged, once its commits are known.
pub enum Located<'a> {
    /// A change.
    Change(Box<LocatedChange<'a>>),
    /// A batch.
    Batch(Box<BatchTarget>),
    /// A deployment.
    Deployment(Box<DeploymentTarget>),
}

/// Gathers every fact that the inquiry asks for. `progress` hears how much of a long work is done,
/// and of how much.
pub fn gather(
    inquiry: Inquiry,
    located: Located<'_>,
    sources: &Sources<'_>,
    progress: &dyn Fn(usize, usize),
) -> GatheredFacts {
    match located {
        Located::Change(change) => {
            let LocatedChange { ends, session } = *change;
            GatheredFacts::Change(Box::new(gather_change(inquiry, &ends, session.as_ref(), sources)))
        }
        Located::Batch(target) => {
            GatheredFacts::Batch(Box::new(gather_batch(&inquiry, *target, sources, progress)))
        }
        Located::Deployment(target) => {
            GatheredFacts::Deployment(Box::new(gather_deployment(&inquiry, *target, sources, progress)))
        }
    }
}

/// The names of the commits that are judged, as far as the command line or the job give any.
#[derive(Clone, Copy, Debug)]
pub struct RevisionNames<'a> {
    /// A name of the base.
    pub base: Option<&'a str>,
    /// A name of the head.
    pub head: Option<&'a str>,
    /// The commit that the verdict of the job is for.
    pub of_job: Option<&'a Revision>,
}

/// Why the commits of a change are not known.
#[derive(Debug)]
pub enum LocateError {
    /// The host does not say.
    Unseen(Gap),
    /// A name cannot be resolved.
    Unresolved(anyhow::Error),
    /// No host takes part, and the base is not named.
    NoBase,
}

/// The commits of a change: what the command line names, else what the job says, else what the host
/// says.
///
/// # Errors
/// One of them is not known.
pub fn locate_change(
    repository: &Repository,
    names: RevisionNames<'_>,
    session: Option<&HostSession<'_>>,
) -> Result<Ends, LocateError> {
    let resolve = |name: &str| resolve_named(repository, name).map_err(LocateError::Unresolved);
    let head = match (names.head, names.of_job, session) {
        (Some(name), _, _) => resolve(name),
        (None, Some(head), _) => Ok(head.clone()),
        (None, None, Some(session)) => Ok(session.request.known().map_err(LocateError::Unseen)?.head.clone()),
        (None, None, None) => resolve("HEAD"),
    };
    let base = match (names.base, session) {
        (Some(name), _) => resolve(name)?,
        (None, Some(session)) => session.branch.known().map_err(LocateError::Unseen)?.tip.clone(),
        (None, None) => return Err(LocateError::NoBase),
    };
    let target = match (session, names.base) {
        (Some(session), _) => session.request.value().map(|request| request.base_branch.clone()),
        (None, name) => name.and_then(|name| repository.branch_named(name)),
    };
    Ok(Ends { base, head: head?, target })
}

/// Does the clone hold what the host names? The host is asked after the clone was made, and its
/// branch or the request may have moved in between.
///
/// # Errors
/// A gap with the command that fetches what is missing.
pub fn check_clone(
    repository: &Repository,
    session: Option<&HostSession<'_>>,
    ends: &Ends,
) -> Result<(), Gap> {
    let Some(asked) = session.filter(|_| !repository.is_shallow()) else { return Ok(()) };
    if let Some(branch) = asked.branch.value().filter(|branch| branch.tip == ends.base)
        && repository.lacks_commit(&branch.tip)
    {
        let what = format!("commit {}, which is now the tip of {},", branch.tip, branch.name);
        let again = "What was tested with the branch as it was before still counts.";
        return Err(clone_behind(what, branch.name.as_str(), again));
    }
    if let Some(request) = asked.request.value().filter(|request| request.head == ends.head)
        && repository.lacks_commit(&request.head)
    {
        let what = format!("commit {}, which is now the head of request {},", ends.head, request.id);
        let reference = asked.on_request.and_then(ChangeRequestHost::head_reference);
        return Err(clone_behind(what, &reference.unwrap_or_default(), ""));
    }
    Ok(())
}

/// A branch whose name a shell may read otherwise is not put into a command.
fn clone_behind(what: String, reference: &str, again: &str) -> Gap {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
    let is_plain = !reference.is_empty() && reference.bytes().all(plain) && !reference.starts_with('-');
    let command =
        if is_plain { format!("`git fetch origin {reference}`") } else { "fetch the branch".to_string() };
    let detail = "this clone is older than the host's answer and does not hold it yet";
    let remedy = format!("Fetch it ({command}) and judge again. {again}");
    Gap::new(what, GapReason::MissingObject, detail, remedy.trim_end())
}
