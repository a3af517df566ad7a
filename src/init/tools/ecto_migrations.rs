//! Ecto: migrations.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "Ecto migrations",
    area: AreaKind::Migrations,
    is_general: false,
    marks: &[
        Mark::by_path("migrations by folder", &["**/priv/*repo*/**/*.exs", "**/priv/*repo*/structure.sql"]),
        Mark::by_line("migrations", &["**/*.{ex,exs}"], r"^\s*use Ecto\.Migration\b"),
    ],
};
