//! A GitLab in memory: a small host whose answers have the form that GitLab documents.
//!
//! A [`GitLabWorld`] is a [`World`], whose protection it does not use, with the settings of a
//! GitLab project. What it withholds or garbles, whatever its state, is an [`AnswerFault`] of one
//! [`GitLabEndpoint`].

use crate::answer_faults::AnswerFault;
use crate::server::Site;
use crate::world::{World, person};
use jiff::Timestamp;
use portcullis_forge::http::transport::{Request, Response, Transport, TransportError};
use portcullis_model::change::Revision;
use portcullis_model::person::Account;
use serde_json::{Map, Value, json};
use std::time::Duration;

mod bodies;
pub mod changes;
mod checks;
pub mod fleet;
pub mod forge;
mod history;
mod routes;
pub mod scene;

/// The number of the project.
pub const PROJECT: u64 = 100;
/// The number of the project that a request from elsewhere comes from.
pub const FORK: u64 = 200;

/// A project on a GitLab, with one merge request.
#[derive(Clone, Debug)]
pub struct GitLabWorld {
    /// The neutral state. Its reviews become approvals, its events notes.
    pub world: World,
    /// The rules for branches.
    pub protected: Vec<ProtectedRule>,
    /// Fields of the project that are not those of an honest one; `null` here takes one out.
    pub project: Map<String, Value>,
    /// What only a licence has; `None`: the Free tier.
    pub licensed: Option<Licensed>,
    /// The level of the token.
    pub level: u64,
    /// Does the server say when an approval was given?
    pub says_when: bool,
    /// More notes of the system: when, whose, what.
    pub notes: Vec<(Timestamp, Account, String)>,
    /// Whose the addresses in commits are, as far as people made them public.
    pub addresses: Vec<(String, Account)>,
    /// Pushes of many branches at once.
    pub bulk_pushes: Vec<Timestamp>,
    /// Merges of heads into the target that the host makes for pipelines, with their parents.
    pub merges: Vec<(Revision, Vec<Revision>)>,
    /// The merge train: requests with the commits that their pipelines run on.
    pub train: Vec<(u64, Option<Revision>)>,
    /// The commits of the branch that the request landed as, beside its own: a merge, a squash.
    pub landed_as: Vec<Revision>,
    /// Members above developers: account, level, and a role of the organisation's own.
    pub maintainers: Vec<(Account, u64, Option<Value>)>,
    /// Deploy keys: number, title, and whether they may push.
    pub deploy_keys: Vec<(u64, String, bool)>,
    /// The groups that the group of the project is shared with.
    pub group_shares: Vec<Value>,
    /// What it withholds or garbles, in order.
    pub faults: Vec<(GitLabEndpoint, AnswerFault)>,
}

/// A rule of protected branches.
#[derive(Clone, Debug)]
pub struct ProtectedRule {
    /// A branch, or a pattern with `*`.
    pub name: String,
    /// Who may push.
    pub push: Vec<Pusher>,
    /// Who may merge.
    pub merge: Vec<Pusher>,
    /// May they push with force?
    pub force: bool,
    /// Does it require code owners?
    pub owners: bool,
    /// Is it a rule of the group?
    pub inherited: bool,
}

/// Who may push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pusher {
    /// Everybody of this level and above; 0: nobody.
    Level(u64),
    /// An account.
    User(u64),
    /// A group.
    Group(u64),
    /// A deploy key.
    Key(u64),
}

/// What a licence adds.
#[derive(Clone, Debug)]
pub struct Licensed {
    /// "Approval settings of a project".
    pub settings: Value,
    /// The approval rules: name, and how many approvals.
    pub rules: Vec<(String, u64)>,
    /// The rules of the request, where it has changed those of the project.
    pub changed: Option<Vec<(String, u64)>>,
    /// "Push rules": null where there have never been any.
    pub push_rule: Value,
    /// External status checks of the project: number, name, status on the request.
    pub external: Vec<(u64, String, String)>,
}

/// The answers that a GitLab can give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GitLabEndpoint {
    /// `projects/P`
    Project,
    /// `projects/P/merge_requests/N`
    Request,
    /// `…/merge_requests/N/approvals`
    Approvals,
    /// `…/merge_requests/N/approval_state`
    ApprovalState,
    /// `…/merge_requests/N/reviewers`
    Reviewers,
    /// `…/merge_requests/N/notes`
    Notes,
    /// `…/merge_requests/N/versions`
    Versions,
    /// `…/merge_requests/N/pipelines`
    RequestPipelines,
    /// `…/merge_requests/N/status_checks`
    StatusChecks,
    /// `projects/P/repository/branches/B`
    Branch,
    /// `projects/P/repository/commits/SHA`
    Commit,
    /// `projects/P/repository/commits/SHA/merge_requests`
    CommitRequests,
    /// `projects/P/repository/commits/SHA/statuses`
    Statuses,
    /// `projects/P/members` and `…/members/all`
    Members,
    /// `groups/G/members`
    GroupMembers,
    /// `groups/G`
    Group,
    /// `projects/P/deploy_keys`
    DeployKeys,
    /// `users/ID`
    User,
    /// `users?search=` and `users?username=`
    Users,
    /// `projects/P/events`
    Events,
    /// `projects/P/protected_branches`
    ProtectedBranches,
    /// `projects/P/approvals`
    ApprovalSettings,
    /// `projects/P/approval_rules`
    ApprovalRules,
    /// `projects/P/push_rule`
    PushRule,
    /// `projects/P/external_status_checks`
    ExternalChecks,
    /// `projects/P/pipelines`
    Pipelines,
    /// `projects/P/pipelines/ID/jobs`
    Jobs,
    /// `projects/P/deployments`
    Deployments,
    /// `projects/P/environments`
    Environments,
    /// `projects/P/merge_trains/B`
    Train,
}

