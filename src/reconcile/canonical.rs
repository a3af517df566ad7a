//! The canonical form: what a value is, apart from how a system writes it.
//!
//! Most false alarms of comparisons come from two systems that write one value in two ways. So
//! each field has a declared type and rule, and everything that is not certainly this type is
//! *incomparable*, with the reason and without the content. Nothing is guessed.
//!
//! | rule | what is taken | what is incomparable |
//! | --- | --- | --- |
//! | text | text, whole numbers; NFC; blanks (U+0020) at the end as declared | anything else |
//! | decimal | digits with sign, point, exponent; `-0` is 0; a float with at most 15 digits | more digits than the scale, other floats, NaN, separators |
//! | date | a day, the text of one by its format, a midnight | zero dates, years before 1 or after 9999, a time of day |
//! | instant | with an offset; without one in the declared zone | a local time that is there twice or never, a leap second, a day |
//! | boolean | the declared words, and a boolean | every other word |
//! | bytes | bytes, text by its encoding | text that is not so encoded |
//!
//! NULL is its own value. A text of blanks alone is NULL where it should be a number, a day, a time
//! or a boolean, because none of these can be blank.

mod decimal;
mod fault;
mod rule;
#[cfg(test)]
mod tests;
mod time;

pub use fault::RuleFault;
pub use rule::{check_field, describe_rule, digest_definition};

use crate::source::RawValue;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::tz::TimeZone;
use portcullis_model::reconciliation::field::BytesEncoding;
use portcullis_model::reconciliation::{DatasetField, FieldRule};
use std::fmt;
use unicode_normalization::{UnicodeNormalization as _, is_nfc};

/// The version of the canonical form. Two versions are never compared.
pub const CANONICAL_VERSION: u32 = 1;

/// Why a value could not be put into its canonical form. Never with the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incomparable {
    /// The field, as the policy names it.
    pub field: String,
    /// What was required and what was found.
    pub why: String,
}

impl fmt::Display for Incomparable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.why)
    }
}

/// A field, ready to put many values into their canonical form.
#[derive(Clone, Debug)]
pub struct CanonicalField {
    name: String,
    rule: FieldRule,
    zone: Option<TimeZone>,
}

impl CanonicalField {
    /// Makes a field ready.
    ///
    /// # Errors
    /// Its rule cannot be followed: an unknown zone, a bad format ([`check_field`]).
    pub fn new(field: &DatasetField) -> Result<Self, RuleFault> {
        check_field(field)?;
        let zone = match &field.rule {
            FieldRule::Instant { zone: Some(zone), .. } => Some(time::find_zone(zone)?),
            _ => None,
        };
        Ok(Self { name: field.name.clone(), rule: field.rule.clone(), zone })
    }

    /// The field's name in the policy.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Appends the field to a canonical form: name, type and value, each with its length before it.
    /// Returns whether there is a value; NULL has the type `0` and no bytes.
    ///
    /// # Errors
    /// Why the value is incomparable. `out` is then as it was.
    pub fn append(&self, value: &RawValue, out: &mut Vec<u8>) -> Result<bool, Incomparable> {
        let start = out.len();
        append_counted(self.name.as_bytes(), out);
        let kind = out.len();
        out.push(self.kind());
        let length = out.len();
        out.extend_from_slice(&[0; 4]);
        match self.append_value(value, out) {
            Ok(true) => {
                let written = u32::try_from(out.len() - length - 4).unwrap_or(u32::MAX);
                out[length..length + 4].copy_from_slice(&written.to_be_bytes());
                Ok(true)
            }
            Ok(false) => {
                out.truncate(length + 4);
                out[kind] = b'0';
                Ok(false)
            }
            Err(why) => {
                out.truncate(start);
                Err(Incomparable { field: self.name.clone(), why: why.into() })
            }
        }
    }

    /// The value alone, as people read it: text, or the hexadecimal digits of bytes. `None`: NULL.
    ///
    /// # Errors
    /// Why the value is incomparable.
    pub fn show(&self, value: &RawValue) -> Result<Option<String>, Incomparable> {
        let mut bytes = Vec::new();
        let present = self.append_value(value, &mut bytes);
        let present = present.map_err(|why| Incomparable { field: self.name.clone(), why: why.into() })?;
        let hexadecimal = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(present.then(|| match self.rule {
            FieldRule::Bytes { .. } => hexadecimal(&bytes),
            _ => String::from_utf8(bytes).unwrap_or_else(|error| hexadecimal(error.as_bytes())),
        }))
    }

