//! Stores of objects and documents at the large clouds.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "cloud stores",
    area: AreaKind::Storage,
    is_general: true,
    marks: &[
        Mark::by_line("clients", &["**/*.{js,ts,mjs,cjs}"], r"\b(from|require\()\s*.@aws-sdk/(client-dynamodb|lib-dynamodb|client-s3)\b"),
        Mark::by_line("clients", &["**/*.py"], r"\bboto3\.(resource|client)\(\s*.(dynamodb|s3|redshift|glue|athena)\b|google\.cloud import (bigquery|storage|firestore)|\bsnowflake\.connector\b|\bimport psycopg"),
        Mark::by_line("clients", &["**/*.go"], r"aws-sdk-go(-v2)?/service/(dynamodb|s3)\b"),
        Mark::by_line("clients", &["**/*.{java,kt,cs}"], r"software\.amazon\.awssdk\.services\.(dynamodb|s3)\b|\bAmazon\.(DynamoDBv2|S3)\b"),
    ],
};
