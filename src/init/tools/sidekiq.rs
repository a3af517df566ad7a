//! Sidekiq: workers.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "Sidekiq",
    area: AreaKind::Messages,
    is_general: false,
    marks: &[
        Mark::by_line("workers", &["**/*.rb"], r"^\s*include Sidekiq::(Worker|Job)\b"),
    ],
};
