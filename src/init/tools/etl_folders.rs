//! Folders whose name says that they move records.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "folders by name",
    area: AreaKind::Pipelines,
    is_general: true,
    marks: &[
        Mark::by_path("code in folders of ETL", &["**/{etl,elt,etls,ingest,ingestion,ingestor,ingestors,importers,data_import,data-import,data_pipeline,data_pipelines,data-pipeline,data-pipelines}/**/*.{py,sql,scala,java,kt,rb,js,ts,go,rs,php,cs,ex,r,sh}"]),
        Mark::by_path("code by name", &["**/*{_etl,etl_,_importer,_ingest,_loader_job}*.{py,sql,scala,java,kt,rb,go,rs,php,cs,ex,r}"]).unsure(),
    ],
};
