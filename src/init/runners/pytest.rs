//! pytest, and where its reports lie.

use crate::mark::Mark;
use crate::runners::{RunnerCoverage, RunnerTool};

/// The runner.
pub static RUNNER: RunnerTool = RunnerTool {
    name: "pytest",
    title: "pytest",
    is_end_to_end: false,
    languages: &["Python"],
    marks: &[
        Mark::by_path("settings", &["**/pytest.ini", "**/conftest.py"]),
        Mark::by_line("settings", &["**/pyproject.toml", "**/setup.cfg", "**/tox.ini"], r"\[(tool[.:])?pytest|^\s*.?pytest\b"),
        Mark::by_line("requirement", &["**/requirements*.txt", "**/requirements/*.txt", "**/Pipfile"], r"^.?pytest\b"),
        // What pytest finds by itself: tests of unittest, too, whose own runner writes no report.
        Mark::by_path("tests", &["**/test_*.py", "**/*_test.py"]),
    ],
    reports: &["out/pytest.xml"],
    command: "pytest --junit-xml=out/pytest.xml",
    needs: "",
    configuration: &["**/pytest.ini", "**/conftest.py", "**/pyproject.toml", "**/setup.cfg", "**/tox.ini", "**/.coveragerc"],
    coverage: Some(RunnerCoverage {
        file: "out/coverage.info",
        how: "pytest --cov, then coverage lcov -o out/coverage.info",
        marks: &[
            Mark::by_path("settings of coverage.py", &["**/.coveragerc"]),
            Mark::by_line("settings of coverage.py", &["**/pyproject.toml", "**/setup.cfg", "**/tox.ini"], r"\[(tool\.)?coverage:?|pytest-cov|--cov\b"),
            Mark::by_line("requirement", &["**/requirements*.txt", "**/requirements/*.txt"], r"^(pytest-cov|coverage)\b"),
        ],
    }),
};
