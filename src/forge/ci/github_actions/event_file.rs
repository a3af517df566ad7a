//! What a job says of itself: its variables and its event file.

use crate::ci::{EventError, Variables};
use portcullis_model::change::Revision;
use serde::Deserialize;
use serde_json::Value;
use std::io::Read as _;

const NO_EVENT: &str = "the event of this job has no pull request, and GITHUB_EVENT_NAME does not say what it is of; run the \
                        gate on `pull_request`, or outside of a job name a request with --host github --repository \
                        OWNER/NAME --request N";

/// The longest event file that is read, in bytes. GitHub's own limit for a payload is 25 MB.
const LONGEST: u64 = 64 << 20;

/// What the job says of itself: its variables and its event file.
pub(in crate::ci) struct EventFile {
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
struct EventPayload {
    pull_request: Option<EventRequest>,
}

impl EventFile {
    /// The event file of the job with these variables.
    ///
    /// # Errors
    /// A variable is missing, or the event file cannot be read. Also when there is neither the name
    /// of an event nor a request in the event file: that is no job of GitHub's.
    pub(super) fn read(variables: Variables) -> Result<EventFile, EventError> {
        let need = |variable: &'static str| {
            variables(variable).ok_or(EventError::Unset { job: "a GitHub Actions job", variable })
        };
        let path = need("GITHUB_EVENT_PATH")?;
        let text = read_bounded(&path).map_err(|error| EventError::Unreadable(path.clone(), error))?;
        let malformed = |error: serde_json::Error| EventError::Malformed(path.clone(), error);
        // Once into fields, where a key that is written twice is an error, and once as it is.
        let request = serde_json::from_str::<EventPayload>(&text).map_err(malformed)?.pull_request;
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
