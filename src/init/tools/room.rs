//! Room: databases on Android.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "Room",
    area: AreaKind::Storage,
    is_general: false,
    marks: &[
        Mark::by_line("databases", &["**/*.{java,kt}"], r"^\s*@(Database|Dao)\b"),
    ],
};
