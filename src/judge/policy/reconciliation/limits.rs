//! Budgets, floors, and keys that are reserved for test data.

use super::super::Problem;
use super::super::serde_messages::suggest_name;
use super::deadline::Fall;
use portcullis_model::reconciliation::{DatasetField, Floors, RecordClass, ReservedKeys};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::fmt;
use toml::Spanned;

/// The budgets, by the names of classes.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
pub struct BudgetsText(BTreeMap<Spanned<String>, BudgetText>);

/// No budget is larger.
const LARGEST_BUDGET: u64 = 1_000_000_000_000;

/// A number of records.
#[derive(Clone, Copy, Debug)]
struct BudgetText(u64);

impl<'de> Deserialize<'de> for BudgetText {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_any(BudgetVisitor)
    }
}

struct BudgetVisitor;

impl Visitor<'_> for BudgetVisitor {
    type Value = BudgetText;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number of records")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<BudgetText, E> {
        self.visit_i128(number.into())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<BudgetText, E> {
        self.visit_i128(number.into())
    }

    fn visit_i128<E: Error>(self, number: i128) -> Result<BudgetText, E> {
        let budget = u64::try_from(number).ok().filter(|budget| *budget <= LARGEST_BUDGET);
        budget.map(BudgetText).ok_or_else(|| no_budget(number))
    }

    fn visit_u128<E: Error>(self, number: u128) -> Result<BudgetText, E> {
        Err(no_budget(number))
    }
}

fn no_budget<E: Error>(number: impl fmt::Display) -> E {
    E::custom(format!("`{number}` is no budget; write a whole number of records from 0 to {LARGEST_BUDGET}"))
}

#[cfg(test)]
impl schemars::JsonSchema for BudgetsText {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Budgets".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let classes = RecordClass::ALL.into_iter().filter(|class| class.needs_budget());
        let budget = |class: RecordClass| {
            let about = serde_json::json!({
                "type": "integer", "minimum": 0, "maximum": LARGEST_BUDGET, "description": format!("{} Default: 0.", class.meaning()),
            });
            (class.as_str().to_string(), about)
        };
        let properties: serde_json::Map<_, _> = classes.map(budget).collect();
        schemars::json_schema!({ "type": "object", "properties": properties, "additionalProperties": false })
    }
}

/// What a run must have read.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct FloorsText {
    /// The least number of rows of the source. Default: 1: a comparison with nothing proves
    /// nothing.
    source_rows: Option<u64>,
    /// The least number of rows of the target. Default: 1.
    target_rows: Option<u64>,
    /// The greatest share by which the rows of either side may fall against the run before: `0.1`.
    /// Default: unlimited.
    #[cfg_attr(test, schemars(with = "Option<f64>"))]
    largest_fall: Option<Fall>,
}

impl FloorsText {
    pub fn build(&self) -> Floors {
        Floors {
            source_rows: self.source_rows.unwrap_or(1),
            target_rows: self.target_rows.unwrap_or(1),
            fall: self.largest_fall.map(|fall| fall.0),
        }
    }
}

/// Keys or a marker of test data: `prefix`, or `first` and `last`, or `text`.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ReservedText {
    /// The field: of the key for `prefix`, `first` and `last`; any for `text`.
    #[cfg_attr(test, schemars(with = "String"))]
    field: Spanned<String>,
    /// How the text of the field begins: `"TEST"`.
    prefix: Option<String>,
    /// The first reserved text, by code points.
    first: Option<String>,
    /// The last reserved text.
    last: Option<String>,
    /// The text that marks a record as test data.
    text: Option<String>,
}

/// The budgets that are written.
pub fn build_budgets(written: &BudgetsText, problems: &mut Vec<Problem>) -> BTreeMap<RecordClass, u64> {
    let mut budgets = BTreeMap::new();
    for (name, most) in &written.0 {
        match RecordClass::from_name(name.get_ref()) {
            Some(class) if class.needs_budget() => drop(budgets.insert(class, most.0)),
            Some(class) => {
                let message = format!("records of the class `{}` are no differences", class.as_str());
                problems.push(Problem::new(name.span(), message).help("leave it out: they need no budget"));
            }
            None => {
                let known: Vec<&str> = RecordClass::ALL
                    .into_iter()
                    .filter(|class| class.needs_budget())
                    .map(RecordClass::as_str)
                    .collect();
                let message = format!("there is no class `{}`", name.get_ref());
                problems.push(Problem::new(name.span(), message).help(suggest_name(name.get_ref(), &known)));
            }
        }
    }
    budgets
}

/// The reserved keys and markers that are written.
pub fn build_reserved(
    written: &[Spanned<ReservedText>],
    key: &[DatasetField],
    fields: &[DatasetField],
    problems: &mut Vec<Problem>,
) -> Vec<ReservedKeys> {
    written.iter().filter_map(|text| build_one(text, key, fields, problems)).collect()
}

fn build_one(
    text: &Spanned<ReservedText>,
    key: &[DatasetField],
    fields: &[DatasetField],
    problems: &mut Vec<Problem>,
) -> Option<ReservedKeys> {
    let ReservedText { field, prefix, first, last, text: marker } = text.get_ref();
    let name = field.get_ref().clone();
    let (reserved, is_of_key) = match (prefix, first, last, marker) {
        (Some(prefix), None, None, None) => {
            (ReservedKeys::Prefix { field: name, prefix: prefix.clone() }, true)
        }
        (None, Some(first), Some(last), None) => {
            (ReservedKeys::Range { field: name, first: first.clone(), last: last.clone() }, true)
        }
        (None, None, None, Some(text)) => (ReservedKeys::Marker { field: name, text: text.clone() }, false),
        _ => {
            let message = "it is not plain which records this reserves";
            let help = "write `prefix`, or `first` and `last`, or `text`";
            problems.push(Problem::new(text.span(), message).help(help));
            return None;
        }
    };
    check_field(field, key, if is_of_key { &[] } else { fields }, problems);
    if let Some(mistake) = mistake_in(&reserved) {
        problems.push(Problem::new(text.span(), mistake).help("reserve what only test data has"));
    }
    Some(reserved)
}

fn check_field(
    field: &Spanned<String>,
    key: &[DatasetField],
    fields: &[DatasetField],
    problems: &mut Vec<Problem>,
) {
    let known: Vec<&str> = key.iter().chain(fields).map(|field| field.name.as_str()).collect();
    if !known.contains(&field.get_ref().as_str()) {
        let message = format!("there is no field `{}` to reserve keys of", field.get_ref());
        problems.push(Problem::new(field.span(), message).help(suggest_name(field.get_ref(), &known)));
    }
}

/// Every record would be test data, or none.
fn mistake_in(reserved: &ReservedKeys) -> Option<&'static str> {
    match reserved {
        ReservedKeys::Prefix { prefix, .. } if prefix.trim_end_matches(' ').is_empty() => {
            Some("every key begins with nothing")
        }
        ReservedKeys::Range { first, last, .. } if first > last => {
            Some("the first reserved text is after the last")
        }
        _ => None,
    }
}
