//! sqlc: queries in SQL.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "sqlc",
    area: AreaKind::Storage,
    is_general: false,
    marks: &[
        Mark::by_line("queries", &["**/*.sql"], r"^--\s*name:\s*\w+\s+:(one|many|exec\w*|copyfrom|batch\w*)"),
    ],
};
