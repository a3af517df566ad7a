//! What the settings come to, in sentences for staff.

use super::{DAY, NAME, Reconciled};
use crate::control::PolicyScope;
use crate::control::procedure::words::{any_of, code, duration};
use crate::control::procedure::{ControlProcedure, ProcedureChapter, ProcedurePart};
use portcullis_model::reconciliation::Dataset;

pub(super) const PART: ProcedurePart = ProcedurePart {
    chapter: ProcedureChapter::Deployment,
    place: 6,
    off: "a comparison of what is uploaded with what arrived",
};

impl Reconciled {
    pub(super) fn tell(&self, scope: &PolicyScope) -> ControlProcedure {
        let mut told = ControlProcedure::of(NAME);
        let to = match self.environments.is_empty() {
            true => String::new(),
            false => {
                format!(" to {}", any_of(self.environments.iter().map(|environment| environment.as_str())))
            }
        };
        if scope.datasets.is_empty() {
            told.say(
                &[],
                "Records that are uploaded are compared with what arrived; no dataset is defined yet.",
            );
        }
        for (name, dataset) in &scope.datasets {
            let (green, after) =
                (dataset.green_within.unwrap_or(DAY), dataset.after_deployment.unwrap_or(DAY));
            told.say_entry(
                &[],
                name,
                format!(
                    "Before code that handles {} is deployed{to}, a comparison of what was uploaded with what arrived found \
                     nothing wrong, and is no older than {}. Within {} after such a deployment it is compared again, or nothing \
                     more is deployed.",
                    code(name),
                    duration(green),
                    duration(after)
                ) + tell_accepted(dataset),
            );
        }
        told.deployment_step("The gate looks up the last comparison of what was uploaded with what arrived.");
        told
    }
}

fn tell_accepted(dataset: &Dataset) -> &'static str {
    match dataset.accepted.is_empty() {
        true => "",
        false => {
            " Differences of single records that the policy accepts, each by a person and until a day, are shown and do \
                   not count."
        }
    }
}
