//! Oban: workers.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "Oban",
    area: AreaKind::Messages,
    is_general: false,
    marks: &[
        Mark::by_line("workers", &["**/*.{ex,exs}"], r"^\s*use Oban(\.Pro)?\.(Worker|Workers\.)"),
    ],
};
