//! Gitea Actions and Forgejo Actions. They set GitHub's variables and understand its workflow
//! commands, but their host has another API, which this program cannot ask yet. A job of theirs is
//! not taken for one of GitHub.
//!
//! The runner of Gitea sets `GITEA_ACTIONS`, that of Forgejo (from version 7) `FORGEJO_ACTIONS`.
//! Older runners of Forgejo set neither: then the address of the API tells.

use super::github_actions::{self, GitHubActionsJob};
use super::{CiJob, CiSystem, EventError, HostKind, JobEvent};
use portcullis_model::change::BranchName;
use portcullis_model::evidence::RunProducer;
use portcullis_model::fact::{Gap, GapReason};
use portcullis_model::person::Login;
use std::path::PathBuf;

/// Gitea Actions and Forgejo Actions among the CI systems.
pub(super) static SYSTEM: CiSystem = CiSystem {
    name: "gitea-actions",
    is_here: |variables| github_actions::has_variables(variables) && github_actions::is_gitea(variables),
    is_known_without_ci: true,
    job: |variables| Box::new(GiteaActionsJob(GitHubActionsJob { variables })),
    recorder_variable: None,
    other_address: |_| None,
};

/// A job of GitHub's kind in all that its own variables say.
struct GiteaActionsJob(GitHubActionsJob);

impl CiJob for GiteaActionsJob {
    fn producer(&self) -> RunProducer {
        RunProducer { kind: SYSTEM.name.to_string(), ..self.0.producer() }
    }

    fn host_kind(&self) -> Result<Option<&'static HostKind>, Gap> {
        let found =
            "this job runs on Gitea or Forgejo, whose API is not GitHub's, and no such host can be asked yet";
        let remedy = "Judge with `--host none --base REV` what git alone can tell, or run the gate on GitHub. If this \
                      is a job of GitHub, do not set GITEA_ACTIONS or FORGEJO_*, nor a GITHUB_API_URL that ends in \
                      /api/v1.";
        Err(Gap::new("what the host says", GapReason::Unsupported, found, remedy))
    }

    fn repository(&self) -> Option<String> {
        self.0.repository()
    }

    fn branch(&self) -> Option<BranchName> {
        self.0.branch()
    }

    fn actor(&self) -> Option<Login> {
        self.0.actor()
    }

    fn workspace(&self) -> Option<PathBuf> {
        self.0.workspace()
    }

    fn event(&self) -> Result<Option<Box<dyn JobEvent>>, EventError> {
        self.0.event()
    }

    fn default_formats(&self) -> &'static [&'static str] {
        self.0.default_formats()
    }

    fn summary(&self) -> Option<(PathBuf, &'static str)> {
        self.0.summary()
    }

    fn guard_log(&self, format: Option<&str>, text: Vec<u8>) -> Vec<u8> {
        self.0.guard_log(format, text)
    }
}
