//! Rounds as a Parquet file: a row for each repository, round and column.

use super::show::YearOption;
use crate::exit::{Exit, Failure, Result};
use crate::output;
use clap::Args;
use jiff::Timestamp;
use parquet::data_type::{ByteArray, ByteArrayType, DataType, Int64Type};
use parquet::errors::Result as Written;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use portcullis_fleet::round::KeptRound;
use portcullis_model::fleet::{FleetItem, FleetStanding};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The columns of the file. Times are in UTC.
const SCHEMA: &str = "message fleet {
    required int64 round; required int64 time (TIMESTAMP(MICROS, true));
    required byte_array repository (STRING); optional byte_array branch (STRING);
    required byte_array control (STRING); required byte_array state (STRING);
    required int64 since (TIMESTAMP(MICROS, true)); }";

/// Where rounds are written to.
#[derive(Debug, Args)]
pub struct ExportArguments {
    /// Write a Parquet file: a row for each repository, round and column, with its state and since
    /// when.
    #[arg(long, value_name = "FILE")]
    parquet: PathBuf,
    #[command(flatten)]
    year: YearOption,
}

/// Writes the rounds of a year.
///
/// # Errors
/// There are none, they do not verify, or the file cannot be written.
pub fn run(directory: &Path, arguments: &ExportArguments) -> Result {
    let rounds = arguments.year.read(directory)?;
    let written = write_rounds(rounds.all());
    let bytes = written.map_err(|error| Failure::environment(format!("no Parquet file: {error}")))?;
    output::write_file(&arguments.parquet, &bytes)?;
    Ok(Exit::Allowed)
}

/// A row group for each round.
fn write_rounds<'r>(rounds: impl Iterator<Item = &'r KeptRound>) -> Written<Vec<u8>> {
    let schema = Arc::new(parse_message_type(SCHEMA)?);
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(WriterProperties::default()))?;
    for kept in rounds {
        let mut group = writer.next_row_group()?;
        RoundRows::of(kept).write(&mut group)?;
        group.close()?;
    }
    writer.into_inner()
}

/// The rows of a round.
struct RoundRows<'r> {
    kept: &'r KeptRound,
    rows: Vec<(&'r FleetItem, &'r FleetStanding)>,
}

impl<'r> RoundRows<'r> {
    fn of(kept: &'r KeptRound) -> Self {
        let of_item = |item: &'r FleetItem| item.standings.iter().map(move |standing| (item, standing));
        RoundRows { kept, rows: kept.items.values().flat_map(of_item).collect() }
    }

    /// Writes the columns in the order of the schema.
    fn write(&self, group: &mut SerializedRowGroupWriter<'_, Vec<u8>>) -> Written<()> {
        let number = i64::try_from(self.kept.round.number).unwrap_or(i64::MAX);
        let time = self.kept.round.time.as_microsecond();
        self.write_each::<Int64Type>(group, |_, _| number)?;
        self.write_each::<Int64Type>(group, |_, _| time)?;
        self.write_each::<ByteArrayType>(group, |item, _| text(&item.repository))?;
        self.write_branches(group)?;
        self.write_each::<ByteArrayType>(group, |_, standing| text(&standing.column))?;
        self.write_each::<ByteArrayType>(group, |_, standing| text(standing.verdict.as_str()))?;
        self.write_each::<Int64Type>(group, |_, standing| moment(standing.since))
    }

    fn write_each<T: DataType>(
        &self,
        group: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
        value: impl Fn(&FleetItem, &FleetStanding) -> T::T,
    ) -> Written<()> {
        let values: Vec<T::T> = self.rows.iter().map(|(item, standing)| value(item, standing)).collect();
        write_column::<T>(group, &values, None)
    }

    fn write_branches(&self, group: &mut SerializedRowGroupWriter<'_, Vec<u8>>) -> Written<()> {
        let branches = self.rows.iter().map(|(item, _)| item.branch.as_ref());
        let levels: Vec<i16> = branches.clone().map(|branch| i16::from(branch.is_some())).collect();
        let values: Vec<ByteArray> = branches.flatten().map(|branch| text(branch.as_str())).collect();
        write_column::<ByteArrayType>(group, &values, Some(&levels))
    }
}

fn write_column<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
    values: &[T::T],
    levels: Option<&[i16]>,
) -> Written<()> {
    let Some(mut column) = group.next_column()? else { return Ok(()) };
    column.typed::<T>().write_batch(values, levels, None)?;
    column.close()
}

fn text(text: &str) -> ByteArray {
    ByteArray::from(text)
}

fn moment(time: Timestamp) -> i64 {
    time.as_microsecond()
}
