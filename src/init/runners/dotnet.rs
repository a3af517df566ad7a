//! dotnet test, and where its reports lie.

use crate::mark::Mark;
use crate::runners::{RunnerCoverage, RunnerTool};

/// The runner.
pub static RUNNER: RunnerTool = RunnerTool {
    name: "dotnet",
    title: "dotnet test",
    is_end_to_end: false,
    languages: &["C#"],
    marks: &[
        Mark::by_line("project of tests", &["**/*.{csproj,fsproj,vbproj}"], r"Microsoft\.NET\.Test\.Sdk|(?i:xunit|nunit|mstest)"),
    ],
    reports: &["out/*.trx"],
    command: "dotnet test --logger trx --results-directory out",
    needs: "",
    configuration: &["**/*.runsettings", "**/xunit.runner.json", "**/Directory.Build.props"],
    coverage: Some(RunnerCoverage {
        file: "out/**/coverage.cobertura.xml",
        how: "dotnet test --collect \"XPlat Code Coverage\" --results-directory out",
        marks: &[
            Mark::by_line("package", &["**/*.csproj", "**/Directory.Packages.props"], r"coverlet"),
        ],
    }),
};
