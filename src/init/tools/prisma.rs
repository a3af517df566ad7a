//! Prisma: a schema, with the migrations beside it.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "Prisma",
    area: AreaKind::Migrations,
    is_general: false,
    marks: &[
        Mark::by_path("migrations", &["**/migrations/*/migration.sql"]),
        Mark::by_path("schema", &["**/*.prisma"]),
    ],
};
