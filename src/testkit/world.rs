//! A GitHub in memory: a small repository host whose answers have the form that GitHub documents.
//!
//! A [`World`] is the state of one repository with one change request. [`World::honest`] is a
//! change that followed every rule; tests and the demo change its fields. What the host withholds
//! or garbles, whatever its state, is an [`AnswerFault`] of one [`Endpoint`].

use crate::answer_faults::AnswerFault;
use jiff::Timestamp;
use portcullis_forge::http::transport::{Request, Response, Transport, TransportError};
use portcullis_model::change::{BranchName, Revision};
use portcullis_model::check::{Check, Conclusion, Producer, WorkflowRun};
use portcullis_model::id::CheckId;
use portcullis_model::person::{Account, AccountKind, Login, TeamName};
use portcullis_model::protection::{Branch, Bypass, Rule};
use portcullis_model::review::{
    ChangeRequest, CommitAccounts, Permission, Review, ReviewSource, ReviewState, ReviewedContent,
};
use std::collections::BTreeMap;
use std::time::Duration;

mod administration;
mod bodies;
mod protection;
pub(crate) mod routes;

pub mod forge;
pub mod github;

/// The number of the app that runs GitHub's own workflows.
pub const ACTIONS: u64 = 15368;

/// Addresses, each with the account that it belongs to; `None` when it belongs to nobody.
pub type Attributed = Vec<(String, Option<Account>)>;

/// A repository on a GitHub, with one change request.
#[derive(Clone, Debug)]
pub struct World {
    /// The address of the API, as links in the answers begin. The path of a GitHub Enterprise
    /// Server may follow the host.
    pub address: String,
    /// The only token that sees anything; `None` lets everybody in.
    pub token: Option<String>,
    /// The repository, as `owner/name`.
    pub repository: String,
    /// The change request.
    pub request: ChangeRequest,
    /// The branch that would receive it.
    pub branch: Branch,
    /// Commits and the accounts behind them.
    pub commits: Vec<(Revision, CommitAccounts)>,
    /// How many of the commits the request lists; the others are there, but only one by one.
    pub listed_commits: usize,
    /// The reviews of the request.
    pub reviews: Vec<Review>,
    /// What else happened to the request.
    pub events: Vec<Event>,
    /// Who moved which branch.
    pub activity: Vec<Activity>,
    /// The tips of the base branch, the oldest first, each a push from the one before.
    pub base_tips: Vec<Revision>,
    /// What people may do.
    pub permissions: Vec<(Account, Permission)>,
    /// The members of teams.
    pub teams: BTreeMap<TeamName, Vec<Account>>,
    /// The classic protection of the branch.
    pub classic: Option<Classic>,
    /// The rulesets of the branch.
    pub rulesets: Vec<Ruleset>,
    /// Rulesets of the branch that were imported, as they were handed over.
    pub imported: Vec<serde_json::Value>,
    /// Who can change that.
    pub administration: WorldAdministration,
    /// Check runs (by apps) and statuses (by accounts).
    pub checks: Vec<Check>,
    /// The workflow run that a check run belongs to, by the number of the check run. Those that are
    /// not here have a suite of their own.
    pub workflow_runs: BTreeMap<CheckId, WorkflowRun>,
    /// Whom it attributes the addresses of co-authors to, by commit.
    pub co_authors: Vec<(Revision, Attributed)>,
    /// Deployments, oldest first.
    pub deployments: Vec<Deployed>,
    /// The merge queue of the branch, in the order of its entries; `None` where it has none.
    pub queue: Option<Vec<Queued>>,
    /// The longest page it gives.
    pub page_size: usize,
    /// What it withholds or garbles, in order.
    pub faults: Vec<(Endpoint, AnswerFault)>,
}

/// Something that happened to a request (GitHub docs, "Issue event types").
#[derive(Clone, Debug)]
pub struct Event {
    /// The kind of event.
    pub kind: String,
    /// When.
    pub at: Timestamp,
}

/// An entry of a merge queue.
#[derive(Clone, Debug)]
pub struct Queued {
    /// The number of its request.
    pub request: u64,
    /// The head of the request that the queue took.
    pub taken: Revision,
    /// The commit of the queue's branch that holds it; `None` while it is not built.
    pub commit: Option<Revision>,
}

