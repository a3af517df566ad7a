//! Mongoose: schemas in JavaScript.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "Mongoose",
    area: AreaKind::Storage,
    is_general: false,
    marks: &[
        Mark::by_line("schemas", &["**/*.{js,ts,mjs,cjs,mts,cts}"], r"\bmongoose\.(Schema|model)\b|(from|require\()\s*[\x27\x22]mongoose[\x27\x22]"),
    ],
};
