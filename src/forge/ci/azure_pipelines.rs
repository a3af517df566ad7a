//! Azure Pipelines (Microsoft Learn, "Use predefined variables"). A build of a pull request checks
//! out its merge into the branch; the variable of the source commit names the head.

use super::by_variables::{JobVariables, is_first};
use super::{CiSystem, Variables};

/// Azure Pipelines among the CI systems.
pub(super) static SYSTEM: CiSystem = CiSystem {
    name: "azure-pipelines",
    is_here: |variables| is_first(variables, "azure-pipelines"),
    is_known_without_ci: true,
    job: |variables| ROW.job(variables),
    recorder_variable: Some("BUILD_REQUESTEDFORID"),
    other_address: |_| None,
    run_link,
};

/// The page of the run, by the server, the project and the number of the build.
fn run_link(variables: Variables) -> Option<String> {
    let project = variables("SYSTEM_TEAMPROJECT")?.replace(' ', "%20");
    let (server, run) = (variables("SYSTEM_COLLECTIONURI")?, variables("BUILD_BUILDID")?);
    Some(format!("{}/{project}/_build/results?buildId={run}", server.trim_end_matches('/')))
}

static ROW: JobVariables = JobVariables {
    system: "azure-pipelines",
    job: "a job of Azure Pipelines",
    producer: "azure-pipelines",
    run: "BUILD_BUILDID",
    workspace: "BUILD_SOURCESDIRECTORY",
    host: |variables| match variables("BUILD_REPOSITORY_PROVIDER").as_deref() {
        Some("TfsGit") => Some("a repository of Azure Repos"),
        Some("Bitbucket") => Some("a repository of Bitbucket"),
        _ => None,
    },
    request,
    base: "SYSTEM_PULLREQUEST_TARGETBRANCH",
    head: Some("SYSTEM_PULLREQUEST_SOURCECOMMITID"),
    commit: Some("BUILD_SOURCEVERSION"),
    repository: |variables| variables("BUILD_REPOSITORY_NAME"),
    repository_variable: "BUILD_REPOSITORY_NAME",
};

/// For a repository on GitHub, its own number of the request; the other one is Azure's.
fn request(variables: Variables) -> Option<String> {
    variables("SYSTEM_PULLREQUEST_PULLREQUESTNUMBER")
        .or_else(|| variables("SYSTEM_PULLREQUEST_PULLREQUESTID"))
}
