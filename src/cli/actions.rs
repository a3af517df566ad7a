//! What a GitHub Actions job knows of itself (GitHub docs, "Variables reference" and "Webhook events and payloads").

use crate::collect::host::github::GitHub;
use crate::model::change::BranchName;
use crate::model::evidence::Producer;
use crate::model::facts::Detour;
use crate::model::person::Login;
use std::path::PathBuf;

pub mod around;
mod claims;
pub mod event;
pub mod job;

/// Do we run in a GitHub Actions job?
pub fn is_job() -> bool {
    variable("GITHUB_ACTIONS").as_deref() == Some("true")
}

/// Do we run in a job of any CI system? All of them set `CI`.
pub fn is_ci() -> bool {
    is_job() || variable("CI").is_some()
}

/// Where the API is: `GITHUB_API_URL`, or github.com's.
pub fn api_url() -> String {
    variable("GITHUB_API_URL").unwrap_or_else(|| "https://api.github.com".to_string())
}

/// A host that this job's server is: `GITHUB_SERVER_URL`, which no step can set, says under which name people know it.
///
/// # Errors
/// An address that cannot be one.
pub fn served(host: GitHub) -> Result<GitHub, String> {
    match variable("GITHUB_SERVER_URL").filter(|_| is_job()) {
        Some(server) => host.served_at(&server),
        None => Ok(host),
    }
}

/// The token that the CI system set: `GITHUB_TOKEN`, or `GH_TOKEN`.
pub fn token() -> Option<String> {
    variable("GITHUB_TOKEN").or_else(|| variable("GH_TOKEN"))
}

/// The repository of the job.
pub fn repository() -> Option<String> {
    variable("GITHUB_REPOSITORY").filter(|_| is_job())
}

/// The branch that the job runs on, if it runs on one.
pub fn branch() -> Option<BranchName> {
    let reference = variable("GITHUB_REF").filter(|_| is_job())?;
    reference.strip_prefix("refs/heads/").map(BranchName::new)
}

/// Whose action started this run of the job: of a job that is run again, whoever ran it again
/// (`GITHUB_TRIGGERING_ACTOR`, else `GITHUB_ACTOR`). A workflow cannot set these for its steps.
pub fn actor() -> Option<Login> {
    let name = variable("GITHUB_TRIGGERING_ACTOR").or_else(|| variable("GITHUB_ACTOR"));
    name.filter(|_| is_job()).map(Login::new)
}

/// Who runs the gate, as far as the environment says.
pub fn recorder() -> String {
    let names = ["GITHUB_ACTOR", "USER", "LOGNAME"];
    names.into_iter().find_map(variable).unwrap_or_else(|| "unknown".to_string())
}

/// Who runs the tests, as far as the environment of a CI job says (GitHub docs, "Variables reference"; GitLab docs,
/// "Predefined CI/CD variables"). A workflow cannot set these of GitHub for its steps.
pub fn producer() -> Producer {
    if is_job() {
        return Producer {
            kind: "github-actions".to_string(),
            run: variable("GITHUB_RUN_ID"),
            attempt: variable("GITHUB_RUN_ATTEMPT").and_then(|number| number.parse().ok()).filter(|n| *n > 0),
            workflow: variable("GITHUB_WORKFLOW_REF"),
        };
    }
    if variable("GITLAB_CI").as_deref() == Some("true") {
        let (run, workflow) = (variable("CI_PIPELINE_ID"), variable("CI_CONFIG_PATH"));
        return Producer { kind: "gitlab-ci".to_string(), run, attempt: None, workflow };
    }
    Producer { kind: "local".to_string(), run: None, attempt: None, workflow: None }
}

/// Where the job summary goes.
pub fn summary() -> Option<PathBuf> {
    variable("GITHUB_STEP_SUMMARY").map(PathBuf::from)
}

/// The settings of this environment that come between the gate and the host.
pub fn detours() -> Vec<Detour> {
    let all = std::env::vars_os();
    around::detours(
        all.map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned())),
    )
}

/// Below which directory the CI system checks out what it builds; outside of it lies what belongs to the machine.
pub fn workspace() -> Option<PathBuf> {
    let name = match () {
        () if is_job() => "GITHUB_WORKSPACE",
        () if variable("GITLAB_CI").is_some() => "CI_PROJECT_DIR",
        () if variable("JENKINS_URL").is_some() => "WORKSPACE",
        () => return None,
    };
    variable(name).map(PathBuf::from)
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
