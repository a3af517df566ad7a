//! PHPUnit, and where its reports lie.

use crate::mark::Mark;
use crate::runners::{RunnerCoverage, RunnerTool};

/// The runner.
pub static RUNNER: RunnerTool = RunnerTool {
    name: "phpunit",
    title: "PHPUnit",
    is_end_to_end: false,
    languages: &["PHP"],
    marks: &[
        Mark::by_path("settings", &["**/phpunit.xml", "**/phpunit.xml.dist", "**/phpunit.dist.xml"]),
    ],
    reports: &["out/phpunit.xml"],
    command: "vendor/bin/phpunit --log-junit out/phpunit.xml",
    needs: "",
    configuration: &["**/phpunit.xml*", "**/phpunit.dist.xml"],
    coverage: Some(RunnerCoverage {
        file: "out/clover.xml",
        how: "vendor/bin/phpunit --coverage-clover out/clover.xml",
        marks: &[
            Mark::by_line("settings", &["**/phpunit.xml", "**/phpunit.xml.dist", "**/composer.json"], r"<coverage|--coverage"),
        ],
    }),
};
