//! goose: migrations in SQL or Go.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "goose",
    area: AreaKind::Migrations,
    is_general: false,
    marks: &[
        Mark::by_line("migrations", &["**/*.sql"], r"^--\s*\+goose (Up|Down|NO TRANSACTION)"),
        Mark::by_line("migrations in Go", &["**/[0-9]*_*.go"], r"\bgoose\.AddMigration"),
    ],
};
