//! The doctor: what a row of one side is taken for, field by field. It shows content, so it is for
//! the edge, where the content is.

use super::columns::{Places, RowReader};
use super::{ExtractSettings, ManifestContentV1};
use crate::canonical::{CanonicalField, Incomparable, RuleFault, describe_rule};
use crate::key::DatasetKey;
use crate::row::ManifestRow;
use crate::source::RawValue;
use portcullis_model::reconciliation::{Dataset, DatasetField, SystemSettings};

/// A row of one side, as the comparison sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExplainedRow {
    /// The fields of the key.
    pub key: Vec<ExplainedField>,
    /// The compared fields.
    pub fields: Vec<ExplainedField>,
    /// When it counts or was loaded, in seconds since 1970; `None` where the system tells no times.
    pub time: Option<Result<i64, Incomparable>>,
    /// The row of the manifest.
    pub row: ManifestRow,
}

/// A field of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExplainedField {
    /// The field's name in the policy.
    pub name: String,
    /// The column of this side.
    pub column: String,
    /// The rule, in one line.
    pub rule: String,
    /// What the system gave.
    pub raw: String,
    /// Its canonical form (`None`: NULL), or why it has none.
    pub canonical: Result<Option<String>, Incomparable>,
}

/// Explains a row whose values come in the order of [`super::list_columns`].
///
/// # Errors
/// The dataset or the settings cannot be followed, or the row has no operation, sequence or answer.
pub fn explain_row(
    dataset: &Dataset,
    system: &SystemSettings,
    key: &DatasetKey,
    settings: &ExtractSettings<'_>,
    values: &[RawValue],
) -> Result<ExplainedRow, RuleFault> {
    let mut reader = RowReader::new(dataset, system, key, settings)?;
    let row = reader.read(values)?;
    let time = system.time.is_some().then(|| reader.read_time(values));
    let places = Places::of(dataset, system, settings.content);
    let is_source = settings.content == ManifestContentV1::Source;
    let explain = |fields: &[DatasetField], places: &[usize]| -> Result<Vec<_>, RuleFault> {
        let both = fields.iter().zip(places);
        both.map(|(field, place)| explain_field(field, is_source, values.get(*place))).collect()
    };
    Ok(ExplainedRow {
        key: explain(&dataset.key, &places.key)?,
        fields: explain(&dataset.fields, &places.fields)?,
        time,
        row,
    })
}

fn explain_field(
    field: &DatasetField,
    is_source: bool,
    value: Option<&RawValue>,
) -> Result<ExplainedField, RuleFault> {
    let value = value.unwrap_or(&RawValue::Null);
    let canonical = CanonicalField::new(field)?.show(value);
    let column = if is_source { &field.source } else { &field.target };
    Ok(ExplainedField {
        name: field.name.clone(),
        column: column.clone(),
        rule: describe_rule(&field.rule),
        raw: format!("{value:?}"),
        canonical,
    })
}
