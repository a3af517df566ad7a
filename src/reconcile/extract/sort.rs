//! Each bucket is sorted and written. One that is larger than the memory that a thread may use is
//! sorted in runs, which are then merged: a key with very many operations needs no more memory than
//! any other.

use super::resume::SortJournal;
use super::spill::{SpillFiles, SpillReader, SpilledRow, remove_spill, write_row};
use crate::manifest::{BucketWriter, ManifestFault, ManifestWriter, WrittenBucket, create_file};
use crate::row::ManifestRow;
use portcullis_wire::manifest::v1::{BUCKETS, ManifestContentV1};
use std::cmp::{Ordering as Order, Reverse};
use std::collections::{BTreeMap, BinaryHeap};
use std::io::{BufWriter, Write as _};
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

pub(super) struct SortJob<'s> {
    pub(super) writer: &'s ManifestWriter,
    pub(super) files: &'s SpillFiles,
    /// The place of each reason by the number that it had on the way.
    pub(super) places: &'s [u64],
    /// Where each bucket is noted that was written.
    pub(super) journal: Option<SortJournal>,
}

impl SortJob<'_> {
    /// Sorts all buckets but those that are sorted already.
    pub(super) fn run(
        &self,
        sorted: Vec<WrittenBucket>,
        threads: usize,
        at_once: usize,
    ) -> Result<Vec<WrittenBucket>, ManifestFault> {
        let next = AtomicUsize::new(0);
        let sorted: BTreeMap<u8, _> =
            sorted.into_iter().map(|bucket| (bucket.0.bucket, Ok(bucket))).collect();
        let left: Vec<u8> = (0..=255).filter(|bucket| !sorted.contains_key(bucket)).collect();
        let written = Mutex::new(sorted);
        thread::scope(|scope| {
            for _ in 0..threads.clamp(1, BUCKETS) {
                scope.spawn(|| {
                    while let Some(bucket) = left.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let result = self.sort_bucket(*bucket, at_once.max(2));
                        if result.is_err() {
                            next.store(BUCKETS, Ordering::Relaxed);
                        }
                        if let Ok(mut written) = written.lock() {
                            written.insert(*bucket, result);
                        }
                    }
                });
            }
        });
        let written = written.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        written.into_values().collect()
    }

    /// Sorts a bucket. What was read of it goes away after it was noted.
    fn sort_bucket(&self, bucket: u8, at_once: usize) -> Result<WrittenBucket, ManifestFault> {
        let mut out = self.writer.begin_bucket(bucket)?;
        if let Some(spill) = self.files.open(bucket)? {
            self.sort_rows(bucket, spill, at_once, &mut out)?;
        }
        let written = out.finish()?;
        self.files.check(&written.0, self.has_reasons())?;
        if let Some(journal) = &self.journal {
            journal.note(&written)?;
        }
        self.files.remove_bucket(bucket)?;
        Ok(written)
    }

    fn sort_rows(
        &self,
        bucket: u8,
        mut spill: SpillReader,
        at_once: usize,
        out: &mut BucketWriter,
    ) -> Result<(), ManifestFault> {
        if spill.rows() <= at_once as u64 {
            return self.sort_run(&mut spill, at_once)?.write(|row, columns| out.push(*row, columns));
        }
        let runs = self.write_runs(bucket, &mut spill, at_once)?;
        merge_runs(&runs, self.files.width(), out)
    }

    /// The next rows, at most so many, sorted.
    fn sort_run(&self, spill: &mut SpillReader, at_once: usize) -> Result<SortedRun, ManifestFault> {
        let width = self.files.width();
        let expected = usize::try_from(spill.rows()).unwrap_or(at_once).min(at_once);
        let (mut rows, mut columns) = (Vec::with_capacity(expected), Vec::with_capacity(expected * width));
        while rows.len() < at_once {
            let Some(row) = spill.next_row(&mut columns)? else { break };
            rows.push((self.place_reason(row), rows.len() as u32));
        }
        let digests = |place: u32| columns.get(place as usize * width..).map(|rest| rest.get(..width));
        rows.sort_unstable_by(|(row, place), (other, other_place): &(ManifestRow, u32)| {
            // Rows that are equal but for these are incomparable ones.
            row.order().cmp(&other.order()).then_with(|| digests(*place).cmp(&digests(*other_place)))
        });
        Ok(SortedRun { rows, columns, width })
    }

    fn has_reasons(&self) -> bool {
        self.writer.content() == ManifestContentV1::Rejects
    }

    /// Reasons are numbered by name, whatever row had them first.
    fn place_reason(&self, row: ManifestRow) -> ManifestRow {
        if !self.has_reasons() {
            return row;
        }
        let number = usize::try_from(row.digest >> 64).ok();
        let place = number.and_then(|number| self.places.get(number)).copied().unwrap_or(0);
        ManifestRow { digest: u128::from(place) << 64, ..row }
    }

    fn write_runs(
        &self,
        bucket: u8,
        spill: &mut SpillReader,
        at_once: usize,
    ) -> Result<Vec<PathBuf>, ManifestFault> {
        let mut runs = Vec::new();
        loop {
            let sorted = self.sort_run(spill, at_once)?;
            if sorted.rows.is_empty() {
                return Ok(runs);
            }
            let path = self.writer.folder().join(format!("run-{bucket:03}-{}", runs.len()));
            let fault = |error: &std::io::Error| ManifestFault::of_system(&path, error);
            let mut file = BufWriter::with_capacity(1 << 16, create_file(&path)?);
            sorted.write(|row, columns| write_row(&mut file, row, columns).map_err(|error| fault(&error)))?;
            file.flush().map_err(|error| fault(&error))?;
            runs.push(path);
        }
    }
}

