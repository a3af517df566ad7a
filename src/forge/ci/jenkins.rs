//! Jenkins (Jenkins docs, "Using environment variables").

use super::{CiJob, CiSystem, Variables};
use portcullis_model::evidence::RunProducer;
use std::path::PathBuf;

/// Jenkins among the CI systems.
pub(super) static SYSTEM: CiSystem = CiSystem {
    name: "jenkins",
    // A job of another system that drives a Jenkins is of that system.
    is_here: |variables| {
        let set = |name| variables(name).as_deref() == Some("true");
        variables("JENKINS_URL").is_some() && !set("GITHUB_ACTIONS") && !set("GITLAB_CI")
    },
    is_known_without_ci: false,
    job: |variables| Box::new(JenkinsJob { variables }),
    recorder_variable: None,
    other_address: |_| None,
};

struct JenkinsJob {
    variables: Variables,
}

impl CiJob for JenkinsJob {
    /// Jenkins sets nothing that a step of the job cannot set as well.
    fn producer(&self) -> RunProducer {
        RunProducer { kind: "local".to_string(), run: None, attempt: None, workflow: None }
    }

    fn workspace(&self) -> Option<PathBuf> {
        (self.variables)("WORKSPACE").map(PathBuf::from)
    }
}
