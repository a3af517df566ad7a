//! Jobs of Rails and Laravel, by their folders and what they extend.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "background jobs",
    area: AreaKind::Messages,
    marks: &[
        Mark::by_line("jobs", &["**/*.rb"], r"<\s*(ApplicationJob|ActiveJob::Base)\b"),
        Mark::by_line("jobs", &["**/*.php"], r"\bimplements [^{]*\bShouldQueue\b"),
        Mark::by_line("jobs", &["**/*.cs"], r":\s*(BackgroundService|IHostedService)\b"),
        Mark::by_line("jobs", &["**/*.{java,kt}"], r"^\s*@(Scheduled|EnableBatchProcessing)\b|\borg\.springframework\.batch\b|\bimplements (Stateful)?Job\b"),
    ],
};
