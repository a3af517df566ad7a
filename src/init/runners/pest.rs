//! Pest, and where its reports lie.

use crate::mark::Mark;
use crate::runners::{RunnerCoverage, RunnerTool};

/// The runner.
pub static RUNNER: RunnerTool = RunnerTool {
    name: "pest",
    title: "Pest",
    is_end_to_end: false,
    languages: &["PHP"],
    marks: &[
        Mark::by_path("settings", &["**/tests/Pest.php"]),
    ],
    reports: &["out/pest.xml"],
    command: "vendor/bin/pest --log-junit out/pest.xml",
    needs: "",
    configuration: &["**/phpunit.xml*", "**/tests/Pest.php"],
    coverage: Some(RunnerCoverage {
        file: "out/clover.xml",
        how: "vendor/bin/pest --coverage-clover out/clover.xml",
        marks: &[
            Mark::by_line("script", &["**/composer.json"], r"--coverage"),
        ],
    }),
};
