//! GitLab over REST.
//!
//! - `style` holds the ways of its API, `address` its names of projects and servers, `conventions`
//!   what all servers have in common;
//! - `wire` is its JSON, `translate` says it in our words;
//! - `ci_files` finds what defines the pipelines of a project;
//! - `request`, `approvals`, `versions`, `notes`, `members`, `administration`, `pushes`,
//!   `settings`, `rules`, `protection`, `checks`, `deployments` and `train` hold the reading plans
//!   of their topics; `fleet` that of many projects.
//!
//! What was not seen whole and for certain is a gap. In particular a 404 is never "there is none":
//! GitLab gives it for what a token may not see. A 403 has three meanings: the token may not, the
//! plan does not have it, or it is switched off in the project; `settings` tells them apart.

use crate::http::address::Api;
use crate::http::client::Client;
use crate::kind::domains_of;
use crate::remedy::{HostRemedy, RemedyRequest};
use crate::{
    BatchQuestion, ChangeRequestHost, CheckFacts, Connection, Forge, HostError, HostKind, PushFacts,
    Question, ReadTexts, ReviewFacts, WorkShare,
};
use address::ProjectPath;
use jiff::Timestamp;
use portcullis_model::administration::Administration;
use portcullis_model::batch::Batch;
use portcullis_model::change::{BranchName, Commit, Revision};
use portcullis_model::deployment::HostDeployment;
use portcullis_model::environment::Environment;
use portcullis_model::fact::{Fact, Gap};
use portcullis_model::host::HostConventions;
use portcullis_model::id::RequestId;
use portcullis_model::landing::BranchPush;
use portcullis_model::person::{Account, TeamName};
use portcullis_model::protection::{Branch, Protection};
use portcullis_model::review::ChangeRequest;
use portcullis_pattern::glob::Glob;
use std::cell::{OnceCell, RefCell};
use std::collections::BTreeSet;
use std::sync::Arc;

mod address;
mod administration;
mod approvals;
mod checks;
mod ci_files;
mod conventions;
mod deployments;
mod fleet;
mod members;
mod notes;
mod protection;
mod pushes;
mod remedy;
mod request;
mod rules;
mod settings;
mod settled;
mod style;
mod train;
mod translate;
mod versions;
mod wire;

/// The level from which an account may see and change what protects branches.
const MAINTAINER: u64 = 40;

/// What to do about what a token may not see.
const TOKEN_ADVICE: &str = "Give the gate, in GITLAB_TOKEN, a project access token with the scope `read_api` and the role Maintainer.";

/// GitLab among the hosts.
pub static KIND: HostKind = HostKind {
    name: "gitlab",
    about: "GitLab (`CI_API_V4_URL`), with a project access token in `GITLAB_TOKEN`",
    default_api: Some("https://gitlab.com/api/v4"),
    api_variable: "CI_API_V4_URL",
    token_variables: &["GITLAB_TOKEN", style::JOB_TOKEN],
    conventions: conventions::gitlab,
    repository_form: "group/name",
    request_id: |text| text.strip_prefix('!').unwrap_or(text).parse().ok().map(RequestId::Number),
    settles: settled::settles,
    open: |repository, connection| Ok(Box::new(GitLab::open(repository, connection)?)),
    fleet: Some(|connection| Ok(Box::new(fleet::GitLabFleet::open(connection)?))),
};

/// A project on a GitLab.
pub struct GitLab {
    client: Client,
    project: ProjectPath,
    /// The domains of the host's own addresses.
    domains: Vec<String>,
    /// The settings of the project, once they were asked for.
    settings: OnceCell<Result<wire::Project, Gap>>,
    /// The request that was asked about last: the host runs pipelines of requests on commits of
    /// their own.
    asked: RefCell<Option<AskedRequest>>,
}

/// A request that was asked about.
#[derive(Clone)]
struct AskedRequest {
    id: RequestId,
    /// Its head, once the request was seen.
    head: Option<Revision>,
}

/// One merge request.
struct GitLabRequest<'g> {
    host: &'g GitLab,
    id: RequestId,
    /// As text, for addresses.
    number: String,
    /// The project that its branch is in, once the request was seen; `None`: that is gone.
    source: RefCell<Option<u64>>,
}

