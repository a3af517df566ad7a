//! `portcullis explain COMMIT`: how it landed on the branch, who approved it, and what was not
//! approved.

use super::unseen_failure;
use crate::deploying::branch_named;
use crate::exit::{Exit, Failure, Result};
use crate::hosts::{MeantHost, kind_of, open_host};
use crate::{HostName, bare, output};
use clap::Args;
use portcullis_collect::deployment::gather_landing;
use portcullis_collect::sources::Sources;
use portcullis_forge::{Forge, ci};
use portcullis_git::{BranchPosition, Repository};
use portcullis_judge::decide::judge_alone;
use portcullis_judge::policy::Policy;
use portcullis_model::change::{BranchName, Revision};
use portcullis_model::deployment::Deployment;
use portcullis_model::fact::Gap;
use portcullis_model::inquiry::Inquiry;
use portcullis_render::landing::{KnownLanding, Location, write_report};
use std::path::Path;

/// Which branch it landed on, and whom to ask.
#[derive(Debug, Args)]
pub struct Where {
    /// Host to ask for requests and reviews. Default: `github` in a GitHub Actions job, else
    /// `none`.
    #[arg(long, value_enum, help_heading = "Explaining a commit")]
    host: Option<HostName>,
    /// Repository on the host. Default in a GitHub Actions job: the job's repository.
    #[arg(long, value_name = "OWNER/NAME", help_heading = "Explaining a commit")]
    repository: Option<String>,
    /// Branch that it landed on. Default: the job's branch, or the policy's if it names only one.
    #[arg(long, value_name = "NAME", help_heading = "Explaining a commit")]
    branch: Option<String>,
}

impl Where {
    /// Whoever named a host wants to know when it does not answer.
    fn is_unseen(&self, failure: &Failure) -> bool {
        self.repository.is_some() && failure.exit == Exit::Undetermined
    }
}

/// What is asked.
pub struct Asked<'a> {
    /// Where the commit is.
    pub repository: &'a Repository,
    /// By which policy its landing is looked at.
    pub policy: &'a Policy,
    /// The directory.
    pub directory: &'a Path,
    /// The commit.
    pub commit: &'a Revision,
}

/// Explains how a commit landed.
///
/// # Errors
/// The branch or its repository cannot be seen, or the host that was named cannot be one.
pub fn explain(asked: &Asked<'_>, place: &Where, verbose: bool) -> Result<()> {
    let host = open_named_host(asked.directory, place)?;
    let branch = branch_named(place.branch.as_deref(), asked.policy);
    let spot = match &branch {
        Some(branch) => find_position(asked, host.as_deref(), branch),
        None => Err(Failure::usage("not asked: which branch; name it with --branch NAME")),
    };
    match spot {
        Ok(spot) => {
            let (host, name) = (host.as_deref(), branch.unwrap_or_else(no_branch));
            let Some(facts) = gather_facts(asked, host, &name, &spot)? else {
                return write_first(asked, verbose);
            };
            report_landing(asked, &facts, host.is_some(), Location::Branch(&name), verbose)
        }
        // A branch that was named has to hold it; of one that was not named it is only a guess that
        // it does.
        Err(failure) if place.branch.is_some() || place.is_unseen(&failure) => Err(failure),
        Err(failure) => {
            let alone = BranchPosition { line: vec![asked.commit.clone()], at: 0 };
            let Some(facts) = gather_facts(asked, None, &no_branch(), &alone)? else {
                return write_first(asked, verbose);
            };
            report_landing(asked, &facts, false, Location::Unknown(&one_line(&failure.to_string())), verbose)
        }
    }
}

/// A message and its remedy, which has a line of its own, as one sentence.
fn one_line(message: &str) -> String {
    message.lines().map(str::trim).collect::<Vec<_>>().join("; ")
}

/// Stands where no branch is known, and no host is asked about it.
fn no_branch() -> BranchName {
    BranchName::new("HEAD")
}