/// A deployment, and what became of it.
#[derive(Clone, Debug)]
pub struct Deployed {
    /// Its number.
    pub id: u64,
    /// The commit.
    pub revision: Revision,
    /// Where to.
    pub environment: String,
    /// Its states (`success`, `inactive`, …), oldest first.
    pub states: Vec<(String, Timestamp)>,
}

/// A branch was moved.
#[derive(Clone, Debug)]
pub struct Activity {
    /// The branch.
    pub branch: BranchName,
    /// Where it points since.
    pub after: Revision,
    /// Who moved it; `None` when the account is gone.
    pub actor: Option<Account>,
    /// When.
    pub at: Timestamp,
}

/// Classic branch protection.
#[derive(Clone, Debug)]
pub struct Classic {
    /// What it requires.
    pub rules: Vec<Rule>,
    /// Does it hold for administrators too?
    pub enforce_admins: bool,
    /// Who needs no change request.
    pub change_request_bypass: Vec<Bypass>,
    /// Who may push with force.
    pub force_push_bypass: Vec<Bypass>,
}

/// A ruleset.
#[derive(Clone, Debug)]
pub struct Ruleset {
    /// Its number.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// `active`, `evaluate` or `disabled`.
    pub enforcement: String,
    /// What it requires.
    pub rules: Vec<Rule>,
    /// Who may bypass it; `None` when the token may not see that.
    pub bypass: Option<Vec<Bypass>>,
}

/// Who can change what protects the branch.
#[derive(Clone, Debug)]
pub struct WorldAdministration {
    /// Does the repository belong to an organisation? Otherwise to a person.
    pub is_organization: bool,
    /// The plan of the organisation; `None` when the token may not see it.
    pub plan: Option<String>,
    /// The administrators of the repository, owners included.
    pub administrators: Vec<Account>,
    /// The owners of the organisation.
    pub owners: Vec<Account>,
    /// Installed apps: number, slug, what they may do, and whether they are suspended.
    pub apps: Vec<InstalledApp>,
    /// Deploy keys: number, title, and whether they may only read.
    pub deploy_keys: Vec<(u64, String, bool)>,
    /// Custom repository roles: number, name and rights; `None` on a plan that has none.
    pub repository_roles: Option<Vec<(u64, String, Vec<String>)>>,
    /// Roles of the organisation: number, name and rights.
    pub organization_roles: Vec<(u64, String, Vec<String>)>,
}

/// An app that is installed in the organisation.
#[derive(Clone, Debug)]
pub struct InstalledApp {
    /// Its number.
    pub id: u64,
    /// Its name in addresses.
    pub slug: String,
    /// What it may do: permission and level.
    pub permissions: Vec<(String, String)>,
    /// Has an owner suspended it?
    pub is_suspended: bool,
}

impl WorldAdministration {
    /// Dana owns the organisation, and nothing else can change the rules.
    pub fn honest() -> WorldAdministration {
        let dana = person("dana-example", 19);
        let app = |id, slug: &str, permissions: &[(&str, &str)]| InstalledApp {
            id,
            slug: slug.to_string(),
            permissions: permissions
                .iter()
                .map(|(name, level)| (name.to_string(), level.to_string()))
                .collect(),
            is_suspended: false,
        };
        let reader = "repository auditor".to_string();
        WorldAdministration {
            is_organization: true,
            plan: None,
            administrators: vec![dana.clone()],
            owners: vec![dana],
            apps: vec![app(61, "chat-notices", &[("metadata", "read"), ("administration", "read")])],
            deploy_keys: vec![(71, "mirror".to_string(), true)],
            repository_roles: Some(vec![(81, reader, vec!["read_code_scanning".to_string()])]),
            organization_roles: vec![(8132, "all_repo_read".to_string(), Vec::new())],
        }
    }
}

