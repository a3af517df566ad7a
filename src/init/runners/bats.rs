//! bats, and where its reports lie.

use crate::mark::Mark;
use crate::runners::RunnerTool;

/// The runner.
pub static RUNNER: RunnerTool = RunnerTool {
    name: "bats",
    title: "bats",
    is_end_to_end: false,
    languages: &["Shell"],
    marks: &[
        Mark::by_path("tests", &["**/*.bats"]),
    ],
    reports: &["out/bats.xml"],
    command: "bats --formatter junit tests > out/bats.xml",
    needs: "",
    configuration: &["**/*.bash"],
    coverage: None,
};
