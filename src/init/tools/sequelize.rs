//! Sequelize: migrations and models in JavaScript.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "Sequelize",
    area: AreaKind::Migrations,
    is_general: false,
    marks: &[
        Mark::by_line("migrations", &["**/*.{js,ts,mjs,cjs,mts,cts}"], r"\bqueryInterface\s*\.|\bqueryInterface\b.*=>"),
        Mark::by_line("models", &["**/*.{js,ts,mjs,cjs,mts,cts}"], r"\bsequelize\.define\(|from .sequelize-typescript.|\bextends Model<").of_area(AreaKind::Storage),
    ],
};