/// The answers that a world can give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Endpoint {
    /// `repos/O/R/pulls/N`
    Request,
    /// `repos/O/R/branches/B`
    Branch,
    /// `repos/O/R/pulls/N/reviews`
    Reviews,
    /// `repos/O/R/issues/N/events`
    Events,
    /// `repos/O/R/pulls/N/commits`
    RequestCommits,
    /// `repos/O/R/commits/SHA`
    Commit,
    /// `repos/O/R/collaborators/LOGIN/permission`
    Permission,
    /// `repos/O/R/activity`
    Activity,
    /// `orgs/O/teams/T/members`
    Members,
    /// `repos/O/R/rules/branches/B`
    Rules,
    /// `repos/O/R/rulesets/ID`
    Ruleset,
    /// `repos/O/R/branches/B/protection`
    Classic,
    /// `graphql`
    GraphQl,
    /// `repos/O/R/commits/SHA/check-runs`, and `repos/O/R/actions/runs`, which says more of them
    CheckRuns,
    /// `repos/O/R/commits/SHA/statuses`
    Statuses,
    /// `repos/O/R/deployments`
    Deployments,
    /// `repos/O/R/deployments/ID/statuses`
    DeploymentStatuses,
    /// `repos/O/R`
    Repository,
    /// `repos/O/R/collaborators`
    Collaborators,
    /// `orgs/O/members`
    Owners,
    /// `orgs/O/installations`
    Installations,
    /// `repos/O/R/keys`
    DeployKeys,
    /// `orgs/O/custom-repository-roles`
    RepositoryRoles,
    /// `orgs/O/organization-roles`
    OrganizationRoles,
    /// `orgs/O`
    Organization,
}

impl Endpoint {
    /// Those that say who can change what protects the branch. They are only asked where a bypass
    /// list is hidden, and the policy takes them in its place.
    pub const ADMINISTRATION: [Endpoint; 8] = [
        Endpoint::Repository,
        Endpoint::Collaborators,
        Endpoint::Owners,
        Endpoint::Installations,
        Endpoint::DeployKeys,
        Endpoint::RepositoryRoles,
        Endpoint::OrganizationRoles,
        Endpoint::Organization,
    ];

    /// Every endpoint but [`Endpoint::ADMINISTRATION`].
    pub const ALL: [Endpoint; 17] = [
        Endpoint::Request,
        Endpoint::Branch,
        Endpoint::Reviews,
        Endpoint::Events,
        Endpoint::RequestCommits,
        Endpoint::Commit,
        Endpoint::Permission,
        Endpoint::Activity,
        Endpoint::Members,
        Endpoint::Rules,
        Endpoint::Ruleset,
        Endpoint::Classic,
        Endpoint::GraphQl,
        Endpoint::CheckRuns,
        Endpoint::Statuses,
        Endpoint::Deployments,
        Endpoint::DeploymentStatuses,
    ];
}

impl World {
    /// A change that followed every rule: opened and pushed by kim, approved at its head by robin
    /// and alex, checked, on its way to a branch that a ruleset protects and nobody may bypass.
    pub fn honest(base: Revision, head: Revision, commits: &[Revision]) -> World {
        let (kim, robin, alex) =
            (person("kim-example", 11), person("robin-example", 12), person("alex-example", 13));
        let own = |id: &Revision| {
            (id.clone(), CommitAccounts { author: Some(kim.clone()), committer: Some(kim.clone()) })
        };
        let approve = |id: u64, by: &Account, minute| Review {
            id: id.into(),
            position: id - 30,
            reviewer: Some(by.clone()),
            state: ReviewState::Approved,
            reviewed: ReviewedContent::Stated(head.clone()),
            submitted: Some(minutes(minute)),
            source: ReviewSource::Host,
        };
        let repository = "example-org/data-upload";
        let team = TeamName::try_from("example-org/data-protection".to_string()).ok();
        World {
            address: "https://api.github.example.test".to_string(),
            token: None,
            repository: repository.to_string(),
            request: ChangeRequest {
                id: 7.into(),
                title: "Load records in batches".to_string(),
                author: Some(kim.clone()),
                open: true,
                merged: None,
                base_branch: BranchName::new("main"),
                head: head.clone(),
                head_branch: Some(BranchName::new("batches")),
                head_repository: Some(repository.to_string()),
            },
            deployments: vec![Deployed::done(5, base.clone(), 1)],
            branch: Branch { name: BranchName::new("main"), tip: base, protected: true },
            commits: commits.iter().map(own).collect(),
            listed_commits: 250,
            reviews: vec![approve(31, &robin, 40), approve(32, &alex, 50)],
            events: vec![Event { kind: "ready_for_review".to_string(), at: minutes(20) }],
            activity: vec![Activity {
                branch: BranchName::new("batches"),
                after: head.clone(),
                actor: Some(kim),
                at: minutes(10),
            }],
            base_tips: Vec::new(),
            permissions: vec![(robin, Permission::Write), (alex.clone(), Permission::Write)],
            teams: team.map(|team| (team, vec![alex])).into_iter().collect(),
            classic: None,
            rulesets: vec![Ruleset::strict()],
            imported: Vec::new(),
            administration: WorldAdministration::honest(),
            checks: vec![run(41, "build", &head), run(42, "regression", &head)],
            workflow_runs: BTreeMap::new(),
            co_authors: Vec::new(),
            queue: None,
            page_size: 100,
            faults: Vec::new(),
        }
    }

