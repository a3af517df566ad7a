//! SQLx: queries in Rust.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "SQLx",
    area: AreaKind::Storage,
    is_general: false,
    marks: &[
        Mark::by_line("queries", &["**/*.rs"], r"\bsqlx::(query|query_as|query_scalar|query_file)(_unchecked)?(!|::<|\()|\bsqlx::FromRow\b"),
    ],
};
