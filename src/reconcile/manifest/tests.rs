//! Manifests are written and read back, and every damage is named.

use super::*;
use crate::row::{ManifestRow, ROW_BYTES, UNKEYED, split_halves};
use jiff::Timestamp;
use portcullis_model::digest::Digest;
use portcullis_wire::manifest::v1::{
    ManifestContentV1, ManifestIsolationV1, ManifestScopeV1, OperationCountsV1,
};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

pub(super) fn title(content: ManifestContentV1) -> ManifestTitle {
    ManifestTitle {
        dataset: "uploads".into(),
        content,
        scope: ManifestScopeV1::Whole,
        as_of: Timestamp::from_millisecond(1_580_472_000_900).unwrap(),
        isolation: ManifestIsolationV1::Snapshot,
        key_id: "0011223344556677".into(),
        definition: Digest::of(b"definition"),
        settings: None,
        read: None,
        announced: None,
        timed: true,
        sequenced: true,
        columns: Vec::new(),
        reasons: Vec::new(),
        generator: "portcullis 0".into(),
    }
}

/// Some rows in each bucket: an operation that a deletion follows, one that stays, one without a
/// key.
pub(super) fn rows_of(bucket: u8) -> Vec<ManifestRow> {
    let key = |rest: u128| u128::from(bucket) << 120 | rest;
    let row = |rest, sequence, operation, marks| ManifestRow {
        key: key(rest),
        digest: rest * 7,
        sequence,
        time: 100,
        operation,
        marks,
    };
    vec![row(1, 1, b'U', 0), row(1, 2, b'D', 0), row(2, 3, b'A', 0), row(3, 0, b'U', UNKEYED)]
}

fn write(folder: &Path, content: ManifestContentV1, columns: usize) -> Result<PathBuf, ManifestFault> {
    let path = folder.join(content.to_string());
    let writer = ManifestWriter::create(&path, content, columns)?;
    let mut buckets = Vec::new();
    for bucket in (0..=255).rev() {
        let mut file = writer.begin_bucket(bucket)?;
        for row in rows_of(bucket) {
            file.push(row, &vec![row.key as u16; columns])?;
        }
        buckets.push(file.finish()?);
    }
    let mut title = title(content);
    title.columns = ["born", "name", "town"].iter().take(columns).map(ToString::to_string).collect();
    writer.finish(title, buckets)?;
    Ok(path)
}

pub(super) fn read(path: &Path) -> Result<Vec<ManifestRow>, ManifestFault> {
    let manifest = Manifest::open(path)?;
    let mut rows = Vec::new();
    for bucket in 0..=255 {
        let mut file = manifest.open_bucket(bucket)?;
        while let Some(row) = file.next_row()? {
            rows.push(row);
        }
    }
    Ok(rows)
}

pub(super) fn kind_of<T: std::fmt::Debug>(result: Result<T, ManifestFault>) -> FaultKind {
    let fault = result.unwrap_err();
    assert!(!fault.remedy.is_empty());
    fault.kind
}

#[test]
fn rows_come_back_and_the_header_counts_them() {
    let folder = TempDir::new().unwrap();
    let path = write(folder.path(), ManifestContentV1::Source, 0).unwrap();
    let expected: Vec<_> = (0..=255).flat_map(rows_of).collect();
    assert_eq!(read(&path).unwrap(), expected);
    let header = Manifest::open(&path).unwrap().header().clone();
    assert_eq!(header.rows, 1024);
    assert_eq!(header.operations, OperationCountsV1 { upload: 512, amend: 256, delete: 256 });
    assert_eq!(header.as_of_second(), 1_580_472_000);
    assert_eq!(header.high_water, Some(3));
    let bucket = &header.buckets[7];
    assert_eq!((bucket.rows, bucket.unkeyed, bucket.living), (4, 1, 1), "one lives after all operations");
    let sum: i128 = rows_of(7).iter().map(|row| i128::from(split_halves(row.digest).1)).sum();
    assert_eq!(bucket.digest_sum, sum.to_string());
    assert!(!folder.path().join("source.partial").exists());
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = TempDir::new().unwrap();
    let path = write(folder.path(), ManifestContentV1::Source, 1).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o700);
    for entry in fs::read_dir(&path).unwrap() {
        assert_eq!(mode(&entry.unwrap().path()), 0o600);
    }
}

