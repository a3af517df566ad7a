//! Robot Framework, and where its reports lie.

use crate::mark::Mark;
use crate::runners::RunnerTool;

/// The runner.
pub static RUNNER: RunnerTool = RunnerTool {
    name: "robot",
    title: "Robot Framework",
    is_end_to_end: true,
    languages: &[],
    marks: &[
        Mark::by_path("tests", &["**/*.robot"]),
    ],
    reports: &["out/output.xml"],
    command: "robot --output out/output.xml tests",
    needs: "",
    configuration: &["**/robot.toml"],
    coverage: None,
};