    /// The second since 1970 of a value by a rule of instants; `None` where it is NULL or the rule
    /// is another.
    ///
    /// # Errors
    /// Why the value is incomparable.
    pub fn read_second(&self, value: &RawValue) -> Result<Option<i64>, RuleFault> {
        let FieldRule::Instant { format, .. } = &self.rule else { return Ok(None) };
        let instant = time::read_value(value, self.zone.as_ref(), format)?;
        Ok(instant.map(|instant| instant.as_nanosecond().div_euclid(1_000_000_000) as i64))
    }

    /// The letter of the type in a canonical form.
    const fn kind(&self) -> u8 {
        match self.rule {
            FieldRule::Text { .. } => b'T',
            FieldRule::Decimal { .. } => b'N',
            FieldRule::Date { .. } => b'D',
            FieldRule::Instant { .. } => b'I',
            FieldRule::Boolean { .. } => b'B',
            FieldRule::Bytes { .. } => b'Y',
        }
    }

    /// Appends the value alone; `false` where it is NULL.
    fn append_value(&self, value: &RawValue, out: &mut Vec<u8>) -> Result<bool, RuleFault> {
        match value {
            RawValue::Null => return Ok(false),
            RawValue::Unreadable(why) => return Err(format!("the value cannot be read: {why}").into()),
            _ => {}
        }
        match &self.rule {
            FieldRule::Text { trim_end, empty_is_null } => append_text(value, *trim_end, *empty_is_null, out),
            FieldRule::Decimal { scale } => decimal::append_decimal(value, *scale, out),
            FieldRule::Date { format } => time::append_date(value, format, out),
            FieldRule::Instant { digits, format, .. } => {
                let instant = time::read_value(value, self.zone.as_ref(), format)?;
                let appended = instant.map(|instant| time::append_instant(instant, *digits, out));
                appended.transpose().map(|written| written.is_some())
            }
            FieldRule::Boolean { truths, falsehoods } => append_boolean(value, truths, falsehoods, out),
            FieldRule::Bytes { encoding } => append_bytes(value, *encoding, out),
        }
    }
}

/// Fields in the order of the policy, ready for many rows.
#[derive(Clone, Debug)]
pub struct CanonicalFields(Vec<CanonicalField>);

impl CanonicalFields {
    /// Makes fields ready.
    ///
    /// # Errors
    /// The first rule that cannot be followed.
    pub fn new(fields: &[DatasetField]) -> Result<Self, RuleFault> {
        fields.iter().map(CanonicalField::new).collect::<Result<_, _>>().map(Self)
    }

    /// The fields, in the order of the policy.
    #[must_use]
    pub fn fields(&self) -> &[CanonicalField] {
        &self.0
    }

    /// Writes the canonical form of a row's values into `out`, which is emptied first. Returns the
    /// first field that is NULL, if any.
    ///
    /// # Errors
    /// The first value that is incomparable. The other fields are in `out` all the same.
    pub fn write(&self, values: &[RawValue], out: &mut Vec<u8>) -> Result<Option<usize>, Incomparable> {
        self.write_values(|number| values.get(number), out)
    }

    /// Writes the canonical form of the values in these places of a row, as [`Self::write`] does.
    ///
    /// # Errors
    /// As those of [`Self::write`].
    pub fn write_picked(
        &self,
        values: &[RawValue],
        places: &[usize],
        out: &mut Vec<u8>,
    ) -> Result<Option<usize>, Incomparable> {
        self.write_values(|number| values.get(*places.get(number)?), out)
    }

    fn write_values<'v>(
        &self,
        value: impl Fn(usize) -> Option<&'v RawValue>,
        out: &mut Vec<u8>,
    ) -> Result<Option<usize>, Incomparable> {
        out.clear();
        out.extend_from_slice(b"portcullis canonical ");
        out.extend_from_slice(&CANONICAL_VERSION.to_be_bytes());
        let (mut null, mut fault) = (None, None);
        for (number, field) in self.0.iter().enumerate() {
            match field.append(value(number).unwrap_or(&RawValue::Null), out) {
                Ok(true) => {}
                Ok(false) => null = null.or(Some(number)),
                Err(why) => fault = fault.or(Some(why)),
            }
        }
        fault.map_or(Ok(null), Err)
    }
}

