//! Which columns an extraction asks for, and how a row of them becomes a row of a manifest.

use super::ExtractSettings;
use super::reserved::{ReservedTexts, compose_word};
use crate::canonical::{CanonicalField, CanonicalFields, Incomparable, RuleFault};
use crate::key::{DatasetKey, KeyedHashes};
use crate::reason::write_keyed_reason;
use crate::row::{ACCEPTED, INCOMPARABLE, MARKED, ManifestRow, RECEIVED, REFUSED, UNKEYED};
use crate::source::RawValue;
use portcullis_model::reconciliation::{
    AnswerWords, Dataset, DatasetField, FieldRule, OperationColumn, ReservedKeys, SystemSettings, TimeColumn,
};
use portcullis_wire::manifest::v1::ManifestContentV1;
use std::collections::BTreeMap;

/// A reason is a code, not the story of a record.
const LONGEST_REASON: usize = 64;

/// More different reasons than this are no codes.
const MOST_REASONS: usize = 1000;

/// The columns that a connector has to be opened with, in their order, each once.
#[must_use]
pub fn list_columns(dataset: &Dataset, system: &SystemSettings, content: ManifestContentV1) -> Vec<String> {
    let mut columns = ColumnList::default();
    let _ = Places::new(dataset, system, content, &mut columns);
    columns.0
}

/// Columns, each once.
#[derive(Default)]
struct ColumnList(Vec<String>);

impl ColumnList {
    fn place(&mut self, name: &str) -> usize {
        let known = self.0.iter().position(|column| column == name);
        known.unwrap_or_else(|| {
            self.0.push(name.to_string());
            self.0.len() - 1
        })
    }
}

/// Where the values are.
pub(super) struct Places {
    pub(super) key: Vec<usize>,
    pub(super) fields: Vec<usize>,
    /// Columns of markers that are neither key nor field, by name.
    markers: BTreeMap<String, usize>,
    operation: Option<usize>,
    sequence: Option<usize>,
    time: Option<usize>,
    reason: Option<usize>,
}

impl Places {
    pub(super) fn of(dataset: &Dataset, system: &SystemSettings, content: ManifestContentV1) -> Self {
        Self::new(dataset, system, content, &mut ColumnList::default())
    }

    fn new(
        dataset: &Dataset,
        system: &SystemSettings,
        content: ManifestContentV1,
        columns: &mut ColumnList,
    ) -> Self {
        let is_source = content == ManifestContentV1::Source;
        let is_side = is_source || content == ManifestContentV1::Target;
        let mut place = |fields: &[DatasetField]| -> Vec<usize> {
            fields
                .iter()
                .map(|field| columns.place(if is_source { &field.source } else { &field.target }))
                .collect()
        };
        let key = place(&dataset.key);
        let fields = if is_side { place(&dataset.fields) } else { Vec::new() };
        let markers = if is_side { place_markers(dataset, columns) } else { BTreeMap::new() };
        let operation = system.operation.as_ref().filter(|_| is_source);
        Self {
            key,
            fields,
            markers,
            operation: operation.map(|operation| columns.place(&operation.column)),
            sequence: system.sequence.as_ref().map(|column| columns.place(column)),
            time: system.time.as_ref().map(|time| columns.place(&time.column)),
            reason: system.reason.as_ref().filter(|_| !is_side).map(|column| columns.place(column)),
        }
    }
}

fn place_markers(dataset: &Dataset, columns: &mut ColumnList) -> BTreeMap<String, usize> {
    let is_known = |name: &str| dataset.key.iter().chain(&dataset.fields).any(|field| field.name == name);
    let extra = dataset.reserved.iter().filter_map(|reserved| match reserved {
        ReservedKeys::Marker { field, .. } if !is_known(field) => Some(field),
        _ => None,
    });
    extra.map(|field| (field.clone(), columns.place(field))).collect()
}

