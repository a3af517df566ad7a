//! the tests of Gradle, and where its reports lie.

use crate::mark::Mark;
use crate::runners::{RunnerCoverage, RunnerTool};

/// The runner.
pub static RUNNER: RunnerTool = RunnerTool {
    name: "gradle",
    title: "the tests of Gradle",
    is_end_to_end: false,
    languages: &["Java", "Kotlin", "Scala", "Groovy"],
    marks: &[
        Mark::by_path("project", &["**/build.gradle", "**/build.gradle.kts"]),
    ],
    reports: &["**/build/test-results/**/*.xml"],
    command: "./gradlew test",
    needs: "",
    configuration: &["**/build.gradle", "**/build.gradle.kts", "**/settings.gradle*"],
    coverage: Some(RunnerCoverage {
        file: "**/build/reports/jacoco/**/*.xml",
        how: "the plug-in jacoco, with reports.xml.required = true",
        marks: &[
            Mark::by_line("plug-in", &["**/*.gradle", "**/*.gradle.kts"], r"\b(jacoco|kover)\b"),
        ],
    }),
};
