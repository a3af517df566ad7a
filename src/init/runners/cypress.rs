//! Cypress, and where its reports lie.

use crate::mark::Mark;
use crate::runners::RunnerTool;

/// The runner.
pub static RUNNER: RunnerTool = RunnerTool {
    name: "cypress",
    title: "Cypress",
    is_end_to_end: true,
    languages: &["JavaScript"],
    marks: &[
        Mark::by_path("settings", &["**/cypress.config.*", "**/cypress.json"]),
    ],
    reports: &["out/cypress-*.xml"],
    command: "npx cypress run --reporter junit --reporter-options mochaFile=out/cypress-[hash].xml",
    needs: "",
    configuration: &["**/cypress.config.*", "**/cypress.json"],
    coverage: None,
};
