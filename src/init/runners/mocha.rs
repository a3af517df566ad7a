//! Mocha, and where its reports lie.

use crate::mark::Mark;
use crate::runners::{RunnerCoverage, RunnerTool};

/// The runner.
pub static RUNNER: RunnerTool = RunnerTool {
    name: "mocha",
    title: "Mocha",
    is_end_to_end: false,
    languages: &["JavaScript"],
    marks: &[
        Mark::by_path("settings", &["**/.mocharc.*", "**/.mocharc"]),
        Mark::by_line("requirement", &["**/package.json"], r#""mocha"\s*:"#),
    ],
    reports: &["out/mocha.xml"],
    command: "npx mocha --reporter xunit --reporter-option output=out/mocha.xml",
    needs: "",
    configuration: &["**/.mocharc*", "**/package.json"],
    coverage: Some(RunnerCoverage {
        file: "coverage/lcov.info",
        how: "npx c8 --reporter=lcov mocha",
        marks: &[
            Mark::by_line("requirement", &["**/package.json"], r#""(nyc|c8)"\s*:"#),
        ],
    }),
};
