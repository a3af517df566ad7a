//! Jobs of frameworks, by what they extend, and folders of jobs and consumers.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "background jobs",
    area: AreaKind::Messages,
    is_general: true,
    marks: &[
        Mark::by_line("jobs", &["**/*.rb"], r"<\s*(ApplicationJob|ActiveJob::Base)\b"),
        Mark::by_line("jobs", &["**/*.php"], r"\bimplements [^{]*\bShouldQueue\b"),
        Mark::by_line("jobs", &["**/*.cs"], r":\s*(BackgroundService|IHostedService)\b"),
        Mark::by_line("jobs", &["**/*.{java,kt}"], r"^\s*@(Scheduled|EnableBatchProcessing)\b|\borg\.springframework\.batch\b|\bimplements (Stateful)?Job\b"),
        Mark::by_path("code by folder", &["**/{queues,consumers,jobs}/**/*.{py,java,kt,cs,go,rb,php,js,ts,rs,ex,scala}"]),
        Mark::by_path("code by folder", &["**/{workers,subscribers,processors}/**/*.{py,java,kt,cs,go,rb,php,js,ts,rs,ex,scala}"]).unsure(),
    ],
};
