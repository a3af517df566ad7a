//! Beam: pipelines.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "Beam",
    area: AreaKind::Pipelines,
    is_general: false,
    marks: &[
        Mark::by_line("pipelines", &["**/*.py"], r"^\s*(from|import) apache_beam\b"),
        Mark::by_line("pipelines", &["**/*.{scala,java,kt,go}"], r"\borg\.apache\.beam\b|apache/beam/sdks"),
    ],
};
