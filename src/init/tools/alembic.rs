//! Alembic: revisions in Python.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "Alembic",
    area: AreaKind::Migrations,
    is_general: false,
    marks: &[
        Mark::by_line("revisions", &["**/*.py"], r"^down_revision\b"),
        Mark::by_line("environment", &["**/env.py"], "alembic"),
        Mark::by_path("settings", &["**/alembic.ini"]),
    ],
};
