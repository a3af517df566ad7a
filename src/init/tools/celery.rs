//! Celery: tasks.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "Celery",
    area: AreaKind::Messages,
    is_general: false,
    marks: &[
        Mark::by_line("tasks", &["**/*.py"], r"^\s*@(shared_task|celery\.task|celery_app\.task|app\.task|\w+\.task\()|^\s*(from|import) celery\b"),
    ],
};
