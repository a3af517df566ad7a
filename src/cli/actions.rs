//! What a GitHub Actions job knows of itself (GitHub docs, "Variables reference" and "Webhook events and payloads").

use crate::collect::host::{self, HostKind};
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

/// The kind of host that the job belongs to, or the usual one.
pub fn host_kind() -> &'static HostKind {
    host::DEFAULT
}

/// The address under which people know the server of this job: `GITHUB_SERVER_URL`, which no step can set.
pub fn server_url() -> Option<String> {
    variable("GITHUB_SERVER_URL").filter(|_| is_job())
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

/// An environment variable that is set and not empty.
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
