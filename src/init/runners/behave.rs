//! behave, and where its reports lie.

use crate::mark::Mark;
use crate::runners::RunnerTool;

/// The runner.
pub static RUNNER: RunnerTool = RunnerTool {
    name: "behave",
    title: "behave",
    is_end_to_end: true,
    languages: &["Python"],
    marks: &[
        Mark::by_path("settings", &["**/features/environment.py", "**/behave.ini"]),
    ],
    reports: &["out/behave/*.xml"],
    command: "behave --junit --junit-directory out/behave",
    needs: "",
    configuration: &["**/behave.ini", "**/features/environment.py"],
    coverage: None,
};
