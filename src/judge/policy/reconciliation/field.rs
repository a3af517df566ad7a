//! Fields of a dataset: what they are called on both sides, and what counts as equal.

use super::super::Problem;
use super::super::checks::{check_filled, check_text};
use super::super::list::List;
use portcullis_model::reconciliation::field::BytesEncoding;
use portcullis_model::reconciliation::{DatasetField, FieldRule};
use serde::Deserialize;
use toml::Spanned;

/// More digits than any number has that is compared.
const MOST_SCALE: u8 = 38;

/// A field.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DatasetFieldText {
    /// The name of the field in this policy. It enters the canonical form.
    #[cfg_attr(test, schemars(with = "String"))]
    name: Spanned<String>,
    /// The column of the source. Default: `name`.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    source: Option<Spanned<String>>,
    /// The column of the target. Default: `name`.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    target: Option<Spanned<String>>,
    /// What the values are. The keys below belong to one or two types.
    r#type: FieldType,
    /// Of text: `true` cuts blanks at the end off, which a CHAR column pads with. Default: `false`.
    #[cfg_attr(test, schemars(with = "Option<bool>"))]
    trim_end: Option<Spanned<bool>>,
    /// Of text: `true` takes an empty text for NULL, as Oracle does. Default: `false`.
    #[cfg_attr(test, schemars(with = "Option<bool>"))]
    empty_is_null: Option<Spanned<bool>>,
    /// Of a decimal number: digits after the point. A value with more that are not zero cannot be
    /// compared. Default: 0.
    #[cfg_attr(test, schemars(with = "Option<u8>", range(max = 38)))]
    scale: Option<Spanned<u8>>,
    /// Of a date or an instant: how text writes it, as `strftime` does. Default: ISO 8601.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    format: Option<Spanned<String>>,
    /// Of an instant: the IANA time zone of values without one. Default: none; such a value cannot
    /// be compared.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    zone: Option<Spanned<String>>,
    /// Of an instant: digits of a second that count, 0 to 9; what is finer is cut off. Default: 0.
    #[cfg_attr(test, schemars(with = "Option<u8>", range(max = 9)))]
    digits: Option<Spanned<u8>>,
    /// Of a truth value: what is written for true. Default: `["true", "1"]`.
    #[serde(rename = "true")]
    #[cfg_attr(test, schemars(with = "Option<Vec<String>>"))]
    truths: Option<List<String>>,
    /// Of a truth value: what is written for false. Default: `["false", "0"]`.
    #[serde(rename = "false")]
    #[cfg_attr(test, schemars(with = "Option<Vec<String>>"))]
    falsehoods: Option<List<String>>,
    /// Of bytes: how text writes them. Default: `"hexadecimal"`.
    #[cfg_attr(test, schemars(with = "Option<EncodingName>"))]
    encoding: Option<Spanned<EncodingName>>,
}

/// The type of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
enum FieldType {
    /// Text, in Unicode's form NFC.
    Text,
    /// A decimal number.
    Decimal,
    /// A day.
    Date,
    /// A point in time.
    Instant,
    /// True or false.
    Boolean,
    /// Bytes.
    Bytes,
}

/// How text writes bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
enum EncodingName {
    /// Two hexadecimal digits for each byte.
    Hexadecimal,
    /// RFC 4648, section 4.
    Base64,
    /// The text's own bytes in UTF-8.
    Utf8,
}

impl FieldType {
    const fn as_str(self) -> &'static str {
        match self {
            FieldType::Text => "text",
            FieldType::Decimal => "decimal",
            FieldType::Date => "date",
            FieldType::Instant => "instant",
            FieldType::Boolean => "boolean",
            FieldType::Bytes => "bytes",
        }
    }

    /// The settings that mean something for this type.
    const fn settings(self) -> &'static [&'static str] {
        match self {
            FieldType::Text => &["trim-end", "empty-is-null"],
            FieldType::Decimal => &["scale"],
            FieldType::Date => &["format"],
            FieldType::Instant => &["format", "zone", "digits"],
            FieldType::Boolean => &["true", "false"],
            FieldType::Bytes => &["encoding"],
        }
    }
}

impl DatasetFieldText {
    /// Its name and where that is written.
    pub fn name(&self) -> &Spanned<String> {
        &self.name
    }

    /// Each setting that is written, with its place.
    fn written(&self) -> impl Iterator<Item = (&'static str, std::ops::Range<usize>)> {
        [
            ("trim-end", self.trim_end.as_ref().map(Spanned::span)),
            ("empty-is-null", self.empty_is_null.as_ref().map(Spanned::span)),
            ("scale", self.scale.as_ref().map(Spanned::span)),
            ("format", self.format.as_ref().map(Spanned::span)),
            ("zone", self.zone.as_ref().map(Spanned::span)),
            ("digits", self.digits.as_ref().map(Spanned::span)),
            ("true", self.truths.as_ref().map(Spanned::span)),
            ("false", self.falsehoods.as_ref().map(Spanned::span)),
            ("encoding", self.encoding.as_ref().map(Spanned::span)),
        ]
        .into_iter()
        .filter_map(|(name, span)| Some((name, span?)))
    }

