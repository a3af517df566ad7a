//! `reconcile explain`: both canonical forms of one record, where its key is at hand.
//!
//! This shows content. It is for the edge, where the people are who may see the record.

use super::inputs::{extract_failure, find_dataset, read_dataset_policy, read_key};
use super::{ExplainRecordArguments, ReadSide, reasons};
use crate::exit::{Exit, Failure, Result};
use crate::output;
use jiff::Timestamp;
use portcullis_connect::{Opening, open_source};
use portcullis_forge::ci;
use portcullis_model::reconciliation::{Dataset, DatasetField, SystemSettings};
use portcullis_reconcile::canonical::CanonicalFields;
use portcullis_reconcile::extract::{
    ExplainedField, ExplainedRow, ExtractSettings, SORTED_AT_ONCE, explain_row, list_columns,
};
use portcullis_reconcile::key::DatasetKey;
use portcullis_reconcile::manifest::ManifestForm;
use portcullis_reconcile::row::INCOMPARABLE;
use portcullis_reconcile::source::{RawValue, SourceError};
use portcullis_record::TOOL;
use std::path::Path;

/// More records of one key than this are not shown.
const MOST: usize = 10;

pub(super) fn run(directory: &Path, arguments: &ExplainRecordArguments) -> Result {
    let policy = read_dataset_policy(directory, &arguments.dataset.policy)?;
    let dataset = find_dataset(&policy, &arguments.dataset.dataset)?;
    let key = read_key(directory, &arguments.key)?;
    if arguments.reasons {
        return reasons::show(directory, dataset, &key);
    }
    let wanted = wanted_key(dataset, &arguments.fields)?;
    output::remark("this shows the content of a record");
    let explained = Explained { directory, dataset, key: &key, wanted };
    let mut found = 0;
    for side in [ReadSide::Source, ReadSide::Target] {
        found += explained.show(side)?;
    }
    Ok(if found > 0 { Exit::Allowed } else { Exit::Undetermined })
}

/// The canonical form of the key that was named.
fn wanted_key(dataset: &Dataset, named: &[String]) -> Result<Vec<u8>> {
    let mut values = Vec::new();
    for field in &dataset.key {
        let value =
            named.iter().find_map(|text| text.split_once('=').filter(|(name, _)| *name == field.name));
        let (_, text) = value.ok_or_else(|| {
            Failure::usage(format!("the key of `{}` has the field `{}`", dataset.name, field.name))
                .hint(format!("add --key {}=VALUE", field.name))
        })?;
        values.push(RawValue::Text(text.to_string()));
    }
    if named.len() != dataset.key.len() {
        return Err(Failure::usage(format!(
            "the key of `{}` has {} fields",
            dataset.name,
            dataset.key.len()
        )));
    }
    let fields = CanonicalFields::new(&dataset.key).map_err(Failure::policy)?;
    let mut form = Vec::new();
    match fields.write(&values, &mut form) {
        Ok(None) => Ok(form),
        Ok(Some(_)) => Err(Failure::usage("a field of the key would be NULL")),
        Err(why) => Err(Failure::usage(format!("this is no key: {why}"))),
    }
}

struct Explained<'a> {
    directory: &'a Path,
    dataset: &'a Dataset,
    key: &'a DatasetKey,
    wanted: Vec<u8>,
}

impl Explained<'_> {
    /// Shows the records of a side; how many there are.
    fn show(&self, side: ReadSide) -> Result<usize> {
        let name = side.as_str();
        let Some(system) = side.system(self.dataset) else {
            output::text(&format!("{name}: the policy does not say how it is read"))?;
            return Ok(0);
        };
        let columns = list_columns(self.dataset, system, side.content());
        let environment = |variable: &str| ci::variable(variable);
        let opening = Opening { columns: &columns, directory: self.directory, environment: &environment };
        let failed = |error: SourceError| extract_failure(error.into());
        let mut source = open_source(&system.connector, &opening).map_err(failed)?;
        let key_fields = CanonicalFields::new(&self.dataset.key).map_err(Failure::policy)?;
        let places = key_places(self.dataset, side, &columns);
        let (mut values, mut form, mut found) = (Vec::new(), Vec::new(), 0);
        while source.read_row(&mut values).map_err(failed)? {
            let key: Vec<RawValue> = places.iter().filter_map(|place| values.get(*place).cloned()).collect();
            if key_fields.write(&key, &mut form).is_err() || form != self.wanted {
                continue;
            }
            found += 1;
            if found <= MOST {
                let told = self.describe(side, system, &values)?;
                output::text(&format!("{name}, {}\n{told}", source.place()))?;
            }
        }
        if found == 0 {
            output::text(&format!("{name}: no record has this key"))?;
        } else if found > MOST {
            output::text(&format!("{name}: and {} more", found - MOST))?;
        }
        Ok(found)
    }

    fn describe(&self, side: ReadSide, system: &SystemSettings, values: &[RawValue]) -> Result<String> {
        let settings = ExtractSettings {
            content: side.content(),
            as_of: Timestamp::UNIX_EPOCH,
            columns: false,
            only: None,
            threads: 1,
            sorted_at_once: SORTED_AT_ONCE,
            generator: TOOL,
            resumable: false,
            form: ManifestForm::Plain,
            place: Path::new(""),
        };
        let row = match explain_row(self.dataset, system, self.key, &settings, values) {
            Ok(row) => row,
            Err(why) => return Ok(format!("  the extraction ends here: {why}\n")),
        };
        let mut text = format!("  keyed key   {:032x}\n", row.row.key);
        for field in row.key.iter().chain(&row.fields) {
            text += &write_line(&field.name, &describe_field(field));
        }
        if side == ReadSide::Source {
            text += &write_line("(operation)", name_operation(row.row.operation));
        }
        if system.sequence.is_some() {
            text += &write_line("(sequence)", &row.row.sequence.to_string());
        }
        text += &write_line("(time)", &describe_time(&row));
        if row.row.operation != b'D' && !row.row.has(INCOMPARABLE) {
            text += &format!("  keyed digest  {:032x}\n", row.row.digest);
        }
        Ok(text)
    }
}

fn write_line(name: &str, value: &str) -> String {
    format!("  {name:<24}  {value}\n")
}

/// Where the columns of the key are.
fn key_places(dataset: &Dataset, side: ReadSide, columns: &[String]) -> Vec<usize> {
    let column = |field: &DatasetField| match side {
        ReadSide::Source => field.source.clone(),
        _ => field.target.clone(),
    };
    let place = |field: &DatasetField| columns.iter().position(|name| *name == column(field));
    dataset.key.iter().filter_map(place).collect()
}

fn describe_field(field: &ExplainedField) -> String {
    match &field.canonical {
        Ok(Some(form)) => form.clone(),
        Ok(None) => "NULL".to_string(),
        Err(why) => format!("incomparable: {}", why.why),
    }
}

const fn name_operation(letter: u8) -> &'static str {
    match letter {
        b'A' => "A, amendment",
        b'D' => "D, deletion",
        _ => "U, upload",
    }
}

/// A time that cannot be read makes the row incomparable, and overdue where the record is absent.
fn describe_time(row: &ExplainedRow) -> String {
    match &row.time {
        None => "the system tells none".to_string(),
        Some(Ok(second)) => Timestamp::from_second(*second).unwrap_or_default().to_string(),
        Some(Err(why)) => format!(
            "cannot be read from `{}`: {}; so the record is incomparable, or missing where it is absent",
            why.field, why.why
        ),
    }
}
