//! Luigi: tasks.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "Luigi",
    area: AreaKind::Pipelines,
    is_general: false,
    marks: &[
        Mark::by_line("tasks", &["**/*.py"], r"^\s*(from|import) luigi\b"),
    ],
};