/// Rows of a connector to rows of a manifest.
pub(super) struct RowReader {
    content: ManifestContentV1,
    hashes: KeyedHashes,
    key: CanonicalFields,
    fields: CanonicalFields,
    time: Option<CanonicalField>,
    time_column: String,
    operations: Option<OperationColumn>,
    answers: AnswerWords,
    reject_codes: Vec<String>,
    reserved: Vec<ReservedTexts>,
    places: Places,
    has_columns: bool,
    reasons: BTreeMap<String, u64>,
    /// Why the row that was read last cannot be compared.
    cause: Option<Incomparable>,
    // What is used again for each row.
    form: Vec<u8>,
    digests: Vec<u16>,
}

impl RowReader {
    pub(super) fn new(
        dataset: &Dataset,
        system: &SystemSettings,
        key: &DatasetKey,
        settings: &ExtractSettings<'_>,
    ) -> Result<Self, RuleFault> {
        let content = settings.content;
        let is_side = matches!(content, ManifestContentV1::Source | ManifestContentV1::Target);
        let is_answer = matches!(content, ManifestContentV1::Rejects | ManifestContentV1::Receipts);
        if !is_side && !is_answer {
            return Err(
                format!("a manifest of {content} comes from a comparison, and not from a system").into()
            );
        }
        if dataset.key.is_empty() {
            return Err("the dataset has no key field; name at least one".into());
        }
        if is_answer && system.reason.is_none() {
            return Err(format!("the {content} need the column of the reason or the answer").into());
        }
        let keys = CanonicalFields::new(&dataset.key)?;
        let fields = CanonicalFields::new(if is_side { &dataset.fields } else { &[] })?;
        let reserved = read_reserved(dataset, &keys)?;
        Ok(Self {
            content,
            hashes: key.keyed_hashes(&dataset.name),
            key: keys,
            fields,
            time: system.time.as_ref().map(make_time_field).transpose()?,
            time_column: system.time.as_ref().map(|time| time.column.clone()).unwrap_or_default(),
            operations: system.operation.clone(),
            answers: dataset.answer_words.clone(),
            reject_codes: dataset.reject_codes.clone(),
            reserved,
            places: Places::of(dataset, system, content),
            has_columns: settings.columns && is_side,
            reasons: BTreeMap::new(),
            cause: None,
            form: Vec::new(),
            digests: Vec::new(),
        })
    }

    /// The fields that have a digest of their own.
    pub(super) fn columns(&self) -> Vec<String> {
        let named = self.fields.fields().iter().filter(|_| self.has_columns);
        named.map(|field| field.name().to_string()).collect()
    }

    /// The digests of the columns of the row that was read last.
    pub(super) fn column_digests(&self) -> &[u16] {
        &self.digests
    }

    /// The reasons by name, and for each number that rows have, its place among them.
    pub(super) fn reasons(self) -> (Vec<String>, Vec<u64>) {
        let mut places = vec![0; self.reasons.len()];
        for (place, number) in (0..).zip(self.reasons.values()) {
            if let Some(slot) = usize::try_from(*number).ok().and_then(|number| places.get_mut(number)) {
                *slot = place;
            }
        }
        (self.reasons.into_keys().collect(), places)
    }

    /// The row of some values.
    ///
    /// # Errors
    /// What its operation, sequence, reason or answer is not. Whether it can be compared is no
    /// error: the row says so.
    pub(super) fn read(&mut self, values: &[RawValue]) -> Result<ManifestRow, RuleFault> {
        self.cause = None;
        let mut row = ManifestRow { operation: self.read_operation(values)?, ..ManifestRow::default() };
        row.sequence = self.read_sequence(values)?;
        match self.read_time(values) {
            Ok(second) => row.time = second,
            Err(why) => self.refuse(&mut row, INCOMPARABLE, why),
        }
        self.read_key(values, &mut row);
        if self.is_reserved(values) {
            row.marks |= MARKED;
        }
        match self.content {
            ManifestContentV1::Rejects => row.digest = u128::from(self.read_reason(values)?) << 64,
            ManifestContentV1::Receipts => row.digest = self.read_answer(values)?,
            _ => self.read_fields(values, &mut row),
        }
        Ok(row)
    }

