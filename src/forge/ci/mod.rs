//! CI systems, behind one trait: what a job knows of itself, and how its log and pages take a
//! decision.
//!
//! A CI system is a file or folder here and a line in [`TABLE`]. It is told from the environment;
//! where no system of the table is, the job is a `local` one, even where `CI` is set.

use super::HostKind;
use portcullis_model::change::BranchName;
use portcullis_model::evidence::RunProducer;
use portcullis_model::fact::Gap;
use portcullis_model::facts::Detour;
use portcullis_model::person::Login;
use std::path::PathBuf;

mod azure_pipelines;
mod bitbucket_pipelines;
mod buildkite;
mod by_variables;
mod circleci;
mod detours;
mod event;
mod gitea_actions;
mod github_actions;
mod gitlab_ci;
mod jenkins;
mod local;
mod run_link;
mod zuul;

pub use event::{
    BatchPlace, EventError, JobEvent, Parents, PlaceAdvice, ShownOn, VerdictPlace, check_clone_of,
};

/// How an environment variable is looked up. One that is empty is not set.
pub type Variables = fn(&str) -> Option<String>;

/// A CI system.
pub struct CiSystem {
    /// The name, as statements about test runs have it.
    pub name: &'static str,
    /// Is this the job of such a system?
    pub is_here: fn(Variables) -> bool,
    /// Are its own variables enough to take the program for a part of a job? Otherwise `CI` has to
    /// be set as well.
    pub is_known_without_ci: bool,
    /// The job of such a system.
    pub job: fn(Variables) -> Box<dyn CiJob>,
    /// The variable that names the account which started the job, for the record.
    pub recorder_variable: Option<&'static str>,
    /// The address of the host's API, where the environment names another one than that of the
    /// host's own server.
    pub other_address: fn(&[(String, String)]) -> Option<Detour>,
    /// The page of the run, as the job's variables name it; `None` where they name none.
    pub run_link: fn(Variables) -> Option<String>,
}

/// Every CI system, sorted by name. One that is told by a variable of another's excludes that other
/// in `is_here`.
pub static TABLE: &[&CiSystem] = &[
    &azure_pipelines::SYSTEM,
    &bitbucket_pipelines::SYSTEM,
    &buildkite::SYSTEM,
    &circleci::SYSTEM,
    &gitea_actions::SYSTEM,
    &github_actions::SYSTEM,
    &gitlab_ci::SYSTEM,
    &jenkins::SYSTEM,
    &zuul::SYSTEM,
];

/// The job that the program runs in. Everything that a system does not tell stays at its default.
pub trait CiJob {
    /// Who runs the tests, for statements about them.
    fn producer(&self) -> RunProducer;

    /// The kind of host that the job's repository is on; `None` where the system works with
    /// several.
    ///
    /// # Errors
    /// A gap: it is of a kind that this program cannot ask.
    fn host_kind(&self) -> Result<Option<&'static HostKind>, Gap> {
        Ok(None)
    }

    /// Does the system work with several hosts, so that only the command line can say which one is
    /// to be asked? Otherwise a repository of the same name on the usual host could be another.
    fn is_of_any_host(&self) -> bool {
        false
    }

    /// What the job says that it is of, in a sentence, where nothing else is known of it.
    fn about(&self) -> Option<String> {
        None
    }

    /// Is the job's repository on a host of this kind? Kinds that differ little may both be.
    fn is_on(&self, kind: &HostKind) -> bool {
        self.host_kind().is_ok_and(|own| own.is_some_and(|own| own == kind))
    }

    /// The token of the job itself, for the host that its repository is on and for no other.
    fn token(&self) -> Option<String> {
        None
    }

    /// The address under which people know the host's server.
    fn server_url(&self) -> Option<String> {
        None
    }

    /// The repository of the job, as its host names it.
    fn repository(&self) -> Option<String> {
        None
    }

    /// The branch that the job runs on, if it runs on one.
    fn branch(&self) -> Option<BranchName> {
        None
    }

    /// Whose action started this run of the job, where the job itself cannot set it.
    fn actor(&self) -> Option<Login> {
        None
    }

    /// Below which directory the system checks out what it builds; what is outside belongs to the
    /// machine.
    fn workspace(&self) -> Option<PathBuf> {
        None
    }

    /// What the job is of, where the system tells; `None` where the command line has to.
    ///
    /// # Errors
    /// The system should tell, and does not.
    fn event(&self) -> Result<Option<Box<dyn JobEvent>>, EventError> {
        Ok(None)
    }

    /// The formats, by name, that go to stdout where none is asked for, beside the one for a
    /// terminal.
    fn default_formats(&self) -> &'static [&'static str] {
        &[]
    }

    /// The file that a summary is added to, and the name of its format.
    fn summary(&self) -> Option<(PathBuf, &'static str)> {
        None
    }

    /// Makes text harmless for the job's log, which a runner may take commands from. Text that
    /// holds none, or holds those that are meant, is not handed over.
    fn guard_log(&self, text: Vec<u8>) -> Vec<u8> {
        text
    }
}

/// The job of this process.
pub fn current_job() -> Box<dyn CiJob> {
    job_of(variable)
}

fn job_of(variables: Variables) -> Box<dyn CiJob> {
    match TABLE.iter().find(|system| (system.is_here)(variables)) {
        Some(system) => (system.job)(variables),
        None => Box::new(local::LocalJob),
    }
}

/// Does the program run in a job of any CI system? Nearly all of them set `CI`; some are known
/// without it.
pub fn is_ci() -> bool {
    is_ci_by(variable)
}

fn is_ci_by(variables: Variables) -> bool {
    let is_here = |system: &&CiSystem| system.is_known_without_ci && (system.is_here)(variables);
    variables("CI").is_some() || TABLE.iter().any(is_here)
}

/// Who runs the gate, as far as the environment says: by the variable of the system that is here,
/// so that no step of its job hides that behind the variable of another.
pub fn recorder() -> String {
    find_recorder().unwrap_or_else(|| "unknown".to_string())
}

/// Who runs the gate; `None` where neither a job nor the account on this machine says it.
pub fn find_recorder() -> Option<String> {
    recorder_by(variable)
}

fn recorder_by(variables: Variables) -> Option<String> {
    let here = TABLE.iter().find(|system| (system.is_here)(variables));
    let by_system = here.and_then(|system| system.recorder_variable);
    let mut names = by_system.into_iter().chain(["GITHUB_ACTOR", "USER", "LOGNAME"]);
    names.find_map(variables)
}

/// The page of the run of this job, as its CI system names it: text from outside.
pub fn run_link() -> Option<String> {
    run_link::run_link(variable)
}

/// The settings of this environment that come between the gate and the host, sorted by name.
pub fn detours() -> Vec<Detour> {
    let text = |value: std::ffi::OsString| value.to_string_lossy().into_owned();
    detours::detours(std::env::vars_os().map(|(name, value)| (text(name), text(value))))
}

/// An environment variable that is set and not empty.
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests;
