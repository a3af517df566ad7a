//! Surefire of Maven, and where its reports lie.

use crate::mark::Mark;
use crate::runners::{RunnerCoverage, RunnerTool};

/// The runner.
pub static RUNNER: RunnerTool = RunnerTool {
    name: "maven",
    title: "Surefire of Maven",
    is_end_to_end: false,
    languages: &["Java", "Kotlin", "Scala", "Groovy"],
    marks: &[
        Mark::by_path("project", &["**/pom.xml"]),
    ],
    reports: &["**/target/surefire-reports/TEST-*.xml", "**/target/failsafe-reports/TEST-*.xml"],
    command: "mvn --batch-mode verify",
    needs: "",
    configuration: &["**/pom.xml"],
    coverage: Some(RunnerCoverage {
        file: "**/target/site/jacoco/jacoco.xml",
        how: "the plug-in JaCoCo, goal report",
        marks: &[
            Mark::by_line("plug-in", &["**/pom.xml"], r"jacoco-maven-plugin"),
        ],
    }),
};
