//! the runner of Node.js, and where its reports lie.

use crate::mark::Mark;
use crate::runners::{RunnerCoverage, RunnerTool};

/// The runner.
pub static RUNNER: RunnerTool = RunnerTool {
    name: "node",
    title: "the runner of Node.js",
    is_end_to_end: false,
    languages: &["JavaScript"],
    marks: &[
        Mark::by_line("script", &["**/package.json"], r"node\b[^,]*--test\b"),
    ],
    reports: &["out/node.xml"],
    command: "node --test --test-reporter=junit --test-reporter-destination=out/node.xml",
    needs: "",
    configuration: &["**/package.json"],
    coverage: Some(RunnerCoverage {
        file: "coverage/lcov.info",
        how: "node --test --experimental-test-coverage --test-reporter=lcov --test-reporter-destination=coverage/lcov.info",
        marks: &[
            Mark::by_line("script", &["**/package.json"], r"--experimental-test-coverage"),
        ],
    }),
};
