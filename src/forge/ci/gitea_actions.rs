//! Gitea Actions and Forgejo Actions. They set GitHub's variables and understand its workflow
//! commands, and their host has another API. A job of theirs is not taken for one of GitHub.
//!
//! The runner of Gitea sets `GITEA_ACTIONS`, that of Forgejo (from version 7) `FORGEJO_ACTIONS`.
//! Older runners of Forgejo set neither: then the address of the API tells that it is one of the
//! two, and it is taken for Gitea; the rules of branches tell the difference.

use super::github_actions::{self, GitHubActionsJob};
use super::{CiJob, CiSystem, EventError, HostKind, JobEvent, detours, run_link};
use crate::gitea::{FORGEJO, GITEA};
use portcullis_model::change::BranchName;
use portcullis_model::evidence::RunProducer;
use portcullis_model::fact::{Gap, GapReason};
use portcullis_model::facts::Detour;
use portcullis_model::person::Login;
use std::path::PathBuf;

/// Gitea Actions and Forgejo Actions among the CI systems.
pub(super) static SYSTEM: CiSystem = CiSystem {
    name: "gitea-actions",
    is_here: |variables| github_actions::has_variables(variables) && github_actions::is_gitea(variables),
    is_known_without_ci: true,
    job: |variables| Box::new(GiteaActionsJob(GitHubActionsJob { variables })),
    recorder_variable: None,
    other_address,
    run_link: |variables| run_link::of_actions(variables, "GITHUB_RUN_NUMBER"),
};

/// What only the runner of Forgejo sets.
const OF_FORGEJO: [&str; 2] = ["FORGEJO_ACTIONS", "FORGEJO_API_URL"];

/// The token of a job under the names that the runners give it. Outside of such a job
/// `GITHUB_TOKEN` is for GitHub, and is shown to no other host.
const JOB_TOKENS: [&str; 3] = ["FORGEJO_TOKEN", "GITEA_TOKEN", "GITHUB_TOKEN"];

/// A job of GitHub's kind in all that its own variables say.
struct GiteaActionsJob(GitHubActionsJob);

impl GiteaActionsJob {
    fn variable(&self, name: &str) -> Option<String> {
        (self.0.variables)(name)
    }

    /// The variable that names another server, where the runner itself says that this is GitHub:
    /// no step of a job there can set `GITHUB_API_URL`, and any can set the rest.
    fn unlike_github(&self) -> Option<String> {
        let api = self.variable("GITHUB_API_URL").filter(|api| !github_actions::is_gitea_api(api))?;
        let own = plain(&self.variable("GITHUB_SERVER_URL").unwrap_or(api));
        let other = |name: &&str| self.variable(name).is_some_and(|named| plain(&named) != own);
        [GITEA.api_variable, FORGEJO.api_variable].into_iter().find(other).map(str::to_string)
    }
}

impl CiJob for GiteaActionsJob {
    fn producer(&self) -> RunProducer {
        RunProducer { kind: SYSTEM.name.to_string(), ..self.0.producer() }
    }

    fn host_kind(&self) -> Result<Option<&'static HostKind>, Gap> {
        if let Some(named) = self.unlike_github() {
            return Err(contradicted(&named));
        }
        let is_forgejo = OF_FORGEJO.iter().any(|name| self.variable(name).is_some());
        Ok(Some(if is_forgejo { &FORGEJO } else { &GITEA }))
    }

    fn is_on(&self, kind: &HostKind) -> bool {
        [&GITEA, &FORGEJO].contains(&kind)
    }

    fn server_url(&self) -> Option<String> {
        self.0.server_url().or_else(|| self.variable("GITHUB_API_URL"))
    }

    fn token(&self) -> Option<String> {
        JOB_TOKENS.iter().find_map(|name| self.variable(name))
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

    fn guard_log(&self, text: Vec<u8>) -> Vec<u8> {
        self.0.guard_log(text)
    }
}

/// The address of a server, from its own or that of its API.
fn plain(url: &str) -> String {
    let url = url.trim_end_matches('/').to_ascii_lowercase();
    url.strip_suffix("/api/v1").unwrap_or(&url).to_string()
}

fn contradicted(named: &str) -> Gap {
    let found = format!(
        "GITHUB_API_URL is that of no Gitea or Forgejo, other variables say that this is a job of one, and {named} names \
         another server"
    );
    let remedy = "Find out which step of the job sets these variables. If this is a job of Gitea or Forgejo, leave \
                  GITHUB_API_URL as the runner sets it.";
    Gap::new("which host this job is of", GapReason::Contradiction, found, remedy)
}

/// The address of the server, where a variable names another one than the job's.
fn other_address(all: &[(String, String)]) -> Option<Detour> {
    let value = |name: &str| all.iter().find(|(given, value)| given == name && !value.is_empty());
    let job = value("GITHUB_SERVER_URL")?;
    let named = [GITEA.api_variable, FORGEJO.api_variable].into_iter().filter_map(value);
    named.filter(|named| plain(&named.1) != plain(&job.1)).map(detours::detour).next()
}
