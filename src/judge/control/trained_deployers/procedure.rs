//! What the settings come to, in sentences for staff.

use super::{NAME, TrainedDeployers};
use crate::control::procedure::words::{any_of, duration, names};
use crate::control::procedure::{ControlProcedure, ProcedureChapter, ProcedurePart};
use crate::control::shared::training::UnknownPeople;

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
        let unknown = match self.unknown {
            UnknownPeople::Unproven => {
                "The training of someone who is not in the register is not known, and the deployment waits until it is."
            }
            UnknownPeople::Refuse => "Someone who is not in the register counts as not trained.",
        };
        told.say(&["unknown"], unknown);
        if self.rules.grace.is_positive() {
            let time = duration(self.rules.grace);
            told.say(&["grace"], format!("Training counts for {time} more after it has ended."));
        }
        if self.rules.refuse_waived {
            told.say(&["waived"], "A course that was waived for someone does not count.");
        }
        told.deployment_step(
            "The gate looks up the training of the person who deploys, in the register of people.",
        );
        told
    }
}
