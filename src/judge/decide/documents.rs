//! Documents of the repository that say what the policy says.
//!
//! They are compared with the policy as the change would leave it, by the controls of the policy in
//! force and by those of the altered one: the change that alters the policy brings the new document
//! along, and dropping the control does not excuse it from that.

use super::waivers::ScopedFinding;
use super::{by_altered, head_of};
use crate::control::{Case, unproven};
use crate::policy::Policy;
use portcullis_model::decision::SubjectKind;
use portcullis_model::deployment::Deployment;
use portcullis_model::fact::Fact;
use portcullis_model::facts::Facts;
use portcullis_model::waiver::About;

/// What the documents are compared with, and for whom.
pub(super) struct DocumentCase<'a> {
    /// The policy in force.
    pub policy: &'a Policy,
    /// The policy as the change would leave it, where it alters it and can be read.
    pub altered: Option<&'a Policy>,
    /// Everything as one change.
    pub facts: &'a Facts,
    /// The deployment, where it is one.
    pub deployment: Option<&'a Deployment>,
    /// What the findings are about.
    pub about: About,
}

impl DocumentCase<'_> {
    /// Adds what is found in the documents.
    pub(super) fn judge(&self, found: &mut Vec<ScopedFinding>) {
        let own = self.judge_by(self.policy);
        found.extend(own);
        let more = self.altered.map(|altered| self.judge_by(altered)).unwrap_or_default();
        for new in more {
            if !found.iter().any(|found| found.finding == new.finding) {
                found.push(by_altered(new));
            }
        }
    }

    fn judge_by(&self, policy: &Policy) -> Vec<ScopedFinding> {
        let nothing = Fact::Known(Vec::new());
        let (facts, deployment) = (self.facts, self.deployment);
        let case = Case { facts, deployment, scope: &policy.scope, touched: &nothing };
        let procedure = || self.altered.unwrap_or(self.policy).procedure();
        let mut found = Vec::new();
        for (name, control) in &policy.controls {
            let stage = control.kind().stage;
            let asked = if deployment.is_some() { stage.has_deployments() } else { stage.has_changes() };
            if asked {
                let unseen = |gap| vec![unproven(name, SubjectKind::Change, head_of(facts), &gap)];
                found.extend(control.check_documents(&case, &procedure).unwrap_or_else(unseen));
            }
        }
        found.into_iter().map(|finding| ScopedFinding::of(finding, &self.about, &nothing)).collect()
    }
}
