//! GitHub and GitHub Enterprise Server over REST, and over GraphQL for the one thing that REST hides.
//!
//! - `address` builds addresses, `client` asks one question, `patience` says when to ask again, `pages` walks lists;
//! - `wire` is their JSON, `translate` and `protection` say it in our words;
//! - `deployments`, `reviews` and `rules` hold the reading plans of their topics; the short ones are here.
//!
//! Whatever could not be seen whole and for certain is a gap. In particular a 404 is never "there is none":
//! GitHub gives it for what a token may not see (GitHub docs, "Troubleshooting the REST API").

use crate::collect::host::github::address::{Api, Repository};
use crate::collect::host::github::client::{Client, contradiction, malformed, truncated};
use crate::collect::host::github::pages::{Kind, Page};
use crate::collect::host::{Host, Question};
use crate::collect::transport::Transport;
use crate::model::change::{BranchName, Revision};
use crate::model::check::Check;
use crate::model::deployment::HostDeployment;
use crate::model::fact::{Fact, Gap, GapReason};
use crate::model::facts::HostFacts;
use crate::model::inquiry::{Inquiry, Topic};
use crate::model::person::{Account, TeamName};
use crate::model::protection::Branch;
use crate::model::review::{ChangeRequest, Push};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

mod address;
mod client;
mod deployments;
mod pages;
mod patience;
mod protection;
mod reviews;
mod rules;
mod translate;
mod wire;

pub use patience::Patience;

/// How many pages of a branch's activity are searched for the push of the head.
const ACTIVITY_PAGES: usize = 5;

/// One change request on a GitHub.
pub struct GitHub {
    client: Rc<Client>,
    repository: Repository,
    request: u64,
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
        Ok(GitHub { client, repository: Repository::new(repository)?, request })
    }

    /// The address segments of something in the repository.
    fn at<'a>(&'a self, rest: &[&'a str]) -> Vec<&'a str> {
        in_repository(&self.repository, rest)
    }

    fn last_push(&self, question: &Question<'_>) -> Result<Push, Gap> {
        self.newest_push("who pushed the head", question, &[])
    }

    /// Pushes from one of the commits that the head is, but for updates, to another are passed over.
    fn content_push(&self, question: &Question<'_>) -> Result<Push, Gap> {
        self.newest_push("who pushed what the head brings", question, question.before_updates)
    }

    /// The newest push that left the branch at the head, or at one of the commits that count as the same, coming from none
    /// of them.
    fn newest_push(&self, what: &str, question: &Question<'_>, same: &[Revision]) -> Result<Push, Gap> {
        let request = question.request.known()?;
        let from = request.head_repository.as_deref().ok_or_else(|| {
            let remedy = "Push the branch to a repository that still exists, and open a new request.";
            Gap::new(what, GapReason::NotVisible, "the repository of the head is gone", remedy)
        })?;
        let from = Repository::new(from).map_err(|why| malformed(what, why))?;
        let reference = format!("refs/heads/{}", request.head_branch);
        let segments = in_repository(&from, &["activity"]);
        let mut pages = self.client.pages(what, Kind::Cursor, &segments, &[("ref", &reference)])?;
        for _ in 0..ACTIVITY_PAGES {
            let Some(page) = pages.next::<Vec<wire::Activity>>()? else {
                return Err(no_push(what, "no push of the head is on record"));
            };
            if let Some(push) = newest_push(what, page, &reference, question.head, same)? {
                return Ok(push);
            }
        }
        Err(truncated(what, format!("no push of the head is among the last {ACTIVITY_PAGES} pages")))
    }

    fn members(&self, team: &TeamName) -> Result<Vec<Account>, Gap> {
        let what = format!("the members of team {team}");
        let (organisation, slug) = team.parts();
        let seen: Vec<wire::User> =
            self.client.list(&what, &["orgs", organisation, "teams", slug, "members"])?;
        let accounts: BTreeSet<Account> = seen.into_iter().map(translate::account).collect();
        Ok(accounts.into_iter().collect())
    }

    fn checks(&self, head: &Revision) -> Result<Vec<Check>, Gap> {
        let mut checks = self.check_runs(head)?;
        let what = format!("the statuses of {}", head.short());
        let statuses = self.client.list(&what, &self.at(&["commits", head.as_str(), "statuses"]))?;
        checks.extend(translate::statuses(&what, head, statuses)?);
        checks.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
        Ok(checks)
    }

    fn check_runs(&self, head: &Revision) -> Result<Vec<Check>, Gap> {
        let what = format!("the check runs of {}", head.short());
        let segments = self.at(&["commits", head.as_str(), "check-runs"]);
        let mut pages = self.client.pages(&what, Kind::Numbered, &segments, &[("filter", "latest")])?;
        let mut runs = BTreeMap::new();
        let mut total = 0;
        while let Some(page) = pages.next::<wire::CheckRuns>()? {
            total = page.total_count;
            runs.extend(page.check_runs.into_iter().map(|run| (run.id, run)));
        }
        if u64::try_from(runs.len()) != Ok(total) {
            return Err(truncated(&what, format!("{} of {total} check runs were given", runs.len())));
        }
        runs.into_values().map(|run| translate::check_run(&what, head, run)).collect()
    }
}

