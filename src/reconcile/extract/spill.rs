//! Rows on their way: 256 files by keyed key, in the order in which they came.

use crate::manifest::{ManifestFault, create_file, open_file};
use crate::row::{ManifestRow, ROW_BYTES};
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
    files: Vec<(BufWriter<File>, PathBuf)>,
    width: usize,
}

impl Spills {
    pub(super) fn create(folder: &Path, width: usize) -> Result<Self, ManifestFault> {
        let create = |bucket| {
            let path = name_spill(folder, bucket);
            Ok((BufWriter::with_capacity(1 << 15, create_file(&path)?), path))
        };
        Ok(Self { files: (0..256).map(create).collect::<Result<_, _>>()?, width })
    }

    pub(super) fn push(&mut self, row: &ManifestRow, columns: &[u16]) -> Result<(), ManifestFault> {
        let (file, path) = &mut self.files[usize::from(row.bucket())];
        write_row(file, row, columns).map_err(|error| ManifestFault::of_system(path, &error))
    }

    pub(super) fn finish(self) -> Result<SpillFiles, ManifestFault> {
        let mut paths = Vec::new();
        for (mut file, path) in self.files {
            file.flush().map_err(|error| ManifestFault::of_system(&path, &error))?;
            paths.push(path);
        }
        Ok(SpillFiles { paths, width: self.width })
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
    paths: Vec<PathBuf>,
    width: usize,
}

impl SpillFiles {
    pub(super) fn open(&self, bucket: u8) -> Result<SpillReader, ManifestFault> {
        SpillReader::open(&self.paths[usize::from(bucket)], self.width)
    }

    /// Removes the file of a bucket that was sorted.
    pub(super) fn remove_bucket(&self, bucket: u8) -> Result<(), ManifestFault> {
        remove_spill(&self.paths[usize::from(bucket)])
    }

    /// Nothing of them is left.
    pub(super) fn remove(self) -> Result<(), ManifestFault> {
        self.paths.iter().filter(|path| path.exists()).try_for_each(|path| remove_spill(path))
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
        let bad =
            || ManifestFault::damaged(crate::manifest::FaultKind::BadRow, &self.path, "a row is damaged");
        row.ok_or_else(bad).map(Some)
    }

    fn read(&mut self, bytes: &mut [u8]) -> Result<(), ManifestFault> {
        self.file.read_exact(bytes).map_err(|error| ManifestFault::of_system(&self.path, &error))
    }
}
