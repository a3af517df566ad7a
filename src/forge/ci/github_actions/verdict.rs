//! The commit that the check of a job is shown on, by its event file.

use super::claims;
use super::event_file::EventFile;
use super::events::shown_on;
use crate::ci::event::{PlaceAdvice, WHAT};
use crate::ci::{JobEvent, Parents, ShownOn, VerdictPlace};
use portcullis_model::change::Revision;
use portcullis_model::fact::{Gap, GapReason};

/// What to do where a job cannot judge what was asked for.
const ADVICE: PlaceAdvice = PlaceAdvice {
    request: "To judge a deployment, add `--environment NAME`. To judge a request that ends at this commit, add \
              `--request N`. For every other request, run the gate on `pull_request`, `pull_request_review` or \
              `pull_request_target`, whose check is shown on the head of the request.",
    deployment: "Deploy in a job of the commit that is deployed (`push`, `deployment`), with a checkout of it; or in one \
                 that a person or a timer starts (`workflow_dispatch`, `schedule`), and name the commit with --head.",
};

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
        let batch = None;
        Ok(VerdictPlace { commit, shown_on, repository, request, batch, environments, event, advice: ADVICE })
    }
}

impl EventFile {
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
