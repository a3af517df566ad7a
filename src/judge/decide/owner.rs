//! What landings are part of: a deployment, which brings what has landed, or a batch, which is
//! about to land.

use crate::control::Stage;
use portcullis_model::batch::BatchFacts;
use portcullis_model::change::Revision;
use portcullis_model::decision::{Subject, SubjectKind};
use portcullis_model::deployment::Deployment;
use portcullis_model::facts::Facts;
use portcullis_model::waiver::About;

/// What a landing is part of.
#[derive(Clone, Copy)]
pub(super) enum LandingOwner<'a> {
    /// A deployment: its landings have landed.
    Deployment(&'a Deployment),
    /// A batch: its landings would land together.
    Batch(&'a BatchFacts),
}

impl<'a> LandingOwner<'a> {
    /// The facts of all of it as one change.
    pub(super) fn whole(self) -> &'a Facts {
        match self {
            LandingOwner::Deployment(deployment) => &deployment.whole,
            LandingOwner::Batch(batch) => &batch.whole,
        }
    }

    /// The deployment; `None` before something lands.
    pub(super) fn deployment(self) -> Option<&'a Deployment> {
        match self {
            LandingOwner::Deployment(deployment) => Some(deployment),
            LandingOwner::Batch(_) => None,
        }
    }

    /// Is a control of this stage asked?
    pub(super) fn asks(self, stage: Stage) -> bool {
        match self {
            LandingOwner::Deployment(_) => stage.has_deployments(),
            LandingOwner::Batch(_) => stage.has_changes(),
        }
    }

    /// What findings about these commits are about.
    pub(super) fn about(self, commits: Vec<Revision>) -> About {
        let environment = self.deployment().map(|deployment| deployment.environment.clone());
        About { commits, environment, ..About::default() }
    }

    /// The subject of a finding about a request of a landing: it says which landing, or in a batch,
    /// where each request is there once, which request.
    pub(super) fn name_in(self, landing: &Revision, subject: Subject) -> Subject {
        let place = match self {
            LandingOwner::Deployment(_) => format!("landing {}", landing.short()),
            LandingOwner::Batch(batch) => {
                match batch.entry_at(landing).map(|entry| entry.request.to_string()) {
                    Some(request) if subject.kind == SubjectKind::Request && subject.name == request => {
                        return subject;
                    }
                    Some(request) => format!("request {request}"),
                    None => format!("step {}", landing.short()),
                }
            }
        };
        Subject { name: format!("{} in {place}", subject.name), ..subject }
    }
}
