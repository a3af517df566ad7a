//! The Parquet form holds what the plain form holds, and every damage is named.

use super::*;
use crate::manifest::tests::{kind_of, read, rows_of, title};
use crate::manifest::{Manifest, ManifestForm, ManifestTitle, ManifestWriter};
use parquet::data_type::Int64Type;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use portcullis_wire::manifest::v1::{ManifestContentV1, write_header};
use std::fs;
use tempfile::TempDir;

fn write_form(path: &Path, columns: usize, form: ManifestForm) {
    let writer = ManifestWriter::create(path, ManifestContentV1::Source, columns).unwrap();
    let buckets = (0..=255).map(|bucket| {
        let mut file = writer.begin_bucket(bucket).unwrap();
        for row in rows_of(bucket) {
            let digests: Vec<u16> =
                (0..columns).map(|column| (row.key as u16) << 8 | column as u16).collect();
            file.push(row, &digests).unwrap();
        }
        file.finish().unwrap()
    });
    let buckets = buckets.collect();
    let columns = ["born", "name", "town"].iter().take(columns).map(ToString::to_string).collect();
    let header = ManifestTitle { columns, ..title(ManifestContentV1::Source) }.header();
    writer.finish_header(ManifestV1 { read: 1024, ..header }, true, buckets, form).unwrap();
}

#[test]
fn both_forms_have_the_same_digest_rows_and_digests_of_columns() {
    let folder = TempDir::new().unwrap();
    let (plain, parquet) = (folder.path().join("plain"), folder.path().join("m.parquet"));
    write_form(&plain, 2, ManifestForm::Plain);
    write_form(&parquet, 2, ManifestForm::Parquet);
    let (one, other) = (Manifest::open(&plain).unwrap(), Manifest::open(&parquet).unwrap());
    assert_eq!(one.digest(), other.digest());
    assert_eq!(one.header(), other.header());
    assert_eq!(read(&plain).unwrap(), read(&parquet).unwrap());
    for (bucket, row) in [(0, 0), (17, 2), (255, 3)] {
        let digests = other.read_columns(bucket, row).unwrap();
        assert_eq!((digests.len(), &digests), (2, &one.read_columns(bucket, row).unwrap()));
    }
    assert_eq!(kind_of(other.read_columns(9, 4)), FaultKind::Unreadable);
    assert!(!folder.path().join("m.parquet.partial").exists());
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_the_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("m.parquet");
    write_form(&path, 0, ManifestForm::Parquet);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_file_that_was_cut_or_changed_is_refused_by_name() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("m.parquet");
    write_form(&path, 1, ManifestForm::Parquet);
    let whole = fs::read(&path).unwrap();
    let (header, rows) = (Manifest::open(&path).unwrap().digest().clone(), read(&path).unwrap());
    for length in (0..whole.len()).step_by(whole.len() / 40).chain([whole.len() - 1]) {
        fs::write(&path, &whole[..length]).unwrap();
        assert_eq!(kind_of(read(&path)), FaultKind::Truncated, "{length} bytes");
    }
    let mut named = 0;
    let end = whole.len() - 300..whole.len();
    for at in (0..whole.len()).step_by(whole.len() / 100).chain(end.step_by(3)) {
        let mut changed = whole.clone();
        changed[at] ^= 1 << (at % 8);
        fs::write(&path, &changed).unwrap();
        // A byte of a statistic that nothing reads may change; what is read never does.
        match Manifest::open(&path).and_then(|manifest| Ok((manifest.digest().clone(), read(&path)?))) {
            Ok(found) => assert!(found == (header.clone(), rows.clone()) || found.0 != header, "byte {at}"),
            Err(fault) => {
                assert!(!fault.remedy.is_empty(), "{fault}");
                named += 1;
            }
        }
    }
    assert!(named > 60, "{named} changes were named");
}

