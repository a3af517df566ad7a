//! Entity Framework: contexts and how entities are stored.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "Entity Framework models",
    area: AreaKind::Storage,
    is_general: false,
    marks: &[
        Mark::by_line("contexts", &["**/*.cs"], r":\s*(Identity)?DbContext\b|\bDbSet<"),
        Mark::by_line("mappings", &["**/*.cs"], r"\bIEntityTypeConfiguration<"),
    ],
};
