//! Bull and BullMQ: queues in JavaScript.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "Bull queues",
    area: AreaKind::Messages,
    is_general: false,
    marks: &[
        Mark::by_line("queues and workers", &["**/*.{js,ts,mjs,cjs,mts,cts}"], r"\b(from|require\()\s*.(bull|bullmq|bee-queue|agenda|pg-boss)[\x27\x22]"),
    ],
};