#[test]
fn digests_of_columns_are_read_for_one_row() {
    let folder = TempDir::new().unwrap();
    let path = write(folder.path(), ManifestContentV1::Source, 2).unwrap();
    let manifest = Manifest::open(&path).unwrap();
    assert_eq!(manifest.read_columns(9, 2).unwrap(), [2, 2]);
    assert_eq!(kind_of(manifest.read_columns(9, 4)), FaultKind::Unreadable);
}

#[test]
fn what_lives_is_the_same_on_both_sides_whatever_led_to_it() {
    let folder = TempDir::new().unwrap();
    let source = write(folder.path(), ManifestContentV1::Source, 0).unwrap();
    let path = folder.path().join("target");
    let writer = ManifestWriter::create(&path, ManifestContentV1::Target, 0).unwrap();
    let buckets = (0..=255).map(|bucket| {
        let mut file = writer.begin_bucket(bucket).unwrap();
        let row = rows_of(bucket)[2];
        file.push(ManifestRow { operation: b'U', sequence: 0, time: 999, ..row }, &[]).unwrap();
        file.finish().unwrap()
    });
    let buckets = buckets.collect();
    let target = writer.finish(title(ManifestContentV1::Target), buckets).unwrap();
    let source = Manifest::open(&source).unwrap();
    assert!(source.header().buckets.iter().zip(&target.buckets).all(|(s, t)| s.state == t.state));
}

#[test]
fn a_manifest_that_is_not_what_its_header_says_is_refused_by_name() {
    let folder = TempDir::new().unwrap();
    let path = write(folder.path(), ManifestContentV1::Source, 0).unwrap();
    let file = path.join(name_bucket_file(17));
    let whole = fs::read(&file).unwrap();
    let with = |bytes: &[u8]| {
        fs::write(&file, bytes).unwrap();
        let kind = kind_of(read(&path));
        fs::write(&file, &whole).unwrap();
        kind
    };
    assert_eq!(with(&whole[..whole.len() - 1]), FaultKind::Truncated);
    assert_eq!(with(&whole[..whole.len() - ROW_BYTES]), FaultKind::Truncated);
    assert_eq!(with(&[&whole[..], &whole[..ROW_BYTES]].concat()), FaultKind::Truncated);
    assert_eq!(with(&fs::read(path.join(name_bucket_file(18))).unwrap()), FaultKind::Swapped);
    assert_eq!(with(&[&whole[ROW_BYTES..], &whole[..ROW_BYTES]].concat()), FaultKind::BadRow);
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        let kind = with(&changed);
        let named = [FaultKind::WrongDigest, FaultKind::BadRow, FaultKind::Swapped];
        assert!(named.contains(&kind), "byte {at}: {kind:?}");
    }
    fs::remove_file(&file).unwrap();
    assert_eq!(kind_of(read(&path)), FaultKind::Absent);
}

#[test]
fn a_header_that_was_changed_is_refused_by_name() {
    let folder = TempDir::new().unwrap();
    let path = write(folder.path(), ManifestContentV1::Source, 0).unwrap();
    let file = path.join(HEADER_FILE);
    let whole = fs::read_to_string(&file).unwrap();
    for (old, new, kind) in [
        ("\"schema\": 1", "\"schema\": 2", FaultKind::OtherVersion),
        ("\"canonical\": 1", "\"canonical\": 2", FaultKind::OtherVersion),
        ("\"rows_form\": 1", "\"rows_form\": 2", FaultKind::OtherVersion),
        ("\"rows\": 1024", "\"rows\": 1023", FaultKind::WrongCount),
        ("\"read\": 1024", "\"read\": 1025", FaultKind::WrongCount),
        ("\"amend\": 256", "\"amend\": 255", FaultKind::WrongCount),
        ("\"living\": 1", "\"living\": 5", FaultKind::WrongCount),
        ("\"columns\": null", "\"columns\": 1", FaultKind::BadHeader),
        ("\"generator\"", "\"more\": 1, \"generator\"", FaultKind::BadHeader),
        ("\"timed\": true", "\"timed\": true, \"timed\": true", FaultKind::BadHeader),
        ("{\n", "[\n", FaultKind::BadHeader),
    ] {
        fs::write(&file, whole.replacen(old, new, 1)).unwrap();
        assert_eq!(kind_of(Manifest::open(&path)), kind, "{new}");
    }
    fs::remove_file(&file).unwrap();
    assert_eq!(kind_of(Manifest::open(&path)), FaultKind::Absent);
}

