//! Apache Parquet: columns of row groups, some rows at a time.

mod value;

use crate::AnySource;
use crate::failure::fail;
use crate::input::{InputFile, list_files};
use crate::opening::Opening;
use crate::pump::{Beginning, PumpInlet, PumpedSource};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::DataType;
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, RowGroupReader};
use parquet::file::serialized_reader::SerializedFileReader;
use portcullis_model::reconciliation::Isolation;
use portcullis_model::reconciliation::connector::ParquetSettings;
use portcullis_reconcile::source::{RawValue, SourceError};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use value::ColumnForm;

/// How many rows of a row group are in memory at once.
const ROWS_AT_ONCE: usize = 1024;

/// Opens the files.
pub(crate) fn open(settings: &ParquetSettings, opening: &Opening<'_>) -> Result<AnySource, SourceError> {
    let files = list_files(&settings.files, opening)?;
    let columns = opening.columns.to_vec();
    let width = columns.len();
    let place = settings.files.pattern.clone();
    let pump = move |inlet: &mut PumpInlet| read_files(&files, &columns, inlet);
    Ok(Box::new(PumpedSource::start(&place, width, pump)?))
}

fn read_files(files: &[PathBuf], columns: &[String], inlet: &mut PumpInlet) -> Result<(), SourceError> {
    let mut announced = Some(0_u64);
    let mut opened = Vec::new();
    for path in files {
        let file = OpenFile::open(path, columns)?;
        announced = announced.zip(file.rows).and_then(|(sum, rows)| sum.checked_add(rows));
        opened.push(file);
    }
    inlet.begin(Beginning { isolation: Isolation::File, announced })?;
    for file in &opened {
        let before = inlet.rows();
        file.read_rows(inlet)?;
        file.input.check_unchanged()?;
        if file.rows != Some(inlet.rows() - before) {
            let remedy = "Fetch the file again, or have it written again.";
            return Err(fail(file.input.name(), "The file has other rows than its footer says.", remedy));
        }
    }
    Ok(())
}

/// A file whose footer was read.
struct OpenFile {
    input: InputFile,
    reader: SerializedFileReader<std::fs::File>,
    wanted: Vec<(usize, ColumnForm)>,
    rows: Option<u64>,
}

impl OpenFile {
    fn open(path: &std::path::Path, columns: &[String]) -> Result<Self, SourceError> {
        let input = InputFile::open(path)?;
        let name = input.name().to_string();
        let handle =
            input.handle().try_clone().map_err(|error| crate::failure::fail_reading(&name, &error))?;
        let reader = guard_panic(|| SerializedFileReader::new(handle))
            .map_err(|problem| fail_file(&name, &problem))?;
        let wanted =
            columns.iter().map(|column| find_column(&reader, column, &name)).collect::<Result<_, _>>()?;
        let rows = u64::try_from(reader.metadata().file_metadata().num_rows()).ok();
        Ok(Self { input, reader, wanted, rows })
    }

    fn read_rows(&self, inlet: &mut PumpInlet) -> Result<(), SourceError> {
        let name = self.input.name();
        for number in 0..self.reader.num_row_groups() {
            let place = format!("{name}, row group {}", number + 1);
            let group = guard_panic(|| self.reader.get_row_group(number));
            let group = group.map_err(|problem| fail_file(&place, &problem))?;
            self.read_group(&*group, &place, inlet)?;
        }
        Ok(())
    }

    fn read_group(
        &self,
        group: &dyn RowGroupReader,
        place: &str,
        inlet: &mut PumpInlet,
    ) -> Result<(), SourceError> {
        let fail_here = |problem: String| fail_file(place, &problem);
        let open = |(number, _): &(usize, ColumnForm)| guard_panic(|| group.get_column_reader(*number));
        let mut readers = self.wanted.iter().map(open).collect::<Result<Vec<_>, _>>().map_err(fail_here)?;
        loop {
            let mut columns = Vec::with_capacity(readers.len());
            for (reader, (_, form)) in readers.iter_mut().zip(&self.wanted) {
                let values = guard_panic(|| read_values(reader, *form)).map_err(fail_here)?;
                columns.push(values.into_iter());
            }
            let count = columns.first().map_or(0, ExactSizeIterator::len);
            if columns.iter().any(|column| column.len() != count) {
                return Err(fail_here("columns have unlike numbers of rows".to_string()));
            }
            if count == 0 {
                return Ok(());
            }
            for _ in 0..count {
                columns
                    .iter_mut()
                    .for_each(|column| inlet.push_value(column.next().unwrap_or(RawValue::Null)));
                inlet.end_row()?;
            }
        }
    }
}

