//! SQL that writes.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "SQL files",
    area: AreaKind::Storage,
    is_general: true,
    marks: &[
        Mark::by_line("SQL that writes", &["**/*.{sql,ddl,dml,hql,cql,pls,pks,pkb}"], r"(?i)\b(insert\s+(into|overwrite)|delete\s+from|update\s+\S+\s+set|merge\s+into|truncate\s|create\s+(or\s+replace\s+)?(table|view|materialized|function|procedure|trigger)|alter\s+table|drop\s+table|copy\s+\S+)"),
        Mark::by_path("SQL", &["**/*.{sql,ddl,dml,hql,cql,pls,pks,pkb}"]).unsure(),
    ],
};
