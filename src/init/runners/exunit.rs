//! ExUnit, and where its reports lie.

use crate::mark::Mark;
use crate::runners::{RunnerCoverage, RunnerTool};

/// The runner.
pub static RUNNER: RunnerTool = RunnerTool {
    name: "exunit",
    title: "ExUnit",
    is_end_to_end: false,
    languages: &["Elixir", "Erlang"],
    marks: &[
        Mark::by_path("settings", &["**/test/test_helper.exs"]),
    ],
    reports: &["_build/test/lib/*/*.xml"],
    command: "mix test --formatter JUnitFormatter",
    needs: "the package junit_formatter",
    configuration: &["**/mix.exs", "**/test/test_helper.exs"],
    coverage: Some(RunnerCoverage {
        file: "cover/lcov.info",
        how: "mix coveralls.lcov, of the package excoveralls",
        marks: &[
            Mark::by_line("package", &["**/mix.exs"], r"excoveralls"),
        ],
    }),
};
