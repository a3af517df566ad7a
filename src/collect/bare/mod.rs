//! A server without a host, seen from its repository or from a clone of it.
//!
//! On the server everything is read where it is. A clone knows the branches of the server by its
//! remote, and the push log and the state of the hook by the refs that the server writes: they are
//! worth what the way is worth over which they were fetched, as the branches are.

use portcullis_attest::signers::AllowedSigners;
use portcullis_forge::bare::{LoggedPush, ServerGuard, ServerView};
use portcullis_git::Repository;
use portcullis_model::change::{BranchName, Commit, Revision};
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::landing::{Candidate, Coverage, Landing};
use std::collections::BTreeMap;
use std::rc::Rc;

mod approved;
mod guard;
pub mod push_log;

pub use approved::approved_commits;
pub use guard::{SERVER_REF, ServerState, read_guard};

/// The remote whose branches are the server's.
pub const REMOTE: &str = "origin";

/// Where a repository stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standpoint {
    /// It is the server's own.
    Server,
    /// It is a clone.
    Clone,
}

impl Standpoint {
    /// A bare repository is the server's, anything else a clone of it.
    pub fn of(repository: &Repository) -> Self {
        if repository.is_bare() { Standpoint::Server } else { Standpoint::Clone }
    }

    /// The ref of a branch of the server.
    pub fn branch_ref(self, branch: &BranchName) -> String {
        match self {
            Standpoint::Server => format!("refs/heads/{branch}"),
            Standpoint::Clone => format!("refs/remotes/{REMOTE}/{branch}"),
        }
    }
}

/// What the policy at the base says of the people and rules of a server.
#[derive(Clone, Debug)]
pub struct PolicyView {
    /// The keys that count, and whose they are.
    pub signers: Fact<AllowedSigners>,
    /// The name of the project; `None` where no policy could be read.
    pub project: Option<String>,
}

/// A repository, as [`portcullis_forge::bare`] wants to see it.
pub struct RepositoryView {
    /// The repository.
    pub repository: Rc<Repository>,
    /// Where it stands.
    pub standpoint: Standpoint,
    /// What the policy says.
    pub policy: PolicyView,
    /// The push that a hook is asked about, which is in no log yet.
    pub pending: Option<LoggedPush>,
    /// The refs as the push of a hook would leave them; empty elsewhere.
    pub moved: BTreeMap<String, Option<Revision>>,
    /// The state of the server's hook.
    pub guard: Fact<ServerGuard>,
    /// How many approvals it demands of what lands on a branch.
    pub approvals: DemandedApprovals,
    /// What another log of the server has of a head; `None` where there is none.
    pub earlier: Option<EarlierPushes>,
}

/// Tells how many approvals the policy on a branch demands of every change.
pub type DemandedApprovals = Rc<dyn Fn(&BranchName) -> Fact<u64>>;

/// Finds the pushes of a head in another log than the hook's, newest first.
pub type EarlierPushes = Rc<dyn Fn(&Revision) -> Vec<LoggedPush>>;

impl ServerView for RepositoryView {
    fn name(&self) -> String {
        // The server and every clone have other directories, and one project.
        self.policy.project.clone().unwrap_or_else(|| name_of(&self.repository))
    }

    fn tip(&self, branch: &BranchName) -> Fact<Option<Revision>> {
        self.repository.ref_tip(&self.standpoint.branch_ref(branch)).into()
    }

    fn commit(&self, commit: &Revision) -> Fact<Commit> {
        self.repository.commit(commit).into()
    }

    fn approved(&self, branch: &BranchName) -> Fact<Vec<Revision>> {
        approved_commits(&self.repository, &self.moved, branch).into()
    }

    fn reaches(&self, tip: &Revision, one: &Revision) -> Fact<bool> {
        self.repository.reaches(tip, one).into()
    }

    fn explains(&self, before: &Revision, after: &Revision, head: &Revision) -> bool {
        is_explained(&self.repository, before, after, head)
    }

    fn each_push(&self, reader: &mut dyn FnMut(&LoggedPush) -> bool) -> Result<(), Gap> {
        if let Some(pending) = &self.pending
            && !reader(pending)
        {
            return Ok(());
        }
        push_log::each_push(&self.repository, reader)
    }

    fn earlier_pushes(&self, head: &Revision) -> Vec<LoggedPush> {
        self.earlier.as_ref().map_or_else(Vec::new, |earlier| earlier(head))
    }

    fn person(&self, name: &str) -> Option<String> {
        let signers = self.policy.signers.value()?;
        signers.person(name).map(|person| person.as_str().to_string())
    }

    fn guard(&self) -> Fact<ServerGuard> {
        self.guard.clone()
    }

    fn approvals(&self, branch: &BranchName) -> Fact<u64> {
        (self.approvals)(branch)
    }
}

/// Is what lies between two commits what merging, squashing or rebasing a head gives, and nothing
/// else?
pub fn is_explained(repository: &Repository, before: &Revision, after: &Revision, head: &Revision) -> bool {
    matches!(
        prove_landing(repository, before, after, head),
        Coverage::Identity(_) | Coverage::Replay(_) | Coverage::Rebase(_)
    )
}

/// What of a landing a head explains.
pub fn prove_landing(
    repository: &Repository,
    before: &Revision,
    after: &Revision,
    head: &Revision,
) -> Coverage {
    let candidates = vec![Candidate { request: 0.into(), head: head.clone() }];
    let landing = Landing { parent: before.clone(), landed: after.clone(), candidates };
    let mut found = None;
    if repository.has_commit(head) {
        repository.prove_landings(&[landing], |_, coverage, _| found = Some(coverage));
    }
    let unseen = || Gap::not_asked(format!("what {} explains", head.short()), "Push the head to the server.");
    found.unwrap_or_else(|| Coverage::Unverifiable(unseen()))
}

/// The name of a repository for people: that of its directory.
fn name_of(repository: &Repository) -> String {
    let place = repository.work_tree().unwrap_or_else(|| repository.git_directory());
    let place = place.canonicalize().unwrap_or_else(|_| place.to_path_buf());
    let name = place.file_name().map(|name| name.to_string_lossy().into_owned());
    name.unwrap_or_else(|| "repository".to_string())
}

/// A gap about a file that the server writes below its own refs.
fn malformed_file(reference: &str, commit: &Revision, problem: &str) -> Gap {
    Gap::new(
        format!("`{reference}` at {}", commit.short()),
        GapReason::Malformed,
        problem,
        "Find out on the server who changed the ref, and restore it from a clone that has it.",
    )
}
