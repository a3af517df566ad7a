//! dbt: models, macros, seeds and snapshots of a project.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "dbt",
    area: AreaKind::Pipelines,
    is_general: false,
    marks: &[
        Mark::by_path("project", &["**/dbt_project.{yml,yaml}"]).beside(&[
            "models", "macros", "snapshots", "seeds", "data", "analyses", "analysis", "tests",
        ]),
        Mark::by_path("packages", &["**/packages.yml"]).unsure(),
    ],
};
