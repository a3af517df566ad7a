//! CI systems that work with several hosts and tell of a job by variables alone. A row says which
//! variables these are.
//!
//! Their jobs do not tell which host is to be asked, and any step can set their variables. So no
//! host is asked because of these variables alone: they only limit what the job may judge. A job of
//! a request judges that request. A job of a branch judges a request that ends at its commit, and
//! what is deployed. A job of a branch that does not name its commit and its repository leaves
//! everything to the command line.

use super::event::PlaceAdvice;
use super::{CiJob, EventError, JobEvent, Parents, ShownOn, Variables, VerdictPlace};
use crate::HostKind;
use portcullis_model::change::Revision;
use portcullis_model::evidence::RunProducer;
use portcullis_model::fact::{Gap, GapReason};
use portcullis_model::id::RequestId;
use std::path::PathBuf;

/// How the systems are told apart: a variable, and what it is set to, where that matters. The first
/// mark that is set decides, because a job of one system may drive another.
const MARKS: [(&str, &str, Option<&str>); 8] = [
    ("github-actions", "GITHUB_ACTIONS", Some("true")),
    ("gitlab-ci", "GITLAB_CI", Some("true")),
    ("azure-pipelines", "TF_BUILD", None),
    ("bitbucket-pipelines", "BITBUCKET_BUILD_NUMBER", None),
    ("buildkite", "BUILDKITE", Some("true")),
    ("circleci", "CIRCLECI", Some("true")),
    ("zuul", "ZUUL_UUID", None),
    ("jenkins", "JENKINS_URL", None),
];

/// Is this the system of this name? GitHub's variables are also those of Gitea and Forgejo.
pub(super) fn is_first(variables: Variables, name: &str) -> bool {
    let is_set = |variable: &str, wanted: Option<&str>| {
        variables(variable).is_some_and(|value| wanted.is_none_or(|wanted| wanted == value))
    };
    let first = MARKS.iter().find(|(_, variable, wanted)| is_set(variable, *wanted));
    first.is_some_and(|(first, _, _)| *first == name)
}

/// The variables of one system.
pub(super) struct JobVariables {
    /// The name of the system in the table.
    pub(super) system: &'static str,
    /// A job of it, for sentences.
    pub(super) job: &'static str,
    /// Who runs the tests, for statements about them: `local` where the system tells nothing that
    /// only it could tell.
    pub(super) producer: &'static str,
    /// The run.
    pub(super) run: &'static str,
    /// Where it checks out what it builds.
    pub(super) workspace: &'static str,
    /// The host of the repository, where the job tells that it is one that cannot be asked.
    pub(super) host: fn(Variables) -> Option<&'static str>,
    /// The request; `None` in a job of no request.
    pub(super) request: fn(Variables) -> Option<String>,
    /// The branch that would receive it.
    pub(super) base: &'static str,
    /// The head of the request; `None` where the system does not tell it.
    pub(super) head: Option<&'static str>,
    /// The commit of a job of a branch, on which its check is shown; `None` where the system does
    /// not tell it.
    pub(super) commit: Option<&'static str>,
    /// The repository.
    pub(super) repository: fn(Variables) -> Option<String>,
    /// The variable that `repository` rests on.
    pub(super) repository_variable: &'static str,
}

impl JobVariables {
    /// The job with these variables.
    pub(super) fn job(&'static self, variables: Variables) -> Box<dyn CiJob> {
        Box::new(VariablesJob { row: self, variables })
    }
}

struct VariablesJob {
    row: &'static JobVariables,
    variables: Variables,
}

impl VariablesJob {
    /// What the job says of its request, as the end of a sentence.
    fn found(&self) -> Option<String> {
        let request = (self.row.request)(self.variables)?;
        let head = self.row.head.and_then(self.variables).map(|head| format!(" at {head}"));
        let base = (self.variables)(self.row.base).map(|branch| format!(", onto {branch}"));
        Some(format!("request {request}{}{}", head.unwrap_or_default(), base.unwrap_or_default()))
    }
}

impl CiJob for VariablesJob {
    fn producer(&self) -> RunProducer {
        let run = (self.variables)(self.row.run).filter(|_| self.row.producer != "local");
        RunProducer { kind: self.row.producer.to_string(), run, attempt: None, workflow: None }
    }