    /// The branch of the request.
    pub fn head_branch(&self) -> &str {
        self.request.head_branch.as_ref().map_or("", BranchName::as_str)
    }

    /// The same with a fault in an answer.
    #[must_use]
    pub fn with_fault(mut self, endpoint: Endpoint, fault: AnswerFault) -> World {
        self.faults.push((endpoint, fault));
        self
    }
}

impl Deployed {
    /// A deployment to production that succeeded.
    pub fn done(id: u64, revision: Revision, minute: i64) -> Deployed {
        let states = [("in_progress", minute), ("success", minute + 1)];
        let states = states.map(|(state, minute)| (state.to_string(), minutes(minute)));
        Deployed { id, revision, environment: "production".to_string(), states: states.to_vec() }
    }
}

/// An identifier as GitHub writes it in JSON: a number.
pub(crate) fn number(id: impl std::fmt::Display) -> Option<u64> {
    id.to_string().parse().ok()
}

/// A person with this login and number.
pub fn person(login: &str, id: u64) -> Account {
    Account { login: Login::new(login), id: id.into(), kind: AccountKind::Human }
}

/// So many minutes after this world's story began.
pub const fn minutes(count: i64) -> Timestamp {
    Timestamp::constant(1_767_600_000 + 60 * count, 0)
}

fn run(id: u64, name: &str, head: &Revision) -> Check {
    Check {
        name: name.to_string(),
        id: id.into(),
        head: head.clone(),
        producer: Producer::App { id: ACTIONS.into(), slug: "github-actions".to_string() },
        conclusion: Conclusion::Success,
    }
}

/// Everything that a branch can require.
fn strict_rules() -> Vec<Rule> {
    let check = |name: &str| Rule::Check { name: name.to_string(), app: Some(ACTIONS.into()) };
    vec![
        Rule::ChangeRequest,
        Rule::Approvals(2),
        Rule::DismissStale,
        Rule::CodeOwners,
        Rule::LastPushApproval,
        Rule::ConversationResolution,
        check("build"),
        check("regression"),
        Rule::UpToDate,
        Rule::NoForcePush,
        Rule::NoDeletion,
        Rule::SignedCommits,
        Rule::LinearHistory,
    ]
}

impl Ruleset {
    /// An active ruleset that requires everything and lets nobody round it.
    pub fn strict() -> Ruleset {
        Ruleset {
            id: 17,
            name: "main".to_string(),
            enforcement: "active".to_string(),
            rules: strict_rules(),
            bypass: Some(Vec::new()),
        }
    }
}

impl Classic {
    /// Protection that requires everything, of administrators too, and lets nobody round it.
    pub fn strict() -> Classic {
        Classic {
            rules: strict_rules(),
            enforce_admins: true,
            change_request_bypass: Vec::new(),
            force_push_bypass: Vec::new(),
        }
    }
}

impl Transport for World {
    fn send(&self, request: &Request) -> Result<Response, TransportError> {
        let method = if request.body.is_some() { "POST" } else { "GET" };
        let authorization = request.headers.iter().find(|(name, _)| name == "authorization");
        let path = request
            .url
            .strip_prefix(&self.origin())
            .ok_or_else(|| TransportError(format!("no host answers at {}", request.url)))?;
        Ok(self.answer(method, path, authorization.map(|(_, value)| value.as_str())))
    }

    /// Nothing here takes time.
    fn wait(&self, _: Duration) {}
}
