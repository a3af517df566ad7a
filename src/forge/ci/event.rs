//! What a job is of: the commit that its verdict is shown on, and what it may therefore judge.

use portcullis_model::change::{BranchName, Revision};
use portcullis_model::environment::Environment;
use portcullis_model::fact::{Gap, GapReason};
use portcullis_model::id::RequestId;

/// What a gap of this kind is about.
pub(super) const WHAT: &str = "a commit that this job may judge";

/// The parents of a commit in this clone; `None` where it does not hold the commit.
pub type Parents<'a> = &'a dyn Fn(&Revision) -> Option<Vec<Revision>>;

/// What a job is of, as its CI system tells.
pub trait JobEvent {
    /// Where the verdict of the job is shown. Without `parents` what the job says is not compared
    /// with this clone.
    ///
    /// # Errors
    /// A gap: it is not known which commit that is, it cannot be judged, or the job's claims
    /// contradict each other.
    fn verdict_place(&self, parents: Option<Parents<'_>>) -> Result<VerdictPlace, Gap>;

    /// The commit that the system checked out for the job, where the variables that say so can be
    /// set by others: a clone that is at another commit contradicts them.
    fn checked_out(&self) -> Option<Revision> {
        None
    }
}

/// Why a job does not tell what it is of.
#[derive(Debug)]
pub enum EventError {
    /// A variable that the system always sets is not set.
    Unset {
        /// What kind of job it is, for example `a GitHub Actions job`.
        job: &'static str,
        /// The variable.
        variable: &'static str,
    },
    /// The event file cannot be read.
    Unreadable(String, std::io::Error),
    /// The event file is not what the system writes.
    Malformed(String, serde_json::Error),
    /// Nothing names the event, and there is no request; what is wrong and what to do.
    NoEvent(&'static str),
}

impl EventError {
    /// Can the command line say what is missing? Otherwise something around the gate has to be
    /// repaired.
    pub fn is_usage(&self) -> bool {
        matches!(self, EventError::NoEvent(_))
    }
}

impl std::fmt::Display for EventError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            EventError::Unset { job, variable } => write!(f, "this is {job}, but {variable} is not set"),
            EventError::Unreadable(path, error) => write!(f, "cannot read the event file {path}: {error}"),
            EventError::Malformed(path, error) => write!(f, "{path}: {error}"),
            EventError::NoEvent(advice) => f.write_str(advice),
        }
    }
}

impl std::error::Error for EventError {}

/// The commit that a job's verdict is shown on, and so what the gate can answer there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShownOn {
    /// On the head of the event's request, which the event names. Only that request is judged.
    Head,
    /// On the commit that the event is about. A request is judged if this is its head; a
    /// deployment, if this is what would be deployed.
    Commit,
    /// On the tip of a branch that the event is not about. A request is judged if this is its head.
    /// A person or a timer starts deployments here: the one that `--head` names is judged, else
    /// this commit.
    Tip,
    /// On the last commit of a batch, which may hold several requests ([`VerdictPlace::batch`]).
    /// All of them are judged, and no other request.
    Group,
}

/// Where the verdict of a job is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerdictPlace {
    /// The commit.
    pub commit: Revision,
    /// What that commit is to the event of the job.
    pub shown_on: ShownOn,
    /// The repository of the job.
    pub repository: String,
    /// The request that the event is of.
    pub request: Option<RequestId>,
    /// The batch that the event is of, where it is of one ([`ShownOn::Group`]).
    pub batch: Option<BatchPlace>,
    /// The environments that the event's deployment is to, as the host calls them; none where it is
    /// of no deployment.
    pub environments: Vec<String>,
    /// The event, as the CI system calls it.
    pub event: String,
    /// What to do where something else should be judged.
    pub advice: PlaceAdvice,
}

/// What a job says of the batch that it is of: a merge group, a merge train.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchPlace {
    /// The branch that would receive it.
    pub branch: BranchName,
    /// The last of its requests, where the job names one. The others are asked of the host
    /// ([`Forge::batch`](crate::Forge::batch)).
    pub request: Option<RequestId>,
}

/// What to do where a job cannot judge what was asked for, in the words of its CI system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlaceAdvice {
    /// Where a request was named that does not end at the job's commit.
    pub request: &'static str,
    /// Where another commit than the job's would be deployed.
    pub deployment: &'static str,
}

impl VerdictPlace {
    /// Sees that this commit is the one that the verdict is shown on.
    ///
    /// # Errors
    /// A gap, if it is another.
    pub fn check_head(&self, head: &Revision) -> Result<(), Gap> {
        if *head == self.commit {
            return Ok(());
        }
        let found = format!(
            "the check of this `{}` job is shown on {}, and what would be judged is {}",
            self.event,
            self.commit.short(),
            head.short()
        );
        Err(elsewhere(found, self.remedy()))
    }

