//! CircleCI (CircleCI documentation, "Built-in environment variables"). It names a request by its
//! address, and not in every job of one.

use super::CiSystem;
use super::by_variables::{JobVariables, is_first};

/// CircleCI among the CI systems.
pub(super) static SYSTEM: CiSystem = CiSystem {
    name: "circleci",
    is_here: |variables| is_first(variables, "circleci"),
    is_known_without_ci: true,
    job: |variables| ROW.job(variables),
    recorder_variable: Some("CIRCLE_USERNAME"),
    other_address: |_| None,
    run_link: |variables| variables("CIRCLE_BUILD_URL"),
};

static ROW: JobVariables = JobVariables {
    system: "circleci",
    job: "a job of CircleCI",
    producer: "circleci",
    run: "CIRCLE_WORKFLOW_ID",
    workspace: "CIRCLE_WORKING_DIRECTORY",
    host: |_| None,
    request: |variables| {
        let address = variables("CIRCLE_PULL_REQUEST")?;
        address.trim_end_matches('/').rsplit('/').next().map(str::to_string)
    },
    // It names no branch that would receive the change.
    base: "",
    head: Some("CIRCLE_SHA1"),
    commit: Some("CIRCLE_SHA1"),
    repository: |variables| {
        Some(format!("{}/{}", variables("CIRCLE_PROJECT_USERNAME")?, variables("CIRCLE_PROJECT_REPONAME")?))
    },
    repository_variable: "CIRCLE_PROJECT_REPONAME",
};
