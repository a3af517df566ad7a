//! What the settings come to, in sentences for staff.

use super::{NAME, TrainedReviewers};
use crate::control::procedure::words::{code, count, names};
use crate::control::procedure::{ControlProcedure, ProcedureChapter, ProcedurePart};
use crate::control::shared::training::tell_register;

pub(super) const PART: ProcedurePart = ProcedurePart {
    chapter: ProcedureChapter::Reviews,
    place: 4,
    off: "training of the people who approve changes",
};

impl TrainedReviewers {
    pub(super) fn tell(&self) -> ControlProcedure {
        let mut told = ControlProcedure::of(NAME);
        if !self.courses.is_empty() {
            let subject = if self.every_change { "a change" } else { "a change to data-processing code" };
            let courses = names(self.courses.iter().map(|course| course.get_ref()));
            let text = format!("People whose approval of {subject} counts have valid training of {courses}.");
            told.say(&["courses"], text);
        }
        for (area, needs) in &self.areas {
            let courses = names(needs.courses.iter().map(|course| course.get_ref()));
            if !needs.courses.is_empty() {
                let area_name = code(area.get_ref());
                let text = format!("Approvals of {area_name} code need training of {courses} as well.");
                told.say(&["areas", area.get_ref()], text);
            }
            if let Some(needed) = needs.approvals {
                let (who, area_name) = (count(needed.get(), "approval"), code(area.get_ref()));
                told.say(
                    &["areas", area.get_ref()],
                    format!("At least {who} of {area_name} code must be by people with that training."),
                );
            }
        }
        if let Some(needed) = self.approvals {
            let who = count(needed.get(), "approval");
            told.say(&["approvals"], format!("At least {who} must be by people with valid training."));
        }
        tell_register(&mut told, self.unknown, &self.rules, "the change");
        told.change_step("The gate looks up the training of those who approved, in the register of people.");
        told
    }
}