#[test]
fn a_manifest_of_something_else_is_refused_by_name() {
    let folder = TempDir::new().unwrap();
    let path = write(folder.path(), ManifestContentV1::Source, 0).unwrap();
    let manifest = Manifest::open(&path).unwrap();
    let right = Expected {
        dataset: "uploads".into(),
        definition: Digest::of(b"definition"),
        key_id: Some("0011223344556677".into()),
    };
    let check = |content, expected: Expected| manifest.check(content, &expected);
    assert_eq!(check(ManifestContentV1::Source, right.clone()), Ok(()));
    assert_eq!(kind_of(check(ManifestContentV1::Target, right.clone())), FaultKind::Swapped);
    let other = Expected { dataset: "other".into(), ..right.clone() };
    assert_eq!(kind_of(check(ManifestContentV1::Source, other)), FaultKind::OtherDataset);
    let other = Expected { definition: Digest::of(b"other"), ..right.clone() };
    assert_eq!(kind_of(check(ManifestContentV1::Source, other)), FaultKind::OtherDefinition);
    let other = Expected { key_id: Some("other".into()), ..right };
    assert_eq!(kind_of(check(ManifestContentV1::Source, other)), FaultKind::OtherKey);
}

#[test]
fn what_is_not_finished_is_no_manifest() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("source");
    let writer = ManifestWriter::create(&path, ManifestContentV1::Source, 0).unwrap();
    assert_eq!(
        kind_of(ManifestWriter::create(&path, ManifestContentV1::Source, 0).map(|_| ())),
        FaultKind::Occupied,
        "another process writes there"
    );
    let bucket = writer.begin_bucket(0).unwrap().finish().unwrap();
    let partial = folder.path().join("source.partial");
    assert_eq!(kind_of(Manifest::open(&partial)), FaultKind::Absent);
    assert_eq!(kind_of(writer.finish(title(ManifestContentV1::Source), vec![bucket])), FaultKind::WrongCount);
    assert!(!path.exists() && !partial.exists());
    // What a killed process left is cleared away by the next one.
    fs::create_dir(&partial).unwrap();
    fs::write(partial.join("bucket-000.bin"), "half").unwrap();
    let path = write(folder.path(), ManifestContentV1::Source, 0).unwrap();
    assert_eq!(kind_of(write(folder.path(), ManifestContentV1::Source, 0)), FaultKind::Occupied);
    assert!(read(&path).is_ok());
}

#[test]
fn rows_out_of_their_place_are_not_written() {
    let folder = TempDir::new().unwrap();
    let writer = ManifestWriter::create(&folder.path().join("m"), ManifestContentV1::Source, 0).unwrap();
    let mut bucket = writer.begin_bucket(3).unwrap();
    let rows = rows_of(3);
    bucket.push(rows[1], &[]).unwrap();
    assert_eq!(kind_of(bucket.push(rows[0], &[])), FaultKind::BadRow);
    assert_eq!(kind_of(bucket.push(rows_of(4)[2], &[])), FaultKind::BadRow);
    assert_eq!(kind_of(bucket.push(rows[2], &[1])), FaultKind::BadRow);
}

#[test]
fn a_header_that_was_cut_at_any_byte_is_none() {
    let folder = TempDir::new().unwrap();
    let path = write(folder.path(), ManifestContentV1::Source, 0).unwrap();
    let file = path.join(HEADER_FILE);
    let whole = fs::read(&file).unwrap();
    for length in (0..whole.len() - 1).step_by(997).chain([whole.len() - 2]) {
        fs::write(&file, &whole[..length]).unwrap();
        assert_eq!(kind_of(Manifest::open(&path)), FaultKind::BadHeader, "{length} bytes");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_named_with_what_to_do() {
    use std::io::Write as _;
    let mut full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let error = full.write_all(b"x").unwrap_err();
    let fault = ManifestFault::of_system(Path::new("/dev/full"), &error);
    assert_eq!(fault.kind, FaultKind::DiskFull);
    assert!(fault.to_string().contains("Make room"), "{fault}");
}
