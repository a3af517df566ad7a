//! CTest, and where its reports lie.

use crate::mark::Mark;
use crate::runners::{RunnerCoverage, RunnerTool};

/// The runner.
pub static RUNNER: RunnerTool = RunnerTool {
    name: "ctest",
    title: "CTest",
    is_end_to_end: false,
    languages: &["C", "C++"],
    marks: &[
        Mark::by_line("tests", &["**/CMakeLists.txt"], r"\b(enable_testing|add_test|gtest_discover_tests|catch_discover_tests)\s*\("),
    ],
    reports: &["out/ctest.xml"],
    command: "ctest --test-dir build --output-junit \"$PWD/out/ctest.xml\"",
    needs: "",
    configuration: &["**/CMakeLists.txt", "**/CTestTestfile.cmake"],
    coverage: Some(RunnerCoverage {
        file: "out/coverage.info",
        how: "gcovr --lcov out/coverage.info",
        marks: &[
            Mark::by_line("script", &["**/CMakeLists.txt", "**/Makefile", ".github/workflows/*.{yml,yaml}"], r"\b(gcovr|lcov|--coverage)\b"),
        ],
    }),
};
