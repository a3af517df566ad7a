//! Prisma: code that writes through its client.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "Prisma client",
    area: AreaKind::Storage,
    is_general: false,
    marks: &[
        Mark::by_line("writes", &["**/*.{js,ts,mjs,cjs,tsx}"], r"\bprisma\.(client\.)?\w+\.(create|createMany|update|updateMany|upsert|delete|deleteMany)\(|\btx\.\w+\.(create|update|upsert|delete)(Many)?\("),
        Mark::by_line("code", &["**/*.{js,ts,mjs,cjs}"], r"[\x27\x22](@prisma/client|[^\x27\x22]*/lib/prisma|[^\x27\x22]*/(generated|prisma)/client)[\x27\x22]"),
    ],
};
