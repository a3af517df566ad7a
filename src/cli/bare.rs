//! `--host bare`: a change to a server without a host, on the server or in a clone of it.

use super::exit::{Failure, Result};
use super::hook::in_force::{InForce, approvals_at, view_at};
use super::hook::{gitolite, state};
use super::hosts::MeantHost;
use super::{HostName, SubjectArguments, opening};
use portcullis_attest::signers::AllowedSigners;
use portcullis_collect::bare::push_log::logged_tips;
use portcullis_collect::bare::{DemandedApprovals, PolicyView, RepositoryView, Standpoint, read_guard};
use portcullis_forge::Forge;
use portcullis_forge::bare::{BareRequestId, BareServer, KIND};
use portcullis_git::Repository;
use portcullis_model::change::{BranchName, Revision};
use portcullis_model::fact::{Fact, Gap};
use portcullis_model::id::RequestId;
use portcullis_model::signed::REVIEWS_PREFIX;
use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;

/// Is such a server named?
pub fn is_meant(subject: &SubjectArguments) -> bool {
    matches!(subject.host, Some(HostName::Kind(kind)) if *kind == KIND)
}

/// The server with a change to it; `None` where the arguments mean another host.
///
/// # Errors
/// The branch is not named, or the head cannot be found.
pub fn change_on_server(repository: &Repository, subject: &SubjectArguments) -> Result<Option<MeantHost>> {
    if !is_meant(subject) {
        return match subject.onto {
            Some(_) => Err(Failure::usage("--onto needs --host bare")),
            None => Ok(None),
        };
    }
    let request = match (&subject.request, &subject.onto) {
        (Some(request), None) => KIND.read_request(request)?,
        (None, Some(onto)) => {
            let head = repository.resolve(subject.head.as_deref().unwrap_or("HEAD"))?;
            BareRequestId { target: BranchName::new(onto), head }.name()
        }
        (Some(_), Some(_)) => {
            return Err(Failure::usage("--request names the branch already: leave out --onto"));
        }
        (None, None) => {
            return Err(Failure::usage(
                "name the branch that would receive the change: --host bare --onto BRANCH, and --head REV for \
                 another change than what is checked out",
            ));
        }
    };
    Ok(Some(server_of(subject, Some(request))))
}

/// The server, and the request on it.
pub fn server_of(subject: &SubjectArguments, request: Option<RequestId>) -> MeantHost {
    let repository = subject.repository.clone().unwrap_or_else(|| ".".to_string());
    MeantHost { kind: &KIND, repository, request }
}

/// The server as the repository that `directory` is in shows it; `None` where another host is
/// meant. The policy counts as it is at the tip of the branch, or at what would be deployed.
///
/// # Errors
/// The repository cannot be read.
pub fn open_server(
    directory: &Path,
    host: &MeantHost,
    candidate: Option<&Revision>,
) -> Result<Option<Box<dyn Forge>>> {
    if *host.kind != KIND {
        return Ok(None);
    }
    let repository = opening::open(directory)?;
    let standpoint = Standpoint::of(&repository);
    let id = host.request.as_ref().and_then(|id| BareRequestId::read(&id.to_string()));
    let tip = id.and_then(|id| repository.ref_tip(&standpoint.branch_ref(&id.target)).ok().flatten());
    let policy = match candidate.or(tip.as_ref()) {
        Some(at) => view_at(&repository, at),
        None => PolicyView { signers: Fact::Known(AllowedSigners::default()), project: None },
    };
    let guard = match standpoint {
        Standpoint::Server => {
            let branches = InForce::read(&repository).and_then(|it| it.deployment_refs(&repository));
            Fact::Known(state::see_guard(&repository, &branches.unwrap_or_default()))
        }
        Standpoint::Clone => read_guard(&repository).into(),
    };
    let earlier = gitolite::earlier_pushes(&repository);
    let (repository, moved) = (Rc::new(repository), BTreeMap::new());
    let approvals = demanded_approvals(&repository, standpoint, candidate.or(tip.as_ref()));
    let view =
        RepositoryView { repository, standpoint, policy, pending: None, moved, guard, approvals, earlier };
    Ok(Some(Box::new(BareServer::over(view))))
}

/// How many approvals the hook demands: by the policy at this commit, or else at the tip that the
/// server's branch has, whatever is checked out here.
fn demanded_approvals(
    repository: &Rc<Repository>,
    standpoint: Standpoint,
    at: Option<&Revision>,
) -> DemandedApprovals {
    let (repository, at) = (Rc::clone(repository), at.cloned());
    let of_branch = move |branch: &BranchName| {
        let name = standpoint.branch_ref(branch);
        let tip = if at.is_some() { at.clone() } else { repository.ref_tip(&name)? };
        let tip = tip.ok_or_else(|| {
            Gap::not_asked(
                format!("the policy on {branch}"),
                "Fetch the branch of the server, and look again.",
            )
        })?;
        approvals_at(&repository, &tip)
    };
    Rc::new(move |branch| of_branch(branch).into())
}

/// The tips of reviews that the push log has, for a clone of a server: what it did not fetch, or
/// has in an older state, hides something. On the server itself the hook keeps the chains whole.
pub fn logged_reviews(repository: &Repository, forge: Option<&dyn Forge>) -> BTreeMap<String, Revision> {
    let is_clone = Standpoint::of(repository) == Standpoint::Clone;
    match forge.is_some_and(|forge| forge.kind() == KIND.name) && is_clone {
        true => logged_tips(repository, REVIEWS_PREFIX),
        false => BTreeMap::new(),
    }
}
