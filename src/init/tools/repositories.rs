//! Folders and names by which code of a store is known.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "stores by name",
    area: AreaKind::Storage,
    is_general: true,
    marks: &[
        Mark::by_path("code by folder", &["**/{repositories,repository,dao,daos,dal,persistence}/**/*.{py,java,kt,cs,go,rb,php,js,ts,rs,ex}"]),
        Mark::by_path("code by folder", &["**/{store,stores,db,database,data,entities,entity,models,queries}/**/*.{py,java,kt,cs,go,rb,php,rs,ex}"]).unsure(),
    ],
};
