//! Airflow: graphs of tasks, operators and hooks.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "Airflow",
    area: AreaKind::Pipelines,
    is_general: false,
    marks: &[
        Mark::by_line("DAGs, operators and hooks", &["**/*.py"], r"^\s*(from|import) airflow\b"),
    ],
};
