//! MyBatis: statements in XML.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "MyBatis",
    area: AreaKind::Storage,
    is_general: false,
    marks: &[
        Mark::by_line("mappers", &["**/*.xml"], r"<mapper\s+namespace="),
    ],
};
