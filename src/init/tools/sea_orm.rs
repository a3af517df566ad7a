//! SeaORM: migrations and entities in Rust.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "SeaORM",
    area: AreaKind::Migrations,
    is_general: false,
    marks: &[
        Mark::by_line("migrations", &["**/*.rs"], r"\bMigrationTrait\b"),
        Mark::by_line("entities", &["**/*.rs"], r"\bDeriveEntityModel\b").of_area(AreaKind::Storage),
    ],
};
