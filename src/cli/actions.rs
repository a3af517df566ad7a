//! What a GitHub Actions job knows of itself (GitHub docs, "Variables reference" and "Webhook events and payloads").

use super::exit::{Failure, Result};
use crate::collect::host::github::GitHub;
use crate::model::change::{BranchName, Revision};
use crate::model::evidence::Producer;
use crate::model::person::Login;
use serde::Deserialize;
use std::path::PathBuf;

/// The job that we run in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// `GITHUB_REPOSITORY`.
    pub repository: String,
    /// The request of the event file (`GITHUB_EVENT_PATH`).
    pub request: u64,
    /// Its head when the event happened: the commit that this job's verdict will be shown on.
    pub head: Revision,
}

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
pub fn served(host: GitHub) -> std::result::Result<GitHub, String> {
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

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The job of this process.
///
/// # Errors
/// A variable is missing, the event file cannot be read, or the event is not of a change request.
pub fn job() -> Result<Job> {
    let need = |name| {
        variable(name).ok_or_else(|| {
            Failure::environment(format!("this is a GitHub Actions job, but {name} is not set"))
        })
    };
    let path = need("GITHUB_EVENT_PATH")?;
    let text = std::fs::read_to_string(&path)
        .map_err(|error| Failure::environment(format!("cannot read the event file {path}: {error}")))?;
    let event = parse(&text).map_err(|error| Failure::environment(format!("{path}: {error}")))?;
    let Some(request) = event.pull_request else {
        return Err(Failure::usage(
            "the event of this job has no pull request; run the gate on `pull_request`, or name a request \
             with --host github --repository OWNER/NAME --request N",
        ));
    };
    Ok(Job { repository: need("GITHUB_REPOSITORY")?, request: request.number, head: request.head.sha })
}

/// The head in the event of this job, where it is of this request: the verdict will be shown on that commit, whatever was
/// pushed since.
pub fn head_of(repository: &str, request: u64) -> Option<Revision> {
    let job = is_job().then(job)?.ok()?;
    let same = job.repository.eq_ignore_ascii_case(repository) && job.request == request;
    same.then_some(job.head)
}

fn parse(text: &str) -> std::result::Result<Event, serde_json::Error> {
    serde_json::from_str(text)
}

#[derive(Deserialize)]
struct Event {
    pull_request: Option<EventRequest>,
}

#[derive(Deserialize)]
struct EventRequest {
    number: u64,
    head: EventCommit,
}

#[derive(Deserialize)]
struct EventCommit {
    sha: Revision,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_without_a_request_is_told_from_a_broken_one() {
        assert!(parse(r#"{"ref": "refs/heads/main"}"#).unwrap().pull_request.is_none());
        assert!(parse(r#"{"pull_request": {"number": 7}}"#).is_err());
        assert!(parse(r#"{"pull_request": {"number": 7, "head": {"sha": "main"}}}"#).is_err());
    }
}
