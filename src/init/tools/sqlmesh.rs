//! SQLMesh: models and macros.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "SQLMesh",
    area: AreaKind::Pipelines,
    is_general: false,
    marks: &[
        Mark::by_line("models", &["**/*.sql"], r"^\s*MODEL\s*\("),
    ],
};
