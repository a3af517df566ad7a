//! What the settings come to, in sentences for staff.

use super::{BaselineSetting, Flaky, NAME, RegressionTests, Skipped, Suite};
use crate::control::procedure::words::{and, any_of, code, count, duration, names};
use crate::control::procedure::{ControlProcedure, ProcedureChapter, ProcedurePart};
use crate::control::shared::evidence_binding::Trust;

pub(super) const PART: ProcedurePart = ProcedurePart {
    chapter: ProcedureChapter::Tests,
    place: 1,
    off: "reports of regression tests that ran on the change",
};

impl RegressionTests {
    pub(super) fn tell(&self) -> ControlProcedure {
        let mut told = ControlProcedure::of(NAME);
        for (name, suite) in &self.suites {
            suite.tell(name, &mut told);
        }
        if let Some(signers) = &self.signers {
            let text = format!("Who may sign test results is listed in {}.", code(signers.to_string()));
            told.say(&["signers"], text);
        }
        told.say(
            &[],
            "A suite that did not run, whose report is missing or that found no test has not passed.",
        );
        let all: Vec<String> = self.suites.keys().map(code).collect();
        told.change_step(format!("Let the regression tests run and pass: {}.", and(all)));
        told
    }
}

impl Suite {
    fn tell(&self, name: &str, told: &mut ControlProcedure) {
        let suite = code(name);
        let of = |key| ["suites", name, key];
        let areas = self.areas.iter().flatten().map(|area| area.get_ref());
        let subject = match &self.areas {
            None => "A change to any data-processing code".to_string(),
            Some(_) => format!("A change to {} code", any_of(areas)),
        };
        let text = format!(
            "{subject} needs the test suite {suite}: at least {} must pass, and none may fail.",
            count(self.minimum.get(), "test")
        );
        told.say(&of("minimum"), text);
        if let Some(required) = &self.required {
            let which = names(required.iter().map(|pattern| pattern.as_str()));
            let star = required.iter().any(|pattern| pattern.as_str().contains('*'));
            let star = if star { format!(" ({} is any text)", code("*")) } else { String::new() };
            let text = format!("In {suite}, tests of each of these names must be among them: {which}{star}.");
            told.say(&of("required"), text);
        }
        self.tell_counted(&suite, of, told);
        self.tell_bound(&suite, of, told);
        self.tell_compared(&suite, of, told);
    }

    fn tell_counted<'k>(
        &self,
        suite: &str,
        of: impl Fn(&'k str) -> [&'k str; 3],
        told: &mut ControlProcedure,
    ) {
        let skipped = match self.skipped {
            Skipped::Allow => "a skipped test does not count as passed",
            Skipped::Block => "no test may be skipped",
        };
        told.say(&of("skipped"), format!("In {suite}, {skipped}."));
        let flaky = match self.flaky {
            Flaky::Block => "a test that failed and passed when it was repeated stops the change",
            Flaky::Note => {
                "a test that failed and passed when it was repeated is pointed out and does not count as passed"
            }
        };
        told.say(&of("flaky"), format!("In {suite}, {flaky}."));
        if let Some(all) = &self.configurations {
            let text = format!("The suite {suite} must run in each of these configurations: {}.", names(all));
            told.say(&of("configurations"), text);
        }
        if self.exit_status.is_some() {
            let text =
                format!("The test command of {suite} itself must have ended without an error, and say so.");
            told.say(&of("exit-status"), text);
        }
    }

    fn tell_bound<'k>(&self, suite: &str, of: impl Fn(&'k str) -> [&'k str; 3], told: &mut ControlProcedure) {
        let text = match self.trust {
            None => {
                format!("The reports of {suite} are read as they are found; nothing ties them to one commit.")
            }
            Some(Trust::Local) => format!(
                "The tests of {suite} must have run on exactly the code that would land, without any local edits."
            ),
            Some(Trust::Host) => format!(
                "The tests of {suite} must have run on exactly the code that would land, without any local edits, \
                 and the host must confirm the job that ran them{}.",
                self.check.as_ref().map_or(String::new(), |check| format!(" (check {})", code(&check.name)))
            ),
            Some(Trust::Signed) => format!(
                "Results of {suite} count only when they are of exactly the code that would land and carry the \
                 signature of an allowed signer."
            ),
        };
        told.say(&of("trust"), text);
        if let Some(age) = self.max_age {
            let text =
                format!("A run of {suite} counts for {}; after that it has to be repeated.", duration(age.0));
            told.say(&of("max-age"), text);
        }
    }

    fn tell_compared<'k>(
        &self,
        suite: &str,
        of: impl Fn(&'k str) -> [&'k str; 3],
        told: &mut ControlProcedure,
    ) {
        let compared = "no test that ran on the branch before may be missing or skipped now";
        match self.baseline {
            None => {}
            Some(BaselineSetting::Required) => {
                let text = format!(
                    "Each run of {suite} is compared with the recorded run of the branch: {compared}."
                );
                told.say(&of("baseline"), text);
            }
            Some(BaselineSetting::FirstRun) => {
                let text = format!(
                    "Once the branch has a recorded run of {suite}, each run is compared with it: {compared}."
                );
                told.say(&of("baseline"), text);
            }
        }
        if let Some(removed) = &self.removed {
            let which = names(removed.iter().map(|pattern| pattern.as_str()));
            told.say(
                &of("removed"),
                format!("Only these tests of {suite} may be missing or skipped: {which}."),
            );
        }
        if let Some(sources) = &self.tests {
            let which = names(sources.iter().map(|glob| glob.as_str()));
            let text =
                format!("A change that weakens a test of {suite} is pointed out to its reviewers ({which}).");
            told.say(&of("tests"), text);
        }
    }
}
