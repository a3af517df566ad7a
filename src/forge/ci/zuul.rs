//! Zuul (Zuul documentation, "Job variables"). It gives a job Ansible facts and no environment; a
//! playbook hands them on as `ZUUL_UUID`, `ZUUL_CHANGE`, `ZUUL_BRANCH`. A job runs on a merge of
//! the change with all changes ahead of it, so no variable names the head.

use super::CiSystem;
use super::by_variables::{JobVariables, is_first};

/// Zuul among the CI systems.
pub(super) static SYSTEM: CiSystem = CiSystem {
    name: "zuul",
    is_here: |variables| is_first(variables, "zuul"),
    is_known_without_ci: true,
    job: |variables| ROW.job(variables),
    recorder_variable: None,
    other_address: |_| None,
    run_link: |_| None,
};

static ROW: JobVariables = JobVariables {
    system: "zuul",
    job: "a job of Zuul",
    producer: "zuul",
    run: "ZUUL_UUID",
    workspace: "ZUUL_WORKSPACE",
    host: |_| None,
    request: |variables| variables("ZUUL_CHANGE"),
    base: "ZUUL_BRANCH",
    head: None,
    commit: None,
    repository: |variables| variables("ZUUL_PROJECT"),
    repository_variable: "ZUUL_PROJECT",
};
