//! Hasura: migrations and metadata.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "Hasura",
    area: AreaKind::Migrations,
    is_general: false,
    marks: &[
        Mark::by_path("metadata", &["**/hasura/metadata/**/*.{yaml,yml}", "**/metadata/databases/**/*.yaml"]),
    ],
};
