//! JPA and Spring Data: entities and repositories.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "JPA",
    area: AreaKind::Storage,
    is_general: false,
    marks: &[
        Mark::by_line("entities", &["**/*.{java,kt}"], r"^\s*@(Entity|Table|Embeddable|MappedSuperclass|Document)\b"),
        Mark::by_line("repositories", &["**/*.{java,kt}"], r"\bextends\s+\w*(Jpa|Crud|PagingAndSorting|Mongo|R2dbc|Reactive\w*)Repository\b|:\s*(Jpa|Crud)Repository<|^\s*@Repository\b"),
    ],
};
