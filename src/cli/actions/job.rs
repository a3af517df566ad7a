//! The GitHub Actions job that we run in, and the commit that its check is shown on.

use super::claims;
use super::event::{ShownOn, shown_on};
use crate::cli::exit::{Failure, Result};
use crate::collect::git::Repository;
use crate::model::change::Revision;
use crate::model::environment::Environment;
use crate::model::fact::{Gap, GapReason};
use crate::model::id::RequestId;
use serde::Deserialize;
use serde_json::Value;
use std::io::Read as _;

/// The longest event file that is read, in bytes. GitHub's own limit for a payload is 25 MB.
const LONGEST: u64 = 64 << 20;

/// What the job says of itself: its variables and its event file.
#[derive(Debug)]
pub struct Job {
    /// `GITHUB_EVENT_NAME`.
    pub(super) event: String,
    /// `GITHUB_REPOSITORY`.
    pub(super) repository: String,
    /// The request of the event.
    pub(super) request: Option<EventRequest>,
    /// The event file, for what it says beside that.
    pub(super) payload: Value,
    /// The other variables, by name.
    variables: fn(&str) -> Option<String>,
}

/// The request of an event.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct EventRequest {
    /// Its number.
    pub number: u64,
    /// Its head when the event happened.
    pub head: EventCommit,
}

/// A commit in an event.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct EventCommit {
    /// Its name.
    pub sha: Revision,
}

#[derive(Deserialize)]
struct Event {
    pull_request: Option<EventRequest>,
}

/// Where the verdict of a job is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The commit.
    pub commit: Revision,
    /// The commit that the check of the event is shown on.
    pub shown_on: ShownOn,
    /// The repository of the job.
    pub repository: String,
    /// The request that the event is of.
    pub request: Option<u64>,
    /// The environments that the event's deployment is to, as the host calls them; none where it is of no deployment.
    environments: Vec<String>,
    event: String,
}

impl Job {
    /// The job of this process; `None` outside of one.
    ///
    /// # Errors
    /// A variable is missing, or the event file cannot be read. Also when there is neither the name of an event nor a
    /// request in the event file: that is no job of GitHub's.
    pub fn read() -> Result<Option<Job>> {
        if !super::is_job() {
            return Ok(None);
        }
        let need = |name| {
            super::variable(name).ok_or_else(|| {
                Failure::environment(format!("this is a GitHub Actions job, but {name} is not set"))
            })
        };
        let path = need("GITHUB_EVENT_PATH")?;
        let text = text_of(&path)
            .map_err(|error| Failure::environment(format!("cannot read the event file {path}: {error}")))?;
        let malformed = |error: serde_json::Error| Failure::environment(format!("{path}: {error}"));
        // Once into fields, where a key that is written twice is an error, and once as it is.
        let request = serde_json::from_str::<Event>(&text).map_err(malformed)?.pull_request;
        let payload = serde_json::from_str(&text).map_err(malformed)?;
        let event = match (super::variable("GITHUB_EVENT_NAME"), &request) {
            (Some(name), _) => name,
            (None, Some(_)) => "pull_request".to_string(),
            (None, None) => return Err(no_event()),
        };
        let repository = need("GITHUB_REPOSITORY")?;
        Ok(Some(Job { event, repository, request, payload, variables: super::variable }))
    }

    /// A variable of the job.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        (self.variables)(name)
    }

    /// The commit that the check of this job is shown on.
    ///
    /// # Errors
    /// A gap: nobody knows which commit that is, it cannot be judged, or the job's claims contradict each other.
    pub fn place(&self, repository: Option<&Repository>) -> std::result::Result<Place, Gap> {
        let event = &self.event;
        let shown_on = shown_on(event).ok_or_else(|| unknown(event))?;
        if let Some(why) = claims::contradiction(self) {
            return Err(contradicted(why));
        }
        let commit = match shown_on {
            ShownOn::Group => return Err(group(self)),
            ShownOn::Head => {
                let request = self.request.as_ref().ok_or_else(|| contradicted(no_request(event)))?;
                request.head.sha.clone()
            }
            ShownOn::Commit | ShownOn::Tip => self.sha()?,
        };
        if let Some(why) = repository.and_then(|repository| claims::other_merge(self, repository, shown_on)) {
            return Err(contradicted(why));
        }
        let request =
            self.request.as_ref().filter(|_| shown_on == ShownOn::Head).map(|request| request.number);
        let (repository, environments) = (self.repository.clone(), self.environments());
        Ok(Place { commit, shown_on, repository, request, environments, event: event.clone() })
    }

    /// A status may name the environment once more.
    fn environments(&self) -> Vec<String> {
        let said = |at: &&str| self.payload.pointer(at).and_then(Value::as_str).map(str::to_string);
        let places = ["/deployment/environment", "/deployment_status/environment"];
        let places = if self.event.starts_with("deployment") { &places[..] } else { &[] };
        places.iter().filter_map(said).filter(|name| !name.is_empty()).collect()
    }

    fn sha(&self) -> std::result::Result<Revision, Gap> {
        let said = self.variable("GITHUB_SHA").unwrap_or_default();
        Revision::try_from(said).map_err(|_| contradicted("GITHUB_SHA names no commit".to_string()))
    }
}

