//! Drizzle: tables in TypeScript, migrations in SQL.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "Drizzle",
    area: AreaKind::Migrations,
    is_general: false,
    marks: &[
        Mark::by_line("tables", &["**/*.{js,ts,mjs,cjs,mts,cts}"], r"\b(pg|mysql|sqlite)Table\(").of_area(AreaKind::Storage),
        Mark::by_path("migrations", &["**/drizzle/**/*.sql"]),
    ],
};
