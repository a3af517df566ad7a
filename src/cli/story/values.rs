//! The made-up days as rows of any dataset: each column holds what its part in the dataset needs.

use super::world::{HeldRecord, SentAnswer, SentOperation, StoryRecord, WorldState};
use jiff::Timestamp;
use jiff::civil::Date;
use portcullis_model::reconciliation::{
    ConnectorSettings, Dataset, DatasetField, FieldRule, Isolation, OperationColumn, RecordOperation,
    ReservedKeys, SystemSettings,
};
use portcullis_reconcile::source::{RawValue, RecordSource, SourceError};
use portcullis_wire::manifest::v1::ManifestContentV1;
use std::collections::BTreeMap;

/// Letters that texts of plain records may begin with: the first that no reserved key has.
const LETTERS: [&str; 4] = ["R-", "K-", "W-", "Q-"];

/// What numbers of plain records may begin at, likewise.
const NUMBERS: [i64; 4] = [500_000_000, 300_000_000, 700_000_000, 100_000_000];

/// The first day of plain records: no one was born on it.
const FIRST_DATE: Date = jiff::civil::date(2400, 1, 1);

/// A row of a side, whatever kind of system it is from.
struct MadeRow {
    name: StoryRecord,
    operation: RecordOperation,
    sequence: i64,
    time: i64,
    version: u32,
    answer: &'static str,
}

/// What rows of a system are made for.
#[derive(Clone, Copy)]
pub struct MadeSystem<'s> {
    /// The dataset.
    pub dataset: &'s Dataset,
    /// How the system is read.
    pub system: &'s SystemSettings,
    /// What its rows are.
    pub content: ManifestContentV1,
    /// The columns, in their order.
    pub columns: &'s [String],
}

/// Rows in memory.
struct MadeRows {
    rows: std::vec::IntoIter<Vec<RawValue>>,
    isolation: Isolation,
    read: u64,
}

impl RecordSource for MadeRows {
    fn isolation(&self) -> Isolation {
        self.isolation
    }

    fn read_row(&mut self, values: &mut Vec<RawValue>) -> Result<bool, SourceError> {
        let Some(row) = self.rows.next() else { return Ok(false) };
        *values = row;
        self.read += 1;
        Ok(true)
    }

    fn announced_rows(&self) -> Option<u64> {
        None
    }

    fn place(&self) -> String {
        format!("made-up row {}", self.read)
    }
}

/// A state of the world as a system of the dataset shows it.
pub fn show_rows(made: MadeSystem<'_>, state: &WorldState) -> Box<dyn RecordSource> {
    let rows: Vec<Vec<RawValue>> = rows_of(made, state).iter().map(|row| write_row(made, row)).collect();
    let isolation = match made.system.connector {
        ConnectorSettings::Http(_) => Isolation::None,
        _ => Isolation::File,
    };
    Box::new(MadeRows { rows: rows.into_iter(), isolation, read: 0 })
}

fn rows_of(made: MadeSystem<'_>, state: &WorldState) -> Vec<MadeRow> {
    match made.content {
        ManifestContentV1::Source => sent_rows(made.system, &state.operations),
        ManifestContentV1::Target => state.records.values().map(held_row).collect(),
        ManifestContentV1::Rejects => {
            let refused = state.answers.iter().filter(|answer| !answer.accepted);
            refused.map(|answer| answer_row(answer, super::world::REFUSAL)).collect()
        }
        _ => {
            let word = |answer: &SentAnswer| if answer.accepted { "accepted" } else { "rejected" };
            state.answers.iter().map(|answer| answer_row(answer, word(answer))).collect()
        }
    }
}

/// A source without operations shows the records that should be there; one without a sequence shows
/// the latest operation of each record.
fn sent_rows(system: &SystemSettings, operations: &[SentOperation]) -> Vec<MadeRow> {
    let row = |sent: &SentOperation| MadeRow {
        name: sent.name,
        operation: sent.operation,
        sequence: sent.sequence,
        time: sent.time,
        version: sent.version,
        answer: "",
    };
    if system.operation.is_some() && system.sequence.is_some() {
        return operations.iter().map(row).collect();
    }
    let latest: BTreeMap<StoryRecord, &SentOperation> =
        operations.iter().map(|sent| (sent.name, sent)).collect();
    let is_shown =
        |sent: &&SentOperation| system.operation.is_some() || sent.operation != RecordOperation::Delete;
    latest.into_values().filter(is_shown).map(row).collect()
}

fn held_row(held: &HeldRecord) -> MadeRow {
    MadeRow {
        name: held.name,
        operation: RecordOperation::Upload,
        sequence: held.sequence,
        time: held.loaded,
        version: held.version,
        answer: "",
    }
}

fn answer_row(answer: &SentAnswer, word: &'static str) -> MadeRow {
    MadeRow {
        name: answer.name,
        operation: RecordOperation::Upload,
        sequence: answer.sequence,
        time: answer.time,
        version: 1,
        answer: word,
    }
}

fn write_row(made: MadeSystem<'_>, row: &MadeRow) -> Vec<RawValue> {
    made.columns.iter().map(|column| write_value(made, column, row)).collect()
}

