//! Numbered SQL in a folder of migrations, whatever tool reads it.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "SQL migrations",
    area: AreaKind::Migrations,
    is_general: true,
    marks: &[
        Mark::by_path("SQL by folder", &["**/*{migration,migrations,migrate}*/**/*.sql", "**/schema/**/*.sql", "**/ddl/**/*.sql"]),
        Mark::by_path("schema", &["**/*schema*.sql"]),
        Mark::by_path("code by folder", &["**/migrations/**/[0-9]*.{py,js,ts,go,rb,php,cs,java,kt,ex,exs}"]),
    ],
};
