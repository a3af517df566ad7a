//! Eloquent: models of Laravel.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "Eloquent",
    area: AreaKind::Storage,
    is_general: false,
    marks: &[
        Mark::by_line("models", &["**/*.php"], r"\bextends (Model|Authenticatable|Pivot)\b"),
    ],
};