impl GitLab {
    /// The GitLab whose API is at an address (`https://gitlab.com/api/v4`). Where the address of
    /// the server itself is known from elsewhere, its own addresses are under that name.
    ///
    /// # Errors
    /// An address or a project that cannot be one. An address without TLS is accepted for this
    /// machine only.
    pub fn open(repository: &str, connection: Connection) -> Result<GitLab, HostError> {
        let Connection { api_url, server_url, token, token_variable, transport, retry } = connection;
        let api_url = api_url.as_deref().or(KIND.default_api).ok_or(HostError::NoAddress(&KIND))?;
        let is_of_job = token_variable == Some(style::JOB_TOKEN);
        let style = if is_of_job { &style::JOB_STYLE } else { &style::STYLE };
        let client = Client::new(Api::new(api_url)?, style, token, transport, retry);
        let project = ProjectPath::parse(repository)
            .ok_or_else(|| HostError::Repository(&KIND, repository.to_string()))?;
        let domains = domains_of(server_url, || address::own_domains(&client.api))?;
        let (settings, asked) = (OnceCell::new(), RefCell::new(None));
        Ok(GitLab { client, project, domains, settings, asked })
    }

    /// The address segments of something in the project.
    fn at<'a>(&'a self, rest: &[&'a str]) -> Vec<&'a str> {
        [&["projects", self.project.as_str()], rest].concat()
    }
}

impl GitLabRequest<'_> {
    /// The address segments of something of the request.
    fn at<'a>(&'a self, rest: &[&'a str]) -> Vec<&'a str> {
        [&self.host.at(&["merge_requests", &self.number])[..], rest].concat()
    }
}

impl Forge for GitLab {
    fn kind(&self) -> &'static str {
        KIND.name
    }

    fn repository(&self) -> String {
        self.project.to_string()
    }

    fn domains(&self) -> &[String] {
        &self.domains
    }

    fn conventions(&self) -> Arc<HostConventions> {
        (KIND.conventions)()
    }

    fn request(&self, id: &RequestId) -> Box<dyn ChangeRequestHost + '_> {
        self.asked.replace(Some(AskedRequest { id: id.clone(), head: None }));
        let (number, source) = (id.to_string(), RefCell::new(None));
        Box::new(GitLabRequest { host: self, id: id.clone(), number, source })
    }

    fn branch(&self, name: &BranchName) -> Fact<Branch> {
        let what = format!("branch {name}");
        let seen = self.client.get(&what, &self.at(&["repository", "branches", name.as_str()]));
        seen.and_then(|branch| translate::branch(&what, name, branch)).into()
    }

    fn landed(&self, commit: &Revision, branch: &BranchName) -> Fact<BTreeSet<RequestId>> {
        self.requests_of(commit, branch).into()
    }

    fn branch_pushes(&self, branch: &BranchName, back_to: &[Revision]) -> Fact<Vec<BranchPush>> {
        self.pushes_to(branch, back_to).into()
    }

    fn deployed(&self, environment: &str) -> Fact<Option<HostDeployment>> {
        self.last_deployed(environment).into()
    }

    fn deployments(
        &self,
        environment: &str,
        period: (Timestamp, Timestamp),
        share: WorkShare,
    ) -> Fact<Vec<HostDeployment>> {
        self.deployed_between(environment, period, share).into()
    }

    fn deployed_elsewhere(
        &self,
        environment: &str,
        listed: &[Environment],
    ) -> Fact<Vec<(String, HostDeployment)>> {
        self.deployed_to_others(environment, listed).into()
    }

    fn protection(&self, question: &Question<'_>) -> Fact<Protection> {
        self.branch_protection(question).into()
    }

    fn remedy(&self, request: &RemedyRequest<'_>) -> Result<HostRemedy, Gap> {
        self.write_remedy(request)
    }

    fn administration(&self) -> Option<Administration> {
        Some(self.administration_facts())
    }

    fn workflow_files(&self, read: ReadTexts<'_>) -> Option<Fact<Vec<Glob>>> {
        Some(self.ci_files(read).into())
    }

    fn checks(&self, head: &Revision) -> CheckFacts {
        self.check_facts(head)
    }

    fn members(&self, team: &TeamName) -> Fact<Vec<Account>> {
        self.members_of(team).into()
    }

    fn batch(&self, question: &BatchQuestion<'_>) -> Fact<Batch> {
        self.merge_train(question).into()
    }
}

impl ChangeRequestHost for GitLabRequest<'_> {
    fn change_request(&self) -> Fact<ChangeRequest> {
        self.seen().into()
    }

    fn head_reference(&self) -> Option<String> {
        Some(format!("refs/merge-requests/{}/head", self.id))
    }

    fn reviews(&self, commits: &[Commit]) -> ReviewFacts {
        self.review_facts(commits)
    }

    fn pushes(&self, question: &Question<'_>) -> PushFacts {
        self.host.push_facts(question, *self.source.borrow())
    }
}
