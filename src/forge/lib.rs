//! Hosts of repositories, behind two traits: [`Forge`] for the host of one repository, and
//! [`ChangeRequestHost`] for one change request on it.
//!
//! A host is a folder here and a line in [`TABLE`]. The folder holds everything that is true of
//! this kind of host alone; what the judge has to know of it arrives as facts
//! ([`HostFacts::conventions`]). `http` is the client that all hosts share.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "this room is where a host is asked")]

use jiff::Timestamp;
use portcullis_model::administration::Administration;
use portcullis_model::assertion::{ASSERTED, asserted_conventions};
use portcullis_model::batch::Batch;
use portcullis_model::change::{BranchName, Commit, Revision};
use portcullis_model::check::{Check, WorkflowRun};
use portcullis_model::deployment::HostDeployment;
use portcullis_model::environment::Environment;
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::facts::{Facts, HostFacts};
use portcullis_model::host::{HostConventions, HostProfile};
use portcullis_model::id::{CheckId, RequestId};
use portcullis_model::inquiry::{Inquiry, Topic};
use portcullis_model::landing::BranchPush;
use portcullis_model::path::RepoPath;
use portcullis_model::person::{Account, Login, TeamName};
use portcullis_model::protection::{Branch, Protection};
use portcullis_model::review::{ChangeRequest, CommitAccounts, Move, Permission, Push, Review};
use portcullis_pattern::glob::Glob;
use remedy::{HostRemedy, RemedyRequest};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub mod bare;
pub mod ci;
pub mod fleet;
pub mod gitea;
pub mod github;
pub mod gitlab;
pub mod http;
mod kind;
mod moves;
pub mod remedy;
pub mod settled;

pub use kind::{Connection, HostError, HostKind, OpenFleet, OpenHost};

/// Every kind of host, sorted by name.
pub static TABLE: &[&HostKind] = &[&bare::KIND, &gitea::FORGEJO, &gitea::GITEA, &github::KIND, &gitlab::KIND];

/// The kind of host of a repository that is named without one, outside of a job.
pub static DEFAULT: &HostKind = &github::KIND;

/// The host of one repository.
pub trait Forge {
    /// The kind of host, as [`HostKind::name`] has it.
    fn kind(&self) -> &'static str;

    /// The repository, as the host names it.
    fn repository(&self) -> String;

    /// The domains of the host's own addresses, in lower case.
    fn domains(&self) -> &[String];

    /// What all hosts of this kind have in common.
    fn conventions(&self) -> Arc<HostConventions>;

    /// What has to be known of the host to read a policy.
    fn profile(&self) -> HostProfile {
        HostProfile::of(&self.conventions(), self.domains())
    }

    /// A request on this host, to be asked about.
    fn request(&self, id: &RequestId) -> Box<dyn ChangeRequestHost + '_>;

    /// A branch and its tip.
    fn branch(&self, name: &BranchName) -> Fact<Branch>;

    /// Hears that [`Forge::branch`] is asked next; see [`http::transport::Transport::foresee`].
    fn foresee_branch(&self, _name: &BranchName) {}

    /// Hears that [`Forge::landed`] is asked next about these commits. They are looked up only
    /// where that is of use.
    fn foresee_landed(&self, _commits: &dyn Fn() -> Vec<Revision>) {}