    fn read_operation(&self, values: &[RawValue]) -> Result<u8, RuleFault> {
        let (Some(place), Some(words)) = (self.places.operation, &self.operations) else { return Ok(b'U') };
        let word = read_word(values.get(place)).ok_or("the operation is no text")?;
        let all = [(b'U', &words.upload), (b'A', &words.amend), (b'D', &words.delete)];
        let found = all.into_iter().find(|(_, words)| words.contains(&word));
        found.map(|(letter, _)| letter).ok_or_else(|| {
            let column = &words.column;
            format!("column `{column}` holds a word that is no upload, amendment or deletion by the policy")
                .into()
        })
    }

    fn read_sequence(&self, values: &[RawValue]) -> Result<i64, RuleFault> {
        let Some(place) = self.places.sequence else { return Ok(0) };
        let bad = "the sequence or version is no whole number of 64 bits and no point in time";
        match values.get(place) {
            Some(RawValue::Integer(number)) => i64::try_from(*number).map_err(|_| bad.into()),
            Some(RawValue::Text(text) | RawValue::Decimal(text)) => {
                text.trim_matches(' ').parse().map_err(|_| bad.into())
            }
            Some(RawValue::Instant(instant)) => Ok(instant.as_microsecond()),
            _ => Err(bad.to_string().into()),
        }
    }

    /// Why the row that was read last cannot be compared.
    pub(super) const fn cause(&self) -> Option<&Incomparable> {
        self.cause.as_ref()
    }

    fn refuse(&mut self, row: &mut ManifestRow, mark: u8, why: Incomparable) {
        row.marks |= mark;
        self.cause.get_or_insert(why);
    }

    /// The time of a row; 0 where the system tells none. A row without a readable time cannot be
    /// compared: its term would be unknown.
    pub(super) fn read_time(&self, values: &[RawValue]) -> Result<i64, Incomparable> {
        let (Some(place), Some(field)) = (self.places.time, &self.time) else { return Ok(0) };
        let why = match field.read_second(values.get(place).unwrap_or(&RawValue::Null)) {
            Ok(Some(second)) => return Ok(second),
            Ok(None) => "there is no time".to_string(),
            Err(why) => why.into(),
        };
        Err(Incomparable { field: self.time_column.clone(), why })
    }

    fn read_key(&mut self, values: &[RawValue], row: &mut ManifestRow) {
        let why = match self.key.write_picked(values, &self.places.key, &mut self.form) {
            Ok(None) => {
                row.key = self.hashes.hash_key(&self.form);
                return;
            }
            Ok(Some(null)) => {
                let field = self.key.fields().get(null).map(|field| field.name().to_string());
                Incomparable { field: field.unwrap_or_default(), why: "the key is NULL".to_string() }
            }
            Err(why) => why,
        };
        self.refuse(row, UNKEYED, why);
        // Where it lies follows from everything else that it has.
        let mut everything = self.form.clone();
        let _ = self.fields.write_picked(values, &self.places.fields, &mut self.form);
        everything.extend_from_slice(&self.form);
        everything.push(row.operation);
        everything.extend_from_slice(&row.sequence.to_be_bytes());
        everything.extend_from_slice(&row.time.to_be_bytes());
        row.key = self.hashes.hash_unkeyed(&self.content.to_string(), &everything);
    }

    fn read_fields(&mut self, values: &[RawValue], row: &mut ManifestRow) {
        self.digests.clear();
        if row.operation == b'D' {
            self.digests.resize(if self.has_columns { self.fields.fields().len() } else { 0 }, 0);
            return;
        }
        match self.fields.write_picked(values, &self.places.fields, &mut self.form) {
            Ok(_) => row.digest = self.hashes.hash_fields(row.key, &self.form),
            Err(why) => self.refuse(row, INCOMPARABLE, why),
        }
        if !self.has_columns {
            return;
        }
        for (field, place) in self.fields.fields().iter().zip(&self.places.fields) {
            let value = values.get(*place).unwrap_or(&RawValue::Null);
            self.form.clear();
            // A field that is incomparable is 0 on this side: it differs from nearly every other.
            let written = field.append(value, &mut self.form);
            self.digests.push(written.map_or(0, |_| self.hashes.hash_column(row.key, &self.form)));
        }
    }

