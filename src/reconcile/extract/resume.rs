//! What an extraction notes once all rows were read, and how the next process goes on.
//!
//! `read.json` is written when the last row is in a file that waits to be sorted, and
//! `sorted.jsonl` has a line for each bucket that is whole. The file of unsorted rows goes away
//! after that line, so that each row is always in one of the two.

use crate::manifest::{
    ManifestFault, READ_NOTES, SORTED_NOTES, WrittenBucket, append_file, name_bucket_file, name_columns_file,
    open_file, replace_file,
};
use portcullis_model::digest::Digester;
use portcullis_wire::interrupted::v1::{ReadRowsV1, SortedBucketV1, VERSION};
use portcullis_wire::manifest::v1::{BUCKETS, ManifestV1};
use portcullis_wire::text::DigestText;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// The longest notes: a header and a line for each bucket.
const LONGEST_NOTES: u64 = 8 << 20;

/// Notes that all rows were read.
pub(super) fn write_notes(folder: &Path, notes: &ReadRowsV1) -> Result<(), ManifestFault> {
    let (path, new) = (folder.join(READ_NOTES), folder.join(format!("{READ_NOTES}.new")));
    let fault = |error: std::io::Error| ManifestFault::of_system(&path, &error);
    let bytes = notes.to_bytes().map_err(|error| fault(error.into()))?;
    let mut file = replace_file(&new)?;
    file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(fault)?;
    fs::rename(&new, &path).map_err(fault)
}

/// The notes, if they are of the extraction that is asked for.
pub(super) fn read_notes(folder: &Path, expected: &ManifestV1, place: &str) -> Option<ReadRowsV1> {
    let notes = ReadRowsV1::from_bytes(&read_bounded(&folder.join(READ_NOTES)).ok()?).ok()?;
    let found = &notes.header;
    // What only the reading itself can say.
    let asked = ManifestV1 {
        as_of: found.as_of,
        isolation: found.isolation,
        read: found.read,
        announced: found.announced,
        reasons: found.reasons.clone(),
        ..expected.clone()
    };
    (notes.schema == VERSION && notes.place == place && *found == asked && notes.files.len() == BUCKETS)
        .then_some(notes)
}

fn read_bounded(path: &Path) -> Result<Vec<u8>, ManifestFault> {
    let mut bytes = Vec::new();
    let read = open_file(path)?.take(LONGEST_NOTES).read_to_end(&mut bytes);
    read.map_err(|error| ManifestFault::of_system(path, &error))?;
    Ok(bytes)
}

/// The buckets that are whole: their lines, as far as the files are still what the lines say.
pub(super) fn read_sorted(folder: &Path, columns: usize) -> Result<Vec<WrittenBucket>, ManifestFault> {
    let path = folder.join(SORTED_NOTES);
    if !path.exists() {
        return Ok(Vec::new());
    }
    let text = String::from_utf8_lossy(&read_bounded(&path)?).into_owned();
    // A line without its end was being written.
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    let mut sorted = BTreeMap::new();
    for bucket in whole.lines().filter_map(|line| SortedBucketV1::from_line(line).ok()) {
        if is_whole(folder, &bucket, columns)? {
            sorted.insert(bucket.bucket, WrittenBucket(bucket));
        }
    }
    Ok(sorted.into_values().collect())
}

fn is_whole(folder: &Path, bucket: &SortedBucketV1, columns: usize) -> Result<bool, ManifestFault> {
    let rows = folder.join(name_bucket_file(bucket.bucket));
    let is_row_file = has_digest(&rows, Some(&bucket.header.digest))?;
    let digests = folder.join(name_columns_file(bucket.bucket));
    let is_column_file = columns == 0 || has_digest(&digests, bucket.header.columns.as_ref())?;
    Ok(is_row_file && is_column_file)
}

fn has_digest(path: &Path, expected: Option<&DigestText>) -> Result<bool, ManifestFault> {
    if !path.is_file() {
        return Ok(false);
    }
    let (mut file, mut digest, mut chunk) = (open_file(path)?, Digester::default(), vec![0; 1 << 17]);
    loop {
        match file.read(&mut chunk).map_err(|error| ManifestFault::of_system(path, &error))? {
            0 => break,
            read => digest.take(&chunk[..read]),
        }
    }
    Ok(expected.is_some_and(|expected| expected.as_str() == digest.digest().as_str()))
}

/// Removes what the interrupted process left of buckets that are not whole.
#[allow(clippy::disallowed_methods, reason = "the folder of a manifest is of this room's own making")]
pub(super) fn clear_unfinished(folder: &Path, sorted: &[WrittenBucket]) -> Result<(), ManifestFault> {
    let fault = |path: &Path, error: &std::io::Error| ManifestFault::of_system(path, error);
    let whole: Vec<String> = sorted
        .iter()
        .flat_map(|bucket| [name_bucket_file(bucket.0.bucket), name_columns_file(bucket.0.bucket)])
        .collect();
    for entry in fs::read_dir(folder).map_err(|error| fault(folder, &error))? {
        let path = entry.map_err(|error| fault(folder, &error))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_of_bucket = name.starts_with("bucket-") || name.starts_with("run-");
        if is_of_bucket && !whole.iter().any(|whole| *whole == name) {
            fs::remove_file(&path).map_err(|error| fault(&path, &error))?;
        }
    }
    Ok(())
}

/// Where buckets are noted that were written.
pub(super) struct SortJournal {
    file: Mutex<File>,
    place: std::path::PathBuf,
}

/// Opens the list of buckets. A line without its end is closed first, so that it spoils no other.
pub(super) fn open_journal(folder: &Path) -> Result<SortJournal, ManifestFault> {
    let place = folder.join(SORTED_NOTES);
    let mut file = append_file(&place)?;
    file.write_all(b"\n").map_err(|error| ManifestFault::of_system(&place, &error))?;
    Ok(SortJournal { file: Mutex::new(file), place })
}

impl SortJournal {
    /// Notes a bucket in one write.
    pub(super) fn note(&self, bucket: &WrittenBucket) -> Result<(), ManifestFault> {
        let fault = |error: std::io::Error| ManifestFault::of_system(&self.place, &error);
        let line = bucket.0.to_line().map_err(|error| fault(error.into()))?;
        self.file.lock().unwrap_or_else(PoisonError::into_inner).write_all(&line).map_err(fault)
    }
}
