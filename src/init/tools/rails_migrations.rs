//! Rails: migrations and the schema that they give.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "Rails migrations",
    area: AreaKind::Migrations,
    is_general: false,
    marks: &[
        Mark::by_path("migrations by folder", &["**/db/*migrat*/**/*.rb"]),
        Mark::by_path("schema", &["**/db/{schema,*_schema}.rb", "**/db/structure.sql"]),
        Mark::by_path("seeds", &["**/db/seeds.rb", "**/db/seeds/**"]),
    ],
};
