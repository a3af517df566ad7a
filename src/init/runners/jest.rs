//! Jest, and where its reports lie.

use crate::mark::Mark;
use crate::runners::{RunnerCoverage, RunnerTool};

/// The runner.
pub static RUNNER: RunnerTool = RunnerTool {
    name: "jest",
    title: "Jest",
    is_end_to_end: false,
    languages: &["JavaScript"],
    marks: &[
        Mark::by_path("settings", &["**/jest.config.*", "**/jest.setup.*"]),
        Mark::by_line("settings", &["**/package.json"], r#""jest"\s*:"#),
    ],
    reports: &["out/jest.xml"],
    command: "JEST_JUNIT_OUTPUT_FILE=out/jest.xml npx jest --ci --reporters=default --reporters=jest-junit",
    needs: "the package jest-junit",
    configuration: &["**/jest.config.*", "**/package.json", "**/babel.config.*"],
    coverage: Some(RunnerCoverage {
        file: "coverage/lcov.info",
        how: "JEST_JUNIT_OUTPUT_FILE=out/jest.xml npx jest --coverage",
        marks: &[
            Mark::by_line("settings", &["**/jest.config.*", "**/package.json"], r"\b(collectCoverage|coverageThreshold|--coverage)\b"),
        ],
    }),
};
