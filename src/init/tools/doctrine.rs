//! Doctrine: migrations and entities in PHP.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "Doctrine",
    area: AreaKind::Migrations,
    is_general: false,
    marks: &[
        Mark::by_line("migrations", &["**/*.php"], r"\bextends AbstractMigration\b"),
        Mark::by_line("entities", &["**/*.php"], r"@ORM\\Entity|#\[ORM\\Entity").of_area(AreaKind::Storage),
    ],
};
