//! The list of operations that have to be sent again. Nothing is sent, here or anywhere.

use super::ReadSide;
use crate::exit::{Failure, Result};
use crate::output;
use portcullis_connect::{Opening, open_source};
use portcullis_forge::ci;
use portcullis_model::reconciliation::{Dataset, RecordClass};
use portcullis_reconcile::canonical::CanonicalFields;
use portcullis_reconcile::extract::list_columns;
use portcullis_reconcile::join::SeenDifference;
use portcullis_reconcile::key::DatasetKey;
use portcullis_reconcile::source::{RawValue, SourceError};
use portcullis_wire::manifest::v1::ManifestContentV1;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::Path;

/// What is put right by sending the operations of a record again.
const SENT_AGAIN: [RecordClass; 7] = [
    RecordClass::AcknowledgedAbsent,
    RecordClass::Resurrected,
    RecordClass::Undeleted,
    RecordClass::Rejected,
    RecordClass::RejectedUnlogged,
    RecordClass::Missing,
    RecordClass::Stale,
];

/// Reads the source once more, and writes the operations of the records that differ.
pub(super) fn write_list(
    directory: &Path,
    dataset: &Dataset,
    key: &DatasetKey,
    seen: &[SeenDifference],
    file: &Path,
) -> Result<()> {
    let lines = list_operations(directory, dataset, key, seen)?;
    let unwritable =
        |error: std::io::Error| Failure::environment(format!("cannot write {}: {error}", file.display()));
    let mut out = std::io::BufWriter::new(create_private(file).map_err(unwritable)?);
    for line in &lines {
        writeln!(out, "{}", line.text).map_err(unwritable)?;
    }
    out.flush().map_err(unwritable)?;
    output::remark(&format!(
        "{}: {} of {} to send again; nothing was sent",
        file.display(),
        portcullis_render::plural(lines.len() as u64, "operation"),
        portcullis_render::plural(
            lines.iter().map(|line| line.key).collect::<BTreeSet<_>>().len() as u64,
            "record"
        )
    ));
    Ok(())
}

/// An operation and its place in the list.
pub struct ResentOperation {
    /// The keyed key of its record.
    pub key: u128,
    /// Its sequence.
    pub sequence: i64,
    /// What is wrong with the record.
    pub class: RecordClass,
    /// The reason, the place and the row, as the list has them.
    pub text: Value,
}

/// Reads the source once more for the operations of the records that differ, in the order in which
/// they were meant. Of a record that is there, the latest suffices.
///
/// # Errors
/// The source cannot be read.
pub fn list_operations(
    directory: &Path,
    dataset: &Dataset,
    key: &DatasetKey,
    seen: &[SeenDifference],
) -> Result<Vec<ResentOperation>> {
    let wanted: BTreeMap<u128, RecordClass> =
        seen.iter().filter(|one| SENT_AGAIN.contains(&one.class)).map(|one| (one.key, one.class)).collect();
    let mut lines = find_operations(directory, dataset, key, &wanted)?;
    let mut latest: BTreeMap<u128, i64> = BTreeMap::new();
    for line in &lines {
        let known = latest.entry(line.key).or_insert(line.sequence);
        *known = line.sequence.max(*known);
    }
    let is_there =
        |class| matches!(class, RecordClass::Resurrected | RecordClass::Stale | RecordClass::Undeleted);
    lines.retain(|line| !is_there(line.class) || latest.get(&line.key) == Some(&line.sequence));
    // One key after the other would leave records that depend on each other in a wrong order.
    lines.sort_by_key(|line| line.sequence);
    Ok(lines)
}

fn find_operations(
    directory: &Path,
    dataset: &Dataset,
    key: &DatasetKey,
    wanted: &BTreeMap<u128, RecordClass>,
) -> Result<Vec<ResentOperation>> {
    let Some(system) = ReadSide::Source.system(dataset) else { return Ok(Vec::new()) };
    let columns = list_columns(dataset, system, ManifestContentV1::Source);
    let environment = |variable: &str| ci::variable(variable);
    let opening = Opening { columns: &columns, directory, environment: &environment };
    let failed = |error: SourceError| {
        Failure::environment(format!("{}: {}", error.place, error.problem)).hint(error.remedy)
    };
    let mut source = open_source(&system.connector, &opening).map_err(failed)?;
    let hashes = key.keyed_hashes(&dataset.name);
    let fields = CanonicalFields::new(&dataset.key).map_err(Failure::policy)?;
    let place_of = |column: &str| columns.iter().position(|one| one == column);
    let key_places: Vec<usize> = dataset.key.iter().filter_map(|field| place_of(&field.source)).collect();
    let sequence_place = system.sequence.as_deref().and_then(place_of);
    let (mut values, mut form, mut found) = (Vec::new(), Vec::new(), Vec::new());
    while source.read_row(&mut values).map_err(failed)? {
        let row: Vec<RawValue> = key_places.iter().filter_map(|place| values.get(*place).cloned()).collect();
        if !matches!(fields.write(&row, &mut form), Ok(None)) {
            continue;
        }
        let key = hashes.hash_key(&form);
        let Some(class) = wanted.get(&key).copied() else { continue };
        let sequence =
            sequence_place.and_then(|place| values.get(place)).and_then(read_sequence).unwrap_or(0);
        let record: Map<String, Value> =
            columns.iter().zip(&values).map(|(name, value)| (name.clone(), write_value(value))).collect();
        let text = json!({ "reason": class.as_str(), "place": source.place(), "record": record });
        found.push(ResentOperation { key, sequence, class, text });
    }
    Ok(found)
}

fn read_sequence(value: &RawValue) -> Option<i64> {
    match value {
        RawValue::Integer(number) => i64::try_from(*number).ok(),
        RawValue::Text(text) | RawValue::Decimal(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn write_value(value: &RawValue) -> Value {
    match value {
        RawValue::Null => Value::Null,
        RawValue::Text(text) | RawValue::Decimal(text) => json!(text),
        RawValue::Integer(number) => json!(number.to_string()),
        RawValue::Float(number) => json!(number),
        RawValue::Boolean(is_so) => json!(is_so),
        RawValue::Bytes(bytes) => json!(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()),
        RawValue::Date(day) => json!(day.to_string()),
        RawValue::LocalTime(time) => json!(time.to_string()),
        RawValue::Instant(time) => json!(time.to_string()),
        RawValue::Unreadable(why) => json!({ "unreadable": why }),
    }
}

/// A new file that only its owner can read. An older one of this name is not written into.
fn create_private(file: &Path) -> std::io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(file)
}
