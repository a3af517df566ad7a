//! What the settings come to, in sentences for staff.

use super::{DocumentedProcedure, NAME};
use crate::control::procedure::words::{code, duration};
use crate::control::procedure::{ControlProcedure, ProcedureChapter, ProcedurePart};

pub(super) const PART: ProcedurePart = ProcedurePart {
    chapter: ProcedureChapter::Rules,
    place: 2,
    off: "that this page is kept up to date with the policy and approved again from time to time",
};

impl DocumentedProcedure {
    pub(super) fn tell(&self) -> ControlProcedure {
        let mut told = ControlProcedure::of(NAME);
        let page = code(&self.path.0);
        told.say(
            &["path"],
            format!(
                "This page is kept in {page}. A change after which it would no longer say what the policy says is \
                 stopped: a change of the policy brings the new page along. A change of this page is a change of the rules."
            ),
        );
        let Some(every) = self.review_every else {
            told.say(
                &["review-every"],
                "Nothing requires that this page is approved again from time to time.",
            );
            return told;
        };
        let period = duration(every.0);
        let who = match &self.role {
            Some(role) => format!("a person of the role {}", code(role.get_ref())),
            None => "a person who answers for it".to_string(),
        };
        let text = format!(
            "After each change of its text, and at least every {period}, {who} reads this page and approves it. The \
             approvals are listed at its end."
        );
        told.say(&["review-every"], text);
        told
    }
}
