//! What the settings come to, in sentences for staff.

use super::{NAME, OutsideAreas, ReviewedLandings};
use crate::control::procedure::{ControlProcedure, ProcedureChapter, ProcedurePart};

pub(super) const PART: ProcedurePart = ProcedurePart {
    chapter: ProcedureChapter::Deployment,
    place: 3,
    off: "proof that everything that is deployed came through a reviewed change request",
};

impl ReviewedLandings {
    pub(super) fn tell(&self) -> ControlProcedure {
        let mut told = ControlProcedure::of(NAME);
        told.say(
            &[],
            "Everything that is deployed must have come through a reviewed change request. The gate compares, line \
             by line, what landed since the last deployment with what was reviewed.",
        );
        let text = match self.outside_areas {
            OutsideAreas::Block => {
                "A line that no change request explains stops the deployment, whatever file it is in."
            }
            OutsideAreas::Note => {
                "A line in data-processing code that no change request explains stops the deployment; elsewhere it \
                 is pointed out."
            }
        };
        told.say(&["outside-areas"], text);
        told.deployment_step(
            "The gate lists everything that landed since the last deployment and finds the reviewed change request \
             of each line.",
        );
        told
    }
}
