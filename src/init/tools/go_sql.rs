//! SQL in Go, by the packages that reach a database.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "SQL in Go",
    area: AreaKind::Storage,
    is_general: true,
    marks: &[Mark::by_line(
        "database code",
        &["**/*.go"],
        r#""(database/sql|github\.com/jmoiron/sqlx|github\.com/jackc/pgx/v\d(/pgxpool)?|github\.com/uptrace/bun)""#,
    )],
};
