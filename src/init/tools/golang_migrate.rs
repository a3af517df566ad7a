//! golang-migrate, and others that name a file for each direction.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "up and down files",
    area: AreaKind::Migrations,
    is_general: false,
    marks: &[
        Mark::by_path("migrations by name", &["**/*.{up,down}.sql"]),
    ],
};
