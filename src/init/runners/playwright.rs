//! Playwright, and where its reports lie.

use crate::mark::Mark;
use crate::runners::RunnerTool;

/// The runner.
pub static RUNNER: RunnerTool = RunnerTool {
    name: "playwright",
    title: "Playwright",
    is_end_to_end: true,
    languages: &["JavaScript"],
    marks: &[
        Mark::by_path("settings", &["**/playwright.config.*"]),
    ],
    reports: &["out/playwright.json"],
    command: "PLAYWRIGHT_JSON_OUTPUT_NAME=out/playwright.json npx playwright test --reporter=json",
    needs: "",
    configuration: &["**/playwright.config.*"],
    coverage: None,
};
