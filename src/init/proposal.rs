//! All that is proposed for one repository.

use crate::area::ProposedArea;
use crate::branches::{BranchFacts, ProposedBranch, propose_branches};
use crate::ci_text::{NamedIn, environments_in, jobs_in};
use crate::found::{FoundCi, FoundRunner, find_ci, find_runners};
use crate::git_reviews::GitReviews;
use crate::owners::GateOwners;
use crate::people::HistoryPeople;
use crate::propose::propose_areas;
use crate::remote::RemotePlace;
use crate::survey::Survey;

/// What is known of a repository beside its files.
#[derive(Clone, Debug, Default)]
pub struct RepositoryFacts {
    /// The name of the folder that it is in.
    pub folder: String,
    /// Where its remote is.
    pub remote: Option<RemotePlace>,
    /// The kind of host, by name; `None`: not known.
    pub host: Option<&'static str>,
    /// How reviews are kept in git; `None`: a host keeps them.
    pub git_reviews: Option<&'static GitReviews>,
    /// Its branches.
    pub branches: BranchFacts,
    /// Who owns what steers the gate.
    pub owners: GateOwners,
    /// Who wrote its history.
    pub people: HistoryPeople,
    /// Are addresses of people written?
    pub with_emails: bool,
    /// The texts of its CI files, with their paths.
    pub ci_texts: Vec<(String, String)>,
    /// What could not be seen, and what to do about it.
    pub gaps: Vec<String>,
}

/// A policy as it is proposed.
pub struct Proposal {
    /// What is known of the repository.
    pub facts: RepositoryFacts,
    /// The name of the project.
    pub project: Option<String>,
    /// Patterns of deployment branches.
    pub branches: Vec<ProposedBranch>,
    /// The areas.
    pub areas: Vec<ProposedArea>,
    /// Test runners.
    pub runners: Vec<FoundRunner>,
    /// CI systems.
    pub ci: Vec<FoundCi>,
    /// Jobs that could be required.
    pub jobs: NamedIn,
    /// Environments that are deployed to.
    pub environments: NamedIn,
    /// What was looked at.
    pub survey: Survey,
}

impl Proposal {
    /// The proposal for what was seen.
    pub fn of(survey: Survey, facts: RepositoryFacts) -> Self {
        let areas = propose_areas(&survey);
        Proposal {
            project: project_name(&facts),
            branches: propose_branches(&facts.branches, &facts.ci_texts),
            runners: find_runners(&survey, &areas),
            ci: find_ci(&survey),
            jobs: jobs_in(&facts.ci_texts),
            environments: environments_in(&facts.ci_texts),
            areas,
            survey,
            facts,
        }
    }

    /// The environments that CI files name.
    pub fn environments_of(facts: &RepositoryFacts) -> Vec<String> {
        environments_in(&facts.ci_texts).into_keys().collect()
    }

    /// The suites that are written, not only shown.
    pub fn written_runners(&self) -> impl Iterator<Item = &FoundRunner> {
        self.runners.iter().filter(|one| one.doubt.is_none())
    }
}

fn project_name(facts: &RepositoryFacts) -> Option<String> {
    let of_remote = facts.remote.as_ref().map(RemotePlace::name);
    let is_plain = |c: char| c.is_alphanumeric() || " -_.".contains(c);
    let names = of_remote.into_iter().chain([facts.folder.as_str()]);
    names.map(str::trim).find(|name| !name.is_empty() && name.chars().all(is_plain)).map(str::to_string)
}
