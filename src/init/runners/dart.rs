//! dart test, and where its reports lie.

use crate::mark::Mark;
use crate::runners::{RunnerCoverage, RunnerTool};

/// The runner.
pub static RUNNER: RunnerTool = RunnerTool {
    name: "dart",
    title: "dart test",
    is_end_to_end: false,
    languages: &["Dart"],
    marks: &[
        Mark::by_path("package", &["**/pubspec.yaml"]),
    ],
    reports: &["out/dart.json"],
    command: "dart test --file-reporter json:out/dart.json",
    needs: "",
    configuration: &["**/dart_test.yaml", "**/pubspec.yaml"],
    coverage: Some(RunnerCoverage {
        file: "coverage/lcov.info",
        how: "flutter test --coverage",
        marks: &[
            Mark::by_line("script", &[".github/workflows/*.{yml,yaml}"], r"flutter test --coverage"),
        ],
    }),
};
