//! Ecto: schemas.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "Ecto schemas",
    area: AreaKind::Storage,
    is_general: false,
    marks: &[
        Mark::by_line("schemas", &["**/*.ex"], r"^\s*use (Ecto\.Schema|[A-Z]\w*\.Schema)\b"),
        Mark::by_line("writes", &["**/*.ex"], r"\bRepo\.(insert|update|delete)(_all|_or_update)?!?\b|\bMulti\.(insert|update|delete)"),
    ],
};
