//! Version 1 of the notes of an extraction: `read.json` after the last row was read, and a line of
//! `sorted.jsonl` after each bucket.

use crate::manifest::v1::{ManifestBucketV1, ManifestV1, OperationCountsV1};
use serde::{Deserialize, Serialize};

/// The number in the member `schema`.
///
/// 2: the place that was read and the sums of digests. Notes of another version are not gone on
/// with.
pub const VERSION: u32 = 2;

/// All rows were read, and are in files that wait to be sorted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadRowsV1 {
    /// The version of this form.
    pub schema: u32,
    /// The header of the manifest, without buckets and what is counted in them.
    pub header: ManifestV1,
    /// Whether rows have a sequence.
    pub sequenced: bool,
    /// The place of each reason by the number that it has in the files.
    pub reason_places: Vec<u64>,
    /// A keyed digest of where the system was looked for: relative paths of a policy are of one
    /// folder.
    pub place: String,
    /// The files, by bucket.
    pub files: Vec<UnsortedRowsV1>,
}

/// Rows of a bucket that wait to be sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnsortedRowsV1 {
    /// How many there are.
    pub rows: u64,
    /// The sum of the second halves of their keys, as a decimal number.
    pub key_sum: String,
    /// The sum of the second halves of their digests, likewise.
    pub digest_sum: String,
}

/// A bucket that was written whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SortedBucketV1 {
    /// Its number.
    pub bucket: u8,
    /// What the header will say of it.
    pub header: ManifestBucketV1,
    /// Its rows for each operation.
    pub operations: OperationCountsV1,
    /// The greatest sequence among them.
    pub high_water: Option<i64>,
}

impl ReadRowsV1 {
    /// The notes as a file.
    ///
    /// # Errors
    /// Those of the JSON writer; with these types there are none.
    pub fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }

    /// The notes of a file.
    ///
    /// # Errors
    /// The bytes are not of this form.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }
}

impl SortedBucketV1 {
    /// The bucket as a line.
    ///
    /// # Errors
    /// Those of the JSON writer; with these types there are none.
    pub fn to_line(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut line = serde_json::to_vec(self)?;
        line.push(b'\n');
        Ok(line)
    }

    /// The bucket of a line.
    ///
    /// # Errors
    /// The line is not of this form.
    pub fn from_line(line: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(line)
    }
}
