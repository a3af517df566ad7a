//! What the settings come to, in sentences for staff.

use super::{Deployers, NAME};
use crate::control::procedure::words::code;
use crate::control::procedure::{ControlProcedure, ProcedureChapter, ProcedurePart};

pub(super) const PART: ProcedurePart = ProcedurePart {
    chapter: ProcedureChapter::Deployment,
    place: 1,
    off: "a particular role for the person who deploys, or a second person beside them",
};

impl Deployers {
    pub(super) fn tell(&self) -> ControlProcedure {
        let mut told = ControlProcedure::of(NAME);
        if let Some(role) = &self.role {
            let role = code(role.get_ref());
            told.say(&["role"], format!("Only a person of the role {role} deploys."));
            told.deployment_step(format!("A person of the role {role} starts the deployment."));
        }
        if self.not_author_alone {
            told.say(
                &["not-author-alone"],
                "No one deploys data-processing code that only they have seen: someone other than the person who \
                 deploys must have opened or approved each change request.",
            );
        }
        told
    }
}
