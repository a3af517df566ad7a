//! GitHub Actions (GitHub docs, "Variables reference", "Workflow commands" and "Webhook events and
//! payloads").
//!
//! `event_file` reads what the job says of itself, `claims` compares what it says twice, `events`
//! says on which commit the check of each event is shown, and `verdict` which commit that is.

use super::{CiJob, CiSystem, EventError, JobEvent, Parents, Variables, VerdictPlace, detours, run_link};
use crate::{HostKind, github};
use event_file::EventFile;
use portcullis_model::change::BranchName;
use portcullis_model::digest::Digest;
use portcullis_model::evidence::RunProducer;
use portcullis_model::fact::{Gap, GapReason};
use portcullis_model::facts::Detour;
use portcullis_model::person::Login;
use std::path::PathBuf;

mod claims;
mod event_file;
mod events;
mod verdict;

/// GitHub Actions among the CI systems.
pub(super) static SYSTEM: CiSystem = CiSystem {
    name: "github-actions",
    is_here: |variables| has_variables(variables) && !is_gitea(variables),
    is_known_without_ci: true,
    job: |variables| Box::new(GitHubActionsJob { variables }),
    recorder_variable: Some("GITHUB_ACTOR"),
    other_address,
    run_link: |variables| run_link::of_actions(variables, "GITHUB_RUN_ID"),
};

/// Are GitHub's variables set?
pub(super) fn has_variables(variables: Variables) -> bool {
    variables("GITHUB_ACTIONS").as_deref() == Some("true")
}

/// What only the runners of Gitea and Forgejo set.
const MARKS: [&str; 3] = ["GITEA_ACTIONS", "FORGEJO_ACTIONS", "FORGEJO_API_URL"];

/// Where the API of a Gitea or Forgejo is below its server; GitHub's is elsewhere.
const API_PATH: &str = "/api/v1";

/// Is this environment with GitHub's variables one of Gitea or Forgejo?
pub(super) fn is_gitea(variables: Variables) -> bool {
    let has_api = || variables("GITHUB_API_URL").is_some_and(|api| is_gitea_api(&api));
    MARKS.iter().any(|mark| variables(mark).is_some()) || has_api()
}

/// Is this the address of the API of a Gitea or Forgejo?
pub(super) fn is_gitea_api(api: &str) -> bool {
    api.trim_end_matches('/').to_ascii_lowercase().ends_with(API_PATH)
}

/// A job of GitHub Actions. A workflow cannot set the default variables named `GITHUB_*` for its
/// steps.
pub(super) struct GitHubActionsJob {
    pub(super) variables: Variables,
}

impl GitHubActionsJob {
    fn variable(&self, name: &str) -> Option<String> {
        (self.variables)(name)
    }
}

impl CiJob for GitHubActionsJob {
    fn producer(&self) -> RunProducer {
        let attempt = self.variable("GITHUB_RUN_ATTEMPT").and_then(|number| number.parse().ok());
        RunProducer {
            kind: SYSTEM.name.to_string(),
            run: self.variable("GITHUB_RUN_ID"),
            attempt: attempt.filter(|attempt| *attempt > 0),
            workflow: self.variable("GITHUB_WORKFLOW_REF"),
        }
    }

    fn host_kind(&self) -> Result<Option<&'static HostKind>, Gap> {
        Ok(Some(&github::KIND))
    }

    /// `GITHUB_SERVER_URL`, which no step can set.
    fn server_url(&self) -> Option<String> {
        self.variable("GITHUB_SERVER_URL")
    }

    fn repository(&self) -> Option<String> {
        self.variable("GITHUB_REPOSITORY")
    }

    fn branch(&self) -> Option<BranchName> {
        self.variable("GITHUB_REF")?.strip_prefix("refs/heads/").map(BranchName::new)
    }

    /// Of a job that was run again, whoever ran it again.
    fn actor(&self) -> Option<Login> {
        let name = self.variable("GITHUB_TRIGGERING_ACTOR").or_else(|| self.variable("GITHUB_ACTOR"));
        name.map(Login::new)
    }

    fn workspace(&self) -> Option<PathBuf> {
        self.variable("GITHUB_WORKSPACE").map(PathBuf::from)
    }

    fn event(&self) -> Result<Option<Box<dyn JobEvent>>, EventError> {
        if let Some(other) = OTHERS.iter().find(|(mark, _)| self.variable(mark).as_deref() == Some("true")) {
            return Ok(Some(Box::new(ContradictedJob(other))));
        }
        Ok(Some(Box::new(EventFile::read(self.variables)?)))
    }

    fn default_formats(&self) -> &'static [&'static str] {
        &["github"]
    }

    fn summary(&self) -> Option<(PathBuf, &'static str)> {
        self.variable("GITHUB_STEP_SUMMARY").map(|file| (PathBuf::from(file), "markdown"))
    }

    /// In a job's log a line of text could be taken for a command to the runner. The text is put
    /// between `stop-commands` marks, whose token is a digest over the text, so that no text can
    /// hold its own. The format `github` consists of commands, and the renderer of `json` leaves
    /// nothing in it that the runner obeys.
    fn guard_log(&self, text: Vec<u8>) -> Vec<u8> {
        let token = Digest::of(&text).as_str().replace(':', "-");
        [format!("::stop-commands::{token}\n").as_bytes(), &text, format!("::{token}::\n").as_bytes()]
            .concat()
    }
}

/// What only the runner of another system sets, that shows a check of its own.
const OTHERS: [(&str, &str); 1] = [("GITLAB_CI", "GitLab CI")];

/// A job that says of itself that it is of two systems. A step, or who starts a pipeline with
/// variables, can add the mark of the other one, and with it choose the host and the commit.
struct ContradictedJob(&'static (&'static str, &'static str));

impl JobEvent for ContradictedJob {
    fn verdict_place(&self, _: Option<Parents<'_>>) -> Result<VerdictPlace, Gap> {
        let (mark, name) = self.0;
        let found = format!(
            "GITHUB_ACTIONS and {mark} are both set, and no job is of both GitHub Actions and {name}"
        );
        let remedy = "Unset the variable that is not of this system in the step that runs the gate, and find out what sets it.";
        Err(Gap::new("what this job is of", GapReason::Contradiction, found, remedy))
    }
}

/// The address of the API, where it is not the one that belongs to `GITHUB_SERVER_URL`.
fn other_address(all: &[(String, String)]) -> Option<Detour> {
    let value = |name: &str| all.iter().find(|(given, _)| given == name);
    let (server, api) = (value("GITHUB_SERVER_URL")?, value("GITHUB_API_URL")?);
    let plain = |url: &str| url.trim_end_matches('/').to_ascii_lowercase();
    (!api_addresses(&plain(&server.1)).contains(&plain(&api.1))).then(|| detours::detour(api))
}

/// Where the API of a server is (GitHub docs, "Getting started with the REST API"): beside
/// github.com and the servers of ghe.com, and below an Enterprise Server. Gitea and Forgejo have
/// theirs at `/api/v1`.
fn api_addresses(server: &str) -> Vec<String> {
    let below = [format!("{server}/api/v3"), format!("{server}/api/v1")];
    match server.strip_prefix("https://") {
        Some(host) if host == "github.com" || host.ends_with(".ghe.com") => {
            vec![format!("https://api.{host}")]
        }
        _ => below.into(),
    }
}
