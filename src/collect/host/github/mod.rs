//! GitHub and GitHub Enterprise Server over REST, and over GraphQL for the two things that REST hides.
//!
//! - `address` builds addresses, `client` asks one question, `patience` says when to ask again, `whole` reads an answer;
//! - `pages` walks lists, along the `links` between them;
//! - `wire` and `graphql` are their JSON, `translate` and `protection` say it in our words;
//! - `checks`, `co_authors`, `base_pushes`, `deployments`, `pushes`, `reviews` and `rules` hold the reading plans of their topics; the short ones are here.
//!
//! Whatever could not be seen whole and for certain is a gap. In particular a 404 is never "there is none":
//! GitHub gives it for what a token may not see (GitHub docs, "Troubleshooting the REST API").

use crate::collect::host::github::address::{Api, Origin, Repository};
use crate::collect::host::github::client::{Client, contradiction};
use crate::collect::host::{Host, Question};
use crate::collect::transport::Transport;
use crate::model::change::{BranchName, Revision};
use crate::model::deployment::HostDeployment;
use crate::model::environment::Environment;
use crate::model::fact::{Fact, Gap};
use crate::model::facts::HostFacts;
use crate::model::inquiry::{Inquiry, Topic};
use crate::model::landing::BranchPush;
use crate::model::person::{Account, TeamName};
use crate::model::protection::Branch;
use crate::model::review::ChangeRequest;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

mod address;
mod base_pushes;
mod checks;
mod client;
mod co_authors;
mod deployments;
mod graphql;
mod links;
mod pages;
mod patience;
mod protection;
mod pushes;
mod reviews;
mod rules;
mod translate;
mod whole;
mod wire;

pub use patience::Patience;

/// One change request on a GitHub.
pub struct GitHub {
    client: Rc<Client>,
    repository: Repository,
    request: u64,
    /// The names that the repository is known by: the one it was asked by, and the one it has by now.
    names: RefCell<BTreeSet<String>>,
    /// The domains of the host's own addresses.
    domains: Vec<String>,
    pushes: Rc<base_pushes::Read>,
}

impl GitHub {
    /// A GitHub by the address of its API (`https://api.github.com`, `https://HOST/api/v3`), asked about request number
    /// `request` of `owner/name`.
    ///
    /// # Errors
    /// An address or a repository that cannot be one, in words for whoever wrote it. An address without TLS is
    /// accepted for this machine only.
    pub fn new(
        api_url: &str,
        repository: &str,
        request: u64,
        token: Option<String>,
        transport: Box<dyn Transport>,
        patience: Patience,
    ) -> Result<GitHub, String> {
        let client = Rc::new(Client::new(Api::new(api_url)?, token, transport, patience));
        Ok(GitHub::of(client, Repository::new(repository)?, request))
    }

    /// The same, of a server whose own address (`https://HOST`) is known from elsewhere: then its addresses are under HOST.
    ///
    /// # Errors
    /// An address that cannot be one.
    pub fn served_at(mut self, server: &str) -> Result<GitHub, String> {
        let origin =
            Origin::of(server).ok_or_else(|| format!("`{server}` is not the address of a server"))?;
        self.domains = vec![origin.host().to_string()];
        Ok(self)
    }

    fn of(client: Rc<Client>, repository: Repository, request: u64) -> GitHub {
        let names = RefCell::new([repository.to_string()].into());
        let domains = client.api.domains();
        GitHub { client, repository, request, names, domains, pushes: Rc::default() }
    }

    /// The address segments of something in the repository.
    fn at<'a>(&'a self, rest: &[&'a str]) -> Vec<&'a str> {
        in_repository(&self.repository, rest)
    }

    fn members(&self, team: &TeamName) -> Result<Vec<Account>, Gap> {
        let what = format!("the members of team {team}");
        let (organisation, slug) = team.parts().ok_or_else(|| translate::no_team(&what))?;
        let seen: Vec<wire::User> =
            self.client.list(&what, &["orgs", organisation, "teams", slug, "members"])?;
        let accounts: BTreeSet<Account> = seen.into_iter().map(translate::account).collect();
        Ok(accounts.into_iter().collect())
    }
}

fn in_repository<'a>(repository: &'a Repository, rest: &[&'a str]) -> Vec<&'a str> {
    [&["repos", repository.owner.as_str(), repository.name.as_str()], rest].concat()
}

impl Host for GitHub {
    fn about(&self, request: u64) -> Box<dyn Host> {
        let other = GitHub::of(Rc::clone(&self.client), self.repository.clone(), request);
        Box::new(GitHub { domains: self.domains.clone(), pushes: Rc::clone(&self.pushes), ..other })
    }

    fn landed(&self, commit: &Revision, branch: &BranchName) -> Fact<BTreeSet<u64>> {
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

    fn deployed_elsewhere(
        &self,
        environment: &str,
        listed: &[Environment],
    ) -> Fact<Vec<(String, HostDeployment)>> {
        self.deployed_to_others(environment, listed).into()
    }

    fn request(&self) -> Fact<ChangeRequest> {
        let number = self.request.to_string();
        let what = format!("request {number}");
        let seen = self.client.look(&what, &self.at(&["pulls", &number]));
        seen.and_then(|reply| {
            let pull: wire::PullRequest = reply.read(&what)?;
            let name = translate::is_of(&what, &self.repository, reply.moved, &pull.base)?;
            self.names.borrow_mut().extend(name);
            translate::request(&what, self.request, pull)
        })
        .into()
    }

    fn branch(&self, name: &BranchName) -> Fact<Branch> {
        let what = format!("branch {name}");
        let seen = self.client.get(&what, &self.at(&["branches", name.as_str()]));
        seen.and_then(|branch| translate::branch(&what, name, branch)).into()
    }

    fn facts(&self, inquiry: &Inquiry, question: Question<'_>) -> HostFacts {
        let asked = |topic| inquiry.topics.contains(&topic);
        let mut facts =
            HostFacts::unseen("github", &Gap::not_asked("what the host says", "Nothing needs it."));
        facts.repository = Some(self.repository.to_string());
        facts.domains = self.domains.clone();
        if asked(Topic::Reviews) {
            self.ask_reviews(&question, &mut facts);
        }
        if asked(Topic::Pushes) {
            self.ask_pushes(&question, &mut facts);
        }
        if asked(Topic::Protection) {
            facts.protection = self.protection(&question).into();
        }
        if asked(Topic::Checks) {
            self.ask_checks(question.head, &mut facts);
        }
        let owners = question.owner_teams.iter().filter(|_| asked(Topic::CodeOwners));
        let teams: BTreeSet<&TeamName> = inquiry.teams.iter().chain(owners).collect();
        facts.members = teams.into_iter().map(|team| (team.clone(), self.members(team).into())).collect();
        HostFacts { request: question.request, branch: question.branch, ..facts }
    }
}