/// Appends some bytes with their length before them.
fn append_counted(bytes: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
    out.extend_from_slice(bytes);
}

/// What a value is, for messages.
const fn name_kind(value: &RawValue) -> &'static str {
    match value {
        RawValue::Null => "NULL",
        RawValue::Text(_) => "text",
        RawValue::Integer(_) => "a whole number",
        RawValue::Decimal(_) => "a decimal number",
        RawValue::Float(_) => "a floating-point number",
        RawValue::Boolean(_) => "a boolean",
        RawValue::Bytes(_) => "bytes",
        RawValue::Date(_) => "a day",
        RawValue::LocalTime(_) => "a time without a zone",
        RawValue::Instant(_) => "a point in time",
        RawValue::Unreadable(_) => "a value that cannot be read",
    }
}

/// The reason why a value of another type is incomparable.
fn other_type(required: &str, value: &RawValue) -> RuleFault {
    format!("the rule needs {required}, and the system gives {}", name_kind(value)).into()
}

fn append_text(
    value: &RawValue,
    trim_end: bool,
    empty_is_null: bool,
    out: &mut Vec<u8>,
) -> Result<bool, RuleFault> {
    let start = out.len();
    match value {
        RawValue::Text(text) if text.is_ascii() || is_nfc(text) => out.extend_from_slice(text.as_bytes()),
        RawValue::Text(text) => {
            let mut buffer = [0; 4];
            text.nfc().for_each(|letter| out.extend_from_slice(letter.encode_utf8(&mut buffer).as_bytes()));
        }
        RawValue::Integer(number) => out.extend_from_slice(number.to_string().as_bytes()),
        other => return Err(other_type("text", other)),
    }
    if trim_end {
        let kept = out[start..].iter().rposition(|byte| *byte != b' ').map_or(0, |last| last + 1);
        out.truncate(start + kept);
    }
    Ok(!(empty_is_null && out.len() == start))
}

fn append_boolean(
    value: &RawValue,
    truths: &[String],
    falsehoods: &[String],
    out: &mut Vec<u8>,
) -> Result<bool, RuleFault> {
    let word = match value {
        RawValue::Boolean(value) => {
            out.push(if *value { b'1' } else { b'0' });
            return Ok(true);
        }
        RawValue::Integer(number) => number.to_string(),
        RawValue::Text(text) => text.trim_matches(' ').to_string(),
        other => return Err(other_type("a boolean", other)),
    };
    if truths.contains(&word) {
        out.push(b'1');
    } else if falsehoods.contains(&word) {
        out.push(b'0');
    } else if word.is_empty() {
        return Ok(false);
    } else {
        return Err("the word is neither among the truths nor among the falsehoods".into());
    }
    Ok(true)
}

fn append_bytes(value: &RawValue, encoding: BytesEncoding, out: &mut Vec<u8>) -> Result<bool, RuleFault> {
    match (value, encoding) {
        (RawValue::Bytes(bytes), _) => out.extend_from_slice(bytes),
        (RawValue::Text(text), BytesEncoding::Utf8) => out.extend_from_slice(text.as_bytes()),
        (RawValue::Text(text), BytesEncoding::Hexadecimal) => append_hexadecimal(text, out)?,
        (RawValue::Text(text), BytesEncoding::Base64) => {
            let bytes = STANDARD.decode(text).map_err(|_| "the text is no Base64 with padding")?;
            out.extend_from_slice(&bytes);
        }
        (other, _) => return Err(other_type("bytes", other)),
    }
    Ok(true)
}

fn append_hexadecimal(text: &str, out: &mut Vec<u8>) -> Result<(), RuleFault> {
    let digits = text.strip_prefix("\\x").or_else(|| text.strip_prefix("0x"));
    let digits = digits.or_else(|| text.strip_prefix("0X")).unwrap_or(text).as_bytes();
    let (pairs, rest) = digits.as_chunks::<2>();
    if !rest.is_empty() {
        return Err("the text has an odd number of hexadecimal digits".into());
    }
    for [high, low] in pairs {
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let (Some(high), Some(low)) = (digit(*high), digit(*low)) else {
            return Err("the text is not of hexadecimal digits".into());
        };
        out.push((high << 4 | low) as u8);
    }
    Ok(())
}
