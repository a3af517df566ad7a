//! What the settings come to, in sentences for staff.

use super::{NAME, TrainedDeployers};
use crate::control::procedure::words::{any_of, names};
use crate::control::procedure::{ControlProcedure, ProcedureChapter, ProcedurePart};
use crate::control::shared::training::tell_register;

pub(super) const PART: ProcedurePart = ProcedurePart {
    chapter: ProcedureChapter::Deployment,
    place: 4,
    off: "training of the people who deploy",
};

impl TrainedDeployers {
    pub(super) fn tell(&self) -> ControlProcedure {
        let mut told = ControlProcedure::of(NAME);
        let courses = names(self.courses.iter().map(|course| course.get_ref()));
        let to = match self.environments.is_empty() {
            true => String::new(),
            false => {
                format!(" to {}", any_of(self.environments.iter().map(|environment| environment.as_str())))
            }
        };
        told.say(&["courses"], format!("Only people with valid training of {courses} deploy{to}."));
        tell_register(&mut told, self.unknown, &self.rules, "the deployment");
        told.deployment_step(
            "The gate looks up the training of the person who deploys, in the register of people.",
        );
        told
    }
}
