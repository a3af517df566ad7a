//! Active Record: models of Rails.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "Active Record",
    area: AreaKind::Storage,
    is_general: false,
    marks: &[
        Mark::by_line("models", &["**/*.rb"], r"<\s*(ApplicationRecord|ActiveRecord::Base)\b"),
    ],
};
