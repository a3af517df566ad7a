//! Suites and tests while they are read.

use portcullis_report_shared::strict::UnknownPart;
use portcullis_report_shared::xml::Element;
use portcullis_testrun::test_run::TestOutcome;

/// What a `status` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RobotStatus {
    Pass,
    Fail,
    Skip,
    NotRun,
    Unknown,
}

impl RobotStatus {
    /// The word of an element.
    pub fn of(element: &Element<'_>) -> RobotStatus {
        match element.value("status") {
            Some("PASS") => RobotStatus::Pass,
            Some("FAIL") => RobotStatus::Fail,
            Some("SKIP") => RobotStatus::Skip,
            Some("NOT RUN" | "NOT_RUN") => RobotStatus::NotRun,
            _ => RobotStatus::Unknown,
        }
    }
}

/// A suite while it is read.
pub struct RobotSuite {
    /// Its name.
    pub name: String,
    /// The number of tests that were read before it began.
    pub first: usize,
    /// What it says of itself.
    pub status: Option<RobotStatus>,
    /// Something else directly in it failed: its set-up.
    pub failed_within: bool,
    /// What became of its tear-down.
    pub teardown: Option<RobotStatus>,
}

/// A test while it is read.
pub struct RobotTest {
    /// Its name below its suites.
    pub id: String,
    /// What it says of itself.
    pub status: Option<RobotStatus>,
    /// Something directly in it failed.
    pub failed_within: bool,
    /// The unknown part that it holds.
    pub foreign: Option<UnknownPart>,
    /// The message of its status.
    pub message: String,
}

impl RobotTest {
    /// What became of it, and a sentence about what it says against itself.
    pub fn outcome(&self) -> (TestOutcome, Option<String>) {
        let (outcome, said) = self.shown();
        match &self.foreign {
            Some(foreign) => (outcome.max(foreign.outcome()), Some(foreign.of_test())),
            None => (outcome, said.map(|what| format!("a test {what}"))),
        }
    }

    fn shown(&self) -> (TestOutcome, Option<&'static str>) {
        match self.status {
            Some(RobotStatus::Pass) if self.failed_within => {
                (TestOutcome::Failed, Some("is called passed, and something in it failed"))
            }
            Some(RobotStatus::Pass) if failed_before(&self.message) => (TestOutcome::Flaky, None),
            Some(RobotStatus::Pass) => (TestOutcome::Passed, None),
            Some(RobotStatus::Fail) => (TestOutcome::Failed, None),
            Some(RobotStatus::Skip) => (TestOutcome::Skipped, None),
            Some(RobotStatus::NotRun | RobotStatus::Unknown) => {
                (TestOutcome::Error, Some("has a status that is not known here"))
            }
            None => (TestOutcome::Error, Some("has no status")),
        }
    }
}

/// Does a message say that the test was run again, and failed before? `rebot --merge` writes that
/// in HTML: after `Old status` is the word of each earlier run.
fn failed_before(message: &str) -> bool {
    let merged = message.trim_start().strip_prefix("*HTML*").filter(|rest| rest.contains("merged"));
    let before = merged.and_then(|rest| rest.split_once("Old status"));
    before.is_some_and(|(_, before)| before.contains(">FAIL<"))
}

/// `20261129 04:22:54.539`, as schema versions 3 and 4 write it, in the form of later ones; those
/// as they are.
pub fn normalize_time(text: &str) -> String {
    match (text.get(..4), text.get(4..6), text.get(6..8), text.get(8..9), text.get(9..)) {
        (Some(year), Some(month), Some(day), Some(" "), Some(time)) => {
            format!("{year}-{month}-{day}T{time}")
        }
        _ => text.to_string(),
    }
}