    fn rule(&self) -> FieldRule {
        let is_on = |setting: &Option<Spanned<bool>>| setting.as_ref().is_some_and(|on| *on.get_ref());
        let format = || self.format.as_ref().map(|format| format.get_ref().clone()).unwrap_or_default();
        match self.r#type {
            FieldType::Text => {
                FieldRule::Text { trim_end: is_on(&self.trim_end), empty_is_null: is_on(&self.empty_is_null) }
            }
            FieldType::Decimal => {
                FieldRule::Decimal { scale: self.scale.as_ref().map_or(0, |scale| *scale.get_ref()) }
            }
            FieldType::Date => FieldRule::Date { format: format() },
            FieldType::Instant => FieldRule::Instant {
                zone: self.zone.as_ref().map(|zone| zone.get_ref().clone()),
                digits: self.digits.as_ref().map_or(0, |digits| *digits.get_ref()),
                format: format(),
            },
            FieldType::Boolean => FieldRule::Boolean {
                truths: words(self.truths.as_ref(), &["true", "1"]),
                falsehoods: words(self.falsehoods.as_ref(), &["false", "0"]),
            },
            FieldType::Bytes => FieldRule::Bytes {
                encoding: match self.encoding.as_ref().map(Spanned::get_ref) {
                    Some(EncodingName::Base64) => BytesEncoding::Base64,
                    Some(EncodingName::Utf8) => BytesEncoding::Utf8,
                    Some(EncodingName::Hexadecimal) | None => BytesEncoding::Hexadecimal,
                },
            },
        }
    }
}

fn words(written: Option<&List<String>>, default: &[&str]) -> Vec<String> {
    match written {
        Some(list) => list.get_ref().iter().map(|word| word.get_ref().clone()).collect(),
        None => default.iter().map(ToString::to_string).collect(),
    }
}

/// Checks and builds a field.
pub fn build_field(text: &Spanned<DatasetFieldText>, problems: &mut Vec<Problem>) -> DatasetField {
    let written = text.get_ref();
    for column in [&written.source, &written.target].into_iter().flatten() {
        check_text(column, "the name of the column", problems);
    }
    check_settings(written, problems);
    check_values(written, problems);
    let name = written.name.get_ref();
    let column = |named: &Option<Spanned<String>>| named.as_ref().map_or(name, Spanned::get_ref).clone();
    DatasetField {
        name: name.clone(),
        source: column(&written.source),
        target: column(&written.target),
        rule: written.rule(),
    }
}

/// A setting of another type has no effect, and its writer believes that it has one.
fn check_settings(field: &DatasetFieldText, problems: &mut Vec<Problem>) {
    let own = field.r#type.settings();
    for (name, span) in field.written().filter(|(name, _)| !own.contains(name)) {
        let message = format!("`{name}` has no effect on a field of the type `{}`", field.r#type.as_str());
        let own: Vec<String> = own.iter().map(|name| format!("`{name}`")).collect();
        problems
            .push(Problem::new(span, message).help(format!("remove it; this type has {}", own.join(", "))));
    }
}

fn check_values(field: &DatasetFieldText, problems: &mut Vec<Problem>) {
    let mut refuse =
        |span, message: String, help: &str| problems.push(Problem::new(span, message).help(help));
    if let Some(scale) = field.scale.as_ref().filter(|scale| *scale.get_ref() > MOST_SCALE) {
        refuse(
            scale.span(),
            format!("a number has at most {MOST_SCALE} digits after the point"),
            "write a smaller scale",
        );
    }
    if let Some(digits) = field.digits.as_ref().filter(|digits| *digits.get_ref() > 9) {
        refuse(digits.span(), "a second has at most 9 digits".to_string(), "write 0 to 9");
    }
    if let Some(format) = field.format.as_ref().filter(|format| !format.get_ref().contains('%')) {
        refuse(
            format.span(),
            format!("`{}` writes no part of a date", format.get_ref()),
            "write it as strftime(3) does: `%d/%m/%Y`",
        );
    }
    for list in [&field.truths, &field.falsehoods].into_iter().flatten() {
        check_filled(list, "no value would be read", problems);
    }
    let falsehoods = words(field.falsehoods.as_ref(), &["false", "0"]);
    for truth in field.truths.iter().flat_map(|list| list.get_ref()) {
        if falsehoods.contains(truth.get_ref()) {
            let message = format!("`{}` would be both true and false", truth.get_ref());
            problems.push(Problem::new(truth.span(), message).help("write it in one of the two lists"));
        }
    }
}
