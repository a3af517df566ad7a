//! sbt, and where its reports lie.

use crate::mark::Mark;
use crate::runners::{RunnerCoverage, RunnerTool};

/// The runner.
pub static RUNNER: RunnerTool = RunnerTool {
    name: "sbt",
    title: "sbt",
    is_end_to_end: false,
    languages: &["Scala", "Java"],
    marks: &[
        Mark::by_path("project", &["**/build.sbt"]),
    ],
    reports: &["**/target/test-reports/*.xml"],
    command: "sbt test",
    needs: "",
    configuration: &["**/build.sbt", "**/project/*.sbt"],
    coverage: Some(RunnerCoverage {
        file: "**/target/**/coverage-report/cobertura.xml",
        how: "the plug-in sbt-scoverage: sbt coverage test coverageReport",
        marks: &[
            Mark::by_line("plug-in", &["**/project/*.sbt"], r"sbt-scoverage"),
        ],
    }),
};
