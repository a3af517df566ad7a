//! Hosts of repositories, behind one trait; one folder for each.

use crate::model::change::{BranchName, Commit, Revision};
use crate::model::deployment::HostDeployment;
use crate::model::environment::Environment;
use crate::model::fact::Fact;
use crate::model::facts::HostFacts;
use crate::model::inquiry::Inquiry;
use crate::model::landing::BranchPush;
use crate::model::person::TeamName;
use crate::model::protection::Branch;
use crate::model::review::ChangeRequest;
use std::collections::BTreeSet;

pub mod github;

/// A host, asked about one change request.
pub trait Host {
    /// The same host, asked about another request.
    fn about(&self, request: u64) -> Box<dyn Host>;

    /// The request itself; asked first, because it names the base and the head.
    fn request(&self) -> Fact<ChangeRequest>;

    /// The requests that brought a commit to a branch, by their numbers. Whether they did is then proved by content.
    fn landed(&self, commit: &Revision, branch: &BranchName) -> Fact<BTreeSet<u64>>;

    /// A branch and its tip.
    fn branch(&self, name: &BranchName) -> Fact<Branch>;

    /// The pushes to a branch, newest first: back to those that left it at each of some commits, or as far as the host keeps
    /// them. Empty where the host keeps none at all.
    fn branch_pushes(&self, branch: &BranchName, back_to: &[Revision]) -> Fact<Vec<BranchPush>>;

    /// The deployment to an environment that succeeded last and was not taken back; `None` when there is none.
    fn deployed(&self, environment: &str) -> Fact<Option<HostDeployment>>;

    /// The same for each other environment that has one, by the host's names; only of those that are listed, if any are.
    fn deployed_elsewhere(
        &self,
        environment: &str,
        listed: &[Environment],
    ) -> Fact<Vec<(String, HostDeployment)>>;

    /// Everything else that the inquiry asks for.
    fn facts(&self, inquiry: &Inquiry, question: Question<'_>) -> HostFacts;
}

/// What is already known when the rest is asked.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// See [`Host::request`].
    pub request: Fact<ChangeRequest>,
    /// See [`Host::branch`].
    pub branch: Fact<Branch>,
    /// The judged head.
    pub head: &'a Revision,
    /// The commits of the change, from git: the complete list, which no host gives.
    pub commits: &'a [Commit],
    /// The commits that the head is, but for clean merges of the base, from git.
    pub before_updates: &'a [Revision],
    /// The teams that own touched files, beside those of the inquiry.
    pub owner_teams: BTreeSet<TeamName>,
}
