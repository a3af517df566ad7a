//! Gitea and Forgejo, two hosts with one API: what differs between them is a `Flavour`.
//!
//! - `style` holds the ways of the API, `lists` its pages, `address` its names;
//! - `wire` is its JSON, `translate` says it in our words;
//! - `request`, `timeline`, `reviews`, `pushes`, `attribution`, `branch`, `protection`, `checks`,
//!   `teams`, `landed` and `fleet` hold the reading plans of their topics.
//!
//! What was not seen whole and for certain is a gap. In particular a 404 is never "there is none":
//! the host gives it for what a token may not see.

use crate::http::address::{Api, Origin};
use crate::http::client::{Client, Reply};
use crate::http::gaps::malformed;
use crate::remedy::{HostRemedy, RemedyRequest};
use crate::{
    ChangeRequestHost, CheckFacts, Connection, Forge, HostError, HostKind, PushFacts, Question, ReviewFacts,
    WorkShare,
};
use address::{GiteaRepository, api_address};
use jiff::Timestamp;
use portcullis_model::change::{BranchName, Commit, Revision};
use portcullis_model::deployment::HostDeployment;
use portcullis_model::environment::Environment;
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::host::HostConventions;
use portcullis_model::id::RequestId;
use portcullis_model::landing::BranchPush;
use portcullis_model::person::{Account, TeamName};
use portcullis_model::protection::{Branch, Protection};
use portcullis_model::review::ChangeRequest;
use request::GiteaRequest;
use serde::de::DeserializeOwned;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

mod address;
mod attribution;
mod branch;
mod checks;
mod conventions;
mod fleet;
mod landed;
mod lists;
mod protection;
mod pushes;
mod remedy;
mod request;
mod reviews;
mod rule_name;
mod settled;
mod style;
mod teams;
mod timeline;
mod translate;
mod wire;

/// Gitea among the hosts.
pub static GITEA: HostKind = HostKind {
    name: "gitea",
    about: "Gitea (`GITEA_SERVER_URL`, or the server of the job), with the token in `GITEA_TOKEN`",
    default_api: None,
    api_variable: "GITEA_SERVER_URL",
    token_variables: &["GITEA_TOKEN"],
    conventions: conventions::gitea,
    repository_form: "owner/name",
    request_id: |text| text.parse().ok().map(RequestId::Number),
    settles: settled::settles,
    open: |repository, connection| Ok(Box::new(Gitea::open(&FLAVOUR_GITEA, repository, connection)?)),
    fleet: Some(|connection| Ok(Box::new(fleet::GiteaFleet::open(&FLAVOUR_GITEA, connection)?))),
};

/// Forgejo among the hosts.
pub static FORGEJO: HostKind = HostKind {
    name: "forgejo",
    about: "Forgejo (`FORGEJO_SERVER_URL`, or the server of the job), with the token in `FORGEJO_TOKEN`",
    default_api: None,
    api_variable: "FORGEJO_SERVER_URL",
    token_variables: &["FORGEJO_TOKEN"],
    conventions: conventions::forgejo,
    repository_form: "owner/name",
    request_id: |text| text.parse().ok().map(RequestId::Number),
    settles: settled::settles,
    open: |repository, connection| Ok(Box::new(Gitea::open(&FLAVOUR_FORGEJO, repository, connection)?)),
    fleet: Some(|connection| Ok(Box::new(fleet::GiteaFleet::open(&FLAVOUR_FORGEJO, connection)?))),
};

/// What one of the two hosts does otherwise than the other.
struct Flavour {
    kind: &'static HostKind,
    style: &'static crate::http::ApiStyle,
    /// May its rules allow force pushes at all? Then each rule says whether it does.
    has_force_push: bool,
    /// Does a rule bind administrators who merge?
    binds_administrators: fn(&wire::ProtectionRule) -> bool,
    /// Does a rule look like one of the other host's?
    is_foreign: fn(&wire::ProtectionRule) -> bool,
}

static FLAVOUR_GITEA: Flavour = Flavour {
    kind: &GITEA,
    style: &style::GITEA,
    has_force_push: true,
    binds_administrators: |rule| rule.block_admin_merge_override == Some(true),
    is_foreign: |rule| rule.apply_to_admins.is_some(),
};

static FLAVOUR_FORGEJO: Flavour = Flavour {
    kind: &FORGEJO,
    style: &style::FORGEJO,
    has_force_push: false,
    binds_administrators: |rule| rule.apply_to_admins == Some(true),
    is_foreign: |rule| rule.block_admin_merge_override.is_some() || rule.enable_force_push.is_some(),
};

/// A repository on a Gitea or Forgejo.
struct Gitea {
    flavour: &'static Flavour,
    client: Client,
    repository: GiteaRepository,
    /// The domains of the host's own addresses.
    domains: Vec<String>,
    /// Branches that were asked for: they also tell which rule is in force.
    branches: RefCell<BTreeMap<BranchName, Result<wire::Branch, Gap>>>,
}

impl Gitea {
    /// The host at an address: that of the server (`https://HOST`, with a path where it has one) or
    /// that of its API below it (`…/api/v1`). Where none is named, the server of the job.
    ///
    /// # Errors
    /// No address, or an address or a repository that cannot be one.
    fn open(flavour: &'static Flavour, repository: &str, connection: Connection) -> Result<Gitea, HostError> {
        let Connection { api_url, server_url, token, transport, retry, .. } = connection;
        let named = api_url.or_else(|| server_url.clone()).ok_or(HostError::NoAddress(flavour.kind))?;
        let api = Api::new(&api_address(&named))?;
        let origin = match server_url {
            None => api.origin.clone(),
            Some(server) => Origin::of(&server).ok_or(HostError::ServerAddress(server))?,
        };
        let repository = GiteaRepository::parse(repository)
            .ok_or_else(|| HostError::Repository(flavour.kind, repository.to_string()))?;
        let client = Client::new(api, flavour.style, token, transport, retry);
        let (domains, branches) = (vec![origin.host().to_string()], RefCell::default());
        Ok(Gitea { flavour, client, repository, domains, branches })
    }

