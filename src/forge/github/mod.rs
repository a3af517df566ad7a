//! GitHub and GitHub Enterprise Server over REST, and over GraphQL for the things that REST
//! hides.
//!
//! - `style` holds the ways of its API, `address` its names of repositories and servers;
//! - `wire` and `graphql` are its JSON, `translate` and `protection` say it in our words;
//! - `administration`, `checks`, `co_authors`, `base_pushes`, `deployments`, `pushes`, `queue`,
//!   `reviews` and `rules` hold the reading plans of their topics; the short ones are here.
//!
//! What was not seen whole and for certain is a gap. In particular a 404 is never "there is none":
//! GitHub gives it for what a token may not see (GitHub docs, "Troubleshooting the REST API").

use crate::http::address::Api;
use crate::http::client::Client;
use crate::kind::domains_of;
use crate::remedy::{HostRemedy, RemedyRequest};
use crate::{
    BatchQuestion, ChangeRequestHost, CheckFacts, Connection, Forge, HostError, HostKind, PushFacts,
    Question, ReviewFacts, WorkShare,
};
use address::RepositoryName;
use jiff::Timestamp;
use portcullis_model::administration::Administration;
use portcullis_model::batch::Batch;
use portcullis_model::change::{BranchName, Commit, Revision};
use portcullis_model::deployment::HostDeployment;
use portcullis_model::environment::Environment;
use portcullis_model::fact::{Fact, Gap};
use portcullis_model::host::HostConventions;
use portcullis_model::id::RequestId;
use portcullis_model::inquiry::Topic;
use portcullis_model::landing::BranchPush;
use portcullis_model::person::{Account, TeamName};
use portcullis_model::protection::{Branch, Protection};
use portcullis_model::review::ChangeRequest;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

mod address;
mod administration;
mod base_pushes;
mod checks;
mod co_authors;
mod deployments;
mod fleet;
mod foreseen;
mod graphql;
mod protection;
mod pushes;
mod queue;
mod remedy;
mod reviews;
mod rules;
mod settled;
mod style;
mod translate;
mod wire;

/// GitHub among the hosts.
pub static KIND: HostKind = HostKind {
    name: "github",
    about: "GitHub or GitHub Enterprise Server (`GITHUB_API_URL`), with the token in `GITHUB_TOKEN`",
    default_api: Some("https://api.github.com"),
    api_variable: "GITHUB_API_URL",
    token_variables: &["GITHUB_TOKEN", "GH_TOKEN"],
    conventions: HostConventions::github,
    repository_form: "owner/name",
    request_id: |text| text.parse().ok().map(RequestId::Number),
    settles: settled::settles,
    open: |repository, connection| Ok(Box::new(GitHub::open(repository, connection)?)),
    fleet: Some(|connection| Ok(Box::new(fleet::GitHubFleet::open(connection)?))),
};

/// A repository on a GitHub.
pub struct GitHub {
    client: Client,
    repository: RepositoryName,
    /// The domains of the host's own addresses.
    domains: Vec<String>,
    pushes: base_pushes::PushCache,
}

/// One pull request.
struct GitHubRequest<'g> {
    host: &'g GitHub,
    id: RequestId,
    /// The names that the repository is known by: the one that was asked for, and the one that the
    /// host answered with.
    names: RefCell<BTreeSet<String>>,
}

impl GitHub {
    /// The GitHub whose API is at an address (`https://api.github.com`, `https://HOST/api/v3`).
    /// Where the address of the server itself (`https://HOST`) is known from elsewhere, its
    /// addresses are under HOST.
    ///
    /// # Errors
    /// An address or a repository that cannot be one. An address without TLS is accepted for this
    /// machine only.
    pub fn open(repository: &str, connection: Connection) -> Result<GitHub, HostError> {
        let Connection { api_url, server_url, token, transport, retry, .. } = connection;
        let api_url = api_url.as_deref().or(KIND.default_api).ok_or(HostError::NoAddress(&KIND))?;
        let client = Client::new(Api::new(api_url)?, &style::STYLE, token, transport, retry);
        let repository = RepositoryName::parse(repository)
            .ok_or_else(|| HostError::Repository(&KIND, repository.to_string()))?;
        let domains = domains_of(server_url, || address::own_domains(&client.api))?;
        Ok(GitHub { client, repository, domains, pushes: base_pushes::PushCache::default() })
    }

