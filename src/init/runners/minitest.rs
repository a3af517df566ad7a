//! Minitest, and where its reports lie.

use crate::mark::Mark;
use crate::runners::{RunnerCoverage, RunnerTool};

/// The runner.
pub static RUNNER: RunnerTool = RunnerTool {
    name: "minitest",
    title: "Minitest",
    is_end_to_end: false,
    languages: &["Ruby"],
    marks: &[
        Mark::by_path("settings", &["**/test/test_helper.rb"]),
    ],
    reports: &["test/reports/*.xml"],
    command: "bundle exec rails test",
    needs: "the gem minitest-reporters with its JUnitReporter",
    configuration: &["**/test/test_helper.rb"],
    coverage: Some(RunnerCoverage {
        file: "coverage/.resultset.json",
        how: "SimpleCov.start in test/test_helper.rb",
        marks: &[
            Mark::by_line("gem", &["**/Gemfile", "**/*.gemspec"], r"\bsimplecov\b"),
        ],
    }),
};
