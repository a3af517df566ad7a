//! What the settings come to, in sentences for staff.

use super::{ChangedLineCoverage, NAME};
use crate::control::procedure::words::{code, duration, names};
use crate::control::procedure::{ControlProcedure, ProcedureChapter, ProcedurePart};
use crate::control::shared::evidence_binding::Trust;

pub(super) const PART: ProcedurePart = ProcedurePart {
    chapter: ProcedureChapter::Tests,
    place: 2,
    off: "a share of the changed lines that tests must have executed",
};

impl ChangedLineCoverage {
    pub(super) fn tell(&self) -> ControlProcedure {
        let mut told = ControlProcedure::of(NAME);
        let minimum = self.minimum.0;
        told.say(
            &["minimum"],
            format!(
                "Tests must have executed at least {minimum} percent of the lines that a change alters in each \
                 part of the data-processing code, counting lines that can be executed."
            ),
        );
        for (area, own) in &self.areas {
            let (area, of) = (area.get_ref().as_str(), |key| ["areas", area.get_ref(), key]);
            if let Some(own) = own.minimum {
                let text = format!("For {} code the share is {} percent.", code(area), own.0);
                told.say(&of("minimum"), text);
            }
            if let Some(files) = &own.without_lines {
                let which = names(files.paths.iter().map(|glob| glob.as_str()));
                let suite = code(files.suite.get_ref());
                let text = format!(
                    "Files of {} for which lines cannot be counted ({which}) need the test suite {suite} instead.",
                    code(area)
                );
                told.say(&of("without-lines"), text);
            }
        }
        for (name, source) in &self.reports {
            let files = names(source.questions().map(|question| question.files));
            let text = format!("The coverage report {} is read from {files}.", code(name));
            told.say(&["reports", name], text);
        }
        told.say(&["trust"], self.trust_sentence());
        if let Some(age) = self.max_age {
            let text = format!(
                "A coverage report counts for {}; after that it has to be made again.",
                duration(age.0)
            );
            told.say(&["max-age"], text);
        }
        told.change_step(format!(
            "Let the tests execute the changed lines: at least {minimum} percent of them."
        ));
        told
    }

    fn trust_sentence(&self) -> String {
        let check =
            || self.check.as_ref().map_or(String::new(), |check| format!(" (check {})", code(&check.name)));
        let exactly =
            "Coverage must have been measured on exactly the code that would land, without any local edits";
        match self.trust.as_ref().map(|trust| *trust.get_ref()) {
            None => {
                "Coverage reports are read as they are found; nothing ties them to one commit.".to_string()
            }
            Some(Trust::Local) => format!("{exactly}."),
            Some(Trust::Host) => {
                format!("{exactly}, and the host must confirm the job that measured it{}.", check())
            }
            Some(Trust::Signed) => {
                format!("{exactly}, and the result must carry the signature of an allowed signer.")
            }
        }
    }
}