fn find_column(
    reader: &SerializedFileReader<std::fs::File>,
    name: &str,
    place: &str,
) -> Result<(usize, ColumnForm), SourceError> {
    let schema = reader.metadata().file_metadata().schema_descr();
    let mut same = schema.columns().iter().enumerate().filter(|(_, column)| column.path().string() == name);
    let refuse = |problem: String| {
        fail(
            place,
            problem,
            "Write the column's path in the policy as the schema has it, with dots between its parts.",
        )
    };
    let shown = name.escape_debug();
    let (number, column) = match (same.next(), same.next()) {
        (Some(found), None) => found,
        (None, _) => return Err(refuse(format!("There is no column `{shown}`."))),
        (Some(_), Some(_)) => return Err(refuse(format!("Two columns have the path `{shown}`."))),
    };
    if column.max_rep_level() > 0 {
        return Err(refuse(format!("The column `{shown}` is a list: it has no one value in a row.")));
    }
    Ok((number, ColumnForm::of_column(column)))
}

/// The next values of a column, NULL where the row has none.
fn read_values(reader: &mut ColumnReader, form: ColumnForm) -> Result<Vec<RawValue>, ParquetError> {
    match reader {
        ColumnReader::BoolColumnReader(reader) => read_typed(reader, form, |value| RawValue::Boolean(*value)),
        ColumnReader::Int32ColumnReader(reader) => read_typed(reader, form, |value| {
            form.take_integer(i64::from(*value), u64::from(value.cast_unsigned()))
        }),
        ColumnReader::Int64ColumnReader(reader) => {
            read_typed(reader, form, |value| form.take_integer(*value, value.cast_unsigned()))
        }
        ColumnReader::Int96ColumnReader(reader) => {
            read_typed(reader, form, |value| value::take_int96(value.data()))
        }
        ColumnReader::FloatColumnReader(reader) => {
            // The double that has the shortest text of the single.
            read_typed(reader, form, |value| value::take_float(value.to_string().parse().unwrap_or(f64::NAN)))
        }
        ColumnReader::DoubleColumnReader(reader) => {
            read_typed(reader, form, |value| value::take_float(*value))
        }
        ColumnReader::ByteArrayColumnReader(reader) => {
            read_typed(reader, form, |value| form.take_bytes(value.data()))
        }
        ColumnReader::FixedLenByteArrayColumnReader(reader) => {
            read_typed(reader, form, |value| form.take_bytes(value.data()))
        }
    }
}

fn read_typed<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    form: ColumnForm,
    take: impl Fn(&T::T) -> RawValue,
) -> Result<Vec<RawValue>, ParquetError> {
    let (mut values, mut levels) = (Vec::new(), Vec::new());
    let wanted_levels = (form.present > 0).then_some(&mut levels);
    let (rows, found, _) = reader.read_records(ROWS_AT_ONCE, wanted_levels, None, &mut values)?;
    if form.present == 0 {
        return Ok(values.iter().map(take).collect());
    }
    let mut values = values.iter();
    let read =
        |level: &i16| if *level == form.present { values.next().map(&take) } else { Some(RawValue::Null) };
    let read: Option<Vec<RawValue>> = levels.iter().map(read).collect();
    match read {
        Some(read) if read.len() == rows && values.next().is_none() => Ok(read),
        _ => Err(ParquetError::General(format!("{found} values do not fit {rows} rows"))),
    }
}

/// What the library says. Where it panics on a file that was made to mislead, that is an error too.
fn guard_panic<T>(read: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(describe_error(&error)),
        Err(_) => Err("the file is malformed".to_string()),
    }
}

fn describe_error(error: &ParquetError) -> String {
    match error {
        ParquetError::General(what) | ParquetError::EOF(what) => what.clone(),
        ParquetError::NYI(what) => format!("it needs what is not built in: {what}"),
        _ => "the file is malformed".to_string(),
    }
}

fn fail_file(place: &str, problem: &str) -> SourceError {
    let remedy = "Fetch the file again, or have it written again without compression or with Snappy or zstd.";
    fail(place, format!("This is no Parquet that can be read: {problem}."), remedy)
}
