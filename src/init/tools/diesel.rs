//! Diesel: a folder for each migration, and tables in Rust.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "Diesel",
    area: AreaKind::Migrations,
    is_general: false,
    marks: &[
        Mark::by_path("migrations", &["**/migrations/**/{up,down}.sql"]),
        Mark::by_line("tables", &["**/*.rs"], r"\btable!\s*[{(]").of_area(AreaKind::Storage),
        Mark::by_line("models", &["**/*.rs"], r"derive\([^)]*\b(Queryable|Insertable|AsChangeset)\b|#\[diesel\(|diesel::(insert_into|update|delete|replace_into)\(").of_area(AreaKind::Storage),
    ],
};
