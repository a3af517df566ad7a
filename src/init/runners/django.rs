//! the runner of Django, and where its reports lie.

use crate::mark::Mark;
use crate::runners::{RunnerCoverage, RunnerTool};

/// The runner.
pub static RUNNER: RunnerTool = RunnerTool {
    name: "django",
    title: "the runner of Django",
    is_end_to_end: false,
    languages: &["Python"],
    marks: &[
        Mark::by_path("manage.py", &["**/manage.py"]),
    ],
    reports: &["out/django/*.xml"],
    command: "python manage.py test --testrunner xmlrunner.extra.djangotestrunner.XMLTestRunner",
    needs: "the package unittest-xml-reporting, and TEST_OUTPUT_DIR = \"out/django\" in the settings",
    configuration: &["**/settings.py", "**/settings/*.py", "**/.coveragerc"],
    coverage: Some(RunnerCoverage {
        file: "out/coverage.info",
        how: "coverage run manage.py test, then coverage lcov -o out/coverage.info",
        marks: &[
            Mark::by_path("settings of coverage.py", &["**/.coveragerc"]),
        ],
    }),
};
