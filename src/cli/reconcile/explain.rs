//! `reconcile explain`: both canonical forms of one record, where its key is at hand.
//!
//! This shows content. It is for the edge, where the people are who may see the record.

use super::inputs::{find_dataset, read_dataset_policy, read_key};
use super::{ExplainRecordArguments, ReadSide};
use crate::cli::exit::{Exit, Failure, Result};
use crate::cli::output;
use portcullis_connect::{Opening, open_source};
use portcullis_forge::ci;
use portcullis_model::reconciliation::{Dataset, DatasetField};
use portcullis_reconcile::canonical::{CanonicalField, CanonicalFields};
use portcullis_reconcile::key::{DatasetKey, KeyedHashes};
use portcullis_reconcile::source::RawValue;
use std::path::Path;

/// More records of one key than this are not shown.
const MOST: usize = 10;

pub(super) fn run(directory: &Path, arguments: &ExplainRecordArguments) -> Result {
    let policy = read_dataset_policy(directory, &arguments.dataset.policy)?;
    let dataset = find_dataset(&policy, &arguments.dataset.dataset)?;
    let key = read_key(directory, &arguments.key)?;
    let wanted = wanted_key(dataset, &arguments.fields)?;
    output::remark("this shows the content of a record");
    let explained = Explained { directory, dataset, hashes: key_hashes(&key, dataset), wanted };
    let mut found = 0;
    for side in [ReadSide::Source, ReadSide::Target] {
        found += explained.show(side)?;
    }
    Ok(if found > 0 { Exit::Allowed } else { Exit::Undetermined })
}

fn key_hashes(key: &DatasetKey, dataset: &Dataset) -> KeyedHashes {
    key.keyed_hashes(&dataset.name)
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
    hashes: KeyedHashes,
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
        let column = |field: &DatasetField| match side {
            ReadSide::Source => field.source.clone(),
            _ => field.target.clone(),
        };
        let all = || self.dataset.key.iter().chain(&self.dataset.fields);
        let columns: Vec<String> = all().map(column).chain(system.sequence.clone()).collect();
        let environment = |variable: &str| ci::variable(variable);
        let opening = Opening { columns: &columns, directory: self.directory, environment: &environment };
        let failed = |error: portcullis_reconcile::source::SourceError| {
            Failure::environment(format!("{}: {}", error.place, error.problem)).hint(error.remedy)
        };
        let mut source = open_source(&system.connector, &opening).map_err(failed)?;
        let key_fields = CanonicalFields::new(&self.dataset.key).map_err(Failure::policy)?;
        let fields: Vec<CanonicalField> =
            all().map(CanonicalField::new).collect::<std::result::Result<_, _>>().map_err(Failure::policy)?;
        let (mut values, mut form, mut found) = (Vec::new(), Vec::new(), 0);
        while source.read_row(&mut values).map_err(failed)? {
            let key = values.get(..self.dataset.key.len()).unwrap_or_default();
            if key_fields.write(key, &mut form).is_err() || form != self.wanted {
                continue;
            }
            found += 1;
            if found <= MOST {
                output::text(&self.describe(name, &source.place(), &fields, &values))?;
            }
        }
        if found == 0 {
            output::text(&format!("{name}: no record has this key"))?;
        } else if found > MOST {
            output::text(&format!("{name}: and {} more", found - MOST))?;
        }
        Ok(found)
    }

    fn describe(&self, name: &str, place: &str, fields: &[CanonicalField], values: &[RawValue]) -> String {
        let key = self.hashes.hash_key(&self.wanted);
        let mut text = format!("{name}, {place}\n  keyed key   {key:032x}\n");
        for (field, value) in fields.iter().zip(values) {
            let shown = match field.show(value) {
                Ok(Some(form)) => form,
                Ok(None) => "NULL".to_string(),
                Err(why) => format!("incomparable: {}", why.why),
            };
            text += &format!("  {:<24}  {shown}\n", field.name());
        }
        if let Some(sequence) = values.get(fields.len()) {
            text += &format!("  {:<24}  {}\n", "(sequence)", describe_raw(sequence));
        }
        let mut form = Vec::new();
        let compared = self.dataset.key.len();
        let rest = CanonicalFields::new(&self.dataset.fields).ok();
        let row = values.get(compared..fields.len()).unwrap_or_default();
        if rest.is_some_and(|rest| rest.write(row, &mut form).is_ok()) {
            text += &format!("  keyed digest  {:032x}\n", self.hashes.hash_fields(key, &form));
        }
        text
    }
}

fn describe_raw(value: &RawValue) -> String {
    match value {
        RawValue::Text(text) | RawValue::Decimal(text) => text.clone(),
        RawValue::Integer(number) => number.to_string(),
        RawValue::Null => "NULL".to_string(),
        _ => "of another type".to_string(),
    }
}
