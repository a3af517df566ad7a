//! Flyway: versions in the names of files.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "Flyway",
    area: AreaKind::Migrations,
    is_general: false,
    marks: &[
        Mark::by_path("migrations by name", &["**/{V,U}[0-9]*__*.{sql,java,kt}", "**/R__*.sql"]),
        Mark::by_path("settings", &["**/flyway.{conf,toml}"]),
    ],
};
