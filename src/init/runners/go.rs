//! go test, and where its reports lie.

use crate::mark::Mark;
use crate::runners::{RunnerCoverage, RunnerTool};

/// The runner.
pub static RUNNER: RunnerTool = RunnerTool {
    name: "go",
    title: "go test",
    is_end_to_end: false,
    languages: &["Go"],
    marks: &[
        Mark::by_path("module with tests", &["**/*_test.go"]),
    ],
    reports: &["out/go.json"],
    command: "go test -count=1 -json ./... > out/go.json",
    needs: "",
    configuration: &["**/go.mod"],
    coverage: Some(RunnerCoverage {
        file: "out/cover.out",
        how: "go test -coverprofile=out/cover.out ./...",
        marks: &[
            Mark::by_line("script", &["**/Makefile", "**/*.mk", ".github/workflows/*.{yml,yaml}", "**/*.sh", ".gitlab-ci.yml"], r"-coverprofile\b"),
        ],
    }),
};