impl GitLabEndpoint {
    /// Every endpoint that a decision over a request asks.
    pub const OF_A_REQUEST: [GitLabEndpoint; 18] = [
        GitLabEndpoint::Project,
        GitLabEndpoint::Request,
        GitLabEndpoint::Approvals,
        GitLabEndpoint::ApprovalState,
        GitLabEndpoint::Reviewers,
        GitLabEndpoint::Notes,
        GitLabEndpoint::Versions,
        GitLabEndpoint::Branch,
        GitLabEndpoint::Statuses,
        GitLabEndpoint::Members,
        GitLabEndpoint::GroupMembers,
        GitLabEndpoint::User,
        GitLabEndpoint::Events,
        GitLabEndpoint::ProtectedBranches,
        GitLabEndpoint::ApprovalSettings,
        GitLabEndpoint::ApprovalRules,
        GitLabEndpoint::Pipelines,
        GitLabEndpoint::Jobs,
    ];
}

impl GitLabWorld {
    /// A project in this state with a protected branch that nobody may push to, and the strictest
    /// settings.
    pub fn honest(world: World) -> GitLabWorld {
        let branch = world.branch.name.to_string();
        GitLabWorld {
            protected: vec![ProtectedRule::strict(&branch)],
            project: Map::new(),
            licensed: Some(Licensed::strict()),
            level: 40,
            says_when: true,
            notes: Vec::new(),
            addresses: Vec::new(),
            bulk_pushes: Vec::new(),
            merges: Vec::new(),
            train: Vec::new(),
            landed_as: Vec::new(),
            maintainers: vec![(person("dana-example", 19), 50, None)],
            deploy_keys: vec![(71, "mirror".to_string(), false)],
            group_shares: Vec::new(),
            faults: Vec::new(),
            world,
        }
    }

    /// The same with a fault in an answer.
    #[must_use]
    pub fn with_fault(mut self, endpoint: GitLabEndpoint, fault: AnswerFault) -> GitLabWorld {
        self.faults.push((endpoint, fault));
        self
    }

    /// The same with another value of a field of the project.
    #[must_use]
    pub fn set(mut self, field: &str, value: Value) -> GitLabWorld {
        self.project.insert(field.to_string(), value);
        self
    }
}

impl ProtectedRule {
    /// Nobody may push, and not with force.
    pub fn strict(name: &str) -> ProtectedRule {
        let (name, push) = (name.to_string(), vec![Pusher::Level(0)]);
        let merge = vec![Pusher::Level(40)];
        ProtectedRule { name, push, merge, force: false, owners: true, inherited: false }
    }
}

impl Licensed {
    /// Approvals are required and reset, and requests cannot change their rules.
    pub fn strict() -> Licensed {
        let settings = json!({
            "approvals_before_merge": 0, "reset_approvals_on_push": true, "selective_code_owner_removals": false,
            "disable_overriding_approvers_per_merge_request": true, "merge_requests_author_approval": false,
            "merge_requests_disable_committers_approval": true, "require_password_to_approve": false,
            "require_reauthentication_to_approve": false,
        });
        Licensed {
            settings,
            rules: vec![("All Members".to_string(), 2)],
            changed: None,
            push_rule: Value::Null,
            external: Vec::new(),
        }
    }
}

impl Site for GitLabWorld {
    fn move_to(&mut self, address: &str) {
        self.world.move_to(address);
    }

    fn answer(&self, method: &str, path: &str, authorization: Option<&str>) -> Response {
        GitLabWorld::answer(self, method, path, authorization)
    }
}

impl Transport for GitLabWorld {
    fn send(&self, request: &Request) -> Result<Response, TransportError> {
        let path = request.url.strip_prefix(&self.world.origin());
        let path = path.ok_or_else(|| TransportError(format!("no host answers at {}", request.url)))?;
        let authorization = request.headers.iter().find(|(name, _)| name == "authorization");
        Ok(GitLabWorld::answer(self, "GET", path, authorization.map(|(_, value)| value.as_str())))
    }

    /// Nothing here takes time.
    fn wait(&self, _: Duration) {}
}
