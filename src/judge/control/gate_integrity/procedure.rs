//! What the settings come to, in sentences for staff.

use super::{GateIntegrity, NAME};
use crate::control::procedure::words::{code, count, names};
use crate::control::procedure::{ControlProcedure, ProcedureChapter, ProcedurePart};

pub(super) const PART: ProcedurePart = ProcedurePart {
    chapter: ProcedureChapter::Rules,
    place: 1,
    off: "approval of changes to the rules themselves",
};

impl GateIntegrity {
    pub(super) fn tell(&self) -> ControlProcedure {
        let mut told = ControlProcedure::of(NAME);
        told.say(
            &[],
            "A change is judged by the rules as they were before it. So no one can loosen a rule and use the looser \
             rule in one step; where a change makes a rule stricter, the stricter rule applies at once.",
        );
        let what = "A change to the rules themselves (the policy, exceptions to it, the lists of owners and signers, \
                    and what runs the tests)";
        let number = count(self.approvals.get(), "approval");
        let people = if self.approvals.get() == 1 { "a person" } else { "people" };
        match &self.role {
            Some(role) => {
                let text = format!("{what} needs {number} by {people} of the role {}.", code(role.get_ref()));
                told.say(&["role"], text)
            }
            None => told.say(
                &["approvals"],
                format!(
                    "{what} needs {number} by {people} with write access, and not by anyone who had a part in it."
                ),
            ),
        };
        if !self.test_configuration.is_empty() {
            let files = names(self.test_configuration.iter().map(|glob| glob.as_str()));
            let text = format!("Files that decide which tests run count as rules: {files}.");
            told.say(&["test-configuration"], text);
        }
        if !self.paths.is_empty() {
            let files = names(self.paths.iter().map(|glob| glob.as_str()));
            told.say(&["paths"], format!("These files count as rules as well: {files}."));
        }
        told
    }
}
