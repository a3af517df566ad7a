//! Flink: jobs.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "Flink",
    area: AreaKind::Pipelines,
    is_general: false,
    marks: &[
        Mark::by_line("jobs", &["**/*.{scala,java,kt,py}"], r"^\s*import (static )?org\.apache\.flink\b|^\s*(from|import) pyflink\b"),
    ],
};
