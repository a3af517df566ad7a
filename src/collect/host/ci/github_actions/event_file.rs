//! The event file of a job, and the commit that its check is shown on.

use super::claims;
use super::events::shown_on;
use crate::collect::host::ci::event::{PlaceAdvice, WHAT};
use crate::collect::host::ci::{EventError, JobEvent, Parents, ShownOn, Variables, VerdictPlace};
use crate::model::change::Revision;
use crate::model::fact::{Gap, GapReason};
use serde::Deserialize;
use serde_json::Value;
use std::io::Read as _;

const NO_EVENT: &str = "the event of this job has no pull request, and GITHUB_EVENT_NAME does not say what it is of; run the \
                        gate on `pull_request`, or outside of a job name a request with --host github --repository \
                        OWNER/NAME --request N";

/// What to do where a job cannot judge what was asked for.
const ADVICE: PlaceAdvice = PlaceAdvice {
    request: "To judge a deployment, add `--environment NAME`. To judge a request that ends at this commit, add \
              `--request N`. For every other request, run the gate on `pull_request`, `pull_request_review` or \
              `pull_request_target`, whose check is shown on the head of the request.",
    deployment: "Deploy in a job of the commit that is deployed (`push`, `deployment`), with a checkout of it; or in one \
                 that a person or a timer starts (`workflow_dispatch`, `schedule`), and name the commit with --head.",
};

/// The longest event file that is read, in bytes. GitHub's own limit for a payload is 25 MB.
const LONGEST: u64 = 64 << 20;

/// What the job says of itself: its variables and its event file.
pub(in crate::collect::host::ci) struct EventFile {
    /// `GITHUB_EVENT_NAME`.
    pub(super) event: String,
    /// `GITHUB_REPOSITORY`.
    pub(super) repository: String,
    /// The request of the event.
    pub(super) request: Option<EventRequest>,
    /// The event file, for what it says beside that.
    pub(super) payload: Value,
    /// The other variables, by name.
    variables: Variables,
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

impl EventFile {
    /// The event file of the job with these variables.
    ///
    /// # Errors
    /// A variable is missing, or the event file cannot be read. Also when there is neither the name of an event nor a
    /// request in the event file: that is no job of GitHub's.
    pub(super) fn read(variables: Variables) -> Result<EventFile, EventError> {
        let need = |variable: &'static str| {
            variables(variable).ok_or(EventError::Unset { job: "a GitHub Actions job", variable })
        };
        let path = need("GITHUB_EVENT_PATH")?;
        let text = read_bounded(&path).map_err(|error| EventError::Unreadable(path.clone(), error))?;
        let malformed = |error: serde_json::Error| EventError::Malformed(path.clone(), error);
        // Once into fields, where a key that is written twice is an error, and once as it is.
        let request = serde_json::from_str::<Event>(&text).map_err(malformed)?.pull_request;
        let payload = serde_json::from_str(&text).map_err(malformed)?;
        let event = match (variables("GITHUB_EVENT_NAME"), &request) {
            (Some(name), _) => name,
            (None, Some(_)) => "pull_request".to_string(),
            (None, None) => return Err(EventError::NoEvent(NO_EVENT)),
        };
        let repository = need("GITHUB_REPOSITORY")?;
        Ok(EventFile { event, repository, request, payload, variables })
    }

    /// A variable of the job.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        (self.variables)(name)
    }

    /// A text in the event file, by JSON pointer.
    pub(super) fn text(&self, pointer: &str) -> Option<&str> {
        self.payload.pointer(pointer)?.as_str()
    }

    /// The environments of the event's deployment. A status may name the environment once more.
    fn environments(&self) -> Vec<String> {
        let places = ["/deployment/environment", "/deployment_status/environment"];
        let places = if self.event.starts_with("deployment") { &places[..] } else { &[] };
        let named = places.iter().filter_map(|place| self.text(place)).filter(|name| !name.is_empty());
        named.map(str::to_string).collect()
    }

    fn sha(&self) -> Result<Revision, Gap> {
        let said = self.variable("GITHUB_SHA").unwrap_or_default();
        Revision::try_from(said).map_err(|_| contradicted("GITHUB_SHA names no commit".to_string()))
    }

    fn commit(&self, shown_on: ShownOn) -> Result<Revision, Gap> {
        match shown_on {
            ShownOn::Group => Err(merge_group(self)),
            ShownOn::Head => {
                let request = self.request.as_ref().ok_or_else(|| contradicted(no_request(&self.event)))?;
                Ok(request.head.sha.clone())
            }
            ShownOn::Commit | ShownOn::Tip => self.sha(),
        }
    }
}

impl JobEvent for EventFile {
    fn verdict_place(&self, parents: Option<Parents<'_>>) -> Result<VerdictPlace, Gap> {
        let event = self.event.clone();
        let shown_on = shown_on(&event).ok_or_else(|| unknown_event(&event))?;
        if let Some(why) = claims::contradiction(self) {
            return Err(contradicted(why));
        }
        let commit = self.commit(shown_on)?;
        if let Some(why) = parents.and_then(|parents| claims::other_merge(self, parents, shown_on)) {
            return Err(contradicted(why));
        }
        let request =
            self.request.as_ref().filter(|_| shown_on == ShownOn::Head).map(|request| request.number.into());
        let (repository, environments) = (self.repository.clone(), self.environments());
        Ok(VerdictPlace { commit, shown_on, repository, request, environments, event, advice: ADVICE })
    }
}

/// Reads no more than an event file may hold.
fn read_bounded(path: &str) -> std::io::Result<String> {
    let mut text = String::new();
    let length = std::fs::File::open(path)?.take(LONGEST + 1).read_to_string(&mut text)?;
    if length as u64 > LONGEST {
        return Err(std::io::Error::other("it is longer than any event"));
    }
    Ok(text)
}

fn no_request(event: &str) -> String {
    format!("GITHUB_EVENT_NAME is `{event}`, and the event file holds no pull request")
}

fn contradicted(found: String) -> Gap {
    let remedy = "Find out which step of the job changed its event file or its variables: the gate belongs in a job of its \
                  own, which runs no code of the change. If the job is honest, run it again.";
    Gap::new("what this job is of", GapReason::Contradiction, found, remedy)
}

fn unknown_event(event: &str) -> Gap {
    let found = format!("it is not known which commit the check of a `{event}` job is shown on");
    let remedy = "Run the gate on `pull_request`, `pull_request_review` or `pull_request_target`.";
    Gap::new(WHAT, GapReason::Unsupported, found, remedy)
}

fn merge_group(job: &EventFile) -> Gap {
    let sha = job.variable("GITHUB_SHA").unwrap_or_default();
    let sha = sha.get(..10).unwrap_or("an unknown commit");
    let found = format!(
        "the check of a `merge_group` job is shown on {sha}, which may hold several requests and what none of them shows, and groups are \
         not judged yet"
    );
    let remedy = "Take the branch out of the merge queue and require branches to be up to date before merging: then each \
                  request is judged on `pull_request`, as what lands.";
    Gap::new(WHAT, GapReason::Unsupported, found, remedy)
}
