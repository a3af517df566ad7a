//! Kedro: pipelines and nodes.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "Kedro",
    area: AreaKind::Pipelines,
    is_general: false,
    marks: &[
        Mark::by_line("pipelines", &["**/*.py"], r"^\s*(from|import) kedro\b"),
        Mark::by_path("catalogue", &["**/conf/**/catalog*.yml"]),
    ],
};