    /// What would be deployed: the commit of the job, or what `--head` names. Where the event is
    /// about a commit, no other can be named; where a person or a timer started the job, it can,
    /// because the exit code tells the job's own next step and the decision names the commit.
    ///
    /// # Errors
    /// A gap, if another commit is named or checked out than the verdict is shown on.
    pub fn candidate(
        &self,
        named: Option<Revision>,
        checked_out: impl FnOnce() -> Result<Revision, Gap>,
    ) -> Result<Revision, Gap> {
        if self.batch.is_some() {
            let found = format!(
                "the check of this `{}` job is shown on {}, which has not landed",
                self.event,
                self.commit.short()
            );
            return Err(elsewhere(found, self.advice.deployment));
        }
        let candidate = match (named, self.shown_on) {
            (Some(named), ShownOn::Tip) => return Ok(named),
            (Some(named), _) => named,
            (None, _) => checked_out()?,
        };
        let remedy = self.advice.deployment;
        self.check_head(&candidate).map_err(|gap| Gap { remedy: remedy.to_string(), ..gap })?;
        Ok(candidate)
    }

    /// Sees that all requests of the batch are judged, where the verdict is shown on one; and that
    /// no request is named, which could only be one of them.
    ///
    /// # Errors
    /// A gap, if something else would be judged there.
    pub fn check_batch(&self, judges_batch: bool, named: Option<&RequestId>) -> Result<(), Gap> {
        if self.batch.is_none() || (judges_batch && named.is_none()) {
            return Ok(());
        }
        let what = match named {
            Some(named) => format!("request {named} was named"),
            None => "something else would be judged".to_string(),
        };
        let found = format!(
            "the check of this `{}` job is shown on {}, the last commit of a batch whose requests are judged together, and {what}",
            self.event,
            self.commit.short()
        );
        let remedy = "Leave out --request, --host none and facts of anything else: a job of a batch judges all of its requests, \
                      as the host lists them.";
        Err(elsewhere(found, remedy))
    }

    /// Sees that this is the environment that the event's deployment is to. The host compares names
    /// without regard to case, and takes names that no environment can have here.
    ///
    /// # Errors
    /// A gap, if it is another one.
    pub fn check_environment(&self, named: &Environment) -> Result<(), Gap> {
        let is_other = |name: &&String| {
            name.to_ascii_lowercase().parse::<Environment>().is_ok_and(|environment| environment != *named)
        };
        let Some(other) = self.environments.iter().find(is_other) else { return Ok(()) };
        let found =
            format!("the deployment is to {other} in this `{}` job, and {named} was named", self.event);
        let remedy = "Name the environment of the event with --environment.";
        Err(Gap::new("an environment that this job may judge", GapReason::Contradiction, found, remedy))
    }

    /// Sees that a request ends at the commit that the verdict is shown on, where the event is of
    /// no request.
    ///
    /// # Errors
    /// A gap, if it ends elsewhere.
    pub fn check_request_head(&self, request: &RequestId, head: &Revision) -> Result<(), Gap> {
        if self.request.is_some() || *head == self.commit {
            return Ok(());
        }
        let (event, shown, head) = (&self.event, self.commit.short(), head.short());
        let found = format!(
            "the check of this `{event}` job is shown on {shown}, and request {request} ends at {head}"
        );
        Err(elsewhere(found, self.remedy()))
    }

    /// The repository that is named, or the job's.
    ///
    /// # Errors
    /// A gap, if another one is named.
    pub fn repository(&self, named: Option<&str>) -> Result<String, Gap> {
        match named {
            Some(named) if !named.eq_ignore_ascii_case(&self.repository) => {
                let found =
                    format!("the check of this job is shown in {}, and {named} was named", self.repository);
                Err(elsewhere(found, "Leave out --repository: a job judges its own repository."))
            }
            Some(named) => Ok(named.to_string()),
            None => Ok(self.repository.clone()),
        }
    }

    /// The request that is named, or the event's.
    ///
    /// # Errors
    /// A gap, if there is none, or another one is named than the event is of.
    pub fn request(&self, named: Option<RequestId>) -> Result<RequestId, Gap> {
        match (named, self.request.clone()) {
            (Some(named), Some(own)) if named != own => {
                let found = format!(
                    "the check of this `{}` job is shown on request {own}, and request {named} was named",
                    self.event
                );
                Err(elsewhere(found, "Leave out --request: a job judges the request of its event."))
            }
            (Some(id), _) | (None, Some(id)) => Ok(id),
            (None, None) => {
                let found = format!(
                    "the event `{}` is of no request; its check is shown on {}",
                    self.event,
                    self.commit.short()
                );
                Err(elsewhere(found, self.remedy()))
            }
        }
    }

    fn remedy(&self) -> &'static str {
        match self.shown_on {
            ShownOn::Head => "Leave out --head: a job judges the head of its request.",
            ShownOn::Group => "Leave out --head: a job of a batch judges the commit that was built for it.",
            ShownOn::Commit | ShownOn::Tip => self.advice.request,
        }
    }
}

/// Sees that a clone is at the commit that the job says it is of.
///
/// # Errors
/// A gap, if it is at another one.
pub fn check_clone_of(job: &dyn JobEvent, head: Option<&Revision>) -> Result<(), Gap> {
    match (job.checked_out(), head) {
        (Some(said), Some(head)) if said != *head => {
            let found = format!(
                "the job says that {} was checked out for it, and this clone is at {}",
                said.short(),
                head.short()
            );
            let remedy = "Leave the clone as the runner checked it out, or find out which variable replaces those of the CI system.";
            Err(Gap::new("what this job is of", GapReason::Contradiction, found, remedy))
        }
        _ => Ok(()),
    }
}

fn elsewhere(found: String, remedy: impl Into<String>) -> Gap {
    Gap::new(WHAT, GapReason::Contradiction, found, remedy)
}