/// What a column holds: that of a field, or what the settings of the system say of it.
fn write_value(made: MadeSystem<'_>, column: &str, row: &MadeRow) -> RawValue {
    let MadeSystem { dataset, system, content, .. } = made;
    let is_source = content == ManifestContentV1::Source;
    let is_here = |field: &&DatasetField| column == if is_source { &field.source } else { &field.target };
    let is_time = system.time.as_ref().is_some_and(|time| time.column == column);
    if let Some(field) = dataset.key.iter().find(is_here) {
        return write_field(dataset, field, row, 0);
    }
    if let Some(field) = dataset.fields.iter().find(is_here) {
        return write_field(dataset, field, row, row.version);
    }
    if let Some(operation) = system.operation.as_ref().filter(|operation| operation.column == column) {
        return write_operation(operation, row.operation);
    }
    if is_time {
        return RawValue::Instant(Timestamp::from_second(row.time).unwrap_or_default());
    }
    if system.sequence.as_deref() == Some(column) {
        return RawValue::Integer(row.sequence.into());
    }
    if system.reason.as_deref() == Some(column) {
        return RawValue::Text(row.answer.to_string());
    }
    write_marker(dataset, column, row.name)
}

fn write_operation(column: &OperationColumn, operation: RecordOperation) -> RawValue {
    let words = match operation {
        RecordOperation::Upload => &column.upload,
        // A system that does not tell amendments from uploads has no word of its own for them.
        RecordOperation::Amend if column.amend.is_empty() => &column.upload,
        RecordOperation::Amend => &column.amend,
        RecordOperation::Delete => &column.delete,
    };
    words.first().map_or(RawValue::Null, |word| RawValue::Text(word.clone()))
}

fn write_marker(dataset: &Dataset, column: &str, name: StoryRecord) -> RawValue {
    let marks = dataset.reserved.iter().find_map(|reserved| match reserved {
        ReservedKeys::Marker { field, text } if field == column => Some(text.clone()),
        _ => None,
    });
    match (marks, name) {
        (Some(text), StoryRecord::Test(_)) => RawValue::Text(text),
        _ => RawValue::Null,
    }
}

/// The value of a field. Version 0 is that of the key, which never changes.
fn write_field(dataset: &Dataset, field: &DatasetField, row: &MadeRow, version: u32) -> RawValue {
    if let StoryRecord::Test(number) = row.name
        && let Some(value) = write_reserved(dataset, field, number)
    {
        return value;
    }
    let number = match row.name {
        StoryRecord::Plain(number) => i64::from(number),
        StoryRecord::Test(number) => 90_000_000 + i64::from(number),
    };
    let changed = i64::from(version);
    match &field.rule {
        FieldRule::Text { .. } => RawValue::Text(match version {
            0 => format!("{}{number:08}", free_letter(dataset, field)),
            _ => format!("{}{number:08}, version {version}", free_letter(dataset, field)),
        }),
        FieldRule::Decimal { .. } => {
            RawValue::Integer((free_number(dataset, field) + number + changed).into())
        }
        FieldRule::Date { .. } => date_value(FIRST_DATE, number % 20_000 + changed),
        FieldRule::Instant { .. } => RawValue::Instant(
            Timestamp::from_second(4_000_000_000 + 60 * (number + changed)).unwrap_or_default(),
        ),
        FieldRule::Boolean { .. } => RawValue::Boolean((number + changed) % 2 == 0),
        FieldRule::Bytes { .. } => RawValue::Bytes((number * 8 + changed).to_be_bytes().to_vec()),
    }
}

fn date_value(first: Date, days: i64) -> RawValue {
    let day = first.checked_add(jiff::Span::new().days(days));
    day.map_or(RawValue::Null, RawValue::Date)
}

/// What a record of test data holds in a field for which something is reserved.
fn write_reserved(dataset: &Dataset, field: &DatasetField, number: u32) -> Option<RawValue> {
    dataset.reserved.iter().find_map(|reserved| match reserved {
        ReservedKeys::Prefix { field: of, prefix } if *of == field.name => {
            Some(RawValue::Text(format!("{prefix}{number:08}")))
        }
        ReservedKeys::Range { field: of, first, .. } if *of == field.name => {
            Some(match first.parse::<Date>() {
                Ok(first) if matches!(field.rule, FieldRule::Date { .. }) => {
                    date_value(first, i64::from(number % 28))
                }
                _ => RawValue::Text(format!("{first}{number:08}")),
            })
        }
        ReservedKeys::Marker { field: of, text } if *of == field.name => Some(RawValue::Text(text.clone())),
        _ => None,
    })
}

/// A beginning that no key has which is reserved for test data.
fn free_letter(dataset: &Dataset, field: &DatasetField) -> &'static str {
    let free = LETTERS.into_iter().find(|letter| !is_reserved(dataset, field, &format!("{letter}00000001")));
    free.unwrap_or(LETTERS[0])
}

fn free_number(dataset: &Dataset, field: &DatasetField) -> i64 {
    let free = NUMBERS.into_iter().find(|number| !is_reserved(dataset, field, &(number + 1).to_string()));
    free.unwrap_or(NUMBERS[0])
}

fn is_reserved(dataset: &Dataset, field: &DatasetField, text: &str) -> bool {
    dataset.reserved.iter().any(|reserved| match reserved {
        ReservedKeys::Prefix { field: of, prefix } => *of == field.name && text.starts_with(prefix.as_str()),
        ReservedKeys::Range { field: of, first, last } => {
            *of == field.name && first.as_str() <= text && text <= last.as_str()
        }
        ReservedKeys::Marker { .. } => false,
    })
}
