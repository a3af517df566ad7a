//! Jenkins (Jenkins docs, "Using environment variables"; plugins "Branch API" for multibranch jobs
//! and "Gerrit Trigger").
//!
//! A multibranch job of a request checks out its head, or its own merge of it, by the strategy of
//! the project. A job that Gerrit triggered names the patch set.

use super::by_variables::{JobVariables, is_first, repository_of};
use super::{CiSystem, Variables};

/// Jenkins among the CI systems.
pub(super) static SYSTEM: CiSystem = CiSystem {
    name: "jenkins",
    // A job of another system that drives a Jenkins is of that system.
    is_here: |variables| is_first(variables, "jenkins"),
    is_known_without_ci: false,
    job: |variables| if is_of_gerrit(variables) { GERRIT.job(variables) } else { MULTIBRANCH.job(variables) },
    recorder_variable: None,
    other_address: |_| None,
    run_link: |variables| variables("BUILD_URL"),
};

fn is_of_gerrit(variables: Variables) -> bool {
    variables("GERRIT_CHANGE_NUMBER").is_some()
}

/// Jenkins sets nothing that a step of the job cannot set as well, so statements call its runs
/// local.
static MULTIBRANCH: JobVariables = JobVariables {
    system: "jenkins",
    job: "a job of Jenkins",
    producer: "local",
    run: "BUILD_TAG",
    workspace: "WORKSPACE",
    host: |_| None,
    request: |variables| variables("CHANGE_ID"),
    base: "CHANGE_TARGET",
    head: Some("GIT_COMMIT"),
    commit: Some("GIT_COMMIT"),
    repository: |variables| repository_of(&variables("GIT_URL")?),
    repository_variable: "GIT_URL",
};

static GERRIT: JobVariables = JobVariables {
    system: "jenkins",
    job: "a job of Jenkins",
    producer: "local",
    run: "BUILD_TAG",
    workspace: "WORKSPACE",
    host: |_| Some("a project of Gerrit"),
    request: |variables| variables("GERRIT_CHANGE_NUMBER"),
    base: "GERRIT_BRANCH",
    head: Some("GERRIT_PATCHSET_REVISION"),
    commit: None,
    repository: |variables| variables("GERRIT_PROJECT"),
    repository_variable: "GERRIT_PROJECT",
};
