//! Buildkite (Buildkite documentation, "Environment variables"). A build that a person starts may
//! have the text `HEAD` for its commit.

use super::CiSystem;
use super::by_variables::{JobVariables, is_first, repository_of};

/// Buildkite among the CI systems.
pub(super) static SYSTEM: CiSystem = CiSystem {
    name: "buildkite",
    is_here: |variables| is_first(variables, "buildkite"),
    is_known_without_ci: true,
    job: |variables| ROW.job(variables),
    recorder_variable: Some("BUILDKITE_BUILD_CREATOR"),
    other_address: |_| None,
    run_link: |variables| variables("BUILDKITE_BUILD_URL"),
};

static ROW: JobVariables = JobVariables {
    system: "buildkite",
    job: "a job of Buildkite",
    producer: "buildkite",
    run: "BUILDKITE_BUILD_ID",
    workspace: "BUILDKITE_BUILD_CHECKOUT_PATH",
    host: |_| None,
    request: |variables| variables("BUILDKITE_PULL_REQUEST").filter(|request| request != "false"),
    base: "BUILDKITE_PULL_REQUEST_BASE_BRANCH",
    head: Some("BUILDKITE_COMMIT"),
    commit: Some("BUILDKITE_COMMIT"),
    repository: |variables| repository_of(&variables("BUILDKITE_REPO")?),
    repository_variable: "BUILDKITE_REPO",
};