    fn host_kind(&self) -> Result<Option<&'static HostKind>, Gap> {
        let Some(host) = (self.row.host)(self.variables) else { return Ok(None) };
        let of = self.found().map(|found| format!(", of {found}")).unwrap_or_default();
        let found = format!("this is {} for {host}{of}, and no such host can be asked yet", self.row.job);
        let remedy = "Judge with `--host none --base BRANCH` what git alone can tell, where BRANCH is the one that would receive the \
                      change.";
        Err(Gap::new("what the host says", GapReason::Unsupported, found, remedy))
    }

    fn is_of_any_host(&self) -> bool {
        true
    }

    fn about(&self) -> Option<String> {
        Some(format!("this is {} of {}", self.row.job, self.found()?))
    }

    fn workspace(&self) -> Option<PathBuf> {
        (self.variables)(self.row.workspace).map(PathBuf::from)
    }

    fn event(&self) -> Result<Option<Box<dyn JobEvent>>, EventError> {
        let request = (self.row.request)(self.variables);
        let variable = if request.is_some() { self.row.head } else { self.row.commit };
        let Some(variable) = variable else { return Ok(None) };
        let unset = |variable| EventError::Unset { job: self.row.job, variable };
        let told = ((self.variables)(variable), (self.row.repository)(self.variables));
        let (head, repository) = match told {
            (Some(head), Some(repository)) => (head, repository),
            _ if request.is_none() => return Ok(None),
            (None, _) => return Err(unset(variable)),
            (_, None) => return Err(unset(self.row.repository_variable)),
        };
        Ok(Some(Box::new(VariablesEvent { row: self.row, variable, request, head, repository })))
    }
}

/// What a job is of: a request, or the commit of a branch.
struct VariablesEvent {
    row: &'static JobVariables,
    /// The variable of the commit.
    variable: &'static str,
    request: Option<String>,
    head: String,
    repository: String,
}

const ADVICE: PlaceAdvice = PlaceAdvice {
    request: "Judge the request in the job of that request; in a job of a branch, name one that ends at the commit of the job.",
    deployment: "Deploy in a job of the branch that is deployed from, with a checkout of what is deployed.",
};

impl JobEvent for VariablesEvent {
    fn verdict_place(&self, parents: Option<Parents<'_>>) -> Result<VerdictPlace, Gap> {
        let commit = Revision::try_from(self.head.clone()).map_err(|_| self.no_commit())?;
        let Some(request) = &self.request else { return Ok(self.place(commit, ShownOn::Tip)) };
        if parents.and_then(|parents| parents(&commit)).is_some_and(|parents| parents.len() > 1)
            && self.may_be_merged()
        {
            return Err(self.merged(&commit));
        }
        let request = match request.parse() {
            Ok(number) => RequestId::Number(number),
            Err(_) => RequestId::Name(request.clone()),
        };
        Ok(VerdictPlace { request: Some(request), ..self.place(commit, ShownOn::Head) })
    }
}

impl VariablesEvent {
    fn place(&self, commit: Revision, shown_on: ShownOn) -> VerdictPlace {
        VerdictPlace {
            commit,
            shown_on,
            repository: self.repository.clone(),
            request: None,
            batch: None,
            environments: Vec::new(),
            event: self.row.system.to_string(),
            advice: ADVICE,
        }
    }

    /// These name what is checked out, which may be the head merged with the branch; the others
    /// name the head whatever is checked out.
    fn may_be_merged(&self) -> bool {
        ["GIT_COMMIT", "BUILDKITE_COMMIT"].contains(&self.variable)
    }

    fn no_commit(&self) -> Gap {
        let found = format!("{} is `{}`, which is not the whole name of a commit", self.variable, self.head);
        let remedy = format!(
            "Set {} to the whole name of the head of the request, in a job of a branch of what is checked out (`git rev-parse HEAD`), in the step that runs the gate.",
            self.variable
        );
        Gap::new("the commit of the job", GapReason::Malformed, found, remedy)
    }

    fn merged(&self, commit: &Revision) -> Gap {
        let found = format!(
            "{} is {}, a merge, and whether it is the head of the request or the job's own merge of it is not said",
            self.variable,
            commit.short()
        );
        let remedy = format!(
            "Check out the head of the request as it is, or set {} to it in the step that runs the gate.",
            self.variable
        );
        Gap::new("the head of the request", GapReason::Contradiction, found, remedy)
    }
}

/// The path of a repository's address, without the host: `group/name` of
/// `https://git.example.test/group/name.git` and of `git@git.example.test:group/name.git`.
pub(super) fn repository_of(address: &str) -> Option<String> {
    let path = match address.split_once("://") {
        Some((_, rest)) => rest.split_once('/')?.1,
        None => address.split_once(':')?.1,
    };
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    (!path.is_empty()).then(|| path.to_string())
}
