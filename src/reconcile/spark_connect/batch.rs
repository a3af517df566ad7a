//! Rows of an answer as text: lines of values with tabs between them, as `spark-sql` prints them.

use super::failure::RemoteFailure;
use arrow::array::RecordBatch;
use arrow::datatypes::DataType;
use arrow::ipc::reader::StreamReader;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use std::io::Write;

/// Writes the rows of a batch, which says how many it has.
///
/// # Errors
/// It cannot be read, has other rows than it says, or values that are neither texts nor whole
/// numbers; the output cannot be written.
pub(super) fn write_batch(data: &[u8], says: i64, output: &mut impl Write) -> Result<(), RemoteFailure> {
    let unreadable = |error: &dyn std::fmt::Display| RemoteFailure::Unreadable(error.to_string());
    let mut rows = 0;
    for batch in StreamReader::try_new(data, None).map_err(|error| unreadable(&error))? {
        let batch = batch.map_err(|error| unreadable(&error))?;
        rows += batch.num_rows();
        write_rows(&batch, output)?;
    }
    match usize::try_from(says).is_ok_and(|says| says == rows) {
        true => Ok(()),
        false => Err(unreadable(&format!("a batch has {rows} rows, and says {says}"))),
    }
}

fn write_rows(batch: &RecordBatch, output: &mut impl Write) -> Result<(), RemoteFailure> {
    let schema = batch.schema();
    if let Some(other) = schema.fields().iter().find(|field| !is_plain(field.data_type())) {
        return Err(RemoteFailure::Column(other.name().clone()));
    }
    let options = FormatOptions::new().with_null("NULL");
    let columns = batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options));
    let columns = columns.collect::<Result<Vec<_>, _>>();
    let columns = columns.map_err(|error| RemoteFailure::Unreadable(error.to_string()))?;
    for row in 0..batch.num_rows() {
        for (number, column) in columns.iter().enumerate() {
            let gap = if number == 0 { "" } else { "\t" };
            write!(output, "{gap}{}", column.value(row)).map_err(RemoteFailure::Output)?;
        }
        writeln!(output).map_err(RemoteFailure::Output)?;
    }
    Ok(())
}

/// Texts and whole numbers. Sums are decimals without a fraction.
const fn is_plain(of: &DataType) -> bool {
    matches!(
        of,
        DataType::Utf8
            | DataType::LargeUtf8
            | DataType::Utf8View
            | DataType::Int8
            | DataType::Int16
            | DataType::Int32
            | DataType::Int64
            | DataType::Decimal128(_, 0)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{ArrayRef, Decimal128Array, Float64Array, Int64Array, StringArray};
    use arrow::ipc::writer::StreamWriter;
    use std::sync::Arc;

    fn encode(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let mut bytes = Vec::new();
        let mut writer = StreamWriter::try_new(&mut bytes, &batch.schema()).unwrap();
        writer.write(&batch).unwrap();
        writer.finish().unwrap();
        bytes
    }

    fn written(data: &[u8], says: i64) -> Result<String, String> {
        let mut output = Vec::new();
        let wrote = write_batch(data, says, &mut output).map_err(|failure| failure.to_string());
        wrote.map(|()| String::from_utf8(output).unwrap())
    }

    #[test]
    fn texts_and_whole_numbers_are_written_and_nothing_else() {
        let sums = Decimal128Array::from(vec![-17, 10_i128.pow(37)]).with_precision_and_scale(38, 0).unwrap();
        let data = encode(vec![
            ("part", Arc::new(StringArray::from(vec![Some("cell"), None])) as ArrayRef),
            ("keys", Arc::new(Int64Array::from(vec![i64::MIN, 7]))),
            ("sums", Arc::new(sums)),
        ]);
        let lines = "cell\t-9223372036854775808\t-17\nNULL\t7\t10000000000000000000000000000000000000\n";
        assert_eq!(written(&data, 2).unwrap(), lines);
        let fractions = encode(vec![("share", Arc::new(Float64Array::from(vec![0.5])) as ArrayRef)]);
        assert!(written(&fractions, 1).unwrap_err().contains("the column `share`"));
    }

    #[test]
    fn a_batch_of_other_rows_than_it_says_is_refused() {
        let data = encode(vec![("keys", Arc::new(Int64Array::from(vec![1, 2])) as ArrayRef)]);
        for says in [-1, 0, 1, 3] {
            assert!(written(&data, says).unwrap_err().contains("a batch has 2 rows"), "{says}");
        }
        assert!(written(&data[..data.len() / 2], 2).is_err());
        assert!(written(b"no batch", 1).is_err());
    }
}
