//! Liquibase: change logs.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "Liquibase",
    area: AreaKind::Migrations,
    is_general: false,
    marks: &[
        Mark::by_line("change logs", &["**/*.{xml,yaml,yml,json}"], "databaseChangeLog"),
        Mark::by_line("logs of changes in SQL", &["**/*.sql"], r"^\s*--\s*liquibase formatted sql"),
    ],
};
