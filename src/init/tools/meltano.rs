//! Meltano: taps and targets.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "Meltano",
    area: AreaKind::Pipelines,
    is_general: false,
    marks: &[
        Mark::by_path("project", &["**/meltano.yml"]),
    ],
};