fn in_repository<'a>(repository: &'a Repository, rest: &[&'a str]) -> Vec<&'a str> {
    [&["repos", repository.owner.as_str(), repository.name.as_str()], rest].concat()
}

impl Page for wire::CheckRuns {
    fn count(&self) -> usize {
        self.check_runs.len()
    }
}

fn no_push(what: &str, detail: &str) -> Gap {
    let remedy = "Give a token that may read the activity of the repository that the head is in.";
    Gap::new(what, GapReason::NotVisible, detail, remedy)
}

/// The newest entry that fits. The host was asked for one branch; entries of others are passed over.
fn newest_push(
    what: &str,
    page: Vec<wire::Activity>,
    reference: &str,
    head: &Revision,
    same: &[Revision],
) -> Result<Option<Push>, Gap> {
    let is_same = |name: &str| same.iter().any(|one| one.as_str() == name);
    let fits = |entry: &wire::Activity| {
        let arrives = entry.after == head.as_str() || is_same(&entry.after);
        entry.reference == reference && arrives && !is_same(&entry.before)
    };
    let newest = page.into_iter().filter(fits).max_by_key(|entry| (entry.timestamp, entry.id));
    let push = |entry: wire::Activity| {
        let after = Revision::try_from(entry.after).map_err(|why| malformed(what, why))?;
        Ok(Push { after, actor: entry.actor.map(translate::account) })
    };
    newest.map(push).transpose()
}

impl Host for GitHub {
    fn about(&self, request: u64) -> Box<dyn Host> {
        Box::new(GitHub { client: Rc::clone(&self.client), repository: self.repository.clone(), request })
    }

    fn landed(&self, commit: &Revision, branch: &BranchName) -> Fact<BTreeSet<u64>> {
        let what = format!("the requests that brought {}", commit.short());
        let seen = self.client.list(&what, &self.at(&["commits", commit.as_str(), "pulls"]));
        seen.map(|pulls: Vec<wire::AssociatedPull>| translate::landed(branch, pulls)).into()
    }

    fn deployed(&self, environment: &str) -> Fact<Option<HostDeployment>> {
        self.last_deployed(environment).into()
    }

    fn request(&self) -> Fact<ChangeRequest> {
        let number = self.request.to_string();
        let what = format!("request {number}");
        let seen = self.client.get(&what, &self.at(&["pulls", &number]));
        seen.and_then(|pull| translate::request(&what, self.request, pull)).into()
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
        if asked(Topic::Reviews) {
            self.ask_reviews(&question, &mut facts);
        }
        if asked(Topic::Pushes) {
            facts.last_push = self.last_push(&question).into();
            facts.content_push = match question.before_updates {
                [] => facts.last_push.clone(),
                _ => self.content_push(&question).into(),
            };
        }
        if asked(Topic::Protection) {
            facts.protection = self.protection(&question).into();
        }
        if asked(Topic::Checks) {
            facts.checks = self.checks(question.head).into();
        }
        let owners = question.owner_teams.iter().filter(|_| asked(Topic::CodeOwners));
        let teams: BTreeSet<&TeamName> = inquiry.teams.iter().chain(owners).collect();
        facts.members = teams.into_iter().map(|team| (team.clone(), self.members(team).into())).collect();
        HostFacts { request: question.request, branch: question.branch, ..facts }
    }
}
