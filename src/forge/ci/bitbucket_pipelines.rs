//! Bitbucket Pipelines (Bitbucket documentation, "Variables and secrets"). A pipeline of a pull
//! request merges the destination into what it checks out; its variable names the head.

use super::by_variables::{JobVariables, is_first};
use super::{CiSystem, Variables};

/// Bitbucket Pipelines among the CI systems.
pub(super) static SYSTEM: CiSystem = CiSystem {
    name: "bitbucket-pipelines",
    is_here: |variables| is_first(variables, "bitbucket-pipelines"),
    is_known_without_ci: true,
    job: |variables| ROW.job(variables),
    recorder_variable: Some("BITBUCKET_STEP_TRIGGERER_UUID"),
    other_address: |_| None,
    run_link,
};

/// The page of the run, below that of the repository.
fn run_link(variables: Variables) -> Option<String> {
    let (origin, run) = (variables("BITBUCKET_GIT_HTTP_ORIGIN")?, variables("BITBUCKET_BUILD_NUMBER")?);
    Some(format!("{}/pipelines/results/{run}", origin.replacen("http://", "https://", 1)))
}

static ROW: JobVariables = JobVariables {
    system: "bitbucket-pipelines",
    job: "a job of Bitbucket Pipelines",
    producer: "bitbucket-pipelines",
    run: "BITBUCKET_BUILD_NUMBER",
    workspace: "BITBUCKET_CLONE_DIR",
    host: |_| Some("a repository of Bitbucket"),
    request: |variables| variables("BITBUCKET_PR_ID"),
    base: "BITBUCKET_PR_DESTINATION_BRANCH",
    head: Some("BITBUCKET_COMMIT"),
    commit: Some("BITBUCKET_COMMIT"),
    repository: |variables| variables("BITBUCKET_REPO_FULL_NAME"),
    repository_variable: "BITBUCKET_REPO_FULL_NAME",
};
