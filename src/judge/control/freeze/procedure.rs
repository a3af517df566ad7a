//! What the settings come to, in sentences for staff.

use super::{Freeze, NAME};
use crate::control::procedure::words::{any_of, one_line};
use crate::control::procedure::{ControlProcedure, ProcedureChapter, ProcedurePart};

pub(super) const PART: ProcedurePart = ProcedurePart {
    chapter: ProcedureChapter::Deployment,
    place: 2,
    off: "times in which nothing is deployed",
};

impl Freeze {
    pub(super) fn tell(&self) -> ControlProcedure {
        let mut told = ControlProcedure::of(NAME);
        let to = self.environments.as_ref().map_or(String::new(), |all| {
            format!(" to {}", any_of(all.iter().map(|environment| environment.as_str())))
        });
        for window in &self.windows {
            let (from, until, reason) = (window.from(), window.until, one_line(&window.reason));
            let text = format!("Nothing is deployed{to} from {from} until {until}. The reason: {reason}.");
            told.say_entry(&["windows"], &window.reason, text);
        }
        for week in &self.weekly {
            let (span, reason) = (week.describe(), one_line(&week.reason));
            let text = format!("Every week, nothing is deployed{to} from {span}. The reason: {reason}.");
            told.say_entry(&["weekly"], &week.reason, text);
        }
        told.deployment_step("The gate makes sure that no freeze is in force: see the times above.");
        told
    }
}
