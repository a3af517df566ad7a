//! The commit that the check of a job is shown on, by its event file.

use super::claims;
use super::event_file::EventFile;
use super::events::shown_on;
use crate::ci::event::{PlaceAdvice, WHAT};
use crate::ci::{BatchPlace, JobEvent, Parents, ShownOn, VerdictPlace};
use portcullis_model::change::{BranchName, Revision};
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
        let batch = self.batch(shown_on)?;
        if let Some(why) = parents.and_then(|parents| claims::other_merge(self, parents, shown_on)) {
            return Err(contradicted(why));
        }
        let request =
            self.request.as_ref().filter(|_| shown_on == ShownOn::Head).map(|request| request.number.into());
        let (repository, environments) = (self.repository.clone(), self.environments());
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

    /// The batch of a merge group. The event says which branch it is for and not which requests it
    /// holds.
    fn batch(&self, shown_on: ShownOn) -> Result<Option<BatchPlace>, Gap> {
        if shown_on != ShownOn::Group {
            return Ok(None);
        }
        let branch = self.text("/merge_group/base_ref").and_then(|name| name.strip_prefix("refs/heads/"));
        let branch = branch.filter(|name| !name.is_empty()).map(BranchName::new);
        let none =
            || contradicted("the event file does not say which branch the `merge_group` is for".to_string());
        Ok(Some(BatchPlace { branch: branch.ok_or_else(none)?, request: None }))
    }

    fn sha(&self) -> Result<Revision, Gap> {
        let said = self.variable("GITHUB_SHA").unwrap_or_default();
        Revision::try_from(said).map_err(|_| contradicted("GITHUB_SHA names no commit".to_string()))
    }

    fn commit(&self, shown_on: ShownOn) -> Result<Revision, Gap> {
        match shown_on {
            ShownOn::Head => {
                let request = self.request.as_ref().ok_or_else(|| contradicted(no_request(&self.event)))?;
                Ok(request.head.sha.clone())
            }
            ShownOn::Commit | ShownOn::Tip | ShownOn::Group => self.sha(),
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
