//! The Parquet form of a manifest: one file, which every engine reads, with the header in its
//! metadata.
//!
//! Rows lie by bucket in row groups of at most [`GROUP_ROWS`], none of which has rows of two
//! buckets. All columns are whole numbers of 64 bits. What is read is put back into the plain form,
//! so that all that is checked of plain rows is checked of these.

#[cfg(test)]
mod tests;
mod write;

pub(super) use write::write_parquet;

use super::store::open_file;
use super::{FaultKind, ManifestFault};
use crate::row::{ManifestRow, ROW_BYTES, join_halves};
use parquet::basic::{Compression, Type};
use parquet::column::reader::{ColumnReader, get_column_reader};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData};
use parquet::file::serialized_reader::SerializedPageReader;
use portcullis_wire::manifest::v1::ManifestV1;
use std::fs::File;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The most rows of a row group, all of which are in memory at once.
const GROUP_ROWS: usize = 1 << 16;

/// Where the metadata of the file has the header.
const HEADER_KEY: &str = "portcullis.manifest";

/// The columns of every manifest. Digests of columns follow as `c0`, `c1` and so on.
const ROW_COLUMNS: [&str; 9] = ["bucket", "k1", "k2", "d1", "d2", "op", "seq", "time", "marks"];

fn name_columns(digests: usize) -> Vec<String> {
    let rows = ROW_COLUMNS.iter().map(ToString::to_string);
    rows.chain((0..digests).map(|column| format!("c{column}"))).collect()
}

/// A file whose metadata was read.
#[derive(Clone, Debug)]
pub(super) struct ParquetManifest {
    path: PathBuf,
    metadata: Arc<ParquetMetaData>,
    /// The row groups of each bucket.
    buckets: Vec<Range<usize>>,
}

impl ParquetManifest {
    /// Reads the metadata of a file; returns the bytes of the header, too.
    pub(super) fn open(path: &Path) -> Result<(Self, Vec<u8>), ManifestFault> {
        let file = open_file(path)?;
        let read = guard_panic(|| ParquetMetaDataReader::new().parse_and_finish(&file));
        let metadata = read.map_err(|error| {
            let problem = format!("it is no Parquet file, or was cut: {}", describe_error(&error));
            ManifestFault::damaged(FaultKind::Truncated, path, problem)
        })?;
        let pairs = metadata.file_metadata().key_value_metadata();
        let mut headers = pairs.into_iter().flatten().filter(|pair| pair.key == HEADER_KEY);
        let header = headers.next().and_then(|pair| pair.value.clone()).filter(|_| headers.next().is_none());
        let Some(header) = header else {
            let problem = format!("its metadata has no one header `{HEADER_KEY}`: it is no manifest");
            return Err(ManifestFault::damaged(FaultKind::BadHeader, path, problem));
        };
        let manifest = Self { path: path.to_path_buf(), metadata: Arc::new(metadata), buckets: Vec::new() };
        Ok((manifest, header.into_bytes()))
    }

    /// Finds the row groups of each bucket, whose rows the header counts.
    pub(super) fn place_buckets(&mut self, header: &ManifestV1) -> Result<(), ManifestFault> {
        self.check_columns(header)?;
        let mut next = 0;
        let mut buckets = Vec::new();
        for (number, bucket) in header.buckets.iter().enumerate() {
            let (first, mut left) = (next, bucket.rows);
            while left > 0 {
                let rows = self.metadata.row_groups().get(next).and_then(count_rows);
                let Some(rows) = rows.filter(|rows| *rows <= left) else {
                    let problem = format!("its row groups are not those of bucket {number} in the header");
                    return Err(ManifestFault::damaged(FaultKind::WrongCount, &self.path, problem));
                };
                left -= rows;
                next += 1;
            }
            buckets.push(first..next);
        }
        if next != self.metadata.num_row_groups() {
            let problem = "it has more row groups than the header counts rows";
            return Err(ManifestFault::damaged(FaultKind::WrongCount, &self.path, problem));
        }
        self.buckets = buckets;
        Ok(())
    }

    fn check_columns(&self, header: &ManifestV1) -> Result<(), ManifestFault> {
        let schema = self.metadata.file_metadata().schema_descr();
        let required = name_columns(header.columns.len());
        let found: Vec<String> = schema.columns().iter().map(|column| column.path().string()).collect();
        let are_numbers = schema
            .columns()
            .iter()
            .all(|column| column.physical_type() == Type::INT64 && column.max_def_level() == 0);
        if found == required && are_numbers {
            return Ok(());
        }
        let problem =
            format!("the columns {} are required, whole numbers in this order", required.join(", "));
        Err(ManifestFault::damaged(FaultKind::BadHeader, &self.path, problem))
    }

    /// Opens the rows of a bucket.
    pub(super) fn open_rows(&self, bucket: u8) -> Result<ParquetRows, ManifestFault> {
        let groups = self.buckets.get(usize::from(bucket)).cloned().unwrap_or_default();
        let file = Arc::new(open_file(&self.path)?);
        Ok(ParquetRows { manifest: self.clone(), bucket, file, groups, bytes: Vec::new(), at: 0 })
    }

