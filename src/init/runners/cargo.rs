//! cargo nextest, and where its reports lie.

use crate::mark::Mark;
use crate::runners::{RunnerCoverage, RunnerTool};

/// The runner.
pub static RUNNER: RunnerTool = RunnerTool {
    name: "cargo",
    title: "cargo nextest",
    is_end_to_end: false,
    languages: &["Rust"],
    marks: &[
        Mark::by_path("package", &["**/Cargo.toml"]),
    ],
    reports: &["target/nextest/ci/junit.xml"],
    command: "cargo nextest run --workspace --profile ci",
    needs: "cargo-nextest, and [profile.ci.junit] with path = \"junit.xml\" in .config/nextest.toml",
    configuration: &[".config/nextest.toml", "**/Cargo.toml", ".cargo/config.toml"],
    coverage: Some(RunnerCoverage {
        file: "out/lcov.info",
        how: "cargo llvm-cov nextest --lcov --output-path out/lcov.info",
        marks: &[
            Mark::by_line("script", &[".github/workflows/*.{yml,yaml}", "**/Makefile", "**/justfile"], r"\b(llvm-cov|tarpaulin)\b"),
        ],
    }),
};