/// A file as another program might write it.
fn write_file(path: &Path, header: Option<&[u8]>, compression: Compression, groups: &[Vec<[i64; 9]>]) {
    let columns: Vec<String> = name_columns(0).iter().map(|name| format!("required int64 {name};")).collect();
    let schema = parse_message_type(&format!("message m {{ {} }}", columns.concat())).unwrap();
    let pair = header.map(|header| {
        vec![KeyValue::new(HEADER_KEY.to_string(), String::from_utf8(header.to_vec()).unwrap())]
    });
    let properties =
        WriterProperties::builder().set_compression(compression).set_key_value_metadata(pair).build();
    let file = fs::File::create(path).unwrap();
    let mut writer = SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties)).unwrap();
    for rows in groups {
        let mut group = writer.next_row_group().unwrap();
        for at in 0..9 {
            let mut column = group.next_column().unwrap().unwrap();
            let values: Vec<i64> = rows.iter().map(|row| row[at]).collect();
            column.typed::<Int64Type>().write_batch(&values, None, None).unwrap();
            column.close().unwrap();
        }
        group.close().unwrap();
    }
    writer.close().unwrap();
}

/// The rows of all buckets, as this form has them.
fn groups() -> Vec<Vec<[i64; 9]>> {
    let values = |row: &ManifestRow| {
        let ((k1, k2), (d1, d2)) = (crate::row::split_halves(row.key), crate::row::split_halves(row.digest));
        [row.bucket().into(), k1, k2, d1, d2, row.operation.into(), row.sequence, row.time, row.marks.into()]
    };
    (0..=255).map(|bucket| rows_of(bucket).iter().map(values).collect()).collect()
}

#[test]
fn a_file_that_another_program_wrote_is_held_against_the_header() {
    let folder = TempDir::new().unwrap();
    let (honest, path) = (folder.path().join("honest"), folder.path().join("m.parquet"));
    write_form(&honest, 0, ManifestForm::Plain);
    let header = Manifest::open(&honest).unwrap().header().clone();
    let bytes = write_header(&header).unwrap();
    let kind = |header: Option<&[u8]>, compression, groups: &[Vec<[i64; 9]>]| {
        write_file(&path, header, compression, groups);
        read(&path).map_err(|fault| fault.kind).err()
    };
    let plain = Compression::UNCOMPRESSED;
    assert_eq!(kind(Some(&bytes), plain, &groups()), None);
    assert_eq!(kind(None, plain, &groups()), Some(FaultKind::BadHeader));
    assert_eq!(kind(Some(b"{}"), plain, &groups()), Some(FaultKind::BadHeader));
    assert_eq!(kind(Some(&bytes), Compression::SNAPPY, &groups()), Some(FaultKind::BadRow));
    assert_eq!(kind(Some(&bytes), plain, &groups()[..255]), Some(FaultKind::WrongCount));
    let mut more = groups();
    more.push(more[255].clone());
    assert_eq!(kind(Some(&bytes), plain, &more), Some(FaultKind::WrongCount));
    let mut swapped = groups();
    swapped.swap(3, 4);
    assert_eq!(kind(Some(&bytes), plain, &swapped), Some(FaultKind::BadRow));
    for (column, value, expected) in [
        (0, 9, FaultKind::BadRow),
        (2, 7, FaultKind::WrongDigest),
        (4, 1, FaultKind::WrongDigest),
        (5, 300, FaultKind::BadRow),
        (5, i64::from(b'X'), FaultKind::BadRow),
        (6, 99, FaultKind::WrongDigest),
        (8, -1, FaultKind::BadRow),
    ] {
        let mut changed = groups();
        changed[200][3][column] = value;
        assert_eq!(kind(Some(&bytes), plain, &changed), Some(expected), "column {column}");
    }
    let mut other = header.clone();
    other.rows += 1;
    assert_eq!(kind(Some(&write_header(&other).unwrap()), plain, &groups()), Some(FaultKind::WrongCount));
    let mut other = header;
    other.columns = vec!["born".into()];
    other.buckets.iter_mut().for_each(|bucket| bucket.columns = Some(bucket.digest.clone()));
    assert_eq!(kind(Some(&write_header(&other).unwrap()), plain, &groups()), Some(FaultKind::BadHeader));
}
