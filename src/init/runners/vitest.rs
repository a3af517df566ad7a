//! Vitest, and where its reports lie.

use crate::mark::Mark;
use crate::runners::{RunnerCoverage, RunnerTool};

/// The runner.
pub static RUNNER: RunnerTool = RunnerTool {
    name: "vitest",
    title: "Vitest",
    is_end_to_end: false,
    languages: &["JavaScript"],
    marks: &[
        Mark::by_path("settings", &["**/vitest.config.*", "**/vitest.workspace.*"]),
        Mark::by_line("requirement", &["**/package.json"], r#""vitest"\s*:"#),
    ],
    reports: &["out/vitest.xml"],
    command: "npx vitest run --reporter=junit --outputFile=out/vitest.xml",
    needs: "",
    configuration: &["**/vitest.config.*", "**/vite.config.*", "**/package.json"],
    coverage: Some(RunnerCoverage {
        file: "coverage/lcov.info",
        how: "npx vitest run --coverage --coverage.reporter=lcov",
        marks: &[
            Mark::by_line("requirement", &["**/package.json"], r"@vitest/coverage"),
        ],
    }),
};
