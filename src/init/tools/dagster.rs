//! Dagster: assets, jobs and resources.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "Dagster",
    area: AreaKind::Pipelines,
    is_general: false,
    marks: &[
        Mark::by_line("assets and jobs", &["**/*.py"], r"^\s*(from|import) dagster\w*\b"),
    ],
};
