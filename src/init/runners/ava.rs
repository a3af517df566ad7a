//! AVA, and where its reports lie.

use crate::mark::Mark;
use crate::runners::{RunnerCoverage, RunnerTool};

/// The runner.
pub static RUNNER: RunnerTool = RunnerTool {
    name: "ava",
    title: "AVA",
    is_end_to_end: false,
    languages: &["JavaScript"],
    marks: &[
        Mark::by_line("requirement", &["**/package.json"], r#""ava"\s*:"#),
    ],
    reports: &["out/ava.tap"],
    command: "npx ava --tap > out/ava.tap",
    needs: "",
    configuration: &["**/ava.config.*", "**/package.json"],
    coverage: Some(RunnerCoverage {
        file: "coverage/lcov.info",
        how: "npx c8 --reporter=lcov ava",
        marks: &[
            Mark::by_line("requirement", &["**/package.json"], r#""(nyc|c8)"\s*:"#),
        ],
    }),
};
