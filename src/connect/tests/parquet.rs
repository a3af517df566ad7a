//! Parquet: logical types, and files that were cut or changed.

use super::reading::{Extracted, assert_names, extract, text};
use jiff::civil::date;
use parquet::basic::Compression;
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DoubleType, FixedLenByteArray, FixedLenByteArrayType, Int32Type,
    Int64Type,
};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use portcullis_model::reconciliation::connector::{InputFiles, ParquetSettings};
use portcullis_model::reconciliation::{ConnectorSettings, Isolation};
use portcullis_reconcile::source::{RawValue, SourceError};
use std::path::Path;
use std::sync::Arc;

const SCHEMA: &str = "message records {
    required int64 id; optional byte_array name (STRING); optional int32 small (DECIMAL(9, 2));
    optional fixed_len_byte_array(9) large (DECIMAL(20, 3)); optional int32 day (DATE);
    optional int64 at (TIMESTAMP(MICROS, true)); optional int64 local (TIMESTAMP(MILLIS, false));
    optional boolean live; optional double measure; optional byte_array raw;
    optional int64 unsigned (INTEGER(64, false)); optional group nested { optional int32 inner; }
    repeated int32 list; }";

/// Rows with all values, and one without any but its number.
fn write_file(path: &Path, compression: Compression, rows: i64) {
    let schema = Arc::new(parse_message_type(SCHEMA).unwrap());
    let properties = WriterProperties::builder().set_compression(compression).build();
    let file = std::fs::File::create(path).unwrap();
    let mut writer = SerializedFileWriter::new(file, schema, Arc::new(properties)).unwrap();
    let count = usize::try_from(rows).unwrap();
    // The last row has no value.
    let levels: Vec<i16> = (0..count).map(|row| i16::from(row + 1 < count)).collect();
    let (present, levels) = (count - 1, Some(levels.as_slice()));
    let mut group = writer.next_row_group().unwrap();
    macro_rules! write_column {
        ($type:ty, $values:expr, $levels:expr, $repeats:expr) => {
            let mut column = group.next_column().unwrap().unwrap();
            column.typed::<$type>().write_batch(&$values, $levels, $repeats).unwrap();
            column.close().unwrap();
        };
    }
    write_column!(
        Int64Type,
        (0..rows).map(|row| row + 9_007_199_254_740_993).collect::<Vec<_>>(),
        None,
        None
    );
    write_column!(ByteArrayType, vec![ByteArray::from("Zoë"); present], levels, None);
    write_column!(Int32Type, vec![-5; present], levels, None);
    let large = FixedLenByteArray::from(b"\xff\xff\xff\xff\xff\xff\xff\xfc\x18".to_vec());
    write_column!(FixedLenByteArrayType, vec![large; present], levels, None);
    write_column!(Int32Type, vec![18_584; present], levels, None);
    write_column!(Int64Type, vec![1_605_704_709_250_000; present], levels, None);
    write_column!(Int64Type, vec![1_605_704_709_250; present], levels, None);
    write_column!(BoolType, vec![true; present], levels, None);
    write_column!(DoubleType, vec![0.1; present], levels, None);
    write_column!(ByteArrayType, vec![ByteArray::from(vec![0, 255]); present], levels, None);
    write_column!(Int64Type, vec![-1; present], levels, None);
    let nested: Vec<i16> = (0..count).map(|row| if row + 1 < count { 2 } else { 1 }).collect();
    write_column!(Int32Type, vec![7; present], Some(nested.as_slice()), None);
    write_column!(Int32Type, [], Some(vec![0; count].as_slice()), Some(vec![0; count].as_slice()));
    group.close().unwrap();
    writer.close().unwrap();
}

fn read(directory: &Path, columns: &[&str]) -> Result<Extracted, SourceError> {
    let files = InputFiles::matching("*.parquet");
    extract(&ConnectorSettings::Parquet(ParquetSettings { files }), columns, directory)
}

#[test]
fn each_type_comes_as_what_it_is() {
    let expected = [
        ("id", RawValue::Integer(9_007_199_254_740_993)),
        ("name", text("Zoë")),
        ("small", RawValue::Decimal("-0.05".to_string())),
        ("large", RawValue::Decimal("-1.000".to_string())),
        ("day", RawValue::Date(date(2020, 11, 18))),
        ("at", RawValue::Instant("2020-11-18T13:05:09.25Z".parse().unwrap())),
        ("local", RawValue::LocalTime(date(2020, 11, 18).at(13, 5, 9, 250_000_000))),
        ("live", RawValue::Boolean(true)),
        ("measure", RawValue::Float(0.1)),
        ("raw", RawValue::Bytes(vec![0, 255])),
        ("unsigned", RawValue::Integer(u64::MAX.into())),
        ("nested.inner", RawValue::Integer(7)),
    ];
    for compression in [Compression::UNCOMPRESSED, Compression::SNAPPY, Compression::ZSTD(Default::default())]
    {
        let directory = tempfile::tempdir().unwrap();
        write_file(&directory.path().join("a.parquet"), compression, 3000);
        write_file(&directory.path().join("b.parquet"), compression, 2);
        let columns: Vec<&str> = expected.iter().map(|(name, _)| *name).collect();
        let extracted = read(directory.path(), &columns).unwrap();
        assert_eq!((extracted.isolation, extracted.announced), (Isolation::File, Some(3002)));
        assert_eq!(extracted.rows.len(), 3002);
        for row in [0, 3000] {
            let values: Vec<RawValue> = expected.iter().map(|(_, value)| value.clone()).collect();
            assert_eq!(extracted.rows[row], values);
        }
        assert!(extracted.rows[2999][1..].iter().all(|value| *value == RawValue::Null));
        assert_eq!(extracted.rows[2999][0], RawValue::Integer(9_007_199_254_740_993 + 2999));
    }
}

#[test]
fn names_and_lists_are_refused_by_name() {
    let directory = tempfile::tempdir().unwrap();
    write_file(&directory.path().join("a.parquet"), Compression::SNAPPY, 5);
    for (name, problem) in
        [("ID", "no column `ID`"), ("nested", "no column"), ("inner", "no column"), ("list", "is a list")]
    {
        assert_names(&read(directory.path(), &[name]).unwrap_err(), "a.parquet", problem);
    }
}

#[test]
fn a_file_that_was_cut_or_changed_is_never_a_short_source() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.parquet");
    write_file(&path, Compression::SNAPPY, 200);
    let whole = std::fs::read(&path).unwrap();
    let names = ["id", "name", "small"];
    for length in (0..whole.len()).step_by(97) {
        std::fs::write(&path, &whole[..length]).unwrap();
        assert!(read(directory.path(), &names).is_err(), "cut after {length} bytes");
    }
    // A byte that changed is an error, or reads as another value; it is never a lost row.
    for at in (4..whole.len()).step_by(31) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x55;
        std::fs::write(&path, &bytes).unwrap();
        if let Ok(extracted) = read(directory.path(), &names) {
            assert_eq!(extracted.rows.len(), 200, "byte {at}");
        }
    }
}
