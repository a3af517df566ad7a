//! What the settings come to, in sentences for staff.

use super::{KIND, RequiredChecks};
use crate::control::procedure::words::{and, code};
use crate::control::procedure::{ControlProcedure, ProcedureChapter, ProcedurePart};

pub(super) const PART: ProcedurePart = ProcedurePart {
    chapter: ProcedureChapter::Tests,
    place: 3,
    off: "automated checks by name, beyond what the host itself demands",
};

impl RequiredChecks {
    pub(super) fn tell(&self) -> ControlProcedure {
        let mut told = ControlProcedure::of(KIND.name);
        for check in &self.checks.0 {
            let text = format!(
                "The automated check {} must have passed on the last commit of the change. Only a check that was \
                 reported by {} counts; one that was skipped or cancelled has not passed.",
                code(&check.name),
                check.describe_writer()
            );
            told.say_entry(&["checks"], &check.name, text);
        }
        let all: Vec<String> = self.checks.0.iter().map(|check| code(&check.name)).collect();
        told.change_step(format!("Let the automated checks pass: {}.", and(all)));
        told
    }
}
