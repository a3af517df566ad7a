//! Manifests: rows of one side in 256 buckets, and the header that says what they are.
//!
//! A manifest is a folder: `manifest.json` ([`ManifestV1`]) and `bucket-000.bin` to
//! `bucket-255.bin`, in each the rows of 50 bytes whose keyed key begins with that byte, sorted.
//! Where fields have digests of their own, `bucket-000.columns` and so on hold them in the order
//! of the rows. A bucket can be read without the others.
//!
//! A manifest of the Parquet form is one file with the same header and the same rows, for engines
//! that read such files.
//!
//! A manifest is written into a folder `….partial` and renamed when it is whole. What is not
//! exactly what its header says is refused by name.

mod fault;
mod parquet;
mod read;
mod store;
#[cfg(test)]
mod tests;
mod write;

pub use fault::{FaultKind, ManifestFault};
pub use read::{BucketRows, Expected, Manifest};
pub(crate) use store::{append_file, create_file, open_file, replace_file};
pub use store::{can_be_reopened, remove_folder};
pub use write::{BucketWriter, ManifestTitle, ManifestWriter, WrittenBucket};

use portcullis_wire::manifest::v1::ManifestV1;

/// How a manifest is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ManifestForm {
    /// A folder with a file for each bucket.
    #[default]
    Plain,
    /// A Parquet file.
    Parquet,
}

/// The file that holds the header.
pub const HEADER_FILE: &str = "manifest.json";

/// The file that says that all rows were read; only while a manifest is made.
pub(crate) const READ_NOTES: &str = "read.json";

/// The file that says which buckets were written; only while a manifest is made.
pub(crate) const SORTED_NOTES: &str = "sorted.jsonl";

/// The file of a bucket's rows.
#[must_use]
pub fn name_bucket_file(bucket: u8) -> String {
    format!("bucket-{bucket:03}.bin")
}

/// The file of the digests of columns of a bucket.
#[must_use]
pub fn name_columns_file(bucket: u8) -> String {
    format!("bucket-{bucket:03}.columns")
}

/// The sum of some buckets' rows.
#[must_use]
pub fn count_rows(header: &ManifestV1) -> u64 {
    header.buckets.iter().map(|bucket| bucket.rows).sum()
}