    /// The digests of columns of one row of a bucket.
    pub(super) fn read_columns(&self, bucket: u8, row: u64) -> Result<Vec<u16>, ManifestFault> {
        let file = Arc::new(open_file(&self.path)?);
        let mut left = row;
        for group in self.buckets.get(usize::from(bucket)).cloned().unwrap_or_default() {
            let rows = count_rows(self.metadata.row_group(group)).unwrap_or_default();
            if left < rows {
                let first = ROW_COLUMNS.len();
                let columns =
                    self.read_group(&file, group, first..self.metadata.row_group(group).num_columns())?;
                let at = usize::try_from(left).unwrap_or(usize::MAX);
                let digest = |values: &Vec<i64>| values.get(at).and_then(|value| u16::try_from(*value).ok());
                let digests: Option<Vec<u16>> = columns.iter().map(digest).collect();
                return digests.ok_or_else(|| self.fail_group(group, "a digest of a column is none"));
            }
            left -= rows;
        }
        Err(ManifestFault::damaged(FaultKind::Unreadable, &self.path, "there is no such row"))
    }

    /// Columns of a row group, each whole.
    fn read_group(
        &self,
        file: &Arc<File>,
        group: usize,
        columns: Range<usize>,
    ) -> Result<Vec<Vec<i64>>, ManifestFault> {
        let metadata = self.metadata.row_group(group);
        columns
            .map(|column| guard_panic(|| read_column(file, metadata, column)))
            .collect::<Result<_, _>>()
            .map_err(|error| self.fail_group(group, &describe_error(&error)))
    }

    fn fail_group(&self, group: usize, why: &str) -> ManifestFault {
        let problem = format!("row group {} cannot be read: {why}", group + 1);
        ManifestFault::damaged(FaultKind::BadRow, &self.path, problem)
    }
}

/// Rows of a row group; `None`: none, or too many for memory.
fn count_rows(group: &RowGroupMetaData) -> Option<u64> {
    let rows = u64::try_from(group.num_rows()).ok();
    rows.filter(|rows| (1..=GROUP_ROWS as u64).contains(rows))
}

fn read_column(file: &Arc<File>, group: &RowGroupMetaData, column: usize) -> Result<Vec<i64>, ParquetError> {
    let malformed = |what: &str| ParquetError::General(what.to_string());
    let chunk = group.column(column);
    // A few bytes that unpack to gigabytes are no manifest of ours.
    if chunk.compression() != Compression::UNCOMPRESSED {
        return Err(malformed("it is compressed, and manifests are not"));
    }
    let rows = usize::try_from(group.num_rows()).unwrap_or_default();
    let pages = SerializedPageReader::new(Arc::clone(file), chunk, rows, None)?;
    let ColumnReader::Int64ColumnReader(mut reader) =
        get_column_reader(chunk.column_descr_ptr(), Box::new(pages))
    else {
        return Err(malformed("a column holds no whole numbers"));
    };
    let mut values = Vec::new();
    while values.len() <= rows {
        let (read, _, _) = reader.read_records(rows + 1 - values.len(), None, None, &mut values)?;
        if read == 0 {
            break;
        }
    }
    if values.len() == rows { Ok(values) } else { Err(malformed("a column has another number of rows")) }
}

/// Rows of a bucket in the plain form, group by group.
pub(super) struct ParquetRows {
    manifest: ParquetManifest,
    bucket: u8,
    file: Arc<File>,
    groups: Range<usize>,
    bytes: Vec<u8>,
    at: usize,
}

impl ParquetRows {
    /// The next bytes of the plain form, as many as there is room for.
    pub(super) fn read_exact(&mut self, chunk: &mut [u8]) -> Result<(), ManifestFault> {
        let mut filled = 0;
        while filled < chunk.len() {
            if self.at == self.bytes.len() && !self.read_group()? {
                let problem = "the rows end before the last one of a bucket";
                return Err(ManifestFault::damaged(FaultKind::Truncated, &self.manifest.path, problem));
            }
            let count = (chunk.len() - filled).min(self.bytes.len() - self.at);
            chunk[filled..filled + count].copy_from_slice(&self.bytes[self.at..self.at + count]);
            self.at += count;
            filled += count;
        }
        Ok(())
    }

    fn read_group(&mut self) -> Result<bool, ManifestFault> {
        let Some(group) = self.groups.next() else { return Ok(false) };
        let columns = self.manifest.read_group(&self.file, group, 0..ROW_COLUMNS.len())?;
        (self.at, self.bytes) = (0, Vec::new());
        let rows = columns.first().map_or(0, Vec::len);
        self.bytes.reserve(rows * ROW_BYTES);
        let value = |column: usize, at: usize| columns[column][at];
        for at in 0..rows {
            let row = self.make_row(|column| value(column, at));
            let row = row.ok_or_else(|| self.manifest.fail_group(group, "a row is not of the plain form"))?;
            self.bytes.extend_from_slice(&row.to_bytes());
        }
        Ok(true)
    }

    fn make_row(&self, value: impl Fn(usize) -> i64) -> Option<ManifestRow> {
        let row = ManifestRow {
            key: join_halves(value(1), value(2)),
            digest: join_halves(value(3), value(4)),
            operation: u8::try_from(value(5)).ok()?,
            sequence: value(6),
            time: value(7),
            marks: u8::try_from(value(8)).ok()?,
        };
        (value(0) == i64::from(self.bucket)).then_some(row)
    }
}

/// What the library says. Where it panics on a file that was made to mislead, that is an error too.
fn guard_panic<T>(read: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, ParquetError> {
    let panicked = |_| Err(ParquetError::General("it is malformed".to_string()));
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(panicked)
}

fn describe_error(error: &ParquetError) -> String {
    match error {
        ParquetError::General(what) | ParquetError::EOF(what) => what.clone(),
        _ => "it is malformed".to_string(),
    }
}