    /// Hears that these topics of a question are asked next, beside those of a request.
    fn foresee(&self, _topics: &BTreeSet<Topic>, _question: &Question<'_>) {}

    /// The requests that brought a commit to a branch. Whether they did is then proved by content.
    fn landed(&self, commit: &Revision, branch: &BranchName) -> Fact<BTreeSet<RequestId>>;

    /// The commits of a request that landed, in any order; `None` on hosts that name a request at
    /// each commit that it landed as, so that [`Forge::landed`] says all.
    fn series(&self, _request: &RequestId) -> Option<Fact<BTreeSet<Revision>>> {
        None
    }

    /// The pushes to a branch, newest first: back to those that left it at each of some commits, or
    /// as far as the host keeps them. Empty where the host keeps none at all.
    fn branch_pushes(&self, branch: &BranchName, back_to: &[Revision]) -> Fact<Vec<BranchPush>>;

    /// The deployment to an environment that succeeded last and was not taken back; `None` when
    /// there is none.
    fn deployed(&self, environment: &str) -> Fact<Option<HostDeployment>>;

    /// Every time in a period that the host says a deployment to an environment succeeded, whatever
    /// became of it later, and whatever the case of the name on hosts that do not tell it apart; in
    /// any order. More than was deployed in the period does no harm, less is a gap. Of a share of
    /// the work only this share is looked at.
    fn deployments(
        &self,
        environment: &str,
        period: (Timestamp, Timestamp),
        share: WorkShare,
    ) -> Fact<Vec<HostDeployment>>;

    /// What is deployed to each other environment, by the host's names; only to those that are
    /// listed, if any are.
    fn deployed_elsewhere(
        &self,
        environment: &str,
        listed: &[Environment],
    ) -> Fact<Vec<(String, HostDeployment)>>;

    /// What protects the branch of a question.
    fn protection(&self, question: &Question<'_>) -> Fact<Protection>;

    /// What to change so that the host imposes rules on a branch. Nothing is changed here, and the
    /// change loosens nothing.
    ///
    /// # Errors
    /// A gap: what the change has to keep was not seen.
    fn remedy(&self, request: &RemedyRequest<'_>) -> Result<HostRemedy, Gap>;

    /// Who can change what protects a branch; `None` where the host shows bypass lists to everybody
    /// whom it shows the rules, or cannot say it.
    fn administration(&self) -> Option<Administration> {
        None
    }

    /// The files of the repository that its settings on the host name for what its CI runs, and
    /// those that they include, beside the ones of its conventions. `read` gives the texts that a
    /// file has in the commits that are judged. `None` where the host has no such setting.
    fn workflow_files(&self, _read: ReadTexts<'_>) -> Option<Fact<Vec<Glob>>> {
        None
    }

    /// The checks of a commit.
    fn checks(&self, head: &Revision) -> CheckFacts;

    /// The members of a team, also through teams inside of it.
    fn members(&self, team: &TeamName) -> Fact<Vec<Account>>;

    /// The requests of a batch: what a merge queue or a merge train of the host builds on a branch,
    /// up to a commit. A host answers with those that land before the one that ends at that commit,
    /// and with that one last; it does not have to know which of the former are part of this batch.
    ///
    /// The default is that of a host without queues.
    fn batch(&self, question: &BatchQuestion<'_>) -> Fact<Batch> {
        Fact::Gap(no_queue(question))
    }
}

/// A share of work that several do side by side: every so many items, from one of the first on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkShare {
    /// Which share, from 0.
    pub part: usize,
    /// Of how many.
    pub parts: usize,
}

impl WorkShare {
    /// All of it.
    pub const WHOLE: WorkShare = WorkShare { part: 0, parts: 1 };

    /// The items of a list that are of this share.
    pub fn of<T>(self, items: Vec<T>) -> impl Iterator<Item = T> {
        items.into_iter().skip(self.part).step_by(self.parts.max(1))
    }
}

/// Gives the texts of a file in the commits that are judged: none where it is in none of them.
pub type ReadTexts<'a> = &'a dyn Fn(&RepoPath) -> Result<Vec<String>, Gap>;

/// Which batch is asked about.
#[derive(Clone, Copy, Debug)]
pub struct BatchQuestion<'a> {
    /// The branch that would receive it.
    pub branch: &'a BranchName,
    /// The tip of that branch.
    pub base: &'a Revision,
    /// The last commit of the batch: the one that the verdict is for.
    pub head: &'a Revision,
    /// The last request of the batch, where the job names it; a host that lists its queue does not
    /// need it.
    pub request: Option<&'a RequestId>,
}

impl BatchQuestion<'_> {
    /// What a gap in the answer is about.
    pub fn what(&self) -> String {
        format!("which requests the batch {} holds", self.head.short())
    }
}

