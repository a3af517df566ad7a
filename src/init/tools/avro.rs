//! Avro: the shape of records in files and messages.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "Avro",
    area: AreaKind::Messages,
    is_general: false,
    marks: &[
        Mark::by_path("schemas", &["**/*.{avsc,avdl}"]),
    ],
};