    /// The product, for sentences.
    fn product(&self) -> &'static str {
        self.flavour.style.product
    }

    /// The address segments of something in the repository.
    fn at<'a>(&'a self, rest: &[&'a str]) -> Vec<&'a str> {
        [&["repos", self.repository.owner.as_str(), self.repository.name.as_str()], rest].concat()
    }

    /// Asks for a resource and reads the answer as `T`.
    fn get<T: DeserializeOwned>(
        &self,
        what: &str,
        segments: &[&str],
        query: &[(&str, &str)],
    ) -> Result<T, Gap> {
        self.client.get_with(what, segments, query).map_err(style::name_scope)
    }

    /// Asks for a resource; the answer may be a refusal.
    fn look(&self, what: &str, segments: &[&str]) -> Result<Reply, Gap> {
        self.client.look(what, segments)
    }
}

/// The gap of something that only an administrator of the repository is shown.
fn administrators_only(gap: Gap) -> Gap {
    if gap.reason != GapReason::NotVisible || gap.remedy.contains("scope") {
        return gap;
    }
    let remedy =
        "Give a token of an account that administers the repository, with the scope `read:repository`.";
    Gap { remedy: remedy.to_string(), ..gap }
}

/// Does the address of a page of the host belong to a request of this number, in a repository of
/// one of these names?
fn is_page_of(url: &str, names: &BTreeSet<String>, number: &str) -> bool {
    let page = url.split(['#', '?']).next().unwrap_or_default().to_ascii_lowercase();
    let is_of = |name: &String| page.ends_with(&format!("/{}/pulls/{number}", name.to_ascii_lowercase()));
    names.iter().any(is_of)
}

impl Forge for Gitea {
    fn kind(&self) -> &'static str {
        self.flavour.kind.name
    }

    fn repository(&self) -> String {
        self.repository.to_string()
    }

    fn domains(&self) -> &[String] {
        &self.domains
    }

    fn conventions(&self) -> Arc<HostConventions> {
        (self.flavour.kind.conventions)()
    }

    fn request(&self, id: &RequestId) -> Box<dyn ChangeRequestHost + '_> {
        Box::new(GiteaRequest::new(self, id))
    }

    fn branch(&self, name: &BranchName) -> Fact<Branch> {
        self.branch_fact(name).into()
    }

    fn landed(&self, commit: &Revision, branch: &BranchName) -> Fact<BTreeSet<RequestId>> {
        self.requests_that_brought(commit, branch).into()
    }

    fn series(&self, request: &RequestId) -> Option<Fact<BTreeSet<Revision>>> {
        Some(self.commits_of(request).into())
    }

    /// Neither host keeps a list of the pushes to a branch.
    fn branch_pushes(&self, _: &BranchName, _: &[Revision]) -> Fact<Vec<BranchPush>> {
        Fact::Known(Vec::new())
    }

    fn deployed(&self, _: &str) -> Fact<Option<HostDeployment>> {
        Fact::Gap(self.no_deployments())
    }

    fn deployments(&self, _: &str, _: (Timestamp, Timestamp), _: WorkShare) -> Fact<Vec<HostDeployment>> {
        Fact::Gap(self.no_deployments())
    }

    fn deployed_elsewhere(&self, _: &str, _: &[Environment]) -> Fact<Vec<(String, HostDeployment)>> {
        Fact::Gap(self.no_deployments())
    }

    fn protection(&self, question: &Question<'_>) -> Fact<Protection> {
        self.branch_protection(question).into()
    }

    fn remedy(&self, request: &RemedyRequest<'_>) -> Result<HostRemedy, Gap> {
        Ok(remedy::write_remedy(request))
    }

    fn checks(&self, head: &Revision) -> CheckFacts {
        CheckFacts { checks: self.statuses(head).into(), workflow_runs: Fact::Known(BTreeMap::new()) }
    }

    fn members(&self, team: &TeamName) -> Fact<Vec<Account>> {
        self.members_of(team).into()
    }
}

impl Gitea {
    /// There is nothing to ask: the host does not know deployments.
    fn no_deployments(&self) -> Gap {
        Gap::new(
            "what the host says is deployed",
            GapReason::NotAsked,
            format!("{} keeps no deployments", self.product()),
            "Record each allowed deployment (`--record`), and begin with --base.",
        )
    }

    /// A revision in an answer.
    fn revision(&self, what: &str, text: &str) -> Result<Revision, Gap> {
        Revision::try_from(text.to_string()).map_err(|why| malformed(what, why))
    }
}

impl ChangeRequestHost for GiteaRequest<'_> {
    fn change_request(&self) -> Fact<ChangeRequest> {
        self.request_fact().into()
    }

    fn head_reference(&self) -> Option<String> {
        Some(format!("refs/pull/{}/head", self.id))
    }

    fn reviews(&self, commits: &[Commit]) -> ReviewFacts {
        self.review_facts(commits)
    }

    fn pushes(&self, question: &Question<'_>) -> PushFacts {
        self.push_facts(question)
    }
}