fn open_named_host(directory: &Path, place: &Where) -> Result<Option<Box<dyn Forge>>> {
    if let Some(HostName::Kind(kind)) = place.host
        && *kind == portcullis_forge::bare::KIND
    {
        let repository = place.repository.clone().unwrap_or_else(|| ".".to_string());
        return bare::open_server(directory, &MeantHost { kind, repository, request: None }, None);
    }
    let repository = match (place.host, &place.repository) {
        (Some(HostName::None), _) => return Ok(None),
        (_, Some(repository)) => Some(repository.clone()),
        (_, None) => ci::current_job().repository(),
    };
    match (repository, place.host) {
        (Some(repository), named) => {
            let kind = kind_of(named).map_err(unseen_failure)?;
            open_host(kind, &repository, None).map(Some)
        }
        (None, Some(_)) => Err(Failure::usage("name the repository on the host: --repository OWNER/NAME")),
        (None, None) => Ok(None),
    }
}

fn find_position(asked: &Asked<'_>, host: Option<&dyn Forge>, branch: &BranchName) -> Result<BranchPosition> {
    let tip = branch_tip(asked.repository, host, branch)?;
    let spot = asked.repository.place(&tip, asked.commit).map_err(unseen_failure)?;
    spot.ok_or_else(|| {
        let (commit, tip) = (asked.commit.short(), tip.short());
        Failure::environment(format!("{branch}, which is at {tip}, does not hold {commit}"))
    })
}

/// The tip by the host, where one takes part; else as it was fetched last, else as it is here.
///
/// # Errors
/// It cannot be seen, or there is no such branch.
pub fn branch_tip(
    repository: &Repository,
    host: Option<&dyn Forge>,
    branch: &BranchName,
) -> Result<Revision> {
    if let Some(host) = host {
        return host.branch(branch).known().map(|branch| branch.tip.clone()).map_err(unseen_failure);
    }
    let fetched = repository.resolve(&format!("refs/remotes/origin/{branch}"));
    Ok(fetched.or_else(|_| repository.resolve(&format!("refs/heads/{branch}")))?)
}

fn gather_facts(
    asked: &Asked<'_>,
    host: Option<&dyn Forge>,
    branch: &BranchName,
    spot: &BranchPosition,
) -> Result<Option<Deployment>> {
    let inquiry = Inquiry { each_commit: false, ..asked.policy.inquiry(None) };
    let Asked { repository, directory, .. } = asked;
    let sources = Sources::of_the_past(repository, host, None, directory, jiff::Timestamp::now());
    gather_landing(&inquiry, branch, spot, &sources).map_err(unseen_failure)
}

fn report_landing(
    asked: &Asked<'_>,
    facts: &Deployment,
    host: bool,
    location: Location<'_>,
    verbose: bool,
) -> Result<()> {
    let missing = || unseen_failure(Gap::not_asked("the landing", "gather the facts again"));
    let landing = facts.landings.known().map_err(unseen_failure)?.first().ok_or_else(missing)?;
    let (areas, findings) = judge_alone(asked.policy, facts, landing);
    let left = asked.repository.residual(&landing.landing).into();
    let commit = asked.repository.commit(asked.commit).map_err(unseen_failure)?;
    let known = KnownLanding {
        asked: &commit,
        location,
        host,
        landing,
        span: &facts.span,
        left,
        areas: &areas,
        findings: &findings,
    };
    let mut text = Vec::new();
    write_report(&known, output::for_people(verbose), &mut text)
        .map_err(|error| Failure::environment(error.to_string()))?;
    output::stdout(&text)
}

/// The first commit of a history has nothing before it that it could have landed on.
fn write_first(asked: &Asked<'_>, verbose: bool) -> Result<()> {
    let inquiry = Inquiry { each_commit: false, ..asked.policy.inquiry(None) };
    let changed = asked.repository.commit_files(asked.commit, &inquiry).map_err(unseen_failure)?;
    let areas = asked.policy.scope.inventory.touched(changed.iter(), &inquiry).map_err(unseen_failure)?;
    let mut text = format!(
        "{} is the first commit of its history: nothing was there that it could have landed on\n",
        asked.commit.short()
    )
    .into_bytes();
    portcullis_render::landing::write_areas(&areas, output::for_people(verbose), &mut text)
        .map_err(|error| Failure::environment(error.to_string()))?;
    output::stdout(&text)
}
