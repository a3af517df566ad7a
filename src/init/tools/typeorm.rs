//! TypeORM: migrations and entities.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "TypeORM",
    area: AreaKind::Migrations,
    is_general: false,
    marks: &[
        Mark::by_line("migrations", &["**/*.{js,ts,mjs,cjs,mts,cts}"], r"\bimplements MigrationInterface\b"),
        Mark::by_line("entities", &["**/*.{js,ts,mjs,cjs,mts,cts}"], r"from .typeorm.").of_area(AreaKind::Storage).unsure(),
    ],
};
