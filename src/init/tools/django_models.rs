//! Django: models.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "Django models",
    area: AreaKind::Storage,
    is_general: false,
    marks: &[
        Mark::by_line("models", &["**/*.py"], r"^class \w+\(.*\bmodels\.Model\b|^class \w+\(\s*(AbstractUser|AbstractBaseUser|TimeStampedModel)\b"),
        Mark::by_path("management commands", &["**/management/commands/*.py"]).unsure(),
    ],
};
