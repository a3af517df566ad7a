//! GORM and ent: models in Go.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "GORM",
    area: AreaKind::Storage,
    is_general: false,
    marks: &[
        Mark::by_line("models", &["**/*.go"], r#"\bgorm\.Model\b|`[^`]*\bgorm:""#),
        Mark::by_line("database code", &["**/*.go"], r#""(gorm\.io/gorm|github\.com/jinzhu/gorm|entgo\.io/ent)""#),
    ],
};
