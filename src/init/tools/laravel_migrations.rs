//! Laravel: migrations, seeders and factories.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "Laravel migrations",
    area: AreaKind::Migrations,
    is_general: false,
    marks: &[
        Mark::by_path("migrations by folder", &["**/database/migrations/**/*.php"]),
        Mark::by_path("seeders by folder", &["**/database/{seeders,seeds}/**/*.php"]),
    ],
};
