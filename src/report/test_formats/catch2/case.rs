//! One test case: what its elements say, and the one outcome that follows.

use portcullis_report_shared::strict::{self, KnownElements, UnknownPart};
use portcullis_report_shared::xml::Element;
use portcullis_testrun::test_run::TestOutcome;

/// What Catch2 writes in a case, and of it.
const KNOWN: &KnownElements = &[
    ("testcase", &["description", "filename", "line", "name", "tags"]),
    ("section", &["description", "filename", "line", "name"]),
    ("expression", &["filename", "line", "success", "type"]),
    ("original", &[]),
    ("expanded", &[]),
    ("exception", &["filename", "line"]),
    ("failure", &["filename", "line"]),
    ("failed", &["message"]),
    ("fatalerrorcondition", &["filename", "line"]),
    ("skip", &["filename", "line"]),
    ("info", &[]),
    ("warning", &[]),
    ("overallresult", &["durationinseconds", "skips", "success"]),
    ("overallresults", &["durationinseconds", "expectedfailures", "failures", "skipped", "successes"]),
    ("stdout", &[]),
    ("stderr", &[]),
    (
        "benchmarkresults",
        &["clockresolution", "estimatedduration", "iterations", "name", "resamples", "samples"],
    ),
    ("mean", &["ci", "lowerbound", "upperbound", "value"]),
    ("standarddeviation", &["ci", "lowerbound", "upperbound", "value"]),
    ("outliers", &["highmild", "highsevere", "lowmild", "lowsevere", "variance"]),
];

/// A test case while it is read.
pub struct Catch2Case {
    /// The identity of the test, with its groups.
    pub id: String,
    /// It may fail, or has to (`[!mayfail]`, `[!shouldfail]`).
    may_fail: bool,
    failed: bool,
    crashed: bool,
    skipped: bool,
    /// Some failure of it was expected.
    expected: bool,
    /// What it says cannot be read.
    unknown: bool,
    /// The unknown part that it holds.
    foreign: Option<UnknownPart>,
    success: Option<bool>,
}

impl Catch2Case {
    /// A case that has said nothing yet.
    pub fn new(id: String, element: &Element<'_>) -> Self {
        let tags = element.value("tags").unwrap_or_default().to_ascii_lowercase();
        let may_fail = tags.contains("[!mayfail]") || tags.contains("[!shouldfail]");
        Catch2Case {
            id,
            may_fail,
            failed: false,
            crashed: false,
            skipped: false,
            expected: false,
            unknown: false,
            foreign: strict::part(element, KNOWN),
            success: None,
        }
    }

    /// Takes an element anywhere in the case.
    pub fn element(&mut self, element: &Element<'_>) {
        strict::keep(&mut self.foreign, strict::part(element, KNOWN));
        match element.name {
            "expression" => self.expression(element),
            "exception" | "failure" | "failed" => self.failed = true,
            "fatalerrorcondition" => self.crashed = true,
            "skip" => self.skipped = true,
            "overallresult" => self.result(element),
            "overallresults" => self.section(element),
            _ => {}
        }
    }

    fn expression(&mut self, element: &Element<'_>) {
        match read_success(element.attribute("success")) {
            Some(success) => self.failed |= !success && !is_harmless(element.value("type")),
            None => self.unknown = true,
        }
    }

    fn result(&mut self, element: &Element<'_>) {
        self.success = match self.success {
            // Of two results the worse counts.
            Some(before) => read_success(element.attribute("success")).map(|success| success && before),
            None => read_success(element.attribute("success")),
        };
        self.skipped |= read_count(element, "skips").is_none_or(|skips| skips > 0);
        self.unknown |= self.success.is_none() || read_count(element, "skips").is_none();
    }

    fn section(&mut self, element: &Element<'_>) {
        match (read_count(element, "failures"), read_count(element, "expectedfailures")) {
            (Some(failures), Some(expected)) => {
                self.failed |= failures > 0;
                self.expected |= expected > 0;
            }
            _ => self.unknown = true,
        }
        match element.value("skipped") {
            None | Some("false") => {}
            Some("true") => self.skipped = true,
            Some(_) => self.unknown = true,
        }
    }

    /// What became of it, and a sentence about what it says against itself.
    pub fn outcome(&self) -> (TestOutcome, Option<String>) {
        let (outcome, said) = self.shown();
        match &self.foreign {
            Some(foreign) => (outcome.max(foreign.outcome()), Some(foreign.of_test())),
            None => (outcome, said.map(|what| format!("a test {what}"))),
        }
    }

    fn shown(&self) -> (TestOutcome, Option<&'static str>) {
        if self.unknown {
            return (TestOutcome::Error, Some("says something that is not known here"));
        }
        match self.success {
            _ if self.crashed => (TestOutcome::Error, None),
            None => (TestOutcome::Error, Some("has no result")),
            Some(false) => (TestOutcome::Failed, None),
            Some(true) if self.failed && !self.may_fail => {
                (TestOutcome::Failed, Some("is called a success and shows a failure"))
            }
            Some(true) if self.failed || self.expected || self.skipped => (TestOutcome::Skipped, None),
            Some(true) => (TestOutcome::Passed, None),
        }
    }
}

/// Is it a check that fails nothing? Such are written with `--success`.
fn is_harmless(check: Option<&str>) -> bool {
    let check = check.unwrap_or_default();
    let check = check.strip_prefix("CATCH_").unwrap_or(check);
    matches!(check, "CHECK_NOFAIL" | "CHECKED_IF" | "CHECKED_ELSE")
}

fn read_success(word: Option<&str>) -> Option<bool> {
    match word {
        Some("true") => Some(true),
        Some("false") => Some(false),
        _ => None,
    }
}

/// The number that an attribute holds, 0 where it is not there, or nothing where it is no number.
fn read_count(element: &Element<'_>, name: &str) -> Option<u64> {
    element.attribute(name).map_or(Some(0), |text| text.trim().parse().ok())
}
