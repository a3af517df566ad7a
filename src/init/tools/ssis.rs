//! SQL Server Integration Services: packages.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "SSIS",
    area: AreaKind::Pipelines,
    is_general: false,
    marks: &[
        Mark::by_path("packages", &["**/*.dtsx", "**/*.dtproj", "**/*.kjb", "**/*.ktr"]),
    ],
};
