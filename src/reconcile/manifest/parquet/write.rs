//! Writing the Parquet form of a manifest that is there in the plain form.

use super::{GROUP_ROWS, HEADER_KEY, ROW_COLUMNS, name_columns};
use crate::manifest::store::{open_file, replace_file};
use crate::manifest::{FaultKind, Manifest, ManifestFault, name_columns_file};
use crate::row::{ManifestRow, split_halves};
use parquet::basic::{Compression, Encoding};
use parquet::data_type::Int64Type;
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::ColumnPath;
use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::Path;
use std::sync::Arc;

/// Writes a manifest to a file, with these bytes as its header.
pub(in crate::manifest) fn write_parquet(
    manifest: &Manifest,
    header: &[u8],
    path: &Path,
) -> Result<(), ManifestFault> {
    let fault = |error: ParquetError| name_fault(path, error);
    let digests = manifest.header().columns.len();
    let file = replace_file(path)?;
    let synced = file.try_clone().map_err(|error| ManifestFault::of_system(path, &error))?;
    let columns: Vec<String> =
        name_columns(digests).iter().map(|name| format!("required int64 {name};")).collect();
    let schema =
        parse_message_type(&format!("message manifest {{ {} }}", columns.concat())).map_err(fault)?;
    let properties = Arc::new(choose_properties(header, digests));
    let mut writer = SerializedFileWriter::new(file, Arc::new(schema), properties).map_err(fault)?;
    for bucket in 0..=255 {
        let mut rows = GroupReader::open(manifest, bucket)?;
        while let Some(columns) = rows.next_group()? {
            write_group(&mut writer, &columns).map_err(fault)?;
        }
    }
    writer.close().map_err(fault)?;
    synced.sync_all().map_err(|error| ManifestFault::of_system(path, &error))
}

/// Without compression: keyed keys and digests have none, and a reader needs no more memory than
/// the file has bytes.
fn choose_properties(header: &[u8], digests: usize) -> WriterProperties {
    let pair = KeyValue::new(HEADER_KEY.to_string(), String::from_utf8_lossy(header).into_owned());
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::UNCOMPRESSED)
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_key_value_metadata(Some(vec![pair]));
    for name in ["k1", "k2", "d1", "d2"] {
        properties = properties.set_column_dictionary_enabled(ColumnPath::from(name), false);
    }
    let packed = ["seq", "time"]
        .map(String::from)
        .into_iter()
        .chain(name_columns(digests).split_off(ROW_COLUMNS.len()));
    for name in packed {
        let path = ColumnPath::from(name);
        properties = properties
            .set_column_dictionary_enabled(path.clone(), false)
            .set_column_encoding(path, Encoding::DELTA_BINARY_PACKED);
    }
    properties.build()
}

fn write_group(writer: &mut SerializedFileWriter<File>, columns: &[Vec<i64>]) -> Result<(), ParquetError> {
    let mut group = writer.next_row_group()?;
    for values in columns {
        let Some(mut column) = group.next_column()? else { break };
        column.typed::<Int64Type>().write_batch(values, None, None)?;
        column.close()?;
    }
    group.close().map(drop)
}

/// Rows of a bucket, a row group at a time, as columns.
struct GroupReader {
    rows: crate::manifest::BucketRows,
    digests: Option<BufReader<File>>,
    place: std::path::PathBuf,
    width: usize,
}

impl GroupReader {
    fn open(manifest: &Manifest, bucket: u8) -> Result<Self, ManifestFault> {
        let width = manifest.header().columns.len();
        let place = manifest.path().join(name_columns_file(bucket));
        let digests = if width == 0 { None } else { Some(BufReader::new(open_file(&place)?)) };
        Ok(Self { rows: manifest.open_bucket(bucket)?, digests, place, width })
    }

    fn next_group(&mut self) -> Result<Option<Vec<Vec<i64>>>, ManifestFault> {
        let mut columns = vec![Vec::new(); ROW_COLUMNS.len() + self.width];
        while columns[0].len() < GROUP_ROWS {
            let Some(row) = self.rows.next_row()? else { break };
            let values =
                list_values(&row).into_iter().map(Ok).chain(std::iter::from_fn(|| self.next_digest()));
            for (column, value) in columns.iter_mut().zip(values) {
                column.push(value?);
            }
        }
        Ok((!columns[0].is_empty()).then_some(columns))
    }

    fn next_digest(&mut self) -> Option<Result<i64, ManifestFault>> {
        let mut bytes = [0; 2];
        let read = self.digests.as_mut()?.read_exact(&mut bytes);
        let value = read.map(|()| i64::from(u16::from_be_bytes(bytes)));
        Some(value.map_err(|error| ManifestFault::of_system(&self.place, &error)))
    }
}

/// A row's values in the order of [`ROW_COLUMNS`].
fn list_values(row: &ManifestRow) -> [i64; 9] {
    let ((k1, k2), (d1, d2)) = (split_halves(row.key), split_halves(row.digest));
    [row.bucket().into(), k1, k2, d1, d2, row.operation.into(), row.sequence, row.time, row.marks.into()]
}

fn name_fault(path: &Path, error: ParquetError) -> ManifestFault {
    if let ParquetError::External(cause) = &error
        && let Some(cause) = cause.downcast_ref::<std::io::Error>()
    {
        return ManifestFault::of_system(path, cause);
    }
    ManifestFault::new(FaultKind::Unreadable, path, error.to_string(), "Write the plain form instead.")
}