fn no_queue(question: &BatchQuestion<'_>) -> Gap {
    let remedy = "Judge each request by itself, in a job of that request, and require branches to be up to date before \
                  merging.";
    Gap::new(
        question.what(),
        GapReason::Unsupported,
        "this host has no merge queue that can be asked",
        remedy,
    )
}

/// A host, asked about one change request.
pub trait ChangeRequestHost {
    /// The request itself; asked first, because it names the base and the head.
    fn change_request(&self) -> Fact<ChangeRequest>;

    /// The git reference on the host that holds the head of the request, where there is one.
    fn head_reference(&self) -> Option<String>;

    /// Hears that these topics are asked next, as far as they are of this request. Before the
    /// request itself is seen there is no question.
    fn foresee(&self, _topics: &BTreeSet<Topic>, _question: Option<&Question<'_>>) {}

    /// Who reviewed the request, and who its commits are of.
    fn reviews(&self, commits: &[Commit]) -> ReviewFacts;

    /// Who moved the branch of the request.
    fn pushes(&self, question: &Question<'_>) -> PushFacts;
}

/// Answers about the reviews of a request, as [`HostFacts`] holds them.
pub struct ReviewFacts {
    /// All reviews, oldest first.
    pub reviews: Fact<Vec<Review>>,
    /// What each reviewer may do in the repository.
    pub permissions: BTreeMap<Login, Fact<Permission>>,
    /// When the request was last turned to another base branch.
    pub base_changed: Fact<Option<Timestamp>>,
    /// The accounts that commits are attributed to.
    pub attribution: Fact<BTreeMap<Revision, CommitAccounts>>,
    /// Whom the host attributes addresses of co-authors to.
    pub co_authors: Fact<BTreeMap<String, Account>>,
}

/// Answers about the branch of a request, as [`HostFacts`] holds them.
pub struct PushFacts {
    /// Who pushed the head.
    pub last: Fact<Push>,
    /// Who pushed what the head brings.
    pub content: Fact<Push>,
    /// Everybody who moved the branch.
    pub moves: Fact<Vec<Move>>,
}

/// Answers about the checks of a commit, as [`HostFacts`] holds them.
pub struct CheckFacts {
    /// Checks and statuses.
    pub checks: Fact<Vec<Check>>,
    /// The workflow runs that check runs belong to, where it matters.
    pub workflow_runs: Fact<BTreeMap<CheckId, WorkflowRun>>,
}

/// What is already known when the rest is asked.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// See [`ChangeRequestHost::change_request`].
    pub request: Fact<ChangeRequest>,
    /// See [`Forge::branch`].
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

/// The conventions of a host, or of the usual one where none takes part.
pub fn conventions_of(forge: Option<&dyn Forge>) -> Arc<HostConventions> {
    forge.map_or_else(|| (DEFAULT.conventions)(), Forge::conventions)
}

/// Asks a host everything that an inquiry wants to know; of a request only where one is given.
pub fn ask_facts(
    forge: &dyn Forge,
    request: Option<&dyn ChangeRequestHost>,
    inquiry: &Inquiry,
    question: Question<'_>,
) -> HostFacts {
    let asks = |topic| inquiry.topics.contains(&topic);
    let not_asked = Gap::not_asked("what the host says", "Nothing needs it.");
    let mut facts = HostFacts::unseen(forge.kind(), &not_asked);
    facts.repository = Some(forge.repository());
    facts.conventions = forge.conventions();
    facts.domains = forge.domains().to_vec();
    forge.foresee(&inquiry.topics, &question);
    if let Some(request) = request {
        request.foresee(&inquiry.topics, Some(&question));
        if asks(Topic::Reviews) {
            let ReviewFacts { reviews, permissions, base_changed, attribution, co_authors } =
                request.reviews(question.commits);
            (facts.reviews, facts.permissions, facts.base_changed) = (reviews, permissions, base_changed);
            (facts.attribution, facts.co_authors) = (attribution, co_authors);
        }
        if asks(Topic::Pushes) {
            let PushFacts { last, content, moves } = request.pushes(&question);
            (facts.last_push, facts.content_push, facts.moves) = (last, content, moves);
        }
    }
    if asks(Topic::Protection) {
        facts.protection = forge.protection(&question);
    }
    let is_hidden = facts.protection.value().is_some_and(Protection::hides_bypass);
    if asks(Topic::Administration) && is_hidden {
        facts.administration = forge.administration();
    }
    if asks(Topic::Checks) {
        let CheckFacts { checks, workflow_runs } = forge.checks(question.head);
        (facts.checks, facts.workflow_runs) = (checks, workflow_runs);
    }
    let owners = question.owner_teams.iter().filter(|_| asks(Topic::CodeOwners));
    let teams: BTreeSet<&TeamName> = inquiry.teams.iter().chain(owners).collect();
    facts.members = teams.into_iter().map(|team| (team.clone(), forge.members(team))).collect();
    HostFacts { request: question.request, branch: question.branch, ..facts }
}

/// The kind of host of this name.
pub fn find(name: &str) -> Option<&'static HostKind> {
    TABLE.iter().find(|kind| kind.name == name).copied()
}

/// Checks that facts are of hosts that this program knows, with the conventions of their kind.
/// Facts that were edited by hand could otherwise say that no file is a workflow.
///
/// # Errors
/// A host of another kind, or other conventions.
pub fn check_known<'f>(facts: impl IntoIterator<Item = &'f Facts>) -> Result<(), HostError> {
    facts.into_iter().filter(|facts| facts.host.took_part()).try_for_each(|facts| {
        if facts.host.kind == ASSERTED {
            let is_usual = facts.host.conventions == asserted_conventions();
            return if is_usual { Ok(()) } else { Err(HostError::AssertedConventions) };
        }
        let kind = find_kind(&facts.host.kind)?;
        if facts.host.conventions == (kind.conventions)() {
            Ok(())
        } else {
            Err(HostError::Conventions(kind))
        }
    })
}

