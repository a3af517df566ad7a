//! The differences that an engine listed, as the manifest that a second look reads.

use crate::compare::{ComparedManifests, Comparison, make_title};
use crate::join::SeenDifference;
use crate::manifest::{ManifestFault, ManifestWriter, WrittenBucket};
use portcullis_model::reconciliation::{Dataset, RecordClass};
use portcullis_wire::manifest::v1::ManifestContentV1;
use std::path::Path;

/// Writes the differences of an accepted answer, all of which have to be listed in it, as the
/// comparison here writes them.
///
/// # Errors
/// The folder cannot be written.
pub fn write_breaks(
    dataset: &Dataset,
    manifests: &ComparedManifests,
    comparison: &Comparison,
    path: &Path,
    generator: &str,
) -> Result<(), ManifestFault> {
    let mut open: Vec<&SeenDifference> =
        comparison.seen.iter().filter(|seen| seen.class != RecordClass::Late).collect();
    open.sort_by_key(|seen| seen.key);
    let writer = ManifestWriter::create(path, ManifestContentV1::Breaks, 0)?;
    let buckets: Result<Vec<_>, ManifestFault> =
        (0..=255).map(|bucket| write_bucket(&writer, bucket, &open)).collect();
    let title = make_title(dataset, manifests, generator, ManifestContentV1::Breaks);
    writer.finish(title, buckets?).map(drop)
}

fn write_bucket(
    writer: &ManifestWriter,
    bucket: u8,
    sorted: &[&SeenDifference],
) -> Result<WrittenBucket, ManifestFault> {
    let first = sorted.partition_point(|seen| seen.key.to_be_bytes()[0] < bucket);
    let after = sorted.partition_point(|seen| seen.key.to_be_bytes()[0] <= bucket);
    let mut file = writer.begin_bucket(bucket)?;
    for seen in sorted.get(first..after).unwrap_or_default() {
        file.push(seen.break_row(), &[])?;
    }
    file.finish()
}
