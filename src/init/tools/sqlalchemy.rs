//! SQLAlchemy and SQLModel: models.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "SQLAlchemy",
    area: AreaKind::Storage,
    is_general: false,
    marks: &[
        Mark::by_line("models", &["**/*.py"], r"^\s*__tablename__\s*=|\bdeclarative_base\(|\bDeclarativeBase\b|\btable=True\)"),
        Mark::by_line("sessions", &["**/*.py"], r"\b(session|db)\.(add|add_all|merge|delete|bulk_\w+)\("),
    ],
};
