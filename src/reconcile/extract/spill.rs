//! Rows on their way: up to 256 files by keyed key, in the order in which they came. A bucket
//! without rows has no file: most of a small dataset's buckets are empty.

use crate::manifest::{FaultKind, ManifestFault, create_file, open_file};
use crate::row::{ManifestRow, ROW_BYTES, split_halves};
use portcullis_wire::interrupted::v1::{SortedBucketV1, UnsortedRowsV1};
use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};

/// A row and the digests of its columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SpilledRow {
    pub(super) row: ManifestRow,
    pub(super) columns: Vec<u16>,
}

fn name_spill(folder: &Path, bucket: usize) -> PathBuf {
    folder.join(format!("spill-{bucket:03}"))
}

/// The files, open to be written.
pub(super) struct Spills {
    files: Vec<SpillWriter>,
}

struct SpillWriter {
    file: Option<BufWriter<File>>,
    path: PathBuf,
    rows: u64,
    key_sum: i128,
    digest_sum: i128,
}

impl Spills {
    pub(super) fn new(folder: &Path) -> Self {
        let blank = |bucket| SpillWriter {
            file: None,
            path: name_spill(folder, bucket),
            rows: 0,
            key_sum: 0,
            digest_sum: 0,
        };
        Self { files: (0..256).map(blank).collect() }
    }

    pub(super) fn push(&mut self, row: &ManifestRow, columns: &[u16]) -> Result<(), ManifestFault> {
        let spill = &mut self.files[usize::from(row.bucket())];
        spill.rows += 1;
        spill.key_sum += i128::from(split_halves(row.key).1);
        spill.digest_sum += i128::from(split_halves(row.digest).1);
        let file = match &mut spill.file {
            Some(file) => file,
            none => none.insert(BufWriter::with_capacity(1 << 15, create_file(&spill.path)?)),
        };
        write_row(file, row, columns).map_err(|error| ManifestFault::of_system(&spill.path, &error))
    }

    /// Ends the files; returns what is in each.
    pub(super) fn finish(self) -> Result<Vec<UnsortedRowsV1>, ManifestFault> {
        let finish = |mut spill: SpillWriter| {
            let flushed = spill.file.as_mut().map_or(Ok(()), BufWriter::flush);
            flushed.map_err(|error| ManifestFault::of_system(&spill.path, &error))?;
            Ok(UnsortedRowsV1 {
                rows: spill.rows,
                key_sum: spill.key_sum.to_string(),
                digest_sum: spill.digest_sum.to_string(),
            })
        };
        self.files.into_iter().map(finish).collect()
    }
}

pub(super) fn write_row(
    file: &mut BufWriter<File>,
    row: &ManifestRow,
    columns: &[u16],
) -> std::io::Result<()> {
    file.write_all(&row.to_bytes())?;
    columns.iter().try_for_each(|column| file.write_all(&column.to_be_bytes()))
}

/// The files, after all rows were written.
pub(super) struct SpillFiles {
    folder: PathBuf,
    width: usize,
    expected: Vec<UnsortedRowsV1>,
}

impl SpillFiles {
    /// The files of a folder, each with what was written into it.
    pub(super) fn new(folder: &Path, width: usize, expected: Vec<UnsortedRowsV1>) -> Self {
        Self { folder: folder.to_path_buf(), width, expected }
    }

    /// How many digests of columns each row has.
    pub(super) const fn width(&self) -> usize {
        self.width
    }

    /// The rows of a bucket; `None` if none were read.
    pub(super) fn open(&self, bucket: u8) -> Result<Option<SpillReader>, ManifestFault> {
        let path = self.is_written(bucket).then(|| self.path(bucket));
        path.map(|path| SpillReader::open(&path, self.width)).transpose()
    }

    /// What is not known to be empty has to be there.
    fn is_written(&self, bucket: u8) -> bool {
        self.expected.get(usize::from(bucket)).is_none_or(|expected| expected.rows > 0)
    }

    /// Whether a bucket has the rows that were read. Reasons get other numbers when they are
    /// sorted.
    pub(super) fn check(&self, bucket: &SortedBucketV1, has_reasons: bool) -> Result<(), ManifestFault> {
        let expected = self.expected.get(usize::from(bucket.bucket));
        let is_whole = |expected: &UnsortedRowsV1| {
            expected.rows == bucket.header.rows
                && expected.key_sum == bucket.header.key_sum
                && (has_reasons || expected.digest_sum == bucket.header.digest_sum)
        };
        if expected.is_some_and(is_whole) {
            return Ok(());
        }
        let problem = "it does not hold the rows that were read";
        Err(ManifestFault::damaged(FaultKind::WrongCount, &self.path(bucket.bucket), problem))
    }

    /// Removes the file of a bucket that was sorted.
    pub(super) fn remove_bucket(&self, bucket: u8) -> Result<(), ManifestFault> {
        if self.is_written(bucket) { remove_spill(&self.path(bucket)) } else { Ok(()) }
    }

    fn path(&self, bucket: u8) -> PathBuf {
        name_spill(&self.folder, usize::from(bucket))
    }
}

pub(super) fn remove_spill(path: &Path) -> Result<(), ManifestFault> {
    fs::remove_file(path).map_err(|error| ManifestFault::of_system(path, &error))
}

/// Rows of one file, one after the other.
pub(super) struct SpillReader {
    file: BufReader<File>,
    path: PathBuf,
    width: usize,
    left: u64,
}

impl SpillReader {
    pub(super) fn open(path: &Path, width: usize) -> Result<Self, ManifestFault> {
        let file = open_file(path)?;
        let length = file.metadata().map_err(|error| ManifestFault::of_system(path, &error))?.len();
        let left = length / (ROW_BYTES + 2 * width) as u64;
        Ok(Self { file: BufReader::with_capacity(1 << 16, file), path: path.to_path_buf(), width, left })
    }

    pub(super) const fn rows(&self) -> u64 {
        self.left
    }

    /// The next row; the digests of its columns are appended to `columns`.
    pub(super) fn next_row(&mut self, columns: &mut Vec<u16>) -> Result<Option<ManifestRow>, ManifestFault> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        let mut bytes = [0; ROW_BYTES];
        self.read(&mut bytes)?;
        for _ in 0..self.width {
            let mut column = [0; 2];
            self.read(&mut column)?;
            columns.push(u16::from_be_bytes(column));
        }
        let row = ManifestRow::from_bytes(&bytes);
        let bad = || ManifestFault::damaged(FaultKind::BadRow, &self.path, "a row is damaged");
        row.ok_or_else(bad).map(Some)
    }

    fn read(&mut self, bytes: &mut [u8]) -> Result<(), ManifestFault> {
        self.file.read_exact(bytes).map_err(|error| ManifestFault::of_system(&self.path, &error))
    }
}