fn find_kind(name: &str) -> Result<&'static HostKind, HostError> {
    let known = || TABLE.iter().map(|known| known.name).collect();
    find(name).ok_or_else(|| HostError::UnknownKind(name.to_string(), known()))
}

/// The host of a repository.
///
/// # Errors
/// The kind, the address or the repository cannot be one.
pub fn open(kind: &str, repository: &str, connection: Connection) -> Result<Box<dyn Forge>, HostError> {
    (find_kind(kind)?.open)(repository, connection)
}

#[cfg(test)]
mod tests {
    use super::http::transport::Live;
    use super::*;

    #[test]
    fn the_table_is_sorted_and_hosts_are_found_by_name() {
        assert!(TABLE.is_sorted_by(|a, b| a.name < b.name));
        let way = || Connection::to("https://api.example.test", Box::new(Live::new()));
        assert!(TABLE.iter().all(|kind| open(kind.name, kind.repository_form, way()).is_ok()));
        let names: Vec<&str> = TABLE.iter().map(|kind| kind.name).collect();
        assert_eq!(
            open("sourcebin", "owner/name", way()).err().map(|error| error.to_string()),
            Some(format!("there is no host `sourcebin`; there are {}", names.join(", ")))
        );
    }

    #[test]
    fn each_kind_of_host_reads_its_own_requests() {
        let read = |text| github::KIND.read_request(text).map_err(|error| error.to_string());
        assert_eq!(read("7"), Ok(7.into()));
        for text in ["", "-7", "7.5", "I8473b9", "18446744073709551616"] {
            assert_eq!(read(text), Err(format!("`{text}` is not a change request on github")));
        }
    }

    #[test]
    fn the_first_variable_that_is_set_holds_the_token() {
        let token = |set: &[(&str, &str)]| {
            let variable = |name: &str| {
                set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_string())
            };
            github::KIND.connection(variable, Box::new(Live::new())).token
        };
        assert_eq!(token(&[("GH_TOKEN", "b"), ("GITHUB_TOKEN", "a")]), Some("a".to_string()));
        assert_eq!(token(&[("GH_TOKEN", "b")]), Some("b".to_string()));
        assert_eq!(token(&[]), None);
    }
}