impl Place {
    /// Is this commit the one that the verdict is shown on?
    ///
    /// # Errors
    /// A gap, if it is not.
    pub fn shows(&self, head: &Revision) -> std::result::Result<(), Gap> {
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

    /// What would be deployed: the commit of the job, or what `--head` names. Where the event is about a commit, no other can
    /// be named; where a person or a timer started the job, it can, because the exit code tells the job's own next step
    /// and the decision names the commit.
    ///
    /// # Errors
    /// A gap, if another commit is named or checked out than the verdict is shown on.
    pub fn candidate(
        &self,
        named: Option<Revision>,
        checked_out: impl FnOnce() -> std::result::Result<Revision, Gap>,
    ) -> std::result::Result<Revision, Gap> {
        let candidate = match (named, self.shown_on) {
            (Some(named), ShownOn::Tip) => return Ok(named),
            (Some(named), _) => named,
            (None, _) => checked_out()?,
        };
        let remedy = "Deploy in a job of the commit that is deployed (`push`, `deployment`), with a checkout of it; or in one that a person or a timer starts (`workflow_dispatch`, `schedule`), and name the commit with --head.";
        self.shows(&candidate).map_err(|gap| Gap { remedy: remedy.to_string(), ..gap })?;
        Ok(candidate)
    }

    /// Is this the environment that the event's deployment is to? The host compares names without regard to case, and takes names
    /// that no environment can have here.
    ///
    /// # Errors
    /// A gap, if it is another one.
    pub fn environment(&self, named: &Environment) -> std::result::Result<(), Gap> {
        let is_other = |name: &&String| {
            name.to_ascii_lowercase().parse::<Environment>().is_ok_and(|environment| environment != *named)
        };
        let Some(other) = self.environments.iter().find(is_other) else { return Ok(()) };
        let found =
            format!("the deployment is to {other} in this `{}` job, and {named} was named", self.event);
        let remedy = "Name the environment of the event with --environment.";
        Err(Gap::new("an environment that this job may judge", GapReason::Contradiction, found, remedy))
    }

    /// The request of a job whose event is not of one: its head has to be the commit that the verdict is shown on.
    ///
    /// # Errors
    /// A gap, if it ends elsewhere.
    pub fn ends(&self, request: &RequestId, head: &Revision) -> std::result::Result<(), Gap> {
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
    pub fn repository(&self, named: Option<&str>) -> std::result::Result<String, Gap> {
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
    pub fn request(&self, named: Option<u64>) -> std::result::Result<u64, Gap> {
        match (named, self.request) {
            (Some(named), Some(own)) if named != own => {
                let found = format!(
                    "the check of this `{}` job is shown on request {own}, and request {named} was named",
                    self.event
                );
                Err(elsewhere(found, "Leave out --request: a job judges the request of its event."))
            }
            (Some(number), _) | (None, Some(number)) => Ok(number),
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
            ShownOn::Commit | ShownOn::Tip | ShownOn::Group => {
                "To judge a deployment, add `--environment NAME`. To judge a request that ends at this commit, add \
                 `--request N`. For every other request, run the gate on `pull_request`, `pull_request_review` or \
                 `pull_request_target`, whose check is shown on the head of the request."
            }
        }
    }
}

/// Reads no more than an event file may hold.
fn text_of(path: &str) -> std::io::Result<String> {
    let mut text = String::new();
    let length = std::fs::File::open(path)?.take(LONGEST + 1).read_to_string(&mut text)?;
    if length as u64 > LONGEST {
        return Err(std::io::Error::other("it is longer than any event"));
    }
    Ok(text)
}

fn no_event() -> Failure {
    Failure::usage(
        "the event of this job has no pull request, and GITHUB_EVENT_NAME does not say what it is of; run the gate on \
         `pull_request`, or outside of a job name a request with --host github --repository OWNER/NAME --request N",
    )
}

fn no_request(event: &str) -> String {
    format!("GITHUB_EVENT_NAME is `{event}`, and the event file holds no pull request")
}

fn elsewhere(found: String, remedy: impl Into<String>) -> Gap {
    Gap::new("a commit that this job may judge", GapReason::Contradiction, found, remedy)
}

fn contradicted(found: String) -> Gap {
    let remedy = "Find out which step of the job changed its event file or its variables: the gate belongs in a job of its \
                  own, which runs no code of the change. If the job is honest, run it again.";
    Gap::new("what this job is of", GapReason::Contradiction, found, remedy)
}

fn unknown(event: &str) -> Gap {
    let found = format!("it is not known which commit the check of a `{event}` job is shown on");
    let remedy = "Run the gate on `pull_request`, `pull_request_review` or `pull_request_target`.";
    Gap::new("a commit that this job may judge", GapReason::Unsupported, found, remedy)
}

fn group(job: &Job) -> Gap {
    let sha = job.variable("GITHUB_SHA").unwrap_or_default();
    let sha = sha.get(..10).unwrap_or("an unknown commit");
    let found = format!(
        "the check of a `merge_group` job is shown on {sha}, which may hold several requests and what none of them shows, and groups are \
         not judged yet"
    );
    let remedy = "Take the branch out of the merge queue and require branches to be up to date before merging: then each \
                  request is judged on `pull_request`, as what lands.";
    Gap::new("a commit that this job may judge", GapReason::Unsupported, found, remedy)
}
