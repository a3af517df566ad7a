//! prove, and where its reports lie.

use crate::mark::Mark;
use crate::runners::RunnerTool;

/// The runner.
pub static RUNNER: RunnerTool = RunnerTool {
    name: "prove",
    title: "prove",
    is_end_to_end: false,
    languages: &["Perl"],
    marks: &[
        Mark::by_path("tests", &["t/**/*.t", "**/t/*.t"]),
    ],
    reports: &["out/t/**/*.t"],
    command: "PERL_TEST_HARNESS_DUMP_TAP=out prove -r t",
    needs: "",
    configuration: &["**/.proverc"],
    coverage: None,
};
