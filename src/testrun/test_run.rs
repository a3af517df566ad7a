//! What a test runner reported, told from its elements and never from its summary.

use crate::own_times::OwnTimes;

/// What stands between the parts of a [`Test::id`].
pub const SEPARATOR: &str = " > ";

/// Defines the formats from one table: a line for each, with its name and what it is.
macro_rules! report_formats {
    ($($(#[$doc:meta])+ $variant:ident = $name:literal,)+) => {
        /// The formats of reports, by the names that a policy and the command line use.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        pub enum ReportFormat { $(
            $(#[$doc])+
            #[cfg_attr(feature = "serde", serde(rename = $name))]
            $variant,
        )+ }

        impl ReportFormat {
            /// Every format, sorted by name.
            pub const ALL: &[ReportFormat] = &[$(ReportFormat::$variant,)+];

            /// Its name.
            pub fn name(self) -> &'static str {
                match self { $(ReportFormat::$variant => $name,)+ }
            }
        }
    };
}

report_formats! {
    /// Boost.Test's XML: its report and its log.
    BoostTest = "boost-test",
    /// Catch2's own XML.
    Catch2 = "catch2",
    /// Common Test Report Format (JSON).
    Ctrf = "ctrf",
    /// The events of `dart test` and `flutter test` (JSON).
    Dart = "dart",
    /// The events of `go test -json`.
    GoTest = "go-test",
    /// JUnit XML.
    Junit = "junit",
    /// The events of Rust's libtest and of nextest.
    Libtest = "libtest",
    /// NUnit XML.
    Nunit = "nunit",
    /// Open Test Reporting (XML), as events or as a tree.
    OpenTestReporting = "open-test-reporting",
    /// Playwright's JSON.
    Playwright = "playwright",
    /// Qt Test's own XML.
    QtTest = "qt-test",
    /// Robot Framework's `output.xml`.
    Robot = "robot",
    /// SonarQube's generic test executions (XML).
    Sonarqube = "sonarqube",
    /// Test Anything Protocol.
    Tap = "tap",
    /// TestNG's own XML.
    Testng = "testng",
    /// Visual Studio's test results.
    Trx = "trx",
    /// xUnit.net XML.
    Xunit = "xunit",
}

impl ReportFormat {
    /// The format of this name.
    pub fn named(name: &str) -> Option<ReportFormat> {
        ReportFormat::ALL.iter().copied().find(|format| format.name() == name)
    }
}

/// What one report says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TestRun {
    /// The tests, sorted by identity; records of one identity are one entry.
    pub tests: Vec<Test>,
    /// Where the report speaks against itself, each one sentence.
    pub contradictions: Vec<String>,
    /// Failures outside any test (a suite that could not start), each one sentence.
    pub errors: Vec<String>,
    /// What was not run but told again from an earlier run (Go's cached packages), by name.
    pub replayed: Vec<String>,
    /// The times that it names itself. Facts from before they were read have none.
    pub times: OwnTimes,
}

/// One test and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Test {
    /// Its identity in this report: suites, class and name, joined with [`SEPARATOR`]. Empty parts
    /// are left out.
    pub id: String,
    /// The worst of its records, save that a pass which the runner calls a later attempt is
    /// [`TestOutcome::Flaky`].
    pub outcome: TestOutcome,
    /// How many records the report holds of it. More than one pass and nothing else: a rerun that
    /// the runner does not admit, or several tests under one name.
    pub records: u64,
}

/// The tests of several reports or runs as one list, sorted: each identity once, with the worst of
/// its outcomes and the largest number of its records. One list that is sorted already stays as it
/// is.
pub fn worst_of_each(mut tests: Vec<Test>) -> Vec<Test> {
    if tests.is_sorted_by(|one, next| one.id < next.id) {
        return tests;
    }
    tests.sort_by(|one, other| one.id.cmp(&other.id));
    tests.dedup_by(|again, kept| {
        let same = again.id == kept.id;
        if same {
            kept.outcome = kept.outcome.max(again.outcome);
            kept.records = kept.records.max(again.records);
        }
        same
    });
    tests
}

/// What became of a test, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TestOutcome {
    /// It ran, once, and passed.
    Passed,
    /// It did not run, or its result was declared not to matter: skipped, disabled, todo, expected
    /// failure.
    Skipped,
    /// It passed in one attempt and failed in another.
    Flaky,
    /// It ran and failed.
    Failed,
    /// It could not be run to its end.
    Error,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "serde")]
    #[test]
    fn a_policy_names_a_format_as_the_command_line_does() {
        for format in ReportFormat::ALL {
            assert_eq!(serde_json::to_value(format).unwrap(), format.name());
        }
    }

    #[test]
    fn of_several_lists_each_test_is_kept_once_with_its_worst_outcome() {
        use TestOutcome::{Failed, Passed, Skipped};
        let list = |tests: &[(&str, TestOutcome, u64)]| -> Vec<Test> {
            let test = |(id, outcome, records): &(&str, _, _)| Test {
                id: (*id).into(),
                outcome: *outcome,
                records: *records,
            };
            tests.iter().map(test).collect()
        };
        let one = list(&[("a", Passed, 1), ("b", Failed, 1), ("d", Passed, 1)]);
        assert_eq!(worst_of_each(one.clone()), one);
        let other = list(&[("a", Skipped, 1), ("b", Passed, 3), ("c", Passed, 1)]);
        let both = list(&[("a", Skipped, 1), ("b", Failed, 3), ("c", Passed, 1), ("d", Passed, 1)]);
        assert_eq!(worst_of_each([one.clone(), other.clone()].concat()), both);
        assert_eq!(worst_of_each([other, one].concat()), both);
        assert_eq!(worst_of_each(vec![]), vec![]);
    }
}