    fn is_reserved(&self, values: &[RawValue]) -> bool {
        self.reserved.iter().any(|reserved| {
            let text = match self.places.markers.get(&reserved.field) {
                Some(place) => read_word(values.get(*place)).map(|word| compose_word(&word)),
                None => self.show(&reserved.field, values),
            };
            text.is_some_and(|text| reserved.has(&text))
        })
    }

    /// The canonical text of a field of this name.
    fn show(&self, name: &str, values: &[RawValue]) -> Option<String> {
        let all = [(&self.key, &self.places.key), (&self.fields, &self.places.fields)];
        let mut fields = all.into_iter().flat_map(|(fields, places)| fields.fields().iter().zip(places));
        let (field, place) = fields.find(|(field, _)| field.name() == name)?;
        field.show(values.get(*place)?).ok().flatten()
    }

    fn read_reason(&mut self, values: &[RawValue]) -> Result<u64, RuleFault> {
        let reason = self.reason_of(values);
        let kept = self.keep_reason(&reason);
        if let Some(number) = self.reasons.get(&kept) {
            return Ok(*number);
        }
        if reason.chars().count() > LONGEST_REASON || reason.chars().any(char::is_control) {
            return Err(format!(
                "the reason is no code: it has more than {LONGEST_REASON} characters or line breaks"
            )
            .into());
        }
        if self.reasons.len() == MOST_REASONS {
            return Err(format!(
                "there are more than {MOST_REASONS} different reasons, so they are no codes"
            )
            .into());
        }
        let number = self.reasons.len() as u64;
        self.reasons.insert(kept, number);
        Ok(number)
    }

    /// The reason or the answer, as its system writes it.
    pub(super) fn reason_of(&self, values: &[RawValue]) -> String {
        self.places.reason.and_then(|place| read_word(values.get(place))).unwrap_or_default()
    }

    /// What a manifest calls a reason: by its name where the policy lists it, else by a keyed code.
    /// A reason may hold what the record says.
    pub(super) fn keep_reason(&self, reason: &str) -> String {
        match reason.is_empty() || self.reject_codes.iter().any(|code| code == reason) {
            true => reason.to_string(),
            false => write_keyed_reason(self.hashes.hash_reason(reason)),
        }
    }

    fn read_answer(&self, values: &[RawValue]) -> Result<u128, RuleFault> {
        let word = self.reason_of(values);
        let AnswerWords { accepted, refused, received } = &self.answers;
        let all = [(accepted, ACCEPTED), (refused, REFUSED), (received, RECEIVED)];
        let found = all.into_iter().find(|(words, _)| words.contains(&word));
        found.map(|(_, digest)| digest).ok_or_else(|| {
            "the answer is no word that the policy has under `accepted`, `rejected` or `received`".into()
        })
    }
}

/// What the policy reserves, in the canonical form of the fields.
fn read_reserved(dataset: &Dataset, key: &CanonicalFields) -> Result<Vec<ReservedTexts>, RuleFault> {
    let fields = CanonicalFields::new(&dataset.fields)?;
    let find = |name: &str| key.fields().iter().chain(fields.fields()).find(|field| field.name() == name);
    dataset.reserved.iter().map(|reserved| ReservedTexts::new(reserved, find)).collect()
}

fn make_time_field(column: &TimeColumn) -> Result<CanonicalField, RuleFault> {
    CanonicalField::new(&DatasetField {
        name: "time".to_string(),
        source: column.column.clone(),
        target: column.column.clone(),
        rule: FieldRule::Instant { zone: column.zone.clone(), digits: 0, format: column.format.clone() },
    })
}

/// A value as a word: text without blanks at its ends, digits, `true` or `false`.
fn read_word(value: Option<&RawValue>) -> Option<String> {
    match value? {
        RawValue::Text(text) => Some(text.trim_matches(' ').to_string()),
        RawValue::Integer(number) => Some(number.to_string()),
        RawValue::Boolean(value) => Some(value.to_string()),
        _ => None,
    }
}
