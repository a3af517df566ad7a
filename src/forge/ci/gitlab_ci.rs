//! GitLab CI (GitLab docs, "Predefined CI/CD variables").

use super::{CiJob, CiSystem, Variables};
use portcullis_model::evidence::RunProducer;
use std::path::PathBuf;

/// GitLab CI among the CI systems.
pub(super) static SYSTEM: CiSystem = CiSystem {
    name: "gitlab-ci",
    is_here: |variables| {
        let set = |name| variables(name).as_deref() == Some("true");
        set("GITLAB_CI") && !set("GITHUB_ACTIONS")
    },
    is_known_without_ci: false,
    job: |variables| Box::new(GitLabJob { variables }),
    recorder_variable: None,
    other_address: |_| None,
};

struct GitLabJob {
    variables: Variables,
}

impl CiJob for GitLabJob {
    fn producer(&self) -> RunProducer {
        let (run, workflow) = ((self.variables)("CI_PIPELINE_ID"), (self.variables)("CI_CONFIG_PATH"));
        RunProducer { kind: SYSTEM.name.to_string(), run, attempt: None, workflow }
    }

    fn workspace(&self) -> Option<PathBuf> {
        (self.variables)("CI_PROJECT_DIR").map(PathBuf::from)
    }
}