struct SortedRun {
    rows: Vec<(ManifestRow, u32)>,
    columns: Vec<u16>,
    width: usize,
}

impl SortedRun {
    fn write(
        &self,
        mut push: impl FnMut(&ManifestRow, &[u16]) -> Result<(), ManifestFault>,
    ) -> Result<(), ManifestFault> {
        self.rows.iter().try_for_each(|(row, place)| {
            let start = *place as usize * self.width;
            push(row, &self.columns[start..start + self.width])
        })
    }
}

type RowOrder = (u128, i64, u8, u128, i64, u8);

/// The next row of a run.
struct RunHead {
    next: SpilledRow,
    run: usize,
}

impl RunHead {
    fn order(&self) -> (RowOrder, &[u16], usize) {
        (self.next.row.order(), &self.next.columns, self.run)
    }
}

impl PartialEq for RunHead {
    fn eq(&self, other: &Self) -> bool {
        self.order() == other.order()
    }
}

impl Eq for RunHead {}

impl PartialOrd for RunHead {
    fn partial_cmp(&self, other: &Self) -> Option<Order> {
        Some(self.cmp(other))
    }
}

impl Ord for RunHead {
    fn cmp(&self, other: &Self) -> Order {
        self.order().cmp(&other.order())
    }
}

fn merge_runs(runs: &[PathBuf], width: usize, out: &mut BucketWriter) -> Result<(), ManifestFault> {
    let mut readers = Vec::new();
    for path in runs {
        readers.push(SpillReader::open(path, width)?);
    }
    let mut heads = BinaryHeap::new();
    for (run, reader) in readers.iter_mut().enumerate() {
        heads.extend(read_head(reader, run)?);
    }
    while let Some(Reverse(head)) = heads.pop() {
        out.push(head.next.row, &head.next.columns)?;
        heads.extend(read_head(&mut readers[head.run], head.run)?);
    }
    runs.iter().try_for_each(|path| remove_spill(path))
}

fn read_head(reader: &mut SpillReader, run: usize) -> Result<Option<Reverse<RunHead>>, ManifestFault> {
    let mut columns = Vec::new();
    let row = reader.next_row(&mut columns)?;
    Ok(row.map(|row| Reverse(RunHead { next: SpilledRow { row, columns }, run })))
}