    /// The address segments of something in the repository.
    fn at<'a>(&'a self, rest: &[&'a str]) -> Vec<&'a str> {
        in_repository(&self.repository, rest)
    }

    fn members_of(&self, team: &TeamName) -> Result<Vec<Account>, Gap> {
        let what = format!("the members of team {team}");
        let (organisation, slug) = team.parts().ok_or_else(|| translate::no_team(&what))?;
        let seen: Vec<wire::SimpleUser> =
            self.client.list(&what, &["orgs", organisation, "teams", slug, "members"])?;
        let accounts: BTreeSet<Account> = seen.into_iter().map(translate::account).collect();
        Ok(accounts.into_iter().collect())
    }
}

fn in_repository<'a>(repository: &'a RepositoryName, rest: &[&'a str]) -> Vec<&'a str> {
    [&["repos", repository.owner.as_str(), repository.name.as_str()], rest].concat()
}

impl Forge for GitHub {
    fn kind(&self) -> &'static str {
        KIND.name
    }

    fn repository(&self) -> String {
        self.repository.to_string()
    }

    fn domains(&self) -> &[String] {
        &self.domains
    }

    fn conventions(&self) -> Arc<HostConventions> {
        (KIND.conventions)()
    }

    fn request(&self, id: &RequestId) -> Box<dyn ChangeRequestHost + '_> {
        let names = RefCell::new([self.repository.to_string()].into());
        Box::new(GitHubRequest { host: self, id: id.clone(), names })
    }

    fn branch(&self, name: &BranchName) -> Fact<Branch> {
        let what = format!("branch {name}");
        let seen = self.client.get(&what, &self.at(&["branches", name.as_str()]));
        seen.and_then(|branch| translate::branch(&what, name, branch)).into()
    }

    fn foresee_branch(&self, name: &BranchName) {
        self.client.foresee(self.branch_address(name).into_iter().collect());
    }

    fn foresee_landed(&self, commits: &dyn Fn() -> Vec<Revision>) {
        self.foresee_requests_of(&commits());
    }

    fn foresee(&self, topics: &BTreeSet<Topic>, question: &Question<'_>) {
        self.foresee_topics(topics, question);
    }

    fn landed(&self, commit: &Revision, branch: &BranchName) -> Fact<BTreeSet<RequestId>> {
        let what = format!("the requests that brought {}", commit.short());
        let seen = self.client.list(&what, &self.at(&["commits", commit.as_str(), "pulls"]));
        seen.map(|pulls: Vec<wire::AssociatedPull>| translate::landed(branch, pulls)).into()
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
        Ok(remedy::write_remedy(request))
    }

    fn administration(&self) -> Option<Administration> {
        Some(self.administration_facts())
    }

    fn checks(&self, head: &Revision) -> CheckFacts {
        self.check_facts(head)
    }

    fn members(&self, team: &TeamName) -> Fact<Vec<Account>> {
        self.members_of(team).into()
    }

    fn batch(&self, question: &BatchQuestion<'_>) -> Fact<Batch> {
        self.batch_of(question).into()
    }
}

impl ChangeRequestHost for GitHubRequest<'_> {
    fn change_request(&self) -> Fact<ChangeRequest> {
        let number = self.id.to_string();
        let what = format!("request {number}");
        let seen = self.host.client.look(&what, &self.host.at(&["pulls", &number]));
        seen.and_then(|reply| {
            let pull: wire::PullRequest = reply.read(&what)?;
            let name = translate::is_of(&what, &self.host.repository, reply.moved, &pull.base)?;
            self.names.borrow_mut().extend(name);
            translate::request(&what, &self.id, pull)
        })
        .into()
    }

    fn head_reference(&self) -> Option<String> {
        Some(format!("refs/pull/{}/head", self.id))
    }

    fn foresee(&self, topics: &BTreeSet<Topic>, question: Option<&Question<'_>>) {
        self.foresee_topics(topics, question);
    }

    fn reviews(&self, commits: &[Commit]) -> ReviewFacts {
        self.review_facts(commits)
    }

    fn pushes(&self, question: &Question<'_>) -> PushFacts {
        self.host.push_facts(question)
    }
}
