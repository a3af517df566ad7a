//! Knex: migrations in JavaScript.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "Knex",
    area: AreaKind::Migrations,
    is_general: false,
    marks: &[
        Mark::by_line("migrations", &["**/*.{js,ts,mjs,cjs,mts,cts}"], r"\bknex\.schema\b|\(knex: Knex\)|exports\.up\s*=.*\bknex\b"),
        Mark::by_path("settings", &["**/knexfile.*"]),
    ],
};
