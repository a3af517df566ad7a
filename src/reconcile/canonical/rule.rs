//! Rules of fields: whether they can be followed, and the digest that binds both sides to them.

use super::{CANONICAL_VERSION, RuleFault, append_counted, time};
use jiff::Timestamp;
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::TimeZone;
use portcullis_model::digest::Digest;
use portcullis_model::reconciliation::field::BytesEncoding;
use portcullis_model::reconciliation::{Dataset, DatasetField, FieldRule, ReservedKeys};

/// The greatest scale of a decimal number: that of most databases.
const GREATEST_SCALE: u8 = 38;

/// Checks that a field's rule can be followed.
///
/// # Errors
/// What is wrong with it and what to write.
pub fn check_field(field: &DatasetField) -> Result<(), RuleFault> {
    match &field.rule {
        FieldRule::Text { .. } | FieldRule::Bytes { .. } => Ok(()),
        FieldRule::Decimal { scale } if *scale > GREATEST_SCALE => {
            Err(format!("a scale of {scale} is greater than {GREATEST_SCALE}").into())
        }
        FieldRule::Decimal { .. } => Ok(()),
        FieldRule::Date { format } => check_format(format, false),
        FieldRule::Instant { zone, digits, format } => {
            if *digits > 9 {
                return Err(format!("{digits} digits of a second are more than 9").into());
            }
            zone.as_deref().map_or(Ok(()), |zone| time::find_zone(zone).map(|_| ()))?;
            check_format(format, true)
        }
        FieldRule::Boolean { truths, falsehoods } => check_words(truths, falsehoods),
    }
}

fn check_words(truths: &[String], falsehoods: &[String]) -> Result<(), RuleFault> {
    if truths.is_empty() || falsehoods.is_empty() {
        return Err("a boolean needs at least one word for true and one for false".into());
    }
    match truths.iter().find(|word| falsehoods.contains(word)) {
        Some(word) => Err(format!("`{word}` cannot be true and false").into()),
        None => Ok(()),
    }
}

/// A format can be followed if what it writes of a day or moment is read back as the same.
fn check_format(format: &str, is_instant: bool) -> Result<(), RuleFault> {
    if format.is_empty() {
        return Ok(());
    }
    if format.contains("%y") || format.contains("%D") || format.contains("%C") {
        return Err(format!(
            "`{format}` has a year of two digits, which no two systems read alike; use `%Y`"
        )
        .into());
    }
    let bad = |why: &str| RuleFault::from(format!("`{format}` is no format of {why}; see `strftime`"));
    let kind = if is_instant { "points in time" } else { "days" };
    let sample = Timestamp::from_second(1_583_024_705).map_err(|error| error.to_string())?;
    let utc = TimeZone::UTC.to_datetime(sample);
    let text = BrokenDownTime::from(sample).to_string(format).map_err(|_| bad(kind))?;
    let parsed = BrokenDownTime::parse(format, &text).map_err(|_| bad(kind))?;
    let read_back = if !is_instant {
        parsed.to_date().ok() == Some(utc.date())
    } else if parsed.offset().is_some() || format.contains("%s") {
        parsed.to_timestamp().is_ok_and(|read| read.as_second() / 60 == sample.as_second() / 60)
    } else {
        parsed.to_datetime().is_ok_and(|read| read.date() == utc.date() && read.hour() == utc.hour())
    };
    if read_back { Ok(()) } else { Err(bad(kind)) }
}

/// A rule in one line, for people and for the digest of the definition.
#[must_use]
pub fn describe_rule(rule: &FieldRule) -> String {
    match rule {
        FieldRule::Text { trim_end, empty_is_null } => {
            format!("text, blanks at the end {}, empty {}", cut(*trim_end), null(*empty_is_null))
        }
        FieldRule::Decimal { scale } => format!("decimal, {scale} digits after the point"),
        FieldRule::Date { format } => format!("date, {}", written(format, "ISO 8601")),
        FieldRule::Instant { zone, digits, format } => format!(
            "instant, zone {}, {digits} digits of a second, {}",
            zone.as_deref().unwrap_or("in each value"),
            written(format, "RFC 3339")
        ),
        FieldRule::Boolean { truths, falsehoods } => {
            format!("boolean, true {truths:?}, false {falsehoods:?}")
        }
        FieldRule::Bytes { encoding } => format!(
            "bytes, text in {}",
            match encoding {
                BytesEncoding::Hexadecimal => "hexadecimal digits",
                BytesEncoding::Base64 => "Base64",
                BytesEncoding::Utf8 => "UTF-8",
            }
        ),
    }
}

const fn cut(trim_end: bool) -> &'static str {
    if trim_end { "cut off" } else { "kept" }
}

const fn null(empty_is_null: bool) -> &'static str {
    if empty_is_null { "is NULL" } else { "is not NULL" }
}

fn written(format: &str, otherwise: &str) -> String {
    if format.is_empty() { format!("written in {otherwise}") } else { format!("written as {format:?}") }
}

/// The digest that manifests of both sides must share: names and rules of the fields in their
/// order, reserved keys, the version of the canonical form. Columns are each side's own.
#[must_use]
pub fn digest_definition(dataset: &Dataset) -> Digest {
    let mut text = Vec::new();
    append_counted(b"portcullis dataset definition", &mut text);
    append_counted(&CANONICAL_VERSION.to_be_bytes(), &mut text);
    append_counted(dataset.name.as_bytes(), &mut text);
    for (list, fields) in [("key", &dataset.key), ("fields", &dataset.fields)] {
        append_counted(list.as_bytes(), &mut text);
        append_counted(&(fields.len() as u64).to_be_bytes(), &mut text);
        for field in fields {
            append_counted(field.name.as_bytes(), &mut text);
            append_counted(describe_rule(&field.rule).as_bytes(), &mut text);
        }
    }
    for reserved in &dataset.reserved {
        let (kind, parts) = match reserved {
            ReservedKeys::Prefix { field, prefix } => ("prefix", vec![field, prefix]),
            ReservedKeys::Range { field, first, last } => ("range", vec![field, first, last]),
            ReservedKeys::Marker { field, text } => ("marker", vec![field, text]),
        };
        append_counted(kind.as_bytes(), &mut text);
        parts.iter().for_each(|part| append_counted(part.as_bytes(), &mut text));
    }
    Digest::of(&text)
}
