//! Spark: jobs in Python, Scala, Java or R.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "Spark",
    area: AreaKind::Pipelines,
    is_general: false,
    marks: &[
        Mark::by_line("jobs", &["**/*.{py,ipynb}"], r"\b(from|import) pyspark\b|\bSparkSession\b"),
        Mark::by_line("jobs", &["**/*.{scala,java,kt}"], r"^\s*import (static )?org\.apache\.spark\b"),
    ],
};
