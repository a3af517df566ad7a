//! Prefect: flows and tasks.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "Prefect",
    area: AreaKind::Pipelines,
    is_general: false,
    marks: &[
        Mark::by_line("flows", &["**/*.py"], r"^\s*(from|import) prefect\b"),
    ],
};
