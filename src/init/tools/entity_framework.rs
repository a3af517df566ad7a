//! Entity Framework: migrations in C#.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "Entity Framework migrations",
    area: AreaKind::Migrations,
    is_general: false,
    marks: &[
        Mark::by_line("migrations", &["**/*.cs"], r":\s*(Migration|ModelSnapshot)\b"),
        Mark::by_path("migrations, with what was generated for them", &["**/Migrations/*.Designer.cs"]),
    ],
};
