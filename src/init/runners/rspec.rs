//! RSpec, and where its reports lie.

use crate::mark::Mark;
use crate::runners::{RunnerCoverage, RunnerTool};

/// The runner.
pub static RUNNER: RunnerTool = RunnerTool {
    name: "rspec",
    title: "RSpec",
    is_end_to_end: false,
    languages: &["Ruby"],
    marks: &[
        Mark::by_path("settings", &["**/.rspec", "**/spec/spec_helper.rb", "**/spec/rails_helper.rb"]),
    ],
    reports: &["out/rspec.xml"],
    command: "bundle exec rspec --format RspecJunitFormatter --out out/rspec.xml",
    needs: "the gem rspec_junit_formatter",
    configuration: &["**/.rspec", "**/spec/*_helper.rb", "**/.simplecov"],
    coverage: Some(RunnerCoverage {
        file: "coverage/.resultset.json",
        how: "SimpleCov.start in spec/spec_helper.rb",
        marks: &[
            Mark::by_line("gem", &["**/Gemfile", "**/*.gemspec"], r"\bsimplecov\b"),
        ],
    }),
};
